//! Owns the stand-ins for stores like AWS's: a box that can't be followed, and queues that can't be listed and
//! whose counts come late.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use election_core::ballot::Ballot;
use election_core::envelope::{EnvelopeId, Message};
use election_core::keys::BallotKey;
use election_core::tally::{FeedRecord, Sequence};
use election_service::operations::{Operations, Settling};
use election_service::ports::{
    BallotBox, CopyRole, DeadLetter, DeadLetterReason, Depth, Handle, Intake, Outcome, PortResult, Received,
    Reckoning, RegionState, Submission, Waiting,
};
use election_service::regions::{Region, RegionStores, Regions};
use election_testkit::fixtures::{dead_letter, message, region};
use election_testkit::memory::{MemoryBallotBox, MemoryIntake};

use super::Election;

/// A box whose ballots have no order of arrival.
pub(crate) struct Unordered(pub(crate) Arc<MemoryBallotBox>);

#[async_trait]
impl BallotBox for Unordered {
    async fn find(&self, key: &BallotKey) -> PortResult<Option<Ballot>> {
        self.0.find(key).await
    }

    async fn record(&self, submissions: &[Submission]) -> Vec<PortResult<Outcome>> {
        self.0.record(submissions).await
    }

    async fn are_decided(&self, envelopes: &[(EnvelopeId, BallotKey)]) -> PortResult<Vec<bool>> {
        self.0.are_decided(envelopes).await
    }

    async fn add_repeat(&self) -> PortResult<()> {
        self.0.add_repeat().await
    }

    async fn set_aside(&self, letter: &DeadLetter) -> PortResult<()> {
        self.0.set_aside(letter).await
    }

    async fn dead_letters(&self) -> PortResult<Vec<DeadLetter>> {
        self.0.dead_letters().await
    }

    async fn reckon(&self, waiting: &[Waiting]) -> PortResult<Reckoning> {
        self.0.reckon(waiting).await
    }

    fn can_be_followed(&self) -> bool {
        false
    }

    async fn feed(&self, after: Sequence, limit: usize) -> PortResult<Vec<FeedRecord>> {
        self.0.feed(after, limit).await
    }

    async fn behind(&self, _: Sequence) -> PortResult<u64> {
        panic!("counting a nation's ballots costs as much as reading them")
    }
}

/// A queue like SQS: it can't be listed, what it says of its length may be of some time ago, and it gives up
/// messages by itself.
pub(crate) struct Unlisted {
    pub(crate) intake: Arc<MemoryIntake>,
    /// While true, it says that it is empty.
    pub(crate) says_empty: AtomicBool,
    /// Whether there is a message that it gave up.
    pub(crate) gave_up: AtomicBool,
}

#[async_trait]
impl Intake for Unlisted {
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
        Ok(None)
    }

    async fn depth(&self) -> PortResult<Depth> {
        let mut depth = if self.says_empty.load(Ordering::SeqCst) {
            Depth::default()
        } else {
            self.intake.depth().await?
        };
        depth.given_up = u64::from(self.gave_up.load(Ordering::SeqCst));
        Ok(depth)
    }

    async fn given_up(&self) -> PortResult<Vec<DeadLetter>> {
        let letter = || dead_letter(message(99, 99, 0), DeadLetterReason::ReceivesExhausted, 1);
        Ok(self
            .gave_up
            .load(Ordering::SeqCst)
            .then(letter)
            .into_iter()
            .collect())
    }

    async fn redrive(&self) -> PortResult<u64> {
        if !self.gave_up.swap(false, Ordering::SeqCst) {
            return Ok(0);
        }
        let message = message(99, 99, 0);
        self.intake
            .send(message, CopyRole::Primary, Duration::ZERO)
            .await?;
        Ok(1)
    }
}

/// An election's operations on such stores.
pub(crate) struct Delivered {
    pub(crate) operations: Operations,
    pub(crate) queues: Vec<Arc<Unlisted>>,
}

impl Delivered {
    pub(crate) fn of(election: &Election, quiet: Duration) -> Self {
        let operations = &election.operations;
        let queue = |own: &election_testkit::memory::MemoryRegion| {
            Arc::new(Unlisted {
                intake: own.intake.clone(),
                says_empty: AtomicBool::default(),
                gave_up: AtomicBool::default(),
            })
        };
        let queues: Vec<_> = election.memory.regions.iter().map(queue).collect();
        let regions = queues.iter().enumerate().map(|(number, queue)| {
            let stores = RegionStores {
                intake: queue.clone(),
                tallies: election.tallies(number).clone(),
            };
            Arc::new(Region::new(region(number), RegionState::Active, Some(stores)))
        });
        let operations = Operations {
            definition: operations.definition.clone(),
            elections: operations.elections.clone(),
            roll: operations.roll.clone(),
            ballots: Arc::new(Unordered(election.memory.ballots.clone())),
            vault: operations.vault.clone(),
            mac_secret: operations.mac_secret.clone(),
            ballot_secret: operations.ballot_secret.clone(),
            regions: Regions::new(regions),
            phase: operations.phase.clone(),
            folder: operations.folder.clone(),
            settling: Settling {
                quiet,
                ..operations.settling
            },
        };
        Self { operations, queues }
    }
}
