//! Owns how tests reach an engine: settings, credentials and connections of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient};
use election_aws::AwsConnection;
use election_aws::settings::Settings;
use election_core::identifiers::RegionName;
use election_service::ports::{BallotBox, Elections, TallyStore, VoterRoll};
use election_testkit::engines::dynamodb::{DynamoDb, TABLES};
use election_testkit::fixtures::definition;

use crate::wire::Wire;

pub(crate) const REGIONS: usize = 3;

pub(crate) fn region(number: usize) -> RegionName {
    election_testkit::fixtures::region(number)
}

/// An engine with all tables.
pub(crate) struct Dynamo {
    pub(crate) engine: DynamoDb,
    /// The SDK throttles itself by region and process: no test may slow down another.
    pub(crate) region: RegionName,
}

impl Dynamo {
    pub(crate) async fn start() -> Self {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::SeqCst);
        let own = RegionName::parse(&format!("own-{number}")).unwrap();
        let regions: Vec<RegionName> = (0..REGIONS).map(region).chain([own.clone()]).collect();
        Self {
            engine: DynamoDb::with_tables(&regions).await,
            region: own,
        }
    }

    /// The settings that name its tables.
    pub(crate) fn settings(&self) -> Settings {
        self.settings_without("")
    }

    /// The same but for one variable.
    pub(crate) fn settings_without(&self, missing: &'static str) -> Settings {
        let replica = self.region.to_string();
        Settings::new(move |name| match name {
            name if name == missing => None,
            "ELECTION_REPLICA_REGION" => Some(replica.clone()),
            name => {
                let table = TABLES.iter().find(|(variable, _)| *variable == name);
                table.map(|(_, table)| (*table).to_owned())
            }
        })
    }

    /// The table of the tallies of its own region.
    pub(crate) fn tallies(&self) -> String {
        format!("tallies-{}", self.region)
    }

    /// A connection to it.
    pub(crate) async fn connect(&self) -> AwsConnection {
        AwsConnection::open_with(self.settings(), self.loader(http_client())).await
    }

    pub(crate) fn loader(&self, client: impl HttpClient + 'static) -> ConfigLoader {
        aws_config::defaults(BehaviorVersion::latest())
            .http_client(client)
            .endpoint_url(self.engine.url())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .region(Region::new("test"))
    }
}

/// A client that really sends.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new().build_http()
}

/// An engine with all tables behind a wire, and the ports on it.
pub(crate) struct Wired {
    pub(crate) wire: Wire,
    pub(crate) ballots: Arc<dyn BallotBox>,
    pub(crate) elections: Arc<dyn Elections>,
    pub(crate) roll: Arc<dyn VoterRoll>,
    pub(crate) tallies: Arc<dyn TallyStore>,
    pub(crate) dynamo: Dynamo,
}

impl Wired {
    pub(crate) async fn start() -> Self {
        let (dynamo, wire) = (Dynamo::start().await, Wire::new());
        let aws = AwsConnection::open_with(dynamo.settings(), dynamo.loader(wire.clone())).await;
        Self {
            ballots: aws.ballot_box(definition().hash()).unwrap(),
            elections: aws.elections().unwrap(),
            roll: aws.voter_roll().unwrap(),
            tallies: aws.tallies(&dynamo.region).unwrap(),
            wire,
            dynamo,
        }
    }
}
