//! Owns a voter roll that does what no fault plan can: it hangs, and says that fresh voter ids are taken.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

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
    /// The keys that the roll said so of.
    pub(crate) collided: Mutex<HashSet<VoterKey>>,
    /// Of how many keys, counted over the coming calls, the roll says that they are taken.
    pub(crate) collisions: AtomicUsize,
}

impl ScriptedRoll {
    pub(crate) fn new(inner: Arc<MemoryRoll>) -> Self {
        Self {
            inner,
            hangs: AtomicBool::new(false),
            collided: Mutex::default(),
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
        for (key, taken) in keys.iter().zip(&mut taken) {
            let fewer = |left: usize| left.checked_sub(1);
            let collisions = &self.collisions;
            if collisions
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer)
                .is_ok()
            {
                *taken = true;
                self.collided.lock().unwrap().insert(*key);
            }
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
