//! Owns the answering of SQS events: which messages may leave the queue. A message that can't be read is
//! decided like any other; none makes its neighbours come again.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>

use election_aws::message_text;
use election_core::identifiers::RegionName;
use election_service::ports::{Handle, Received};
use election_service::processor::Processor;
use serde_json::{Value, json};

use crate::invocation::{Answer, NotAnswered};

/// Records what a region's queue delivers.
pub struct QueueWorker {
    /// Whose queue it is: SQS delivers to functions of its own region only.
    pub region: RegionName,
    /// Decides.
    pub processor: Processor,
}

impl Answer for QueueWorker {
    async fn answer(&self, event: Value) -> Result<Value, NotAnswered> {
        let records = event.get("Records").and_then(Value::as_array);
        let records = records.ok_or_else(|| NotAnswered::because("the event is not of an SQS queue"))?;
        let batch: Vec<Received> = records.iter().map(received).collect();
        let decided = self.processor.process(&self.region, &batch).await;
        let undecided = batch.iter().zip(decided).filter(|(_, is_decided)| !is_decided);
        // A message without an id can't be named. Its empty name makes Lambda keep the whole batch, and what
        // was decided of it is found decided.
        let failures: Vec<Value> = undecided
            .map(|(received, _)| json!({ "itemIdentifier": received.handle.0 }))
            .collect();
        Ok(json!({ "batchItemFailures": failures }))
    }
}

fn received(record: &Value) -> Received {
    let text = |field: &str| record.get(field).and_then(Value::as_str).unwrap_or_default();
    let (role, message) = message_text::parse(text("body"), text("messageId"));
    let receives = record
        .pointer("/attributes/ApproximateReceiveCount")
        .and_then(Value::as_str);
    Received {
        handle: Handle(text("messageId").to_owned()),
        role,
        message,
        receives: receives.and_then(|count| count.parse().ok()).unwrap_or(1),
    }
}
