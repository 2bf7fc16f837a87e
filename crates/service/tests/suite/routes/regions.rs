//! One address for several regions: each under its prefix, the nearest active one without.

use axum::http::{StatusCode, header};
use election_service::http::REGION_HEADER;
use election_service::ports::RegionState;
use serde_json::json;

use crate::support::Election;
use crate::support::client::{get, post, post_bytes, vote_body, vote_for_ada};

const PATHS: [&str; 6] = [
    "/votes",
    "/election",
    "/visits",
    "/health",
    "/health/deep",
    "/openapi.json",
];

#[tokio::test(start_paused = true)]
async fn a_prefix_chooses_the_region_that_answers() {
    let election = Election::open().await;
    let site = election.site();
    for region in ["region-0", "region-1", "region-2"] {
        for path in PATHS {
            let answer = get(&site, &format!("/regions/{region}{path}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{region} {path}");
            assert_eq!(answer.header(REGION_HEADER), region);
        }
        let narrowed = get(&site, &format!("/regions/{region}/votes?contest=chair")).await;
        assert_eq!(narrowed.json()["contests"].as_array().unwrap().len(), 1);
        let refused = post_bytes(&site, &format!("/regions/{region}/votes"), "{").await;
        assert_eq!(
            (refused.code().as_str(), refused.header(REGION_HEADER)),
            ("json-malformed", region)
        );
        let nothing = get(&site, &format!("/regions/{region}")).await;
        assert_eq!(
            (nothing.code().as_str(), nothing.header(REGION_HEADER)),
            ("not-found", region)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_prefix_the_nearest_active_region_answers() {
    let election = Election::open().await;
    let site = election.site();
    for (failing, nearest) in [(None, "region-0"), (Some(0), "region-1")] {
        if let Some(region) = failing {
            election.declare(region, RegionState::Failed).await;
        }
        assert_eq!(get(&site, "/votes").await.header(REGION_HEADER), nearest);
        let accepted = vote_for_ada(&site, 0, 0).await;
        assert_eq!(accepted.header(REGION_HEADER), nearest);
        assert_eq!(accepted.json()["region"], nearest);
    }
    election.declare(0, RegionState::Active).await;
    assert_eq!(get(&site, "/votes").await.header(REGION_HEADER), "region-0");
}

#[tokio::test(start_paused = true)]
async fn a_region_that_there_is_not_is_unknown() {
    let election = Election::open().await;
    let site = election.site();
    for path in [
        "/regions/nowhere/votes",
        "/regions/REGION-0/votes",
        "/regions//votes",
        "/regions/",
        "/regions/region-0%2Fvotes",
    ] {
        let answer = get(&site, path).await;
        assert_eq!(answer.problem(), (404, "region-unknown".to_owned()), "{path}");
        assert_eq!(answer.header(REGION_HEADER), "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_or_lost_region_answers_nothing_and_names_itself() {
    for state in [RegionState::Failed, RegionState::Lost] {
        let election = Election::open().await;
        let site = election.site();
        election.declare(2, state).await;
        for path in PATHS {
            let answer = get(&site, &format!("/regions/region-2{path}")).await;
            assert_eq!(answer.problem(), (503, "region-unavailable".to_owned()), "{path}");
            assert_eq!(answer.header(REGION_HEADER), "region-2");
            assert_eq!(answer.header(header::RETRY_AFTER), "2");
        }
        let body = vote_body(0, 0, &json!({}));
        let answer = post(&site, "/regions/region-2/votes", &body).await;
        assert_eq!(answer.problem(), (503, "region-unavailable".to_owned()));
        assert_eq!(election.status().await.accepted, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn with_every_region_failed_nothing_is_answered() {
    let election = Election::open().await;
    let site = election.site();
    for region in 0..3 {
        election.declare(region, RegionState::Failed).await;
    }
    for path in PATHS {
        let answer = get(&site, path).await;
        assert_eq!(answer.problem(), (503, "region-unavailable".to_owned()), "{path}");
    }
    election.declare(1, RegionState::Active).await;
    assert_eq!(get(&site, "/votes").await.status, StatusCode::OK);
    let alone = vote_for_ada(&site, 0, 0).await;
    assert_eq!(
        alone.problem(),
        (503, "unavailable".to_owned()),
        "a vote needs two regions"
    );
}
