//! That what was answered as written is there again, however the process ended.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use election_core::envelope::EnvelopeId;
use election_service::ports::{CopyRole, Outcome};
use election_sqlite::{OpenError, SqliteStore};
use election_testkit::fixtures::{self, message, submission};

use crate::support::{all_ok, ballot_box, region};

const NOW: Duration = Duration::ZERO;
const FOLDER: &str = "ELECTION_SQLITE_TEST_FOLDER";

/// Sends messages from many tasks at once; returns how many.
async fn send_at_once(store: &SqliteStore, tasks: u64, each: u64) -> u64 {
    let intake = store.open_region(&region("here")).await.unwrap().intake;
    let sending: Vec<_> = (0..tasks)
        .map(|task| {
            let intake = Arc::clone(&intake);
            tokio::spawn(async move {
                let sealed = message(0, task, 0);
                for number in 0..each {
                    let mut message = sealed.clone();
                    message.envelope = fixtures::envelope(task * each + number);
                    intake.send(message, CopyRole::Primary, NOW).await.unwrap();
                }
            })
        })
        .collect();
    for sending in sending {
        sending.await.unwrap();
    }
    tasks * each
}

async fn envelopes(store: &SqliteStore) -> HashSet<EnvelopeId> {
    let intake = store.open_region(&region("here")).await.unwrap().intake;
    intake
        .waiting()
        .await
        .unwrap()
        .expect("a listing")
        .into_iter()
        .map(|waiting| waiting.envelope)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sends_at_once_are_all_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    for closes in [true, false] {
        let store = SqliteStore::create(folder.path()).unwrap();
        let sent = send_at_once(&store, 200, 10).await;
        if closes {
            store.close().await;
        }
        drop(store);
        let store = SqliteStore::open(folder.path()).unwrap();
        assert_eq!(envelopes(&store).await.len() as u64, sent);
    }
}

/// A copy of the files of a running process is what a power cut would leave, if every write that was
/// answered was synced.
#[tokio::test(flavor = "multi_thread")]
async fn files_copied_while_open_hold_all_that_was_answered() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = SqliteStore::create(folder.path()).unwrap();
    let sent = send_at_once(&store, 20, 10).await;
    for voter in 0..20 {
        all_ok(ballot_box(&store).record(&[submission(voter, voter, 0)]).await);
    }
    for entry in folder.path().read_dir().unwrap() {
        let entry = entry.unwrap();
        // A power cut leaves no shared memory.
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    let copied = SqliteStore::open(copy.path()).unwrap();
    assert_eq!(envelopes(&copied).await.len() as u64, sent);
    assert_eq!(ballot_box(&copied).reckon(&[]).await.unwrap().recorded, 20);
    drop(store);
}

/// The process of the next test: sends and records, and says on its standard output what was answered.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the next test runs it and kills it"]
async fn writes_until_it_is_killed() {
    let folder = std::env::var_os(FOLDER).expect("run by the next test");
    // So few that the index is written all the time.
    let store = SqliteStore::create(Path::new(&folder))
        .unwrap()
        .with_recent_ballots(50);
    let (intake, ballots) = (
        store.open_region(&region("here")).await.unwrap().intake,
        ballot_box(&store),
    );
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let (intake, ballots) = (Arc::clone(&intake), Arc::clone(&ballots));
            tokio::spawn(async move {
                for number in (0..).map(|number| number * 16 + writer) {
                    intake
                        .send(message(number, number, 0), CopyRole::Primary, NOW)
                        .await
                        .unwrap();
                    writeln!(std::io::stdout(), "sent {number}").unwrap();
                    all_ok(ballots.record(&[submission(number, number, 0)]).await);
                    writeln!(std::io::stdout(), "recorded {number}").unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_has_lost_nothing_that_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "durability::writes_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines: Vec<String> = Vec::new();
    while lines.len() < 500 {
        lines.push(answers.next().expect("it goes on writing").unwrap());
    }
    assert!(matches!(
        SqliteStore::open(folder.path()),
        Err(OpenError::InUse { .. })
    ));
    child.kill().unwrap();
    child.wait().unwrap();
    // What was answered before it died, but only read now. The last line may be a part of one.
    lines.extend(answers.map_while(Result::ok));
    lines.pop();

    let store = SqliteStore::open(folder.path()).unwrap();
    let sent = envelopes(&store).await;
    let numbers = |what: &str| -> Vec<u64> {
        let numbers = lines
            .iter()
            .filter_map(|line| line.split_once(what)?.1.trim().parse().ok());
        numbers.collect()
    };
    let recorded = numbers("recorded ");
    assert!(recorded.len() > 100);
    assert!(
        numbers("sent ")
            .iter()
            .all(|number| sent.contains(&fixtures::envelope(*number)))
    );
    for number in recorded {
        let again = [
            submission(number, number, 0),
            submission(number | 1 << 40, number, 1),
        ];
        let again = all_ok(ballot_box(&store).record(&again).await);
        assert_eq!(again, [Outcome::AlreadyDecided, Outcome::Conflict]);
    }
}
