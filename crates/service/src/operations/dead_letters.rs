//! Owns what operators may know of dead letters, and giving them another chance. Never their content.

use std::time::Duration;

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
    /// All dead letters, the oldest first.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetterSummary>, OperationError> {
        let letters = self.ballots.dead_letters().await?.into_iter();
        Ok(letters
            .map(|letter| DeadLetterSummary {
                at: letter.at,
                region: letter.region,
                reason: letter.reason,
                size_bytes: letter.message.body.len() as u64,
            })
            .collect())
    }

    /// Enqueues every dead letter again, in its own region if that is active and, delayed, in a peer, and
    /// returns how many. One that still can't be recorded comes back as a dead letter; one decided
    /// meanwhile is dropped.
    pub async fn replay_dead_letters(&self) -> Result<u64, OperationError> {
        let mut replayed = 0;
        for letter in self.ballots.dead_letters().await? {
            let own = self
                .regions
                .named(letter.region.as_str())
                .filter(|region| region.is_active());
            let target = own.or_else(|| self.regions.nearest_active());
            let intake = target.and_then(|region| region.active_intake());
            let (Some(target), Some(intake)) = (target, intake) else {
                return Err(OperationError::Refused(
                    "no region is active: restore one with `election region restore`".to_owned(),
                ));
            };
            let envelope = letter.message.envelope;
            // In the queues first: a crash in between leaves it in both, and the box decides it once. In
            // two regions, as when it was accepted: losing one must not lose it.
            let mut peers = self.regions.peers_of(target.name());
            if let Some(peer) = peers.find_map(|peer| peer.active_intake()) {
                let (message, delay) = (letter.message.clone(), self.settling.second_copy_delay);
                peer.send(message, CopyRole::Second, delay).await?;
            }
            intake
                .send(letter.message, CopyRole::Primary, Duration::ZERO)
                .await?;
            self.ballots.remove_dead_letter(&envelope).await?;
            replayed += 1;
        }
        Ok(replayed)
    }
}
