//! The index of the ballots through the box: restarts, commits that fail, and readers while it is written.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use election_service::ports::{BallotBox, Outcome, PortError};
use election_sqlite::{OpenError, SqliteStore};
use election_testkit::fixtures::{ballot_key, envelope, message, submission, waiting};

use crate::support::{all_ok, ballot_box, tamper};

/// Nearly each commit moves a slice.
const FEW: usize = 40;

fn open(folder: &Path) -> (SqliteStore, Arc<dyn BallotBox>) {
    let store = SqliteStore::create(folder).unwrap().with_recent_ballots(FEW);
    let ballots = ballot_box(&store);
    (store, ballots)
}

fn indexed(folder: &Path) -> i64 {
    let count = "SELECT count(*) FROM ballot_index";
    tamper(folder, "election.sqlite")
        .query_row(count, [], |row| row.get(0))
        .unwrap()
}

/// Copies the files of a running process: what a power cut would leave.
fn copy(from: &Path, to: &Path) {
    for entry in from.read_dir().unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test]
async fn wherever_it_ends_each_voter_still_has_one_ballot() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ballots) = open(folder.path());
    for voter in 0..150 {
        all_ok(ballots.record(&[submission(voter, voter, 0)]).await);
        let copied = tempfile::tempdir().unwrap();
        copy(folder.path(), copied.path());
        let (_store, copied) = open(copied.path());
        let last = [submission(voter, voter, 0), submission(1_000 + voter, voter, 1)];
        assert_eq!(
            all_ok(copied.record(&last).await),
            [Outcome::AlreadyDecided, Outcome::Conflict]
        );
        if voter.is_multiple_of(10) {
            let all: Vec<_> = (0..=voter)
                .map(|voter| submission(2_000 + voter, voter, 0))
                .collect();
            let outcomes = all_ok(copied.record(&all).await);
            assert!(
                outcomes.iter().all(|outcome| *outcome == Outcome::Repeat),
                "after {voter}"
            );
        }
    }
    assert!(indexed(folder.path()) >= 100, "the index was written meanwhile");
    drop(store);
}

#[tokio::test]
async fn a_commit_that_fails_leaves_nothing_in_memory_either() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, ballots) = open(folder.path());
    let batch = |from: u64, variant| -> Vec<_> {
        let voters = from..from + 60;
        voters
            .map(|voter| submission(voter + 1_000 * variant, voter, variant))
            .collect()
    };
    all_ok(ballots.record(&batch(0, 0)).await);
    let before = indexed(folder.path());
    assert!(before > 0);
    // A constraint that is looked at when the transaction ends.
    let connection = tamper(folder.path(), "election.sqlite");
    connection
        .execute_batch(
            "CREATE TABLE parents (id INTEGER PRIMARY KEY);
             CREATE TABLE orphans (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
             CREATE TRIGGER orphaned AFTER INSERT ON ballots BEGIN INSERT INTO orphans VALUES (1); END;",
        )
        .unwrap();
    for _ in 0..3 {
        let outcomes = ballots.record(&batch(60, 0)).await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| matches!(outcome, Err(PortError::Unavailable(_))))
        );
        assert_eq!(indexed(folder.path()), before);
        assert!(ballots.find(&ballot_key(60)).await == Ok(None));
    }
    connection.execute_batch("DROP TRIGGER orphaned").unwrap();
    // Others come first now and get the numbers that those had.
    let outcomes = all_ok(ballots.record(&batch(200, 0)).await);
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Recorded));
    let outcomes = all_ok(ballots.record(&batch(60, 0)).await);
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Recorded));
    for from in [0, 60, 200] {
        let outcomes = all_ok(ballots.record(&batch(from, 1)).await);
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Conflict));
    }
    assert_eq!(ballots.reckon(&[]).await.unwrap().recorded, 180);
}

#[tokio::test]
async fn a_slice_that_cannot_be_written_fails_the_batch_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, ballots) = open(folder.path());
    let batch: Vec<_> = (0..60).map(|voter| submission(voter, voter, 0)).collect();
    let connection = tamper(folder.path(), "election.sqlite");
    connection
        .execute_batch(
            "CREATE TRIGGER broken BEFORE UPDATE ON ballot_slices BEGIN SELECT RAISE(ABORT, 'broken'); END",
        )
        .unwrap();
    assert!(ballots.record(&batch).await.iter().all(Result::is_err));
    // Few enough that nothing has to be moved.
    assert_eq!(
        all_ok(ballots.record(&batch[..FEW]).await),
        [Outcome::Recorded; FEW]
    );
    connection.execute_batch("DROP TRIGGER broken").unwrap();
    let outcomes = all_ok(ballots.record(&batch).await);
    let expected = [
        [Outcome::AlreadyDecided; FEW].as_slice(),
        &[Outcome::Recorded; 60 - FEW],
    ]
    .concat();
    assert_eq!(outcomes, expected);
}

/// Each submission of a batch that failed has a savepoint of its own.
#[tokio::test]
async fn a_submission_that_fails_is_not_in_the_index_and_may_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, ballots) = open(folder.path());
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON ballots WHEN NEW.jurisdiction = 'south'
                  BEGIN SELECT RAISE(ABORT, 'broken'); END";
    let connection = tamper(folder.path(), "election.sqlite");
    connection.execute_batch(broken).unwrap();
    // Each voter twice: those in the south fail twice, and the others' second ballots are conflicts.
    let twice: Vec<_> = (0..100)
        .flat_map(|voter| [submission(voter, voter, 0), submission(1_000 + voter, voter, 1)])
        .collect();
    let outcomes = ballots.record(&twice).await;
    for (voter, outcomes) in outcomes.chunks(2).enumerate() {
        if voter.is_multiple_of(2) {
            assert_eq!(outcomes, [Ok(Outcome::Recorded), Ok(Outcome::Conflict)]);
        } else {
            assert!(outcomes.iter().all(Result::is_err));
        }
    }
    connection.execute_batch("DROP TRIGGER broken").unwrap();
    let outcomes = all_ok(ballots.record(&twice).await);
    for (voter, outcomes) in outcomes.chunks(2).enumerate() {
        if voter.is_multiple_of(2) {
            assert_eq!(outcomes, [Outcome::AlreadyDecided; 2]);
        } else {
            assert_eq!(outcomes, [Outcome::Recorded, Outcome::Conflict]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_miss_nothing_while_slices_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, ballots) = open(folder.path());
    let answered = Arc::new(AtomicU64::new(0));
    const ALL: u64 = 3_000;
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (ballots, answered) = (Arc::clone(&ballots), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut voter = 0;
                loop {
                    let known = answered.load(Ordering::SeqCst);
                    if known == ALL {
                        return;
                    }
                    voter = (voter + 7) % known.max(1);
                    if voter < known {
                        let found = ballots.find(&ballot_key(voter)).await;
                        assert!(matches!(found, Ok(Some(_))), "{voter} of {known}");
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let all: Vec<_> = (0..ALL).map(|voter| waiting(&message(voter, voter, 0))).collect();
    let reckoning = {
        let (ballots, answered) = (Arc::clone(&ballots), Arc::clone(&answered));
        tokio::spawn(async move {
            let mut asked: Vec<_> = (0..ALL)
                .map(|voter| (envelope(voter), ballot_key(voter)))
                .collect();
            asked.reverse();
            while answered.load(Ordering::SeqCst) < ALL {
                // Of one instant: what is counted is what is decided.
                let reckoning = ballots.reckon(&all).await.unwrap();
                let undecided = reckoning.undecided.iter().filter(|is_undecided| **is_undecided);
                assert_eq!(reckoning.recorded + undecided.count() as u64, ALL);
                let known = answered.load(Ordering::SeqCst);
                let decided = ballots.are_decided(&asked).await.unwrap();
                let decided = decided.into_iter().filter(|is_decided| *is_decided).count() as u64;
                assert!(decided >= known);
            }
        })
    };
    for first in (0..ALL).step_by(10) {
        let batch: Vec<_> = (first..first + 10)
            .map(|voter| submission(voter, voter, 0))
            .collect();
        all_ok(ballots.record(&batch).await);
        answered.store(first + 10, Ordering::SeqCst);
    }
    for reader in readers {
        reader.await.unwrap();
    }
    reckoning.await.unwrap();
    assert!(indexed(folder.path()) > 2_900);
}

#[tokio::test]
async fn a_damaged_index_is_an_error_and_no_second_ballot() {
    let damages = [
        "DROP TRIGGER indexed_ballots_are_never_removed; DELETE FROM ballot_index",
        "DROP TRIGGER indexed_ballots_are_never_changed; UPDATE ballot_index SET seq = seq + 1",
        "DROP TRIGGER indexed_ballots_are_never_changed; UPDATE ballot_index SET seq = -seq",
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let (store, ballots) = open(folder.path());
        for voter in 0..100 {
            all_ok(ballots.record(&[submission(voter, voter, 0)]).await);
        }
        drop((store, ballots));
        let connection = tamper(folder.path(), "election.sqlite");
        let first: Vec<u8> = connection
            .query_row("SELECT ballot_key FROM ballot_index", [], |row| row.get(0))
            .unwrap();
        let voter = (0..100).find(|voter| ballot_key(*voter).0[..] == first).unwrap();
        connection.execute_batch(damage).unwrap();
        let (_store, ballots) = open(folder.path());
        for variant in [0, 1] {
            let outcomes = ballots.record(&[submission(500 + variant, voter, variant)]).await;
            assert!(matches!(outcomes[..], [Err(PortError::Corrupt(_))]), "{damage}");
        }
        assert_eq!(ballots.reckon(&[]).await.unwrap().recorded, 100);
    }
}

#[tokio::test]
async fn a_file_whose_slices_are_damaged_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let damage = "UPDATE ballot_slices SET through = 1";
    tamper(folder.path(), "election.sqlite")
        .execute_batch(damage)
        .unwrap();
    let error = SqliteStore::open(folder.path()).err().unwrap();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
}
