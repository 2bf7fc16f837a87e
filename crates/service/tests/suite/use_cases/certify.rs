//! Certification: refused while anything speaks against it, and then the election is closed as before.

use election_core::phase::Phase;
use election_core::tally::{self, Tally};
use election_service::operations::OperationError;
use election_service::ports::{BallotBox, Elections, RegionState, Submission};
use election_testkit::faults::{Point, When};
use election_testkit::fixtures::{self, dead_letter, message};
use time::OffsetDateTime;

use crate::support::Election;

async fn certify(election: &Election) -> Result<(), OperationError> {
    election.operations.certify(&|_, _| {}).await
}

/// Tries to certify, expects a refusal that says these words, and that the election is closed as before.
async fn refused(election: &Election, words: &[&str]) {
    match certify(election).await {
        Err(OperationError::Refused(text)) => {
            for word in words {
                assert!(text.contains(word), "{text:?} doesn't say {word:?}");
            }
        }
        other => panic!("{other:?} isn't a refusal for {words:?}"),
    }
    assert_eq!(election.phase().await, Phase::Closed);
    let record = election.memory.elections.load().await.unwrap().unwrap();
    assert!(record.certified.is_none());
}

/// Certifies a closed election that has settled.
async fn certified(election: &Election) {
    election.enter(Phase::Closed).await;
    assert_eq!(certify(election).await, Ok(()));
    assert_eq!(election.phase().await, Phase::Certified);
}

/// Six recorded and counted ballots; closed an hour ago.
async fn closed() -> Election {
    let election = Election::open().await;
    for voter in 0..6 {
        assert!(election.cast(0, voter, 0).await.is_ok());
    }
    election.work_off().await;
    election.enter(Phase::Closed).await;
    election
}

#[tokio::test(start_paused = true)]
async fn a_closed_and_settled_election_is_certified_once_and_for_all() {
    let election = closed().await;
    assert_eq!(certify(&election).await, Ok(()));
    let record = election.memory.elections.load().await.unwrap().unwrap();
    let counts = record
        .certified
        .clone()
        .expect("the counts are kept with the phase");
    let results = async || {
        let tallies = election.tallies(0).clone();
        election.results.read(tallies.as_ref()).await.unwrap()
    };
    let published = serde_json::to_value(results().await).unwrap();
    assert_eq!(
        (&published["status"], &published["seq"]),
        (&"certified".into(), &6.into())
    );

    assert_eq!(certify(&election).await, Ok(()), "again changes nothing");
    let again = election.memory.elections.load().await.unwrap().unwrap();
    assert!(again.certified == Some(counts) && again.phase == record.phase);
    let mut tampered = election.tally(0).await;
    tampered.values_mut().for_each(|item| item.counts.ballots += 1);
    election.overwrite_tally(0, &tampered).await;
    let after = serde_json::to_value(results().await).unwrap();
    assert_eq!(
        after, published,
        "the certified result is the recount, not a tally"
    );
}

#[tokio::test(start_paused = true)]
async fn an_election_that_is_not_closed_is_refused() {
    for phase in [Phase::PreElection, Phase::Open] {
        let election = Election::open().await;
        election.enter(phase).await;
        let answer = certify(&election).await;
        assert!(matches!(answer, Err(OperationError::Refused(text)) if text.contains("election close")));
        assert_eq!(election.phase().await, phase);
    }
}

#[tokio::test(start_paused = true)]
async fn just_after_the_close_it_is_too_early() {
    let election = closed().await;
    let elections = &election.memory.elections;
    // Phase cache 1 s, request 5 s, second copy 5 s, lease 5 s.
    for (seconds_ago, left) in [(0, "in 16 s"), (10, "in 6 s"), (15, "in 1 s")] {
        let since = OffsetDateTime::now_utc() - time::Duration::seconds(seconds_ago);
        elections
            .change_phase(Phase::Closed, Phase::Closed, since)
            .await
            .unwrap();
        refused(&election, &["may still be on their way", left]).await;
    }
    let since = OffsetDateTime::now_utc() - time::Duration::seconds(16);
    elections
        .change_phase(Phase::Closed, Phase::Closed, since)
        .await
        .unwrap();
    assert_eq!(certify(&election).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_queue_with_votes_is_refused_also_a_failed_regions_until_it_is_lost_or_worked_off() {
    let election = closed().await;
    election.send(2, message(7, 7, 0)).await;
    refused(&election, &["1 messages", "region-2", "election serve"]).await;
    election.declare(2, RegionState::Failed).await;
    refused(
        &election,
        &["1 messages", "region-2", "region restore", "region lose"],
    )
    .await;
    election.declare(2, RegionState::Lost).await;
    certified(&election).await;

    let election = closed().await;
    election.enter(Phase::Open).await;
    assert!(election.cast(0, 7, 0).await.is_ok());
    election.enter(Phase::Closed).await;
    election.declare(0, RegionState::Lost).await;
    refused(&election, &["1 messages", "region-1"]).await;
    election.work_off().await;
    certified(&election).await;
    assert!(election.recorded(7).await.is_some(), "the second copy counts");
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_refused_until_they_are_recorded() {
    let election = closed().await;
    let letter = dead_letter(
        message(7, 7, 0),
        election_service::ports::DeadLetterReason::ReceivesExhausted,
        1,
    );
    election.memory.ballots.set_aside(&letter).await.unwrap();
    refused(
        &election,
        &["1 dead letters", "dead-letters list", "dead-letters replay"],
    )
    .await;
    assert_eq!(election.operations.replay_dead_letters().await, Ok(1));
    election.work_off().await;
    certified(&election).await;
    assert!(election.recorded(7).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_ballot_that_no_enqueuer_made_is_refused() {
    let election = closed().await;
    let mut forged = fixtures::ballot(8, 0);
    forged.mac.0[0] ^= 1;
    let submission = Submission {
        envelope: fixtures::envelope(8),
        ballot: forged,
    };
    election.record_submission(submission).await;
    refused(&election, &["1 ballots of north", "forged or can't be read"]).await;
    // Nothing removes a ballot: it stays so.
    election.enter(Phase::Closed).await;
    refused(&election, &["forged"]).await;
}

#[tokio::test(start_paused = true)]
async fn more_ballots_than_voters_are_refused() {
    let election = Election::open().await;
    for voter in [11, 13] {
        election.record(voter, voter, 0).await;
    }
    // Five voters are registered in the south: 1, 3, 5, 7 and 9.
    for voter in [1, 3, 5] {
        election.record(voter, voter, 0).await;
    }
    election.enter(Phase::Closed).await;
    certified(&election).await;

    let election = Election::open().await;
    for voter in [1, 3, 5, 7, 11, 13] {
        election.record(voter, voter, 0).await;
    }
    election.enter(Phase::Closed).await;
    refused(&election, &["6 ballots are recorded in south", "5 voters"]).await;
    election.register(11..12).await;
    certified(&election).await;
}

#[tokio::test(start_paused = true)]
async fn a_tally_that_differs_is_refused_until_it_is_mended() {
    for region in 0..3 {
        let election = closed().await;
        let right = election.tally(region).await;
        let mut wrong = right.clone();
        let contest = election_core::identifiers::ContestId::parse("chair").unwrap();
        let item = wrong.values_mut().next().unwrap();
        item.counts.contests.get_mut(&contest).unwrap().blank += 1;
        election.overwrite_tally(region, &wrong).await;
        refused(
            &election,
            &[
                "the recount differs",
                &format!("region-{region}"),
                "chair: blank ballots",
            ],
        )
        .await;
        election.overwrite_tally(region, &right).await;
        certified(&election).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_tally_that_is_only_behind_is_caught_up() {
    let election = Election::open().await;
    for voter in 0..6 {
        election.record(voter, voter, 0).await;
    }
    election.enter(Phase::Closed).await;
    certified(&election).await;
    for region in 0..3 {
        let counts = tally::by_jurisdiction(&election.tally(region).await);
        assert_eq!(counts.values().map(|counts| counts.ballots).sum::<u64>(), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_leaves_the_election_closed_and_a_later_certification_succeeds() {
    for point in [
        Point::BallotsFeed,
        Point::RollRegistered,
        Point::BallotsBehind,
        Point::BallotsDeadLetters,
    ] {
        let election = closed().await;
        election.faults.clear();
        election.faults.fail_next(point, When::Before);
        assert!(
            matches!(certify(&election).await, Err(OperationError::Port(_))),
            "{point}"
        );
        assert_eq!(election.phase().await, Phase::Closed, "{point}");
        certified(&election).await;
    }
    for point in [Point::TalliesLoad, Point::IntakeDepth] {
        let election = closed().await;
        election.region_faults[1].fail_next(point, When::Before);
        assert!(
            matches!(certify(&election).await, Err(OperationError::Port(_))),
            "{point}"
        );
        assert_eq!(election.phase().await, Phase::Closed, "{point}");
        certified(&election).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_while_it_certified_is_refused_and_can_be_recorded_then() {
    let election = closed().await;
    election.enter(Phase::Certifying).await;
    election.send(0, message(7, 7, 0)).await;
    let batch = election.receive(0, 10).await;
    assert_eq!(election.process(0, &batch).await, [true]);
    election.memory.stores().intakes[0]
        .acknowledge(&[batch[0].handle.clone()])
        .await
        .unwrap();
    refused(
        &election,
        &["1 messages came while the recount ran", "dead-letters replay"],
    )
    .await;
    assert_eq!(election.operations.replay_dead_letters().await, Ok(1));
    election.work_off().await;
    certified(&election).await;
    assert!(election.recorded(7).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_certification_goes_on() {
    let election = closed().await;
    election.enter(Phase::Certifying).await;
    assert_eq!(certify(&election).await, Ok(()));
    assert_eq!(election.phase().await, Phase::Certified);

    for point in [Point::ElectionsChangePhase, Point::ElectionsCertify] {
        for when in When::ALL {
            let election = closed().await;
            election.faults.fail_next(point, when);
            assert!(matches!(certify(&election).await, Err(OperationError::Port(_))));
            assert_eq!(certify(&election).await, Ok(()), "{point} {when:?}");
            assert_eq!(election.phase().await, Phase::Certified);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_cannot_set_the_phase_back_is_refused_again_and_sets_it_back_then() {
    for when in When::ALL {
        let election = closed().await;
        election
            .overwrite_tally(0, &doubled(&election.tally(0).await))
            .await;
        // The first change is to certifying, the second back to closed.
        election.faults.fail_nth(Point::ElectionsChangePhase, 2, when);
        assert!(certify(&election).await.is_err());
        if when == When::After {
            assert_eq!(election.phase().await, Phase::Closed);
            election.enter(Phase::Closed).await;
        }
        refused(&election, &["the recount differs"]).await;
    }
}

fn doubled(tally: &Tally) -> Tally {
    let mut doubled = tally.clone();
    doubled.values_mut().for_each(|item| item.counts.ballots *= 2);
    doubled
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_batches_whose_phase_was_read_before() {
    let election = closed().await;
    let began = tokio::time::Instant::now();
    assert_eq!(certify(&election).await, Ok(()));
    assert!(began.elapsed() >= election.operations.settling.processor_timeout);
}
