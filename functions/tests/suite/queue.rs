//! SQS events: exactly the messages that weren't decided come again.

use election_aws::message_text;
use election_core::keys::BallotKey;
use election_service::ports::{CopyRole, DeadLetterReason};
use election_testkit::lambda::Outcome;
use election_testkit::proxy::Fate;
use serde_json::{Value, json};

use crate::support::aws::Aws;
use crate::support::ballots::{ballot, message};
use crate::support::events::{batch, event, failures};
use crate::support::programs::VOTE_PROCESSOR;

const REGION: &str = "us-east-1";

/// The body of a voter's first copy in an envelope of its own.
fn body(aws: &Aws, voter: u64) -> String {
    message_text::format(CopyRole::Primary, &message(aws, voter, voter, 0))
}

fn poisoned(aws: &Aws) -> Value {
    let mut event = event("sqs-poison-among-nine");
    for (voter, record) in event["Records"].as_array_mut().unwrap().iter_mut().enumerate() {
        if record["body"] == "{body}" {
            record["body"] = body(aws, voter as u64).into();
        }
    }
    event
}

#[tokio::test]
async fn a_poison_message_among_nine_good_ones_is_set_aside_and_the_nine_are_recorded() {
    let aws = Aws::with_voters(0).await;
    let processor = aws.start(VOTE_PROCESSOR, REGION).await;
    let event = poisoned(&aws);
    let answer = processor.invoke(&event).await.answer();
    insta::assert_json_snapshot!("a batch that is decided", answer);
    for voter in [0, 1, 2, 3, 5, 6, 7, 8, 9] {
        let recorded = aws.ballots().find(&ballot(&aws, voter, 0).key).await.unwrap();
        assert!(recorded.is_some_and(|recorded| recorded.is_same_vote(&ballot(&aws, voter, 0))));
    }
    let letters = aws.ballots().dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, DeadLetterReason::Undecodable);
    assert_eq!(&*letters[0].message.body, b"<poison/>");

    // Delivered again, all of it is decided already.
    let again = processor.invoke(&event).await.answer();
    assert_eq!(again, answer);
    let exceptions = aws.ballots().exceptions().await.unwrap();
    assert_eq!(
        (exceptions.repeats, exceptions.conflicts, exceptions.dead_letters),
        (0, 0, 1)
    );
}

#[tokio::test]
async fn messages_that_cannot_be_decided_come_again_and_no_others() {
    let aws = Aws::with_voters(0).await;
    let processor = aws.start(VOTE_PROCESSOR, REGION).await;
    let unlucky = ballot(&aws, 3, 0).key;
    aws.tables.rule(move |call| {
        let key = |pointer: &str| call.input().pointer(pointer).cloned();
        let written = key("/Item/ballot_key/B").or(key("/Key/ballot_key/B"));
        if written.is_some_and(|key| key == base64_of(&unlucky)) {
            Fate::Refused(503, "ServiceUnavailable")
        } else {
            Fate::Answered
        }
    });
    let event = poisoned(&aws);
    let answer = processor.invoke(&event).await.answer();
    let failed = event["Records"][3]["messageId"].as_str().unwrap();
    assert_eq!(failures(&answer), [failed]);
    processor
        .line(|line| line.contains("its message stays in the queue"))
        .await;

    aws.tables.rule(|_| Fate::Answered);
    let again = batch([(failed.to_owned(), event["Records"][3]["body"].as_str().unwrap())]);
    assert!(failures(&processor.invoke(&again).await.answer()).is_empty());
    assert!(aws.ballots().find(&unlucky).await.unwrap().is_some());
}

fn base64_of(key: &BallotKey) -> Value {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.encode(key.0).into()
}

#[tokio::test]
async fn a_message_that_was_received_a_hundred_times_is_set_aside_instead_of_coming_again() {
    let aws = Aws::with_voters(0).await;
    let processor = aws.start(VOTE_PROCESSOR, REGION).await;
    aws.tables.rule(|call| {
        let is_put = call.operation == "PutItem" && call.input()["TableName"] == "ballots";
        if is_put {
            Fate::Refused(503, "ServiceUnavailable")
        } else {
            Fate::Answered
        }
    });
    let mut event = event("sqs-one");
    event["Records"][0]["body"] = body(&aws, 0).into();
    let id = event["Records"][0]["messageId"].as_str().unwrap().to_owned();
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "99".into();
    assert_eq!(failures(&processor.invoke(&event).await.answer()), [id]);
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "100".into();
    assert!(failures(&processor.invoke(&event).await.answer()).is_empty());
    aws.tables.rule(|_| Fate::Answered);
    let letters = aws.ballots().dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, DeadLetterReason::ReceivesExhausted);
    assert_eq!(letters[0].region.as_str(), REGION);
}

#[tokio::test]
async fn messages_without_usable_fields_are_decided_too() {
    let aws = Aws::with_voters(0).await;
    let processor = aws.start(VOTE_PROCESSOR, REGION).await;
    let answer = processor
        .invoke(&event("sqs-without-usable-fields"))
        .await
        .answer();
    assert!(failures(&answer).is_empty(), "{answer}");
    assert!(!aws.ballots().dead_letters().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_of_something_else_fails_so_that_nothing_is_taken_for_decided() {
    let aws = Aws::with_voters(0).await;
    let processor = aws.start(VOTE_PROCESSOR, REGION).await;
    for other in [json!({}), json!(null), json!({ "Records": "all" })] {
        let failed = processor.invoke(&other).await;
        assert_eq!(
            failed,
            Outcome::Failed("the event is not of an SQS queue".to_owned())
        );
    }
}
