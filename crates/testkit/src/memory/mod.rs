//! Owns the store in memory: every port as its documentation promises, but for surviving the process.
//! Delays and leases follow tokio's clock, so that a test can pause it.

mod ballot_box;
mod elections;
mod intake;
mod key_vault;
mod tally_store;
mod voter_roll;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use election_core::identifiers::RegionName;

pub use ballot_box::MemoryBallotBox;
pub use elections::MemoryElections;
pub use intake::MemoryIntake;
pub use key_vault::MemoryVault;
pub use tally_store::MemoryTallies;
pub use voter_roll::MemoryRoll;

use crate::contract::Adapter;
use crate::{Stores, fixtures};

/// How long messages are leased unless a test says otherwise.
pub const VISIBILITY: Duration = Duration::from_secs(30);

/// What a region has for itself alone.
pub struct MemoryRegion {
    /// Its name, as [`fixtures::region`] gives it.
    pub name: RegionName,
    /// Its queue.
    pub intake: Arc<MemoryIntake>,
    /// Its tally.
    pub tallies: Arc<MemoryTallies>,
}

/// An election's store in memory.
pub struct MemoryStore {
    /// What all regions share.
    pub elections: Arc<MemoryElections>,
    /// What all regions share.
    pub roll: Arc<MemoryRoll>,
    /// What all regions share.
    pub ballots: Arc<MemoryBallotBox>,
    /// Holds the secrets of [`fixtures`].
    pub vault: Arc<MemoryVault>,
    /// The regions, in order.
    pub regions: Vec<MemoryRegion>,
}

impl MemoryStore {
    /// An empty store with that many regions, leasing messages for `visibility`.
    pub fn new(regions: usize, visibility: Duration) -> Self {
        let ballots = Arc::new(MemoryBallotBox::default());
        let region = |number| MemoryRegion {
            name: fixtures::region(number),
            intake: Arc::new(MemoryIntake::new(visibility)),
            tallies: Arc::new(MemoryTallies::default()),
        };
        Self {
            elections: Arc::new(MemoryElections::new(Arc::clone(&ballots))),
            roll: Arc::new(MemoryRoll::default()),
            ballots,
            vault: Arc::new(MemoryVault::default()),
            regions: (0..regions).map(region).collect(),
        }
    }

    /// Deletes for good what only a region held.
    pub fn lose_region(&self, number: usize) {
        self.regions[number].intake.lose();
        self.regions[number].tallies.lose();
    }

    /// The store as ports. They share its state.
    pub fn stores(&self) -> Stores {
        Stores {
            elections: self.elections.clone(),
            roll: self.roll.clone(),
            ballots: self.ballots.clone(),
            vault: self.vault.clone(),
            intakes: self
                .regions
                .iter()
                .map(|region| region.intake.clone() as _)
                .collect(),
            tallies: self
                .regions
                .iter()
                .map(|region| region.tallies.clone() as _)
                .collect(),
            keep: Box::new(()),
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(3, VISIBILITY)
    }
}

/// The store in memory as the contract suite opens it.
pub struct MemoryAdapter;

#[async_trait]
impl Adapter for MemoryAdapter {
    async fn open(&self, visibility: Duration) -> Stores {
        MemoryStore::new(3, visibility).stores()
    }
}

/// Locks a store's state. Nothing awaits or panics while it holds the lock.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().expect("the state isn't poisoned")
}
