//! Whatever the bytes are: a definition or a list of problems, and never a panic.

use proptest::prelude::*;

use super::*;

/// Pieces that mean something to TOML or to a definition, so that mutants get deep into the walk.
const PIECES: &[&str] = &[
    "",
    "\n",
    "\r\n",
    "\"",
    "'''",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "#",
    "-",
    "é",
    "\u{202E}",
    "0",
    "-1",
    "0x",
    "99999999999999999999999999999999999999999999",
    "1.5",
    "nan",
    "true",
    "2026-02-30",
    "2026-11-03T08:00:00",
    "9999-12-31T23:59:59-23:59",
    "0000-01-01T00:00:00+23:59",
    "08:00",
    "23:59:60Z",
    "north",
    "default",
    "id",
    "en",
    "party = 1",
    "jurisdictions = []",
    "[contests]",
    "[[contests.candidates]]",
    "title.en = 1",
];

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    match Definition::parse(bytes) {
        Ok(definition) => {
            prop_assert!(serde_json::to_value(definition.document()).is_ok());
            let jurisdictions = definition.jurisdictions();
            prop_assert!(
                jurisdictions
                    .iter()
                    .all(|one| definition.ballot_style(one.id()).next().is_some())
            );
        }
        Err(errors) => {
            let lines: Vec<_> = errors.as_slice().iter().map(|error| error.line).collect();
            prop_assert!(!lines.is_empty() && lines.is_sorted());
            prop_assert_eq!(errors.to_string().lines().count(), lines.len());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes)?;
    }

    #[test]
    fn arbitrary_pieces_of_toml_never_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20)) {
        check(pieces.concat().as_bytes())?;
    }

    #[test]
    fn mutated_definitions_never_panic(
        mutations in prop::collection::vec((0..BOARD.len(), 0..12_usize, prop::sample::select(PIECES)), 1..4)
    ) {
        let mut bytes = BOARD.as_bytes().to_vec();
        for (at, removed, piece) in mutations {
            let at = at.min(bytes.len());
            let end = (at + removed).min(bytes.len());
            bytes.splice(at..end, piece.bytes());
        }
        check(&bytes)?;
    }

    #[test]
    fn definitions_without_some_lines_or_with_repeated_ones_never_panic(
        lines in prop::collection::vec(0..BOARD.lines().count(), 0..60)
    ) {
        let toml: Vec<_> = lines.iter().filter_map(|line| BOARD.lines().nth(*line)).collect();
        check(toml.join("\n").as_bytes())?;
    }
}
