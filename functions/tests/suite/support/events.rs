//! Owns the event documents. Those in `tests/events` are as AWS's documentation has them; tests fill in what an
//! election puts there.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use election_testkit::fixtures;
use serde_json::{Value, json};

/// A document, with the voter id of voter zero where it says so.
pub(crate) fn event(name: &str) -> Value {
    let path = format!("{}/tests/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    if let Some(body) = event["body"].as_str() {
        let body = body.replace("{voter_id}", &voter_id(0));
        let encoded = body
            .strip_prefix("{base64:")
            .and_then(|body| body.strip_suffix('}'));
        event["body"] = encoded
            .map_or(body.clone(), |body| BASE64_STANDARD.encode(body))
            .into();
    }
    event
}

/// A voter's id as printed in their letter.
pub(crate) fn voter_id(voter: u64) -> String {
    fixtures::voter_id(voter, 0).printed()
}

/// The nth ballot id.
pub(crate) fn ballot_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A request of a path without a body.
pub(crate) fn get(path: &str) -> Value {
    let mut event = event("rest-get-votes");
    event["path"] = path.into();
    event
}

/// A voter's vote.
pub(crate) fn vote(voter: u64, ballot: u64, selections: &Value) -> Value {
    let mut event = event("rest-post-votes");
    let vote =
        json!({ "voter_id": voter_id(voter), "ballot_id": ballot_id(ballot), "selections": selections });
    event["body"] = vote.to_string().into();
    event
}

/// A batch of an SQS queue: message ids with bodies.
pub(crate) fn batch<'a>(messages: impl IntoIterator<Item = (String, &'a str)>) -> Value {
    let record = event("sqs-one")["Records"][0].clone();
    let filled = messages.into_iter().map(|(id, body)| {
        let mut record = record.clone();
        record["messageId"] = id.into();
        record["body"] = body.into();
        record
    });
    json!({ "Records": filled.collect::<Vec<_>>() })
}

/// A part of a shard of a stream, in a tumbling window.
pub(crate) fn window(shard: &str, records: &[Value], is_final: bool) -> Value {
    let mut event = event("stream-window");
    event["Records"] = records.into();
    event["shardId"] = shard.into();
    event["isFinalInvokeForWindow"] = is_final.into();
    event
}

/// The identifiers of the messages that an answer says have to come again.
pub(crate) fn failures(answer: &Value) -> Vec<String> {
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned())
        .collect()
}
