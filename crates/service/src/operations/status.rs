//! Owns the accounting of every 202: each envelope is somewhere, and only there.

use std::collections::{BTreeMap, HashSet};

use election_core::identifiers::RegionName;
use election_core::phase::Phase;
use serde::{Deserialize, Serialize};

use super::Operations;
use crate::ports::{CopyRole, PortResult, RegionState, Waiting};

/// One region's share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionStatus {
    /// The region.
    pub name: RegionName,
    /// What the operators declared.
    pub state: RegionState,
    /// Its share of [`Status::queued`]: where the first copy waits, or the second if there is no first.
    pub queued: u64,
    /// Recorded ballots that its tally hasn't folded; null for a failed or lost region.
    pub tally_lag: Option<u64>,
}

/// Where all accepted votes are. `accepted = queued + recorded + repeats + conflicts + dead_letters`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Where the election stands.
    pub phase: Phase,
    /// Envelopes made durable, and 202s for ballots recorded before.
    pub accepted: u64,
    /// Envelopes not decided yet.
    pub queued: u64,
    /// Ballots in the box.
    pub recorded: u64,
    /// 202s for a ballot that another envelope had brought, or that was recorded before.
    pub repeats: u64,
    /// Envelopes whose voter had another ballot recorded first.
    pub conflicts: u64,
    /// Envelopes set aside for the operators.
    pub dead_letters: u64,
    /// Second copies waiting; counted nowhere else.
    pub copies: u64,
    /// By region.
    pub regions: Vec<RegionStatus>,
}

impl Operations {
    /// Adds everything up. Envelopes are told apart by their ids, so an envelope that moves while this
    /// reads is still counted once: first the queues are read, then the box says, at one instant, which
    /// of those envelopes it had not decided.
    pub async fn status(&self) -> PortResult<Status> {
        let phase = self.elections.phase().await?.phase;
        let mut waiting: Vec<(usize, Waiting)> = Vec::new();
        for (index, region) in self.regions.iter().enumerate() {
            if let Some(stores) = region.kept_stores() {
                waiting.extend(
                    stores
                        .intake
                        .waiting()
                        .await?
                        .into_iter()
                        .map(|message| (index, message)),
                );
            }
        }
        let copies = waiting
            .iter()
            .filter(|(_, message)| message.role == CopyRole::Second)
            .count() as u64;
        // First copies first, so that an envelope counts where its first copy is.
        waiting.sort_by_key(|(_, message)| message.role == CopyRole::Second);
        let messages: Vec<Waiting> = waiting.iter().map(|(_, message)| *message).collect();
        let reckoning = self.ballots.reckon(&messages).await?;

        let mut seen = HashSet::new();
        let mut queued: BTreeMap<usize, u64> = BTreeMap::new();
        for ((index, message), undecided) in waiting.iter().zip(&reckoning.undecided) {
            if *undecided && seen.insert(message.envelope) {
                *queued.entry(*index).or_default() += 1;
            }
        }
        let mut regions = Vec::new();
        for (index, region) in self.regions.iter().enumerate() {
            let tally_lag = match region.active_stores() {
                Some(stores) => Some(self.folder.lag(&stores.tallies.load().await?.tally).await?),
                None => None,
            };
            let queued = queued.get(&index).copied().unwrap_or(0);
            regions.push(RegionStatus {
                name: region.name().clone(),
                state: region.state(),
                queued,
                tally_lag,
            });
        }
        let queued = seen.len() as u64;
        let decided = reckoning.recorded + reckoning.repeats + reckoning.conflicts + reckoning.dead_letters;
        Ok(Status {
            phase,
            accepted: queued + decided,
            queued,
            recorded: reckoning.recorded,
            repeats: reckoning.repeats,
            conflicts: reckoning.conflicts,
            dead_letters: reckoning.dead_letters,
            copies,
            regions,
        })
    }
}
