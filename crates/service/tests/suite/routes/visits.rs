//! `/visits`: the website's visitor counter.

use axum::http::{Method, StatusCode};
use election_testkit::faults::{Point, When};
use serde_json::json;

use crate::support::Election;
use crate::support::client::{get, request, send};

#[tokio::test(start_paused = true)]
async fn a_post_counts_a_visit_and_a_get_only_reads() {
    let election = Election::open().await;
    let site = election.site();
    for visits in 1..=3 {
        let answer = send(&site, request(Method::POST, "/visits", &[])).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::OK, json!({ "visits": visits }))
        );
    }
    for region in ["", "/regions/region-2"] {
        let answer = get(&site, &format!("{region}/visits")).await;
        assert_eq!(
            (answer.status, answer.json()),
            (StatusCode::OK, json!({ "visits": 3 }))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_store_it_is_unavailable() {
    let election = Election::open().await;
    let site = election.site();
    election.faults.fail_next(Point::ElectionsVisits, When::Before);
    assert_eq!(
        get(&site, "/visits").await.problem(),
        (503, "unavailable".to_owned())
    );
    election.faults.fail_next(Point::ElectionsAddVisit, When::Before);
    let answer = send(&site, request(Method::POST, "/visits", &[])).await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
}
