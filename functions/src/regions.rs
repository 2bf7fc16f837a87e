//! Owns which regions a function knows, and what of each. What the operators declare of them is followed, never
//! decided here.

use std::sync::Arc;

use election_aws::AwsConnection;
use election_aws::settings::{REGION, REPLICA_REGION};
use election_service::ports::{Elections, Intake, RegionState, TallyStore};
use election_service::regions::{DeclaredStates, Region, RegionStores, Regions};

use crate::absent::Absent;
use crate::failure::Failure;

/// What a function needs of the regions.
#[derive(Clone, Copy)]
pub struct Parts {
    /// All regions' queues.
    pub queues: bool,
    /// The tally that is counted nearest to it.
    pub tally: bool,
}

/// A function's own region among all.
pub struct OwnRegion {
    /// Where it runs.
    pub region: Arc<Region>,
    /// All of them, as the variable has them.
    pub regions: Regions,
    /// What is declared of them.
    pub states: DeclaredStates,
}

impl OwnRegion {
    /// All regions in the states that are declared now. A region of which nothing was declared is active.
    pub async fn open(
        aws: &AwsConnection,
        elections: &Arc<dyn Elections>,
        parts: Parts,
    ) -> Result<Self, Failure> {
        let own = aws.settings().region(REGION)?;
        let replica = aws.settings().region(REPLICA_REGION)?;
        let declared = elections.region_states().await;
        let declared = declared.map_err(|error| Failure::unreadable("the regions' states", &error))?;
        let mut regions = Vec::new();
        for name in aws.settings().regions()? {
            let state = declared.iter().find(|(declared, _)| *declared == name);
            let state = state.map_or(RegionState::Active, |(_, state)| *state);
            let intake: Arc<dyn Intake> = if parts.queues {
                aws.intake(&name)?
            } else {
                Arc::new(Absent)
            };
            let tallies: Arc<dyn TallyStore> = if parts.tally && name == own {
                aws.tallies(&replica)?
            } else {
                Arc::new(Absent)
            };
            regions.push(Arc::new(Region::new(
                name,
                state,
                Some(RegionStores { intake, tallies }),
            )));
        }
        let region = regions.iter().find(|region| *region.name() == own).cloned();
        let region = region.ok_or_else(|| Failure::Configuration(format!("{own} is none of the regions")))?;
        let regions = Regions::new(regions);
        let states = DeclaredStates::new(elections.clone(), regions.clone());
        Ok(Self {
            region,
            regions,
            states,
        })
    }
}
