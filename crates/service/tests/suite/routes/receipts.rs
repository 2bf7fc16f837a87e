//! `GET /receipts/{receipt}`: whether the very ballot was recorded.

use axum::http::StatusCode;
use election_testkit::faults::{Point, When};
use election_testkit::fixtures;

use crate::support::Election;
use crate::support::client::{get, vote_for_ada};

fn receipt(election: &Election, voter: u64, variant: u64) -> String {
    fixtures::ballot(voter, variant)
        .receipt(&election.definition.hash())
        .printed()
}

#[tokio::test(start_paused = true)]
async fn a_receipt_is_found_once_its_ballot_is_recorded() {
    let election = Election::open().await;
    let site = election.site();
    let accepted = vote_for_ada(&site, 0, 0).await.json();
    let path = format!("/receipts/{}", accepted["receipt"].as_str().unwrap());
    assert_eq!(
        get(&site, &path).await.problem(),
        (404, "not-recorded".to_owned())
    );
    election.work_off().await;
    for region in ["", "/regions/region-2"] {
        let answer = get(&site, &format!("{region}{path}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json(), serde_json::json!({"status": "recorded"}));
    }
    let typed = path.to_lowercase().replace('-', "");
    assert_eq!(get(&site, &typed).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn the_receipt_of_a_ballot_that_came_second_says_so() {
    let election = Election::open().await;
    election.record(1, 0, 0).await;
    election.record(2, 0, 1).await;
    let answer = get(
        &election.site(),
        &format!("/receipts/{}", receipt(&election, 0, 1)),
    )
    .await;
    assert_eq!(
        answer.json(),
        serde_json::json!({"status": "another-ballot-recorded"})
    );
}

#[tokio::test(start_paused = true)]
async fn a_mistyped_receipt_is_refused_without_touching_the_store() {
    let election = Election::open().await;
    let site = election.site();
    let good = receipt(&election, 0, 0);
    let transposed: String = good.split('-').rev().collect::<Vec<_>>().join("-");
    let other_version = good.replacen('1', "2", 1);
    election.faults.clear();
    for text in [
        "x",
        &good[..43],
        &format!("{good}K"),
        &transposed,
        &other_version,
        "%FF",
        "1000%00",
    ] {
        let answer = get(&site, &format!("/receipts/{text}")).await;
        assert_eq!(answer.problem(), (400, "receipt-malformed".to_owned()), "{text}");
    }
    assert!(election.faults.calls().is_empty());
    assert_eq!(
        get(&site, "/receipts/").await.problem(),
        (404, "not-found".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn without_the_ballot_box_it_is_unavailable_not_unrecorded() {
    let election = Election::open().await;
    election.faults.fail_next(Point::BallotsFind, When::Before);
    let path = format!("/receipts/{}", receipt(&election, 0, 0));
    assert_eq!(
        get(&election.site(), &path).await.problem(),
        (503, "unavailable".to_owned())
    );
}
