//! Owns the cached phase: read from the store at most every few seconds, never guessed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::ports::{Elections, PhaseRecord, PortResult};
use crate::reading_time::ReadingTime;

/// How old a cached phase may be. Certification waits at least as long after the close.
pub const PHASE_CACHE: Duration = Duration::from_secs(1);

/// The election's phase, at most [`PHASE_CACHE`] old.
#[derive(Clone)]
pub struct PhaseCache {
    elections: Arc<dyn Elections>,
    cached: Arc<Mutex<Option<(ReadingTime, PhaseRecord)>>>,
}

impl PhaseCache {
    /// An empty cache in front of a store.
    pub fn new(elections: Arc<dyn Elections>) -> Self {
        Self {
            elections,
            cached: Arc::default(),
        }
    }

    /// The phase, from the store if the cached one is too old. Fails if the store can't be read.
    pub async fn phase(&self) -> PortResult<PhaseRecord> {
        let asked = ReadingTime::now();
        let cached = *self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, record)) = cached
            && read.is_within(PHASE_CACHE)
        {
            return Ok(record);
        }
        let record = self.elections.phase().await?;
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some((asked, record));
        Ok(record)
    }

    /// Forgets the cached phase, because this process has just changed it.
    pub fn forget(&self) {
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
