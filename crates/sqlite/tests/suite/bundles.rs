//! Messages that one commit brought share a row of the queue's file; each comes and goes by itself.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::task::Poll;
use std::time::Duration;

use election_core::envelope::{EnvelopeId, Message};
use election_service::ports::{CopyRole, Depth, Handle, PortError, PortResult, Received};
use election_sqlite::{SqliteRegion, SqliteStore};
use election_testkit::fixtures::{envelope, message};

use crate::support::{occurrences, region, tamper};

const FILE: &str = "region-here.sqlite";
const NOW: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(600);
/// What a message takes of its row besides its body, and what a row takes besides its messages; see bundle.rs.
const AROUND_BODY: usize = 53;
const HEADER: usize = 3;

async fn reopen(folder: &Path) -> (SqliteStore, SqliteRegion) {
    let store = SqliteStore::create(folder).unwrap();
    let region = store.open_region(&region("here")).await.unwrap();
    (store, region)
}

/// Messages of one voter that differ in their envelopes.
fn messages(numbers: Range<u64>) -> Vec<Message> {
    let sealed = message(0, 0, 0);
    let of = |number| Message {
        envelope: envelope(number),
        ..sealed.clone()
    };
    numbers.map(of).collect()
}

/// Sends messages so that one commit brings them all: until each waits, another program keeps the file
/// locked. Returns what they were answered and, of the last one, whether it was refused at once.
async fn send_together(
    folder: &Path,
    here: &SqliteRegion,
    sent: &[Message],
) -> (Vec<PortResult<()>>, Option<PortResult<()>>) {
    let lock = tamper(folder, FILE);
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut sending: Vec<_> = sent
        .iter()
        .map(|message| here.intake.send(message.clone(), CopyRole::Primary, NOW))
        .collect();
    let mut refused = None;
    std::future::poll_fn(|context| {
        for sending in &mut sending {
            if let Poll::Ready(answer) = sending.as_mut().poll(context) {
                refused = Some(answer);
            }
        }
        Poll::Ready(())
    })
    .await;
    if refused.is_some() {
        drop(sending.pop());
    }
    lock.execute_batch("COMMIT").unwrap();
    let mut answers = Vec::new();
    for sending in sending {
        answers.push(sending.await);
    }
    (answers, refused)
}

/// As [`send_together`], where none is refused.
async fn send_all(folder: &Path, here: &SqliteRegion, sent: &[Message]) {
    let (answers, refused) = send_together(folder, here, sent).await;
    assert!(refused.is_none() && answers.iter().all(Result::is_ok));
}

/// The file's rows of messages.
fn rows(folder: &Path) -> Vec<(i64, Vec<u8>)> {
    let connection = tamper(folder, FILE);
    let mut statement = connection
        .prepare("SELECT seq, messages FROM bundles ORDER BY seq")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

fn handles(received: &[Received], wanted: impl Fn(&EnvelopeId) -> bool) -> Vec<Handle> {
    let wanted = received.iter().filter(|one| wanted(&one.message.envelope));
    wanted.map(|one| one.handle.clone()).collect()
}

fn primaries(primaries: usize) -> PortResult<Depth> {
    Ok(Depth {
        primaries: primaries as u64,
        copies: 0,
        given_up: 0,
    })
}

fn are_same(received: &[Received], expected: &[Message]) -> bool {
    let by_envelope: HashMap<_, _> = received
        .iter()
        .map(|one| (one.message.envelope, &one.message))
        .collect();
    received.len() == expected.len()
        && expected
            .iter()
            .all(|message| by_envelope.get(&message.envelope) == Some(&message))
}

#[tokio::test]
async fn of_a_bundle_exactly_what_was_not_acknowledged_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    let sent = messages(0..20);
    send_all(folder.path(), &here, &sent).await;
    assert_eq!(rows(folder.path()).len(), 1, "one commit, one row");
    let received = here.intake.receive(20, NOW).await.unwrap();
    assert!(are_same(&received, &sent));
    let (gone, left): (Vec<_>, Vec<_>) = (0..20).zip(sent).partition(|(number, _)| number % 3 == 0);
    let is_gone = |envelope: &EnvelopeId| gone.iter().any(|(_, message)| message.envelope == *envelope);
    here.intake
        .acknowledge(&handles(&received, is_gone))
        .await
        .unwrap();
    let left: Vec<Message> = left.into_iter().map(|(_, message)| message).collect();
    assert_eq!(here.intake.depth().await, primaries(left.len()));
    let waiting = here.intake.waiting().await.unwrap().expect("a listing");
    let envelopes = waiting.iter().map(|waiting| waiting.envelope);
    assert!(envelopes.eq(left.iter().map(|message| message.envelope)));
    drop((store, here));

    let (_store, here) = reopen(folder.path()).await;
    assert_eq!(here.intake.depth().await, primaries(left.len()));
    let received = here.intake.receive(20, NOW).await.unwrap();
    assert!(are_same(&received, &left));
    let row = rows(folder.path()).remove(0).1;
    for (_, message) in &gone {
        assert_eq!(
            occurrences(&row, &message.envelope.0),
            0,
            "what has gone is written over"
        );
    }
}

#[tokio::test]
async fn a_release_changes_only_its_own_message_of_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    let sent = messages(0..10);
    send_all(folder.path(), &here, &sent).await;
    let received = here.intake.receive(10, NOW).await.unwrap();
    let release = async |number: usize, delay| {
        let handle = handles(&received, |envelope| *envelope == sent[number].envelope);
        here.intake.release(&handle, delay).await.unwrap();
    };
    release(3, LONG).await;
    release(4, NOW).await;
    release(5, Duration::from_millis(30)).await;
    drop((store, here));

    let (_store, here) = reopen(folder.path()).await;
    assert_eq!(here.intake.depth().await, primaries(10));
    let mut received = Vec::new();
    while received.len() < 9 {
        received.extend(here.intake.receive(10, LONG).await.unwrap());
    }
    for one in &received {
        let number = sent.iter().position(|message| *message == one.message).unwrap();
        assert_ne!(number, 3, "its delay goes on");
        let expected = if [4, 5].contains(&number) { 2 } else { 1 };
        assert_eq!(one.receives, expected, "message {number}");
    }
    assert!(here.intake.receive(10, NOW).await.unwrap().is_empty());
    assert_eq!(rows(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_bundle_goes_with_its_last_message() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, here) = reopen(folder.path()).await;
    send_all(folder.path(), &here, &messages(0..5)).await;
    send_all(folder.path(), &here, &messages(5..6)).await;
    let received = here.intake.receive(5, NOW).await.unwrap();
    for (place, one) in received.iter().enumerate() {
        assert_eq!(rows(folder.path()).len(), 2, "after {place} of five");
        here.intake
            .acknowledge(std::slice::from_ref(&one.handle))
            .await
            .unwrap();
    }
    assert_eq!(rows(folder.path()).len(), 1);
    assert_eq!(here.intake.depth().await, primaries(1));
    // Again, now that its row has gone.
    here.intake
        .acknowledge(&handles(&received, |_| true))
        .await
        .unwrap();
    let received = here.intake.receive(5, NOW).await.unwrap();
    assert!(are_same(&received, &messages(5..6)));
}

#[tokio::test]
async fn of_a_damaged_bundle_what_can_be_read_is_delivered_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    let sent = messages(0..6);
    send_all(folder.path(), &here, &sent).await;
    drop((store, here));
    let (seq, whole) = rows(folder.path()).remove(0);
    let each = AROUND_BODY + sent[0].body.len();
    assert_eq!(whole.len(), HEADER + 6 * each);

    let at_edges = (0..=6).flat_map(|place| [HEADER + place * each - 1, HEADER + place * each]);
    let cuts = (0..HEADER).chain(at_edges).chain((0..whole.len()).step_by(61));
    for cut in cuts.filter(|cut| *cut < whole.len()) {
        let damaged = vec![(seq, whole[..cut].to_vec())];
        tamper(folder.path(), FILE)
            .execute("UPDATE bundles SET messages = ?1", [&damaged[0].1])
            .unwrap();
        let (store, here) = reopen(folder.path()).await;
        let readable = cut.saturating_sub(HEADER) / each;
        let in_all = if cut < HEADER { 1 } else { 6 };
        assert_eq!(here.intake.depth().await, primaries(in_all), "cut to {cut}");
        let received = here.intake.receive(10, NOW).await.unwrap();
        assert!(are_same(&received, &sent[..readable]), "cut to {cut}");
        let handles = handles(&received, |_| true);
        if let Some((first, others)) = handles.split_first() {
            here.intake
                .release(std::slice::from_ref(first), LONG)
                .await
                .unwrap();
            here.intake.acknowledge(others).await.unwrap();
            here.intake
                .acknowledge(std::slice::from_ref(first))
                .await
                .unwrap();
        }
        assert!(
            matches!(here.intake.waiting().await, Err(PortError::Corrupt(_))),
            "cut to {cut}"
        );
        assert_eq!(
            here.intake.depth().await,
            primaries(in_all - readable),
            "cut to {cut}"
        );
        // It holds up nobody else.
        send_all(folder.path(), &here, &messages(9..10)).await;
        let received = here.intake.receive(10, NOW).await.unwrap();
        assert!(are_same(&received, &messages(9..10)), "cut to {cut}");
        here.intake
            .acknowledge(&[received[0].handle.clone()])
            .await
            .unwrap();
        store.close().await;
        assert_eq!(
            rows(folder.path()),
            damaged,
            "cut to {cut}: nothing unread is written over"
        );
    }
}

#[tokio::test]
async fn a_commit_of_many_messages_makes_several_bundles() {
    let folder = tempfile::tempdir().unwrap();
    let (store, here) = reopen(folder.path()).await;
    let sent = messages(0..2_049);
    send_all(folder.path(), &here, &sent).await;
    let counts = |rows: Vec<(i64, Vec<u8>)>| -> Vec<u16> {
        let count = |(_, row): &(i64, Vec<u8>)| u16::from_le_bytes([row[1], row[2]]);
        rows.iter().map(count).collect()
    };
    assert_eq!(counts(rows(folder.path())), [1_024, 1_024, 1]);
    drop((store, here));

    let (_store, here) = reopen(folder.path()).await;
    let received = here.intake.receive(3_000, NOW).await.unwrap();
    assert!(are_same(&received, &sent));
    let at_an_edge = |one: &EnvelopeId| [envelope(1_023), envelope(1_024)].contains(one);
    here.intake
        .acknowledge(&handles(&received, at_an_edge))
        .await
        .unwrap();
    let waiting = here.intake.waiting().await.unwrap().expect("a listing");
    assert_eq!(waiting.len(), 2_047);
    assert!(!waiting.iter().any(|waiting| at_an_edge(&waiting.envelope)));
    here.intake
        .acknowledge(&handles(&received, |_| true))
        .await
        .unwrap();
    assert!(rows(folder.path()).is_empty());
}

#[tokio::test]
async fn a_commit_that_fails_fails_for_all_and_none_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, here) = reopen(folder.path()).await;
    send_all(folder.path(), &here, &messages(0..1)).await;
    let before = rows(folder.path());
    // The second row of the commit is refused: the first must not stay.
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON bundles WHEN length(NEW.messages) < 1000
                  BEGIN SELECT RAISE(ABORT, 'broken'); END";
    tamper(folder.path(), FILE).execute_batch(broken).unwrap();
    let (answers, _) = send_together(folder.path(), &here, &messages(1..1_026)).await;
    assert_eq!(answers.len(), 1_025);
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(PortError::Unavailable(_))))
    );
    assert_eq!(rows(folder.path()), before);
    assert_eq!(here.intake.depth().await, primaries(1), "nor is one received");
    tamper(folder.path(), FILE)
        .execute_batch("DROP TRIGGER broken")
        .unwrap();
    send_all(folder.path(), &here, &messages(1..3)).await;
    let received = here.intake.receive(10, NOW).await.unwrap();
    assert!(are_same(&received, &messages(0..3)));
}

#[tokio::test]
async fn more_messages_than_may_wait_are_refused_as_overload_and_the_others_kept() {
    const MOST_WAITING: u64 = 16_384;
    let folder = tempfile::tempdir().unwrap();
    let (_store, here) = reopen(folder.path()).await;
    let sent = messages(0..MOST_WAITING + 1);
    let (answers, refused) = send_together(folder.path(), &here, &sent).await;
    assert_eq!(refused, Some(Err(PortError::Overloaded)));
    assert_eq!(answers.len() as u64, MOST_WAITING);
    assert!(answers.iter().all(Result::is_ok));
    let waiting = here.intake.waiting().await.unwrap().expect("a listing");
    let envelopes = waiting.iter().map(|waiting| waiting.envelope);
    assert!(envelopes.eq(sent[..sent.len() - 1].iter().map(|message| message.envelope)));
    // There is room again.
    send_all(folder.path(), &here, &sent[sent.len() - 1..]).await;
    assert_eq!(here.intake.depth().await, primaries(sent.len()));
}
