//! What isn't a definition, and where its author is told so.

use super::Code::*;
use super::*;

/// Asserts that the example with one replacement has exactly these problems.
#[track_caller]
fn refuses(old: &str, new: &str, expected: &[(usize, &str, Code)]) {
    refuses_all(&[(old, new)], expected);
}

#[track_caller]
fn refuses_all(replacements: &[(&str, &str)], expected: &[(usize, &str, Code)]) {
    let errors = errors_of(board_with(replacements));
    assert_eq!(places(&errors), expected, "{errors}");
}

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
line 23: contests[0].candidates[0].party: must be a string, or a table as { default = "..." }; a integer stands here
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
fn another_format_is_refused_without_reading_on() {
    refuses_all(
        &[("format = 1", "format = 2"), ("mode", "made")],
        &[(1, "format", UnsupportedFormat)],
    );
    refuses("format = 1", "format = \"1\"", &[(1, "format", WrongType)]);
}

#[test]
fn the_only_mode_is_pseudonymous() {
    refuses("\"pseudonymous\"", "\"sealed\"", &[(2, "mode", UnsupportedMode)]);
    refuses("\"pseudonymous\"", "\"open\"", &[(2, "mode", UnknownValue)]);
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

#[test]
fn ids_are_short_lower_case_words() {
    let long = format!("\"{}\"", "a".repeat(41));
    refuses("\"club-board-2026\"", "\"Club\"", &[(3, "id", MalformedId)]);
    refuses(
        "id = \"dues\"",
        "id = \"\"",
        &[(28, "contests[1].id", MalformedId)],
    );
    refuses(
        "\"okoye\"",
        &long,
        &[(25, "contests[0].candidates[2].id", MalformedId)],
    );
}

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
fn reserved_ids_are_refused() {
    refuses(
        "\"lopez\"",
        "\"write-in\"",
        &[(23, "contests[0].candidates[0].id", ReservedId)],
    );
    refuses(
        "\"yes\"",
        "\"blank\"",
        &[(32, "contests[1].candidates[0].id", ReservedId)],
    );
    let default = "id = \"default\"\nname = \"All\"\n[[jurisdictions]]\nid = \"south\"";
    refuses(
        "id = \"south\"",
        default,
        &[(14, "jurisdictions[1].id", ReservedId)],
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
fn languages_are_distinct_tags() {
    let untranslated = |languages: &str| {
        let texts = BOARD.lines().map(|line| {
            if line.starts_with("languages") {
                languages
            } else {
                line
            }
        });
        let errors = errors_of(texts.collect::<Vec<_>>().join("\n"));
        places(&errors)
            .first()
            .map(|(line, field, code)| (*line, (*field).to_owned(), *code))
            .unwrap()
    };
    assert_eq!(untranslated("languages = []"), (4, "languages".to_owned(), Empty));
    for tag in [
        "",
        "e",
        "EN",
        "english",
        "en_US",
        "en-",
        "en-U",
        "en-123456789",
        "é",
    ] {
        let malformed = (4, "languages[1]".to_owned(), MalformedLanguage);
        assert_eq!(
            untranslated(&format!("languages = [\"en\", \"{tag}\"]")),
            malformed
        );
    }
    let duplicate = (4, "languages[2]".to_owned(), DuplicateLanguage);
    assert_eq!(
        untranslated("languages = [\"pt-BR\", \"en\", \"pt-br\"]"),
        duplicate
    );
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
fn texts_are_trimmed_single_lines_of_at_most_200_characters_that_look_like_what_they_are() {
    let name = "contests[0].candidates[2].name";
    let cases = [
        ("", TextEmpty),
        (" ", TextEmpty),
        ("Ada ", TextNotTrimmed),
        ("\\tAda", TextNotTrimmed),
        ("A\\nda", TextForbiddenCharacter),
        ("A\\u0000da", TextForbiddenCharacter),
        ("A\u{202E}da", TextForbiddenCharacter),
        ("A\u{2066}da", TextForbiddenCharacter),
    ];
    for (text, code) in cases {
        let errors = errors_of(board_with(&[("Ada Okoye", text)]));
        assert!(places(&errors).contains(&(25, name, code)), "{text:?}: {errors}");
    }
    assert!(Definition::parse(board_with(&[("Ada Okoye", &"é".repeat(200))]).as_bytes()).is_ok());
    refuses("Ada Okoye", &"é".repeat(201), &[(25, name, TextTooLong)]);
    refuses(
        "Open list",
        "",
        &[(23, "contests[0].candidates[0].party", TextEmpty)],
    );
    refuses("Junta 2026", "", &[(5, "title.es", TextEmpty)]);
}

#[test]
fn times_have_an_offset_and_exist() {
    let opens_at = "2026-11-03T08:00:00-05:00";
    refuses(
        opens_at,
        "2026-11-03T08:00:00",
        &[(6, "opens_at", TimeWithoutOffset)],
    );
    refuses(opens_at, "2026-11-03", &[(6, "opens_at", TimeWithoutOffset)]);
    refuses(opens_at, "08:00:00", &[(6, "opens_at", TimeWithoutOffset)]);
    refuses(
        opens_at,
        "\"2026-11-03T08:00:00-05:00\"",
        &[(6, "opens_at", WrongType)],
    );
    refuses(
        opens_at,
        "2016-12-31T23:59:60Z",
        &[(6, "opens_at", TimeImpossible)],
    );
    refuses(
        opens_at,
        "0000-01-01T00:00:00+05:00",
        &[(6, "opens_at", TimeImpossible)],
    );
    refuses(
        "2026-11-03T20:00:00-05:00",
        "9999-12-31T20:00:00-05:00",
        &[(7, "closes_at", TimeImpossible)],
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
fn numbers_stay_within_their_range() {
    let votes = [(20, "contests[0].votes_allowed", NumberOutOfRange)];
    for number in [
        "-3",
        "0",
        "1_001",
        "0xFFFF_FFFF_FFFF",
        "4294967299",
        "99999999999999999999999999999999999999999",
    ] {
        refuses("votes_allowed = 3", &format!("votes_allowed = {number}"), &votes);
    }
    refuses(
        "write_ins = 1",
        "write_ins = -1",
        &[(21, "contests[0].write_ins", NumberOutOfRange)],
    );
    refuses(
        "write_ins = 1",
        "write_ins = 4",
        &[(21, "contests[0].write_ins", TooManyWriteIns)],
    );
}

#[test]
fn lists_have_an_entry() {
    refuses(
        "= [\"north\"]",
        "= []",
        &[(31, "contests[1].jurisdictions", Empty)],
    );
    refuses(
        "{ default = \"Green\", south = \"South Green\" }",
        "{}",
        &[(24, "contests[0].candidates[1].party", Empty)],
    );
    let header = BOARD.lines().take(8).collect::<Vec<_>>().join("\n");
    let errors = errors_of(format!("{header}\njurisdictions = []\ncontests = []"));
    assert_eq!(
        places(&errors),
        [(9, "jurisdictions", Empty), (10, "contests", Empty)]
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
    // North's only contests are now written for the south.
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
