//! The public document.

use election_core::definition::Definition;
use election_core::phase::Phase;
use election_core::results::{Percent, Results, ResultsInput, ResultsStatus};
use election_core::tally::{Tally, by_jurisdiction, fold};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixtures::{ballot, club, club_after, inserted, jurisdiction, secret};

fn results(definition: &Definition, phase: Phase) -> Results {
    let ballots = [
        ballot(
            definition,
            1,
            "north",
            &[("board", &["lopez", "chen"]), ("dues", &["yes"])],
        ),
        ballot(definition, 2, "south", &[("board", &["lopez", "Jane"])]),
        ballot(definition, 3, "south", &[]),
    ];
    let records: Vec<_> = ballots
        .into_iter()
        .enumerate()
        .map(|(index, ballot)| inserted(index as u64 + 1, ballot))
        .collect();
    let mut tally = Tally::new();
    fold(&mut tally, definition, &secret(definition), "0", &records);
    let counts = by_jurisdiction(&tally);
    let complete = phase >= Phase::Closed;
    Results::new(&ResultsInput {
        definition,
        phase,
        complete,
        last_updated: None,
        tally_lag: Some(0),
        counts: &counts,
    })
}

fn document(results: &Results) -> Value {
    serde_json::to_value(results).unwrap()
}

#[test]
fn results_have_every_jurisdiction_contest_and_candidate_with_derived_percentages() {
    let document = document(&results(&club(), Phase::Closed));
    assert_eq!(document["status"], "unofficial-complete");
    assert_eq!(document["ballots_cast"], 3);
    let board = &document["contests"][0];
    assert_eq!(
        (
            &board["ballots_cast"],
            &board["write_ins"],
            &board["undervotes"],
            &board["overvotes"]
        ),
        (&json!(3), &json!(1), &json!(5), &json!(0))
    );
    assert_eq!(
        board["candidates"][0],
        json!({"id":"lopez","name":"Ana López","party":"Open","votes":2,"percent":50.0})
    );
    let dues = &document["contests"][1];
    assert_eq!(
        (&dues["ballots_cast"], &dues["candidates"][0]["percent"]),
        (&json!(1), &json!(100.0))
    );
    let south = &document["jurisdictions"][1];
    assert_eq!(south["contests"].as_array().unwrap().len(), 1);
    assert_eq!(south["contests"][0]["candidates"][0]["party"], "Open South");
    assert_eq!(south["contests"][0]["candidates"][2]["id"], "okoye");
    assert_eq!(
        document["jurisdictions"][0]["contests"][0]["candidates"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn before_the_close_only_the_turnout_is_told() {
    let text = document(&results(&club(), Phase::Open)).to_string();
    for word in ["votes", "percent", "undervotes", "overvotes", "write_ins"] {
        assert!(!text.contains(&format!("\"{word}\"")), "{word}");
    }
    assert!(text.contains(r#""ballots_cast":3"#));
}

#[test]
fn live_results_are_told_while_the_polls_are_open() {
    let live = club_after("closes_at", "results = \"live\"\ncloses_at");
    let document = document(&results(&live, Phase::Open));
    assert_eq!(
        (
            &document["status"],
            &document["contests"][0]["candidates"][0]["votes"]
        ),
        (&json!("unofficial-partial"), &json!(2))
    );
}

#[test]
fn results_can_be_narrowed_to_a_jurisdiction_or_a_contest() {
    let south = document(&results(&club(), Phase::Closed).in_jurisdiction(&jurisdiction("south")));
    assert_eq!(
        (
            south["jurisdictions"].as_array().unwrap().len(),
            &south["ballots_cast"]
        ),
        (1, &json!(2))
    );
    assert_eq!(south["contests"][0]["write_ins"], 1);
    let dues = document(&results(&club(), Phase::Closed).of_contest("dues"));
    assert_eq!(dues["contests"].as_array().unwrap().len(), 1);
    assert_eq!(dues["jurisdictions"][1]["contests"], json!([]));
}

#[test]
fn a_percentage_of_no_votes_is_null() {
    assert_eq!(Percent::of(0, 0), None);
    assert_eq!(serde_json::to_value(Percent::of(1, 3)).unwrap(), json!(33.33));
    assert_eq!(serde_json::to_value(Percent::of(2, 3)).unwrap(), json!(66.67));
    assert_eq!(
        serde_json::to_value(Percent::of(u64::MAX, u64::MAX)).unwrap(),
        json!(100.0)
    );
}

#[test]
fn counting_is_complete_only_once_the_polls_are_closed() {
    assert_eq!(
        ResultsStatus::of(Phase::Open, true),
        ResultsStatus::UnofficialPartial
    );
    assert_eq!(
        ResultsStatus::of(Phase::Closed, false),
        ResultsStatus::UnofficialPartial
    );
    assert_eq!(
        ResultsStatus::of(Phase::PreElection, true),
        ResultsStatus::PreElection
    );
}

proptest! {
    #[test]
    fn percentages_are_within_half_a_hundredth(votes in 0u64..1_000_000_000, more in 1u64..1_000_000_000) {
        let total = votes + more;
        let percent = serde_json::to_value(Percent::of(votes, total)).unwrap().as_f64().unwrap();
        prop_assert!((percent - votes as f64 * 100.0 / total as f64).abs() < 0.005_001);
    }
}
