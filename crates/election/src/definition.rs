//! Owns `election definition check` and the reading of definition files.

use std::path::Path;

use election_core::definition::Definition;

use crate::failure::Failure;
use crate::output;

/// Tells everything that is wrong with a definition, or its summary.
pub(crate) fn check(file: &Path) -> Result<(), Failure> {
    let (definition, _) = read(file)?;
    output::data(&serde_json::json!({
        "id": definition.id(),
        "election_hash": definition.hash(),
        "jurisdictions": definition.jurisdictions().len(),
        "contests": definition.contests().len(),
        "candidates": definition.contests().iter().map(|contest| contest.candidates().len()).sum::<usize>(),
    }))
}

/// Reads and checks a definition file; gives its bytes too.
pub(crate) fn read(file: &Path) -> Result<(Definition, Vec<u8>), Failure> {
    let bytes =
        std::fs::read(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    match Definition::parse(&bytes) {
        Ok(definition) => Ok((definition, bytes)),
        Err(errors) => {
            let lines: Vec<String> = errors
                .as_slice()
                .iter()
                .map(|error| format!("  {error} [{}]", error.code))
                .collect();
            let count = lines.len();
            let noun = if count == 1 { "error" } else { "errors" };
            Err(Failure::No(format!(
                "{}: {count} {noun}\n{}",
                file.display(),
                lines.join("\n")
            )))
        }
    }
}
