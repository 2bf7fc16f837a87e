//! Owns what every function has to know of its election before it answers anything: the definition, and that its
//! secrets are those that the election was created with. Asks for no secret that the function doesn't need.

use std::sync::{Arc, RwLock};

use election_aws::{AwsConnection, AwsVault};
use election_core::definition::{Definition, ResultsPolicy};
use election_core::keys::{BallotSecret, MacSecret, RollSecret};
use election_core::phase::Phase;
use election_service::enqueuer::BallotSecretSlot;
use election_service::phase_cache::PhaseCache;
use election_service::ports::{BallotBox, ElectionRecord, Elections};
use election_service::regions::Regions;
use election_service::results::ResultsReader;

use crate::failure::Failure;

/// The election of the table, as it was when the function started.
pub struct OpenElection {
    /// The definition.
    pub definition: Arc<Definition>,
    /// The election's record.
    pub elections: Arc<dyn Elections>,
    /// The phase as it is cached.
    pub phase: PhaseCache,
    record: ElectionRecord,
}

impl OpenElection {
    /// Reads the election. There has to be one, of a kind that AWS can publish the results of.
    pub async fn load(aws: &AwsConnection) -> Result<Self, Failure> {
        let elections = aws.elections()?;
        let record = elections.load().await;
        let record = record.map_err(|error| Failure::unreadable("the election", &error))?;
        let none = "there is no election yet: create it with `election init --store aws --definition FILE`";
        let record = record.ok_or_else(|| Failure::NotReady(none.to_owned()))?;
        let definition = Definition::parse(&record.definition)
            .map_err(|_| Failure::Configuration("the stored definition can't be read".to_owned()))?;
        if matches!(definition.results(), ResultsPolicy::Live { .. }) {
            let text = "the definition has live results, which AWS can't publish: the regions' streams deliver \
                        different batches, and their differences would tell single ballots";
            return Err(Failure::Configuration(text.to_owned()));
        }
        let phase = PhaseCache::new(elections.clone());
        Ok(Self {
            definition: Arc::new(definition),
            elections,
            phase,
            record,
        })
    }

    /// The key service with this election's secrets.
    pub fn vault(&self, aws: &AwsConnection) -> Result<Arc<AwsVault>, Failure> {
        Ok(aws.vault(self.definition.id())?)
    }

    /// What ballots are authenticated with.
    pub async fn mac_secret(&self, vault: &AwsVault) -> Result<Arc<MacSecret>, Failure> {
        let bytes = vault.mac_secret().await;
        let bytes = bytes.map_err(|error| Failure::unreadable("the MAC secret", &error))?;
        let secret = MacSecret::new(&bytes, self.definition.id(), self.definition.hash());
        self.check(*secret.fingerprint() == self.record.fingerprints.mac)?;
        Ok(Arc::new(secret))
    }

    /// What finds voters.
    pub async fn roll_secret(&self, vault: &AwsVault) -> Result<Arc<RollSecret>, Failure> {
        let bytes = vault.roll_secret().await;
        let bytes = bytes.map_err(|error| Failure::unreadable("the roll secret", &error))?;
        let secret = RollSecret::new(&bytes, self.definition.id());
        self.check(*secret.fingerprint() == self.record.fingerprints.roll)?;
        Ok(Arc::new(secret))
    }

    /// What joins persons to ballots; empty once it is destroyed.
    pub async fn ballot_secret(&self, vault: &AwsVault) -> Result<BallotSecretSlot, Failure> {
        if self.record.keys_destroyed {
            return Ok(Arc::default());
        }
        let bytes = vault.ballot_secret().await;
        let bytes = bytes.map_err(|error| Failure::unreadable("the ballot secret", &error))?;
        let secret = bytes.map(|bytes| BallotSecret::new(&bytes, self.definition.id()));
        self.check(match &secret {
            Some(secret) => *secret.fingerprint() == self.record.fingerprints.ballot,
            // A destruction that was interrupted is done by the next `election keys destroy`.
            None => self.record.phase.phase == Phase::Certified,
        })?;
        Ok(Arc::new(RwLock::new(secret.map(Arc::new))))
    }

    /// What makes results of the counts.
    pub fn results(&self, ballots: Arc<dyn BallotBox>, regions: Regions) -> Arc<ResultsReader> {
        Arc::new(ResultsReader {
            definition: self.definition.clone(),
            elections: self.elections.clone(),
            phase: self.phase.clone(),
            ballots,
            regions,
        })
    }

    fn check(&self, is_same: bool) -> Result<(), Failure> {
        let text = format!(
            "the keys are not those that the election {} was created with",
            self.definition.id()
        );
        if is_same {
            Ok(())
        } else {
            Err(Failure::Configuration(text))
        }
    }
}
