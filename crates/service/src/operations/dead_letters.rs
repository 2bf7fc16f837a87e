//! Owns what operators may know of dead letters, and giving them another chance. Never their content.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{OperationError, Operations};
use crate::ports::{CopyRole, DeadLetterReason};
use election_core::identifiers::RegionName;

/// When, where and why a message was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterSummary {
    /// When it was set aside.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Whose queue it was in.
    pub region: RegionName,
    /// Why.
    pub reason: DeadLetterReason,
    /// How long its body is, in bytes.
    pub size_bytes: u64,
}

impl Operations {
    /// All dead letters, the oldest first: those that processors set aside, and what queues gave up.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetterSummary>, OperationError> {
        let mut letters = self.ballots.dead_letters().await?;
        for stores in self.regions.iter().filter_map(|region| region.kept_stores()) {
            letters.extend(stores.intake.given_up().await?);
        }
        letters.sort_by_key(|letter| letter.at);
        Ok(letters
            .into_iter()
            .map(|letter| DeadLetterSummary {
                at: letter.at,
                region: letter.region,
                reason: letter.reason,
                size_bytes: letter.message.body.len() as u64,
            })
            .collect())
    }

    /// Enqueues every dead letter again, in its own region if that is active, and returns how many. One that
    /// a processor set aside stays until its envelope is decided, which removes it by the same write: until then it is
    /// the durable copy, and one that still can't be recorded is a dead letter as before.
    pub async fn replay_dead_letters(&self) -> Result<u64, OperationError> {
        let mut replayed = 0;
        for stores in self.regions.iter().filter_map(|region| region.active_stores()) {
            replayed += stores.intake.redrive().await?;
        }
        for letter in self.ballots.dead_letters().await? {
            let own = self.regions.named(letter.region.as_str());
            let intake = own.and_then(|region| region.active_intake()).or_else(|| {
                self.regions
                    .nearest_active()
                    .and_then(|region| region.active_intake())
            });
            let Some(intake) = intake else {
                return Err(OperationError::Refused(
                    "no region is active: restore one with `election region restore`".to_owned(),
                ));
            };
            intake
                .send(letter.message, CopyRole::Primary, std::time::Duration::ZERO)
                .await?;
            replayed += 1;
        }
        Ok(replayed)
    }
}
