//! Owns what a record of the ballots' stream tells. Decides nothing: a record that can't be decoded is counted as
//! such, for leaving it out would lose a ballot.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use election_core::tally::{FeedEvent, FeedRecord, Sequence};
use election_service::ports::{PortError, PortResult};
use serde_json::{Map, Value};

use crate::attributes::Item;
use crate::failure::corrupt;
use crate::recorded;

/// The parts of a stream's record that say something. Without `Debug`: the image is a ballot.
pub struct StreamRecord<'a> {
    /// `dynamodb.SequenceNumber`: its place in its shard.
    pub sequence_number: &'a str,
    /// `eventName`.
    pub event_name: &'a str,
    /// `dynamodb.NewImage` in DynamoDB's JSON, as `{"ballot_key": {"B": "…"}, …}`.
    pub new_image: Option<&'a Value>,
}

/// What the feed tells of a record. An error only if it has no readable place, by which it could be counted once.
pub fn feed_record(record: &StreamRecord<'_>) -> PortResult<FeedRecord> {
    let unplaced = || -> PortError { corrupt("a stream record's sequence number can't be read") };
    let sequence = Sequence::parse(record.sequence_number).ok_or_else(unplaced)?;
    let image = record.new_image.and_then(Value::as_object);
    let item = image.map(read_image).unwrap_or_default();
    let mut told = recorded::feed_record(&item, sequence);
    if matches!(record.event_name, "MODIFY" | "REMOVE") {
        told.event = FeedEvent::Altered;
    } else if record.event_name != "INSERT" {
        told.event = FeedEvent::Undecodable;
    }
    Ok(told)
}

/// The attributes of the types that a ballot's item has. Others are left out, and missed where they should be.
fn read_image(image: &Map<String, Value>) -> Item {
    let attributes = image
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), read_value(value)?)));
    attributes.collect()
}

fn read_value(value: &Value) -> Option<AttributeValue> {
    let [(kind, value)] = value.as_object()?.iter().collect::<Vec<_>>()[..] else {
        return None;
    };
    let text = value.as_str()?;
    match kind.as_str() {
        "S" => Some(AttributeValue::S(text.to_owned())),
        "N" => Some(AttributeValue::N(text.to_owned())),
        "B" => Some(AttributeValue::B(Blob::new(BASE64_STANDARD.decode(text).ok()?))),
        _ => None,
    }
}
