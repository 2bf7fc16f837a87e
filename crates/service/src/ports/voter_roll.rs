use std::collections::BTreeMap;

use async_trait::async_trait;
use election_core::identifiers::JurisdictionId;
use election_core::keys::{PersonId, VoterKey};
use election_core::voter_record::{EncryptedVoterRecord, KeyBatchId};

use super::{PortResult, WrappedDataKey};

/// What a voter id leads to.
#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    /// Whose id it is.
    pub person: PersonId,
    /// Where that person votes.
    pub jurisdiction: JurisdictionId,
    /// Whether another letter has replaced the one with this id.
    pub revoked: bool,
}

/// A person on the roll.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Of the one voter id that is valid.
    pub voter_key: VoterKey,
    /// Where the person votes.
    pub jurisdiction: JurisdictionId,
    /// Name, address and external id.
    pub record: EncryptedVoterRecord,
}

/// A person to be put on the roll.
#[derive(Clone)]
pub struct NewVoter {
    /// Who.
    pub id: PersonId,
    /// What the roll keeps.
    pub person: Person,
}

/// What became of a [`NewVoter`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AddOutcome {
    /// Put on the roll.
    Added,
    /// The person was on the roll before, and stays as they were.
    PersonExists,
    /// The voter key is another person's: the id has to be drawn again.
    VoterKeyTaken,
}

/// The voter roll. Reads are strongly consistent; writes are durable when they return.
#[async_trait]
pub trait VoterRoll: Send + Sync {
    /// What a voter id leads to. Any number of calls at once; read-only.
    async fn find(&self, key: &VoterKey) -> PortResult<Option<Registration>>;

    /// The persons of these ids, in the same order.
    async fn persons(&self, ids: &[PersonId]) -> PortResult<Vec<Option<Person>>>;

    /// Which of these voter keys are in use or were revoked, in the same order.
    async fn taken(&self, keys: &[VoterKey]) -> PortResult<Vec<bool>>;

    /// Puts persons on the roll, each wholly or not at all; after an error some may be on it. Repeating
    /// the call gives [`AddOutcome::PersonExists`] for those. Returns the outcomes in the same order.
    async fn add(&self, voters: Vec<NewVoter>) -> PortResult<Vec<AddOutcome>>;

    /// Revokes a person's voter id and gives them another, in one write; false if `old` isn't their
    /// valid one any more.
    async fn reissue(&self, person: &PersonId, old: &VoterKey, new: &VoterKey) -> PortResult<bool>;

    /// Keeps a batch's wrapped data key. Must come before the first record encrypted with it.
    async fn put_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<()>;

    /// A batch's wrapped data key.
    async fn data_key(&self, batch: KeyBatchId) -> PortResult<Option<WrappedDataKey>>;

    /// Persons on the roll by jurisdiction; jurisdictions without any may be missing.
    async fn registered(&self) -> PortResult<BTreeMap<JurisdictionId, u64>>;
}
