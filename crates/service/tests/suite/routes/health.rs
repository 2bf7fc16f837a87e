//! `GET /health` and `GET /health/deep`: neither says 200 out of habit.

use axum::http::StatusCode;
use election_service::ports::RegionState;
use election_testkit::faults::{Point, When};
use serde_json::json;

use crate::support::Election;
use crate::support::client::get;

#[tokio::test(start_paused = true)]
async fn a_region_that_can_read_the_election_is_healthy() {
    let election = Election::open().await;
    let answer = get(&election.site(), "/health").await;
    assert_eq!(
        (answer.status, answer.json()),
        (StatusCode::OK, json!({"status": "ok"}))
    );
}

#[tokio::test(start_paused = true)]
async fn a_region_that_cannot_read_the_election_or_stops_is_not() {
    let election = Election::open().await;
    let site = election.site();
    election.faults.fail_next(Point::ElectionsPhase, When::Before);
    assert_eq!(
        get(&site, "/health").await.problem(),
        (503, "unavailable".to_owned())
    );
    assert_eq!(get(&site, "/health").await.status, StatusCode::OK);
    election.stopping.send_replace(true);
    assert_eq!(
        get(&site, "/health").await.problem(),
        (503, "unavailable".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn the_deep_check_names_every_part_that_fails() {
    let election = Election::open().await;
    let site = election.site();
    election.record(1, 0, 0).await;
    let healthy = get(&site, "/health/deep").await;
    assert_eq!(healthy.status, StatusCode::OK);
    insta::assert_json_snapshot!("deep_health", healthy.json());

    let own = &election.region_faults[0];
    let rows = [
        (own, Point::IntakeDepth, "queue"),
        (&election.region_faults[1], Point::IntakeDepth, "peer_queue"),
        (&election.faults, Point::BallotsFind, "ballot_box"),
        (&election.faults, Point::RollFind, "voter_roll"),
        (own, Point::TalliesLoad, "tally"),
        (&election.faults, Point::BallotsBehind, "tally"),
    ];
    for (faults, point, part) in rows {
        faults.fail_every(point, When::Before);
        let answer = get(&site, "/health/deep").await;
        faults.clear();
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{point}");
        let mut expected = healthy.json();
        expected["status"] = json!("failing");
        expected[part] = json!("failing");
        if part == "tally" {
            expected["tally_lag"] = json!(null);
        }
        assert_eq!(answer.json(), expected, "{point}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_without_a_peer_for_second_copies_is_not_healthy() {
    let election = Election::open().await;
    let site = election.site();
    election.declare(1, RegionState::Failed).await;
    assert_eq!(
        get(&site, "/health/deep").await.status,
        StatusCode::OK,
        "one peer is left"
    );
    election.declare(2, RegionState::Lost).await;
    let answer = get(&site, "/health/deep").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["peer_queue"], "failing");
}
