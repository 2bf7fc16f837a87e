//! The recount: from the ballots alone, and compared with each region's tally where that is.

use std::collections::{BTreeMap, HashMap};

use election_core::content::Choice;
use election_core::identifiers::{CandidateId, ContestId};
use election_core::phase::Phase;
use election_core::tally::Sequence;
use election_service::operations::recount::Recount;
use election_service::ports::{RegionState, Submission};
use election_testkit::faults::{Point, When};
use election_testkit::{Random, fixtures};

use crate::support::Election;

async fn recount(election: &Election) -> Recount {
    election.operations.recount(&|_, _| {}).await.unwrap()
}

async fn with_ballots(ballots: u64) -> Election {
    let election = Election::open().await;
    for voter in 0..ballots {
        election.record(voter, voter, 0).await;
    }
    for region in 0..3 {
        election.fold(region).await.unwrap();
    }
    election
}

/// Votes by contest and candidate, counted from what the voters chose and nothing else.
fn naive(votes: &HashMap<u64, u64>) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for (voter, variant) in votes {
        for (contest, choices) in fixtures::selections(*voter, *variant).0 {
            for choice in choices {
                let name = match choice {
                    Choice::Candidate(id) => id,
                    Choice::WriteIn(_) => "(write-in)".to_owned(),
                };
                *counts.entry((contest.clone(), name)).or_default() += 1;
            }
        }
    }
    counts
}

fn counted(recount: &Recount) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for counts_there in recount.counts.values() {
        for (contest, there) in &counts_there.contests {
            let write_ins = ("(write-in)".to_owned(), there.write_ins);
            let candidates = there.votes.iter().map(|(id, votes)| (id.to_string(), *votes));
            for (name, votes) in candidates.chain([write_ins]).filter(|(_, votes)| *votes > 0) {
                *counts.entry((contest.to_string(), name)).or_default() += votes;
            }
        }
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn any_ballots_recount_to_every_tally_wherever_that_is_and_to_what_voters_chose() {
    for seed in 0..40 {
        let mut random = Random::seeded(seed);
        let election = Election::open().await;
        let mut first = HashMap::new();
        for envelope in 0..random.below(60) as u64 {
            let (voter, variant) = (random.below(30) as u64, random.below(3) as u64);
            first.entry(voter).or_insert(variant);
            election.record(envelope, voter, variant).await;
            if random.one_in(4) {
                election.fold(random.below(3)).await.unwrap();
            }
        }
        let recount = recount(&election).await;
        assert_eq!(recount.differences().next(), None, "seed {seed}");
        assert!(recount.regions.iter().all(|region| region.agrees == Some(true)));
        assert_eq!(
            recount.counts.values().map(|counts| counts.ballots).sum::<u64>(),
            first.len() as u64
        );
        assert_eq!(counted(&recount), naive(&first), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_difference_of_a_tampered_tally_is_named() {
    let election = with_ballots(6).await;
    let chair = ContestId::parse("chair").unwrap();
    let mut tally = election.tally(1).await;
    let item = tally.values_mut().next().unwrap();
    item.counts.ballots += 1;
    item.counts.alterations += 1;
    let counts = item.counts.contests.get_mut(&chair).unwrap();
    counts.undervotes += 2;
    *counts
        .votes
        .entry(CandidateId::parse("ada").unwrap())
        .or_default() += 5;
    *counts
        .votes
        .entry(CandidateId::parse("mallory").unwrap())
        .or_default() += 1;
    election.overwrite_tally(1, &tally).await;

    let recount = recount(&election).await;
    let agreement: Vec<_> = recount.regions.iter().map(|region| region.agrees).collect();
    assert_eq!(agreement, [Some(true), Some(false), Some(true)]);
    insta::assert_json_snapshot!(recount.differences().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_lost_region_is_named_and_skipped_and_a_failed_one_compared() {
    let election = with_ballots(4).await;
    let mut tally = election.tally(0).await;
    tally.values_mut().next().unwrap().counts.ballots += 1;
    election.overwrite_tally(0, &tally).await;
    election.declare(0, RegionState::Failed).await;
    election.declare(2, RegionState::Lost).await;
    let recount = recount(&election).await;
    assert_eq!(recount.regions[0].agrees, Some(false));
    assert_eq!(recount.regions[0].state, RegionState::Failed);
    insta::assert_json_snapshot!(recount.regions);
}

#[tokio::test(start_paused = true)]
async fn a_tally_that_is_ahead_of_the_ballot_box_differs() {
    let election = with_ballots(4).await;
    let mut tally = election.tally(2).await;
    tally.values_mut().next().unwrap().last_sequence = Sequence::from(99);
    election.overwrite_tally(2, &tally).await;
    let recount = recount(&election).await;
    let differences: Vec<String> = recount.differences().collect();
    assert_eq!(differences.len(), 1);
    assert!(
        differences[0].contains("region-2") && differences[0].contains("record 99"),
        "{differences:?}"
    );
    assert_eq!(
        recount.counts.values().map(|counts| counts.ballots).sum::<u64>(),
        4
    );
}

#[tokio::test(start_paused = true)]
async fn ballots_that_cannot_be_counted_speak_against_the_result() {
    let election = with_ballots(2).await;
    let mut forged = fixtures::ballot(3, 0);
    forged.mac.0[0] ^= 1;
    let envelope = fixtures::envelope(3);
    election
        .record_submission(Submission {
            envelope,
            ballot: forged,
        })
        .await;
    let recount = recount(&election).await;
    assert_eq!(
        recount.problems,
        ["1 ballots of south are forged or can't be read"]
    );
    assert!(
        recount.regions.iter().all(|region| region.agrees == Some(true)),
        "at their checkpoints"
    );
}

#[tokio::test(start_paused = true)]
async fn it_may_run_at_any_time_and_writes_nothing() {
    let election = with_ballots(5).await;
    for phase in Phase::ALL {
        election.enter(phase).await;
        election.faults.clear();
        election
            .region_faults
            .iter()
            .for_each(election_testkit::faults::Faults::clear);
        let progress = std::sync::Mutex::new(Vec::new());
        let counted = election
            .operations
            .recount(&|done, total| progress.lock().unwrap().push((done, total)))
            .await;
        assert!(counted.is_ok());
        assert_eq!(progress.lock().unwrap().last(), Some(&(5, Some(5))));
        let writes = election.region_faults.iter().chain([&election.faults]);
        assert!(
            writes
                .flat_map(election_testkit::faults::Faults::writes)
                .next()
                .is_none()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_an_error_not_a_difference() {
    let election = with_ballots(2).await;
    election.faults.fail_next(Point::BallotsFeed, When::Before);
    assert!(election.operations.recount(&|_, _| {}).await.is_err());
    election.region_faults[1].fail_next(Point::TalliesLoad, When::Before);
    assert!(election.operations.recount(&|_, _| {}).await.is_err());
}
