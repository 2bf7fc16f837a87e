//! Owns a region's tally in memory.

use std::sync::Mutex;

use async_trait::async_trait;
use election_core::tally::{Sequence, Tally, TallyKey};
use election_service::ports::{PortResult, StoredTally, TallyStore, TallyUpdate};
use time::OffsetDateTime;

use super::lock;

/// [`TallyStore`] in memory; writes all items of a commit or none.
#[derive(Default)]
pub struct MemoryTallies(Mutex<StoredTally>);

impl MemoryTallies {
    pub(super) fn lose(&self) {
        *lock(&self.0) = StoredTally::default();
    }
}

fn checkpoints(tally: &Tally) -> impl Iterator<Item = (&TallyKey, Sequence)> {
    tally.iter().map(|(key, item)| (key, item.last_sequence))
}

#[async_trait]
impl TallyStore for MemoryTallies {
    async fn load(&self) -> PortResult<StoredTally> {
        Ok(lock(&self.0).clone())
    }

    async fn commit(&self, updates: Vec<TallyUpdate>, at: OffsetDateTime) -> PortResult<bool> {
        let mut stored = lock(&self.0);
        let is_current = |update: &TallyUpdate| {
            let item = stored.tally.get(&update.key);
            item.map_or(Sequence::START, |item| item.last_sequence) == update.expected
        };
        if !updates.iter().all(is_current) {
            return Ok(false);
        }
        if !updates.is_empty() {
            stored.updated_at = Some(at);
        }
        stored
            .tally
            .extend(updates.into_iter().map(|update| (update.key, update.item)));
        Ok(true)
    }

    async fn replace(&self, expected: Option<&Tally>, tally: &Tally, at: OffsetDateTime) -> PortResult<bool> {
        let mut stored = lock(&self.0);
        // Nothing here is ever unreadable.
        let is_expected =
            expected.is_some_and(|expected| checkpoints(expected).eq(checkpoints(&stored.tally)));
        if is_expected {
            *stored = StoredTally {
                tally: tally.clone(),
                updated_at: Some(at),
            };
        }
        Ok(is_expected)
    }
}
