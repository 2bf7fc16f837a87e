//! Owns what operators declare of regions.

use std::sync::Arc;

use super::{OperationError, Operations};
use crate::ports::RegionState;
use crate::regions::Region;

impl Operations {
    /// The region of a name that an operator gave.
    pub(super) fn region(&self, name: &str) -> Result<&Arc<Region>, OperationError> {
        self.regions.named(name).ok_or_else(|| {
            let known: Vec<_> = self.regions.iter().map(|region| region.name().as_str()).collect();
            let known = if known.is_empty() {
                "none before the first `election serve`".to_owned()
            } else {
                known.join(", ")
            };
            OperationError::Refused(format!("there is no region {name:?}; there are {known}"))
        })
    }

    /// Takes a region out of service, or back into it; what it holds is kept.
    pub async fn set_region(&self, name: &str, state: RegionState) -> Result<(), OperationError> {
        let region = self.region(name)?;
        if !self.elections.declare_region(region.name(), state).await? {
            return Err(OperationError::Refused(format!(
                "region {name} is lost, and a lost region stays lost"
            )));
        }
        region.become_state(state);
        tracing::info!(region = %region.name(), state = state.as_str(), "the region's state changed");
        Ok(())
    }
}
