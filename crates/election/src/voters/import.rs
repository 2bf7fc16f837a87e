//! Owns `election voters import`. Each letter is on disk before its person is on the roll, and a rerun
//! reads the letters back: nobody ever has two voter ids, nobody on the roll lacks a letter.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use election_core::definition::Definition;
use election_core::keys::PersonId;
use election_core::phase::Phase;
use election_service::operations::{OperationError, Progress};
use election_service::ports::NewVoter;
use election_service::registration::{Registrant, Registrar};
use serde::Serialize;
use tokio::runtime::Handle;

use super::letters::Letters;
use super::roll::{BadRow, RollReader, RollRow};
use crate::election::{Edition, Election};

/// How many people are put on the roll at once in a data folder. Keys are random, so each part writes nearly every page of the
/// roll: a million people in four parts write 1.5 GB, in twenty 5.8 GB. Two parts are in memory at a time.
const PART: usize = 250_000;

/// The same in AWS, where each person is a write of their own.
#[cfg(feature = "aws")]
const AWS_PART: usize = 10_000;

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
    election: &Election,
    files: &Files,
    progress: Progress<'_>,
) -> Result<Summary, OperationError> {
    let import = || Handle::current().block_on(import(election, files, progress));
    // It computes for seconds; the other tasks of this thread go elsewhere.
    tokio::task::block_in_place(import)
}

async fn import(
    election: &Election,
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
    let registrar = Arc::new(election.registrar());
    let mut import = Import {
        roll: RollReader::open(&files.roll).map_err(failed)?,
        report: Report::create(files.report.as_deref()).map_err(failed)?,
        letters: Letters::open(&files.letters).map_err(failed)?,
        registrar: registrar.clone(),
        seen: HashSet::new(),
        summary: Summary::default(),
        part: match election.edition {
            Edition::Local(_) => PART,
            #[cfg(feature = "aws")]
            Edition::Aws => AWS_PART,
        },
    };
    let mut part = import.next(&election.definition).await?;
    while let Some(Part { lines, sealed }) = part {
        // While one part is added, the next is made ready: its letters may be durable long before it is on
        // the roll, never after.
        let registrar = registrar.clone();
        let adding = tokio::spawn(async move { registrar.add(sealed).await });
        let next = import.next(&election.definition).await;
        let added = adding.await.map_err(|error| failed(error.into()))??;
        import.count(&lines, &added).map_err(failed)?;
        progress(import.roll.position(), Some(import.roll.size_bytes));
        part = next?;
    }
    import.report.finish().map_err(failed)?;
    Ok(import.summary)
}

struct Import {
    roll: RollReader,
    report: Report,
    letters: Letters,
    registrar: Arc<Registrar>,
    /// The persons of all lines so far.
    seen: HashSet<PersonId>,
    summary: Summary,
    /// How many people a part has.
    part: usize,
}

/// People whose letters are durable, ready for the roll.
struct Part {
    lines: Vec<u64>,
    sealed: Vec<NewVoter>,
}

impl Import {
    fn refuse(&mut self, line: u64, code: &'static str, reason: &'static str) -> anyhow::Result<()> {
        self.summary.refused += 1;
        self.report.write(&BadRow { line, code, reason })
    }

    /// Makes the next people ready; `None` at the roll's end.
    async fn next(&mut self, definition: &Definition) -> Result<Option<Part>, OperationError> {
        let (rows, persons) = self.read(definition).map_err(failed)?;
        if rows.is_empty() {
            return Ok(None);
        }
        let keys = self.registrar.valid_keys(&persons).await?;
        let mut new = Vec::with_capacity(rows.len());
        for ((row, person), key) in rows.into_iter().zip(persons).zip(keys) {
            let letter = self.letters.voter_id(&row.record.external_id);
            match (key, letter) {
                (None, letter) => new.push((row, person, letter)),
                (Some(key), Some(letter)) if self.registrar.is_key_of(&key, &letter) => {
                    self.summary.unchanged += 1
                }
                (Some(_), _) => {
                    let reason = "the person is on the roll with a letter in another file; use `election voters reissue` for a new one";
                    self.refuse(row.line, "on-roll-already", reason).map_err(failed)?;
                }
            }
        }
        let missing = new.iter().filter(|(_, _, letter)| letter.is_none()).count();
        let mut drawn = self.registrar.draw(missing).await?.into_iter();
        let mut lines = Vec::with_capacity(new.len());
        let mut registrants = Vec::with_capacity(new.len());
        let mut has_letter = Vec::with_capacity(new.len());
        for (row, person, letter) in new {
            let Some(voter_id) = letter.or_else(|| drawn.next()) else {
                continue;
            };
            lines.push(row.line);
            has_letter.push(letter.is_some());
            registrants.push(Registrant {
                voter_id,
                person,
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
        let sealed = self.registrar.seal(&registrants).await?;
        Ok(Some(Part { lines, sealed }))
    }

    /// The next rows that are people, and who they are. Each person comes once.
    fn read(&mut self, definition: &Definition) -> anyhow::Result<(Vec<RollRow>, Vec<PersonId>)> {
        let (mut rows, mut persons) = (Vec::new(), Vec::new());
        while rows.len() < self.part
            && let Some(next) = self.roll.next(definition)?
        {
            match next {
                Ok(row) => {
                    let person = self.registrar.person(&row.record.external_id);
                    if self.seen.insert(person) {
                        rows.push(row);
                        persons.push(person);
                    } else {
                        let reason = "the same external_id is on an earlier line";
                        self.refuse(row.line, "duplicate", reason)?;
                    }
                }
                Err(BadRow { line, code, reason }) => self.refuse(line, code, reason)?,
            }
        }
        Ok((rows, persons))
    }

    fn count(&mut self, lines: &[u64], added: &[bool]) -> anyhow::Result<()> {
        for (line, added) in lines.iter().zip(added) {
            if *added {
                self.summary.imported += 1;
            } else {
                let reason = "the voter id of the person's letter is somebody else's: remove the letter and import again";
                self.refuse(*line, "voter-id-taken", reason)?;
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
