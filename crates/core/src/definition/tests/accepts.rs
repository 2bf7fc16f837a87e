//! What valid definitions mean.

use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::{Language, Mode, ResultsPolicy};
use super::*;
use crate::identifiers::JurisdictionId;

fn jurisdiction(id: &str) -> JurisdictionId {
    JurisdictionId::parse(id).unwrap()
}

fn instant(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

#[test]
fn the_example_of_the_design_parses() {
    let board = board();
    let spanish = Language::parse("es").unwrap();
    assert_eq!(board.id().as_str(), "club-board-2026");
    assert_eq!(board.mode(), Mode::Pseudonymous);
    assert_eq!(
        board.languages().iter().map(Language::as_str).collect::<Vec<_>>(),
        ["en", "es"]
    );
    assert_eq!(board.title().in_language(&spanish), "Junta 2026");
    assert_eq!(board.opens_at(), instant("2026-11-03T13:00:00Z"));
    assert_eq!(board.closes_at(), instant("2026-11-04T01:00:00Z"));
    let (opens_at, closes_at) = board.written_times();
    assert_eq!(
        (board.opens_at().hour(), opens_at.hour(), closes_at.hour()),
        (13, 8, 20)
    );
    assert_eq!((opens_at, closes_at), (board.opens_at(), board.closes_at()));
    assert_eq!(board.results(), ResultsPolicy::AfterClose);
    assert_eq!(
        board.jurisdiction("south").unwrap().name().fallback(),
        "South branch"
    );
    assert_eq!(board.jurisdictions().len(), 2);
    assert_eq!(board.contests().len(), 2);
    let contest = board.contest("board").unwrap();
    assert_eq!((contest.votes_allowed(), contest.write_ins()), (3, 1));
    assert!(board.contest("dues").unwrap().write_ins() == 0 && board.contest("lopez").is_none());
}

#[test]
fn the_hash_is_that_of_the_exact_bytes() {
    assert_eq!(board().hash().as_bytes()[..], Sha256::digest(BOARD)[..]);
    let with_a_comment = Definition::parse(format!("{BOARD}#").as_bytes()).unwrap();
    assert_ne!(with_a_comment.hash(), board().hash());
}

#[test]
fn a_ballot_style_holds_the_contests_of_its_jurisdiction_in_order() {
    let board = board();
    let style = |id: &str| {
        board
            .ballot_style(&jurisdiction(id))
            .map(|contest| contest.id().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(style("north"), ["board", "dues"]);
    assert_eq!(style("south"), ["board"]);
    assert!(style("east").is_empty());
}

#[test]
fn a_candidate_runs_where_they_are_listed_and_else_wherever_the_contest_is() {
    let board = board();
    let (north, south) = (jurisdiction("north"), jurisdiction("south"));
    let contest = board.contest("board").unwrap();
    let in_north: Vec<_> = contest
        .candidates_in(&north)
        .map(|candidate| candidate.id().as_str())
        .collect();
    assert_eq!(in_north, ["lopez", "chen"]);
    assert_eq!(contest.candidates_in(&south).count(), 3);
    let yes = board.contest("dues").unwrap().candidate("yes").unwrap();
    assert!(yes.runs_in(&north) && !yes.runs_in(&south));
}

#[test]
fn a_party_may_differ_between_jurisdictions() {
    let board = board();
    let (north, south) = (jurisdiction("north"), jurisdiction("south"));
    let candidate = |id: &str| board.contest("board").unwrap().candidate(id).unwrap();
    assert_eq!(candidate("lopez").party_in(&south), Some("Open list"));
    assert_eq!(candidate("chen").party_in(&north), Some("Green"));
    assert_eq!(candidate("chen").party_in(&south), Some("South Green"));
    assert_eq!(candidate("okoye").party_in(&south), None);

    let toml = board_with(&[("default = \"Green\", ", "")]);
    let board = Definition::parse(toml.as_bytes()).unwrap();
    let chen = board.contest("board").unwrap().candidate("chen").unwrap();
    assert_eq!((chen.default_party(), chen.party_in(&north)), (None, None));
    assert_eq!(chen.party_in(&south), Some("South Green"));
}

#[test]
fn a_text_without_translations_is_the_same_in_all_languages() {
    let board = board();
    let name = board.contest("board").unwrap().candidate("lopez").unwrap().name();
    assert!(
        board
            .languages()
            .iter()
            .all(|language| name.in_language(language) == "Ana López")
    );
}

#[test]
fn an_undeclared_language_falls_back_to_the_first() {
    assert_eq!(
        board().title().in_language(&Language::parse("fr").unwrap()),
        "Club board 2026"
    );
}

#[test]
fn live_results_come_in_steps_of_ten_unless_the_definition_says_otherwise() {
    let results = |new: &str| {
        let toml = board_with(&[("results = \"after-close\"", new)]);
        Definition::parse(toml.as_bytes()).unwrap().results()
    };
    let live = |step| ResultsPolicy::Live {
        step: std::num::NonZeroU64::new(step).unwrap(),
    };
    assert_eq!(results(""), ResultsPolicy::AfterClose);
    assert_eq!(results("results = \"live\""), live(10));
    assert_eq!(results("results = \"live\"\nlive_step = 1"), live(1));
}

#[test]
fn a_contest_may_have_write_in_lines_only_and_more_votes_than_candidates() {
    let toml =
        format!("{BOARD}[[contests]]\nid = \"motto\"\ntitle = \"Motto\"\nvotes_allowed = 2\nwrite_ins = 1\n");
    let definition = Definition::parse(toml.as_bytes()).unwrap();
    assert!(definition.contest("motto").unwrap().candidates().is_empty());
}

#[test]
fn windows_line_ends_change_nothing_but_the_hash() {
    let toml = BOARD.replace('\n', "\r\n");
    let definition = Definition::parse(toml.as_bytes()).unwrap();
    assert_eq!(definition.contests(), board().contests());
}

#[test]
fn the_document_has_the_names_of_the_file_and_leaves_nothing_to_look_up() {
    let document = serde_json::to_value(board().document()).unwrap();
    assert_eq!(
        document,
        json!({
            "format": 1,
            "mode": "pseudonymous",
            "id": "club-board-2026",
            "languages": ["en", "es"],
            "title": { "en": "Club board 2026", "es": "Junta 2026" },
            "opens_at": "2026-11-03T13:00:00Z",
            "closes_at": "2026-11-04T01:00:00Z",
            "results": "after-close",
            "live_step": null,
            "jurisdictions": [
                { "id": "north", "name": { "en": "North branch", "es": "Sección Norte" } },
                { "id": "south", "name": { "en": "South branch", "es": "Sección Sur" } },
            ],
            "contests": [
                {
                    "id": "board",
                    "title": { "en": "Board", "es": "Junta" },
                    "votes_allowed": 3,
                    "write_ins": 1,
                    "jurisdictions": null,
                    "candidates": [
                        {
                            "id": "lopez",
                            "name": { "en": "Ana López", "es": "Ana López" },
                            "party": { "default": "Open list" },
                            "jurisdictions": null,
                        },
                        {
                            "id": "chen",
                            "name": { "en": "Wei Chen", "es": "Wei Chen" },
                            "party": { "default": "Green", "south": "South Green" },
                            "jurisdictions": null,
                        },
                        {
                            "id": "okoye",
                            "name": { "en": "Ada Okoye", "es": "Ada Okoye" },
                            "party": null,
                            "jurisdictions": ["south"],
                        },
                    ],
                },
                {
                    "id": "dues",
                    "title": { "en": "Raise the dues?", "es": "¿Subir la cuota?" },
                    "votes_allowed": 1,
                    "write_ins": 0,
                    "jurisdictions": ["north"],
                    "candidates": [
                        {
                            "id": "yes",
                            "name": { "en": "Yes", "es": "Sí" },
                            "party": null,
                            "jurisdictions": ["north"],
                        },
                        {
                            "id": "no",
                            "name": { "en": "No", "es": "No" },
                            "party": null,
                            "jurisdictions": ["north"],
                        },
                    ],
                },
            ],
        })
    );
}
