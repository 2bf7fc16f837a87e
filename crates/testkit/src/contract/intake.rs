//! The properties of one message in an [`Intake`](election_service::ports::Intake).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use election_service::ports::{CopyRole, Depth, Handle, Intake, Received};
use tokio::time::Instant;

use super::{Adapter, LONG, PATIENCE, open};
use crate::fixtures::{envelope, message};

const SOON: Duration = Duration::from_millis(80);
const NOW: Duration = Duration::ZERO;

async fn send(intake: &dyn Intake, envelope: u64, delay: Duration) {
    intake
        .send(message(envelope, envelope, 0), CopyRole::Primary, delay)
        .await
        .unwrap();
}

/// Receives exactly one message, waiting for it if need be.
async fn receive_one(intake: &dyn Intake) -> Received {
    let mut received = intake.receive(10, PATIENCE).await.unwrap();
    assert_eq!(received.len(), 1, "messages received");
    received.remove(0)
}

async fn assert_nothing_visible(intake: &dyn Intake) {
    assert!(
        intake.receive(10, NOW).await.unwrap().is_empty(),
        "nothing should be visible"
    );
}

/// With its role, for the first time.
pub async fn a_message_is_received_as_sent(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    assert_nothing_visible(intake).await;
    for (number, role) in [(1, CopyRole::Primary), (2, CopyRole::Second)] {
        intake.send(message(number, 7, number), role, NOW).await.unwrap();
        let received = receive_one(intake).await;
        assert!(received.message == message(number, 7, number));
        assert_eq!((received.role, received.receives), (role, 1));
    }
}

/// It is received once the delay is over, by a receiver that waits for it.
pub async fn a_delayed_message_is_not_received_before(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    send(intake, 1, LONG).await;
    assert_nothing_visible(intake).await;
    let sent = Instant::now();
    send(intake, 2, SOON).await;
    assert!(receive_one(intake).await.message.envelope == envelope(2));
    assert!(sent.elapsed() >= SOON);
}

/// Then as received once more.
pub async fn a_lease_hides_and_a_release_shows_again(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    send(intake, 1, NOW).await;
    for receives in 1..=5 {
        let received = receive_one(intake).await;
        assert!(received.message == message(1, 1, 0));
        assert_eq!(received.receives, receives);
        assert_nothing_visible(intake).await;
        intake.release(&[received.handle], NOW).await.unwrap();
    }
}

/// The message is received after the delay, not before.
pub async fn a_release_may_delay(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    send(intake, 1, NOW).await;
    let received = receive_one(intake).await;
    let released = Instant::now();
    intake.release(&[received.handle], SOON).await.unwrap();
    let received = receive_one(intake).await;
    assert!(released.elapsed() >= SOON);
    assert_eq!(received.receives, 2);
    intake.release(&[received.handle], LONG).await.unwrap();
    assert_nothing_visible(intake).await;
}

/// As if it had been released, if its receiver died.
pub async fn a_lease_that_ends_shows_the_message_again(adapter: &dyn Adapter) {
    let stores = adapter.open(SOON).await;
    let intake = stores.intakes[0].as_ref();
    send(intake, 1, NOW).await;
    let start = Instant::now();
    assert_eq!(receive_one(intake).await.receives, 1);
    let again = receive_one(intake).await;
    assert!(start.elapsed() >= SOON);
    assert!(again.message == message(1, 1, 0));
    assert_eq!(again.receives, 2);
}

/// No receiver sees it, no accounting counts it, and no end of a lease brings it back.
pub async fn an_acknowledged_message_is_gone_for_good(adapter: &dyn Adapter) {
    let stores = adapter.open(SOON).await;
    let intake = stores.intakes[0].as_ref();
    send(intake, 1, NOW).await;
    // More than once only if this test was held up for longer than the lease.
    while intake.depth().await.unwrap() != Depth::default() {
        let received = receive_one(intake).await;
        intake.acknowledge(&[received.handle]).await.unwrap();
    }
    assert!(
        intake
            .waiting()
            .await
            .unwrap()
            .is_none_or(|waiting| waiting.is_empty())
    );
    assert!(intake.receive(10, SOON * 2).await.unwrap().is_empty());
}

/// Nor do they harm other messages.
pub async fn acknowledging_is_idempotent_and_ignores_unknown_handles(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    send(intake, 1, NOW).await;
    let first = receive_one(intake).await;
    send(intake, 2, NOW).await;
    let second = receive_one(intake).await;
    send(intake, 3, NOW).await;
    let unknown = ["", "0", "1", "999999", "no such handle", "-1", "é"].map(|text| Handle(text.to_owned()));
    intake.acknowledge(&unknown).await.unwrap();
    intake.release(&unknown, NOW).await.unwrap();
    intake.acknowledge(&[]).await.unwrap();
    intake.release(&[], NOW).await.unwrap();
    assert_eq!(intake.depth().await.unwrap().primaries, 3);
    for _ in 0..2 {
        intake
            .acknowledge(std::slice::from_ref(&first.handle))
            .await
            .unwrap();
        assert_eq!(
            intake.depth().await.unwrap().primaries,
            2,
            "a leased and a visible message"
        );
    }
    intake.release(&[first.handle], NOW).await.unwrap();
    assert!(receive_one(intake).await.message.envelope == envelope(3));
    intake.release(&[second.handle], NOW).await.unwrap();
    assert!(receive_one(intake).await.message.envelope == envelope(2));
}

/// It doesn't have to ask again.
pub async fn receiving_waits_for_a_message_that_is_sent_meanwhile(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let receiver = Arc::clone(&stores.intakes[0]);
    let receiving = tokio::spawn(async move { receive_one(receiver.as_ref()).await });
    tokio::task::yield_now().await;
    send(stores.intakes[0].as_ref(), 1, NOW).await;
    let received = tokio::time::timeout(PATIENCE, receiving)
        .await
        .expect("it is woken")
        .unwrap();
    assert!(received.message.envelope == envelope(1));
}

/// What isn't taken stays visible.
pub async fn receiving_takes_no_more_than_asked(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    for number in 0..7 {
        send(intake, number, NOW).await;
    }
    let mut seen = BTreeSet::new();
    while seen.len() < 7 {
        let received = intake.receive(3, NOW).await.unwrap();
        assert!((1..=3).contains(&received.len()));
        seen.extend(received.into_iter().map(|received| received.message.envelope));
    }
    assert_nothing_visible(intake).await;
}

/// Each to be acknowledged by itself.
pub async fn sending_again_makes_another_message(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    send(intake, 1, NOW).await;
    send(intake, 1, NOW).await;
    assert_eq!(intake.depth().await.unwrap().primaries, 2);
    let received = intake.receive(1, NOW).await.unwrap();
    intake.acknowledge(&[received[0].handle.clone()]).await.unwrap();
    assert!(receive_one(intake).await.message == message(1, 1, 0));
}

/// Exactly, by copy.
pub async fn waiting_and_depth_see_visible_delayed_and_leased_messages(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    assert_eq!(intake.depth().await.unwrap(), Depth::default());
    send(intake, 0, NOW).await;
    let leased = receive_one(intake).await;
    send(intake, 1, NOW).await;
    send(intake, 2, LONG).await;
    intake
        .send(message(3, 3, 0), CopyRole::Second, LONG)
        .await
        .unwrap();
    intake
        .send(message(0, 0, 0), CopyRole::Second, NOW)
        .await
        .unwrap();

    let waiting = intake.waiting().await.unwrap();
    assert_depth(intake, 3, 2, waiting.is_some()).await;
    let sent = |number, role: CopyRole| {
        (
            envelope(number),
            message(number, number, 0).ballot_key,
            role == CopyRole::Second,
        )
    };
    let expected = [
        sent(0, CopyRole::Primary),
        sent(1, CopyRole::Primary),
        sent(2, CopyRole::Primary),
        sent(3, CopyRole::Second),
        sent(0, CopyRole::Second),
    ];
    let is_listed = waiting.is_some();
    if let Some(waiting) = waiting {
        let listed: BTreeSet<_> = waiting.into_iter().map(listing).collect();
        assert!(listed == BTreeSet::from(expected));
    }
    intake.acknowledge(&[leased.handle]).await.unwrap();
    assert_depth(intake, 2, 2, is_listed).await;
}

/// A queue that can't be listed can't tell copies from what is delayed either.
async fn assert_depth(intake: &dyn Intake, primaries: u64, copies: u64, is_listed: bool) {
    let depth = intake.depth().await.unwrap();
    assert_eq!(
        (depth.primaries + depth.copies, depth.given_up),
        (primaries + copies, 0)
    );
    if is_listed {
        assert_eq!((depth.primaries, depth.copies), (primaries, copies));
    }
}

fn listing(
    waiting: election_service::ports::Waiting,
) -> (
    election_core::envelope::EnvelopeId,
    election_core::keys::BallotKey,
    bool,
) {
    (
        waiting.envelope,
        waiting.ballot_key,
        waiting.role == CopyRole::Second,
    )
}

/// What one region's queue holds, no other's does.
pub async fn queues_of_regions_are_apart(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    assert_eq!(stores.intakes.len(), 3);
    send(stores.intakes[1].as_ref(), 1, NOW).await;
    assert_nothing_visible(stores.intakes[0].as_ref()).await;
    assert_nothing_visible(stores.intakes[2].as_ref()).await;
    assert!(receive_one(stores.intakes[1].as_ref()).await.message.envelope == envelope(1));
}
