//! Files that can't be read as a definition, and how all that is wrong is told.

use super::Code::*;
use super::*;

#[test]
fn all_problems_of_a_file_are_told_at_once_in_the_order_of_its_lines() {
    let errors = errors_of(board_with(&[
        ("mode = \"pseudonymous\"", "mode = \"sealed\""),
        ("closes_at = 2026-11-03T20", "closes_at = 2026-11-03T02"),
        ("id = \"south\"", "id = \"north\""),
        ("votes_allowed = 3", "votes_allowed = 0"),
        ("\"Open list\"", "7"),
        (
            "jurisdictions = [\"south\"] }",
            "jurisdictions = [\"east\"], age = 40 }",
        ),
        (
            "title = { en = \"Raise the dues?\", es = \"¿Subir la cuota?\" }",
            "title = { es = \"¿Subir la cuota?\" }",
        ),
        ("id = \"no\", ", ""),
    ]));
    assert_eq!(
        errors.to_string(),
        r#"line 2: mode: "sealed" isn't supported yet; "pseudonymous" is the only mode
line 7: closes_at: must be later than `opens_at`
line 14: jurisdictions[1].id: must be unique, but line 11 has this id already
line 20: contests[0].votes_allowed: must be at least 1
line 23: contests[0].candidates[0].party: must be a string, or a table as { default = "..." }, not of type integer
line 24: contests[0].candidates[1].party.south: names the jurisdiction "south", which isn't declared under [[jurisdictions]]
line 25: contests[0].candidates[2].jurisdictions[0]: names the jurisdiction "east", which isn't declared under [[jurisdictions]]
line 25: contests[0].candidates[2].age: isn't a key that belongs here; the keys are id, name, party, jurisdictions
line 29: contests[1].title.en: is missing; every translated text needs all `languages`
line 33: contests[1].candidates[1].id: is missing; add `id = ...`"#
    );
}

#[test]
fn problems_serialise_as_line_field_code_and_message() {
    let errors = errors_of(board_with(&[("votes_allowed = 3", "votes_allowed = 0")]));
    assert_eq!(
        serde_json::to_string(&errors).unwrap(),
        r#"[{"line":20,"field":"contests[0].votes_allowed","code":"number-out-of-range","message":"must be at least 1"}]"#
    );
}

#[test]
fn lines_are_counted_in_files_with_windows_line_ends() {
    let toml = board_with(&[("votes_allowed = 3", "votes_allowed = 0")]).replace('\n', "\r\n");
    assert_eq!(
        places(&errors_of(toml)),
        [(20, "contests[0].votes_allowed", NumberOutOfRange)]
    );
}

#[test]
fn a_byte_order_mark_is_refused() {
    assert_eq!(
        places(&errors_of(format!("\u{FEFF}{BOARD}"))),
        [(1, "", ByteOrderMark)]
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_refused_with_their_line() {
    assert_eq!(
        places(&errors_of(b"format = 1\nid = \"\xE9\"")),
        [(2, "", NotUtf8)]
    );
}

#[test]
fn more_than_a_mebibyte_is_refused() {
    let padded = |size: usize| format!("{BOARD}#{}", "x".repeat(size - BOARD.len() - 1));
    assert!(Definition::parse(padded(1024 * 1024).as_bytes()).is_ok());
    assert_eq!(
        places(&errors_of(padded(1024 * 1024 + 1))),
        [(1, "", FileTooLarge)]
    );
}

#[test]
fn every_syntax_error_is_told_and_nothing_else() {
    let errors = errors_of("format = 1\nid = club\n\nid = \"a\"\nmode = \"x\ny");
    let lines: Vec<_> = errors.as_slice().iter().map(|error| error.line).collect();
    assert!(
        errors.as_slice().iter().all(|error| error.code == TomlSyntax),
        "{errors}"
    );
    assert!([2, 4, 5].iter().all(|line| lines.contains(line)), "{errors}");
    assert!(
        errors.to_string().starts_with("line 2: isn't TOML at column 6: "),
        "{errors}"
    );
}

#[test]
fn an_empty_file_lacks_every_required_key() {
    let required = [
        "format",
        "mode",
        "id",
        "languages",
        "title",
        "opens_at",
        "closes_at",
        "jurisdictions",
        "contests",
    ];
    assert_eq!(places(&errors_of("")), required.map(|key| (1, key, MissingKey)));
}

#[test]
fn unknown_keys_are_refused_at_every_level() {
    refuses("results =", "result =", &[(8, "result", UnknownKey)]);
    refuses(
        "id = \"north\"",
        "id = \"north\"\ncolour = 1",
        &[(12, "jurisdictions[0].colour", UnknownKey)],
    );
    refuses(
        "write_ins = 1",
        "\"write ins\" = 1",
        &[(21, "contests[0].\"write ins\"", UnknownKey)],
    );
    refuses(
        "\"Ada Okoye\",",
        "\"Ada Okoye\", x.y = 1,",
        &[(25, "contests[0].candidates[2].x", UnknownKey)],
    );
    let table = format!("{BOARD}[\"a\\nb\"]\n");
    assert_eq!(places(&errors_of(table)), [(34, "\"a\\nb\"", UnknownKey)]);
}

#[test]
fn required_keys_are_missed_at_every_level() {
    refuses("id = \"club-board-2026\"\n", "", &[(1, "id", MissingKey)]);
    refuses(
        "name = { en = \"South branch\", es = \"Sección Sur\" }",
        "",
        &[(13, "jurisdictions[1].name", MissingKey)],
    );
    refuses(
        "votes_allowed = 3",
        "",
        &[(17, "contests[0].votes_allowed", MissingKey)],
    );
    refuses(
        ", name = \"Ana López\"",
        "",
        &[(23, "contests[0].candidates[0].name", MissingKey)],
    );
}

#[test]
fn values_of_another_type_are_refused() {
    refuses("[\"en\", \"es\"]", "\"en\"", &[(4, "languages", WrongType)]);
    refuses(
        "votes_allowed = 3",
        "votes_allowed = 3.0",
        &[(20, "contests[0].votes_allowed", WrongType)],
    );
    refuses(
        "\"Wei Chen\"",
        "[\"Wei\"]",
        &[(24, "contests[0].candidates[1].name", WrongType)],
    );
    refuses(
        "= [\"north\"]",
        "= [5]",
        &[(31, "contests[1].jurisdictions[0]", WrongType)],
    );
    refuses(
        "\"South Green\"",
        "{}",
        &[(24, "contests[0].candidates[1].party.south", WrongType)],
    );
}
