//! `election definition check`, and that `init` takes nothing which it refuses.

use serde_json::json;

use crate::support::{Election, TWO_TOWNS};

#[test]
fn a_good_definition_is_summed_up_and_so_are_the_examples() {
    let election = Election::none();
    election.write("definition.toml", TWO_TOWNS);
    let summary = election
        .run(["definition", "check", "definition.toml"])
        .exits(0)
        .json();
    let hash = summary["election_hash"].as_str().unwrap().to_owned();
    assert_eq!(hash.len(), 64);
    let expected = json!({"valid": true, "id": "two-towns-2026", "election_hash": hash, "jurisdictions": 2, "contests": 3, "candidates": 8});
    assert_eq!(summary, expected);
    for (example, jurisdictions) in [("club-board", 2), ("us-president-2020", 51)] {
        let file = format!(
            "{}/../../examples/{example}/definition.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        let summary = election.run(["definition", "check", &file]).exits(0).json();
        assert_eq!(summary["id"].as_str().unwrap().get(..5), example.get(..5));
        assert_eq!(summary["jurisdictions"], jurisdictions);
    }
}

#[test]
fn every_error_is_told_at_once_with_its_line_and_field() {
    let election = Election::none();
    let bad = TWO_TOWNS
        .replace("votes_allowed = 2", "votes_allowed = 0")
        .replace("\"ben\"", "\"BEN\"")
        .replace("live_step = 1", "live_steps = 1")
        .replace("id = \"fay\"", "id = \"dora\"")
        .replace("jurisdictions = [\"north\"]", "jurisdictions = [\"east\"]");
    election.write("definition.toml", &bad);
    let ran = election.run(["definition", "check", "definition.toml"]);
    let line_of = |text: &str| 1 + bad.lines().position(|line| line.contains(text)).unwrap();
    for (text, field) in [
        ("votes_allowed = 0", "contests[1].votes_allowed"),
        ("\"BEN\"", "contests[0].candidates[1].id"),
        ("live_steps", "live_steps"),
        ("Fay Kim", "contests[1].candidates[2].id"),
        ("\"east\"", "contests[2].jurisdictions[0]"),
    ] {
        let line = format!("line {}", line_of(text));
        let told = ran
            .stderr
            .lines()
            .any(|told| told.contains(&line) && told.contains(field));
        assert!(told, "{line}: {field}\n{}", ran.stderr);
    }
    ran.refuses(1, "5 errors");
    let listed = election
        .run(["definition", "check", "definition.toml", "--format", "json"])
        .exits(1)
        .json();
    let errors = listed["errors"].as_array().unwrap();
    assert_eq!((&listed["valid"], errors.len()), (&json!(false), 5));
    let east = errors
        .iter()
        .find(|error| error["field"] == "contests[2].jurisdictions[0]")
        .unwrap();
    assert_eq!(east["line"], line_of("\"east\""));
    election
        .run(["init", "--definition", "definition.toml"])
        .refuses(1, "5 errors");
    assert!(
        !election.path("data").exists(),
        "nothing is created for a definition that is refused"
    );
}

#[test]
fn what_is_no_definition_at_all_is_refused_too() {
    let election = Election::none();
    for content in [
        "",
        "format = 1",
        "{\"format\": 1}",
        "\u{0}",
        "format = 1\nformat = 1\n",
    ] {
        election.write("definition.toml", content);
        election
            .run(["definition", "check", "definition.toml"])
            .refuses(1, "definition.toml");
    }
    std::fs::write(election.path("definition.toml"), b"title = \"\xff\"").unwrap();
    election
        .run(["definition", "check", "definition.toml"])
        .refuses(1, "definition.toml");
    election
        .run(["definition", "check", "nowhere.toml"])
        .refuses(2, "nowhere.toml");
    election
        .run(["init", "--definition", "nowhere.toml"])
        .refuses(2, "nowhere.toml");
}
