//! The ports: what the use cases need of a store, a queue and a key service, and what an adapter
//! promises. No SQL and no SDK type gets past an adapter; adapters share nothing but these traits and
//! the contract suite in `election-testkit`.

mod ballot_box;
mod elections;
mod intake;
mod key_vault;
mod tally_store;
mod voter_roll;

pub use ballot_box::{BallotBox, DeadLetter, DeadLetterReason, Exceptions, Outcome, Reckoning, Submission};
pub use elections::{ElectionRecord, Elections, Fingerprints, NewElection, PhaseRecord, RegionState};
pub use intake::{CopyRole, Depth, Handle, Intake, Received, Waiting};
pub use key_vault::{KeyVault, SecretBytes, Secrets, WrappedDataKey};
pub use tally_store::{StoredTally, TallyStore, TallyUpdate};
pub use voter_roll::{AddOutcome, NewVoter, Person, Registration, VoterRoll};

/// Why a port couldn't do what it was asked. Its texts are for the log: they never hold a voter id, a
/// key, a choice, a name or an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Too much at once; the same call may succeed later. Nothing is known to be wrong.
    #[error("overloaded")]
    Overloaded,
    /// The store, queue or key service failed or can't be reached. A write may or may not have persisted.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The store holds what this version can't have written.
    #[error("corrupt: {0}")]
    Corrupt(String),
}

/// A port's answer.
pub type PortResult<T> = Result<T, PortError>;
