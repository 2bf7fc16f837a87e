//! Who may keep an answer: results and definition anybody, with an entity tag; everything else nobody.

use axum::http::{Method, StatusCode, header};
use election_testkit::fixtures;
use serde_json::json;

use crate::support::client::{get, get_with, post, request, send, vote_body, vote_for_ada, voter_id};
use crate::support::{Election, live_definition};

const PUBLIC: [&str; 3] = ["/votes", "/votes?contest=chair", "/election"];

#[tokio::test(start_paused = true)]
async fn results_and_definition_may_be_kept_for_a_second() {
    let election = Election::open().await;
    let site = election.site();
    for path in PUBLIC {
        let answer = get(&site, path).await;
        let kept = "public, max-age=1, stale-while-revalidate=10";
        assert_eq!(answer.header(header::CACHE_CONTROL), kept, "{path}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
        assert!(answer.header(header::ETAG).starts_with('"'));
    }
}

#[tokio::test(start_paused = true)]
async fn everything_else_is_kept_by_nobody() {
    let election = Election::open().await;
    let site = election.site();
    election.record(1, 0, 0).await;
    let receipt = fixtures::ballot(0, 0)
        .receipt(&election.definition.hash())
        .printed();
    let reads = [
        format!("/receipts/{receipt}"),
        "/visits".to_owned(),
        "/health".to_owned(),
        "/health/deep".to_owned(),
        "/openapi.json".to_owned(),
    ];
    for path in reads {
        let answer = get(&site, &path).await;
        assert_eq!(
            (answer.status, answer.header(header::CACHE_CONTROL)),
            (StatusCode::OK, "no-store"),
            "{path}"
        );
        assert_eq!(answer.header(header::ETAG), "");
    }
    for (path, body) in [
        ("/votes", vote_body(1, 1, &json!({}))),
        ("/eligibility", json!({ "voter_id": voter_id(1) })),
        ("/visits", json!({})),
    ] {
        let answer = post(&site, path, &body).await;
        assert!(answer.status.is_success());
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
    }
    for path in [
        "/nothing",
        "/votes?x=1",
        "/votes?contest=x",
        "/regions/nowhere/votes",
    ] {
        assert_eq!(
            get(&site, path).await.header(header::CACHE_CONTROL),
            "no-store",
            "{path}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_the_present_answer_gets_304_however_the_tag_is_written() {
    let election = Election::open().await;
    let site = election.site();
    for path in PUBLIC {
        let whole = get(&site, path).await;
        let tag = whole.header(header::ETAG).to_owned();
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"other\", {tag}"),
            format!("\"other\",W/{tag} , \"more\""),
            "*".to_owned(),
        ] {
            let answer = get_with(&site, path, &[("if-none-match", &known)]).await;
            assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{path} {known}");
            assert!(answer.body.is_empty());
            assert_eq!(answer.header(header::ETAG), tag);
            assert_eq!(
                answer.header(header::CACHE_CONTROL),
                whole.header(header::CACHE_CONTROL)
            );
        }
        let lines = [("if-none-match", "\"other\""), ("if-none-match", tag.as_str())];
        assert_eq!(
            get_with(&site, path, &lines).await.status,
            StatusCode::NOT_MODIFIED
        );
        for unknown in ["\"other\"", tag.trim_matches('"'), "", "W/", "\"\""] {
            let answer = get_with(&site, path, &[("if-none-match", unknown)]).await;
            assert_eq!(
                (answer.status, &answer.body),
                (StatusCode::OK, &whole.body),
                "{unknown}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_tag_changes_with_the_answer_and_is_the_same_in_every_region() {
    let election = Election::of(&live_definition(1)).await;
    election.register(0..1).await;
    election.enter(election_core::phase::Phase::Open).await;
    let site = election.site();
    let tags = async || {
        let one = get(&site, "/regions/region-0/election")
            .await
            .header(header::ETAG)
            .to_owned();
        let other = get(&site, "/regions/region-1/election")
            .await
            .header(header::ETAG)
            .to_owned();
        assert_eq!(one, other);
        get(&site, "/votes").await.header(header::ETAG).to_owned()
    };
    let before = tags().await;
    vote_for_ada(&site, 0, 0).await;
    election.work_off().await;
    let answer = get_with(&site, "/votes", &[("if-none-match", &before)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_ne!(tags().await, before);
}

#[tokio::test(start_paused = true)]
async fn a_head_request_gets_the_headers_alone() {
    let election = Election::open().await;
    let site = election.site();
    for path in ["/votes", "/election", "/visits", "/health", "/openapi.json"] {
        let whole = get(&site, path).await;
        let head = send(&site, request(Method::HEAD, path, &[])).await;
        assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{path}");
        for name in [
            header::ETAG,
            header::CACHE_CONTROL,
            header::CONTENT_TYPE,
            header::CONTENT_LENGTH,
        ] {
            assert_eq!(head.header(&name), whole.header(&name), "{path} {name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_to_be_sniffed() {
    let election = Election::open().await;
    let site = election.site();
    for path in [
        "/votes",
        "/election",
        "/visits",
        "/nothing",
        "/regions/nowhere/votes",
    ] {
        let answer = get(&site, path).await;
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
    }
}
