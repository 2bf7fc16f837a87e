use async_trait::async_trait;
use election_core::identifiers::RegionName;
use election_core::keys::Fingerprint;
use election_core::phase::Phase;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::PortResult;

/// The fingerprints of an election's secrets, by which a process with other keys is found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprints {
    /// Of the roll secret.
    pub roll: Fingerprint,
    /// Of the ballot secret.
    pub ballot: Fingerprint,
    /// Of the MAC secret.
    pub mac: Fingerprint,
}

/// What an election starts from.
#[derive(Clone)]
pub struct NewElection {
    /// The exact bytes of the definition file.
    pub definition: Vec<u8>,
    /// Of the secrets made for it.
    pub fingerprints: Fingerprints,
    /// When it is created, in UTC.
    pub at: OffsetDateTime,
}

/// The phase and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseRecord {
    /// The phase.
    pub phase: Phase,
    /// When it began, in UTC.
    pub since: OffsetDateTime,
}

/// What is known of an election.
#[derive(Clone)]
pub struct ElectionRecord {
    /// The exact bytes of the definition file.
    pub definition: Vec<u8>,
    /// Of the election's secrets.
    pub fingerprints: Fingerprints,
    /// The phase now.
    pub phase: PhaseRecord,
    /// The certified counts as [`Elections::certify`] stored them.
    pub certified: Option<Vec<u8>>,
    /// Whether the ballot secret was destroyed.
    pub keys_destroyed: bool,
}

/// What the operators declare of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegionState {
    /// Serves.
    Active,
    /// Serves nothing for now; what it holds is kept.
    Failed,
    /// Gone for good, with everything that only it held.
    Lost,
}

impl RegionState {
    /// The state's name in JSON and stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }

    /// Reads the state's name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Failed, Self::Lost]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// The one record of the election that all regions share. Reads are strongly consistent; each write is
/// durable when it returns and is conditional, so that repeating it after a lost answer does no harm.
#[async_trait]
pub trait Elections: Send + Sync {
    /// Creates the election in phase `pre-election`; false if the store has one already.
    async fn create(&self, election: NewElection) -> PortResult<bool>;

    /// The election, or `None` before [`Self::create`].
    async fn load(&self) -> PortResult<Option<ElectionRecord>>;

    /// The phase. An error if there is no election.
    async fn phase(&self) -> PortResult<PhaseRecord>;

    /// Moves from one phase to the next; false if the election isn't in phase `from`.
    async fn change_phase(&self, from: Phase, to: Phase, at: OffsetDateTime) -> PortResult<bool>;

    /// Moves from `certifying` to `certified` and keeps the certified counts, in one write; false if the
    /// election isn't in phase `certifying`.
    async fn certify(&self, counts: Vec<u8>, at: OffsetDateTime) -> PortResult<bool>;

    /// Notes that the ballot secret is destroyed, and rewrites the ballot box in the order of its keys
    /// where the store kept another order that could be joined with the time of voting. Idempotent.
    async fn keys_destroyed(&self) -> PortResult<()>;

    /// What the operators declared of each region, in the order first declared.
    async fn region_states(&self) -> PortResult<Vec<(RegionName, RegionState)>>;

    /// Declares a region's state; false if the region is lost and `state` is another.
    async fn declare_region(&self, region: &RegionName, state: RegionState) -> PortResult<bool>;

    /// Counts a visit of the website and returns how many there were. Not a part of any promise.
    async fn add_visit(&self) -> PortResult<u64>;

    /// How many visits were counted.
    async fn visits(&self) -> PortResult<u64>;
}
