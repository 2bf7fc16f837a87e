//! The queue across a restart, and what its file holds.

use std::path::Path;
use std::task::Poll;
use std::time::Duration;

use election_service::ports::{CopyRole, Depth, PortError};
use election_sqlite::{SqliteRegion, SqliteStore};
use election_testkit::fixtures::message;

use crate::support::{region, tamper};

const NOW: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(600);

async fn reopen(folder: &Path) -> (SqliteStore, SqliteRegion) {
    let store = SqliteStore::create(folder).unwrap();
    let region = store.open_region(&region("here")).await.unwrap();
    (store, region)
}

#[tokio::test]
async fn leases_end_with_the_process_and_releases_are_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    for number in 0..3 {
        here.intake
            .send(message(number, number, 0), CopyRole::Primary, NOW)
            .await
            .unwrap();
    }
    for _ in 0..2 {
        let received = here.intake.receive(1, NOW).await.unwrap();
        here.intake
            .release(&[received[0].handle.clone()], NOW)
            .await
            .unwrap();
    }
    let received = here.intake.receive(10, NOW).await.unwrap();
    assert_eq!(received.len(), 3);
    drop((store, here));

    let (_store, here) = reopen(folder.path()).await;
    let received = here.intake.receive(10, NOW).await.unwrap();
    let mut receives: Vec<_> = received.iter().map(|received| received.receives).collect();
    receives.sort_unstable();
    assert_eq!(receives, [1, 2, 2], "two were released once and received again");
}

#[tokio::test]
async fn a_delay_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    here.intake
        .send(message(1, 1, 0), CopyRole::Second, LONG)
        .await
        .unwrap();
    drop((store, here));
    let (_store, here) = reopen(folder.path()).await;
    assert!(here.intake.receive(1, NOW).await.unwrap().is_empty());
    assert_eq!(
        here.intake.depth().await,
        Ok(Depth {
            primaries: 0,
            copies: 1,
            given_up: 0,
        })
    );
}

#[tokio::test]
async fn only_what_could_be_received_is_overdue() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, here) = reopen(folder.path()).await;
    assert_eq!(here.intake.overdue().await, Ok(None));
    here.intake
        .send(message(1, 1, 0), CopyRole::Second, LONG)
        .await
        .unwrap();
    assert_eq!(here.intake.overdue().await, Ok(None), "it is delayed");
    here.intake
        .send(message(2, 2, 0), CopyRole::Primary, NOW)
        .await
        .unwrap();
    assert!(here.intake.overdue().await.unwrap().is_some());
    assert_eq!(here.intake.receive(10, NOW).await.unwrap().len(), 1);
    assert_eq!(here.intake.overdue().await, Ok(None), "it is leased");
}

#[tokio::test]
async fn a_clock_that_was_set_back_hides_no_message_for_longer_than_its_delay() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    here.intake
        .send(message(1, 1, 0), CopyRole::Primary, NOW)
        .await
        .unwrap();
    here.intake
        .send(message(2, 2, 0), CopyRole::Second, Duration::from_millis(30))
        .await
        .unwrap();
    drop((store, here));
    // To the file, the clock being set back and its times lying far ahead are the same.
    let year_ms = 31_536_000_000_i64;
    let connection = tamper(folder.path(), "region-here.sqlite");
    // Each was sent by itself: bundles of one message, whose times begin at byte 8 (see bundle.rs).
    for bundle in [1, 2] {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
        let mut messages = connection
            .query_row("SELECT messages FROM bundles WHERE seq = ?1", [bundle], read)
            .unwrap();
        let visible_at = i64::from_le_bytes(messages[8..16].try_into().unwrap()) + year_ms;
        messages[8..16].copy_from_slice(&visible_at.to_le_bytes());
        connection
            .execute(
                "UPDATE bundles SET messages = ?1 WHERE seq = ?2",
                (messages, bundle),
            )
            .unwrap();
    }
    drop(connection);
    let (_store, here) = reopen(folder.path()).await;
    let mut received = 0;
    while received < 2 {
        received += here.intake.receive(2, LONG).await.unwrap().len();
    }
}

#[tokio::test]
async fn a_receiver_that_gave_up_leaves_no_lease() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap().with_visibility(LONG);
    let here = store.open_region(&region("here")).await.unwrap();
    here.intake
        .send(message(1, 1, 0), CopyRole::Primary, NOW)
        .await
        .unwrap();
    let mut gave_up = 0;
    while gave_up < 20 {
        let mut receiving = here.intake.receive(1, LONG);
        // Polled once: the message is leased, but mostly still being read.
        let polled = std::future::poll_fn(|context| Poll::Ready(receiving.as_mut().poll(context))).await;
        drop(receiving);
        match polled {
            Poll::Pending => gave_up += 1,
            Poll::Ready(received) => {
                let handles: Vec<_> = received
                    .unwrap()
                    .into_iter()
                    .map(|received| received.handle)
                    .collect();
                here.intake.release(&handles, NOW).await.unwrap();
            }
        }
    }
    let received = here.intake.receive(1, NOW).await.unwrap();
    assert_eq!(received.len(), 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    for number in 0..3 {
        here.intake
            .send(message(number, number, 0), CopyRole::Primary, NOW)
            .await
            .unwrap();
    }
    let connection = tamper(folder.path(), "region-here.sqlite");
    connection
        .execute("UPDATE bundles SET messages = x'00' WHERE seq = 1", [])
        .unwrap();
    let received = here.intake.receive(3, LONG).await.unwrap();
    assert_eq!(received.len(), 2);
    assert_eq!(
        here.intake.depth().await,
        Ok(Depth {
            primaries: 3,
            copies: 0,
            given_up: 0,
        }),
        "it isn't forgotten"
    );
    assert!(
        matches!(here.intake.waiting().await, Err(PortError::Corrupt(_))),
        "nor hidden"
    );
    drop(store);
}

#[tokio::test]
async fn no_delay_or_wait_is_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    here.intake
        .send(message(1, 1, 0), CopyRole::Primary, NOW)
        .await
        .unwrap();
    here.intake
        .send(message(2, 2, 0), CopyRole::Primary, Duration::MAX)
        .await
        .unwrap();
    let received = here.intake.receive(2, Duration::MAX).await.unwrap();
    assert_eq!(received.len(), 1);
    here.intake
        .release(&[received[0].handle.clone()], Duration::MAX)
        .await
        .unwrap();
    drop((store, here));
    let (_store, here) = reopen(folder.path()).await;
    assert_eq!(
        here.intake.depth().await,
        Ok(Depth {
            primaries: 2,
            copies: 0,
            given_up: 0,
        })
    );
    assert!(here.intake.receive(2, NOW).await.unwrap().is_empty());
}
