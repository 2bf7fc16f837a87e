//! Values that are wrong wherever they stand.

use super::Code::*;
use super::*;

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
