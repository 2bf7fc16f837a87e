use async_trait::async_trait;
use election_core::keys::SECRET_BYTES;
use election_core::voter_record::{DataKey, KeyBatchId};
use zeroize::Zeroizing;

use super::PortResult;

/// A secret's bytes, wiped when dropped. No `Debug`.
pub type SecretBytes = Zeroizing<[u8; SECRET_BYTES]>;

/// An election's unwrapped secrets.
pub struct Secrets {
    /// Finds voters.
    pub roll: SecretBytes,
    /// Joins persons to ballots; `None` once destroyed.
    pub ballot: Option<SecretBytes>,
    /// Authenticates ballots.
    pub mac: SecretBytes,
}

/// A data key as the key service wrapped it; of no use without that service.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedDataKey(pub Vec<u8>);

/// The key service that an election's secrets are wrapped under. Called when a process starts and once
/// per batch of voter records, never per vote.
#[async_trait]
pub trait KeyVault: Send + Sync {
    /// Unwraps the election's secrets.
    async fn secrets(&self) -> PortResult<Secrets>;

    /// Makes a data key for a batch of voter records, bound to election, purpose and batch.
    async fn generate_data_key(&self, batch: KeyBatchId) -> PortResult<(DataKey, WrappedDataKey)>;

    /// Unwraps a batch's data key.
    async fn unwrap_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<DataKey>;

    /// Destroys the ballot secret and the key it is wrapped under, as far as this service can. Idempotent.
    async fn destroy_ballot_secret(&self) -> PortResult<()>;
}
