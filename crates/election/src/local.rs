//! Owns the composition of the local edition: which adapters the use cases of one machine run on.

use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use election_core::definition::Definition;
use election_core::identifiers::RegionName;
use election_core::keys::{BallotSecret, MacSecret, RollSecret};
use election_core::phase::Phase;
use election_service::enqueuer::{BallotSecretSlot, Enqueuer};
use election_service::metrics::Metrics;
use election_service::operations::{Operations, Settling};
use election_service::phase_cache::PhaseCache;
use election_service::ports::{ElectionRecord, KeyVault, RegionState, Secrets};
use election_service::processor::Processor;
use election_service::regions::{Region, RegionStores, Regions};
use election_service::registration::Registrar;
use election_service::results::ResultsReader;
use election_service::tally::TallyFolder;
use election_sqlite::{KeyFile, KeyFileError, OpenError, SqliteStore};

use crate::cli::Place;
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

/// An election of one machine, opened by this process alone.
pub(crate) struct LocalElection {
    pub(crate) store: SqliteStore,
    pub(crate) definition: Arc<Definition>,
    pub(crate) operations: Arc<Operations>,
    pub(crate) results: Arc<ResultsReader>,
    pub(crate) folder: Arc<TallyFolder>,
    pub(crate) processor: Arc<Processor>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) regions: Regions,
    /// Held while letters are written: two imports at once could give one person two of them.
    pub(crate) registering: tokio::sync::Mutex<()>,
    /// Held while files are exported: each export completes the certificate that the one before left.
    pub(crate) exporting: tokio::sync::Mutex<()>,
    roll_secret: Arc<RollSecret>,
    ballot_secret: BallotSecretSlot,
    mac_secret: Arc<MacSecret>,
    phase: PhaseCache,
    second_copy_delay: Duration,
}

impl LocalElection {
    /// Composes the election of an opened store: with the given regions, or those that it knows.
    pub(crate) async fn of(
        store: SqliteStore,
        place: &Place,
        regions: &[RegionName],
        second_copy_delay: Duration,
    ) -> Result<Self, Failure> {
        let store = store.with_visibility(VISIBILITY_TIMEOUT);
        let elections = faults::elections(store.elections());
        let record = elections
            .load()
            .await?
            .ok_or_else(|| no_election(store.folder()))?;
        let definition = Definition::parse(&record.definition).map_err(|errors| {
            Failure::Configuration(format!("the stored definition can't be read: {errors}"))
        })?;
        let definition = Arc::new(definition);
        let vault = KeyFile::open(&keys_path(place), definition.id()).map_err(keys_failure)?;
        let secrets = vault
            .secrets()
            .await
            .map_err(|error| Failure::Configuration(error.to_string()))?;
        let (roll_secret, ballot_secret, mac_secret) = unwrap(&secrets, &definition, &record)?;
        let vault = faults::vault(Arc::new(vault));

        let regions = open_regions(&store, regions).await?;
        let roll = faults::roll(store.voter_roll());
        let ballots = faults::ballots(store.ballot_box(definition.hash()));
        let phase = PhaseCache::new(elections.clone());
        let metrics = Arc::new(Metrics::default());
        let folder = Arc::new(TallyFolder::new(
            definition.clone(),
            mac_secret.clone(),
            ballots.clone(),
            phase.clone(),
        ));
        let results = Arc::new(ResultsReader {
            definition: definition.clone(),
            elections: elections.clone(),
            phase: phase.clone(),
            ballots: ballots.clone(),
            regions: regions.clone(),
        });
        let processor = Arc::new(Processor {
            mac_secret: mac_secret.clone(),
            ballots: ballots.clone(),
            metrics: metrics.clone(),
            pace: PROCESSOR_PACE,
        });
        let settling = Settling {
            request_timeout: REQUEST_TIMEOUT,
            second_copy_delay,
            visibility_timeout: VISIBILITY_TIMEOUT,
            processor_timeout: PROCESSOR_TIMEOUT,
            quiet: Duration::ZERO,
        };
        let operations = Arc::new(Operations {
            definition: definition.clone(),
            elections,
            roll,
            ballots,
            vault,
            mac_secret: mac_secret.clone(),
            ballot_secret: ballot_secret.clone(),
            regions: regions.clone(),
            phase: phase.clone(),
            folder: folder.clone(),
            settling,
        });
        Ok(Self {
            store,
            definition,
            operations,
            results,
            folder,
            processor,
            metrics,
            regions,
            registering: tokio::sync::Mutex::default(),
            exporting: tokio::sync::Mutex::default(),
            roll_secret,
            ballot_secret,
            mac_secret,
            phase,
            second_copy_delay,
        })
    }

    /// What accepts votes in a region.
    pub(crate) fn enqueuer(&self, region: &Arc<Region>) -> Enqueuer {
        Enqueuer {
            definition: self.definition.clone(),
            roll_secret: self.roll_secret.clone(),
            ballot_secret: self.ballot_secret.clone(),
            mac_secret: self.mac_secret.clone(),
            roll: self.operations.roll.clone(),
            ballots: self.operations.ballots.clone(),
            phase: self.phase.clone(),
            region: region.clone(),
            regions: self.regions.clone(),
            second_copy_delay: self.second_copy_delay,
        }
    }

    /// What puts people on the roll.
    pub(crate) fn registrar(&self) -> Registrar {
        let operations = &self.operations;
        let (definition, roll_secret) = (self.definition.clone(), self.roll_secret.clone());
        Registrar::new(
            definition,
            roll_secret,
            operations.roll.clone(),
            operations.vault.clone(),
        )
    }
}

/// Prepares the secrets; other ones than the election was created with are refused.
fn unwrap(
    secrets: &Secrets,
    definition: &Definition,
    record: &ElectionRecord,
) -> Result<(Arc<RollSecret>, BallotSecretSlot, Arc<MacSecret>), Failure> {
    let roll = RollSecret::new(&secrets.roll, definition.id());
    let mac = MacSecret::new(&secrets.mac, definition.id(), definition.hash());
    let ballot = secrets
        .ballot
        .as_ref()
        .map(|secret| BallotSecret::new(secret, definition.id()));
    let expected = &record.fingerprints;
    let same_ballot = match &ballot {
        Some(ballot) => *ballot.fingerprint() == expected.ballot,
        // A destruction that was interrupted is done by the next `election keys destroy`.
        None => record.phase.phase == Phase::Certified,
    };
    if *roll.fingerprint() != expected.roll || *mac.fingerprint() != expected.mac || !same_ballot {
        let text = format!(
            "the keys are not those that election {} was created with: give its own key file with --keys",
            definition.id()
        );
        return Err(Failure::Configuration(text));
    }
    let ballot = ballot.filter(|_| !record.keys_destroyed).map(Arc::new);
    Ok((Arc::new(roll), Arc::new(RwLock::new(ballot)), Arc::new(mac)))
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
