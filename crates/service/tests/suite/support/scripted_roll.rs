//! Owns a voter roll that does what no fault plan can: it hangs, and says that fresh voter ids are taken.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use election_core::identifiers::JurisdictionId;
use election_core::keys::{PersonId, VoterKey};
use election_core::voter_record::KeyBatchId;
use election_service::ports::{
    AddOutcome, NewVoter, Person, PortResult, Registration, VoterRoll, WrappedDataKey,
};
use election_testkit::memory::MemoryRoll;

/// A roll in memory whose answers a test scripts.
pub(crate) struct ScriptedRoll {
    inner: Arc<MemoryRoll>,
    /// Whether looking a voter up never ends.
    pub(crate) hangs: AtomicBool,
    /// Of how many keys, counted over the coming calls, the roll says that they are taken.
    pub(crate) collisions: AtomicUsize,
}

impl ScriptedRoll {
    pub(crate) fn new(inner: Arc<MemoryRoll>) -> Self {
        Self {
            inner,
            hangs: AtomicBool::new(false),
            collisions: AtomicUsize::new(0),
        }
    }
}

#[async_trait]
impl VoterRoll for ScriptedRoll {
    async fn find(&self, key: &VoterKey) -> PortResult<Option<Registration>> {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.inner.find(key).await
    }

    async fn persons(&self, ids: &[PersonId]) -> PortResult<Vec<Option<Person>>> {
        self.inner.persons(ids).await
    }

    async fn taken(&self, keys: &[VoterKey]) -> PortResult<Vec<bool>> {
        let mut taken = self.inner.taken(keys).await?;
        for taken in &mut taken {
            let collides = |left: usize| left.checked_sub(1);
            *taken |= self
                .collisions
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, collides)
                .is_ok();
        }
        Ok(taken)
    }

    async fn add(&self, voters: Vec<NewVoter>) -> PortResult<Vec<AddOutcome>> {
        self.inner.add(voters).await
    }

    async fn reissue(&self, person: &PersonId, old: &VoterKey, new: &VoterKey) -> PortResult<bool> {
        self.inner.reissue(person, old, new).await
    }

    async fn put_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<()> {
        self.inner.put_data_key(batch, key).await
    }

    async fn data_key(&self, batch: KeyBatchId) -> PortResult<Option<WrappedDataKey>> {
        self.inner.data_key(batch).await
    }

    async fn registered(&self) -> PortResult<BTreeMap<JurisdictionId, u64>> {
        self.inner.registered().await
    }
}
