//! Folding the feed: each ballot counts once, and a live result shows whole steps only.

use std::sync::Arc;

use async_trait::async_trait;
use election_core::phase::Phase;
use election_core::tally::{self, Counts, Sequence, Tally};
use election_service::ports::{BallotBox, PortResult, StoredTally, Submission, TallyStore, TallyUpdate};
use election_service::tally::TallyFolder;
use election_testkit::faults::{Point, When};
use election_testkit::{fixtures, memory::MemoryTallies};
use time::OffsetDateTime;

use crate::support::{Election, live_definition};

/// What a single pass over the whole feed gives.
async fn whole(election: &Election) -> Tally {
    let records = election
        .memory
        .ballots
        .feed(Sequence::START, usize::MAX)
        .await
        .unwrap();
    let mut whole = Tally::new();
    let shard = <dyn BallotBox>::SHARD;
    tally::fold(
        &mut whole,
        &election.definition,
        &election.mac_secret,
        shard,
        &records,
    );
    whole
}

async fn seq(election: &Election) -> u64 {
    let tally = election.tally(0).await;
    tally.values().map(|item| item.counts.ballots).sum()
}

async fn live(step: u32) -> Election {
    let election = Election::of(&live_definition(step)).await;
    election.enter(Phase::Open).await;
    election
}

#[tokio::test(start_paused = true)]
async fn a_crash_before_or_after_a_commit_counts_no_ballot_twice_and_none_not_at_all() {
    for when in When::ALL {
        let election = Election::open().await;
        for voter in 0..10 {
            election.record(voter, voter, 0).await;
            if voter % 3 == 0 {
                let before = seq(&election).await;
                election.region_faults[0].fail_next(Point::TalliesCommit, when);
                assert!(election.fold(0).await.is_err());
                let committed = if when == When::Before { before } else { voter + 1 };
                assert_eq!(seq(&election).await, committed, "{when:?}");
            }
        }
        election.fold(0).await.unwrap();
        assert!(election.tally(0).await == whole(&election).await);
        assert_eq!(seq(&election).await, 10);
    }
}

/// A tally that another folder advances while the first one counts.
struct Overtaken<'a> {
    tallies: Arc<MemoryTallies>,
    other: &'a TallyFolder,
}

#[async_trait]
impl TallyStore for Overtaken<'_> {
    async fn load(&self) -> PortResult<StoredTally> {
        self.tallies.load().await
    }

    async fn commit(&self, updates: Vec<TallyUpdate>, at: OffsetDateTime) -> PortResult<bool> {
        self.other.advance(self.tallies.as_ref()).await?;
        self.tallies.commit(updates, at).await
    }

    async fn replace(&self, expected: Option<&Tally>, tally: &Tally, at: OffsetDateTime) -> PortResult<bool> {
        self.tallies.replace(expected, tally, at).await
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_folders_that_count_the_same_records_one_commits() {
    let election = Election::open().await;
    let overtaken = Overtaken {
        tallies: election.tallies(0).clone(),
        other: &election.folder,
    };
    for voter in 0..10 {
        election.record(voter, voter, 0).await;
        assert_eq!(
            election.folder.advance(&overtaken).await,
            Ok(0),
            "the other was faster"
        );
        assert_eq!(seq(&election).await, voter + 1);
    }
    assert!(election.tally(0).await == whole(&election).await);
}

#[tokio::test(start_paused = true)]
async fn regions_that_fold_at_different_times_come_to_the_same_tally() {
    let election = Election::open().await;
    for voter in 0..9 {
        election.record(voter, voter, 0).await;
        election.fold(usize::try_from(voter % 3).unwrap()).await.unwrap();
    }
    for region in 0..3 {
        election.fold(region).await.unwrap();
        assert!(election.tally(region).await == whole(&election).await);
    }
}

/// How often the feed was read since the plan was cleared.
fn readings(election: &Election) -> usize {
    let calls = election.faults.calls().into_iter();
    calls.filter(|call| *call == Point::BallotsFeed).count()
}

#[tokio::test(start_paused = true)]
async fn regions_at_one_place_share_what_is_counted_and_one_behind_counts_its_own() {
    let election = Election::open().await;
    for voter in 0..4 {
        election.record(voter, voter, 0).await;
    }
    for region in [0, 1] {
        election.fold(region).await.unwrap();
    }
    assert_eq!(readings(&election), 1, "counted once for both");
    for voter in 4..9 {
        election.record(voter, voter, 0).await;
    }
    // The third is at the start: what the others count from the fourth ballot on isn't its next part.
    // One turn each: with another place's part a tally would never get to the end.
    for region in [0, 2, 1] {
        let tallies = election.tallies(region).as_ref();
        assert!(election.folder.advance(tallies).await.is_ok());
    }
    let whole = whole(&election).await;
    for region in 0..3 {
        assert!(election.tally(region).await == whole, "region {region}");
    }
    let recount = election.operations.recount(&|_, _| {}).await.unwrap();
    assert!(recount.regions.iter().all(|region| region.agrees == Some(true)));
}

/// A part of fewer ballots than there are by now is a good beginning, and the rest follows.
#[tokio::test(start_paused = true)]
async fn a_part_that_was_counted_earlier_is_only_the_beginning_of_a_later_folding() {
    let election = Election::open().await;
    election.record(0, 0, 0).await;
    election.fold(0).await.unwrap();
    for voter in 1..6 {
        election.record(voter, voter, 0).await;
    }
    election.faults.clear();
    assert_eq!(election.fold(1).await, Ok(6));
    assert_eq!(readings(&election), 1, "of the five others");
    assert_eq!(election.fold(0).await, Ok(5));
    assert_eq!(readings(&election), 1, "which the first region needs too");
    assert!(election.tally(0).await == whole(&election).await);
    assert!(election.tally(1).await == whole(&election).await);
}

#[tokio::test(start_paused = true)]
async fn a_part_whose_reading_failed_is_read_again() {
    for when in When::ALL {
        let election = Election::open().await;
        for voter in 0..3 {
            election.record(voter, voter, 0).await;
        }
        election.faults.fail_next(Point::BallotsFeed, when);
        assert!(election.fold(0).await.is_err(), "{when:?}");
        for region in 0..3 {
            assert_eq!(election.fold(region).await, Ok(3), "{when:?}");
            assert!(election.tally(region).await == whole(&election).await);
        }
    }
}

/// What a region may publish is its own step's, whatever another one counted from the same place.
#[tokio::test(start_paused = true)]
async fn regions_that_share_parts_publish_whole_steps_only() {
    let election = live(10).await;
    for voter in 0..25 {
        election.record(voter, voter, 0).await;
    }
    election.enter(Phase::Closed).await;
    assert_eq!(election.fold(0).await, Ok(25));
    // As no election does: what was counted after the close lies beyond the step that is due now.
    election.enter(Phase::Open).await;
    for region in [1, 2] {
        assert_eq!(election.fold(region).await, Ok(20));
        let ballots: u64 = election
            .tally(region)
            .await
            .values()
            .map(|item| item.counts.ballots)
            .sum();
        assert_eq!(ballots, 20);
    }
    election.enter(Phase::Closed).await;
    for region in [1, 2] {
        assert_eq!(election.fold(region).await, Ok(5));
        assert!(election.tally(region).await == whole(&election).await);
    }
}

/// Under load they don't take turns.
#[tokio::test(flavor = "multi_thread")]
async fn regions_that_fold_at_once_come_to_the_same_tally() {
    let election = Election::open().await;
    for round in 0..20 {
        for voter in round * 7..round * 7 + 7 {
            election.record(voter, voter, 0).await;
        }
        // The second region is behind every other time.
        let second = async {
            if round % 2 == 0 {
                election.fold(1).await.unwrap();
            }
        };
        let (first, (), third) = tokio::join!(election.fold(0), second, election.fold(2));
        assert_eq!((first, third), (Ok(7), Ok(7)));
    }
    election.fold(1).await.unwrap();
    for region in 0..3 {
        assert!(election.tally(region).await == whole(&election).await);
    }
}

#[tokio::test(start_paused = true)]
async fn while_open_only_whole_steps_are_published_and_after_the_close_everything() {
    for step in [1, 2, 7, 10] {
        let election = live(step).await;
        for voter in 0..25 {
            election.record(voter, voter, 0).await;
            election.fold(0).await.unwrap();
            let recorded = voter + 1;
            assert_eq!(
                seq(&election).await,
                recorded - recorded % u64::from(step),
                "step {step}"
            );
        }
        election.fold(1).await.unwrap();
        assert!(
            election.tally(1).await == election.tally(0).await,
            "at once or one by one"
        );
        election.enter(Phase::Closed).await;
        election.fold(0).await.unwrap();
        assert_eq!(seq(&election).await, 25);
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_of_more_ballots_than_a_batch_is_published_too() {
    let election = live(6_000).await;
    let ballot = election.ballot(0, 0);
    let submissions = |voters: std::ops::Range<u64>| -> Vec<Submission> {
        voters
            .map(|voter| {
                let (key, id) = (fixtures::ballot_key(voter), ballot.id);
                let (place, content) = (ballot.jurisdiction.clone(), ballot.content.clone());
                let format = ballot.format;
                let sealed = election_core::ballot::Ballot::seal(
                    &election.mac_secret,
                    key,
                    id,
                    place,
                    format,
                    content,
                );
                Submission {
                    envelope: fixtures::envelope(voter),
                    ballot: sealed,
                }
            })
            .collect()
    };
    election.memory.ballots.record(&submissions(0..5_999)).await;
    assert_eq!(election.fold(0).await, Ok(0));
    election.memory.ballots.record(&submissions(5_999..6_010)).await;
    assert_eq!(election.fold(0).await, Ok(6_000));
    assert_eq!(seq(&election).await, 6_000);
}

#[tokio::test(start_paused = true)]
async fn ballots_held_back_for_the_next_step_are_no_lag() {
    let election = live(10).await;
    let lag = async || {
        election
            .operations
            .lag(&election.tally(0).await)
            .await
            .unwrap()
            .expect("a lag")
    };
    let record = async |voters: std::ops::Range<u64>| {
        for voter in voters {
            election.record(voter, voter, 0).await;
        }
    };
    record(0..9).await;
    assert_eq!(lag().await, 0);
    record(9..25).await;
    assert_eq!(lag().await, 20, "two steps are due, five ballots are held back");
    election.fold(0).await.unwrap();
    assert_eq!(lag().await, 0);
    record(25..31).await;
    assert_eq!(lag().await, 10);
    election.enter(Phase::Closed).await;
    assert_eq!(lag().await, 11, "after the close nothing is held back");
    election.fold(0).await.unwrap();
    assert_eq!(lag().await, 0);
}

#[tokio::test(start_paused = true)]
async fn without_the_phase_nothing_is_folded_or_told() {
    let election = live(10).await;
    for voter in 0..10 {
        election.record(voter, voter, 0).await;
    }
    election.faults.fail_every(Point::ElectionsPhase, When::Before);
    assert!(election.fold(0).await.is_err());
    assert!(election.operations.lag(&Tally::new()).await.is_err());
    assert_eq!(seq(&election).await, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_forged_or_no_ballot_of_its_jurisdiction_counts_as_unreadable_only() {
    let election = Election::open().await;
    election.record(0, 0, 0).await;
    let mut forged = fixtures::ballot(2, 0);
    forged.mac.0[0] ^= 1;
    let eve_in_the_north = fixtures::ballot_with(4, 0, 1, br#"{"board":["eve"]}"#.to_vec().into());
    let other_format = fixtures::ballot_with(6, 0, 2, b"{}".to_vec().into());
    for (number, ballot) in [(2, forged), (4, eve_in_the_north), (6, other_format)] {
        let envelope = fixtures::envelope(number);
        election.record_submission(Submission { envelope, ballot }).await;
    }
    election.fold(0).await.unwrap();
    let counts = tally::by_jurisdiction(&election.tally(0).await);
    let north = &counts[&Some(fixtures::jurisdiction(0))];
    assert_eq!((north.ballots, north.unreadable, north.alterations), (1, 3, 0));
    let one = Counts {
        unreadable: 3,
        ..tally::by_jurisdiction(&one_ballot().await)[&Some(fixtures::jurisdiction(0))].clone()
    };
    assert_eq!(*north, one, "no candidate got a vote of theirs");
}

async fn one_ballot() -> Tally {
    let election = Election::open().await;
    election.record(0, 0, 0).await;
    election.fold(0).await.unwrap();
    election.tally(0).await
}
