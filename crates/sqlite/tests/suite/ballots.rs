//! The box's table: that nothing rewrites it, that what others wrote into it is found, and that
//! destroying the keys leaves nothing of the order of voting.

use std::task::Poll;
use std::time::Duration;

use election_core::tally::{FeedEvent, Sequence};
use election_service::ports::{CopyRole, DeadLetterReason, Outcome, PortError};
use election_sqlite::SqliteStore;
use election_testkit::fixtures::{self, ballot_key, message, submission};

use crate::support::{all_bytes, all_ok, ballot_box, occurrences, region, tamper};

#[tokio::test]
async fn no_statement_changes_or_removes_a_recorded_ballot() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    all_ok(ballot_box(&store).record(&[submission(1, 1, 0)]).await);
    let connection = tamper(folder.path(), "election.sqlite");
    // As on the writer's connection.
    connection
        .pragma_update(None, "recursive_triggers", true)
        .unwrap();
    let statements = [
        "UPDATE ballots SET content = x'00'",
        "UPDATE OR REPLACE ballots SET seq = 9",
        "DELETE FROM ballots",
        "REPLACE INTO ballots SELECT seq, ballot_key, ballot_id, 'south', format, content, mac, envelope FROM ballots",
        "INSERT INTO ballots SELECT * FROM ballots WHERE true ON CONFLICT DO UPDATE SET format = 9",
    ];
    for statement in statements {
        let error = connection.execute(statement, []).expect_err(statement);
        assert!(
            error.to_string().contains("a recorded ballot is never"),
            "{statement}: {error}"
        );
    }
    let found = ballot_box(&store).find(&ballot_key(1)).await;
    assert!(found == Ok(Some(fixtures::ballot(1, 0))));
}

#[tokio::test]
async fn rows_that_hold_no_ballot_are_undecodable_records_and_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    let ballots = ballot_box(&store);
    all_ok(ballots.record(&[submission(0, 0, 0)]).await);
    let connection = tamper(folder.path(), "election.sqlite");
    let insert = |values: &str| {
        let sql = format!(
            "INSERT INTO ballots (ballot_key, ballot_id, jurisdiction, format, content, mac) VALUES ({values})"
        );
        connection.execute(&sql, []).unwrap();
    };
    let key = "randomblob(12)";
    insert(&format!("{key}, zeroblob(15), 'north', 1, x'', zeroblob(32)"));
    insert(&format!(
        "{key}, zeroblob(16), 'No Such Place', 1, x'', zeroblob(32)"
    ));
    insert(&format!("{key}, zeroblob(16), 'north', 256, x'', zeroblob(32)"));
    insert(&format!("{key}, zeroblob(16), 'north', -1, x'', zeroblob(32)"));
    insert(&format!("{key}, zeroblob(16), 'north', 1, x'', x''"));
    insert("x'00', zeroblob(16), 'north', 1, x'', zeroblob(32)");
    // STRICT stops wrong types, unless the table's own text is changed first.
    connection
        .execute_batch(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'ballots';
             PRAGMA writable_schema = RESET;",
        )
        .unwrap();
    insert(&format!("{key}, 'text', x'6e6f727468', 'text', 'text', 1.5"));
    drop(connection);
    all_ok(ballots.record(&[submission(1, 1, 0)]).await);

    let records = ballots.feed(Sequence::START, 100).await.unwrap();
    let sequences: Vec<_> = records
        .iter()
        .filter_map(|record| record.sequence.as_u64())
        .collect();
    assert_eq!(sequences, (1..=9).collect::<Vec<_>>());
    let inserted: Vec<_> = records
        .iter()
        .map(|record| matches!(record.event, FeedEvent::Inserted(_)))
        .collect();
    assert_eq!(
        inserted,
        [true, false, false, false, false, false, false, false, true]
    );
    assert!(
        records
            .iter()
            .all(|record| !matches!(record.event, FeedEvent::Altered))
    );
    let claimed: Vec<_> = records
        .iter()
        .map(|record| record.jurisdiction.is_some())
        .collect();
    assert_eq!(claimed, [true, true, false, true, true, true, true, false, true]);
    assert_eq!(ballots.reckon(&[]).await.unwrap().recorded, 9);
    assert_eq!(ballots.behind(3.into()).await, Ok(6));
    let beyond = Sequence::parse(&"9".repeat(40)).unwrap();
    assert!(ballots.feed(beyond, 1).await.unwrap().is_empty());
    assert_eq!(ballots.behind(beyond).await, Ok(0));
}

#[tokio::test]
async fn a_submission_that_the_store_refuses_leaves_the_others_outcomes() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    let ballots = ballot_box(&store);
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON ballots WHEN NEW.jurisdiction = 'south'
                  BEGIN SELECT RAISE(ABORT, 'broken'); END";
    tamper(folder.path(), "election.sqlite")
        .execute_batch(broken)
        .unwrap();
    let submissions: Vec<_> = (0..4).map(|voter| submission(voter, voter, 0)).collect();
    let outcomes = ballots.record(&submissions).await;
    let expected = [true, false, true, false];
    assert!(outcomes.iter().map(Result::is_ok).eq(expected));
    assert!(
        outcomes[1]
            .as_ref()
            .is_err_and(|error| !error.to_string().contains("broken"))
    );
    tamper(folder.path(), "election.sqlite")
        .execute_batch("DROP TRIGGER broken")
        .unwrap();
    let outcomes = all_ok(ballots.record(&submissions).await);
    let (done, new) = (Outcome::AlreadyDecided, Outcome::Recorded);
    assert_eq!(outcomes, [done, new, done, new]);
}

#[tokio::test]
async fn a_ballot_that_cannot_be_read_is_an_error_of_its_own_key_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    let insert = "INSERT INTO ballots (ballot_key, ballot_id, jurisdiction, format, content, mac)
                  VALUES (?1, x'', 'north', 1, x'', x'')";
    tamper(folder.path(), "election.sqlite")
        .execute(insert, [ballot_key(1).0])
        .unwrap();
    let ballots = ballot_box(&store);
    assert!(matches!(
        ballots.find(&ballot_key(1)).await,
        Err(PortError::Corrupt(_))
    ));
    let outcomes = ballots.record(&[submission(1, 1, 0), submission(2, 2, 0)]).await;
    assert!(matches!(
        outcomes[..],
        [Err(PortError::Corrupt(_)), Ok(Outcome::Recorded)]
    ));
}

/// What is known in memory is less than the file then.
#[tokio::test]
async fn what_is_decided_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let batch = [submission(1, 1, 0), submission(2, 1, 0), submission(3, 1, 1)];
    // Recorded, a repeat and a conflict; a dead letter, and one that never came.
    let asked = [(5, 1), (3, 1), (4, 4), (2, 1), (6, 6), (1, 1)];
    let asked = asked.map(|(number, voter)| (fixtures::envelope(number), ballot_key(voter)));
    let expected = [false, true, false, true, false, true];
    let store = SqliteStore::create(folder.path()).unwrap();
    all_ok(ballot_box(&store).record(&batch).await);
    let letter = fixtures::dead_letter(message(4, 4, 0), DeadLetterReason::Forged, 1);
    ballot_box(&store).set_aside(&letter).await.unwrap();
    assert_eq!(ballot_box(&store).are_decided(&asked).await.unwrap(), expected);
    drop(store);

    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(ballot_box(&store).are_decided(&asked).await.unwrap(), expected);
    // Now one is known in memory and the others in the file only.
    all_ok(ballot_box(&store).record(&[submission(6, 6, 0)]).await);
    let expected = [false, true, false, true, true, true];
    assert_eq!(ballot_box(&store).are_decided(&asked).await.unwrap(), expected);
    store.close().await;
    for asked in [&asked[..], &asked[4..5], &[]] {
        let answer = ballot_box(&store).are_decided(asked).await;
        assert!(matches!(answer, Err(PortError::Unavailable(_))));
    }
}

/// Each region's worker brings its batch, and both have the ballot that fails.
#[tokio::test]
async fn batches_at_once_lose_only_the_submission_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    let insert = "INSERT INTO ballots (ballot_key, ballot_id, jurisdiction, format, content, mac)
                  VALUES (?1, x'', 'north', 1, x'', x'')";
    let lock = tamper(folder.path(), "election.sqlite");
    lock.execute(insert, [ballot_key(0).0]).unwrap();
    // Until all batches wait, so that they share a commit.
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ballots = ballot_box(&store);
    let batch = |first| -> Vec<_> {
        let others = (first..first + 5).map(|voter| submission(voter, voter, 0));
        others.chain([submission(first + 500, 0, 0)]).collect()
    };
    let batches: Vec<_> = [100, 200, 300].map(batch).into();
    let mut recording: Vec<_> = batches.iter().map(|batch| ballots.record(batch)).collect();
    std::future::poll_fn(|context| {
        for recording in &mut recording {
            assert!(recording.as_mut().poll(context).is_pending());
        }
        Poll::Ready(())
    })
    .await;
    lock.execute_batch("COMMIT").unwrap();
    for recording in recording {
        let outcomes = recording.await;
        let (failed, others) = outcomes.split_last().unwrap();
        assert!(matches!(failed, Err(PortError::Corrupt(_))));
        assert!(others.iter().all(|outcome| *outcome == Ok(Outcome::Recorded)));
    }
    assert_eq!(ballots.reckon(&[]).await.unwrap().recorded, 16);
}

#[tokio::test]
async fn destroying_the_keys_leaves_no_order_and_no_envelope_in_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    store.elections().create(fixtures::new_election()).await.unwrap();
    let ballots = ballot_box(&store);
    let (here, away) = (region("here"), region("away"));
    for name in [&here, &away] {
        let intake = store.open_region(name).await.unwrap().intake;
        for voter in 0..60 {
            let sent = intake
                .send(message(voter, voter, 0), CopyRole::Primary, Duration::ZERO)
                .await;
            assert_eq!(sent, Ok(()));
        }
        let received = intake.receive(100, Duration::ZERO).await.unwrap();
        let handles: Vec<_> = received.into_iter().map(|received| received.handle).collect();
        intake.acknowledge(&handles).await.unwrap();
    }
    for voter in 0..60 {
        all_ok(ballots.record(&[submission(voter, voter, 0)]).await);
    }
    let envelope = |voter| fixtures::envelope(voter).0;
    let before = all_bytes(folder.path());
    assert!(
        (0..60).all(|voter| occurrences(&before, &envelope(voter)) > 0),
        "the test looks for the right bytes"
    );

    store.elections().keys_destroyed().await.unwrap();
    let bytes = all_bytes(folder.path());
    for voter in 0..60 {
        assert_eq!(occurrences(&bytes, &envelope(voter)), 0, "an envelope is left");
        let mac = fixtures::ballot(voter, 0).mac.0;
        assert_eq!(
            occurrences(&bytes, &mac),
            1,
            "a second copy of a ballot could lie in another order"
        );
    }
    let connection = tamper(folder.path(), "election.sqlite");
    let disorder = "SELECT count(*) FROM ballots WHERE envelope IS NOT NULL
                    OR seq <> (SELECT count(*) FROM ballots AS others WHERE others.ballot_key <= ballots.ballot_key)";
    assert_eq!(connection.query_row(disorder, [], |row| row.get(0)), Ok(0));

    // The box is a box as before: a redelivery is told from a conflict, and nothing is rewritten.
    let outcomes = all_ok(
        ballots
            .record(&[submission(5, 5, 0), submission(500, 5, 1)])
            .await,
    );
    assert_eq!(outcomes, [Outcome::AlreadyDecided, Outcome::Conflict]);
    for statement in ["DELETE FROM ballots", "UPDATE ballots SET format = 2"] {
        assert!(connection.execute(statement, []).is_err());
    }
}

#[tokio::test]
async fn files_of_closed_regions_are_cleared_of_the_order_too() {
    let folder = tempfile::tempdir().unwrap();
    let name = region("closed");
    let store = SqliteStore::create(folder.path()).unwrap();
    store.elections().create(fixtures::new_election()).await.unwrap();
    let intake = store.open_region(&name).await.unwrap().intake;
    intake
        .send(message(1, 1, 0), CopyRole::Primary, Duration::ZERO)
        .await
        .unwrap();
    let received = intake.receive(1, Duration::ZERO).await.unwrap();
    intake.acknowledge(&[received[0].handle.clone()]).await.unwrap();
    store.close().await;
    drop((store, intake));

    let store = SqliteStore::open(folder.path()).unwrap();
    store.elections().keys_destroyed().await.unwrap();
    assert_eq!(
        occurrences(&all_bytes(folder.path()), &fixtures::envelope(1).0),
        0
    );
    // It was closed again and can be opened.
    store.open_region(&name).await.unwrap();
}
