//! Opening, closing, declaring regions and destroying keys.

use election_core::phase::Phase;
use election_service::operations::OperationError;
use election_service::ports::{Elections, KeyVault, RegionState};
use election_testkit::faults::{Point, When};
use election_testkit::fixtures::{DEFINITION, region};

use crate::support::Election;

fn is_refusal<T>(answer: &Result<T, OperationError>, word: &str) -> bool {
    matches!(answer, Err(OperationError::Refused(text)) if text.contains(word))
}

#[tokio::test(start_paused = true)]
async fn opening_and_closing_can_be_repeated_and_never_go_back() {
    let election = Election::of(DEFINITION).await;
    let operations = &election.operations;
    assert!(is_refusal(&operations.close().await, "election open"));
    for _ in 0..2 {
        assert_eq!(operations.open().await, Ok(()));
        assert_eq!(election.phase().await, Phase::Open);
    }
    for _ in 0..2 {
        assert_eq!(operations.close().await, Ok(()));
        assert_eq!(election.phase().await, Phase::Closed);
    }
    for phase in [Phase::Closed, Phase::Certifying, Phase::Certified] {
        election.enter(phase).await;
        assert!(is_refusal(&operations.open().await, phase.as_str()));
    }
    assert!(is_refusal(&operations.close().await, "certified"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_opening_or_closing_is_made_good_by_repeating_it() {
    for when in When::ALL {
        let election = Election::of(DEFINITION).await;
        election.faults.fail_next(Point::ElectionsChangePhase, when);
        assert!(election.operations.open().await.is_err());
        assert_eq!(election.operations.open().await, Ok(()));
        election.faults.fail_next(Point::ElectionsChangePhase, when);
        assert!(election.operations.close().await.is_err());
        assert_eq!(election.operations.close().await, Ok(()));
        assert_eq!(election.phase().await, Phase::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn this_process_sees_its_own_change_of_phase_at_once() {
    let election = Election::open().await;
    assert!(election.cast(0, 0, 0).await.is_ok());
    election.operations.close().await.unwrap();
    assert!(election.cast(0, 1, 0).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn keys_are_destroyed_after_certification_only() {
    let election = Election::open().await;
    for phase in Phase::ALL {
        election.enter(phase).await;
        let answer = election.operations.destroy_keys().await;
        if phase == Phase::Certified {
            assert_eq!(answer, Ok(()));
            assert_eq!(
                election.operations.destroy_keys().await,
                Ok(()),
                "again is no error"
            );
        } else {
            assert!(is_refusal(&answer, "election certify"), "{phase}");
            assert!(election.memory.vault.secrets().await.unwrap().ballot.is_some());
        }
    }
    assert!(election.memory.vault.secrets().await.unwrap().ballot.is_none());
    assert!(
        election
            .memory
            .elections
            .load()
            .await
            .unwrap()
            .unwrap()
            .keys_destroyed
    );
}

#[tokio::test(start_paused = true)]
async fn a_destruction_that_was_interrupted_is_completed_by_repeating_it() {
    for point in [Point::VaultDestroyBallotSecret, Point::ElectionsKeysDestroyed] {
        for when in When::ALL {
            let election = Election::open().await;
            election.enter(Phase::Certified).await;
            election.faults.fail_next(point, when);
            assert!(election.operations.destroy_keys().await.is_err());
            assert_eq!(election.operations.destroy_keys().await, Ok(()));
            let record = election.memory.elections.load().await.unwrap().unwrap();
            assert!(record.keys_destroyed);
            assert!(election.memory.vault.secrets().await.unwrap().ballot.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_region_stays_lost_and_an_unknown_one_is_named_with_the_known() {
    let election = Election::open().await;
    let operations = &election.operations;
    election.declare(1, RegionState::Lost).await;
    for state in [RegionState::Active, RegionState::Failed] {
        let answer = operations.set_region(region(1).as_str(), state).await;
        assert!(is_refusal(&answer, "stays lost"));
        assert_eq!(
            election.regions.named("region-1").unwrap().state(),
            RegionState::Lost
        );
    }
    assert_eq!(operations.set_region("region-1", RegionState::Lost).await, Ok(()));
    let unknown = operations.set_region("nowhere", RegionState::Failed).await;
    assert!(is_refusal(&unknown, "region-0, region-1, region-2"));
    let regions = &election.regions;
    assert!(regions.named("region-1").unwrap().kept_stores().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_region_whose_declaration_failed_serves_as_before() {
    let election = Election::open().await;
    election
        .faults
        .fail_next(Point::ElectionsDeclareRegion, When::Before);
    let answer = election
        .operations
        .set_region("region-1", RegionState::Failed)
        .await;
    assert!(matches!(answer, Err(OperationError::Port(_))));
    assert!(election.regions.named("region-1").unwrap().is_active());
}
