//! Which websites' scripts may call the API: anybody's may read results and definition, only the
//! election's own website may do anything else.

use axum::Router;
use axum::http::{Method, StatusCode, header};
use election_service::ports::RegionState;
use serde_json::json;

use crate::support::client::{Answer, get_with, request, send, vote_body};
use crate::support::{Election, REQUEST_TIMEOUT, WEBSITE};

const OTHER: &str = "https://other.example";
const PRIVATE: [(&str, &str); 8] = [
    ("POST", "/votes"),
    ("POST", "/eligibility"),
    ("GET", "/receipts/x"),
    ("GET", "/visits"),
    ("POST", "/visits"),
    ("GET", "/health"),
    ("GET", "/openapi.json"),
    ("GET", "/nothing"),
];

async fn from(site: &Router, method: &str, path: &str, origin: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    send(site, request(method, path, &[("origin", origin)])).await
}

async fn preflight(site: &Router, method: &str, path: &str, origin: &str) -> Answer {
    let headers = [("origin", origin), ("access-control-request-method", method)];
    send(site, request(Method::OPTIONS, path, &headers)).await
}

#[tokio::test(start_paused = true)]
async fn anybody_may_read_results_and_definition() {
    let election = Election::open().await;
    let site = election.site();
    for path in [
        "/votes",
        "/votes?contest=chair",
        "/votes?x=1",
        "/election",
        "/regions/region-1/votes",
    ] {
        for (method, origin) in [("GET", OTHER), ("GET", WEBSITE), ("HEAD", OTHER)] {
            let answer = from(&site, method, path, origin).await;
            assert_eq!(
                answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
                "*",
                "{method} {path}"
            );
            assert_eq!(
                answer.header(header::VARY),
                "",
                "every origin gets the same answer"
            );
            assert!(
                answer
                    .header(header::ACCESS_CONTROL_EXPOSE_HEADERS)
                    .contains("etag")
            );
        }
        let answer = preflight(&site, "GET", path, OTHER).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        assert!(
            answer
                .header(header::ACCESS_CONTROL_ALLOW_HEADERS)
                .contains("if-none-match")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn everything_else_is_for_exactly_the_website() {
    let election = Election::open().await;
    let site = election.site();
    for (method, path) in PRIVATE {
        let answer = from(&site, method, path, WEBSITE).await;
        assert_eq!(
            answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
            WEBSITE,
            "{method} {path}"
        );
        assert_eq!(answer.header(header::VARY), "origin");
        assert!(
            answer
                .header(header::ACCESS_CONTROL_EXPOSE_HEADERS)
                .contains("retry-after")
        );
        for origin in [
            OTHER,
            "null",
            "https://vote.example.org",
            "http://vote.example",
            "https://VOTE.example",
        ] {
            let answer = from(&site, method, path, origin).await;
            assert_eq!(
                answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
                "",
                "{method} {path} {origin}"
            );
            assert_eq!(answer.header(header::VARY), "origin");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_preflight_is_granted_to_the_website_alone() {
    let election = Election::open().await;
    let site = election.site();
    for (method, path) in PRIVATE {
        let granted = preflight(&site, method, path, WEBSITE).await;
        assert_eq!(granted.status, StatusCode::NO_CONTENT);
        assert_eq!(
            granted.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
            WEBSITE,
            "{method} {path}"
        );
        assert_eq!(granted.header(header::ACCESS_CONTROL_ALLOW_METHODS), "GET, POST");
        assert!(
            granted
                .header(header::ACCESS_CONTROL_ALLOW_HEADERS)
                .contains("content-type")
        );
        assert_eq!(granted.header(header::ACCESS_CONTROL_MAX_AGE), "600");
        let refused = preflight(&site, method, path, OTHER).await;
        assert_eq!(refused.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "");
        assert_eq!(refused.header(header::ACCESS_CONTROL_ALLOW_METHODS), "");
    }
    let status = election.status().await;
    assert_eq!(status.accepted, 0);
}

#[tokio::test(start_paused = true)]
async fn the_website_can_read_why_it_has_to_retry() {
    let election = Election::open().await;
    let site = election.site();
    election.declare(1, RegionState::Failed).await;
    let failed = from(&site, "POST", "/regions/region-1/votes", WEBSITE).await;
    assert_eq!(failed.problem(), (503, "region-unavailable".to_owned()));
    assert_eq!(failed.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), WEBSITE);
    let read = get_with(&site, "/regions/region-1/votes", &[("origin", OTHER)]).await;
    assert_eq!(read.problem(), (503, "region-unavailable".to_owned()));
    assert_eq!(read.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), "*");

    election
        .roll
        .hangs
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let headers = [("origin", WEBSITE), ("content-type", "application/json")];
    let (parts, _) = request(Method::POST, "/votes", &headers).into_parts();
    let body = vote_body(0, 0, &json!({})).to_string();
    let asked = tokio::time::Instant::now();
    let late = send(&site, axum::http::Request::from_parts(parts, body.into())).await;
    assert_eq!(asked.elapsed(), REQUEST_TIMEOUT);
    assert_eq!(late.problem(), (503, "unavailable".to_owned()));
    assert_eq!(late.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), WEBSITE);
}
