//! Owns the set of ports that an election runs on, as a test gets it from an adapter.

use std::any::Any;
use std::sync::Arc;

use election_service::ports::{BallotBox, Elections, Intake, KeyVault, TallyStore, VoterRoll};

use crate::Faulty;
use crate::faults::Faults;

/// All ports of one election in three regions.
pub struct Stores {
    /// What all regions share.
    pub elections: Arc<dyn Elections>,
    /// What all regions share.
    pub roll: Arc<dyn VoterRoll>,
    /// What all regions share.
    pub ballots: Arc<dyn BallotBox>,
    /// The key service.
    pub vault: Arc<dyn KeyVault>,
    /// A queue for each region.
    pub intakes: Vec<Arc<dyn Intake>>,
    /// A tally for each region.
    pub tallies: Vec<Arc<dyn TallyStore>>,
    /// What has to live as long as the ports, as a temporary folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl Stores {
    /// The same stores, failing as the plan says. Keep these while using those.
    pub fn faulty(&self, faults: &Faults) -> Self {
        Self {
            elections: Faulty::elections(&self.elections, faults),
            roll: Faulty::roll(&self.roll, faults),
            ballots: Faulty::ballots(&self.ballots, faults),
            vault: Faulty::vault(&self.vault, faults),
            intakes: self
                .intakes
                .iter()
                .map(|intake| Faulty::intake(intake, faults))
                .collect(),
            tallies: self
                .tallies
                .iter()
                .map(|tallies| Faulty::tallies(tallies, faults))
                .collect(),
            keep: Box::new(()),
        }
    }
}
