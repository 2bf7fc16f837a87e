//! Values that don't agree with one another.

use super::Code::*;
use super::*;

#[test]
fn references_to_a_malformed_id_are_not_told_as_well() {
    refuses_all(
        &[
            ("id = \"north\"", "id = \"North\""),
            ("jurisdictions = [\"north\"]", "jurisdictions = [\"North\"]"),
        ],
        &[(11, "jurisdictions[0].id", MalformedId)],
    );
}

#[test]
fn ids_are_unique_in_their_list_only() {
    refuses(
        "id = \"dues\"",
        "id = \"board\"",
        &[(28, "contests[1].id", DuplicateId)],
    );
    refuses(
        "\"chen\"",
        "\"lopez\"",
        &[(24, "contests[0].candidates[1].id", DuplicateId)],
    );
    assert!(Definition::parse(board_with(&[("\"yes\"", "\"lopez\"")]).as_bytes()).is_ok());
}

#[test]
fn translations_are_those_of_the_declared_languages() {
    refuses(
        ", es = \"Junta 2026\"",
        "",
        &[(5, "title.es", MissingTranslation)],
    );
    refuses(
        "en = \"Board\", ",
        "",
        &[(19, "contests[0].title.en", MissingTranslation)],
    );
    refuses(
        "es = \"Sí\"",
        "es = \"Sí\", fr = \"Oui\"",
        &[(32, "contests[1].candidates[0].name.fr", UnknownLanguage)],
    );
}

#[test]
fn the_polls_close_after_they_open() {
    refuses(
        "2026-11-03T20:00:00-05:00",
        "2026-11-03T13:00:00Z",
        &[(7, "closes_at", ClosesBeforeOpens)],
    );
}

#[test]
fn results_are_shown_after_the_close_or_live() {
    refuses("\"after-close\"", "\"always\"", &[(8, "results", UnknownValue)]);
    refuses(
        "\"after-close\"",
        "\"after-close\"\nlive_step = 5",
        &[(9, "live_step", LiveStepWithoutLive)],
    );
    refuses(
        "results = \"after-close\"",
        "live_step = 5",
        &[(8, "live_step", LiveStepWithoutLive)],
    );
    refuses(
        "\"after-close\"",
        "\"live\"\nlive_step = 0",
        &[(9, "live_step", NumberOutOfRange)],
    );
}

#[test]
fn references_are_to_declared_jurisdictions() {
    refuses(
        "= [\"north\"]",
        "= [\"north\", \"east\"]",
        &[(31, "contests[1].jurisdictions[1]", UnknownJurisdiction)],
    );
    refuses(
        "south = ",
        "east = ",
        &[(24, "contests[0].candidates[1].party.east", UnknownJurisdiction)],
    );
    let okoye = "contests[0].candidates[2].jurisdictions[0]";
    refuses(
        "jurisdictions = [\"south\"]",
        "jurisdictions = [\"\"]",
        &[(25, okoye, UnknownJurisdiction)],
    );
    refuses(
        "= [\"north\"]",
        "= [\n\"north\",\n\"north\"]",
        &[(33, "contests[1].jurisdictions[1]", DuplicateJurisdiction)],
    );
}

#[test]
fn a_candidate_runs_only_where_the_contest_is() {
    refuses(
        "id = \"yes\",",
        "id = \"yes\", jurisdictions = [\"north\", \"south\"],",
        &[(32, "contests[1].candidates[0].jurisdictions[1]", OutsideContest)],
    );
}

#[test]
fn every_jurisdiction_has_a_contest() {
    // North's only contests become the south's.
    refuses_all(
        &[
            ("write_ins = 1", "jurisdictions = [\"south\"]"),
            ("= [\"north\"]", "= [\"south\"]"),
        ],
        &[(10, "jurisdictions[0]", EmptyBallot)],
    );
}

#[test]
fn every_contest_offers_a_choice_wherever_it_is_on_the_ballot() {
    let candidates = "contests[2].candidates";
    let contest = |rest: &str| {
        let toml =
            format!("{BOARD}[[contests]]\nid = \"motto\"\ntitle = \"Motto\"\nvotes_allowed = 1\n{rest}");
        Definition::parse(toml.as_bytes()).map(drop)
    };
    let somebody = "{ id = \"a\", name = \"A\", jurisdictions = [\"south\"] }";
    let errors = contest(&format!("candidates = [{somebody}]")).unwrap_err();
    assert_eq!(places(&errors), [(38, candidates, NothingToChoose)]);
    assert!(errors.to_string().ends_with("for north"), "{errors}");
    assert_eq!(
        places(&contest("").unwrap_err()),
        [(34, candidates, NothingToChoose)]
    );
    assert!(contest(&format!("write_ins = 1\ncandidates = [{somebody}]")).is_ok());
    assert!(contest(&format!("jurisdictions = [\"south\"]\ncandidates = [{somebody}]")).is_ok());
}
