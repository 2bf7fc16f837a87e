//! Owns the answers about results: the live tally of a region, or the certified recount.

use std::collections::BTreeMap;
use std::sync::Arc;

use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use election_core::phase::Phase;
use election_core::results::{Results, ResultsInput};
use election_core::tally::{self, Counts};
use time::OffsetDateTime;

use crate::phase_cache::PhaseCache;
use crate::ports::{BallotBox, Elections, PortError, PortResult, TallyStore};
use crate::regions::Regions;
use crate::tally::lag;

/// Counts by jurisdiction, as results are made of.
pub type CountsByJurisdiction = BTreeMap<Option<JurisdictionId>, Counts>;

/// Makes results.
pub struct ResultsReader {
    /// The election.
    pub definition: Arc<Definition>,
    /// The phase and the certified counts.
    pub elections: Arc<dyn Elections>,
    /// The phase, as it is cached.
    pub phase: PhaseCache,
    /// Tells how far tallies are behind.
    pub ballots: Arc<dyn BallotBox>,
    /// All regions: counting is complete once no queue holds a ballot.
    pub regions: Regions,
}

impl ResultsReader {
    /// The results as a region knows them now.
    pub async fn read(&self, tallies: &dyn TallyStore) -> PortResult<Results> {
        let phase = self.phase.phase().await?;
        if phase.phase == Phase::Certified {
            let record = self.elections.load().await?;
            let bytes = record.and_then(|record| record.certified);
            let bytes = bytes.ok_or_else(|| PortError::Corrupt("certified without counts".to_owned()))?;
            let counts = decode_counts(&bytes)?;
            return Ok(self.make(Phase::Certified, true, Some(phase.since), Some(0), &counts));
        }
        // The queues before the tally: what leaves a queue in between is in the box, and the tally behind.
        let all_recorded = phase.phase >= Phase::Closed && self.all_are_recorded(phase.phase).await?;
        let stored = tallies.load().await?;
        let lag = lag(
            &self.definition,
            self.ballots.as_ref(),
            &self.phase,
            &stored.tally,
        )
        .await?;
        let complete = all_recorded && lag.is_none_or(|lag| lag == 0);
        let counts = tally::by_jurisdiction(&stored.tally);
        Ok(self.make(phase.phase, complete, stored.updated_at, lag, &counts))
    }

    /// The results that a recount of all ballots gives, where no region is there to ask.
    pub fn of_counts(&self, phase: Phase, counts: &CountsByJurisdiction) -> Results {
        self.make(phase, false, None, Some(0), counts)
    }

    fn make(
        &self,
        phase: Phase,
        complete: bool,
        last_updated: Option<OffsetDateTime>,
        tally_lag: Option<u64>,
        counts: &CountsByJurisdiction,
    ) -> Results {
        let definition = &self.definition;
        Results::new(&ResultsInput {
            definition,
            phase,
            complete,
            last_updated,
            tally_lag,
            counts,
        })
    }

    /// Whether no queue holds a ballot, and none was set aside. Where that can't be told at once, it is known
    /// from `certifying` on, which begins only when it has been seen for long enough.
    async fn all_are_recorded(&self, phase: Phase) -> PortResult<bool> {
        if !self.ballots.can_be_followed() {
            return Ok(phase >= Phase::Certifying);
        }
        for stores in self.regions.iter().filter_map(|region| region.kept_stores()) {
            let depth = stores.intake.depth().await?;
            if depth.primaries + depth.copies > 0 {
                return Ok(false);
            }
        }
        Ok(self.ballots.dead_letters().await?.is_empty())
    }
}

/// Writes counts for [`Elections::certify`].
pub(crate) fn encode_counts(counts: &CountsByJurisdiction) -> PortResult<Vec<u8>> {
    let pairs: Vec<_> = counts.iter().collect();
    serde_json::to_vec(&pairs)
        .map_err(|error| PortError::Corrupt(format!("counts can't be written: {error}")))
}

/// Reads what [`encode_counts`] wrote.
pub(crate) fn decode_counts(bytes: &[u8]) -> PortResult<CountsByJurisdiction> {
    let pairs: Vec<(Option<JurisdictionId>, Counts)> = serde_json::from_slice(bytes)
        .map_err(|error| PortError::Corrupt(format!("the certified counts can't be read: {error}")))?;
    Ok(pairs.into_iter().collect())
}
