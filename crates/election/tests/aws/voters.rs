//! Owns the voters of these tests, and the enqueuers that accept their votes.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use election_aws::AwsConnection;
use election_aws::settings::Settings;
use election_core::ballot::BallotId;
use election_core::content::Selections;
use election_core::definition::Definition;
use election_core::keys::{BallotSecret, MacSecret, RollSecret};
use election_core::voter_id::VoterId;
use election_service::enqueuer::{Accepted, CastError, Enqueuer, Vote};
use election_service::phase_cache::PhaseCache;
use election_service::ports::RegionState;
use election_service::regions::{Region, RegionStores, Regions};
use election_testkit::fixtures::{self, region};

use crate::cloud::Cloud;

/// Two jurisdictions and several contests.
pub(crate) const DEFINITION: &str = fixtures::DEFINITION;

/// A roll whose people live in the north and the south in turn.
pub(crate) fn roll(people: usize) -> String {
    let rows = (0..people).map(|number| {
        let place = fixtures::jurisdiction(number as u64);
        format!("v-{number},Person {number},Street {number},{place}\n")
    });
    let rows: Vec<String> = rows.collect();
    format!("external_id,name,address,jurisdiction\n{}", rows.concat())
}

/// The voter ids of letters, in their order.
pub(crate) fn ids(letters: &str) -> Vec<String> {
    letters
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect()
}

/// An enqueuer in each region.
pub(crate) struct Booths(Vec<Enqueuer>);

impl Booths {
    pub(crate) async fn open(cloud: &Cloud) -> Self {
        let settings = cloud.settings.clone();
        let settings = Settings::new(move |name| {
            let found = settings.iter().find(|(known, _)| known == name);
            found
                .map(|(_, value)| value.clone())
                .or_else(|| std::env::var(name).ok())
        });
        let aws = AwsConnection::open(settings).await;
        let Ok(definition) = Definition::parse(DEFINITION.as_bytes()) else {
            panic!("the definition is valid")
        };
        let definition = Arc::new(definition);
        let vault = aws.vault(definition.id()).unwrap();
        let roll = vault.roll_secret().await.unwrap();
        let ballot = vault.ballot_secret().await.unwrap().unwrap();
        let mac = vault.mac_secret().await.unwrap();
        let regions: Vec<_> = (0..3)
            .map(|number| {
                let name = region(number);
                let stores = RegionStores {
                    intake: aws.intake(&name).unwrap(),
                    tallies: aws.tallies(&name).unwrap(),
                };
                Arc::new(Region::new(name, RegionState::Active, Some(stores)))
            })
            .collect();
        let enqueuer = |own: &Arc<Region>| Enqueuer {
            definition: definition.clone(),
            roll_secret: Arc::new(RollSecret::new(&roll, definition.id())),
            ballot_secret: Arc::new(RwLock::new(Some(Arc::new(BallotSecret::new(
                &ballot,
                definition.id(),
            ))))),
            mac_secret: Arc::new(MacSecret::new(&mac, definition.id(), definition.hash())),
            roll: aws.voter_roll().unwrap(),
            ballots: aws.ballot_box(definition.hash()).unwrap(),
            phase: PhaseCache::new(aws.elections().unwrap()),
            region: own.clone(),
            regions: Regions::new(regions.clone()),
            second_copy_delay: Duration::from_secs(1),
        };
        Self(regions.iter().map(enqueuer).collect())
    }

    /// Casts one of the ballots that a voter could cast, in a region.
    pub(crate) async fn cast(&self, region: usize, id: &str, variant: u64) -> Result<Accepted, CastError> {
        let enqueuer = &self.0[region];
        let voter_id = VoterId::parse(id).unwrap();
        let jurisdiction = enqueuer.eligibility(&voter_id).await?.jurisdiction;
        let voter = u64::from(jurisdiction.as_str() != "north");
        let mut ballot_id = [u8::try_from(variant).unwrap(); 16];
        for (byte, character) in ballot_id.iter_mut().zip(id.bytes()) {
            *byte ^= character;
        }
        let selections: Selections = fixtures::selections(voter, variant);
        enqueuer
            .cast(&Vote {
                voter_id,
                ballot_id: BallotId::from_bytes(ballot_id),
                selections,
                election_hash: None,
            })
            .await
    }
}
