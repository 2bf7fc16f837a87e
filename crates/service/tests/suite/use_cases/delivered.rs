//! Where a stream tells the tallies, and queues tell about what they hold: the AWS edition's way.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use election_core::phase::Phase;
use election_core::tally::{FeedEvent, FeedRecord, Tally};
use election_service::operations::OperationError;
use election_service::ports::{BallotBox, TallyStore};
use election_testkit::fixtures::message;

use crate::support::Election;
use crate::support::delivered::Delivered;

const NO_PROGRESS: &(dyn Fn(u64, Option<u64>) + Send + Sync) = &|_, _| {};

fn recorded(election: &Election, sequence: u64, voter: u64) -> FeedRecord {
    let ballot = election.ballot(voter, 0);
    FeedRecord {
        sequence: sequence.into(),
        jurisdiction: Some(ballot.jurisdiction.clone()),
        event: FeedEvent::Inserted(Box::new(ballot)),
    }
}

/// Delivers the records of a shard from a place to another.
async fn deliver(election: &Election, shard: &str, voters: std::ops::Range<u64>) -> u64 {
    let records = voters.map(|voter| recorded(election, voter + 1, voter)).collect();
    let store = election.tallies(0).clone();
    let folded = election
        .folder
        .fold_delivered(store.as_ref(), shard, records)
        .await;
    folded.unwrap()
}

fn ballots(tally: &Tally) -> u64 {
    tally.values().map(|item| item.counts.ballots).sum()
}

#[tokio::test]
async fn what_is_delivered_again_in_other_batches_counts_once() {
    let election = Election::open().await;
    assert_eq!(deliver(&election, "shard-1", 0..4).await, 4);
    assert_eq!(deliver(&election, "shard-1", 2..7).await, 3);
    assert_eq!(deliver(&election, "shard-1", 0..7).await, 0);
    assert_eq!(deliver(&election, "shard-1", 0..0).await, 0);
    assert_eq!(
        deliver(&election, "shard-2", 0..2).await,
        2,
        "another shard, its own places"
    );
    assert_eq!(ballots(&election.tally(0).await), 9);
}

#[tokio::test]
async fn several_readers_of_one_shard_count_each_record_once() {
    let election = Election::open().await;
    for end in 1..=10 {
        let (one, other, third) = tokio::join!(
            deliver(&election, "shard-1", 0..end),
            deliver(&election, "shard-1", 0..end),
            deliver(&election, "shard-1", end - 1..end),
        );
        assert_eq!(one + other + third, 1);
    }
    assert_eq!(ballots(&election.tally(0).await), 10);
}

#[tokio::test]
async fn a_rebuilt_tally_is_the_box_and_the_stream_adds_nothing_to_it() {
    let election = Election::open().await;
    for voter in 0..5 {
        election.record(voter, voter, 0).await;
    }
    // The stream told of three of them, and of one twice, as if by a mistake.
    deliver(&election, "shard-1", 0..3).await;
    deliver(&election, "shard-2", 0..1).await;
    election.enter(Phase::Closed).await;
    let delivered = Delivered::of(&election, Duration::ZERO);
    let rebuilt = delivered
        .operations
        .rebuild_tally("region-0", NO_PROGRESS)
        .await
        .unwrap();
    assert_eq!((rebuilt.records, rebuilt.records_before), (5, Some(4)));
    assert_eq!(ballots(&election.tally(0).await), 5);
    assert_eq!(deliver(&election, "shard-1", 0..5).await, 0);
    assert_eq!(deliver(&election, "shard-3", 0..5).await, 0);
    assert_eq!(ballots(&election.tally(0).await), 5);
}

#[tokio::test]
async fn a_recount_compares_every_tally_with_the_whole_box() {
    let election = Election::open().await;
    for voter in 0..5 {
        election.record(voter, voter, 0).await;
    }
    let store = |number: usize| election.tallies(number).clone();
    let records: Vec<_> = (0..5)
        .map(|voter| recorded(&election, voter + 1, voter))
        .collect();
    for (number, upto) in [(0, 5), (1, 4), (2, 5)] {
        let records = records[..upto].to_vec();
        let folded = election
            .folder
            .fold_delivered(store(number).as_ref(), "a", records)
            .await;
        assert_eq!(folded, Ok(upto as u64));
    }
    let delivered = Delivered::of(&election, Duration::ZERO);
    let recount = delivered.operations.recount(NO_PROGRESS).await.unwrap();
    let agrees: Vec<_> = recount.regions.iter().map(|region| region.agrees).collect();
    assert_eq!(agrees, [Some(true), Some(false), Some(true)]);
    assert!(recount.regions.iter().all(|region| region.checkpoint.is_none()));
    assert_eq!(
        recount.differences().count(),
        recount.regions[1].differences.len()
    );
    assert!(
        recount
            .differences()
            .all(|text| text.starts_with("region region-1: "))
    );
}

#[tokio::test]
async fn a_status_of_queues_that_cannot_be_listed_says_that_it_is_approximate() {
    let election = Election::open().await;
    let delivered = Delivered::of(&election, Duration::ZERO);
    election.send(0, message(1, 1, 0)).await;
    deliver(&election, "a", 0..3).await;
    election.memory.ballots.add_repeat().await.unwrap();
    delivered.queues[2].gave_up.store(true, Ordering::SeqCst);
    let status = delivered.operations.status().await.unwrap();
    assert!(status.approximate);
    assert_eq!(
        (
            status.queued,
            status.recorded,
            status.repeats,
            status.dead_letters
        ),
        (1, 3, 1, 1)
    );
    assert_eq!(status.accepted, 6);
    assert!(status.regions.iter().all(|region| region.tally_lag.is_none()));
    assert!(!election.status().await.approximate);
}

#[tokio::test]
async fn what_a_queue_gave_up_is_a_dead_letter_until_it_is_put_back() {
    let election = Election::open().await;
    let delivered = Delivered::of(&election, Duration::ZERO);
    delivered.queues[1].gave_up.store(true, Ordering::SeqCst);
    assert_eq!(delivered.operations.dead_letters().await.unwrap().len(), 1);
    assert_eq!(delivered.operations.replay_dead_letters().await, Ok(1));
    assert!(delivered.operations.dead_letters().await.unwrap().is_empty());
    assert_eq!(election.depths().await[1].primaries, 1);
}

/// Closed an hour ago, with six ballots that all tallies counted.
async fn closed() -> Election {
    let election = Election::open().await;
    for voter in 0..6 {
        election.record(voter, voter, 0).await;
    }
    for region in 0..3 {
        election.fold(region).await.unwrap();
    }
    election.enter(Phase::Closed).await;
    election
}

#[tokio::test(start_paused = true)]
async fn certification_waits_until_queues_were_empty_for_long_enough() {
    let election = closed().await;
    let quiet = Duration::from_secs(300);
    let delivered = Delivered::of(&election, quiet);
    let began = tokio::time::Instant::now();
    let seen = Mutex::new(Vec::new());
    let progress = |done, total| seen.lock().unwrap().push((done, total));
    assert_eq!(delivered.operations.certify(&progress).await, Ok(()));
    assert!(began.elapsed() >= quiet);
    let seen = seen.into_inner().unwrap();
    let waiting: Vec<_> = seen.iter().filter(|(_, total)| *total == Some(300)).collect();
    assert!(waiting.len() > 20 && waiting.is_sorted(), "its progress is told");
    assert_eq!(election.phase().await, Phase::Certified);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_shows_itself_late_keeps_the_election_from_being_certified() {
    let election = closed().await;
    let delivered = Delivered::of(&election, Duration::from_secs(300));
    election.send(1, message(9, 9, 0)).await;
    delivered.queues[1].says_empty.store(true, Ordering::SeqCst);
    let queue = delivered.queues[1].clone();
    let showing = async {
        tokio::time::sleep(Duration::from_secs(200)).await;
        queue.says_empty.store(false, Ordering::SeqCst);
    };
    let (certified, ()) = tokio::join!(delivered.operations.certify(NO_PROGRESS), showing);
    match certified {
        Err(OperationError::Refused(text)) => assert!(text.contains("queued in region region-1"), "{text}"),
        other => panic!("{other:?} isn't a refusal"),
    }
    assert_eq!(election.phase().await, Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn results_of_such_stores_are_complete_once_certification_began() {
    let election = closed().await;
    let delivered = Delivered::of(&election, Duration::ZERO);
    let reader = election_service::results::ResultsReader {
        definition: election.definition.clone(),
        elections: election.memory.elections.clone(),
        phase: election.operations.phase.clone(),
        ballots: delivered.operations.ballots.clone(),
        regions: delivered.operations.regions.clone(),
    };
    let read = async || {
        let tallies = election.tallies(0).clone();
        let results = reader.read(tallies.as_ref() as &dyn TallyStore).await.unwrap();
        (results.status, results.tally_lag)
    };
    use election_core::results::ResultsStatus::{UnofficialComplete, UnofficialPartial};
    assert_eq!(read().await, (UnofficialPartial, None));
    election.enter(Phase::Certifying).await;
    assert_eq!(read().await, (UnofficialComplete, None));
}
