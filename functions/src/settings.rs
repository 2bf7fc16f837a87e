//! Owns which function needs which variables (their contract is `election_aws::settings`), and that all of
//! them are checked before the first call to AWS. Never reads one for a function that doesn't need it.

use std::time::Duration;

use axum::http::HeaderValue;
use election_aws::settings::{
    BALLOT_SECRET_KEY, QUEUES, RECORDS_KEY, REGION, REGIONS, REPLICA_REGION, SECOND_COPY_DELAY_SECONDS,
    SettingError, Settings, Table, WEBSITE_ORIGIN,
};
use election_service::http::ApiSettings;

/// The longest that answering a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long second copies wait, in seconds: until a first copy was surely recorded, or lost.
const SECOND_COPY_DELAY: u64 = 300;
/// SQS delays no message longer.
const MOST_SECOND_COPY_DELAY: u64 = 900;

/// What Lambda itself sets, and its runtime panics without.
const RUNTIME: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

type Check = fn(&Settings) -> Result<(), SettingError>;

/// What a function needs besides the regions and the table of elections, which all need.
pub struct Needs {
    tables: &'static [Table],
    checks: &'static [Check],
}

/// What accepts votes.
pub const VOTE_ENQUEUER: Needs = Needs {
    tables: &[Table::Ballots, Table::Voters, Table::Conflicts],
    checks: &[queues, records_key, ballot_secret_key, delay, origin],
};
/// What records them.
pub const VOTE_PROCESSOR: Needs = Needs {
    tables: &[Table::Ballots, Table::Conflicts],
    checks: &[records_key],
};
/// What counts them.
pub const TALLY: Needs = Needs {
    tables: &[Table::Tallies],
    checks: &[records_key],
};
/// What publishes the counts.
pub const RESULTS: Needs = Needs {
    tables: &[Table::Ballots, Table::Tallies],
    checks: &[origin],
};
/// What routing and monitoring ask.
pub const HEALTH_CHECK: Needs = Needs {
    tables: &[Table::Ballots, Table::Voters, Table::Tallies],
    checks: &[queues],
};

impl Needs {
    /// Checks all variables, those that Lambda sets for its runtime too, so that a missing or wrong one ends the function before it calls anything.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), SettingError> {
        for name in RUNTIME {
            settings.text(name)?;
        }
        let own = settings.region(REGION)?;
        if !settings.regions()?.contains(&own) {
            return Err(SettingError::Wrong(
                REGIONS,
                "all regions, this function's among them",
            ));
        }
        settings.region(REPLICA_REGION)?;
        for table in [Table::Elections].iter().chain(self.tables) {
            table_name(settings, *table)?;
        }
        self.checks.iter().try_for_each(|check| check(settings))
    }
}

/// DynamoDB's rule for tables' names. That of the tallies may have the region's place in it.
fn table_name(settings: &Settings, table: Table) -> Result<(), SettingError> {
    let name = settings.table(table)?.replace("{region}", "us-east-1");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if (3..=255).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err(SettingError::Wrong(table.variable(), "a table's name"))
}

fn queues(settings: &Settings) -> Result<(), SettingError> {
    let queues = settings.queues(QUEUES)?;
    if settings
        .regions()?
        .iter()
        .all(|region| queues.contains_key(region))
    {
        return Ok(());
    }
    Err(SettingError::Wrong(
        QUEUES,
        "region=url pairs, one for each region",
    ))
}

fn records_key(settings: &Settings) -> Result<(), SettingError> {
    key(settings, RECORDS_KEY)
}

fn ballot_secret_key(settings: &Settings) -> Result<(), SettingError> {
    key(settings, BALLOT_SECRET_KEY)
}

fn key(settings: &Settings, name: &'static str) -> Result<(), SettingError> {
    let key = settings.text(name)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/_-".contains(&byte);
    if key.len() <= 2048 && key.bytes().all(allowed) {
        return Ok(());
    }
    Err(SettingError::Wrong(name, "a KMS key's id, ARN or alias"))
}

fn delay(settings: &Settings) -> Result<(), SettingError> {
    second_copy_delay(settings).map(drop)
}

/// How long second copies wait.
pub fn second_copy_delay(settings: &Settings) -> Result<Duration, SettingError> {
    let wrong = SettingError::Wrong(
        SECOND_COPY_DELAY_SECONDS,
        "a whole number of seconds, 900 at most",
    );
    let number = settings.number(SECOND_COPY_DELAY_SECONDS, SECOND_COPY_DELAY);
    match number {
        Ok(seconds) if seconds <= MOST_SECOND_COPY_DELAY => Ok(Duration::from_secs(seconds)),
        _ => Err(wrong),
    }
}

fn origin(settings: &Settings) -> Result<(), SettingError> {
    api_settings(settings).map(drop)
}

/// How the API behaves towards its clients.
pub fn api_settings(settings: &Settings) -> Result<ApiSettings, SettingError> {
    let wrong = SettingError::Wrong(WEBSITE_ORIGIN, "an origin, as https://vote.example.org");
    let website_origin = match settings.optional(WEBSITE_ORIGIN) {
        None => None,
        Some(text) => {
            let host = text.strip_prefix("https://").or(text.strip_prefix("http://"));
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
            let is_origin = host.is_some_and(|host| !host.is_empty() && host.bytes().all(allowed));
            let value = HeaderValue::from_str(&text).ok().filter(|_| is_origin);
            Some(value.ok_or(wrong)?)
        }
    };
    Ok(ApiSettings {
        website_origin,
        request_timeout: REQUEST_TIMEOUT,
    })
}
