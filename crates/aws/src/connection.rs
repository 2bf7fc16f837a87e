//! Owns how AWS is reached: one HTTP client for all services and regions, time-outs on every call, retries
//! with jitter.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use election_core::identifiers::{ElectionHash, ElectionId, RegionName};
use election_service::ports::{BallotBox, Elections, Intake, TallyStore, VoterRoll};

use crate::ballots::DynamoBallotBox;
use crate::conflicts::Conflicts;
use crate::elections::DynamoElections;
use crate::kms_keys::KmsKeys;
use crate::queue::SqsIntake;
use crate::roll::DynamoRoll;
use crate::secrets::WrappedSecrets;
use crate::settings::{
    BALLOT_SECRET_KEY, DEAD_LETTER_QUEUES, DYNAMODB_ENDPOINT, KMS_ENDPOINT, QUEUES, RECORDS_KEY,
    REPLICA_REGION, SQS_ENDPOINT, SettingError, Settings, Table,
};
use crate::tables::TableCalls;
use crate::tallies::DynamoTallies;
use crate::untraced::Untraced;
use crate::vault::AwsVault;

/// The longest that one attempt of a call may take. A voter's request may take five seconds in all.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest that a call may take with all its attempts.
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
const MOST_ATTEMPTS: u32 = 4;
/// The longest pause before the second attempt, doubled before each further one. The SDK's own second would use up a
/// voter's time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The services that an election uses, as this process's settings name them. Nothing is called before it is
/// needed, and a variable is read by the part that needs it.
pub struct AwsConnection {
    settings: Settings,
    config: SdkConfig,
}

impl AwsConnection {
    /// Reads the region, the credentials' provider and the end points as every AWS program does
    /// (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL_DYNAMODB` and so on).
    pub async fn open(settings: Settings) -> Self {
        let client = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        Self::open_with(
            settings,
            aws_config::defaults(BehaviorVersion::latest()).http_client(client),
        )
        .await
    }

    /// As [`Self::open`], with a loader that has an HTTP client, an end point or credentials of its own: for tests,
    /// of which many run in one process.
    #[doc(hidden)]
    pub async fn open_with(settings: Settings, loader: aws_config::ConfigLoader) -> Self {
        let config = loader
            .timeout_config(timeouts(Duration::ZERO))
            .retry_config(retries())
            .load()
            .await;
        Self { settings, config }
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The election's record.
    pub fn elections(&self) -> Result<Arc<dyn Elections>, SettingError> {
        Ok(Arc::new(DynamoElections(self.global_table(Table::Elections)?)))
    }

    /// The voter roll.
    pub fn voter_roll(&self) -> Result<Arc<dyn VoterRoll>, SettingError> {
        Ok(Arc::new(DynamoRoll(self.global_table(Table::Voters)?)))
    }

    /// The ballot box of an election. Without the table of conflicts it can be read, and all else fails.
    pub fn ballot_box(&self, election: ElectionHash) -> Result<Arc<dyn BallotBox>, SettingError> {
        let conflicts = match self.global_table(Table::Conflicts) {
            Ok(table) => Some(Conflicts(table)),
            Err(SettingError::Missing(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(Arc::new(DynamoBallotBox {
            ballots: self.global_table(Table::Ballots)?,
            elections: self.global_table(Table::Elections)?,
            conflicts,
            election,
        }))
    }

    /// A region's own tally. `{region}` in the table's name is the region's name, for end points that serve
    /// several regions.
    pub fn tallies(&self, region: &RegionName) -> Result<Arc<dyn TallyStore>, SettingError> {
        let table = Table::Tallies;
        Ok(Arc::new(DynamoTallies(TableCalls {
            client: self.dynamodb(region),
            name: self.settings.table(table)?.replace("{region}", region.as_str()),
            table,
        })))
    }

    /// A table that all regions share, in its replica.
    fn global_table(&self, table: Table) -> Result<TableCalls, SettingError> {
        Ok(TableCalls {
            name: self.settings.table(table)?,
            client: self.replica()?,
            table,
        })
    }

    /// DynamoDB where the tables' replica is.
    fn replica(&self) -> Result<aws_sdk_dynamodb::Client, SettingError> {
        Ok(self.dynamodb(&self.settings.region(REPLICA_REGION)?))
    }

    /// DynamoDB in a region.
    fn dynamodb(&self, region: &RegionName) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config)
            .region(named(region))
            .interceptor(Untraced)
            .retry_config(retries());
        if let Some(url) = self.settings.optional(DYNAMODB_ENDPOINT) {
            config = config.endpoint_url(url);
        }
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The intake of a region, which may be another than this process's.
    pub fn intake(&self, region: &RegionName) -> Result<Arc<dyn Intake>, SettingError> {
        let wrong = SettingError::Wrong(QUEUES, "region=url pairs of all regions, comma-separated");
        let votes = self.settings.queues(QUEUES)?.remove(region).ok_or(wrong)?;
        // Only the operators' command is told of them.
        let dead_letters = match self.settings.optional(DEAD_LETTER_QUEUES) {
            Some(_) => self.settings.queues(DEAD_LETTER_QUEUES)?.remove(region),
            None => None,
        };
        Ok(Arc::new(SqsIntake {
            client: self.sqs(region),
            region: region.clone(),
            votes,
            dead_letters,
        }))
    }

    /// The key service of an election. Which key the ballot secret is wrapped under is read when it is needed.
    pub fn vault(&self, election: &ElectionId) -> Result<Arc<AwsVault>, SettingError> {
        let table = self.settings.table(Table::Elections)?;
        let secrets = WrappedSecrets::new(self.replica()?, table);
        let records_key = self.settings.text(RECORDS_KEY)?;
        let ballot_key = self.settings.optional(BALLOT_SECRET_KEY);
        let keys = KmsKeys::new(self.config.clone(), self.settings.optional(KMS_ENDPOINT));
        Ok(Arc::new(AwsVault::new(
            election,
            secrets,
            keys,
            records_key,
            ballot_key,
        )))
    }

    /// SQS in a region.
    fn sqs(&self, region: &RegionName) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::config::Builder::from(&self.config)
            .region(named(region))
            .interceptor(Untraced)
            .retry_config(retries());
        if let Some(url) = self.settings.optional(SQS_ENDPOINT) {
            config = config.endpoint_url(url);
        }
        aws_sdk_sqs::Client::from_conf(config.build())
    }
}

/// How calls are retried that a voter or a start waits for: at once, with jitter, and never for longer than the
/// call may take. Not adaptive, as one throttled call in a process that has made few makes the SDK hold back
/// those after it for two seconds each, until the time-out hides that it was throttling.
pub(crate) fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(MOST_ATTEMPTS)
        .with_initial_backoff(FIRST_PAUSE)
}

/// The time-outs of a call that may take `longer` than others.
pub(crate) fn timeouts(longer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT + longer)
        .operation_timeout(CALL_TIMEOUT + longer)
        .build()
}

fn named(region: &RegionName) -> Region {
    Region::new(region.as_str().to_owned())
}
