//! What operators do to an election. Each operation works the same while a server runs and when none
//! does; each refusal says what to do.

pub mod dead_letters;
pub mod export;
pub mod keys;
pub mod lifecycle;
pub mod rebuild;
pub mod recount;
pub mod regions;
pub mod status;

use std::sync::Arc;
use std::time::Duration;

use election_core::definition::Definition;
use election_core::keys::MacSecret;

use crate::enqueuer::BallotSecretSlot;
use crate::phase_cache::PhaseCache;
use crate::ports::{BallotBox, Elections, KeyVault, PortError, VoterRoll};
use crate::regions::Regions;
use crate::tally::TallyFolder;

/// Why an operation wasn't done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// The answer is no; the text says why and what to do.
    #[error("{0}")]
    Refused(String),
    /// A store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// How far a long operation is; called with what is done and, if known, how much there is.
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// What the operations need.
pub struct Operations {
    /// The election.
    pub definition: Arc<Definition>,
    /// Its record.
    pub elections: Arc<dyn Elections>,
    /// The voter roll.
    pub roll: Arc<dyn VoterRoll>,
    /// The ballot box.
    pub ballots: Arc<dyn BallotBox>,
    /// The key service.
    pub vault: Arc<dyn KeyVault>,
    /// Checks ballots.
    pub mac_secret: Arc<MacSecret>,
    /// The secret that key destruction takes from the running process.
    pub ballot_secret: BallotSecretSlot,
    /// All regions.
    pub regions: Regions,
    /// The phase, as this process caches it.
    pub phase: PhaseCache,
    /// Folds what tallies lack.
    pub folder: Arc<TallyFolder>,
    /// How long after the close a vote may still be on its way; see [`lifecycle`].
    pub settling: Settling,
}

/// The times that certification adds up.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    /// The longest that answering a request takes.
    pub request_timeout: Duration,
    /// How long second copies are delayed.
    pub second_copy_delay: Duration,
    /// The longest that a message is leased.
    pub visibility_timeout: Duration,
    /// The longest that the processor works on a batch.
    pub processor_timeout: Duration,
    /// How long queues have to be seen empty; zero where their counts are exact.
    pub quiet: Duration,
}
