//! Owns the engines in the place of AWS, the operators' settings for them, and the running of the command.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use election_core::identifiers::RegionName;
use election_testkit::engines::dynamodb::{DynamoDb, TABLES};
use election_testkit::engines::kms::Kms;
use election_testkit::engines::sqs::{Sqs, VotesQueue};
use election_testkit::fixtures::region;
use election_testkit::permissions::{self, Permissions};
use election_testkit::proxy::{Fate, Proxy};
use serde_json::Value;

use crate::voters::DEFINITION;

/// Set in the process of a test that has the credentials that the SDK looks for.
const OWN: &str = "AWS_SECRET_ACCESS_KEY";
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test in a process of its own, whose environment has credentials.
pub(crate) fn in_own_environment(name: &str, test: impl Future<Output = ()>) {
    if std::env::var_os(OWN).is_some() {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(test);
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]);
    for (name, value) in credentials() {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// AWS's own examples, a region, and no look for others on the network.
fn credentials() -> [(&'static str, &'static str); 4] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        (OWN, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_REGION", "region-0"),
    ]
}

/// Three regions.
pub(crate) struct Cloud {
    dynamodb: DynamoDb,
    sqs: Sqs,
    _kms: Kms,
    /// Before each of the three.
    proxies: [Proxy; 3],
    needed: Mutex<Permissions>,
    queues: Vec<VotesQueue>,
    /// The operators' settings, but for the region.
    pub(crate) settings: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

/// What a command did.
pub(crate) struct Ran {
    line: String,
    status: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        let Self {
            line, stdout, stderr, ..
        } = &self;
        assert_eq!(self.status, status, "{line}\nstdout: {stdout}\nstderr: {stderr}");
        self
    }

    #[track_caller]
    pub(crate) fn refuses(self, status: i32, why: &str) -> Self {
        assert!(
            self.stderr.contains(why),
            "{}: not told: {why}\n{}",
            self.line,
            self.stderr
        );
        self.exits(status)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// `election work` in a region.
pub(crate) struct Worker(Child);

impl Worker {
    /// Started, and ready to be told to stop.
    fn start(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        assert!(lines.any(|line| line.contains("recording votes")), "it ended");
        // Read on, so that it never waits to be read.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    pub(crate) fn stops_when_told(mut self) {
        let process = self.0.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &process])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.0.wait().unwrap().success());
    }
}

impl Cloud {
    /// Empty tables, queues and keys.
    pub(crate) async fn start() -> Self {
        let regions: Vec<RegionName> = (0..3).map(region).collect();
        let dynamodb = DynamoDb::with_tables(&regions).await;
        let (sqs, kms) = (Sqs::start().await, Kms::start().await);
        let proxies = [
            Proxy::start(&dynamodb.url()).await,
            Proxy::start(&sqs.url()).await,
            Proxy::start(&kms.url()).await,
        ];
        let [tables, votes, keys] = &proxies;
        let mut queues = Vec::new();
        for region in &regions {
            queues.push(sqs.create_votes_queue(region, Duration::from_secs(5), 100).await);
        }
        let pairs = |url: fn(&VotesQueue) -> &String| {
            let pairs = regions
                .iter()
                .zip(&queues)
                .map(|(region, queue)| format!("{region}={}", url(queue)));
            pairs.collect::<Vec<_>>().join(",")
        };
        let mut settings: Vec<(String, String)> = TABLES
            .iter()
            .map(|(name, table)| ((*name).to_owned(), (*table).to_owned()))
            .collect();
        let more = [
            ("AWS_ENDPOINT_URL_DYNAMODB", tables.url()),
            ("AWS_ENDPOINT_URL_SQS", votes.url()),
            ("AWS_ENDPOINT_URL_KMS", keys.url()),
            ("ELECTION_REGIONS", "region-0,region-1,region-2".to_owned()),
            ("ELECTION_REPLICA_REGION", "region-0".to_owned()),
            ("ELECTION_QUEUES", pairs(|queue| &queue.url)),
            (
                "ELECTION_DEAD_LETTER_QUEUES",
                pairs(|queue| &queue.dead_letters_url),
            ),
            ("ELECTION_RECORDS_KEY", kms.create_key(&regions).await),
            ("ELECTION_BALLOT_SECRET_KEY", kms.create_key(&regions).await),
            ("ELECTION_SECOND_COPY_DELAY_SECONDS", "1".to_owned()),
            ("ELECTION_VISIBILITY_TIMEOUT_SECONDS", "5".to_owned()),
            ("ELECTION_PROCESSOR_TIMEOUT_SECONDS", "1".to_owned()),
            ("ELECTION_QUEUE_QUIET_SECONDS", "1".to_owned()),
        ];
        settings.extend(more.map(|(name, value)| (name.to_owned(), value)));
        let cloud = Self {
            dynamodb,
            sqs,
            _kms: kms,
            proxies,
            needed: Mutex::default(),
            queues,
            settings,
            folder: tempfile::tempdir().unwrap(),
        };
        cloud.write("definition.toml", DEFINITION);
        cloud.write_settings("election.env", None);
        cloud
    }

    /// The settings as `terraform output -raw operator_env` gives them.
    fn write_settings(&self, file: &str, without: Option<&str>) {
        let lines = self
            .settings
            .iter()
            .filter(|(name, _)| Some(name.as_str()) != without);
        let text: Vec<String> = lines.map(|(name, value)| format!("{name}={value}\n")).collect();
        self.write(file, &format!("# The operators' settings\n\n{}", text.concat()));
    }

    pub(crate) fn write(&self, file: &str, content: &str) {
        std::fs::write(self.folder.path().join(file), content).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// The command with its settings in a file.
    fn command(&self, config: &str, region: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_election"));
        command
            .args(["--store", "aws", "--config", config])
            .env_clear()
            .envs(credentials())
            .env("AWS_REGION", region)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_with("election.env", line)
    }

    /// The next time that an election's record is to be created, the tables refuse.
    pub(crate) fn refuse_the_election_once(&self) {
        let mut refused = false;
        self.proxies[0].rule(move |call| {
            let creates = call.input()["Item"]["definition"].is_object();
            if creates && !std::mem::replace(&mut refused, true) {
                return Fate::Refused(400, "AccessDeniedException");
            }
            Fate::Answered
        });
    }

    /// What commands needed by [`Self::run_as`].
    pub(crate) fn needed(&self) -> Permissions {
        self.needed.lock().unwrap().clone()
    }

    /// Runs a command, and keeps which permissions it needed of the role that runs it.
    pub(crate) fn run_as(&self, role: &'static str, line: &str) -> Ran {
        let before = self.proxies.each_ref().map(|proxy| proxy.calls().len());
        let ran = self.run(line);
        let calls = self.proxies.iter().zip(before);
        let calls = calls.flat_map(|(proxy, before)| proxy.calls().split_off(before));
        let needed = calls.flat_map(|call| permissions::needed(&call));
        self.needed
            .lock()
            .unwrap()
            .entry(role)
            .or_default()
            .extend(needed);
        ran
    }

    /// Runs a command without one of its settings.
    pub(crate) fn run_without(&self, name: &str, line: &str) -> Ran {
        self.write_settings("lacking.env", Some(name));
        self.run_with("lacking.env", line)
    }

    fn run_with(&self, config: &str, line: &str) -> Ran {
        let mut command = self.command(config, "region-0");
        // The engines answer from other threads of this process.
        let output = tokio::task::block_in_place(|| command.args(line.split(' ')).output().unwrap());
        Ran {
            line: line.to_owned(),
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Puts a text into a region's queue that no enqueuer would send.
    pub(crate) async fn put(&self, number: usize, text: &str) {
        self.sqs
            .put(&region(number), &self.queues[number].url, text)
            .await;
    }

    /// Puts a text where SQS would move what was received too often.
    pub(crate) async fn put_aside(&self, number: usize, text: &str) {
        self.sqs
            .put(&region(number), &self.queues[number].dead_letters_url, text)
            .await;
    }

    /// Records the votes of every region.
    pub(crate) fn start_workers(&self) -> Vec<Worker> {
        let worker = |number| {
            let mut command = self.command("election.env", region(number).as_str());
            command.args(["work", "--pollers", "2"]);
            Worker::start(command)
        };
        // The engines answer from other threads of this process.
        tokio::task::block_in_place(|| (0..3).map(worker).collect())
    }

    /// Waits until so many ballots are recorded and no queue has anything left.
    pub(crate) async fn until_recorded(&self, ballots: usize) {
        eventually("ballots are recorded", async || {
            self.dynamodb.items("ballots").len() >= ballots
        })
        .await;
        for number in 0..3 {
            self.until_empty(number).await;
        }
        assert_eq!(self.dynamodb.items("ballots").len(), ballots);
    }

    /// Waits until a region's queue is empty.
    pub(crate) async fn until_empty(&self, number: usize) {
        let url = &self.queues[number].url;
        eventually("the queue is empty", async || {
            self.sqs.count(&region(number), url).await == 0
        })
        .await;
    }

    /// Certifies as soon as it may be.
    pub(crate) fn until_certified(&self) {
        let began = std::time::Instant::now();
        loop {
            let ran = self.run("certify --yes");
            let is_too_early = ran.status == 1 && ran.stderr.contains("may still be on their way");
            if !is_too_early || began.elapsed() > PATIENCE {
                ran.exits(0);
                return;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let until = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, until)
        .await
        .unwrap_or_else(|_| panic!("{what} in time"));
}
