//! A missing or wrong variable ends the function that needs it, before it has called anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use election_testkit::lambda::Function;
use serde_json::Value;

use crate::support::programs::{ALL, COMMON, HEALTH_CHECK, Program, RESULTS, VOTE_ENQUEUER, deployed, with};

/// An end point that counts who comes, and hangs up.
async fn end_point() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            drop(stream);
        }
    });
    (format!("http://{address}"), calls)
}

/// The one line that a function logged before it ended with 64.
async fn refusal(function: &Function) -> Value {
    assert!(!function.started().await, "it started");
    assert_eq!(function.ended().await, Some(64), "{:#?}", function.lines());
    let line = function.line(|line| line.starts_with('{')).await;
    assert_eq!(function.lines().len(), 1, "{:#?}", function.lines());
    serde_json::from_str(&line).unwrap()
}

async fn assert_refused(program: Program, name: &str, value: Option<&str>) {
    let (url, calls) = end_point().await;
    let variables = with(&program.of(&deployed(&url)), name, value);
    let line = refusal(&program.start(&variables).await).await;
    let text = line["message"].as_str().unwrap();
    assert_eq!(
        (&line["level"], &line["exit_status"]),
        (&Value::from("ERROR"), &Value::from(64))
    );
    assert!(
        text.contains(&format!(" {name} ")),
        "{} without {name} says: {text}",
        program.name
    );
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        assert!(!text.contains(value), "a value is never shown: {text}");
    }
    assert_eq!(
        calls.load(Ordering::Relaxed),
        0,
        "{} called AWS first",
        program.name
    );
}

#[tokio::test]
async fn a_missing_variable_ends_every_function_that_needs_it_with_its_name() {
    for program in ALL {
        for name in COMMON.iter().chain(program.needs) {
            assert_refused(program, name, None).await;
        }
    }
}

#[tokio::test]
async fn a_wrong_variable_ends_every_function_that_needs_it_with_its_name() {
    let wrong = [
        ("AWS_REGION", "US East (N. Virginia)"),
        ("AWS_REGION", "eu-west-9"),
        ("ELECTION_REGIONS", "us-east-1,us-east-1"),
        ("ELECTION_REGIONS", "us-east-2,us-west-2"),
        ("ELECTION_REGIONS", "us-east-1,"),
        ("ELECTION_REPLICA_REGION", "Ohio!"),
        ("ELECTION_TABLE_ELECTIONS", "the table of elections"),
        ("ELECTION_TABLE_BALLOTS", "§"),
        ("ELECTION_TABLE_VOTERS", "voters\nroll"),
        (
            "ELECTION_TABLE_CONFLICTS",
            "arn:aws:dynamodb:us-east-1:123456789012:table/conflicts",
        ),
        ("ELECTION_TABLE_TALLIES", "tallies/us-east-1"),
        (
            "ELECTION_QUEUES",
            "https://sqs.us-east-1.amazonaws.com/123456789012/votes",
        ),
        (
            "ELECTION_QUEUES",
            "us-east-1=https://sqs.us-east-1.amazonaws.com/123456789012/votes",
        ),
        ("ELECTION_RECORDS_KEY", "the records' key"),
        ("ELECTION_BALLOT_SECRET_KEY", "the ballot secret's key"),
    ];
    for program in ALL {
        for (name, value) in wrong {
            if COMMON.contains(&name) || program.needs.contains(&name) {
                // A region that isn't one of the regions is found by their variable.
                let told = if value == "eu-west-9" {
                    "ELECTION_REGIONS"
                } else {
                    name
                };
                let (url, calls) = end_point().await;
                let variables = with(&program.of(&deployed(&url)), name, Some(value));
                let line = refusal(&program.start(&variables).await).await;
                let text = line["message"].as_str().unwrap();
                assert!(
                    text.contains(&format!(" {told} ")),
                    "{} with {name}={value}: {text}",
                    program.name
                );
                assert!(!text.contains(value), "a value is never shown: {text}");
                assert_eq!(
                    calls.load(Ordering::Relaxed),
                    0,
                    "{} called AWS first",
                    program.name
                );
            }
        }
    }
}

#[tokio::test]
async fn an_optional_variable_may_be_missing_but_not_wrong() {
    for (program, name, value) in [
        (VOTE_ENQUEUER, "ELECTION_SECOND_COPY_DELAY_SECONDS", "901"),
        (
            VOTE_ENQUEUER,
            "ELECTION_SECOND_COPY_DELAY_SECONDS",
            "five minutes",
        ),
        (VOTE_ENQUEUER, "ELECTION_WEBSITE_ORIGIN", "other.example.net"),
        (RESULTS, "ELECTION_WEBSITE_ORIGIN", "https://other.example.net/"),
        (RESULTS, "ELECTION_WEBSITE_ORIGIN", "https:///"),
        (HEALTH_CHECK, "ELECTION_LOG", "loud"),
    ] {
        assert_refused(program, name, Some(value)).await;
    }
}
