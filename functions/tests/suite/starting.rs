//! What a function does before its first event: one call for each secret that it needs, and a clear end where it
//! can't go on.

use std::time::Duration;

use election_core::definition::Definition;
use election_core::phase::Phase;
use election_service::ports::{Fingerprints, NewElection};
use election_testkit::fixtures;
use election_testkit::lambda::Function;
use election_testkit::proxy::Fate;
use serde_json::Value;

use crate::support::aws::Aws;
use crate::support::events::{event, vote};
use crate::support::pipeline::until;
use crate::support::programs::{
    ALL, HEALTH_CHECK, Program, RESULTS, TALLY, VOTE_ENQUEUER, VOTE_PROCESSOR, with,
};

const REGION: &str = "us-east-1";

/// The exit status and the last line that the log has.
async fn end(function: &Function) -> (Option<i32>, String) {
    assert!(!function.started().await, "it started");
    let status = function.ended().await;
    let line = function.line(|line| line.contains("can't start")).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    (status, line["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn each_function_asks_for_the_secrets_it_needs_once_and_for_none_per_vote() {
    let aws = Aws::with_voters(3).await;
    for (program, secrets) in [
        (VOTE_ENQUEUER, 3),
        (VOTE_PROCESSOR, 1),
        (TALLY, 1),
        (RESULTS, 0),
        (HEALTH_CHECK, 0),
    ] {
        let before = aws.keys_proxy.calls().len();
        let function = aws.start(program, REGION).await;
        if program == VOTE_ENQUEUER {
            for voter in 0..3 {
                let accepted = function
                    .invoke(&vote(voter, voter, &serde_json::json!({})))
                    .await
                    .answer();
                assert_eq!(accepted["statusCode"], 202);
            }
        }
        let calls = &aws.keys_proxy.calls()[before..];
        assert!(calls.iter().all(|call| call.operation == "Decrypt"));
        assert_eq!(calls.len(), secrets, "{}", program.name);
    }
}

#[tokio::test]
async fn only_the_enqueuer_reads_which_key_the_ballot_secret_has() {
    let aws = Aws::with_voters(0).await;
    for program in ALL.into_iter().filter(|program| *program != VOTE_ENQUEUER) {
        let without = program.of(&aws.variables(REGION));
        assert!(
            !without
                .iter()
                .any(|(name, _)| name == "ELECTION_BALLOT_SECRET_KEY")
        );
        let garbage = with(&without, "ELECTION_BALLOT_SECRET_KEY", Some("no key at all !"));
        for variables in [without, garbage] {
            let function = program.start(&variables).await;
            assert!(
                function.started().await,
                "{}: {:#?}",
                program.name,
                function.lines()
            );
            assert!(
                function.lines().is_empty(),
                "{}: {:#?}",
                program.name,
                function.lines()
            );
        }
    }
}

#[tokio::test]
async fn without_an_election_every_function_ends_and_says_so() {
    let aws = Aws::with_voters(0).await;
    aws.dynamodb.delete_table("elections");
    aws.dynamodb.create_elections();
    for program in ALL {
        let (status, text) = end(&program.start(&program.of(&aws.variables(REGION))).await).await;
        assert_eq!(status, Some(70), "{}", program.name);
        assert!(text.contains("there is no election yet"), "{text}");
    }
}

#[tokio::test]
async fn with_a_store_that_cannot_be_read_every_function_ends_and_says_so() {
    let aws = Aws::with_voters(0).await;
    aws.tables.rule(|_| Fate::Refused(503, "ServiceUnavailable"));
    for program in ALL {
        let (status, text) = end(&program.start(&program.of(&aws.variables(REGION))).await).await;
        assert_eq!(status, Some(70), "{}", program.name);
        assert!(text.contains("the election can't be read"), "{text}");
    }
}

#[tokio::test]
async fn without_kms_what_needs_a_secret_ends_and_says_so() {
    let aws = Aws::with_voters(0).await;
    aws.keys_proxy
        .rule(|_| Fate::Refused(400, "AccessDeniedException"));
    for program in [VOTE_ENQUEUER, VOTE_PROCESSOR, TALLY] {
        let (status, text) = end(&program.start(&program.of(&aws.variables(REGION))).await).await;
        assert_eq!(status, Some(70), "{}", program.name);
        assert!(
            text.contains("secret can't be read") && text.contains("AccessDenied"),
            "{text}"
        );
    }
}

/// The same tables and keys, with another election's record in it.
async fn with_record(aws: &Aws, file: &str, fingerprints: Fingerprints) {
    let items = aws.dynamodb.items("elections");
    aws.dynamodb.delete_table("elections");
    aws.dynamodb.create_elections();
    let is_secret = |item: &&Value| {
        item["id"]["S"]
            .as_str()
            .is_some_and(|id| id.starts_with("secret#"))
    };
    items
        .iter()
        .filter(is_secret)
        .for_each(|secret| aws.dynamodb.put("elections", secret));
    let election = NewElection {
        definition: file.into(),
        fingerprints,
        at: fixtures::at(0),
    };
    assert!(aws.elections().create(election).await.unwrap());
}

fn fingerprints(aws: &Aws) -> Fingerprints {
    Fingerprints {
        roll: aws.keys.roll.fingerprint().clone(),
        ballot: aws.keys.ballot.fingerprint().clone(),
        mac: aws.keys.mac.fingerprint().clone(),
    }
}

async fn ends_with_64(aws: &Aws, program: Program, expected: &str) {
    let (status, text) = end(&program.start(&program.of(&aws.variables(REGION))).await).await;
    assert_eq!(status, Some(64), "{}: {text}", program.name);
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn other_secrets_than_the_election_was_created_with_end_what_reads_them() {
    let aws = Aws::with_voters(0).await;
    let text = "the keys are not those that the election testkit was created with";
    let others = fixtures::new_election().fingerprints;
    for (wrong, programs) in [
        (
            Fingerprints {
                mac: others.mac,
                ..fingerprints(&aws)
            },
            vec![VOTE_ENQUEUER, VOTE_PROCESSOR, TALLY],
        ),
        (
            Fingerprints {
                roll: others.roll,
                ..fingerprints(&aws)
            },
            vec![VOTE_ENQUEUER],
        ),
        (
            Fingerprints {
                ballot: others.ballot,
                ..fingerprints(&aws)
            },
            vec![VOTE_ENQUEUER],
        ),
    ] {
        with_record(&aws, fixtures::DEFINITION, wrong).await;
        for program in programs {
            ends_with_64(&aws, program, text).await;
        }
    }
}

#[tokio::test]
async fn live_results_are_refused_by_every_function() {
    let aws = Aws::with_voters(0).await;
    let live = fixtures::DEFINITION.replace("closes_at", "results = \"live\"\ncloses_at");
    assert!(Definition::parse(live.as_bytes()).is_ok());
    with_record(&aws, &live, fingerprints(&aws)).await;
    for program in ALL {
        ends_with_64(&aws, program, "live results, which AWS can't publish").await;
    }
}

#[tokio::test]
async fn a_warm_enqueuer_forgets_the_ballot_secret_once_it_is_destroyed() {
    let aws = Aws::with_voters(1).await;
    let enqueuer = aws.start(VOTE_ENQUEUER, REGION).await;
    let status = async || {
        let answer = enqueuer.invoke(&event("rest-post-eligibility-stage")).await;
        answer.answer()["statusCode"].as_u64().unwrap()
    };
    assert_eq!(status().await, 200);
    aws.become_phase(Phase::Open, Phase::Closed).await;
    aws.become_phase(Phase::Closed, Phase::Certifying).await;
    assert!(
        aws.elections()
            .certify(b"[]".to_vec(), fixtures::at(9))
            .await
            .unwrap()
    );
    assert_eq!(status().await, 200);
    aws.elections().keys_destroyed().await.unwrap();
    until("410", Duration::from_secs(20), async || status().await == 410).await;
    enqueuer
        .line(|line| line.contains("destroyed and forgotten"))
        .await;
    let next = aws.start(VOTE_ENQUEUER, REGION).await;
    let answer = next.invoke(&event("rest-post-eligibility-stage")).await.answer();
    assert_eq!(answer["statusCode"], 410);
}
