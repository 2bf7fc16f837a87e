//! Owns the settings of the AWS edition: each variable is declared here, once. A missing or wrong one is an
//! error with its name; a value is never shown, for it may have been pasted into the wrong variable.

use std::collections::BTreeMap;

use election_core::identifiers::RegionName;

/// A variable that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It isn't set, or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// It is set to something else.
    #[error("{0} has to be {1}")]
    Wrong(&'static str, &'static str),
}

/// A DynamoDB table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Recorded ballots, by ballot key.
    Ballots,
    /// The voter roll and its data keys.
    Voters,
    /// The election's record, its wrapped secrets and its regions.
    Elections,
    /// What became of envelopes that didn't bring a recorded ballot.
    Conflicts,
    /// A region's own tally.
    Tallies,
}

impl Table {
    /// The variable with its name.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Ballots => "ELECTION_TABLE_BALLOTS",
            Self::Voters => "ELECTION_TABLE_VOTERS",
            Self::Elections => "ELECTION_TABLE_ELECTIONS",
            Self::Conflicts => "ELECTION_TABLE_CONFLICTS",
            Self::Tallies => "ELECTION_TABLE_TALLIES",
        }
    }
}

/// This process's region. Set by Lambda.
pub const REGION: &str = "AWS_REGION";
/// All regions, comma-separated, this one included.
pub const REGIONS: &str = "ELECTION_REGIONS";
/// The region whose replica of the tables is used.
pub const REPLICA_REGION: &str = "ELECTION_REPLICA_REGION";
/// All regions that have a replica; those that aren't named are none. Only the operators' command asks.
pub const REPLICA_REGIONS: &str = "ELECTION_REPLICA_REGIONS";
/// The votes queues, as `region=url` pairs, comma-separated.
pub const QUEUES: &str = "ELECTION_QUEUES";
/// The dead-letter queues, in the same form.
pub const DEAD_LETTER_QUEUES: &str = "ELECTION_DEAD_LETTER_QUEUES";
/// The KMS key of voter records and of the roll and MAC secrets.
pub const RECORDS_KEY: &str = "ELECTION_RECORDS_KEY";
/// The KMS key of the ballot secret. Only the enqueuer and the operators' command have it.
pub const BALLOT_SECRET_KEY: &str = "ELECTION_BALLOT_SECRET_KEY";
/// How long second copies wait, in seconds.
pub const SECOND_COPY_DELAY_SECONDS: &str = "ELECTION_SECOND_COPY_DELAY_SECONDS";
/// The queues' visibility time-out, in seconds; certification waits for it.
pub const VISIBILITY_TIMEOUT_SECONDS: &str = "ELECTION_VISIBILITY_TIMEOUT_SECONDS";
/// The longest that a batch is worked on, in seconds; certification waits for it.
pub const PROCESSOR_TIMEOUT_SECONDS: &str = "ELECTION_PROCESSOR_TIMEOUT_SECONDS";
/// How long queues have to be seen empty before certification, in seconds.
pub const QUEUE_QUIET_SECONDS: &str = "ELECTION_QUEUE_QUIET_SECONDS";
/// The website's origin, if a browser may call the API from there.
pub const WEBSITE_ORIGIN: &str = "ELECTION_WEBSITE_ORIGIN";

/// Where DynamoDB is, if not where AWS has it. The SDK reads it from the environment, too.
pub const DYNAMODB_ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";
/// Where SQS is, if not where AWS has it.
pub const SQS_ENDPOINT: &str = "AWS_ENDPOINT_URL_SQS";
/// Where KMS is, if not where AWS has it.
pub const KMS_ENDPOINT: &str = "AWS_ENDPOINT_URL_KMS";

type Read = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Where settings come from: the environment, or a file.
pub struct Settings(Box<Read>);

impl Settings {
    /// Settings that `read` gives by the variable's name.
    pub fn new(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Box::new(read))
    }

    /// The process's environment.
    pub fn of_environment() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// A variable's text.
    pub fn text(&self, name: &'static str) -> Result<String, SettingError> {
        self.optional(name).ok_or(SettingError::Missing(name))
    }

    /// A variable's text, if it is set to any.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        let text = (self.0)(name)?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// A table's name.
    pub fn table(&self, table: Table) -> Result<String, SettingError> {
        self.text(table.variable())
    }

    /// A region's name.
    pub fn region(&self, name: &'static str) -> Result<RegionName, SettingError> {
        let wrong = |_| SettingError::Wrong(name, "a region's name, as us-east-1");
        RegionName::parse(&self.text(name)?).map_err(wrong)
    }

    /// All regions, in the order given, each once.
    pub fn regions(&self) -> Result<Vec<RegionName>, SettingError> {
        self.names(REGIONS)
    }

    /// The regions with a replica: all, unless it is said which.
    pub fn replica_regions(&self) -> Result<Vec<RegionName>, SettingError> {
        let is_set = self.optional(REPLICA_REGIONS).is_some();
        self.names(if is_set { REPLICA_REGIONS } else { REGIONS })
    }

    fn names(&self, variable: &'static str) -> Result<Vec<RegionName>, SettingError> {
        let wrong = SettingError::Wrong(variable, "different regions' names, comma-separated");
        let text = self.text(variable)?;
        let names = text.split(',').map(|name| RegionName::parse(name.trim()));
        let names: Vec<RegionName> = names.collect::<Result<_, _>>().map_err(|_| wrong.clone())?;
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        if distinct.len() == names.len() {
            Ok(names)
        } else {
            Err(wrong)
        }
    }

    /// Queues' addresses by region: [`QUEUES`] or [`DEAD_LETTER_QUEUES`].
    pub fn queues(&self, name: &'static str) -> Result<BTreeMap<RegionName, String>, SettingError> {
        let wrong = SettingError::Wrong(name, "region=url pairs, comma-separated");
        let mut queues = BTreeMap::new();
        for pair in self.text(name)?.split(',') {
            let (region, url) = pair.trim().split_once('=').ok_or_else(|| wrong.clone())?;
            let region = RegionName::parse(region).map_err(|_| wrong.clone())?;
            let is_url = url.starts_with("https://") || url.starts_with("http://");
            if !is_url || queues.insert(region, url.to_owned()).is_some() {
                return Err(wrong);
            }
        }
        Ok(queues)
    }

    /// A whole number, or the default if it isn't set.
    pub fn number(&self, name: &'static str, default: u64) -> Result<u64, SettingError> {
        match self.optional(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| SettingError::Wrong(name, "a whole number")),
        }
    }
}
