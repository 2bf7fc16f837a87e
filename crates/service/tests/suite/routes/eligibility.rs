//! `POST /eligibility`: the voter's own ballot.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use election_core::phase::Phase;
use election_testkit::faults::{Point, When};
use election_testkit::fixtures;
use serde_json::{Value, json};

use crate::support::client::{post, post_bytes, send, voter_id};
use crate::support::{Election, live_definition};

#[tokio::test(start_paused = true)]
async fn a_voter_gets_the_contests_candidates_and_parties_of_their_jurisdiction() {
    let election = Election::of(&live_definition(10)).await;
    election.register(0..2).await;
    let site = election.site();
    for (voter, name) in [(0, "eligibility_in_the_north"), (1, "eligibility_in_the_south")] {
        let answer = post(&site, "/eligibility", &json!({ "voter_id": voter_id(voter) })).await;
        assert_eq!(answer.status, StatusCode::OK);
        insta::assert_json_snapshot!(name, answer.json());
    }
}

#[tokio::test(start_paused = true)]
async fn in_any_phase_it_tells_whether_a_ballot_is_recorded() {
    let election = Election::open().await;
    let site = election.site();
    election.record(1, 1, 0).await;
    for phase in Phase::ALL {
        election.enter(phase).await;
        for (voter, voted) in [(0, false), (1, true)] {
            let answer = post(&site, "/eligibility", &json!({ "voter_id": voter_id(voter) })).await;
            assert_eq!(answer.json()["voted"], voted, "{phase}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_not_on_the_roll_or_has_an_older_letter_is_not_found() {
    let election = Election::open().await;
    let site = election.site();
    let (person, old, new) = (
        fixtures::person_id(2),
        fixtures::voter_key(2, 0),
        fixtures::voter_key(2, 1),
    );
    assert!(
        election
            .operations
            .roll
            .reissue(&person, &old, &new)
            .await
            .unwrap()
    );
    for (voter, code) in [(99, "voter-not-found"), (2, "voter-id-revoked")] {
        let answer = post(&site, "/eligibility", &json!({ "voter_id": voter_id(voter) })).await;
        assert_eq!(answer.problem(), (404, code.to_owned()));
    }
    let newest = fixtures::voter_id(2, 1).printed();
    assert_eq!(
        post(&site, "/eligibility", &json!({ "voter_id": newest }))
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_of_another_shape_is_refused_without_touching_the_store() {
    let election = Election::open().await;
    let site = election.site();
    election.faults.clear();
    let rows: [(Value, &str); 7] = [
        (json!([voter_id(0)]), "request-malformed"),
        (json!({}), "request-malformed"),
        (json!({"voter_id": 7}), "request-malformed"),
        (
            json!({"voter_id": voter_id(0), "ballot_id": "7"}),
            "request-malformed",
        ),
        (json!({"id": voter_id(0)}), "request-malformed"),
        (json!({"voter_id": ""}), "voter-id-malformed"),
        (json!({"voter_id": "U7RM2-9XQ4T-0WZ34"}), "voter-id-malformed"),
    ];
    for (body, code) in rows {
        let answer = post(&site, "/eligibility", &body).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "{body}");
    }
    assert_eq!(
        post_bytes(&site, "/eligibility", "{").await.problem(),
        (400, "json-malformed".to_owned())
    );
    let large = post_bytes(&site, "/eligibility", " ".repeat(64 * 1024 + 1)).await;
    assert_eq!(large.problem(), (413, "body-too-large".to_owned()));
    let text = Request::post("/eligibility").header(header::CONTENT_TYPE, "text/plain");
    let answer = send(&site, text.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answer.problem(), (415, "media-type-unsupported".to_owned()));
    assert!(election.faults.calls().is_empty(), "the store isn't touched");
}

#[tokio::test(start_paused = true)]
async fn without_the_roll_or_the_ballot_box_it_is_unavailable() {
    for point in [Point::RollFind, Point::BallotsFind] {
        let election = Election::open().await;
        election.faults.fail_next(point, When::Before);
        let answer = post(
            &election.site(),
            "/eligibility",
            &json!({ "voter_id": voter_id(0) }),
        )
        .await;
        assert_eq!(answer.problem(), (503, "unavailable".to_owned()), "{point}");
    }
}
