//! Owns the published results: the counts of a certified election in each form, always the same bytes.

use std::collections::BTreeMap;

use serde_json::Value;
use time::OffsetDateTime;

use super::{RESULTS_CSV, RESULTS_JSON, RESULTS_NIST};
use crate::definition::Definition;
use crate::identifiers::JurisdictionId;
use crate::nist;
use crate::phase::Phase;
use crate::results::{Results, ResultsInput};
use crate::tally::Counts;

/// What is certified of an election.
#[derive(Clone, Debug)]
pub struct CertifiedElection<'a> {
    /// The election.
    pub definition: &'a Definition,
    /// When it was certified, in UTC.
    pub certified_at: OffsetDateTime,
    /// The certified counts.
    pub counts: &'a BTreeMap<Option<JurisdictionId>, Counts>,
    /// Registered voters.
    pub registered: &'a BTreeMap<JurisdictionId, u64>,
}

impl CertifiedElection<'_> {
    /// Ballots counted in a jurisdiction.
    pub fn ballots_in(&self, id: &JurisdictionId) -> u64 {
        self.counts
            .get(&Some(id.clone()))
            .map_or(0, |counts| counts.ballots)
    }

    /// Voters registered in a jurisdiction.
    pub fn registered_in(&self, id: &JurisdictionId) -> u64 {
        self.registered.get(id).copied().unwrap_or(0)
    }

    /// The results as `GET /votes` tells them.
    pub fn results(&self) -> Results {
        Results::new(&ResultsInput {
            definition: self.definition,
            phase: Phase::Certified,
            complete: true,
            last_updated: Some(self.certified_at),
            tally_lag: Some(0),
            counts: self.counts,
        })
    }

    /// The names and bytes of the results' files.
    pub fn result_files(&self) -> Result<[(&'static str, Vec<u8>); 3], serde_json::Error> {
        let results = serde_json::to_value(self.results())?;
        Ok([
            (RESULTS_NIST, lines(&nist::report(self))?),
            (RESULTS_CSV, csv(&results).into_bytes()),
            (RESULTS_JSON, lines(&results)?),
        ])
    }
}

/// JSON for people: indented, ended by a line break.
pub(super) fn lines(value: &impl serde::Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The results of each jurisdiction as RFC 4180 writes tables, with `\n`: from the document that
/// `GET /votes` answers with, whoever answered it.
pub fn csv(results: &Value) -> String {
    let mut table = String::from("jurisdiction,contest,choice,name,party,votes,percent\n");
    let mut row = |cells: [&str; 7]| {
        table.push_str(&cells.map(quoted).join(","));
        table.push('\n');
    };
    for jurisdiction in items(&results["jurisdictions"]) {
        for contest in items(&jurisdiction["contests"]) {
            let (place, id) = (cell(&jurisdiction["id"]), cell(&contest["id"]));
            for candidate in items(&contest["candidates"]) {
                let cells = ["id", "name", "party", "votes", "percent"].map(|key| cell(&candidate[key]));
                let [choice, name, party, votes, percent] = &cells;
                row([&place, &id, choice, name, party, votes, percent]);
            }
            let totals = [
                ("ballots_cast", "ballots-cast"),
                ("write_ins", "write-in"),
                ("undervotes", "undervotes"),
                ("overvotes", "overvotes"),
            ];
            for (key, choice) in totals {
                row([&place, &id, choice, "", "", &cell(&contest[key]), ""]);
            }
        }
    }
    table
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_as_csv_quote_what_needs_it() {
        let results = json!({"jurisdictions": [{"id": "ca", "contests": [{"id": "president", "ballots_cast": 1,
            "candidates": [{"id": "x", "name": "Doe, \"J\"", "party": null, "votes": 1, "percent": 100.0}]}]}]});
        let csv = csv(&results);
        assert!(
            csv.contains("ca,president,x,\"Doe, \"\"J\"\"\",,1,100.0\n"),
            "{csv}"
        );
        assert!(csv.contains("ca,president,write-in,,,,\n"), "{csv}");
    }
}
