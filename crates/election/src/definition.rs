//! Owns `election definition check` and the reading of definition files.

use std::path::Path;

use election_core::definition::{Definition, DefinitionErrors};

use crate::cli::Format;
use crate::failure::Failure;
use crate::output;

/// Tells everything that is wrong with a definition, or its summary.
pub(crate) fn check(file: &Path, format: Format) -> Result<(), Failure> {
    let (_, parsed) = parse(file)?;
    let definition = match parsed {
        Ok(definition) => definition,
        Err(errors) if format == Format::Json => {
            output::data(&serde_json::json!({ "valid": false, "errors": errors }))?;
            return Err(Failure::No(String::new()));
        }
        Err(errors) => return Err(invalid(file, &errors)),
    };
    output::data(&serde_json::json!({
        "valid": true,
        "id": definition.id(),
        "election_hash": definition.hash(),
        "jurisdictions": definition.jurisdictions().len(),
        "contests": definition.contests().len(),
        "candidates": definition.contests().iter().map(|contest| contest.candidates().len()).sum::<usize>(),
    }))
}

/// Reads and checks a definition file; gives its bytes too.
pub(crate) fn read(file: &Path) -> Result<(Definition, Vec<u8>), Failure> {
    let (bytes, parsed) = parse(file)?;
    parsed
        .map(|definition| (definition, bytes))
        .map_err(|errors| invalid(file, &errors))
}

type Parsed = Result<Definition, DefinitionErrors>;

fn parse(file: &Path) -> Result<(Vec<u8>, Parsed), Failure> {
    let bytes =
        std::fs::read(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    let parsed = Definition::parse(&bytes);
    Ok((bytes, parsed))
}

fn invalid(file: &Path, errors: &DefinitionErrors) -> Failure {
    let lines: Vec<String> = errors
        .as_slice()
        .iter()
        .map(|error| format!("  {error} [{}]", error.code))
        .collect();
    let noun = if lines.len() == 1 { "error" } else { "errors" };
    Failure::No(format!(
        "{}: {} {noun}\n{}",
        file.display(),
        lines.len(),
        lines.join("\n")
    ))
}
