//! AWS as it fails: clear logs, right statuses, and no wrong count.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use election_testkit::lambda::{Function, Outcome};
use election_testkit::proxy::{Fate, Proxy};
use serde_json::{Value, json};

use crate::support::accounts::{receipts, reconcile, settled};
use crate::support::aws::{Aws, REGIONS};
use crate::support::events::{batch, event, failures, get, vote, window};
use crate::support::pipeline::RegionPipeline;
use crate::support::programs::{HEALTH_CHECK, RESULTS, TALLY, VOTE_ENQUEUER, VOTE_PROCESSOR};

const REGION: &str = REGIONS[0];

struct Functions {
    enqueuer: Function,
    processor: Function,
    tally: Function,
    results: Function,
    health: Function,
}

impl Functions {
    async fn start(aws: &Aws) -> Self {
        Self {
            enqueuer: aws.start(VOTE_ENQUEUER, REGION).await,
            processor: aws.start(VOTE_PROCESSOR, REGION).await,
            tally: aws.start(TALLY, REGION).await,
            results: aws.start(RESULTS, REGION).await,
            health: aws.start(HEALTH_CHECK, REGION).await,
        }
    }

    /// Nothing is accepted, decided or counted, all is told to come again, and the log has the reason.
    async fn all_refuse(&self, message: &str, reason: &str) {
        let refused = self.enqueuer.invoke(&event("rest-post-votes")).await.answer();
        assert_eq!(
            (
                &refused["statusCode"],
                &refused["multiValueHeaders"]["retry-after"].is_array()
            ),
            (&json!(503), &true)
        );
        let answer = self
            .processor
            .invoke(&batch([("only".to_owned(), message)]))
            .await
            .answer();
        assert_eq!(failures(&answer), ["only"]);
        let mut records = event("stream-window");
        records["Records"][0]["dynamodb"]["NewImage"] = json!({});
        assert!(matches!(self.tally.invoke(&records).await, Outcome::Failed(_)));
        assert_eq!(
            self.results.invoke(&event("rest-get-votes")).await.answer()["statusCode"],
            503
        );
        for path in ["/health", "/health/deep"] {
            assert_eq!(self.health.invoke(&get(path)).await.answer()["statusCode"], 503);
        }
        for function in [
            &self.enqueuer,
            &self.processor,
            &self.tally,
            &self.results,
            &self.health,
        ] {
            function.line(|line| line.contains(reason)).await;
        }
    }
}

fn body(aws: &Aws, voter: u64) -> String {
    let message = crate::support::ballots::message(aws, voter, voter, 0);
    election_aws::message_text::format(election_service::ports::CopyRole::Primary, &message)
}

fn refuse_all(proxies: [&Proxy; 2], status: u16, code: &'static str) {
    for proxy in proxies {
        proxy.rule(move |_| Fate::Refused(status, code));
    }
}

#[tokio::test]
async fn expired_credentials_refuse_everything_and_are_named_in_the_log() {
    let aws = Aws::with_voters(1).await;
    let functions = Functions::start(&aws).await;
    refuse_all([&aws.tables, &aws.queues], 400, "ExpiredTokenException");
    functions.all_refuse(&body(&aws, 0), "ExpiredToken").await;
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_refuses_everything_and_is_named_in_the_log() {
    let aws = Aws::with_voters(1).await;
    let functions = Functions::start(&aws).await;
    refuse_all([&aws.tables, &aws.queues], 400, "InvalidSignatureException");
    functions.all_refuse(&body(&aws, 0), "InvalidSignature").await;
    // Right again, nothing is left of it.
    aws.tables.rule(|_| Fate::Answered);
    aws.queues.rule(|_| Fate::Answered);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(
        functions
            .enqueuer
            .invoke(&event("rest-post-votes"))
            .await
            .answer()["statusCode"],
        202
    );
}

#[tokio::test]
async fn a_missing_table_is_named_in_the_log_and_only_what_needs_it_is_refused() {
    let aws = Aws::with_voters(2).await;
    let functions = Functions::start(&aws).await;
    aws.dynamodb.delete_table("ballots");
    // The box decides later: a vote is accepted without having been looked for in it.
    assert_eq!(
        functions
            .enqueuer
            .invoke(&event("rest-post-votes"))
            .await
            .answer()["statusCode"],
        202
    );
    functions
        .enqueuer
        .line(|line| line.contains("ELECTION_TABLE_BALLOTS names doesn't exist"))
        .await;
    let answer = functions
        .processor
        .invoke(&batch([("only".to_owned(), body(&aws, 1).as_str())]))
        .await
        .answer();
    assert_eq!(failures(&answer), ["only"]);
    assert_eq!(
        functions
            .results
            .invoke(&event("rest-get-receipt"))
            .await
            .answer()["statusCode"],
        503
    );
    let deep = functions.health.invoke(&get("/health/deep")).await.answer();
    assert!(
        deep["body"]
            .as_str()
            .unwrap()
            .contains(r#""ballot_box":"failing""#)
    );
    aws.dynamodb.delete_table("voters");
    assert_eq!(
        functions
            .enqueuer
            .invoke(&event("rest-post-votes"))
            .await
            .answer()["statusCode"],
        503
    );
    aws.dynamodb.delete_table(&format!("tallies-{REGION}"));
    let mut records = event("stream-window");
    records["Records"][0]["dynamodb"]["NewImage"] = json!({});
    assert!(matches!(
        functions.tally.invoke(&records).await,
        Outcome::Failed(_)
    ));
    assert!(matches!(
        functions.tally.invoke(&window("s", &[], true)).await,
        Outcome::Answered(_)
    ));
    assert_eq!(
        functions.results.invoke(&event("rest-get-votes")).await.answer()["statusCode"],
        503
    );
}

#[tokio::test]
async fn a_region_that_answers_every_second_call_loses_nothing_and_counts_nothing_twice() {
    let aws = Arc::new(Aws::with_voters(20).await);
    let mut regions = Vec::new();
    for name in &REGIONS[..2] {
        regions.push(RegionPipeline::start(&aws, name, 1).await);
    }
    for proxy in [&aws.tables, &aws.queues] {
        let calls = AtomicUsize::new(0);
        proxy.rule(move |call| {
            let turn = if call.region == REGION {
                calls.fetch_add(1, Ordering::SeqCst)
            } else {
                0
            };
            match turn % 4 {
                1 => Fate::Refused(503, "ServiceUnavailable"),
                3 => Fate::AnswerLost,
                _ => Fate::Answered,
            }
        });
    }
    for pipeline in &mut regions {
        pipeline.poll_queue(&aws);
        pipeline.poll_stream(&aws);
    }
    let mut answers: Vec<Value> = Vec::new();
    for voter in 0..20 {
        let ballot = vote(voter, voter, &json!({ "chair": ["ada"] }));
        // As the page does: the same ballot again, until it is accepted.
        for attempt in 0.. {
            let pipeline = &regions[attempt % 2];
            let answer = pipeline.enqueuers.invoke(&ballot).await.answer();
            let status = answer["statusCode"].as_u64().unwrap();
            assert!(matches!(status, 202 | 503) && attempt < 20, "{answer}");
            answers.push(answer);
            if status == 202 {
                break;
            }
        }
    }
    settled(&aws, &regions).await;
    aws.tables.rule(|_| Fate::Answered);
    let account = reconcile(&aws, &receipts(&answers), &regions).await;
    assert_eq!((account.recorded, account.conflicts), (20, 0));
}
