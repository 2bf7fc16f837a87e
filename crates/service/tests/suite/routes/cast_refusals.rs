//! `POST /votes`: bodies and selections that no ballot is made of.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use election_core::phase::Phase;
use serde_json::{Value, json};

use crate::support::client::{ballot_id, post, post_bytes, send, vote_body, vote_for_ada, voter_id};
use crate::support::{Election, live_definition};

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_vote_is_refused_without_touching_the_store() {
    let election = Election::open().await;
    let site = election.site();
    let good = vote_body(0, 0, &json!({"chair": ["ada"]}));
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body.to_string().into_bytes()
    };
    let without = |key: &str| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(key);
        body.to_string().into_bytes()
    };
    let twice = good
        .to_string()
        .replacen('{', r#"{"voter_id":"K7RM2-9XQ4T-0WZ34","#, 1);
    let wrong_check_symbol = {
        let mut id = voter_id(0).into_bytes();
        id[16] = if id[16] == b'7' { b'8' } else { b'7' };
        String::from_utf8(id).unwrap()
    };
    let mut rows: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "json-malformed"),
        (b"{".to_vec(), "json-malformed"),
        (b"{} {}".to_vec(), "json-malformed"),
        (b"{\"voter_id\":\"\xff\"}".to_vec(), "json-malformed"),
        ("[".repeat(30_000).into_bytes(), "json-malformed"),
        (
            ("[".repeat(30_000) + &"]".repeat(30_000)).into_bytes(),
            "json-malformed",
        ),
        (twice.into_bytes(), "json-malformed"),
        (with("selections", json!({})).repeat(2), "json-malformed"),
        (
            br#"{"voter_id":"x","ballot_id":"y","selections":{"chair":["ada"],"chair":[]}}"#.to_vec(),
            "json-malformed",
        ),
        (b"null".to_vec(), "request-malformed"),
        (b"\"vote\"".to_vec(), "request-malformed"),
        (b"[]".to_vec(), "request-malformed"),
        (format!("[{good}]").into_bytes(), "request-malformed"),
        (
            json!([voter_id(0), ballot_id(0), {}]).to_string().into_bytes(),
            "request-malformed",
        ),
        (without("voter_id"), "request-malformed"),
        (without("ballot_id"), "request-malformed"),
        (without("selections"), "request-malformed"),
        (with("color", json!("blue")), "request-malformed"),
        (with("voter_id", json!(7)), "request-malformed"),
        (with("election_hash", Value::Null), "request-malformed"),
        (with("ballot_id", json!([ballot_id(0)])), "request-malformed"),
    ];
    let shapes = [
        json!([]),
        json!("ada"),
        Value::Null,
        json!({"chair": "ada"}),
        json!({"chair": {"0": "ada"}}),
        json!({"chair": [1]}),
        json!({"chair": [["ada"]]}),
        json!({"board": [{}]}),
        json!({"board": [{"write_in": 1}]}),
        json!({"board": [{"write_in": "Zoë", "color": "blue"}]}),
        json!({"board": [{"writein": "Zoë"}]}),
    ];
    rows.extend(shapes.map(|selections| (with("selections", selections), "request-malformed")));
    let ids = [
        "",
        "K7RM2",
        "K7RM2-9XQ4T-0WZ344",
        "U7RM2-9XQ4T-0WZ34",
        "K7RM2-9XQ4T-0WZ3é",
        &wrong_check_symbol,
    ];
    rows.extend(ids.map(|id| (with("voter_id", json!(id)), "voter-id-malformed")));
    let ids = [
        "",
        "7",
        "00000000000040008000000000000000",
        "{00000000-0000-4000-8000-000000000000}",
        "zzzzzzzz-0000-4000-8000-000000000000",
    ];
    rows.extend(ids.map(|id| (with("ballot_id", json!(id)), "ballot-id-malformed")));

    election.faults.clear();
    for (index, (body, code)) in rows.into_iter().enumerate() {
        let answer = post_bytes(&site, "/votes", body).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "row {index}");
    }
    assert!(election.faults.calls().is_empty(), "the store isn't touched");
}

#[tokio::test(start_paused = true)]
async fn a_body_over_64_kib_is_too_large_whether_it_says_so_or_not() {
    let election = Election::open().await;
    let site = election.site();
    let vote = vote_body(0, 0, &json!({})).to_string();
    let padded = |size: usize| vote.clone() + &" ".repeat(size - vote.len());
    let limit = 64 * 1024;
    assert_eq!(
        post_bytes(&site, "/votes", padded(limit)).await.status,
        StatusCode::ACCEPTED
    );
    let answer = post_bytes(&site, "/votes", padded(limit + 1)).await;
    assert_eq!(answer.problem(), (413, "body-too-large".to_owned()));

    let announced = Request::post("/votes")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, limit + 1);
    let answer = send(&site, announced.body(endless()).unwrap()).await;
    assert_eq!(answer.code(), "body-too-large");
    assert_eq!(
        post_bytes(&site, "/votes", endless()).await.code(),
        "body-too-large"
    );
}

/// A body that never ends.
fn endless() -> Body {
    Body::from_stream(futures_util::stream::repeat(Ok::<_, Infallible>(
        Bytes::from_static(&[b' '; 4096]),
    )))
}

#[tokio::test(start_paused = true)]
async fn a_body_of_another_type_than_json_is_unsupported() {
    let election = Election::open().await;
    let site = election.site();
    let body = vote_body(0, 0, &json!({})).to_string();
    for media_type in [
        "",
        "text/plain",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "text/json",
    ] {
        let request = Request::post("/votes").header(header::CONTENT_TYPE, media_type);
        let answer = send(&site, request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(
            answer.problem(),
            (415, "media-type-unsupported".to_owned()),
            "{media_type}"
        );
    }
    let untyped = Request::post("/votes").body(Body::from(body.clone())).unwrap();
    assert_eq!(send(&site, untyped).await.code(), "media-type-unsupported");
    for media_type in ["application/json; charset=utf-8", "Application/JSON"] {
        let request = Request::post("/votes").header(header::CONTENT_TYPE, media_type);
        let answer = send(&site, request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{media_type}");
    }
}

/// Fields and codes.
type Errors = &'static [(&'static str, &'static str)];

#[tokio::test(start_paused = true)]
async fn selections_that_do_not_fit_the_ballot_are_told_field_by_field() {
    let election = Election::of(&live_definition(10)).await;
    election.register(0..10).await;
    election.enter(Phase::Open).await;
    let site = election.site();
    let long = "ë".repeat(201);
    // Voter 0 votes in the north, voter 1 in the south.
    let rows: [(u64, Value, Errors); 12] = [
        (
            0,
            json!({"mayor": []}),
            &[("selections.mayor", "contest-unknown")],
        ),
        (
            1,
            json!({"dues": ["yes"]}),
            &[("selections.dues", "contest-other-jurisdiction")],
        ),
        (
            0,
            json!({"chair": ["cleo"]}),
            &[("selections.chair[0]", "candidate-unknown")],
        ),
        (
            0,
            json!({"board": ["dan", "eve"]}),
            &[("selections.board[1]", "candidate-other-jurisdiction")],
        ),
        (
            0,
            json!({"chair": ["ada", "ben"]}),
            &[("selections.chair", "too-many-choices")],
        ),
        (
            0,
            json!({"board": ["dan", "dan"]}),
            &[("selections.board[1]", "choice-repeated")],
        ),
        (
            0,
            json!({"chair": [{"write_in": "Zoë"}]}),
            &[("selections.chair[0]", "write-in-not-allowed")],
        ),
        (
            0,
            json!({"board": [{"write_in": "a"}, {"write_in": "b"}]}),
            &[("selections.board[1]", "write-in-not-allowed")],
        ),
        (
            0,
            json!({"board": [{"write_in": " "}]}),
            &[("selections.board[0]", "write-in-empty")],
        ),
        (
            0,
            json!({"board": [{"write_in": long}]}),
            &[("selections.board[0]", "write-in-too-long")],
        ),
        (
            0,
            json!({"board": [{"write_in": "a\u{7}"}]}),
            &[("selections.board[0]", "write-in-malformed")],
        ),
        (
            0,
            json!({"mayor": [], "chair": ["cleo", "ada"], "board": ["eve"]}),
            &[
                ("selections.mayor", "contest-unknown"),
                ("selections.chair[0]", "candidate-unknown"),
                ("selections.chair", "too-many-choices"),
                ("selections.board[0]", "candidate-other-jurisdiction"),
            ],
        ),
    ];
    for (voter, selections, errors) in rows {
        let answer = post(&site, "/votes", &vote_body(voter, 0, &selections)).await;
        assert_eq!(
            answer.problem(),
            (422, "selections-invalid".to_owned()),
            "{selections}"
        );
        let expected: Vec<Value> = errors
            .iter()
            .map(|(field, code)| json!({"field": field, "code": code}))
            .collect();
        assert_eq!(answer.json()["errors"], Value::Array(expected));
    }
    let longest = json!({"board": [{"write_in": "ë".repeat(200)}]});
    let answer = post(&site, "/votes", &vote_body(0, 0, &longest)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
}

#[tokio::test(start_paused = true)]
async fn a_problem_document_says_what_happened_and_what_to_do() {
    let election = Election::open().await;
    let site = election.site();
    let selections = json!({"chair": ["nobody"], "mayor": []});
    let invalid = post(&site, "/votes", &vote_body(0, 0, &selections)).await;
    insta::assert_json_snapshot!("problem_with_errors", invalid.json());
    let unknown = vote_for_ada(&site, 99, 0).await;
    insta::assert_json_snapshot!("problem_without_errors", unknown.json());
}
