//! Owns the election's record in memory.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use election_core::identifiers::RegionName;
use election_core::phase::Phase;
use election_service::ports::{
    ElectionRecord, Elections, NewElection, PhaseRecord, PortError, PortResult, RegionState,
};
use time::OffsetDateTime;

use super::{MemoryBallotBox, lock};

#[derive(Default)]
struct State {
    election: Option<ElectionRecord>,
    regions: Vec<(RegionName, RegionState)>,
    visits: u64,
}

/// [`Elections`] in memory.
pub struct MemoryElections {
    state: Mutex<State>,
    /// Told when it is too late; rewritten when the keys are destroyed.
    ballots: Arc<MemoryBallotBox>,
}

impl MemoryElections {
    /// No election yet.
    pub fn new(ballots: Arc<MemoryBallotBox>) -> Self {
        Self {
            state: Mutex::default(),
            ballots,
        }
    }

    /// Changes the election if it is in a phase.
    fn change(&self, from: Phase, change: impl FnOnce(&mut ElectionRecord)) -> PortResult<bool> {
        let mut state = lock(&self.state);
        let election = state.election.as_mut().ok_or_else(no_election)?;
        let is_from = election.phase.phase == from;
        if is_from {
            change(election);
            self.ballots
                .set_too_late(election.phase.phase.is_too_late_to_record());
        }
        Ok(is_from)
    }
}

fn no_election() -> PortError {
    PortError::Unavailable("there is no election".to_owned())
}

#[async_trait]
impl Elections for MemoryElections {
    async fn create(&self, election: NewElection) -> PortResult<bool> {
        let mut state = lock(&self.state);
        let is_first = state.election.is_none();
        if is_first {
            state.election = Some(ElectionRecord {
                definition: election.definition,
                fingerprints: election.fingerprints,
                phase: PhaseRecord {
                    phase: Phase::PreElection,
                    since: election.at,
                },
                certified: None,
                keys_destroyed: false,
            });
        }
        Ok(is_first)
    }

    async fn load(&self) -> PortResult<Option<ElectionRecord>> {
        Ok(lock(&self.state).election.clone())
    }

    async fn phase(&self) -> PortResult<PhaseRecord> {
        lock(&self.state)
            .election
            .as_ref()
            .map(|election| election.phase)
            .ok_or_else(no_election)
    }

    async fn change_phase(&self, from: Phase, to: Phase, at: OffsetDateTime) -> PortResult<bool> {
        self.change(from, |election| {
            election.phase = PhaseRecord { phase: to, since: at }
        })
    }

    async fn certify(&self, counts: Vec<u8>, at: OffsetDateTime) -> PortResult<bool> {
        self.change(Phase::Certifying, |election| {
            election.phase = PhaseRecord {
                phase: Phase::Certified,
                since: at,
            };
            election.certified = Some(counts);
        })
    }

    async fn keys_destroyed(&self) -> PortResult<()> {
        lock(&self.state)
            .election
            .as_mut()
            .ok_or_else(no_election)?
            .keys_destroyed = true;
        self.ballots.forget_order();
        Ok(())
    }

    async fn region_states(&self) -> PortResult<Vec<(RegionName, RegionState)>> {
        Ok(lock(&self.state).regions.clone())
    }

    async fn declare_region(&self, region: &RegionName, state: RegionState) -> PortResult<bool> {
        let regions = &mut lock(&self.state).regions;
        match regions.iter_mut().find(|(name, _)| name == region) {
            None => regions.push((region.clone(), state)),
            Some((_, RegionState::Lost)) => return Ok(state == RegionState::Lost),
            Some((_, declared)) => *declared = state,
        }
        Ok(true)
    }

    async fn add_visit(&self) -> PortResult<u64> {
        let mut state = lock(&self.state);
        state.visits += 1;
        Ok(state.visits)
    }

    async fn visits(&self) -> PortResult<u64> {
        Ok(lock(&self.state).visits)
    }
}
