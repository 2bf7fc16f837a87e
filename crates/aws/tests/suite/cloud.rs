//! Owns what a test of queues and keys runs on: three regions with their queues, a key of records and one of
//! the ballot secret, and a table for wrapped secrets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::config::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient};
use election_aws::AwsConnection;
use election_aws::settings::Settings;
use election_core::identifiers::RegionName;
use election_testkit::engines::dynamodb::DynamoDb;
use election_testkit::engines::kms::Kms;
use election_testkit::engines::sqs::{Sqs, VotesQueue};

/// More than any test receives a message, but for those about that.
const MAX_RECEIVES: u32 = 1_000;

pub(crate) struct Cloud {
    pub(crate) sqs: Sqs,
    pub(crate) kms: Kms,
    pub(crate) dynamo: DynamoDb,
    pub(crate) regions: Vec<RegionName>,
    pub(crate) queues: Vec<VotesQueue>,
    pub(crate) records_key: String,
    pub(crate) ballot_key: String,
}

impl Cloud {
    pub(crate) async fn start() -> Self {
        Self::with_queues(Duration::from_secs(600), MAX_RECEIVES).await
    }

    pub(crate) async fn with_queues(visibility: Duration, max_receives: u32) -> Self {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        // The SDK throttles itself by service, region and process: no test may slow down another.
        let number = STARTED.fetch_add(1, Ordering::SeqCst);
        let name = |place| RegionName::parse(&format!("cloud-{number}-{place}")).unwrap();
        let regions: Vec<RegionName> = (0..3).map(name).collect();
        let (sqs, kms) = (Sqs::start().await, Kms::start().await);
        let mut queues = Vec::new();
        for region in &regions {
            queues.push(sqs.create_votes_queue(region, visibility, max_receives).await);
        }
        let dynamo = DynamoDb::start().await;
        dynamo.create_global_tables();
        Self {
            records_key: kms.create_key(&regions).await,
            ballot_key: kms.create_key(&regions).await,
            sqs,
            kms,
            dynamo,
            regions,
            queues,
        }
    }

    /// The variables of the operators' command.
    pub(crate) fn variables(&self) -> BTreeMap<&'static str, String> {
        let pairs = |url: fn(&VotesQueue) -> &str| {
            let pairs = self.regions.iter().zip(&self.queues);
            let pairs = pairs.map(|(region, queue)| format!("{region}={}", url(queue)));
            pairs.collect::<Vec<_>>().join(",")
        };
        BTreeMap::from([
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamo.url()),
            ("AWS_ENDPOINT_URL_KMS", self.kms.url()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs.url()),
            ("ELECTION_BALLOT_SECRET_KEY", self.ballot_key.clone()),
            (
                "ELECTION_DEAD_LETTER_QUEUES",
                pairs(|queue| &queue.dead_letters_url),
            ),
            ("ELECTION_QUEUES", pairs(|queue| &queue.url)),
            ("ELECTION_RECORDS_KEY", self.records_key.clone()),
            ("ELECTION_REPLICA_REGION", self.regions[0].to_string()),
            ("ELECTION_TABLE_ELECTIONS", "elections".to_owned()),
        ])
    }

    pub(crate) async fn connect(&self) -> AwsConnection {
        self.connect_with(self.variables(), http_client()).await
    }

    pub(crate) async fn connect_over(&self, client: impl HttpClient + 'static) -> AwsConnection {
        self.connect_with(self.variables(), client).await
    }

    pub(crate) async fn connect_with(
        &self,
        variables: BTreeMap<&'static str, String>,
        client: impl HttpClient + 'static,
    ) -> AwsConnection {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(client)
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .region(Region::new(self.regions[0].to_string()));
        let settings = Settings::new(move |name| variables.get(name).cloned());
        AwsConnection::open_with(settings, loader).await
    }

    /// How many messages are in the first region's votes queue, and in its dead-letter queue.
    pub(crate) async fn counts(&self) -> (u64, u64) {
        let (region, queue) = (&self.regions[0], &self.queues[0]);
        (
            self.sqs.count(region, &queue.url).await,
            self.sqs.count(region, &queue.dead_letters_url).await,
        )
    }
}

/// A client that really sends.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new().build_http()
}
