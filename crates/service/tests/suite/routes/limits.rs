//! The limits: time for an answer, refused voter ids of a source, methods and paths.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use election_service::http::REGION_HEADER;
use serde_json::{Value, json};

use crate::support::client::{Answer, get, request, send, vote_body, vote_for_ada, voter_id};
use crate::support::{Election, REQUEST_TIMEOUT};

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_unavailable_and_promises_nothing() {
    let election = Election::open().await;
    election.roll.hangs.store(true, Ordering::SeqCst);
    let asked = tokio::time::Instant::now();
    let answer = vote_for_ada(&election.site(), 0, 0).await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
    assert_eq!(asked.elapsed(), REQUEST_TIMEOUT);
    assert_eq!(answer.header(REGION_HEADER), "region-0");
    assert_eq!(election.status().await.accepted, 0);
}

async fn from(site: &Router, address: [u8; 4], path: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ConnectInfo(SocketAddr::from((address, 1234))));
    send(site, request.body(body.to_string().into()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn only_ids_that_are_not_on_the_roll_count_towards_a_sources_limit() {
    let election = Election::open().await;
    let site = election.site_with_limit(NonZeroU32::new(3));
    let (school, home) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let ask = async |source, voter| {
        let body = json!({ "voter_id": voter_id(voter) });
        from(&site, source, "/eligibility", &body).await
    };
    for voter in (0..10).cycle().take(40) {
        assert_eq!(ask(school, voter).await.status, StatusCode::OK);
        let refused = from(
            &site,
            school,
            "/votes",
            &vote_body(voter, 0, &json!({"mayor": []})),
        )
        .await;
        assert_eq!(refused.code(), "selections-invalid");
        let mistyped = from(&site, school, "/eligibility", &json!({"voter_id": "K7"})).await;
        assert_eq!(mistyped.code(), "voter-id-malformed");
    }
    assert_eq!(ask(school, 97).await.code(), "voter-not-found");
    assert_eq!(
        from(&site, school, "/votes", &vote_body(98, 0, &json!({})))
            .await
            .code(),
        "voter-not-found"
    );
    let body = json!({ "voter_id": voter_id(99) });
    let other_region = from(&site, school, "/regions/region-1/eligibility", &body).await;
    assert_eq!(other_region.code(), "voter-not-found");

    let limited = ask(school, 96).await;
    assert_eq!(limited.problem(), (429, "too-many-refused".to_owned()));
    assert_eq!(limited.header(header::RETRY_AFTER), "60");
    assert_eq!(
        from(&site, school, "/votes", &vote_body(95, 0, &json!({})))
            .await
            .code(),
        "too-many-refused"
    );
    let mistyped = from(&site, school, "/eligibility", &json!({"voter_id": "K7"})).await;
    assert_eq!(
        mistyped.code(),
        "voter-id-malformed",
        "what is malformed is no guess"
    );
    assert_eq!(
        ask(home, 96).await.code(),
        "voter-not-found",
        "another source has its own limit"
    );
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(
        ask(school, 96).await.code(),
        "voter-not-found",
        "after a minute it starts over"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_any_number_of_ids_may_be_refused() {
    let election = Election::open().await;
    let site = election.site();
    for _ in 0..200 {
        let answer = from(
            &site,
            [10, 0, 0, 1],
            "/eligibility",
            &json!({ "voter_id": voter_id(99) }),
        )
        .await;
        assert_eq!(answer.code(), "voter-not-found");
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_refuses_methods_that_it_does_not_take_and_names_those_it_does() {
    let election = Election::open().await;
    let site = election.site();
    let rows = [
        ("/votes", "GET,HEAD,POST"),
        ("/election", "GET,HEAD"),
        ("/eligibility", "POST"),
        ("/receipts/x", "GET,HEAD"),
        ("/visits", "GET,HEAD,POST"),
        ("/health", "GET,HEAD"),
        ("/health/deep", "GET,HEAD"),
        ("/openapi.json", "GET,HEAD"),
    ];
    for (path, allowed) in rows {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
            Method::OPTIONS,
        ] {
            if allowed.split(',').any(|allowed| allowed == method.as_str()) {
                continue;
            }
            let answer = send(&site, request(method.clone(), path, &[])).await;
            assert_eq!(
                answer.problem(),
                (405, "method-not-allowed".to_owned()),
                "{method} {path}"
            );
            let mut named: Vec<&str> = answer.header(header::ALLOW).split(',').collect();
            named.sort_unstable();
            assert_eq!(named.join(","), allowed, "{method} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn there_is_nothing_at_other_paths() {
    let election = Election::open().await;
    let site = election.site();
    for path in [
        "/",
        "/vote",
        "/votes/",
        "/votes/x",
        "/health/shallow",
        "/receipts",
        "/regions",
        "/metrics",
        "//votes",
    ] {
        assert_eq!(
            get(&site, path).await.problem(),
            (404, "not-found".to_owned()),
            "{path}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn no_route_but_the_results_takes_query_parameters() {
    let election = Election::open().await;
    let site = election.site();
    for path in [
        "/election",
        "/receipts/x",
        "/visits",
        "/health",
        "/health/deep",
        "/openapi.json",
    ] {
        let answer = get(&site, &format!("{path}?contest=chair")).await;
        assert_eq!(
            answer.problem(),
            (400, "query-parameter-unknown".to_owned()),
            "{path}"
        );
    }
    for path in ["/votes", "/eligibility", "/visits"] {
        let answer = send(
            &site,
            request(Method::POST, &format!("{path}?contest=chair"), &[]),
        )
        .await;
        assert_eq!(
            answer.problem(),
            (400, "query-parameter-unknown".to_owned()),
            "POST {path}"
        );
    }
    assert_eq!(get(&site, "/election?").await.status, StatusCode::OK);
}
