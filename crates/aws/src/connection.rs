//! Owns how AWS is reached: one HTTP client for all services and regions, time-outs on every call, adaptive
//! retries with jitter.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use election_core::identifiers::RegionName;

use crate::settings::{REPLICA_REGION, SettingError, Settings};

/// The longest that one attempt of a call may take. A voter's request may take five seconds in all.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest that a call may take with all its attempts.
const CALL_TIMEOUT: Duration = Duration::from_secs(4);
const MOST_ATTEMPTS: u32 = 4;

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
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(CALL_TIMEOUT)
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(client)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::adaptive().with_max_attempts(MOST_ATTEMPTS))
            .load()
            .await;
        Self { settings, config }
    }

    /// The settings it was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// DynamoDB where the tables' replica is.
    fn replica(&self) -> Result<aws_sdk_dynamodb::Client, SettingError> {
        Ok(self.dynamodb(&self.settings.region(REPLICA_REGION)?))
    }

    /// DynamoDB in a region.
    fn dynamodb(&self, region: &RegionName) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.config).region(named(region));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// SQS in a region.
    fn sqs(&self, region: &RegionName) -> aws_sdk_sqs::Client {
        let config = aws_sdk_sqs::config::Builder::from(&self.config).region(named(region));
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// KMS in this process's region.
    fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.config)
    }
}

fn named(region: &RegionName) -> Region {
    Region::new(region.as_str().to_owned())
}
