//! Owns that a warm enqueuer forgets the ballot secret once the operators have destroyed it. It reads the election's
//! record for that only when the phase says that it may have happened, and never brings a secret back.

use std::sync::{Arc, PoisonError};

use election_core::phase::Phase;
use election_service::enqueuer::BallotSecretSlot;
use election_service::phase_cache::PhaseCache;
use election_service::ports::Elections;

use crate::election::OpenElection;

/// Follows the destruction of the keys.
pub struct Destruction {
    elections: Arc<dyn Elections>,
    phase: PhaseCache,
    secret: BallotSecretSlot,
}

impl Destruction {
    /// Takes the secret out of its slot when it is destroyed.
    pub fn of(election: &OpenElection, secret: &BallotSecretSlot) -> Self {
        Self {
            elections: election.elections.clone(),
            phase: election.phase.clone(),
            secret: secret.clone(),
        }
    }

    /// Looks whether it was destroyed. If that can't be read, it will be by the next event: until then only
    /// ballots are shown that nobody can cast any more.
    pub(crate) async fn follow(&self) {
        let is_held = self
            .secret
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some();
        // The phase is cached: who votes asks for it anyway.
        if !is_held
            || !self
                .phase
                .phase()
                .await
                .is_ok_and(|phase| phase.phase == Phase::Certified)
        {
            return;
        }
        if let Ok(Some(record)) = self.elections.load().await
            && record.keys_destroyed
        {
            *self.secret.write().unwrap_or_else(PoisonError::into_inner) = None;
            tracing::info!("the ballot secret is destroyed and forgotten");
        }
    }
}
