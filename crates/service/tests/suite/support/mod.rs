//! Owns the composition that the tests run on: the use cases and the API over the store in memory, put
//! together as the `election` command does it, with a plan of faults for each part.

pub(crate) mod client;
pub(crate) mod delivered;
mod driving;
mod scripted_roll;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use election_core::definition::Definition;
use election_core::keys::{BallotSecret, MacSecret, RollSecret};
use election_core::phase::Phase;
use election_service::enqueuer::{BallotSecretSlot, Enqueuer, Vote};
use election_service::http::{
    ApiSettings, HealthApi, ReadingApi, Refusals, VotingApi, health_routes, reading_routes, region_router,
    site, voting_routes,
};
use election_service::metrics::Metrics;
use election_service::operations::{Operations, Settling};
use election_service::phase_cache::PhaseCache;
use election_service::ports::{Elections, Intake, NewElection, RegionState, TallyStore, VoterRoll};
use election_service::processor::Processor;
use election_service::regions::{Region, RegionStores, Regions};
use election_service::registration::Registrar;
use election_service::results::ResultsReader;
use election_service::tally::TallyFolder;
use election_testkit::Faulty;
use election_testkit::faults::Faults;
use election_testkit::fixtures::{self, BALLOT_SECRET, DEFINITION, MAC_SECRET, ROLL_SECRET};
use election_testkit::memory::MemoryStore;
use time::OffsetDateTime;
use tokio::sync::watch;

pub(crate) use scripted_roll::ScriptedRoll;

pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
pub(crate) const SECOND_COPY_DELAY: Duration = Duration::from_secs(5);
const VISIBILITY: Duration = Duration::from_secs(5);
const PROCESSOR_TIMEOUT: Duration = Duration::from_secs(1);
const PACE: Duration = Duration::from_millis(500);

/// The website, as served from another origin than the API.
pub(crate) const WEBSITE: &str = "https://vote.example";

/// The testkit's election with live results in steps, and a contest of the north alone.
pub(crate) fn live_definition(step: u32) -> String {
    let head = format!("title = \"Testkit\"\nresults = \"live\"\nlive_step = {step}\n");
    let dues = r#"
[[contests]]
id = "dues"
title = "Dues"
votes_allowed = 1
jurisdictions = ["north"]
candidates = [{ id = "yes", name = "Yes", party = { default = "Payers", north = "North Payers" } }, { id = "no", name = "No" }]
"#;
    DEFINITION.replacen("title = \"Testkit\"\n", &head, 1) + dues
}

/// An election in three regions and everything that works on it.
pub(crate) struct Election {
    pub(crate) memory: MemoryStore,
    /// Of what all regions share.
    pub(crate) faults: Faults,
    /// Of each region's queue and tally.
    pub(crate) region_faults: Vec<Faults>,
    pub(crate) roll: Arc<ScriptedRoll>,
    pub(crate) definition: Arc<Definition>,
    pub(crate) mac_secret: Arc<MacSecret>,
    pub(crate) operations: Arc<Operations>,
    pub(crate) results: Arc<ResultsReader>,
    pub(crate) folder: Arc<TallyFolder>,
    pub(crate) processor: Arc<Processor>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) regions: Regions,
    pub(crate) enqueuers: Vec<Arc<Enqueuer>>,
    pub(crate) stopping: watch::Sender<bool>,
    phase: PhaseCache,
    roll_secret: Arc<RollSecret>,
}

impl Election {
    /// The testkit's election with ten voters, open.
    pub(crate) async fn open() -> Self {
        let election = Self::of(DEFINITION).await;
        election.register(0..10).await;
        election.enter(Phase::Open).await;
        election
    }

    /// An election of another definition of the same id, before it opens, with nobody on its roll.
    pub(crate) async fn of(definition: &str) -> Self {
        let memory = MemoryStore::new(3, VISIBILITY);
        let bytes = definition.as_bytes().to_vec();
        let created = NewElection {
            definition: bytes.clone(),
            at: long_ago(),
            ..fixtures::new_election()
        };
        assert!(memory.elections.create(created).await.unwrap());
        let Ok(definition) = Definition::parse(&bytes) else {
            panic!("the test's definition is valid")
        };
        Self::compose(memory, Arc::new(definition)).await
    }

    async fn compose(memory: MemoryStore, definition: Arc<Definition>) -> Self {
        let faults = Faults::default();

        let region_faults: Vec<Faults> = memory.regions.iter().map(|_| Faults::default()).collect();
        let roll = Arc::new(ScriptedRoll::new(memory.roll.clone()));
        let shared = memory.stores().faulty(&faults);
        let scripted: Arc<dyn VoterRoll> = roll.clone();
        let faulty_roll = Faulty::roll(&scripted, &faults);

        let mut regions = Vec::new();
        for (own, faults) in memory.regions.iter().zip(&region_faults) {
            let (intake, tallies): (Arc<dyn Intake>, Arc<dyn TallyStore>) =
                (own.intake.clone(), own.tallies.clone());
            memory
                .elections
                .declare_region(&own.name, RegionState::Active)
                .await
                .unwrap();
            let stores = RegionStores {
                intake: Faulty::intake(&intake, faults),
                tallies: Faulty::tallies(&tallies, faults),
            };
            regions.push(Arc::new(Region::new(
                own.name.clone(),
                RegionState::Active,
                Some(stores),
            )));
        }
        let regions = Regions::new(regions);

        let roll_secret = Arc::new(RollSecret::new(&ROLL_SECRET, definition.id()));
        let ballot_secret = Arc::new(BallotSecret::new(&BALLOT_SECRET, definition.id()));
        let ballot_secret: BallotSecretSlot = Arc::new(RwLock::new(Some(ballot_secret)));
        let mac_secret = Arc::new(MacSecret::new(&MAC_SECRET, definition.id(), definition.hash()));
        let phase = PhaseCache::new(shared.elections.clone());
        let metrics = Arc::new(Metrics::default());
        let folder = Arc::new(TallyFolder::new(
            definition.clone(),
            mac_secret.clone(),
            shared.ballots.clone(),
            phase.clone(),
        ));
        let results = Arc::new(ResultsReader {
            definition: definition.clone(),
            elections: shared.elections.clone(),
            phase: phase.clone(),
            ballots: shared.ballots.clone(),
            regions: regions.clone(),
        });
        let processor = Arc::new(Processor {
            mac_secret: mac_secret.clone(),
            ballots: shared.ballots.clone(),
            metrics: metrics.clone(),
            pace: PACE,
        });
        let operations = Arc::new(Operations {
            definition: definition.clone(),
            elections: shared.elections.clone(),
            roll: faulty_roll.clone(),
            ballots: shared.ballots.clone(),
            vault: shared.vault.clone(),
            mac_secret: mac_secret.clone(),
            ballot_secret: ballot_secret.clone(),
            regions: regions.clone(),
            phase: phase.clone(),
            folder: folder.clone(),
            settling: Settling {
                request_timeout: REQUEST_TIMEOUT,
                second_copy_delay: SECOND_COPY_DELAY,
                visibility_timeout: VISIBILITY,
                processor_timeout: PROCESSOR_TIMEOUT,
                quiet: Duration::ZERO,
            },
        });
        let enqueuer = |region: &Arc<Region>| {
            Arc::new(Enqueuer {
                definition: definition.clone(),
                roll_secret: roll_secret.clone(),
                ballot_secret: ballot_secret.clone(),
                mac_secret: mac_secret.clone(),
                roll: faulty_roll.clone(),
                ballots: shared.ballots.clone(),
                phase: phase.clone(),
                region: region.clone(),
                regions: regions.clone(),
                second_copy_delay: SECOND_COPY_DELAY,
            })
        };
        let enqueuers = regions.iter().map(enqueuer).collect();
        Self {
            memory,
            faults,
            region_faults,
            roll,
            definition,
            mac_secret,
            operations,
            results,
            folder,
            processor,
            metrics,
            regions,
            enqueuers,
            stopping: watch::channel(false).0,
            phase,
            roll_secret,
        }
    }

    /// The whole API without a limit on refused ids, for a website of another origin.
    pub(crate) fn site(&self) -> Router {
        self.site_with_limit(None)
    }

    /// The whole API with a limit on refused ids per minute.
    pub(crate) fn site_with_limit(&self, limit: Option<NonZeroU32>) -> Router {
        let refusals = Arc::new(Refusals::new(limit));
        let settings = ApiSettings {
            website_origin: Some(HeaderValue::from_static(WEBSITE)),
            request_timeout: REQUEST_TIMEOUT,
        };
        let router = |enqueuer: &Arc<Enqueuer>| {
            let region = &enqueuer.region;
            let voting = voting_routes(VotingApi {
                enqueuer: enqueuer.clone(),
                metrics: self.metrics.clone(),
                refusals: refusals.clone(),
            });
            let reading = reading_routes(ReadingApi::new(region.clone(), self.results.clone()));
            let health = health_routes(HealthApi {
                region: region.clone(),
                roll: self.operations.roll.clone(),
                results: self.results.clone(),
                stopping: self.stopping.subscribe(),
            });
            let routes = voting.merge(reading).merge(health);
            let router = region_router(region.clone(), self.metrics.clone(), &settings, routes);
            (region.name().clone(), router)
        };
        let routers: BTreeMap<_, _> = self.enqueuers.iter().map(router).collect();
        site(self.regions.clone(), routers)
    }

    /// What puts people on the roll.
    pub(crate) fn registrar(&self) -> Registrar {
        Registrar::new(
            self.definition.clone(),
            self.roll_secret.clone(),
            self.operations.roll.clone(),
            self.operations.vault.clone(),
        )
    }
}

/// One of a voter's votes, as their page makes it.
pub(crate) fn vote(voter: u64, variant: u64) -> Vote {
    Vote {
        voter_id: fixtures::voter_id(voter, 0),
        ballot_id: fixtures::ballot(voter, variant).id,
        selections: fixtures::selections(voter, variant),
        election_hash: None,
    }
}

/// An hour ago: longer than anything settles.
pub(crate) fn long_ago() -> OffsetDateTime {
    OffsetDateTime::now_utc() - Duration::from_secs(3_600)
}
