//! Owns the client's side: requests as a browser sends them, and answers read to the end.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use election_testkit::fixtures;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Every code that the API answers with. The OpenAPI document has to tell each.
pub(crate) const CODES: [&str; 27] = [
    "already-voted",
    "ballot-changed",
    "ballot-id-malformed",
    "body-too-large",
    "contest-unknown",
    "json-malformed",
    "jurisdiction-unknown",
    "keys-destroyed",
    "media-type-unsupported",
    "method-not-allowed",
    "not-found",
    "not-recorded",
    "other-definition",
    "overloaded",
    "polls-closed",
    "polls-not-open",
    "query-parameter-unknown",
    "receipt-malformed",
    "region-unavailable",
    "region-unknown",
    "request-malformed",
    "selections-invalid",
    "too-many-refused",
    "unavailable",
    "voter-id-malformed",
    "voter-id-revoked",
    "voter-not-found",
];

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Its JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    /// A header's text, or nothing.
    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// The code of a problem document that is one in every respect.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json");
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        assert!(json["title"].is_string() && json["detail"].is_string());
        let waits = matches!(self.status.as_u16(), 429 | 503);
        assert_eq!(
            !self.header(header::RETRY_AFTER).is_empty(),
            waits,
            "429 and 503 say when to retry, no other does"
        );
        let code = json["code"].as_str().expect("a code").to_owned();
        assert!(
            CODES.contains(&code.as_str()),
            "{code} is missing in the list of codes"
        );
        code
    }

    /// The status and the code together.
    pub(crate) fn problem(&self) -> (u16, String) {
        (self.status.as_u16(), self.code())
    }
}

/// Sends a request.
pub(crate) async fn send(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap(),
    }
}

/// A request without a body.
pub(crate) fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let with =
        |request: axum::http::request::Builder, (name, value): &(&str, &str)| request.header(*name, *value);
    headers.iter().fold(request, with).body(Body::empty()).unwrap()
}

/// Asks for a path.
pub(crate) async fn get(router: &Router, path: &str) -> Answer {
    send(router, request(Method::GET, path, &[])).await
}

/// Asks for a path, with headers.
pub(crate) async fn get_with(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(router, request(Method::GET, path, headers)).await
}

/// Posts bytes as JSON.
pub(crate) async fn post_bytes(router: &Router, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(router, request.body(body.into()).unwrap()).await
}

/// Posts JSON.
pub(crate) async fn post(router: &Router, path: &str, body: &Value) -> Answer {
    post_bytes(router, path, body.to_string()).await
}

/// A voter's id as printed in their first letter.
pub(crate) fn voter_id(voter: u64) -> String {
    fixtures::voter_id(voter, 0).printed()
}

/// The nth ballot id.
pub(crate) fn ballot_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A vote as the page posts it.
pub(crate) fn vote_body(voter: u64, ballot: u64, selections: &Value) -> Value {
    json!({ "voter_id": voter_id(voter), "ballot_id": ballot_id(ballot), "selections": selections })
}

/// Posts a vote for Ada.
pub(crate) async fn vote_for_ada(router: &Router, voter: u64, ballot: u64) -> Answer {
    post(
        router,
        "/votes",
        &vote_body(voter, ballot, &json!({ "chair": ["ada"] })),
    )
    .await
}
