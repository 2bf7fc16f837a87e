//! Owns the SQS engine: winterbaume-sqs, which has queues, leases, delays, receive counts and redriving to
//! dead-letter queues. Put right here: the count of visible messages forgets those that were received
//! before; a batch fails as a whole if one of its entries does; a lease that has ended can be prolonged; and
//! limits on sizes, numbers and times aren't enforced.
//!
//! It remains unlike SQS in that counts are exact, that a receive sees every message, in order, that a
//! message is never delivered twice within its lease, and that nothing expires. It looks through all messages
//! at each call, so that it slows down beyond some thousand.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use election_core::identifiers::RegionName;
use serde_json::{Value, json};
use winterbaume_core::MockResponse;
use winterbaume_sqs::SqsService;

use super::queues::Queues;
use super::server::{Call, Engine, Server, output, refusal};

const MOST_BODY_BYTES: usize = 1 << 20;
/// Of each batch and each receive.
const MOST_MESSAGES: u64 = 10;
const MOST_DELAY_SECONDS: u64 = 900;
const MOST_VISIBILITY_SECONDS: u64 = 43_200;
const MOST_WAIT_SECONDS: u64 = 20;
const INVALID: &str = "InvalidParameterValue";

struct Queueing(SqsService);

/// A region's votes queue and its dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VotesQueue {
    /// The votes queue's address.
    pub url: String,
    /// Where what was received too often goes.
    pub dead_letters_url: String,
}

/// SQS in all regions.
pub struct Sqs {
    queueing: Arc<Queueing>,
    server: Server,
}

impl Sqs {
    /// Starts an engine without queues.
    pub async fn start() -> Self {
        let queueing = Arc::new(Queueing(SqsService::with_backend(Arc::new(Queues::default()))));
        let server = Server::start(Arc::clone(&queueing) as Arc<dyn Engine>).await;
        Self { queueing, server }
    }

    /// The end point, for `AWS_ENDPOINT_URL_SQS`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Makes a region's queues. `visibility` counts in whole seconds, rounded up; a message that was
    /// received `max_receives` times goes to the dead-letter queue instead of being received once more.
    pub async fn create_votes_queue(
        &self,
        region: &RegionName,
        visibility: Duration,
        max_receives: u32,
    ) -> VotesQueue {
        let seconds = visibility.as_millis().div_ceil(1_000).to_string();
        let attributes = json!({"VisibilityTimeout": seconds});
        let dead_letters_url = self.create_queue(region, "dead-letters", attributes).await;
        let arn = self.attribute(region, &dead_letters_url, "QueueArn").await;
        let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": max_receives}).to_string();
        let attributes = json!({"VisibilityTimeout": seconds, "RedrivePolicy": policy});
        let url = self.create_queue(region, "votes", attributes).await;
        VotesQueue {
            url,
            dead_letters_url,
        }
    }

    async fn create_queue(&self, region: &RegionName, name: &str, attributes: Value) -> String {
        let input = json!({"QueueName": name, "Attributes": attributes});
        let output = self.call(region, "CreateQueue", input).await;
        output["QueueUrl"].as_str().unwrap().to_owned()
    }

    /// Puts a text into a queue that no enqueuer would send.
    pub async fn put(&self, region: &RegionName, url: &str, text: &str) {
        let input = json!({"QueueUrl": url, "MessageBody": text});
        self.call(region, "SendMessage", input).await;
    }

    /// How many messages a queue holds: visible, leased or delayed.
    pub async fn count(&self, region: &RegionName, url: &str) -> u64 {
        let mut count = 0;
        for state in ["", "NotVisible", "Delayed"] {
            let name = format!("ApproximateNumberOfMessages{state}");
            count += self.attribute(region, url, &name).await.parse::<u64>().unwrap();
        }
        count
    }

    /// How often an operation was called over HTTP, in all regions, failed calls included.
    pub fn calls(&self, action: &str) -> u64 {
        self.server.calls(action)
    }

    /// From now on a region's SQS answers 503, or works again; its messages stay.
    pub fn set_failed(&self, region: &RegionName, failed: bool) {
        self.server.set_failed(region, failed);
    }

    async fn attribute(&self, region: &RegionName, url: &str, name: &str) -> String {
        let input = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let output = self.call(region, "GetQueueAttributes", input).await;
        output["Attributes"][name].as_str().unwrap().to_owned()
    }

    async fn call(&self, region: &RegionName, action: &str, input: Value) -> Value {
        let response = self.queueing.answer(Call::new(region, action, input)).await;
        output(&response).unwrap()
    }
}

#[async_trait]
impl Engine for Queueing {
    async fn answer(&self, call: Call) -> MockResponse {
        if let Some(wrong) = exceeded(&call.input) {
            return refusal(400, INVALID, &format!("{wrong} is out of range"));
        }
        match call.action.as_str() {
            "DeleteMessageBatch" => self.each(call, "DeleteMessage").await,
            "ChangeMessageVisibilityBatch" => self.each(call, "ChangeMessageVisibility").await,
            "SendMessageBatch" => self.each(call, "SendMessage").await,
            _ => call.answered_by(&self.0).await,
        }
    }
}

impl Queueing {
    /// Answers a batch entry by entry.
    async fn each(&self, call: Call, action: &str) -> MockResponse {
        let entries = call.input["Entries"].as_array().cloned().unwrap_or_default();
        if entries.is_empty() || entries.len() as u64 > MOST_MESSAGES {
            return refusal(400, "TooManyEntriesInBatchRequest", "A batch has 1 to 10 entries");
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for mut entry in entries {
            if let Some(wrong) = exceeded(&entry) {
                return refusal(400, INVALID, &format!("{wrong} is out of range"));
            }
            let id = entry["Id"].take();
            entry["QueueUrl"] = call.input["QueueUrl"].clone();
            let response = call.to(action, entry).answered_by(&self.0).await;
            match output(&response) {
                Ok(mut output) => {
                    output["Id"] = id;
                    successful.push(output);
                }
                Err(error) if error["__type"] == "AWS.SimpleQueueService.NonExistentQueue" => {
                    return response;
                }
                Err(error) => failed.push(json!({
                    "Id": id,
                    "Code": error["__type"],
                    "Message": error["message"],
                    "SenderFault": response.status < 500,
                })),
            }
        }
        MockResponse::json(
            200,
            json!({"Successful": successful, "Failed": failed}).to_string(),
        )
    }
}

/// The parameter that SQS would refuse.
fn exceeded(input: &Value) -> Option<&'static str> {
    let limits = [
        ("DelaySeconds", 0..=MOST_DELAY_SECONDS),
        ("MaxNumberOfMessages", 1..=MOST_MESSAGES),
        ("VisibilityTimeout", 0..=MOST_VISIBILITY_SECONDS),
        ("WaitTimeSeconds", 0..=MOST_WAIT_SECONDS),
    ];
    let is_exceeded = |(name, limits): &(&str, std::ops::RangeInclusive<u64>)| {
        let value = &input[*name];
        !value.is_null() && value.as_u64().is_none_or(|value| !limits.contains(&value))
    };
    if input["MessageBody"]
        .as_str()
        .is_some_and(|body| body.len() > MOST_BODY_BYTES)
    {
        return Some("MessageBody");
    }
    limits.into_iter().find(is_exceeded).map(|(name, _)| name)
}
