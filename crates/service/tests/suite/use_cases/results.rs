//! When results are complete: nothing is queued, set aside or uncounted.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use election_core::envelope::Message;
use election_core::phase::Phase;
use election_core::results::ResultsStatus;
use election_service::phase_cache::PhaseCache;
use election_service::ports::{
    BallotBox, CopyRole, DeadLetterReason, Depth, Handle, Intake, PortResult, Received, RegionState,
    Submission, Waiting,
};
use election_service::regions::{Region, RegionStores, Regions};
use election_service::results::ResultsReader;
use election_testkit::fixtures::{dead_letter, mac_secret, message, region};
use election_testkit::memory::{MemoryBallotBox, MemoryIntake};

use crate::support::Election;

async fn status(election: &Election, region: usize) -> ResultsStatus {
    let tallies = election.tallies(region).clone();
    election.results.read(tallies.as_ref()).await.unwrap().status
}

#[tokio::test(start_paused = true)]
async fn closed_results_are_partial_until_every_accepted_ballot_is_counted() {
    let election = Election::open().await;
    assert!(election.cast(0, 0, 0).await.is_ok());
    assert_eq!(status(&election, 0).await, ResultsStatus::UnofficialPartial);
    election.enter(Phase::Closed).await;
    assert_eq!(
        status(&election, 0).await,
        ResultsStatus::UnofficialPartial,
        "queued"
    );
    election.work_off().await;
    for region in 0..3 {
        assert_eq!(status(&election, region).await, ResultsStatus::UnofficialComplete);
    }
    election.record(2, 2, 0).await;
    assert_eq!(
        status(&election, 0).await,
        ResultsStatus::UnofficialPartial,
        "not folded"
    );
    election.fold(0).await.unwrap();
    assert_eq!(status(&election, 0).await, ResultsStatus::UnofficialComplete);
}

#[tokio::test(start_paused = true)]
async fn a_failed_regions_queue_and_dead_letters_keep_results_partial() {
    let election = Election::open().await;
    election.enter(Phase::Closed).await;
    election.send(2, message(1, 1, 0)).await;
    election.declare(2, RegionState::Failed).await;
    assert_eq!(status(&election, 0).await, ResultsStatus::UnofficialPartial);
    election.declare(2, RegionState::Lost).await;
    assert_eq!(status(&election, 0).await, ResultsStatus::UnofficialComplete);
    let letter = dead_letter(message(2, 2, 0), DeadLetterReason::ReceivesExhausted, 1);
    election.memory.ballots.set_aside(&letter).await.unwrap();
    assert_eq!(status(&election, 0).await, ResultsStatus::UnofficialPartial);
}

/// A queue that is worked off at the moment when somebody asks how much is in it.
struct WorkedOffMeanwhile {
    intake: Arc<MemoryIntake>,
    ballots: Arc<MemoryBallotBox>,
}

#[async_trait]
impl Intake for WorkedOffMeanwhile {
    async fn send(&self, message: Message, role: CopyRole, delay: Duration) -> PortResult<()> {
        self.intake.send(message, role, delay).await
    }

    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        self.intake.receive(max, wait).await
    }

    async fn acknowledge(&self, handles: &[Handle]) -> PortResult<()> {
        self.intake.acknowledge(handles).await
    }

    async fn release(&self, handles: &[Handle], delay: Duration) -> PortResult<()> {
        self.intake.release(handles, delay).await
    }

    async fn waiting(&self) -> PortResult<Option<Vec<Waiting>>> {
        self.intake.waiting().await
    }

    async fn depth(&self) -> PortResult<Depth> {
        for received in self.intake.receive(10, Duration::ZERO).await? {
            let submission = Submission {
                envelope: received.message.envelope,
                ballot: received.message.open(mac_secret()).expect("an authentic ballot"),
            };
            self.ballots.record(&[submission]).await;
            self.intake.acknowledge(&[received.handle]).await?;
        }
        self.intake.depth().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_ballot_that_is_recorded_while_results_are_read_is_not_taken_for_counted() {
    let election = Election::open().await;
    election.enter(Phase::Closed).await;
    election.send(0, message(1, 1, 0)).await;
    let intake = Arc::new(WorkedOffMeanwhile {
        intake: election.intake(0).clone(),
        ballots: election.memory.ballots.clone(),
    });
    let tallies = election.tallies(0).clone();
    let stores = RegionStores {
        intake,
        tallies: tallies.clone(),
    };
    let reader = ResultsReader {
        definition: election.definition.clone(),
        elections: election.memory.elections.clone(),
        phase: PhaseCache::new(election.memory.elections.clone()),
        ballots: election.memory.ballots.clone(),
        regions: Regions::new([Arc::new(Region::new(
            region(0),
            RegionState::Active,
            Some(stores),
        ))]),
    };
    let results = reader.read(tallies.as_ref()).await.unwrap();
    assert_eq!(
        (results.status, results.tally_lag),
        (ResultsStatus::UnofficialPartial, Some(1))
    );
}
