//! Owns the answering of DynamoDB stream events with a tumbling window: which shard's records they are, and
//! that each is counted once. Never skips a record: what it can't place it refuses, and Lambda sends it again.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html>

use std::sync::Arc;

use election_aws::stream::{self, StreamRecord};
use election_core::tally::FeedRecord;
use election_service::delivered::DeliveredFolder;
use election_service::ports::{PortResult, TallyStore};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::invocation::{Answer, NotAnswered};
use crate::metric_lines::Meters;

/// Counts what the stream of the ballots' table delivers.
pub struct StreamFolder {
    /// Counts.
    pub folder: DeliveredFolder,
    /// The tally.
    pub tallies: Arc<dyn TallyStore>,
    /// What is told of it.
    pub meters: Arc<Meters>,
}

impl Answer for StreamFolder {
    async fn answer(&self, event: Value) -> Result<Value, NotAnswered> {
        let records = match event.get("Records") {
            Some(Value::Array(records)) => records.as_slice(),
            // The last invocation of a window may come without.
            None | Some(Value::Null) => &[],
            Some(_) => return Err(NotAnswered::because("the event is not of a DynamoDB stream")),
        };
        let shard = event
            .get("shardId")
            .and_then(Value::as_str)
            .filter(|shard| !shard.is_empty());
        let no_window = "the event names no shard: give its event source mapping a tumbling window";
        let shard = shard.ok_or_else(|| NotAnswered::because(no_window))?;
        let before = event.pointer("/state/folded").and_then(Value::as_str);
        let before: u64 = before.and_then(|count| count.parse().ok()).unwrap_or_default();
        let mut folded = 0;
        if !records.is_empty() {
            let newest = records.iter().filter_map(recorded_at).reduce(f64::max);
            let records: PortResult<Vec<FeedRecord>> = records.iter().map(feed_record).collect();
            let records = records.map_err(NotAnswered::because)?;
            let delivered = self.folder.fold(self.tallies.as_ref(), shard, records).await;
            let delivered = delivered.map_err(NotAnswered::because)?;
            self.meters.folded(delivered, newest.map(seconds_since));
            folded = delivered.records;
        }
        Ok(json!({ "state": { "folded": (before + folded).to_string() }, "batchItemFailures": [] }))
    }
}

fn feed_record(record: &Value) -> PortResult<FeedRecord> {
    let text = |pointer: &str| {
        record
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    stream::feed_record(&StreamRecord {
        sequence_number: text("/dynamodb/SequenceNumber"),
        event_name: text("/eventName"),
        new_image: record.pointer("/dynamodb/NewImage"),
    })
}

/// When a record was made, in seconds since 1970; events have it to the second or more exactly.
fn recorded_at(record: &Value) -> Option<f64> {
    record.pointer("/dynamodb/ApproximateCreationDateTime")?.as_f64()
}

fn seconds_since(at: f64) -> f64 {
    let now = OffsetDateTime::now_utc();
    let now = now.unix_timestamp() as f64 + f64::from(now.millisecond()) / 1_000.0;
    ((now - at) * 1_000.0).round().max(0.0) / 1_000.0
}
