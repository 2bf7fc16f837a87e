//! Owns what commands print: data on standard output, as tables for people or as JSON and CSV for programs.

use std::io::{IsTerminal, Write};

use election_core::published::{self, Verdict};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;

use crate::cli::Format;
use crate::failure::Failure;

/// Writes a line to standard output. A reader that went away is no error.
fn print(text: &str) -> Result<(), Failure> {
    let written = writeln!(std::io::stdout().lock(), "{text}");
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Internal(error.into())),
        _ => Ok(()),
    }
}

/// Writes JSON; nothing for null.
pub(crate) fn data(value: &Value) -> Result<(), Failure> {
    if value.is_null() {
        return Ok(());
    }
    let text = serde_json::to_string_pretty(value).map_err(anyhow::Error::from)?;
    print(&text)
}

/// Writes lines of text.
pub(crate) fn lines(lines: &[String]) -> Result<(), Failure> {
    print(&lines.join("\n"))
}

/// Asks on a terminal, unless the answer was given; without a terminal it has to be.
#[expect(clippy::print_stderr, reason = "this is where the command asks its user")]
pub(crate) fn confirm(yes: bool, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::Usage(
            "nobody can be asked here: give --yes if you mean it".to_owned(),
        ));
    }
    eprint!("{question} Type yes: ");
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(anyhow::Error::from)?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err(Failure::No("not done".to_owned()))
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Rows with aligned columns; numbers to the right.
fn table(header: &[&str], rows: &[Vec<Value>]) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let width = |column: usize| {
        let of_cells = cells
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        of_cells
            .chain([header[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let is_number = |column: usize| {
        rows.iter()
            .any(|row| row.get(column).is_some_and(Value::is_number))
    };
    let line = |cells: &[String]| {
        let padded = cells.iter().enumerate().map(|(column, cell)| {
            let width = widths[column];
            if is_number(column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let mut lines = vec![line(&header)];
    lines.extend(cells.iter().map(|row| line(row)));
    lines.join("\n")
}

fn percent(value: &Value) -> Value {
    value
        .as_f64()
        .map_or(Value::Null, |percent| Value::String(format!("{percent:.2} %")))
}

/// Results.
pub(crate) fn results(results: &Value, format: Format) -> Result<(), Failure> {
    match format {
        Format::Json => data(results),
        Format::Csv => print(published::csv(results).trim_end()),
        Format::Table => {
            let mut lines = vec![format!(
                "{} · {} · ballots counted: {} · waiting to be counted: {} · last counted: {}",
                text(&results["election"]),
                text(&results["status"]),
                text(&results["ballots_cast"]),
                text(&results["tally_lag"]),
                text(&results["last_updated"]),
            )];
            for contest in items(&results["contests"]) {
                let summary = [
                    ("ballots_cast", "ballots"),
                    ("write_ins", "write-ins"),
                    ("undervotes", "votes not used"),
                ];
                let counts = summary.iter().filter(|(key, _)| contest.get(key).is_some());
                let counts: Vec<String> = counts
                    .map(|(key, name)| format!("{name}: {}", text(&contest[*key])))
                    .collect();
                lines.push(format!("\n{} ({})", text(&contest["title"]), counts.join(", ")));
                let mut candidates: Vec<&Value> = items(&contest["candidates"]).iter().collect();
                candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate["votes"].as_u64()));
                let rows: Vec<Vec<Value>> = candidates
                    .into_iter()
                    .map(|row| {
                        vec![
                            row["name"].clone(),
                            row["party"].clone(),
                            row["votes"].clone(),
                            percent(&row["percent"]),
                        ]
                    })
                    .collect();
                lines.push(table(&["candidate", "party", "votes", "share"], &rows));
            }
            print(&lines.join("\n"))
        }
    }
}

fn no_csv(format: Format) -> Result<(), Failure> {
    if format == Format::Csv {
        Err(Failure::Usage("--format takes table or json here".to_owned()))
    } else {
        Ok(())
    }
}

/// A recount; fails if anything differs.
pub(crate) fn recount(recount: &Value, format: Format) -> Result<(), Failure> {
    no_csv(format)?;
    if format == Format::Json {
        data(recount)?;
    } else {
        let rows: Vec<Vec<Value>> = items(&recount["regions"])
            .iter()
            .map(|region| {
                let verdict = match (&region["agrees"], region["state"].as_str()) {
                    (Value::Bool(true), _) => "agrees",
                    (Value::Bool(false), _) => "DIFFERS",
                    (_, Some("lost")) => "skipped: lost",
                    _ => "–",
                };
                vec![
                    region["name"].clone(),
                    region["state"].clone(),
                    region["ballots"].clone(),
                    verdict.into(),
                ]
            })
            .collect();
        let mut lines = vec![
            format!("ballots recounted: {}", text(&recount["ballots"])),
            String::new(),
        ];
        lines.push(table(&["region", "state", "tallied", "recount"], &rows));
        lines.extend(
            items(&recount["differences"])
                .iter()
                .map(|difference| format!("\n{}", text(difference))),
        );
        print(&lines.join("\n"))?;
    }
    if recount["agrees"] == Value::Bool(true) {
        Ok(())
    } else {
        Err(Failure::No(
            "the recount differs: the differences are above; nothing can be certified".to_owned(),
        ))
    }
}

/// What a verification found; fails if anything speaks against the export.
pub(crate) fn verdict(verdict: &Verdict, format: Format) -> Result<(), Failure> {
    no_csv(format)?;
    if format == Format::Json {
        data(&serde_json::to_value(verdict).map_err(anyhow::Error::from)?)?;
    } else if let Some(summary) = &verdict.summary {
        let rows = [
            ("election", summary.election.to_string()),
            ("election hash", summary.election_hash.to_string()),
            (
                "certified at",
                summary.certified_at.format(&Rfc3339).unwrap_or_default(),
            ),
            ("ballots recounted", summary.ballots.to_string()),
            ("receipts", summary.receipts.to_string()),
            ("registered voters", summary.registered.to_string()),
            ("SHA-256 of SHA256SUMS", summary.export.to_string()),
        ];
        let lines = rows.map(|(name, value)| format!("{name:<22} {value}"));
        print(&format!("verified\n\n{}", lines.join("\n")))?;
    } else {
        let lines: Vec<String> = verdict.problems.iter().map(ToString::to_string).collect();
        print(&lines.join("\n"))?;
    }
    if verdict.verified {
        return Ok(());
    }
    let further = match verdict.further_problems {
        0 => String::new(),
        further => format!(", and {further} more"),
    };
    Err(Failure::No(format!(
        "not verified: the problems are above{further}. An export that isn't whole yet needs `election export` \
         ballots, receipts and results into the same folder"
    )))
}

/// The sums of all votes.
pub(crate) fn status(status: &Value, format: Format) -> Result<(), Failure> {
    no_csv(format)?;
    if format == Format::Json {
        return data(status);
    }
    let sums = [
        "accepted",
        "queued",
        "recorded",
        "repeats",
        "conflicts",
        "dead_letters",
        "copies",
    ];
    let rows: Vec<Vec<Value>> = sums
        .iter()
        .map(|key| vec![key.replace('_', " ").into(), status[*key].clone()])
        .collect();
    let regions: Vec<Vec<Value>> = items(&status["regions"])
        .iter()
        .map(|region| {
            ["name", "state", "queued", "tally_lag"]
                .iter()
                .map(|key| region[*key].clone())
                .collect()
        })
        .collect();
    let approximate = if status["approximate"] == true {
        " · approximate: queues tell about how much they hold, some minutes late"
    } else {
        ""
    };
    print(&format!(
        "{}{approximate}\n\n{}\n\n{}",
        text(&status["phase"]),
        table(&["votes", "count"], &rows),
        table(&["region", "state", "queued", "tally lag"], &regions)
    ))
}

/// When, where and why messages were set aside.
pub(crate) fn dead_letters(letters: &Value, format: Format) -> Result<(), Failure> {
    no_csv(format)?;
    if format == Format::Json {
        return data(letters);
    }
    let rows: Vec<Vec<Value>> = items(letters)
        .iter()
        .map(|letter| {
            ["at", "region", "reason", "size_bytes"]
                .iter()
                .map(|key| letter[*key].clone())
                .collect()
        })
        .collect();
    print(&table(&["at", "region", "reason", "bytes"], &rows))
}

/// What an import did; fails if rows were refused.
pub(crate) fn import(summary: &Value) -> Result<(), Failure> {
    data(summary)?;
    match summary["refused"].as_u64() {
        Some(0) | None => Ok(()),
        Some(refused) => Err(Failure::No(format!(
            "{refused} rows were not imported: see the report (--report FILE) for each line and reason"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_align_text_to_the_left_and_numbers_to_the_right() {
        let rows = [
            vec![json!("Ana López"), json!(7)],
            vec![json!("Wei"), json!(1234)],
        ];
        assert_eq!(
            table(&["name", "votes"], &rows),
            "name       votes\nAna López      7\nWei         1234"
        );
    }
}
