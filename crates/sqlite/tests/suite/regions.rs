//! How a region is fenced, removed and opened again.

use std::sync::Arc;
use std::time::Duration;

use election_service::ports::{CopyRole, Depth, PortError};
use election_sqlite::SqliteStore;
use election_testkit::fixtures::message;

use crate::support::region;

const NOW: Duration = Duration::ZERO;

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_region_is_fenced_and_its_files_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    let (lost, other) = (region("lost"), region("other"));
    let (in_lost, in_other) = (
        store.open_region(&lost).await.unwrap(),
        store.open_region(&other).await.unwrap(),
    );
    in_other
        .intake
        .send(message(1, 1, 0), CopyRole::Primary, NOW)
        .await
        .unwrap();
    let waiting = Arc::clone(&in_lost.intake);
    let waiting = tokio::spawn(async move { waiting.receive(1, Duration::from_secs(600)).await });
    let senders: Vec<_> = (0..50)
        .map(|number| {
            let intake = Arc::clone(&in_lost.intake);
            tokio::spawn(async move {
                intake
                    .send(message(number, number, 0), CopyRole::Second, NOW)
                    .await
            })
        })
        .collect();
    store.remove_region(&lost).await.unwrap();
    store.remove_region(&lost).await.unwrap();
    for sender in senders {
        let sent = sender.await.unwrap();
        assert!(matches!(sent, Ok(()) | Err(PortError::Unavailable(_))));
    }
    // It got a message before the end or was told of it.
    assert!(
        waiting.await.unwrap().is_ok_and(|received| received.len() == 1)
            || in_lost.intake.depth().await.is_err()
    );

    let unavailable = |error| matches!(error, PortError::Unavailable(_));
    let sent = in_lost
        .intake
        .send(message(9, 9, 0), CopyRole::Primary, NOW)
        .await;
    assert!(sent.is_err_and(unavailable));
    assert!(in_lost.intake.receive(1, NOW).await.is_err_and(unavailable));
    assert!(in_lost.intake.acknowledge(&[]).await.is_err_and(unavailable));
    assert!(in_lost.intake.release(&[], NOW).await.is_err_and(unavailable));
    assert!(in_lost.intake.waiting().await.is_err_and(unavailable));
    assert!(in_lost.intake.depth().await.is_err_and(unavailable));
    assert!(in_lost.tallies.load().await.is_err_and(unavailable));
    let names = folder
        .path()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(
        names
            .into_iter()
            .all(|name| !name.to_string_lossy().contains("lost"))
    );

    assert_eq!(
        in_other.intake.depth().await,
        Ok(Depth {
            primaries: 1,
            copies: 0,
            given_up: 0,
        })
    );
    let again = store.open_region(&lost).await.unwrap();
    assert_eq!(
        again.intake.depth().await,
        Ok(Depth::default()),
        "what it held is gone for good"
    );
}

#[tokio::test]
async fn removing_wakes_whoever_waits_for_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    let intake = store.open_region(&region("lost")).await.unwrap().intake;
    let waiting = tokio::spawn(async move { intake.receive(1, Duration::from_secs(600)).await });
    tokio::task::yield_now().await;
    store.remove_region(&region("lost")).await.unwrap();
    let received = tokio::time::timeout(Duration::from_secs(60), waiting)
        .await
        .expect("it is woken")
        .unwrap();
    assert!(matches!(received, Err(PortError::Unavailable(_))));
}

#[tokio::test]
async fn a_region_opened_twice_has_one_set_of_leases() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    let first = store.open_region(&region("here")).await.unwrap();
    let second = store.open_region(&region("here")).await.unwrap();
    first
        .intake
        .send(message(1, 1, 0), CopyRole::Primary, NOW)
        .await
        .unwrap();
    assert_eq!(second.intake.receive(1, NOW).await.unwrap().len(), 1);
    assert!(first.intake.receive(1, NOW).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_removal_that_a_crash_interrupted_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    for left in ["-wal", "-shm", ""] {
        std::fs::write(folder.path().join(format!("region-lost.sqlite{left}")), b"left").unwrap();
    }
    store.remove_region(&region("lost")).await.unwrap();
    assert!(!folder.path().join("region-lost.sqlite").exists());
    assert!(!folder.path().join("region-lost.sqlite-wal").exists());
    store.open_region(&region("lost")).await.unwrap();
}
