//! Owns AWS as the tests have it: the engines, each behind a proxy, with an election of [`fixtures::DEFINITION`]
//! in three regions. The functions reach it by their variables only; what the test asks itself, it asks through the
//! adapters.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use election_aws::AwsConnection;
use election_aws::settings::Settings;
use election_core::definition::Definition;
use election_core::identifiers::RegionName;
use election_core::keys::{BallotSecret, MacSecret, RollSecret};
use election_core::phase::Phase;
use election_service::ports::{BallotBox, Elections, Fingerprints, NewElection, TallyStore, VoterRoll};
use election_testkit::engines::dynamodb::{DynamoDb, TABLES};
use election_testkit::engines::kms::Kms;
use election_testkit::engines::sqs::{Sqs, VotesQueue};
use election_testkit::fixtures;
use election_testkit::lambda::Function;
use election_testkit::proxy::Proxy;

use super::programs::{Program, Variables, with};

pub(crate) const REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];
/// As Lambda's pollers are given, but in seconds.
const VISIBILITY: Duration = Duration::from_secs(1);
const MOST_RECEIVES: u32 = 200;

/// The secrets of the election.
pub(crate) struct Keys {
    pub(crate) roll: RollSecret,
    pub(crate) ballot: BallotSecret,
    pub(crate) mac: MacSecret,
}

/// The engines and the election.
pub(crate) struct Aws {
    pub(crate) dynamodb: DynamoDb,
    pub(crate) sqs: Sqs,
    pub(crate) tables: Proxy,
    pub(crate) queues: Proxy,
    pub(crate) keys_proxy: Proxy,
    pub(crate) urls: BTreeMap<RegionName, VotesQueue>,
    pub(crate) definition: Arc<Definition>,
    pub(crate) keys: Keys,
    pub(crate) connection: AwsConnection,
    variables: Variables,
    kms: Kms,
}

pub(crate) fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

impl Aws {
    /// An open election with so many voters.
    pub(crate) async fn with_voters(voters: u64) -> Self {
        let aws = Self::of(fixtures::DEFINITION, voters).await;
        aws.become_phase(Phase::PreElection, Phase::Open).await;
        aws
    }

    /// An election before it opens.
    pub(crate) async fn of(definition: &str, voters: u64) -> Self {
        let regions = REGIONS.map(region);
        let dynamodb = DynamoDb::with_tables(&regions).await;
        let (sqs, kms) = (Sqs::start().await, Kms::start().await);
        let tables = Proxy::start(&dynamodb.url()).await;
        let queues = Proxy::start(&sqs.url()).await;
        let keys_proxy = Proxy::start(&kms.url()).await;
        let mut urls = BTreeMap::new();
        for region in &regions {
            let queue = sqs.create_votes_queue(region, VISIBILITY, MOST_RECEIVES).await;
            urls.insert(region.clone(), queue);
        }
        let mut variables: Variables = TABLES
            .map(|(name, table)| (name.to_owned(), table.to_owned()))
            .to_vec();
        let pairs = urls
            .iter()
            .map(|(region, queue)| format!("{region}={}", queue.url));
        let values = [
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
            (
                "AWS_SECRET_ACCESS_KEY",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            ),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", tables.url()),
            ("AWS_ENDPOINT_URL_SQS", queues.url()),
            ("AWS_ENDPOINT_URL_KMS", keys_proxy.url()),
            ("ELECTION_REGIONS", REGIONS.join(",")),
            ("ELECTION_QUEUES", pairs.collect::<Vec<_>>().join(",")),
            ("ELECTION_RECORDS_KEY", kms.create_key(&regions).await),
            ("ELECTION_BALLOT_SECRET_KEY", kms.create_key(&regions).await),
            ("ELECTION_SECOND_COPY_DELAY_SECONDS", "2".to_owned()),
        ];
        variables.extend(values.map(|(name, value)| (name.to_owned(), value)));
        let connection = connect(in_region(&variables, REGIONS[0])).await;
        let parsed = Definition::parse(definition.as_bytes()).unwrap_or_else(|_| panic!("it is valid"));
        let keys = create_election(&connection, &parsed, definition).await;
        add_voters(connection.voter_roll().unwrap(), &keys, voters).await;
        Self {
            dynamodb,
            sqs,
            tables,
            queues,
            keys_proxy,
            urls,
            definition: Arc::new(parsed),
            keys,
            connection,
            variables,
            kms,
        }
    }

    /// What a function of a region may read.
    pub(crate) fn variables(&self, region: &str) -> Variables {
        in_region(&self.variables, region)
    }

    /// From now on functions reach the engines themselves, which is faster.
    pub(crate) fn without_proxies(mut self) -> Self {
        let urls = [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.url()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs.url()),
            ("AWS_ENDPOINT_URL_KMS", self.kms.url()),
        ];
        for (name, url) in urls {
            self.variables = with(&self.variables, name, Some(&url));
        }
        self
    }

    /// Starts a function in a region.
    pub(crate) async fn start(&self, program: Program, region: &str) -> Function {
        let function = program.start(&program.of(&self.variables(region))).await;
        assert!(
            function.started().await,
            "{} ended: {:#?}",
            program.name,
            function.lines()
        );
        function
    }

    pub(crate) fn elections(&self) -> Arc<dyn Elections> {
        self.connection.elections().unwrap()
    }

    pub(crate) fn ballots(&self) -> Arc<dyn BallotBox> {
        self.connection.ballot_box(self.definition.hash()).unwrap()
    }

    pub(crate) fn tallies(&self, name: &str) -> Arc<dyn TallyStore> {
        self.connection.tallies(&region(name)).unwrap()
    }

    pub(crate) async fn become_phase(&self, from: Phase, to: Phase) {
        assert!(
            self.elections()
                .change_phase(from, to, fixtures::at(1))
                .await
                .unwrap()
        );
    }
}

fn in_region(variables: &Variables, region: &str) -> Variables {
    let own = [("AWS_REGION", region), ("ELECTION_REPLICA_REGION", region)];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    variables.iter().cloned().chain(own).collect()
}

/// AWS as a process with these variables sees it.
pub(crate) async fn connect(variables: Variables) -> AwsConnection {
    let variables: BTreeMap<String, String> = variables.into_iter().collect();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(&variables["AWS_ENDPOINT_URL_DYNAMODB"])
        .region(Region::new(variables["AWS_REGION"].clone()));
    AwsConnection::open_with(Settings::new(move |name| variables.get(name).cloned()), loader).await
}

async fn create_election(connection: &AwsConnection, definition: &Definition, file: &str) -> Keys {
    let vault = connection.vault(definition.id()).unwrap();
    let secrets = vault.create_secrets().await.unwrap();
    let keys = Keys {
        roll: RollSecret::new(&secrets.roll, definition.id()),
        ballot: BallotSecret::new(&secrets.ballot.unwrap(), definition.id()),
        mac: MacSecret::new(&secrets.mac, definition.id(), definition.hash()),
    };
    let fingerprints = Fingerprints {
        roll: keys.roll.fingerprint().clone(),
        ballot: keys.ballot.fingerprint().clone(),
        mac: keys.mac.fingerprint().clone(),
    };
    let election = NewElection {
        definition: file.into(),
        fingerprints,
        at: fixtures::at(0),
    };
    assert!(connection.elections().unwrap().create(election).await.unwrap());
    keys
}

async fn add_voters(roll: Arc<dyn VoterRoll>, keys: &Keys, voters: u64) {
    let voters: Vec<_> = (0..voters)
        .map(|voter| {
            let mut new = fixtures::new_voter(voter);
            new.id = keys.roll.person(&format!("external-{voter}"));
            new.person.voter_key = keys.roll.voter_key(&fixtures::voter_id(voter, 0));
            new
        })
        .collect();
    for part in voters.chunks(1_000) {
        roll.add(part.to_vec()).await.unwrap();
    }
}
