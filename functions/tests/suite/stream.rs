//! DynamoDB stream events with a tumbling window: each record counts once, whatever is delivered how often, and an
//! answer always has a state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use election_core::tally::{Counts, by_jurisdiction};
use election_service::ports::Submission;
use election_testkit::lambda::{Function, Outcome};
use election_testkit::proxy::Fate;
use election_testkit::{Random, fixtures};
use serde_json::{Value, json};

use crate::support::aws::Aws;
use crate::support::ballots::ballot;
use crate::support::events::{event, window};
use crate::support::programs::TALLY;

const REGION: &str = "us-east-1";

/// Records so many voters' ballots, and gives the stream's records of them.
async fn recorded(aws: &Aws, voters: std::ops::Range<u64>) -> Vec<Value> {
    let before = aws.dynamodb.stream_after(None).len();
    let submissions: Vec<Submission> = voters
        .map(|voter| Submission {
            envelope: fixtures::envelope(voter),
            ballot: ballot(aws, voter, 0),
        })
        .collect();
    for part in submissions.chunks(10) {
        for outcome in aws.ballots().record(part).await {
            outcome.unwrap();
        }
    }
    aws.dynamodb.stream_after(None).split_off(before)
}

/// The ballots that a region's tally has counted, and what is wrong with any.
async fn counted(aws: &Aws) -> (u64, u64, u64) {
    let tally = aws.tallies(REGION).load().await.unwrap().tally;
    let mut all = Counts::default();
    by_jurisdiction(&tally)
        .values()
        .for_each(|counts| all.merge(counts));
    (all.ballots, all.unreadable, all.alterations)
}

async fn fold(tally: &Function, event: &Value) -> String {
    let answer = tally.invoke(event).await.answer();
    assert_eq!(answer["batchItemFailures"], json!([]));
    answer["state"]["folded"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn records_count_once_however_the_stream_cuts_and_repeats_them() {
    let aws = Aws::with_voters(0).await;
    let tally = aws.start(TALLY, REGION).await;
    let records = recorded(&aws, 0..40).await;
    let mut random = Random::seeded(5);
    let mut place = 0;
    while place < records.len() {
        // From anywhere before the place that was reached, to anywhere after it.
        let start = random.below(place + 1);
        let end = (place + 1 + random.below(9)).min(records.len());
        fold(&tally, &window("shard-1", &records[start..end], false)).await;
        place = end;
    }
    assert_eq!(counted(&aws).await, (40, 0, 0));
    fold(&tally, &window("shard-1", &records, true)).await;
    assert_eq!(counted(&aws).await, (40, 0, 0));
}

#[tokio::test]
async fn every_answer_has_the_window_s_state_and_an_empty_last_invocation_too() {
    let aws = Aws::with_voters(0).await;
    let tally = aws.start(TALLY, REGION).await;
    let records = recorded(&aws, 0..3).await;
    let first = tally
        .invoke(&window("shard-1", &records[..2], false))
        .await
        .answer();
    insta::assert_json_snapshot!("a part of a window", first);
    let mut next = window("shard-1", &records[2..], false);
    next["state"] = first["state"].clone();
    assert_eq!(fold(&tally, &next).await, "3");
    let last = tally.invoke(&event("stream-window-final")).await.answer();
    insta::assert_json_snapshot!("the end of a window", last);
    let mut bare = event("stream-window-final");
    bare.as_object_mut().unwrap().remove("Records");
    bare["state"] = Value::Null;
    assert_eq!(fold(&tally, &bare).await, "0");
    assert_eq!(counted(&aws).await, (3, 0, 0));
}

#[tokio::test]
async fn without_a_shard_nothing_is_counted_and_the_batch_comes_again() {
    let aws = Aws::with_voters(0).await;
    let tally = aws.start(TALLY, REGION).await;
    let mut event = event("stream-without-window");
    event["Records"] = recorded(&aws, 0..1).await.into();
    let Outcome::Failed(text) = tally.invoke(&event).await else {
        panic!("it was answered")
    };
    assert!(text.contains("names no shard"), "{text}");
    assert_eq!(counted(&aws).await, (0, 0, 0));
}

#[tokio::test]
async fn what_is_altered_or_unreadable_is_counted_and_told_as_such() {
    let aws = Aws::with_voters(0).await;
    let tally = aws.start(TALLY, REGION).await;
    let mut records = recorded(&aws, 0..2).await;
    records[1]["dynamodb"]["NewImage"]["content"] = json!({ "B": "AAAA" });
    let altered = event("stream-window-altered");
    let altered = altered["Records"].as_array().unwrap();
    records.extend(altered.iter().cloned());
    fold(&tally, &window("shard-1", &records, false)).await;
    assert_eq!(counted(&aws).await, (1, 1, 2));
    let line = tally.line(|line| line.contains("\"Alterations\":2")).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["Unreadable"], 1);
    assert!(line["TallyLagSeconds"].as_f64().is_some_and(|lag| lag >= 0.0));
}

#[tokio::test]
async fn a_function_killed_between_read_and_write_leaves_everything_to_the_next_one() {
    let aws = Aws::with_voters(0).await;
    let tally = aws.start(TALLY, REGION).await;
    let records = recorded(&aws, 0..10).await;
    let (kill, is_first) = (Arc::new(tally.killer()), AtomicBool::new(true));
    aws.tables.rule(move |call| {
        let writes = call.operation.starts_with("Transact")
            || call.operation == "PutItem"
            || call.operation == "UpdateItem";
        if writes && is_first.swap(false, Ordering::SeqCst) {
            Fate::LostAfter(kill.clone())
        } else {
            Fate::Answered
        }
    });
    let event = window("shard-1", &records, false);
    assert_eq!(tally.invoke(&event).await, Outcome::Ended(None));
    let next = aws.start(TALLY, REGION).await;
    fold(&next, &event).await;
    assert_eq!(counted(&aws).await, (10, 0, 0));
}

#[tokio::test]
async fn a_function_killed_after_its_write_has_counted_and_the_replay_counts_nothing() {
    let aws = Aws::with_voters(0).await;
    let tally = aws.start(TALLY, REGION).await;
    let records = recorded(&aws, 0..10).await;
    let (kill, is_first) = (Arc::new(tally.killer()), AtomicBool::new(true));
    aws.tables.rule(move |call| {
        let writes = call.operation.starts_with("Transact")
            || call.operation == "PutItem"
            || call.operation == "UpdateItem";
        if writes && is_first.swap(false, Ordering::SeqCst) {
            Fate::AnswerLostAfter(kill.clone())
        } else {
            Fate::Answered
        }
    });
    let event = window("shard-1", &records, false);
    assert_eq!(tally.invoke(&event).await, Outcome::Ended(None));
    let next = aws.start(TALLY, REGION).await;
    fold(&next, &event).await;
    assert_eq!(counted(&aws).await, (10, 0, 0));
}

#[tokio::test]
async fn two_readers_of_one_shard_at_once_count_each_record_once() {
    let aws = Aws::with_voters(0).await;
    let readers = [aws.start(TALLY, REGION).await, aws.start(TALLY, REGION).await];
    let records = recorded(&aws, 0..30).await;
    for part in records.chunks(5) {
        let event = window("shard-1", part, false);
        let [one, other] = &readers;
        tokio::join!(fold(one, &event), fold(other, &event));
    }
    assert_eq!(counted(&aws).await, (30, 0, 0));
}

#[tokio::test]
async fn a_split_shard_s_children_may_come_before_the_rest_of_their_parent() {
    let aws = Aws::with_voters(0).await;
    let tally = aws.start(TALLY, REGION).await;
    let records = recorded(&aws, 0..30).await;
    let (parent, rest) = records.split_at(10);
    let (left, right) = rest.split_at(8);
    for (shard, part) in [
        ("parent", &parent[..4]),
        ("child-2", right),
        ("child-1", &left[..3]),
        ("parent", parent),
        ("child-1", left),
        ("parent", parent),
    ] {
        fold(&tally, &window(shard, part, false)).await;
    }
    assert_eq!(counted(&aws).await, (30, 0, 0));
}
