//! Nothing that the functions write tells who voted how, or that anybody did: not at any level of the log, not in
//! metrics, not when something fails.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use election_testkit::fixtures;
use election_testkit::lambda::Function;
use election_testkit::proxy::Fate;
use serde_json::{Value, json};

use crate::support::aws::Aws;
use crate::support::ballots::{ballot, message};
use crate::support::events::{ballot_id, batch, event, vote, voter_id, window};
use crate::support::programs::{HEALTH_CHECK, RESULTS, TALLY, VOTE_ENQUEUER, VOTE_PROCESSOR, with};

const REGION: &str = "us-east-1";
const VOTERS: u64 = 4;

/// Everything that must not be written, of some voters, with what it is.
fn secrets(aws: &Aws, receipts: &[String]) -> Vec<(&'static str, String)> {
    let mut secrets = Vec::new();
    for voter in 0..VOTERS {
        let key = ballot(aws, voter, 0).key.0;
        let id = voter_id(voter);
        let hexadecimal: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        secrets.extend([
            ("voter id", id.replace('-', "")),
            ("voter id", id),
            ("ballot id", ballot_id(voter)),
            ("ballot key", BASE64_STANDARD.encode(key)),
            ("ballot key", BASE64_URL_SAFE_NO_PAD.encode(key)),
            ("ballot key", hexadecimal),
            ("ballot key", format!("{key:?}")),
            ("person", format!("external-{voter}")),
        ]);
    }
    for receipt in receipts {
        secrets.extend([
            ("receipt", receipt.clone()),
            ("receipt", receipt.replace('-', "")),
        ]);
    }
    let choices = [
        "\"ada\"",
        "\"ben\"",
        "\"cleo\"",
        "Ada",
        "Cleo",
        "Grace Hopper",
        "chair",
        "board",
        "\"selections\"",
        "voter_id",
    ];
    secrets.extend(choices.map(|choice| ("choice or name", choice.to_owned())));
    secrets.push(("address", "203.0.113.7".to_owned()));
    secrets
}

async fn write_everything(aws: &Aws, functions: [&Function; 5]) -> Vec<String> {
    let [enqueuer, processor, tally, results, health] = functions;
    let mut receipts = Vec::new();
    for voter in 0..VOTERS {
        let selections = json!({ "chair": ["ada"], "board": ["cleo", { "write_in": "Grace Hopper" }] });
        let answer = enqueuer.invoke(&vote(voter, voter, &selections)).await.answer();
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        receipts.push(body["receipt"].as_str().unwrap().to_owned());
        enqueuer
            .invoke(&vote(voter, voter, &json!({ "chair": ["ada", "ben"] })))
            .await;
        enqueuer
            .invoke(&vote(voter, voter, &json!({ "Grace Hopper": 1 })))
            .await;
    }
    let mut unknown = event("rest-post-eligibility-stage");
    unknown["body"] = json!({ "voter_id": fixtures::voter_id(77, 0).printed() })
        .to_string()
        .into();
    enqueuer.invoke(&unknown).await;
    let texts: Vec<String> = (0..VOTERS)
        .flat_map(|voter| {
            let good = message(aws, voter, voter, 0);
            let mut forged = message(aws, 50 + voter, voter, 1);
            forged.body[20] ^= 1;
            [good, forged]
        })
        .map(|message| {
            election_aws::message_text::format(election_service::ports::CopyRole::Primary, &message)
        })
        .chain(["{\"voter_id\":\"broken".to_owned()])
        .collect();
    let event = batch(
        texts
            .iter()
            .enumerate()
            .map(|(id, text)| (id.to_string(), text.as_str())),
    );
    processor.invoke(&event).await;
    tally
        .invoke(&window("shard-1", &aws.dynamodb.stream_after(None), true))
        .await;
    for receipt in &receipts {
        results
            .invoke(&crate::support::events::get(&format!("/receipts/{receipt}")))
            .await;
    }
    results
        .invoke(&crate::support::events::event("rest-get-votes"))
        .await;
    health.invoke(&crate::support::events::get("/health/deep")).await;

    // The same again while everything fails.
    for proxy in [&aws.tables, &aws.queues] {
        proxy.rule(|_| Fate::Refused(400, "ValidationException"));
    }
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    enqueuer.invoke(&vote(0, 0, &json!({ "chair": ["ada"] }))).await;
    processor.invoke(&event).await;
    tally
        .invoke(&window("shard-1", &aws.dynamodb.stream_after(None), false))
        .await;
    for receipt in &receipts {
        results
            .invoke(&crate::support::events::get(&format!("/receipts/{receipt}")))
            .await;
    }
    health.invoke(&crate::support::events::get("/health/deep")).await;
    receipts
}

#[tokio::test]
async fn no_line_of_any_log_or_metric_at_any_level_holds_a_secret() {
    for level in ["info", "trace"] {
        let aws = Aws::with_voters(VOTERS).await;
        let mut functions = Vec::new();
        for program in [VOTE_ENQUEUER, VOTE_PROCESSOR, TALLY, RESULTS, HEALTH_CHECK] {
            let variables = with(&program.of(&aws.variables(REGION)), "ELECTION_LOG", Some(level));
            functions.push(program.start(&variables).await);
        }
        let [a, b, c, d, e] = &functions[..] else {
            unreachable!()
        };
        let receipts = write_everything(&aws, [a, b, c, d, e]).await;
        let secrets = secrets(&aws, &receipts);
        let mut lines = 0;
        for function in &functions {
            for line in function.lines() {
                lines += 1;
                for (what, secret) in &secrets {
                    assert!(!line.contains(secret), "a {what} was written: {line}");
                }
                let line: Value = serde_json::from_str(&line).expect("every line is JSON");
                assert!(
                    line.get("span").is_none() && line.get("spans").is_none(),
                    "ids of requests are in spans"
                );
            }
        }
        assert!(lines > 20, "there is something to look through");
    }
}

#[tokio::test]
async fn metrics_are_lines_in_the_embedded_format_and_none_where_nothing_happened() {
    let aws = Aws::with_voters(2).await;
    let enqueuer = aws.start(VOTE_ENQUEUER, REGION).await;
    assert!(enqueuer.lines().is_empty());
    enqueuer.invoke(&event("rest-post-eligibility-stage")).await;
    let start = enqueuer.line(|line| line.contains("ColdStarts")).await;
    enqueuer.invoke(&event("rest-post-eligibility-stage")).await;
    enqueuer.invoke(&event("rest-post-votes")).await;
    let accepted = enqueuer.line(|line| line.contains("Accepted")).await;
    let mut unknown = event("rest-post-votes");
    unknown["body"] = unknown["body"]
        .as_str()
        .unwrap()
        .replace(&voter_id(0), &voter_id(9))
        .into();
    enqueuer.invoke(&unknown).await;
    let refused = enqueuer.line(|line| line.contains("Refused")).await;
    let lines = [&start, &accepted, &refused].map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line["_aws"]["Timestamp"] = "(ms)".into();
        line
    });
    insta::assert_json_snapshot!("lines of metrics", lines);
    let metrics = enqueuer.lines().into_iter().filter(|line| line.contains("_aws"));
    assert_eq!(metrics.count(), 3);
}
