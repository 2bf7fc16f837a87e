//! Owns what Lambda does around the functions: pollers that take messages from a region's queue and parts of a
//! stream's shards, give them to a function's process, and act on its answer. At least once, in batches cut at
//! random, and again after any failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use election_testkit::Random;
use election_testkit::lambda::{Function, Outcome};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::aws::{Aws, region};
use super::events::{batch, failures, window};
use super::programs::{Program, TALLY, VOTE_ENQUEUER, VOTE_PROCESSOR, Variables};

const PAUSE: Duration = Duration::from_millis(20);
/// The stream of the engine has one shard; ballots go to one of these by their key.
pub(crate) const SHARDS: [&str; 2] = ["shard-1", "shard-2"];

/// Warm processes of one function.
pub(crate) struct Instances {
    program: Program,
    variables: Variables,
    processes: Vec<Mutex<Arc<Function>>>,
    next: AtomicUsize,
    /// The lines of processes that have ended.
    ended: std::sync::Mutex<Vec<String>>,
}

impl Instances {
    pub(crate) async fn start(program: Program, all: &Variables, count: usize) -> Arc<Self> {
        let variables = program.of(all);
        let mut processes = Vec::new();
        for _ in 0..count {
            processes.push(Mutex::new(Arc::new(program.start(&variables).await)));
        }
        let (next, ended) = (AtomicUsize::new(0), std::sync::Mutex::default());
        Arc::new(Self {
            program,
            variables,
            processes,
            next,
            ended,
        })
    }

    /// Gives an event to one of them. One that ended is replaced, as Lambda does, and the event failed.
    pub(crate) async fn invoke(&self, event: &Value) -> Outcome {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.processes.len();
        let mut process = self.processes[turn].lock().await;
        let outcome = process.invoke(event).await;
        if let Outcome::Ended(_) = outcome {
            self.ended.lock().unwrap().extend(process.lines());
            *process = Arc::new(self.program.start(&self.variables).await);
        }
        outcome
    }

    /// Everything that they wrote.
    pub(crate) async fn lines(&self) -> Vec<String> {
        let mut lines = self.ended.lock().unwrap().clone();
        for process in &self.processes {
            lines.extend(process.lock().await.lines());
        }
        lines
    }

    /// One of the processes.
    pub(crate) async fn process(&self, number: usize) -> Arc<Function> {
        self.processes[number].lock().await.clone()
    }
}

/// The functions of a region, and the pollers before them.
pub(crate) struct RegionPipeline {
    pub(crate) name: &'static str,
    pub(crate) enqueuers: Arc<Instances>,
    pub(crate) processors: Arc<Instances>,
    pub(crate) tallies: Arc<Instances>,
    /// Messages that were given to a processor.
    pub(crate) delivered: Arc<AtomicUsize>,
    pollers: Vec<JoinHandle<()>>,
    folded: Vec<Arc<AtomicUsize>>,
}

impl RegionPipeline {
    /// Starts a region's functions, so many warm processes of each. Nothing is polled yet.
    pub(crate) async fn start(aws: &Aws, name: &'static str, instances: usize) -> Self {
        let variables = aws.variables(name);
        Self {
            name,
            enqueuers: Instances::start(VOTE_ENQUEUER, &variables, instances).await,
            processors: Instances::start(VOTE_PROCESSOR, &variables, instances).await,
            tallies: Instances::start(TALLY, &variables, SHARDS.len()).await,
            delivered: Arc::default(),
            pollers: Vec::new(),
            folded: Vec::new(),
        }
    }

    /// Starts the pollers of the queue, as many as there are processors.
    pub(crate) fn poll_queue(&mut self, aws: &Aws) {
        let (url, queue) = (aws.urls[&region(self.name)].url.clone(), sqs(aws, self.name));
        for _ in 0..self.processors.processes.len() {
            let poller = QueuePoller {
                queue: queue.clone(),
                url: url.clone(),
                processors: self.processors.clone(),
                delivered: self.delivered.clone(),
            };
            self.pollers.push(tokio::spawn(async move { poller.run().await }));
        }
    }

    /// Starts the pollers of the stream, one for each shard.
    pub(crate) fn poll_stream(&mut self, aws: &Arc<Aws>) {
        for (number, shard) in SHARDS.into_iter().enumerate() {
            let (aws, tallies, folded) = (aws.clone(), self.tallies.clone(), Arc::<AtomicUsize>::default());
            self.folded.push(folded.clone());
            let seed = (self.name.len() * 31 + number) as u64;
            let poll = async move { poll_shard(&aws, &tallies, shard, number, &folded, seed).await };
            self.pollers.push(tokio::spawn(poll));
        }
    }

    /// How many of the stream's records the tally was given for good.
    pub(crate) fn folded(&self) -> usize {
        self.folded
            .iter()
            .map(|folded| folded.load(Ordering::SeqCst))
            .sum()
    }

    /// From now on nothing happens in the region any more.
    pub(crate) fn stop(&mut self) {
        self.pollers.drain(..).for_each(|poller| poller.abort());
    }

    /// Everything that its functions wrote.
    pub(crate) async fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for instances in [&self.enqueuers, &self.processors, &self.tallies] {
            lines.extend(instances.lines().await);
        }
        lines
    }
}

impl Drop for RegionPipeline {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The engine's queues, not through the proxy.
pub(crate) fn sqs(aws: &Aws, name: &str) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(aws.sqs.url())
        .region(Region::new(name.to_owned()));
    aws_sdk_sqs::Client::from_conf(config.build())
}

struct QueuePoller {
    queue: aws_sdk_sqs::Client,
    url: String,
    processors: Arc<Instances>,
    delivered: Arc<AtomicUsize>,
}

impl QueuePoller {
    async fn run(&self) {
        loop {
            let received = self.receive().await;
            if received.is_empty() {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            self.delivered.fetch_add(received.len(), Ordering::SeqCst);
            let named = received.iter().enumerate();
            let mut event =
                batch(named.map(|(id, message)| (id.to_string(), message.body().unwrap_or_default())));
            for (record, message) in event["Records"].as_array_mut().unwrap().iter_mut().zip(&received) {
                for (name, value) in message.attributes().into_iter().flatten() {
                    record["attributes"][name.as_str()] = value.as_str().into();
                }
            }
            // What failed as a whole is received again when its lease ends.
            if let Outcome::Answered(answer) = self.processors.invoke(&event).await {
                let failed = failures(&answer);
                for (id, message) in received.iter().enumerate() {
                    if !failed.contains(&id.to_string()) {
                        let delete = self.queue.delete_message().queue_url(&self.url);
                        delete
                            .set_receipt_handle(message.receipt_handle.clone())
                            .send()
                            .await
                            .unwrap();
                    }
                }
            }
        }
    }

    async fn receive(&self) -> Vec<Message> {
        let receive = self
            .queue
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(10);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        // A region that fails has no messages.
        receive
            .send()
            .await
            .ok()
            .and_then(|received| received.messages)
            .unwrap_or_default()
    }
}

/// Whether a record of the stream is in this shard.
pub(crate) fn is_in_shard(record: &Value, number: usize) -> bool {
    let key = record
        .pointer("/dynamodb/Keys/ballot_key/B")
        .and_then(Value::as_str)
        .unwrap();
    usize::from(key.as_bytes()[0]) % SHARDS.len() == number
}

async fn poll_shard(
    aws: &Aws,
    tallies: &Instances,
    shard: &str,
    number: usize,
    folded: &AtomicUsize,
    seed: u64,
) {
    let (mut random, mut records, mut last) = (Random::seeded(seed), Vec::<Value>::new(), None::<String>);
    loop {
        let fresh = aws.dynamodb.stream_after(last.as_deref());
        let sequence = fresh
            .last()
            .and_then(|record| record["dynamodb"]["SequenceNumber"].as_str());
        last = sequence.map(str::to_owned).or(last);
        records.extend(fresh.into_iter().filter(|record| is_in_shard(record, number)));
        let place = folded.load(Ordering::SeqCst);
        let is_end = place == records.len();
        if is_end && random.one_in(10) {
            // The end of a window in which nothing came.
            tallies.invoke(&window(shard, &[], true)).await;
        }
        if is_end {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let start = if random.one_in(4) {
            random.below(place + 1).max(place.saturating_sub(50))
        } else {
            place
        };
        let end = (place + 1 + random.below(200)).min(records.len());
        let event = window(shard, &records[start..end], random.one_in(5));
        if let Outcome::Answered(_) = tallies.invoke(&event).await {
            folded.store(end, Ordering::SeqCst);
        }
    }
}

/// Waits for something that has to come.
pub(crate) async fn until(what: &str, longest: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + longest;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "this never came: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
