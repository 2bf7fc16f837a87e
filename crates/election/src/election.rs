//! Owns what an opened election consists of, in whichever edition: its use cases on the edition's stores, with
//! the secrets that it was created with.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use election_core::definition::Definition;
use election_core::keys::{BallotSecret, MacSecret, RollSecret};
use election_core::phase::Phase;
use election_service::enqueuer::{BallotSecretSlot, Enqueuer};
use election_service::metrics::Metrics;
use election_service::operations::{OperationError, Operations, Settling};
use election_service::phase_cache::PhaseCache;
use election_service::ports::{BallotBox, ElectionRecord, Elections, KeyVault, Secrets, VoterRoll};
use election_service::processor::Processor;
use election_service::regions::{Region, Regions};
use election_service::registration::Registrar;
use election_service::results::ResultsReader;
use election_service::tally::TallyFolder;
use election_sqlite::SqliteStore;

use crate::failure::Failure;

/// Where an election is kept.
pub(crate) enum Edition {
    /// In a data folder that this process alone has open.
    Local(SqliteStore),
    /// In AWS, for anybody who may.
    #[cfg(feature = "aws")]
    Aws,
}

/// What an edition brings.
pub(crate) struct Parts {
    pub(crate) edition: Edition,
    pub(crate) record: ElectionRecord,
    pub(crate) definition: Arc<Definition>,
    pub(crate) elections: Arc<dyn Elections>,
    pub(crate) roll: Arc<dyn VoterRoll>,
    pub(crate) ballots: Arc<dyn BallotBox>,
    pub(crate) vault: Arc<dyn KeyVault>,
    pub(crate) secrets: Secrets,
    pub(crate) regions: Regions,
    pub(crate) settling: Settling,
    /// As [`Processor::pace`].
    pub(crate) processor_pace: Duration,
}

/// An opened election.
pub(crate) struct Election {
    pub(crate) edition: Edition,
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
}

/// The definition of a stored election.
pub(crate) fn stored_definition(record: &ElectionRecord) -> Result<Arc<Definition>, Failure> {
    let definition = Definition::parse(&record.definition);
    let unreadable =
        |errors| Failure::Configuration(format!("the stored definition can't be read: {errors}"));
    definition.map(Arc::new).map_err(unreadable)
}

impl Election {
    /// Composes the use cases; refused if the secrets aren't the election's.
    pub(crate) fn of(parts: Parts) -> Result<Self, Failure> {
        let Parts {
            edition,
            record,
            definition,
            elections,
            roll,
            ballots,
            vault,
            secrets,
            regions,
            settling,
            processor_pace,
        } = parts;
        let (roll_secret, ballot_secret, mac_secret) = unwrap(&edition, &secrets, &definition, &record)?;
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
            pace: processor_pace,
        });
        let operations = Arc::new(Operations {
            definition: definition.clone(),
            elections,
            roll,
            ballots,
            vault,
            mac_secret: mac_secret.clone(),
            ballot_secret: ballot_secret.clone(),
            regions: regions.clone(),
            phase,
            folder: folder.clone(),
            settling,
        });
        Ok(Self {
            edition,
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
            phase: self.operations.phase.clone(),
            region: region.clone(),
            regions: self.regions.clone(),
            second_copy_delay: self.operations.settling.second_copy_delay,
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

    /// Deletes what only a lost region holds, where that is for this process to do.
    pub(crate) async fn remove_region(&self, region: &Region) -> Result<(), OperationError> {
        match &self.edition {
            Edition::Local(store) => store.remove_region(region.name()).await.map_err(|error| {
                OperationError::Refused(format!("region {} is lost, but {error}", region.name()))
            }),
            #[cfg(feature = "aws")]
            Edition::Aws => Ok(()),
        }
    }

    /// Lets go of the stores, with everything written.
    pub(crate) async fn close(&self) {
        match &self.edition {
            Edition::Local(store) => store.close().await,
            #[cfg(feature = "aws")]
            Edition::Aws => {}
        }
    }
}

/// Prepares the secrets; other ones than the election was created with are refused.
fn unwrap(
    edition: &Edition,
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
    let is_optional = !matches!(edition, Edition::Local(_));
    let same_ballot = match &ballot {
        Some(ballot) => *ballot.fingerprint() == expected.ballot,
        // On AWS the command doesn't ask for it. A destruction that was interrupted is done by the next
        // `election keys destroy`.
        None => is_optional || record.phase.phase == Phase::Certified,
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
