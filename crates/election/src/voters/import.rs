//! Owns `election voters import`. Each letter is on disk before its person is on the roll, and a rerun
//! reads the letters back: nobody ever has two voter ids, nobody on the roll lacks a letter.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::Context;
use election_core::phase::Phase;
use election_service::operations::{OperationError, Progress};
use election_service::registration::{Registrant, Registrar};
use serde::Serialize;

use super::letters::Letters;
use super::roll::{BadRow, RollReader, RollRow};
use crate::local::LocalElection;

const BATCH: usize = 10_000;

/// The files of an import.
pub(crate) struct Files {
    pub(crate) roll: PathBuf,
    pub(crate) letters: PathBuf,
    pub(crate) report: Option<PathBuf>,
}

/// What an import did, in people.
#[derive(Default, Serialize)]
pub(crate) struct Summary {
    /// Put on the roll.
    pub(crate) imported: u64,
    /// On the roll before, with a letter in the same file.
    pub(crate) unchanged: u64,
    /// Rows that weren't imported; the report says why.
    pub(crate) refused: u64,
}

fn failed(error: anyhow::Error) -> OperationError {
    OperationError::Refused(format!("{error:#}"))
}

/// Imports a roll.
pub(crate) async fn run(
    election: &LocalElection,
    files: &Files,
    progress: Progress<'_>,
) -> Result<Summary, OperationError> {
    let _registering = election.registering.lock().await;
    let phase = election.operations.elections.phase().await?.phase;
    if phase >= Phase::Closed {
        return Err(OperationError::Refused(format!(
            "the election is {phase}: nobody can be registered any more"
        )));
    }
    let mut roll = RollReader::open(&files.roll).map_err(failed)?;
    let report = Report::create(files.report.as_deref()).map_err(failed)?;
    let letters = Letters::open(&files.letters).map_err(failed)?;
    let registrar = election.registrar();
    let mut import = Import {
        registrar,
        letters,
        report,
        seen: HashSet::new(),
        summary: Summary::default(),
    };
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let next = roll.next(&election.definition).map_err(failed)?;
        let ended = next.is_none();
        match next {
            Some(Ok(row)) if import.seen.insert(row.record.external_id.clone()) => batch.push(row),
            Some(Ok(row)) => {
                let reason = "the same external_id is on an earlier line";
                import
                    .refuse(&BadRow {
                        line: row.line,
                        code: "duplicate",
                        reason,
                    })
                    .map_err(failed)?;
            }
            Some(Err(bad)) => import.refuse(&bad).map_err(failed)?,
            None => {}
        }
        if batch.len() == BATCH || (ended && !batch.is_empty()) {
            import.register(std::mem::take(&mut batch)).await?;
            progress(roll.position(), Some(roll.size_bytes));
        }
        if ended {
            import.report.finish().map_err(failed)?;
            return Ok(import.summary);
        }
    }
}

struct Import {
    registrar: Registrar,
    letters: Letters,
    report: Report,
    seen: HashSet<String>,
    summary: Summary,
}

impl Import {
    fn refuse(&mut self, row: &BadRow) -> anyhow::Result<()> {
        self.summary.refused += 1;
        self.report.write(row)
    }

    async fn register(&mut self, rows: Vec<RollRow>) -> Result<(), OperationError> {
        let ids: Vec<&str> = rows.iter().map(|row| row.record.external_id.as_str()).collect();
        let keys = self.registrar.valid_keys(&ids).await?;
        let mut new = Vec::new();
        for (row, key) in rows.into_iter().zip(keys) {
            let letter = self.letters.voter_id(&row.record.external_id);
            match (key, letter) {
                (None, letter) => new.push((row, letter)),
                (Some(key), Some(letter)) if self.registrar.is_key_of(&key, &letter) => {
                    self.summary.unchanged += 1
                }
                (Some(_), _) => {
                    let reason = "the person is on the roll with a letter in another file; use `election voters reissue` for a new one";
                    self.refuse(&BadRow {
                        line: row.line,
                        code: "on-roll-already",
                        reason,
                    })
                    .map_err(failed)?;
                }
            }
        }
        let missing = new.iter().filter(|(_, letter)| letter.is_none()).count();
        let mut drawn = self.registrar.draw(missing).await?.into_iter();
        let mut lines = Vec::with_capacity(new.len());
        let mut registrants = Vec::with_capacity(new.len());
        let mut has_letter = Vec::with_capacity(new.len());
        for (row, letter) in new {
            let Some(voter_id) = letter.or_else(|| drawn.next()) else {
                continue;
            };
            lines.push(row.line);
            has_letter.push(letter.is_some());
            registrants.push(Registrant {
                voter_id,
                record: row.record,
                jurisdiction: row.jurisdiction,
            });
        }
        let unwritten = registrants
            .iter()
            .zip(&has_letter)
            .filter(|(_, has_letter)| !**has_letter);
        let unwritten = unwritten.map(|(person, _)| (&person.voter_id, &person.record, &person.jurisdiction));
        self.letters.append(unwritten).map_err(failed)?;

        let registered = self.registrar.register(&registrants).await?;
        for (line, registered) in lines.into_iter().zip(registered) {
            if registered {
                self.summary.imported += 1;
            } else {
                let reason = "the voter id of the person's letter is somebody else's: remove the letter and import again";
                self.refuse(&BadRow {
                    line,
                    code: "voter-id-taken",
                    reason,
                })
                .map_err(failed)?;
            }
        }
        Ok(())
    }
}

/// The rows that weren't imported.
struct Report(Option<csv::Writer<std::fs::File>>);

impl Report {
    fn create(path: Option<&std::path::Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let mut writer = csv::Writer::from_path(path).with_context(|| path.display().to_string())?;
        writer.write_record(["line", "code", "reason"])?;
        Ok(Self(Some(writer)))
    }

    fn write(&mut self, row: &BadRow) -> anyhow::Result<()> {
        match &mut self.0 {
            Some(writer) => writer.write_record([&row.line.to_string(), row.code, row.reason])?,
            None => tracing::warn!(
                line = row.line,
                code = row.code,
                "a row wasn't imported: {}",
                row.reason
            ),
        }
        Ok(())
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        self.0
            .as_mut()
            .map_or(Ok(()), csv::Writer::flush)
            .context("the report can't be written")
    }
}
