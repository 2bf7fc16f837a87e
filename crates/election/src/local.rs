//! Owns the local edition: how an election in a data folder is opened.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use election_core::identifiers::RegionName;
use election_service::operations::Settling;
use election_service::ports::{KeyVault, RegionState};
use election_service::regions::{Region, RegionStores, Regions};
use election_sqlite::{KeyFile, KeyFileError, OpenError, SqliteStore};

use crate::cli::Place;
use crate::election::{Edition, Election, Parts, stored_definition};
use crate::failure::Failure;
use crate::faults;
use crate::init::keys_path;

/// The longest that answering a request takes.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(5);
const PROCESSOR_TIMEOUT: Duration = Duration::from_secs(1);
const PROCESSOR_PACE: Duration = Duration::from_millis(500);
/// The delay of second copies, unless `serve` is told otherwise.
pub(crate) const SECOND_COPY_DELAY: Duration = Duration::from_secs(5);

/// Opens the election of a store: with the given regions, or those that it knows.
pub(crate) async fn open(
    store: SqliteStore,
    place: &Place,
    regions: &[RegionName],
    second_copy_delay: Duration,
) -> Result<Election, Failure> {
    let store = store.with_visibility(VISIBILITY_TIMEOUT);
    let elections = faults::elections(store.elections());
    let record = elections
        .load()
        .await?
        .ok_or_else(|| no_election(store.folder()))?;
    let definition = stored_definition(&record)?;
    let vault = KeyFile::open(&keys_path(place)?, definition.id()).map_err(keys_failure)?;
    let secrets = vault
        .secrets()
        .await
        .map_err(|error| Failure::Configuration(error.to_string()))?;
    let regions = open_regions(&store, regions).await?;
    Election::of(Parts {
        record,
        roll: faults::roll(store.voter_roll()),
        ballots: faults::ballots(store.ballot_box(definition.hash())),
        definition,
        elections,
        vault: faults::vault(Arc::new(vault)),
        secrets,
        regions,
        settling: Settling {
            request_timeout: REQUEST_TIMEOUT,
            second_copy_delay,
            visibility_timeout: VISIBILITY_TIMEOUT,
            processor_timeout: PROCESSOR_TIMEOUT,
            quiet: Duration::ZERO,
        },
        processor_pace: PROCESSOR_PACE,
        edition: Edition::Local(store),
    })
}

/// Opens the asked-for regions, which must include all that may hold votes; or all that the store knows.
async fn open_regions(store: &SqliteStore, asked: &[RegionName]) -> Result<Regions, Failure> {
    let elections = faults::elections(store.elections());
    let known = elections.region_states().await?;
    if !asked.is_empty()
        && let Some((name, _)) = known
            .iter()
            .find(|(name, state)| *state != RegionState::Lost && !asked.contains(name))
    {
        let text = format!(
            "region {name} of this store is missing from --regions and may hold votes: name it too, or give it \
             up for good with `election region lose {name}`"
        );
        return Err(Failure::Configuration(text));
    }
    let unknown = asked
        .iter()
        .filter(|name| !known.iter().any(|(known, _)| known == *name));
    let new: Vec<_> = unknown.map(|name| (name.clone(), RegionState::Active)).collect();
    for (name, state) in &new {
        elections.declare_region(name, *state).await?;
    }
    let mut regions = Vec::new();
    for (name, state) in known.into_iter().chain(new) {
        let stores = if state == RegionState::Lost {
            // A process that died while it deleted a lost region's files left some behind.
            store.remove_region(&name).await.map_err(open_failure)?;
            None
        } else {
            let opened = store.open_region(&name).await.map_err(open_failure)?;
            Some(RegionStores {
                intake: faults::intake(opened.intake),
                tallies: faults::tallies(opened.tallies),
            })
        };
        regions.push(Arc::new(Region::new(name, state, stores)));
    }
    Ok(Regions::new(regions))
}

/// The regions that a store knows.
pub(crate) async fn known_regions(store: &SqliteStore) -> Result<Vec<RegionName>, Failure> {
    Ok(store
        .elections()
        .region_states()
        .await?
        .into_iter()
        .map(|(name, _)| name)
        .collect())
}

fn no_election(folder: &Path) -> Failure {
    let text = format!(
        "{} holds no election: create one with `election init --definition FILE`, or try `election demo`",
        folder.display()
    );
    Failure::Configuration(text)
}

/// Says what a data folder that can't be opened means to the user.
pub(crate) fn open_failure(error: OpenError) -> Failure {
    match error {
        OpenError::InUse { .. } => Failure::No(error.to_string()),
        other => Failure::Configuration(other.to_string()),
    }
}

/// Says what a key file that can't be used means to the user.
pub(crate) fn keys_failure(error: KeyFileError) -> Failure {
    Failure::Configuration(error.to_string())
}
