//! `GET /election`: the definition and where the election stands.

use axum::http::StatusCode;
use election_core::phase::Phase;
use election_testkit::faults::{Point, When};

use crate::support::client::get;
use crate::support::{Election, live_definition};

#[tokio::test(start_paused = true)]
async fn it_has_the_definition_its_hash_the_phase_and_the_regions() {
    let election = Election::of(&live_definition(10)).await;
    let answer = get(&election.site(), "/election").await;
    assert_eq!(answer.status, StatusCode::OK);
    insta::assert_json_snapshot!(answer.json());
    assert_eq!(
        answer.json()["election_hash"],
        election.definition.hash().to_string()
    );
}

#[tokio::test(start_paused = true)]
async fn it_tells_every_phase_by_its_name() {
    let election = Election::open().await;
    let site = election.site();
    for phase in Phase::ALL {
        election.enter(phase).await;
        assert_eq!(get(&site, "/election").await.json()["phase"], phase.as_str());
    }
}

#[tokio::test(start_paused = true)]
async fn a_phase_changed_by_another_process_is_seen_within_a_second() {
    let election = Election::open().await;
    let site = election.site();
    get(&site, "/election").await;
    let elections = &election.memory.stores().elections;
    let now = time::OffsetDateTime::now_utc();
    assert!(
        elections
            .change_phase(Phase::Open, Phase::Closed, now)
            .await
            .unwrap()
    );
    tokio::time::advance(std::time::Duration::from_millis(999)).await;
    assert_eq!(get(&site, "/election").await.json()["phase"], "open");
    tokio::time::advance(std::time::Duration::from_millis(1)).await;
    assert_eq!(get(&site, "/election").await.json()["phase"], "closed");
}

#[tokio::test(start_paused = true)]
async fn without_the_phase_it_is_unavailable() {
    let election = Election::open().await;
    election.faults.fail_next(Point::ElectionsPhase, When::Before);
    assert_eq!(
        get(&election.site(), "/election").await.problem(),
        (503, "unavailable".to_owned())
    );
}
