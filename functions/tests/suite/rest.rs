//! REST proxy events, as API Gateway sends them, and the answers that it gets.

use election_testkit::lambda::{Function, Outcome};
use serde_json::{Value, json};

use crate::support::aws::Aws;
use crate::support::events::{event, get};
use crate::support::programs::{HEALTH_CHECK, RESULTS, VOTE_ENQUEUER, with};

const REGION: &str = "us-east-1";

/// The answer to a document, and its body apart, as JSON if it is any.
async fn answer(function: &Function, event: &Value) -> Value {
    let mut answer = function.invoke(event).await.answer();
    let body = answer["body"].as_str().unwrap();
    if let Ok(body) = serde_json::from_str(body) {
        answer["body"] = body;
    }
    answer
}

fn problem(answer: &Value) -> (u64, &str) {
    (
        answer["statusCode"].as_u64().unwrap(),
        answer["body"]["code"].as_str().unwrap(),
    )
}

#[tokio::test]
async fn a_vote_is_accepted_and_refused_with_the_answers_of_the_api() {
    let aws = Aws::with_voters(2).await;
    let variables = with(
        &VOTE_ENQUEUER.of(&aws.variables(REGION)),
        "ELECTION_WEBSITE_ORIGIN",
        Some("https://vote.example.org"),
    );
    let enqueuer = VOTE_ENQUEUER.start(&variables).await;

    let mut accepted = answer(&enqueuer, &event("rest-post-votes")).await;
    assert!(accepted["body"]["receipt"].as_str().unwrap().starts_with('1'));
    accepted["body"]["receipt"] = "(receipt)".into();
    insta::assert_json_snapshot!("an accepted vote", accepted);

    let refused = answer(&enqueuer, &event("rest-post-votes-no-body")).await;
    insta::assert_json_snapshot!("a vote without a body", refused);
    for (name, expected) in [
        ("rest-post-votes-text", (415, "media-type-unsupported")),
        ("rest-post-eligibility-broken-base64", (400, "json-malformed")),
        ("rest-delete-votes", (405, "method-not-allowed")),
        ("rest-get-unknown-path", (404, "not-found")),
        ("rest-get-health", (404, "not-found")),
    ] {
        let refused = answer(&enqueuer, &event(name)).await;
        assert_eq!(problem(&refused), expected, "{name}");
    }
    let preflight = answer(&enqueuer, &event("rest-options-votes")).await;
    insta::assert_json_snapshot!("a preflight request", preflight);
}

#[tokio::test]
async fn a_ballot_is_shown_whether_the_path_has_the_stage_and_the_body_is_base64_or_not() {
    let aws = Aws::with_voters(2).await;
    let enqueuer = aws.start(VOTE_ENQUEUER, REGION).await;
    let encoded = answer(&enqueuer, &event("rest-post-eligibility-base64")).await;
    assert_eq!(encoded["statusCode"], 200);
    assert_eq!(encoded["body"]["jurisdiction"]["id"], "north");
    let staged = answer(&enqueuer, &event("rest-post-eligibility-stage")).await;
    assert_eq!(staged, encoded);
}

#[tokio::test]
async fn what_no_gateway_sends_is_answered_all_the_same() {
    let aws = Aws::with_voters(1).await;
    let enqueuer = aws.start(VOTE_ENQUEUER, REGION).await;
    let post = event("rest-post-votes");
    let changed = |field: &str, value: Value| {
        let mut event = post.clone();
        event[field] = value;
        event
    };
    for (odd, status) in [
        (changed("httpMethod", "B\u{0}AD METHOD".into()), 405),
        (changed("path", "".into()), 404),
        (changed("path", "votes".into()), 404),
        (changed("path", "//votes".into()), 404),
        (changed("path", format!("/{}", "x".repeat(70_000)).into()), 404),
        (changed("path", "/votes?voter_id=1#\u{202e}\u{0}".into()), 404),
        (
            changed(
                "multiValueHeaders",
                json!({ "content-type": ["application/json"], "bad name": ["x"], "x": ["\n"] }),
            ),
            202,
        ),
        (changed("multiValueHeaders", Value::Null), 202),
        (
            changed(
                "multiValueQueryStringParameters",
                json!({ "a&b=": ["c d", "\u{0}é"] }),
            ),
            400,
        ),
        (changed("requestContext", Value::Null), 202),
        (changed("body", "x".repeat(70_000).into()), 413),
    ] {
        let answered = answer(&enqueuer, &odd).await;
        assert_eq!(answered["statusCode"], status, "{answered}");
    }
    for other in [
        json!({}),
        json!(null),
        json!([1]),
        json!({ "Records": [] }),
        json!({ "httpMethod": "GET", "path": 1 }),
    ] {
        let failed = enqueuer.invoke(&other).await;
        assert_eq!(
            failed,
            Outcome::Failed("the event is not a REST API's proxy request".to_owned())
        );
    }
}

#[tokio::test]
async fn results_and_the_definition_are_read_with_all_that_http_has_for_it() {
    let aws = Aws::with_voters(1).await;
    let results = aws.start(RESULTS, REGION).await;
    let votes = answer(&results, &event("rest-get-votes")).await;
    insta::assert_json_snapshot!("results", votes);
    let filtered = answer(&results, &event("rest-get-votes-filtered")).await;
    assert_eq!(filtered["statusCode"], 200);
    assert_eq!(filtered["body"]["contests"].as_array().unwrap().len(), 1);
    let repeated = answer(&results, &event("rest-get-votes-repeated-parameter")).await;
    assert_eq!(problem(&repeated), (400, "query-parameter-unknown"));
    let receipt = answer(&results, &event("rest-get-receipt")).await;
    assert_eq!(problem(&receipt), (404, "not-recorded"));
    assert_eq!(
        answer(&results, &event("rest-options-votes")).await["statusCode"],
        204
    );

    let election = answer(&results, &get("/election")).await;
    let head = answer(&results, &event("rest-get-election-head")).await;
    assert_eq!((&head["statusCode"], &head["body"]), (&json!(200), &json!("")));
    assert_eq!(
        head["multiValueHeaders"]["etag"],
        election["multiValueHeaders"]["etag"]
    );
    // The tag is in the second of two values of one header.
    let etag = election["multiValueHeaders"]["etag"][0].as_str().unwrap();
    let mut known = event("rest-get-election-multi-value-headers");
    known["multiValueHeaders"]["If-None-Match"][1] = etag.into();
    known["headers"]["If-None-Match"] = "\"another\"".into();
    let unchanged = answer(&results, &known).await;
    assert_eq!(
        (&unchanged["statusCode"], &unchanged["body"]),
        (&json!(304), &json!(""))
    );
}

#[tokio::test]
async fn health_is_what_it_depends_on() {
    let aws = Aws::with_voters(1).await;
    let health = aws.start(HEALTH_CHECK, REGION).await;
    assert_eq!(
        answer(&health, &event("rest-get-health")).await["statusCode"],
        200
    );
    let deep = answer(&health, &event("rest-get-health-deep")).await;
    insta::assert_json_snapshot!("deep health", deep);
    aws.dynamodb.delete_table("voters");
    let deep = answer(&health, &event("rest-get-health-deep")).await;
    assert_eq!(
        (&deep["statusCode"], &deep["body"]["voter_roll"]),
        (&json!(503), &json!("failing"))
    );
    aws.dynamodb.delete_table("elections");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(
        answer(&health, &event("rest-get-health")).await["statusCode"],
        503
    );
}

#[test]
fn the_documents_are_readable_as_aws_s_own_types_of_events() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let event = event(name.strip_suffix(".json").unwrap());
        let text = event.to_string();
        if name.starts_with("rest-") && !name.contains("broken") && !name.contains("unknown-path") {
            assert!(lambda_http::request::from_str(&text).is_ok(), "{name}");
        } else if name.starts_with("sqs-") && !name.contains("without") {
            assert!(
                serde_json::from_str::<aws_lambda_events::sqs::SqsEvent>(&text).is_ok(),
                "{name}"
            );
        } else if name.starts_with("stream-window") {
            let mut event = event;
            for record in event["Records"].as_array_mut().unwrap() {
                if record["dynamodb"]["NewImage"].is_string() {
                    record["dynamodb"]["NewImage"] = json!({});
                }
            }
            let read = serde_json::from_value::<aws_lambda_events::dynamodb::TimeWindowEvent>(event);
            assert!(read.is_ok(), "{name}: {read:?}");
        }
    }
}
