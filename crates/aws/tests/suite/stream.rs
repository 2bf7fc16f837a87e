//! What a stream's records come to.

use election_aws::stream::{StreamRecord, feed_record};
use election_core::ballot::Ballot;
use election_core::tally::{FeedEvent, FeedRecord};
use election_service::ports::PortError;
use election_testkit::fixtures::{ballot, jurisdiction, submission};
use serde_json::{Value, json};

use crate::support::Wired;

/// The records of the engine's stream, as a function reads them out of its event.
fn told(records: &[Value]) -> Vec<FeedRecord> {
    let tell = |record: &Value| {
        let record = StreamRecord {
            sequence_number: record["dynamodb"]["SequenceNumber"].as_str().unwrap(),
            event_name: record["eventName"].as_str().unwrap(),
            new_image: record["dynamodb"].get("NewImage"),
        };
        feed_record(&record).unwrap()
    };
    records.iter().map(tell).collect()
}

fn inserted(record: &FeedRecord) -> Option<&Ballot> {
    match &record.event {
        FeedEvent::Inserted(ballot) => Some(ballot),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_recorded_ballot_is_told_once_as_it_is() {
    let ports = Wired::start().await;
    for voter in 0..5 {
        let outcome = ports
            .ballots
            .record(&[submission(voter, voter, 0), submission(10 + voter, voter, 1)])
            .await;
        assert!(outcome.iter().all(Result::is_ok));
    }
    let records = told(&ports.dynamo.engine.stream_after(None));
    assert_eq!(records.len(), 5, "conflicts are in another table");
    assert!(records.is_sorted_by(|one, next| one.sequence < next.sequence));
    for (voter, record) in (0..).zip(&records) {
        assert!(inserted(record) == Some(&ballot(voter, 0)));
        assert_eq!(record.jurisdiction, Some(jurisdiction(voter)));
    }
    let after = ports
        .dynamo
        .engine
        .stream_after(Some(&records[2].sequence.to_string()));
    assert_eq!(told(&after).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_ballot_is_an_alteration_and_a_damaged_one_undecodable() {
    let ports = Wired::start().await;
    assert!(ports.ballots.record(&[submission(1, 1, 0)]).await[0].is_ok());
    let engine = &ports.dynamo.engine;
    let mut item = engine.items("ballots").remove(0);
    item["content"] = json!({"B": "AAAA"});
    engine.put("ballots", &item);
    engine.put(
        "ballots",
        &json!({"ballot_key": {"B": "AAAA"}, "jurisdiction": {"S": "south"}}),
    );
    engine.put(
        "ballots",
        &json!({"ballot_key": {"B": "AAAB"}, "other": {"L": [{"BOOL": true}]}}),
    );
    let records = told(&engine.stream_after(None));
    let events: Vec<&str> = records
        .iter()
        .map(|record| match record.event {
            FeedEvent::Inserted(_) => "inserted",
            FeedEvent::Altered => "altered",
            FeedEvent::Undecodable => "undecodable",
        })
        .collect();
    assert_eq!(events, ["inserted", "altered", "undecodable", "undecodable"]);
    let claimed: Vec<_> = records.iter().map(|record| record.jurisdiction.clone()).collect();
    let south = Some(jurisdiction(1));
    assert_eq!(claimed, [south.clone(), south.clone(), south, None]);
}

fn record_of(
    sequence_number: &str,
    event_name: &str,
    new_image: Option<&Value>,
) -> Result<FeedRecord, PortError> {
    feed_record(&StreamRecord {
        sequence_number,
        event_name,
        new_image,
    })
}

#[test]
fn a_removal_is_an_alteration_and_what_is_unknown_is_undecodable() {
    let removed = record_of("7", "REMOVE", None).unwrap();
    assert!(matches!(removed.event, FeedEvent::Altered) && removed.jurisdiction.is_none());
    for name in ["", "insert", "TRUNCATE"] {
        let unknown = record_of("8", name, None).unwrap();
        assert!(matches!(unknown.event, FeedEvent::Undecodable), "{name}");
    }
    for image in [
        Value::Null,
        json!([]),
        json!({"ballot_key": "B"}),
        json!({"ballot_key": {"B": "%"}}),
    ] {
        let record = record_of("9", "INSERT", Some(&image)).unwrap();
        assert!(matches!(record.event, FeedEvent::Undecodable));
    }
}

/// It couldn't be told from the one before it; leaving it out would lose a ballot.
#[test]
fn a_record_without_a_place_is_an_error() {
    for place in ["", "x", "-1", "10000000000000000000000000000000000000000000"] {
        assert!(
            matches!(record_of(place, "INSERT", None), Err(PortError::Corrupt(_))),
            "{place}"
        );
    }
    let longest = "4".repeat(40);
    assert!(record_of(&longest, "INSERT", None).unwrap().sequence.as_str() == longest);
}
