//! `GET /votes`: the results.

use axum::http::StatusCode;
use election_core::phase::Phase;
use election_testkit::faults::{Point, When};
use serde_json::{Value, json};

use crate::support::client::{get, post, vote_body};
use crate::support::{Election, live_definition};

/// Results whose time of counting is that of no snapshot.
fn without_time(mut results: Value) -> Value {
    if results["last_updated"].is_string() {
        results["last_updated"] = json!("[time]");
    }
    results
}

async fn two_votes(election: &Election) {
    let site = election.site();
    let north = json!({"chair": ["ada"], "board": ["cleo", {"write_in": "Zoë"}], "dues": ["yes"]});
    let south = json!({"chair": ["ada"], "board": ["eve"]});
    for (voter, selections) in [(0, north), (1, south)] {
        let answer = post(&site, "/votes", &vote_body(voter, voter, &selections)).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
    }
    election.work_off().await;
}

async fn live() -> Election {
    let election = Election::of(&live_definition(1)).await;
    election.register(0..4).await;
    election.enter(Phase::Open).await;
    two_votes(&election).await;
    election
}

#[tokio::test(start_paused = true)]
async fn live_results_have_counts_and_percentages_of_all_and_of_each_jurisdiction() {
    let election = live().await;
    let answer = get(&election.site(), "/votes").await;
    assert_eq!(answer.status, StatusCode::OK);
    insta::assert_json_snapshot!(without_time(answer.json()));
}

#[tokio::test(start_paused = true)]
async fn before_the_first_ballot_there_is_no_percentage_and_no_time() {
    let election = Election::of(&live_definition(1)).await;
    let results = get(&election.site(), "/votes").await.json();
    assert_eq!(results["last_updated"], Value::Null);
    assert_eq!(
        (&results["seq"], &results["status"]),
        (&json!(0), &json!("pre-election"))
    );
    assert_eq!(results["contests"][0]["candidates"][0]["percent"], Value::Null);
    assert_eq!(results["contests"][0]["candidates"][0]["votes"], 0);
}

#[tokio::test(start_paused = true)]
async fn results_after_the_close_tell_only_the_turnout_before() {
    let election = Election::open().await;
    election.record(1, 0, 0).await;
    election.record(2, 1, 0).await;
    election.work_off().await;
    let open = get(&election.site(), "/votes").await.json();
    insta::assert_json_snapshot!("results_while_open_after_close", without_time(open));
    election.enter(Phase::Closed).await;
    let closed = get(&election.site(), "/votes").await.json();
    assert!(closed["contests"][0]["candidates"][0]["votes"].is_u64());
    assert_eq!(closed["status"], "unofficial-complete");
}

#[tokio::test(start_paused = true)]
async fn results_can_be_narrowed_to_a_jurisdiction_and_to_a_contest() {
    let election = live().await;
    let site = election.site();
    let south = get(&site, "/votes?jurisdiction=south").await.json();
    assert_eq!(south["ballots_cast"], 1);
    let ids = |contests: &Value| -> Vec<String> {
        let contests = contests.as_array().unwrap().iter();
        contests
            .map(|contest| contest["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&south["contests"]), ["chair", "board"]);
    assert_eq!(south["jurisdictions"].as_array().unwrap().len(), 1);
    let chair = get(&site, "/votes?contest=chair").await.json();
    assert_eq!(ids(&chair["contests"]), ["chair"]);
    assert!(
        chair["jurisdictions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|place| ids(&place["contests"]) == ["chair"])
    );
    assert_eq!(chair["contests"][0]["candidates"][0]["votes"], 2);
    let both = get(&site, "/votes?contest=chair&jurisdiction=north").await.json();
    insta::assert_json_snapshot!("results_of_one_contest_in_one_jurisdiction", without_time(both));
    let none = get(&site, "/votes?contest=dues&jurisdiction=south").await.json();
    assert!(ids(&none["contests"]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn unknown_query_parameters_jurisdictions_and_contests_are_told_apart() {
    let election = live().await;
    let site = election.site();
    for query in [
        "x=1",
        "jurisdiction",
        "contest=chair&contest=chair",
        "jurisdiction=north&jurisdiction=south",
        "Contest=chair",
        "contest=chair&x",
        "=",
    ] {
        let answer = get(&site, &format!("/votes?{query}")).await;
        assert_eq!(
            answer.problem(),
            (400, "query-parameter-unknown".to_owned()),
            "{query}"
        );
    }
    for id in ["", "west", "NORTH", "%6Eorth"] {
        let answer = get(&site, &format!("/votes?jurisdiction={id}")).await;
        assert_eq!(answer.problem(), (404, "jurisdiction-unknown".to_owned()), "{id}");
        let answer = get(&site, &format!("/votes?contest={id}")).await;
        assert_eq!(answer.problem(), (404, "contest-unknown".to_owned()), "{id}");
    }
    for query in ["", "&", "contest=chair&"] {
        assert_eq!(
            get(&site, &format!("/votes?{query}")).await.status,
            StatusCode::OK,
            "{query}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_region_answers_with_its_own_tally_and_how_far_it_is_behind() {
    let election = live().await;
    election.record(3, 2, 0).await;
    election.fold(1).await.unwrap();
    let site = election.site();
    let seen = async |region: usize| {
        let results = get(&site, &format!("/regions/region-{region}/votes"))
            .await
            .json();
        (
            results["seq"].as_u64().unwrap(),
            results["tally_lag"].as_u64().unwrap(),
        )
    };
    assert_eq!(seen(0).await, (2, 1));
    assert_eq!(seen(1).await, (3, 0));
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_tally_is_unavailable_and_is_not_remembered() {
    let election = live().await;
    let site = election.site();
    election.region_faults[0].fail_next(Point::TalliesLoad, When::Before);
    assert_eq!(
        get(&site, "/votes").await.problem(),
        (503, "unavailable".to_owned())
    );
    assert_eq!(get(&site, "/votes").await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_region_makes_its_results_at_most_four_times_a_second() {
    let election = live().await;
    let site = election.site();
    get(&site, "/votes").await;
    election.region_faults[0].clear();
    for _ in 0..5 {
        get(&site, "/votes").await;
        get(&site, "/votes?contest=chair").await;
    }
    assert!(election.region_faults[0].calls().is_empty());
    tokio::time::advance(std::time::Duration::from_millis(250)).await;
    get(&site, "/votes").await;
    assert!(election.region_faults[0].calls().contains(&Point::TalliesLoad));
}
