//! Owns the recount: every ballot is read again, and each region's tally has to have the same counts at
//! the place that it reached.

use std::collections::BTreeMap;

use election_core::definition::Definition;
use election_core::identifiers::RegionName;
use election_core::keys::MacSecret;
use election_core::tally::{self, Counts, FeedRecord, Sequence, Tally};
use serde::{Deserialize, Serialize};

use super::{OperationError, Operations, Progress};
use crate::ports::{BallotBox, RegionState};
use crate::results::CountsByJurisdiction;
use crate::tally::checkpoint;

/// One region's tally against the recount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionRecount {
    /// The region.
    pub name: RegionName,
    /// Its state. A lost region has no tally to compare.
    pub state: RegionState,
    /// The place in the feed that its tally reached; null for a lost region, and where a feed has no places.
    pub checkpoint: Option<String>,
    /// Ballots that its tally counted.
    pub ballots: u64,
    /// Whether its counts are those of the recount at that place; null for a lost region.
    pub agrees: Option<bool>,
    /// What differs, in words.
    pub differences: Vec<String>,
}

/// What a recount found.
#[derive(Clone, Debug)]
pub struct Recount {
    /// Counts of all recorded ballots.
    pub counts: CountsByJurisdiction,
    /// What keeps the ballots themselves from being certified.
    pub problems: Vec<String>,
    /// Every region.
    pub regions: Vec<RegionRecount>,
}

impl Recount {
    /// Everything that speaks against the result; empty if all agrees.
    pub fn differences(&self) -> impl Iterator<Item = String> {
        let regions = self.regions.iter();
        let of_regions = regions.flat_map(|region| {
            region
                .differences
                .iter()
                .map(|difference| format!("region {}: {difference}", region.name))
        });
        self.problems.iter().cloned().chain(of_regions)
    }
}

impl Operations {
    /// Reads every ballot and compares with each region's tally at its checkpoint. Only reads.
    pub async fn recount(&self, progress: Progress<'_>) -> Result<Recount, OperationError> {
        let is_followed = self.ballots.can_be_followed();
        let mut regions = Vec::new();
        let mut due: BTreeMap<Sequence, Vec<(usize, Tally)>> = BTreeMap::new();
        for (index, region) in self.regions.iter().enumerate() {
            let stored = match region.kept_stores() {
                Some(stores) => Some(stores.tallies.load().await?.tally),
                None => None,
            };
            // A feed without places is compared at its end only.
            let reached = stored.as_ref().map(checkpoint).filter(|_| is_followed);
            regions.push(RegionRecount {
                name: region.name().clone(),
                state: region.state(),
                checkpoint: reached.map(|reached| reached.to_string()),
                ballots: stored
                    .iter()
                    .flat_map(Tally::values)
                    .map(|item| item.counts.ballots)
                    .sum(),
                agrees: None,
                differences: Vec::new(),
            });
            if let Some(stored) = stored {
                due.entry(reached.unwrap_or(Sequence::END))
                    .or_default()
                    .push((index, stored));
            }
        }

        let total = self.total().await?;
        let (definition, secret) = (self.definition.clone(), self.mac_secret.clone());
        let take = move |comparison: &mut Comparison, records: &[FeedRecord]| {
            comparison.take(&definition, &secret, records);
        };
        let mut comparison = Comparison {
            due,
            ..Comparison::default()
        };
        comparison.compare(Sequence::START);
        let mut comparison = self
            .read_to_the_end(Sequence::START, comparison, take, |read| {
                progress(read, total.map(|total| total.max(read)));
            })
            .await?;
        comparison.compare(Sequence::END);
        for (index, differences) in comparison.compared {
            regions[index].agrees = Some(differences.is_empty());
            regions[index].differences = differences;
        }
        for (index, _) in comparison
            .absent
            .into_iter()
            .chain(comparison.due.into_values().flatten())
        {
            regions[index].agrees = Some(false);
            let reached = regions[index].checkpoint.clone().unwrap_or_default();
            regions[index].differences = vec![format!(
                "its tally reached record {reached}, which isn't in the ballot box"
            )];
        }
        let counts = tally::by_jurisdiction(&comparison.counted);
        Ok(Recount {
            problems: problems(&counts),
            counts,
            regions,
        })
    }
}

/// A recount under way, and the regions' tallies that it is compared with. Regions are told by their index.
#[derive(Default)]
struct Comparison {
    counted: Tally,
    /// Tallies by the place they reached: the recount passes there and compares.
    due: BTreeMap<Sequence, Vec<(usize, Tally)>>,
    compared: Vec<(usize, Vec<String>)>,
    /// Tallies that reached a place which isn't in the box.
    absent: Vec<(usize, Tally)>,
}

impl Comparison {
    fn take(&mut self, definition: &Definition, secret: &MacSecret, mut records: &[FeedRecord]) {
        while !records.is_empty() {
            let next = self.due.first_key_value().map(|(next, _)| *next);
            let end = next.map_or(records.len(), |next| {
                records.partition_point(|record| record.sequence <= next)
            });
            let (before, after) = records.split_at(end);
            let shard = <dyn BallotBox>::SHARD;
            tally::fold(&mut self.counted, definition, secret, shard, before);
            if let Some(last) = before.last() {
                self.compare(last.sequence);
            }
            if !after.is_empty()
                && let Some(missed) = next.and_then(|next| self.due.remove(&next))
            {
                self.absent.extend(missed);
            }
            records = after;
        }
    }

    /// Compares the tallies that reached `place`, up to which everything is counted.
    fn compare(&mut self, place: Sequence) {
        for (index, stored) in self.due.remove(&place).unwrap_or_default() {
            self.compared.push((index, differences(&self.counted, &stored)));
        }
    }
}

fn problems(counts: &CountsByJurisdiction) -> Vec<String> {
    let mut problems = Vec::new();
    for (jurisdiction, counts) in counts {
        let name = jurisdiction.as_ref().map_or("no jurisdiction", |id| id.as_str());
        if counts.unreadable > 0 {
            problems.push(format!(
                "{} ballots of {name} are forged or can't be read",
                counts.unreadable
            ));
        }
        if counts.alterations > 0 {
            problems.push(format!(
                "{} recorded ballots of {name} were altered",
                counts.alterations
            ));
        }
    }
    problems
}

/// What a region's tally has otherwise than the recount, in words.
pub(super) fn differences(recounted: &Tally, stored: &Tally) -> Vec<String> {
    let (recounted, stored) = (tally::by_jurisdiction(recounted), tally::by_jurisdiction(stored));
    let none = Counts::default();
    let mut jurisdictions: Vec<_> = recounted.keys().chain(stored.keys()).collect();
    jurisdictions.sort();
    jurisdictions.dedup();
    let mut differences = Vec::new();
    for jurisdiction in jurisdictions {
        let (theirs, ours) = (
            stored.get(jurisdiction).unwrap_or(&none),
            recounted.get(jurisdiction).unwrap_or(&none),
        );
        let name = jurisdiction.as_ref().map_or("no jurisdiction", |id| id.as_str());
        let mut compare = |what: String, theirs: u64, ours: u64| {
            if theirs != ours {
                differences.push(format!("{name}: {what}: {theirs} in the tally, {ours} recounted"));
            }
        };
        compare("ballots".into(), theirs.ballots, ours.ballots);
        compare("unreadable ballots".into(), theirs.unreadable, ours.unreadable);
        compare("alterations".into(), theirs.alterations, ours.alterations);
        let mut contests: Vec<_> = ours.contests.keys().chain(theirs.contests.keys()).collect();
        contests.sort();
        contests.dedup();
        for contest in contests {
            let theirs = theirs.contests.get(contest).cloned().unwrap_or_default();
            let ours = ours.contests.get(contest).cloned().unwrap_or_default();
            compare(format!("{contest}: blank ballots"), theirs.blank, ours.blank);
            compare(
                format!("{contest}: undervotes"),
                theirs.undervotes,
                ours.undervotes,
            );
            compare(format!("{contest}: write-ins"), theirs.write_ins, ours.write_ins);
            let mut candidates: Vec<_> = ours.votes.keys().chain(theirs.votes.keys()).collect();
            candidates.sort();
            candidates.dedup();
            for candidate in candidates {
                let votes = |counts: &tally::ContestCounts| counts.votes.get(candidate).copied().unwrap_or(0);
                compare(format!("{contest}: {candidate}"), votes(&theirs), votes(&ours));
            }
        }
    }
    differences
}
