//! Rebuilding a region's tally: whatever was wrong with it, it is the box's afterwards.

use std::sync::Arc;

use async_trait::async_trait;
use election_core::phase::Phase;
use election_core::tally::{Sequence, Tally};
use election_service::operations::OperationError;
use election_service::operations::rebuild::Rebuilt;
use election_service::ports::{PortError, PortResult, RegionState, StoredTally, TallyStore, TallyUpdate};
use election_service::regions::{Region, RegionStores, Regions};
use election_testkit::faults::{Point, When};
use election_testkit::memory::MemoryTallies;
use time::OffsetDateTime;

use crate::support::Election;

async fn closed(ballots: u64) -> Election {
    let election = Election::open().await;
    for voter in 0..ballots {
        election.record(voter, voter, 0).await;
    }
    for region in 0..3 {
        election.fold(region).await.unwrap();
    }
    election.enter(Phase::Closed).await;
    election
}

async fn rebuild(election: &Election, region: usize) -> Result<Rebuilt, OperationError> {
    let name = format!("region-{region}");
    election.operations.rebuild_tally(&name, &|_, _| {}).await
}

async fn is_refused(election: &Election, region: usize, word: &str) {
    match rebuild(election, region).await {
        Err(OperationError::Refused(text)) => assert!(text.contains(word), "{text}"),
        other => panic!("{other:?}"),
    }
}

async fn agrees(election: &Election) -> bool {
    let recount = election.operations.recount(&|_, _| {}).await.unwrap();
    recount.differences().next().is_none()
}

#[tokio::test(start_paused = true)]
async fn before_the_close_and_of_regions_that_are_lost_or_unknown_it_is_refused() {
    let election = Election::open().await;
    is_refused(&election, 0, "election close").await;
    is_refused(&election, 9, "there are region-0, region-1, region-2").await;
    election.enter(Phase::Closed).await;
    election.declare(1, RegionState::Lost).await;
    is_refused(&election, 1, "is lost").await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_tally_becomes_the_boxs_and_what_was_wrong_is_told() {
    let election = closed(6).await;
    let mut wrong = election.tally(1).await;
    wrong.values_mut().next().unwrap().counts.ballots += 3;
    election.overwrite_tally(1, &wrong).await;
    election.declare(1, RegionState::Failed).await;
    assert!(!agrees(&election).await);
    let rebuilt = rebuild(&election, 1).await.unwrap();
    assert_eq!((rebuilt.records, rebuilt.records_before), (6, Some(9)));
    assert_eq!(rebuilt.differences.len(), 1);
    assert!(rebuilt.differences[0].contains("in the tally"), "{rebuilt:?}");
    assert!(agrees(&election).await);
    assert_eq!(election.tally(1).await, election.tally(0).await);
    let again = rebuild(&election, 1).await.unwrap();
    assert_eq!((again.records_before, again.differences.len()), (Some(6), 0));
}

#[tokio::test(start_paused = true)]
async fn a_tally_that_is_ahead_of_the_box_behind_it_or_empty_is_rebuilt_and_then_certified() {
    let election = closed(6).await;
    let mut ahead = election.tally(0).await;
    ahead.values_mut().next().unwrap().last_sequence = Sequence::from(99);
    election.overwrite_tally(0, &ahead).await;
    let some = election.tally(1).await;
    let only = Tally::from_iter(some.clone().into_iter().take(1));
    assert!(
        election
            .tallies(1)
            .replace(Some(&some), &only, OffsetDateTime::UNIX_EPOCH)
            .await
            .unwrap()
    );
    let some = election.tally(2).await;
    let none = Tally::new();
    assert!(
        election
            .tallies(2)
            .replace(Some(&some), &none, OffsetDateTime::UNIX_EPOCH)
            .await
            .unwrap()
    );
    for region in 0..3 {
        rebuild(&election, region).await.unwrap();
    }
    assert!(agrees(&election).await);
    assert_eq!(election.operations.certify(&|_, _| {}).await, Ok(()));
    // A certified election's tallies may be rebuilt, too.
    rebuild(&election, 0).await.unwrap();
    assert!(agrees(&election).await);
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_leaves_the_old_tally_or_the_new_one() {
    for when in When::ALL {
        let election = closed(6).await;
        let mut wrong = election.tally(0).await;
        wrong.values_mut().next().unwrap().counts.ballots += 3;
        election.overwrite_tally(0, &wrong).await;
        election.region_faults[0].fail_next(Point::TalliesReplace, when);
        assert!(matches!(
            rebuild(&election, 0).await,
            Err(OperationError::Port(_))
        ));
        assert_eq!(agrees(&election).await, when == When::After);
        rebuild(&election, 0).await.unwrap();
        assert!(agrees(&election).await);
    }
}

#[tokio::test(start_paused = true)]
async fn folders_that_run_meanwhile_and_ballots_that_come_meanwhile_are_counted_once() {
    let election = Arc::new(closed(5).await);
    for round in 0..4 {
        let (one, other) = (election.clone(), election.clone());
        let mut wrong = election.tally(0).await;
        wrong.values_mut().for_each(|item| item.counts.ballots += 7);
        election.overwrite_tally(0, &wrong).await;
        let rebuilding = tokio::spawn(async move { rebuild(&one, 0).await });
        let recording = tokio::spawn(async move {
            for voter in 0..5 {
                let number = 100 * (round + 1) + voter;
                other.record(number, number, 0).await;
                tokio::task::yield_now().await;
            }
        });
        election
            .run_until(async || rebuilding.is_finished() && recording.is_finished())
            .await;
        rebuilding.await.unwrap().unwrap();
        recording.await.unwrap();
        election.fold(0).await.unwrap();
        assert_eq!(
            election
                .tally(0)
                .await
                .values()
                .map(|item| item.counts.ballots)
                .sum::<u64>(),
            5 * (round + 2)
        );
    }
    for region in 1..3 {
        election.fold(region).await.unwrap();
    }
    assert!(agrees(&election).await);
}

/// A tally that something else writes, or that can't be read at first.
struct Odd {
    tallies: Arc<MemoryTallies>,
    is_unreadable: bool,
}

#[async_trait]
impl TallyStore for Odd {
    async fn load(&self) -> PortResult<StoredTally> {
        if self.is_unreadable {
            return Err(PortError::Corrupt("unreadable".to_owned()));
        }
        let stored = self.tallies.load().await?;
        let update = stored.tally.iter().next().map(|(key, item)| {
            let mut advanced = item.clone();
            advanced.last_sequence = 77.into();
            TallyUpdate {
                key: key.clone(),
                expected: item.last_sequence,
                item: advanced,
            }
        });
        self.tallies
            .commit(update.into_iter().collect(), OffsetDateTime::UNIX_EPOCH)
            .await?;
        Ok(stored)
    }

    async fn commit(&self, updates: Vec<TallyUpdate>, at: OffsetDateTime) -> PortResult<bool> {
        self.tallies.commit(updates, at).await
    }

    async fn replace(&self, expected: Option<&Tally>, tally: &Tally, at: OffsetDateTime) -> PortResult<bool> {
        assert_eq!(expected.is_none(), self.is_unreadable);
        let stored = self.tallies.load().await?.tally;
        self.tallies.replace(expected.or(Some(&stored)), tally, at).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_tally_written_by_another_process_meanwhile_is_refused_and_an_unreadable_one_replaced() {
    let mut election = closed(4).await;
    let wrong = election.tally(0).await;
    for is_unreadable in [false, true] {
        let tallies = Arc::new(Odd {
            tallies: election.tallies(0).clone(),
            is_unreadable,
        });
        let intake = election.intake(0).clone();
        let name = election.memory.regions[0].name.clone();
        let region = Region::new(name, RegionState::Active, Some(RegionStores { intake, tallies }));
        let operations = Arc::get_mut(&mut election.operations).expect("the only user");
        operations.regions = Regions::new([Arc::new(region)]);
        if is_unreadable {
            let rebuilt = rebuild(&election, 0).await.unwrap();
            assert_eq!(rebuilt.records_before, None);
            assert_eq!(election.tally(0).await, wrong);
        } else {
            is_refused(&election, 0, "election tally rebuild region-0").await;
        }
    }
}
