//! Owns the destruction of what links voters to ballots.

use std::sync::PoisonError;

use election_core::phase::Phase;

use super::{OperationError, Operations};

impl Operations {
    /// Destroys the ballot secret and the order that ballots came in. Only after certification; can't be
    /// undone. Idempotent.
    pub async fn destroy_keys(&self) -> Result<(), OperationError> {
        let phase = self.elections.phase().await?.phase;
        if phase != Phase::Certified {
            return Err(OperationError::Refused(format!(
                "the election is {phase}: keys are destroyed after certification (`election certify`)"
            )));
        }
        *self.ballot_secret.write().unwrap_or_else(PoisonError::into_inner) = None;
        self.vault.destroy_ballot_secret().await?;
        self.elections.keys_destroyed().await?;
        tracing::info!("the ballot secret is destroyed");
        Ok(())
    }
}
