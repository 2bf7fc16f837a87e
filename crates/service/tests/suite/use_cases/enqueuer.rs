//! Accepting votes: a 202 is durable in two regions, whatever fails.

use std::collections::BTreeMap;

use election_core::envelope::EnvelopeId;
use election_service::enqueuer::CastError;
use election_service::ports::{CopyRole, Intake, RegionState};
use election_testkit::faults::{Point, When};
use election_testkit::fixtures;

use crate::support::{Election, SECOND_COPY_DELAY, vote};

/// For each envelope the regions whose queues hold it.
async fn holders(election: &Election) -> BTreeMap<EnvelopeId, Vec<usize>> {
    let mut holders = BTreeMap::<EnvelopeId, Vec<usize>>::new();
    for (number, region) in election.memory.regions.iter().enumerate() {
        for waiting in region.intake.waiting().await.unwrap().expect("a listing") {
            assert!(waiting.ballot_key == fixtures::ballot_key(0));
            holders.entry(waiting.envelope).or_default().push(number);
        }
    }
    holders
}

/// Every combination of a send that works, fails before it persisted or after, in each of three regions.
#[tokio::test(start_paused = true)]
async fn an_accepted_vote_is_in_two_regions_whichever_sends_fail() {
    let possible = [None, Some(When::Before), Some(When::After)];
    for own in 0..3 {
        for number in 0..27 {
            let plan = [number % 3, number / 3 % 3, number / 9].map(|index| possible[index]);
            let election = Election::open().await;
            for (faults, when) in election.region_faults.iter().zip(plan) {
                if let Some(when) = when {
                    faults.fail_every(Point::IntakeSend, when);
                }
            }
            let answer = election.cast(own, 0, 0).await;
            let held = holders(&election).await;
            let in_two = held.values().any(|regions| regions.len() >= 2);
            assert!(
                answer.is_err() || in_two,
                "accepted by region {own} under {plan:?}"
            );
            let working = plan.iter().filter(|fault| fault.is_none()).count();
            assert_eq!(answer.is_ok(), working >= 2, "region {own} under {plan:?}");
            assert!(
                held.values().flatten().count() <= 3,
                "no region gets the same envelope twice"
            );

            election
                .region_faults
                .iter()
                .for_each(election_testkit::faults::Faults::clear);
            let retried = election.cast(own, 0, 0).await.expect("the retry is accepted");
            let first = answer.ok().map(|accepted| accepted.receipt);
            assert!(first.is_none_or(|receipt| receipt == retried.receipt));
            election.work_off().await;
            let status = election.status().await;
            let envelopes = held.len() as u64 + 1;
            assert_eq!(
                (status.recorded, status.repeats, status.conflicts),
                (1, envelopes - 1, 0)
            );
            assert_eq!(status.accepted, envelopes);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_that_fails_once_is_made_up_for_by_the_third_region() {
    for own in 0..3 {
        for failing in 0..3 {
            for when in When::ALL {
                let election = Election::open().await;
                election.region_faults[failing].fail_next(Point::IntakeSend, when);
                assert!(
                    election.cast(own, 0, 0).await.is_ok(),
                    "region {own} while {failing} fails"
                );
                election.declare(failing, RegionState::Lost).await;
                election.work_off().await;
                assert!(
                    election.recorded(0).await.is_some(),
                    "it survives the region that failed"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_accepted_vote_survives_the_loss_of_any_one_region() {
    for own in 0..3 {
        for lost in 0..3 {
            let election = Election::open().await;
            assert!(election.cast(own, 0, 0).await.is_ok());
            election.declare(lost, RegionState::Lost).await;
            election.work_off().await;
            assert!(election.recorded(0).await.is_some(), "cast in {own}, lost {lost}");
            assert_eq!(election.status().await.accepted, 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn second_copies_spread_over_the_peers_and_wait() {
    for own in 0..3 {
        let election = Election::open().await;
        assert!(election.cast(own, 0, 0).await.is_ok());
        let peer = (own + 1) % 3;
        let first = election.receive(own, 10).await;
        assert!(first.len() == 1 && first[0].role == CopyRole::Primary);
        assert!(election.receive(peer, 10).await.is_empty());
        tokio::time::advance(SECOND_COPY_DELAY).await;
        let second = election.receive(peer, 10).await;
        assert!(second.len() == 1 && second[0].role == CopyRole::Second);
        assert!(
            second[0].message == first[0].message,
            "both copies are one envelope"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_peer_gets_no_second_copy() {
    let election = Election::open().await;
    election.declare(1, RegionState::Failed).await;
    assert!(election.cast(0, 0, 0).await.is_ok());
    assert_eq!(
        holders(&election).await.into_values().collect::<Vec<_>>(),
        [[0, 2]]
    );
}

#[tokio::test(start_paused = true)]
async fn with_one_active_region_nothing_is_sent_at_all() {
    for state in [RegionState::Failed, RegionState::Lost] {
        let election = Election::open().await;
        election.declare(1, state).await;
        election.declare(2, state).await;
        assert!(matches!(
            election.cast(0, 0, 0).await,
            Err(CastError::Unavailable(_))
        ));
        for faults in &election.region_faults {
            assert!(!faults.calls().contains(&Point::IntakeSend));
        }
        assert_eq!(election.status().await.accepted, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_ballot_box_lets_a_conflicting_vote_through_to_the_conflict_log() {
    let election = Election::open().await;
    election.record(1, 0, 0).await;
    assert_eq!(election.cast(0, 0, 1).await.err(), Some(CastError::AlreadyVoted));
    election.faults.fail_every(Point::BallotsFind, When::Before);
    assert!(election.cast(0, 0, 1).await.is_ok());
    election.faults.clear();
    election.work_off().await;
    let status = election.status().await;
    assert_eq!((status.recorded, status.conflicts, status.accepted), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_phase_accepts_nothing_once_the_cached_one_is_old() {
    let election = Election::open().await;
    assert!(election.cast(0, 0, 0).await.is_ok());
    election.faults.fail_every(Point::ElectionsPhase, When::Before);
    assert!(
        election.cast(0, 1, 0).await.is_ok(),
        "the cached phase is good for a second"
    );
    tokio::time::advance(election_service::phase_cache::PHASE_CACHE).await;
    assert!(matches!(
        election.cast(0, 2, 0).await,
        Err(CastError::Unavailable(_))
    ));
    assert_eq!(election.status_without_faults().await.accepted, 2);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_a_lost_answer_has_the_same_receipt_and_ends_as_one_ballot() {
    let election = Election::open().await;
    let receipts = [election.cast(0, 0, 0).await, election.cast(2, 0, 0).await, {
        election.work_off().await;
        election.cast(1, 0, 0).await
    }];
    let accepted: Vec<_> = receipts
        .into_iter()
        .map(|answer| answer.expect("accepted"))
        .collect();
    assert!(accepted.iter().all(|each| each.receipt == accepted[0].receipt));
    assert_eq!(
        accepted.iter().map(|each| each.repeat).collect::<Vec<_>>(),
        [false, false, true]
    );
    let status = election.status().await;
    assert_eq!(
        (status.accepted, status.recorded, status.repeats, status.queued),
        (3, 1, 2, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeat_that_cannot_be_counted_is_unavailable() {
    for (when, repeats) in [(When::Before, 0), (When::After, 1)] {
        let election = Election::open().await;
        election.record(1, 0, 0).await;
        election.faults.fail_next(Point::BallotsAddRepeat, when);
        assert!(matches!(
            election.cast(0, 0, 0).await,
            Err(CastError::Unavailable(_))
        ));
        assert_eq!(election.status().await.repeats, repeats);
        assert!(election.cast(0, 0, 0).await.is_ok_and(|accepted| accepted.repeat));
    }
}

#[tokio::test(start_paused = true)]
async fn different_votes_of_one_voter_in_three_regions_end_as_one_ballot_and_two_conflicts() {
    let election = Election::open().await;
    let (first, second, third) = tokio::join!(
        election.cast(0, 0, 0),
        election.cast(1, 0, 1),
        election.cast(2, 0, 2)
    );
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    election.work_off().await;
    let status = election.status().await;
    assert_eq!(
        (status.accepted, status.recorded, status.conflicts, status.repeats),
        (3, 1, 2, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_reissued_letter_is_still_one_vote() {
    let election = Election::open().await;
    assert!(election.cast(0, 0, 0).await.is_ok());
    election.work_off().await;
    let (person, old, new) = (
        fixtures::person_id(0),
        fixtures::voter_key(0, 0),
        fixtures::voter_key(0, 1),
    );
    assert!(
        election
            .operations
            .roll
            .reissue(&person, &old, &new)
            .await
            .unwrap()
    );
    let mut again = vote(0, 1);
    assert_eq!(
        election.enqueuers[0].cast(&again).await.err(),
        Some(CastError::VoterIdRevoked)
    );
    again.voter_id = fixtures::voter_id(0, 1);
    assert_eq!(
        election.enqueuers[0].cast(&again).await.err(),
        Some(CastError::AlreadyVoted)
    );
}
