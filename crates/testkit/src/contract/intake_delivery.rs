//! The properties of many messages in an [`Intake`](election_service::ports::Intake).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use election_core::envelope::EnvelopeId;
use election_service::ports::{CopyRole, Depth, Handle, Intake};

use super::{Adapter, PATIENCE, at_once, open};
use crate::Random;
use crate::fixtures::{message, message_with};

const NOW: Duration = Duration::ZERO;

/// Also what no enqueuer would send; a receiver isn't stopped by it.
pub async fn any_body_is_carried_unharmed(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let intake = stores.intakes[0].as_ref();
    let mut random = Random::seeded(1);
    let all_bytes = (0..=255).collect();
    let bodies = [
        vec![],
        vec![0],
        vec![255],
        all_bytes,
        b"\0'\"\\\r\n%s".to_vec(),
        random.byte_vec(64 * 1024),
    ];
    let sent: Vec<_> = (0..)
        .zip(bodies)
        .map(|(number, body)| message_with(number, number, body))
        .collect();
    for message in &sent {
        intake
            .send(message.clone(), CopyRole::Primary, NOW)
            .await
            .unwrap();
    }
    let mut received = Vec::new();
    while received.len() < sent.len() {
        let more = intake.receive(100, PATIENCE).await.unwrap();
        assert!(!more.is_empty(), "a message is missing");
        received.extend(more);
    }
    received.sort_by_key(|received| {
        sent.iter()
            .position(|sent| sent.envelope == received.message.envelope)
    });
    assert!(received.into_iter().map(|received| received.message).eq(sent));
}

/// Although some receivers drop what they received.
pub async fn every_message_is_delivered_to_some_receiver(adapter: &dyn Adapter) {
    let stores = adapter.open(Duration::from_millis(50)).await;
    let intake = &stores.intakes[0];
    let senders = (0..4).map(|sender| {
        let intake = Arc::clone(intake);
        async move {
            for number in 0..50 {
                let number = sender * 50 + number;
                let delay = Duration::from_millis(number % 20);
                intake
                    .send(message(number, number, 0), CopyRole::Primary, delay)
                    .await
                    .unwrap();
            }
        }
    });
    at_once(senders).await;
    let seen: Arc<Mutex<HashMap<EnvelopeId, u64>>> = Arc::default();
    let receivers = (0..4).map(|receiver| {
        let (intake, seen) = (Arc::clone(intake), Arc::clone(&seen));
        async move {
            let mut random = Random::seeded(receiver);
            while intake.depth().await.unwrap() != Depth::default() {
                tokio::task::yield_now().await;
                let received = intake.receive(10, Duration::from_millis(20)).await.unwrap();
                let fate = random.below(4);
                let handles: Vec<Handle> = received.iter().map(|received| received.handle.clone()).collect();
                match fate {
                    0 => continue,
                    1 => intake.release(&handles, NOW).await.unwrap(),
                    _ => {
                        // Noted first, as a decision comes before its acknowledgement.
                        for received in received {
                            *seen.lock().unwrap().entry(received.message.envelope).or_default() += 1;
                        }
                        intake.acknowledge(&handles).await.unwrap();
                    }
                }
            }
        }
    });
    at_once(receivers).await;
    assert_eq!(
        seen.lock().unwrap().len(),
        200,
        "messages that were delivered and acknowledged"
    );
}

/// While its lease lasts, it is one receiver's.
pub async fn no_message_is_leased_to_two_receivers_at_once(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    for number in 0..200 {
        stores.intakes[0]
            .send(message(number, number, 0), CopyRole::Primary, NOW)
            .await
            .unwrap();
    }
    let receive = |_| {
        let intake = Arc::clone(&stores.intakes[0]);
        async move { drain(intake.as_ref(), 7).await }
    };
    let leased = at_once((0..8).map(receive)).await.concat();
    let distinct: std::collections::HashSet<EnvelopeId> = leased.iter().copied().collect();
    assert_eq!((leased.len(), distinct.len()), (200, 200));
}

/// Receives without acknowledging until nothing is visible.
async fn drain(intake: &dyn Intake, max: usize) -> Vec<EnvelopeId> {
    let mut drained = Vec::new();
    loop {
        let received = intake.receive(max, NOW).await.unwrap();
        if received.is_empty() {
            return drained;
        }
        drained.extend(received.into_iter().map(|received| received.message.envelope));
    }
}

/// In large batches, without a loss.
pub async fn many_messages_pass(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let many = adapter.many_messages();
    let send = |sender| {
        let intake = Arc::clone(&stores.intakes[0]);
        async move {
            // Voters differ by body only: making a ballot for each would be most of the test.
            let sealed = message(0, sender, 0);
            for number in 0..10 {
                let mut message = sealed.clone();
                message.envelope = crate::fixtures::envelope(sender * 10 + number);
                intake.send(message, CopyRole::Second, NOW).await.unwrap();
            }
        }
    };
    at_once((0..many / 10).map(send)).await;
    let intake = stores.intakes[0].as_ref();
    let depth = intake.depth().await.unwrap();
    assert_eq!(depth.primaries + depth.copies, many);
    assert!(
        intake
            .waiting()
            .await
            .unwrap()
            .is_none_or(|waiting| waiting.len() as u64 == many)
    );
    let mut handles = Vec::new();
    loop {
        let received = intake.receive(many as usize, NOW).await.unwrap();
        if received.is_empty() {
            break;
        }
        handles.extend(received.into_iter().map(|received| received.handle));
    }
    assert_eq!(handles.len() as u64, many);
    intake.acknowledge(&handles).await.unwrap();
    assert_eq!(intake.depth().await.unwrap(), Depth::default());
}
