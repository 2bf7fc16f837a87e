//! What is read to be published: only of a certified election, only authentic ballots, in no order of theirs.

use election_core::phase::Phase;
use election_core::published::{BallotLines, BallotList};
use election_service::operations::OperationError;
use election_service::ports::Elections;
use election_testkit::faults::{Point, When};
use election_testkit::fixtures;

use crate::support::Election;

/// Ten voters' ballots, certified. They were recorded in this order.
async fn certified(order: impl IntoIterator<Item = u64>) -> Election {
    let election = Election::open().await;
    for voter in order {
        election.record(voter, voter, 0).await;
    }
    for region in 0..3 {
        election.fold(region).await.unwrap();
    }
    election.enter(Phase::Closed).await;
    election.operations.certify(&|_, _| {}).await.unwrap();
    election
}

async fn list(election: &Election) -> Vec<u8> {
    let lines = election.operations.published_ballots(&|_, _| {}).await.unwrap();
    written(lines)
}

fn written(lines: BallotLines) -> Vec<u8> {
    let lines = lines.sorted().into_iter();
    lines
        .flat_map(|(line, times)| line.repeat(usize::try_from(times).unwrap()))
        .collect()
}

async fn receipts(election: &Election) -> Vec<String> {
    let receipts = election.operations.published_receipts(&|_, _| {}).await.unwrap();
    receipts.iter().map(|receipt| receipt.printed()).collect()
}

fn is_refused<T>(answer: Result<T, OperationError>, word: &str) {
    match answer {
        Err(OperationError::Refused(text)) => assert!(text.contains(word), "{text}"),
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("not refused"),
    }
}

#[tokio::test(start_paused = true)]
async fn before_certification_the_record_is_refused() {
    let election = Election::open().await;
    is_refused(election.operations.certified_record().await, "election certify");
    for phase in [Phase::Closed, Phase::Certifying] {
        election.enter(phase).await;
        is_refused(election.operations.certified_record().await, "election certify");
    }
}

#[tokio::test(start_paused = true)]
async fn the_lines_of_the_ballots_give_the_certified_counts() {
    let election = certified(0..10).await;
    let record = election.operations.certified_record().await.unwrap();
    assert_eq!(record.ballots(), 10);
    assert_eq!(record.definition, fixtures::DEFINITION.as_bytes());
    assert_eq!(record.registered.values().sum::<u64>(), 10);
    let mut counting = BallotList::new(&election.definition);
    counting.update(&list(&election).await);
    let found = counting.finish();
    assert!(found.problems.is_empty());
    assert_eq!(found.counts, record.counts);
}

#[tokio::test(start_paused = true)]
async fn what_is_published_has_no_trace_of_the_order_of_voting_nor_of_the_keys() {
    let (one, other) = (certified(0..10).await, certified((0..10).rev()).await);
    let before = (list(&one).await, receipts(&one).await);
    assert!(before.1.is_sorted() && before.1.len() == 10);
    assert_eq!(before, (list(&other).await, receipts(&other).await));
    one.operations.destroy_keys().await.unwrap();
    assert_eq!(before, (list(&one).await, receipts(&one).await));
}

#[tokio::test(start_paused = true)]
async fn a_forged_ballot_keeps_all_from_being_published() {
    let election = Election::open().await;
    election.record(0, 0, 0).await;
    let mut ballot = fixtures::ballot(9, 0);
    ballot.mac.0[0] ^= 1;
    election.memory.ballots.smuggle(ballot);
    is_refused(
        election.operations.published_ballots(&|_, _| {}).await,
        "isn't what was certified",
    );
    is_refused(
        election.operations.published_receipts(&|_, _| {}).await,
        "isn't what was certified",
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_an_error() {
    let election = certified(0..3).await;
    election.faults.fail_next(Point::BallotsFeed, When::Before);
    let read = election.operations.published_ballots(&|_, _| {}).await;
    assert!(matches!(read, Err(OperationError::Port(_))));
    election.faults.fail_next(Point::ElectionsLoad, When::Before);
    assert!(matches!(
        election.operations.certified_record().await,
        Err(OperationError::Port(_))
    ));
    assert!(
        election
            .memory
            .elections
            .load()
            .await
            .unwrap()
            .unwrap()
            .certified
            .is_some()
    );
}
