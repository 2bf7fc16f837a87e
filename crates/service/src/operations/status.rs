//! Owns the accounting of every 202: each envelope is somewhere, and only there.

use std::collections::{BTreeMap, HashSet};

use election_core::identifiers::RegionName;
use election_core::phase::Phase;
use election_core::tally::Tally;
use serde::{Deserialize, Serialize};

use super::Operations;
use crate::ports::{CopyRole, PortResult, RegionState, Waiting};
use crate::tally::{folded, lag};

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
    /// Whether the numbers are only about right, as where queues can't be listed (SQS): they may be some
    /// minutes old, an envelope may be counted twice or not at all, and `recorded` is what the most advanced
    /// tally has counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approximate: bool,
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
                let Some(listed) = stores.intake.waiting().await? else {
                    return self.approximate_status(phase).await;
                };
                waiting.extend(listed.into_iter().map(|message| (index, message)));
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
                Some(stores) => self.lag(&stores.tallies.load().await?.tally).await?,
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
            approximate: false,
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

    /// The same from what queues say of their length, and tallies of the box.
    async fn approximate_status(&self, phase: Phase) -> PortResult<Status> {
        let exceptions = self.ballots.exceptions().await?;
        let (mut queued, mut copies, mut given_up, mut recorded) = (0, 0, 0, 0);
        let mut regions = Vec::new();
        for region in self.regions.iter() {
            let mut status = RegionStatus {
                name: region.name().clone(),
                state: region.state(),
                queued: 0,
                tally_lag: None,
            };
            if let Some(stores) = region.kept_stores() {
                let depth = stores.intake.depth().await?;
                status.queued = depth.primaries;
                queued += depth.primaries;
                copies += depth.copies;
                given_up += depth.given_up;
                let tally = stores.tallies.load().await?.tally;
                recorded = recorded.max(folded(&tally));
                status.tally_lag = self.lag(&tally).await?;
            }
            regions.push(status);
        }
        let dead_letters = exceptions.dead_letters + given_up;
        Ok(Status {
            phase,
            approximate: true,
            accepted: queued + recorded + exceptions.repeats + exceptions.conflicts + dead_letters,
            queued,
            recorded,
            repeats: exceptions.repeats,
            conflicts: exceptions.conflicts,
            dead_letters,
            copies,
            regions,
        })
    }

    /// Recorded ballots that a tally hasn't folded yet, where that can be told.
    pub async fn lag(&self, tally: &Tally) -> PortResult<Option<u64>> {
        lag(&self.definition, self.ballots.as_ref(), &self.phase, tally).await
    }
}
