//! `POST /votes`: what is accepted, and which reason to refuse comes first.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use election_core::phase::Phase;
use election_core::receipt::Receipt;
use election_testkit::faults::{Point, When};
use election_testkit::fixtures;
use serde_json::json;

use crate::support::Election;
use crate::support::client::{ballot_id, post, send, vote_body, vote_for_ada, voter_id};

#[tokio::test(start_paused = true)]
async fn an_accepted_vote_is_answered_with_its_receipt_ballot_id_and_region() {
    let election = Election::open().await;
    let site = election.site();
    let body = vote_body(
        1,
        7,
        &json!({"board": ["eve", {"write_in": " Zoë "}], "chair": ["ben"]}),
    );
    let answer = post(&site, "/regions/region-1/votes", &body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let mut shape = answer.json();
    let receipt = shape["receipt"].as_str().unwrap().to_owned();
    shape["receipt"] = json!("[receipt]");
    insta::assert_json_snapshot!(shape);

    election.work_off().await;
    let ballot = election.recorded(1).await.expect("the ballot is recorded");
    let content = r#"{"chair":["ben"],"board":["eve",{"write_in":"Zoë"}]}"#;
    assert!(*ballot.content == *content.as_bytes(), "the content is canonical");
    let digest = ballot.digest(&election.definition.hash());
    assert!(Receipt::parse(&receipt).is_ok_and(|receipt| receipt.is_for(&digest)));
}

#[tokio::test(start_paused = true)]
async fn a_voter_id_may_be_typed_in_lower_case_without_hyphens() {
    let election = Election::open().await;
    let mut body = vote_body(0, 0, &json!({}));
    body["voter_id"] = json!(voter_id(0).to_lowercase().replace('-', " "));
    assert_eq!(
        post(&election.site(), "/votes", &body).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test(start_paused = true)]
async fn a_vote_may_name_the_definition_that_it_was_made_for() {
    let election = Election::open().await;
    let mut body = vote_body(0, 0, &json!({}));
    body["election_hash"] = json!(election.definition.hash().to_string());
    assert_eq!(
        post(&election.site(), "/votes", &body).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test(start_paused = true)]
async fn a_recorded_ballot_sent_again_anywhere_gets_the_same_receipt_also_after_the_close() {
    let election = Election::open().await;
    let site = election.site();
    let first = vote_for_ada(&site, 0, 0).await;
    election.work_off().await;
    election.enter(Phase::Certified).await;
    let body = vote_body(0, 0, &json!({"chair": ["ada"]}));
    let again = post(&site, "/regions/region-2/votes", &body).await;
    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_eq!(again.json()["receipt"], first.json()["receipt"]);
    assert_eq!(again.json()["region"], "region-2");
    let status = election.status().await;
    assert_eq!((status.recorded, status.repeats, status.queued), (1, 1, 0));
}

/// DESIGN.md §3. Each request has every fault that may come later, so that only the order decides.
#[tokio::test(start_paused = true)]
async fn of_several_reasons_to_refuse_the_first_of_the_design_wins() {
    let election = Election::open().await;
    let site = election.site();
    // Voter 1 has voted; voter 2's first letter is replaced; voter 3 hasn't voted; voter 99 is nobody.
    assert_eq!(vote_for_ada(&site, 1, 1).await.status, StatusCode::ACCEPTED);
    election.work_off().await;
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

    let wrong = json!({"chair": ["nobody"]});
    let full = |voter: String, ballot: String| json!({"voter_id": voter, "ballot_id": ballot, "selections": wrong, "election_hash": "00"});
    let (mistyped, no_uuid) = ("K7RM2".to_owned(), "7".to_owned());
    let too_large = "[".repeat(64 * 1024 + 1);
    let mut another_shape = full(mistyped.clone(), no_uuid.clone());
    another_shape["color"] = json!("blue");
    let mut recorded = vote_body(1, 1, &json!({"chair": ["ada"]}));
    recorded["election_hash"] = json!("00");
    let mut other_election = vote_body(3, 3, &wrong);
    other_election["election_hash"] = json!("00");

    let json = "application/json";
    let rows = [
        (
            Phase::Closed,
            "text/plain",
            too_large.clone(),
            415,
            "media-type-unsupported",
        ),
        (Phase::Closed, json, too_large, 413, "body-too-large"),
        (Phase::Closed, json, "[".to_owned(), 400, "json-malformed"),
        (
            Phase::Closed,
            json,
            another_shape.to_string(),
            400,
            "request-malformed",
        ),
        (
            Phase::Closed,
            json,
            full(mistyped, no_uuid.clone()).to_string(),
            400,
            "voter-id-malformed",
        ),
        (
            Phase::Closed,
            json,
            full(voter_id(99), no_uuid).to_string(),
            400,
            "ballot-id-malformed",
        ),
        (
            Phase::Closed,
            json,
            full(voter_id(99), ballot_id(1)).to_string(),
            404,
            "voter-not-found",
        ),
        (
            Phase::Closed,
            json,
            full(voter_id(2), ballot_id(2)).to_string(),
            404,
            "voter-id-revoked",
        ),
        (Phase::Closed, json, recorded.to_string(), 202, ""),
        (
            Phase::PreElection,
            json,
            full(voter_id(1), ballot_id(2)).to_string(),
            403,
            "polls-not-open",
        ),
        (
            Phase::Closed,
            json,
            full(voter_id(1), ballot_id(2)).to_string(),
            403,
            "polls-closed",
        ),
        (
            Phase::Certifying,
            json,
            full(voter_id(1), ballot_id(1)).to_string(),
            403,
            "polls-closed",
        ),
        (
            Phase::Certified,
            json,
            full(voter_id(3), ballot_id(3)).to_string(),
            403,
            "polls-closed",
        ),
        (
            Phase::Open,
            json,
            full(voter_id(1), ballot_id(2)).to_string(),
            409,
            "already-voted",
        ),
        (
            Phase::Open,
            json,
            full(voter_id(1), ballot_id(1)).to_string(),
            409,
            "ballot-changed",
        ),
        (
            Phase::Open,
            json,
            other_election.to_string(),
            422,
            "other-definition",
        ),
        (
            Phase::Open,
            json,
            vote_body(3, 3, &wrong).to_string(),
            422,
            "selections-invalid",
        ),
    ];
    for (phase, media_type, body, status, code) in rows {
        election.enter(phase).await;
        let request = Request::post("/votes").header(header::CONTENT_TYPE, media_type);
        let answer = send(&site, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{phase} {code}");
        if answer.status != StatusCode::ACCEPTED {
            assert_eq!(answer.code(), code);
        }
    }
    let nothing_new = election.status().await;
    assert_eq!(
        (nothing_new.queued, nothing_new.recorded),
        (0, 1),
        "no refused vote was enqueued"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_ballot_box_refuses_nobody() {
    let election = Election::open().await;
    election.faults.fail_every(Point::BallotsFind, When::Before);
    assert_eq!(
        vote_for_ada(&election.site(), 0, 0).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test(start_paused = true)]
async fn what_must_be_known_and_cannot_be_read_is_unavailable() {
    for point in [Point::RollFind, Point::ElectionsPhase] {
        let election = Election::open().await;
        election.faults.fail_every(point, When::Before);
        let answer = vote_for_ada(&election.site(), 0, 0).await;
        assert_eq!(answer.problem(), (503, "unavailable".to_owned()), "{point}");
        assert_eq!(election.status_without_faults().await.accepted, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_destruction_of_the_keys_voter_ids_lead_nowhere() {
    let election = Election::open().await;
    let site = election.site();
    vote_for_ada(&site, 0, 0).await;
    election.work_off().await;
    election.enter(Phase::Certified).await;
    election.operations.destroy_keys().await.unwrap();
    for (voter, ballot) in [(0, 0), (1, 1), (99, 99)] {
        let answer = vote_for_ada(&site, voter, ballot).await;
        assert_eq!(answer.problem(), (410, "keys-destroyed".to_owned()));
        let body = json!({ "voter_id": voter_id(voter) });
        let answer = post(&site, "/eligibility", &body).await;
        assert_eq!(answer.problem(), (410, "keys-destroyed".to_owned()));
    }
    let mistyped = post(&site, "/eligibility", &json!({"voter_id": "K7RM2"})).await;
    assert_eq!(mistyped.problem(), (400, "voter-id-malformed".to_owned()));
}
