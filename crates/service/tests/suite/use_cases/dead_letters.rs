//! Dead letters: listed without their content, replayed without being lost.

use election_service::operations::OperationError;
use election_service::ports::{BallotBox, DeadLetterReason, RegionState};
use election_testkit::faults::{Point, When};
use election_testkit::fixtures::{at, dead_letter, message, message_with};

use crate::support::Election;

/// A vote of voter 1 that couldn't be recorded, in region 0.
async fn with_letter() -> Election {
    let election = Election::open().await;
    let letter = dead_letter(message(1, 1, 0), DeadLetterReason::ReceivesExhausted, 3);
    election.memory.ballots.set_aside(&letter).await.unwrap();
    election
}

#[tokio::test(start_paused = true)]
async fn a_summary_tells_when_where_why_and_how_long_and_nothing_of_the_content() {
    let election = with_letter().await;
    let summaries = election.operations.dead_letters().await.unwrap();
    assert_eq!(summaries[0].at, at(3));
    insta::assert_json_snapshot!(summaries);
}

#[tokio::test(start_paused = true)]
async fn a_replayed_vote_is_a_dead_letter_until_it_is_recorded() {
    let election = with_letter().await;
    for _ in 0..2 {
        assert_eq!(election.operations.replay_dead_letters().await, Ok(1));
        let status = election.status().await;
        assert_eq!((status.dead_letters, status.queued, status.accepted), (1, 0, 1));
    }
    election.work_off().await;
    let status = election.status().await;
    assert_eq!(
        (
            status.recorded,
            status.repeats,
            status.dead_letters,
            status.accepted
        ),
        (1, 0, 0, 1)
    );
    assert_eq!(election.operations.replay_dead_letters().await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_replayed_vote_survives_the_loss_of_any_one_region() {
    for lost in 0..3 {
        let election = with_letter().await;
        assert_eq!(election.operations.replay_dead_letters().await, Ok(1));
        election.declare(lost, RegionState::Lost).await;
        assert_eq!(election.status().await.accepted, 1);
        election.operations.replay_dead_letters().await.unwrap();
        election.work_off().await;
        assert!(election.recorded(1).await.is_some(), "region {lost}");
        assert_eq!(election.status().await.accepted, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_fails_loses_nothing_and_records_nothing_twice() {
    for when in When::ALL {
        let election = with_letter().await;
        election.region_faults[0].fail_next(Point::IntakeSend, when);
        assert!(election.operations.replay_dead_letters().await.is_err());
        assert_eq!(election.status().await.accepted, 1);
        assert_eq!(election.operations.replay_dead_letters().await, Ok(1));
        election.work_off().await;
        let status = election.status().await;
        assert_eq!((status.recorded, status.repeats, status.accepted), (1, 0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_still_cannot_be_recorded_comes_back_as_one_dead_letter() {
    let election = Election::open().await;
    let letter = dead_letter(message_with(1, 1, vec![7]), DeadLetterReason::Undecodable, 3);
    election.memory.ballots.set_aside(&letter).await.unwrap();
    assert_eq!(election.operations.replay_dead_letters().await, Ok(1));
    election.work_off().await;
    let status = election.status().await;
    assert_eq!((status.dead_letters, status.accepted), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failed_regions_dead_letters_are_replayed_elsewhere_and_without_a_region_nowhere() {
    let election = with_letter().await;
    election.declare(0, RegionState::Failed).await;
    assert_eq!(election.operations.replay_dead_letters().await, Ok(1));
    let depths = election.depths().await;
    assert_eq!((depths[0].primaries, depths[1].primaries), (0, 1));

    let election = with_letter().await;
    for region in 0..3 {
        election.declare(region, RegionState::Failed).await;
    }
    let answer = election.operations.replay_dead_letters().await;
    assert!(matches!(answer, Err(OperationError::Refused(text)) if text.contains("region restore")));
    assert_eq!(election.status().await.dead_letters, 1);
}
