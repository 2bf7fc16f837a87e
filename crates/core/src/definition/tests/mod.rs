//! Owns the examples that a definition's tests start from.

mod accepts;
mod never_panics;
mod refuses_contradictions;
mod refuses_files;
mod refuses_values;

use super::{Definition, DefinitionErrorCode as Code, DefinitionErrors};

/// The example of the design, with everything that the format knows. Tests refer to its lines.
const BOARD: &str = r#"format = 1
mode = "pseudonymous"
id = "club-board-2026"
languages = ["en", "es"]
title = { en = "Club board 2026", es = "Junta 2026" }
opens_at  = 2026-11-03T08:00:00-05:00
closes_at = 2026-11-03T20:00:00-05:00
results = "after-close"

[[jurisdictions]]
id = "north"
name = { en = "North branch", es = "Sección Norte" }
[[jurisdictions]]
id = "south"
name = { en = "South branch", es = "Sección Sur" }

[[contests]]
id = "board"
title = { en = "Board", es = "Junta" }
votes_allowed = 3
write_ins = 1
candidates = [
  { id = "lopez", name = "Ana López", party = "Open list" },
  { id = "chen",  name = "Wei Chen", party = { default = "Green", south = "South Green" } },
  { id = "okoye", name = "Ada Okoye", jurisdictions = ["south"] },
]
[[contests]]
id = "dues"
title = { en = "Raise the dues?", es = "¿Subir la cuota?" }
votes_allowed = 1
jurisdictions = ["north"]
candidates = [{ id = "yes", name = { en = "Yes", es = "Sí" } },
              { id = "no",  name = { en = "No",  es = "No" } }]
"#;

fn board() -> Definition {
    Definition::parse(BOARD.as_bytes()).unwrap()
}

/// The example with each of the first texts, which must be there once, replaced by the second.
fn board_with(replacements: &[(&str, &str)]) -> String {
    replacements.iter().fold(BOARD.to_owned(), |toml, (old, new)| {
        assert_eq!(toml.matches(old).count(), 1, "{old}");
        toml.replacen(old, new, 1)
    })
}

fn errors_of(toml: impl AsRef<[u8]>) -> DefinitionErrors {
    Definition::parse(toml.as_ref()).unwrap_err()
}

/// What a test compares: line, field, code.
fn places(errors: &DefinitionErrors) -> Vec<(usize, &str, Code)> {
    errors
        .as_slice()
        .iter()
        .map(|error| (error.line, error.field.as_str(), error.code))
        .collect()
}

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
