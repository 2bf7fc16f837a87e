//! Owns `election export`: the files of what is published, each whole or not there at all. What they say is
//! made by `election_core::published`; nothing is written that doesn't add up to the certified record.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use election_core::published::{
    BALLOTS, BallotLines, BallotList, CERTIFICATE, Certificate, DEFINITION, FileDigest, LISTED, RECEIPTS,
    ReceiptList, SUMS, Sums, write_receipt,
};
use election_core::receipt::Receipt;
use election_service::operations::export::{CertifiedRecord, not_what_was_certified};
use election_service::operations::{OperationError, Progress};
use serde::{Deserialize, Serialize};
use tokio::task::block_in_place;

use crate::election::Election;

/// So much is written at a time.
const PIECE: usize = 1 << 20;

/// What to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ExportKind {
    Ballots,
    Receipts,
    Results,
}

/// What an export wrote.
#[derive(Debug, Serialize)]
pub(crate) struct Exported {
    out: PathBuf,
    /// The digests of the files of this kind.
    files: BTreeMap<&'static str, FileDigest>,
    ballots: u64,
    /// What is missing for a whole export.
    missing: Vec<&'static str>,
}

fn failed(error: anyhow::Error) -> OperationError {
    OperationError::Refused(format!("{error:#}"))
}

/// Writes what is published into a folder.
pub(crate) async fn run(
    election: &Election,
    what: ExportKind,
    out: &Path,
    progress: Progress<'_>,
) -> Result<Exported, OperationError> {
    let _exporting = election.exporting.lock().await;
    let record = election.operations.certified_record().await?;
    let mut folder = block_in_place(|| Folder::open(out, election, &record)).map_err(failed)?;
    let ballots = record.ballots();
    // First the ballots are read, then their lines are written.
    let reading = |done, total: Option<u64>| progress(done, total.map(|total| total * 2));
    let writing = |written: u64| progress(ballots + written, Some(ballots * 2));
    let drafts = match what {
        ExportKind::Ballots => {
            let lines = election.operations.published_ballots(&reading).await?;
            vec![block_in_place(|| {
                ballots_draft(&folder, election, &record, lines, &writing)
            })?]
        }
        ExportKind::Receipts => {
            let receipts = election.operations.published_receipts(&reading).await?;
            vec![block_in_place(|| {
                receipts_draft(&folder, &record, &receipts, &writing)
            })?]
        }
        ExportKind::Results => {
            let files = record.election(&election.definition).result_files();
            let files = files.context("the results can't be written").map_err(failed)?;
            let draft = |(name, bytes): (&'static str, Vec<u8>)| folder.draft_of(name, &bytes);
            files
                .into_iter()
                .map(draft)
                .collect::<anyhow::Result<_>>()
                .map_err(failed)?
        }
    };
    let files = drafts.iter().map(|draft| (draft.name, draft.digest)).collect();
    block_in_place(|| folder.publish(drafts, election, &record)).map_err(failed)?;
    let missing = LISTED
        .into_iter()
        .filter(|name| !folder.exported.contains_key(*name));
    Ok(Exported {
        out: out.to_owned(),
        files,
        ballots,
        missing: missing.collect(),
    })
}

/// Writes the list of ballots and counts what it writes.
fn ballots_draft(
    folder: &Folder,
    election: &Election,
    record: &CertifiedRecord,
    lines: BallotLines,
    progress: &dyn Fn(u64),
) -> Result<Draft, OperationError> {
    let mut list = BallotList::new(&election.definition);
    let mut draft = folder.draft(BALLOTS).map_err(failed)?;
    let mut piece = Vec::with_capacity(PIECE);
    for (line, ballots) in lines.sorted() {
        for _ in 0..ballots {
            piece.extend_from_slice(&line);
            if piece.len() >= PIECE {
                list.update(&piece);
                draft.write(&piece).map_err(failed)?;
                piece.clear();
                progress(list.lines());
            }
        }
    }
    list.update(&piece);
    draft.write(&piece).map_err(failed)?;
    let found = list.finish();
    if let Some(problem) = found.problems.told().first() {
        return Err(not_what_was_certified(&problem.to_string()));
    }
    if found.counts != record.counts {
        return Err(not_what_was_certified("its ballots give other counts"));
    }
    draft.finish(found.digest).map_err(failed)
}

/// Writes the list of receipts and checks what it writes.
fn receipts_draft(
    folder: &Folder,
    record: &CertifiedRecord,
    receipts: &[Receipt],
    progress: &dyn Fn(u64),
) -> Result<Draft, OperationError> {
    let mut list = ReceiptList::default();
    let mut draft = folder.draft(RECEIPTS).map_err(failed)?;
    let mut piece = String::with_capacity(PIECE);
    let mut written = 0;
    for some in receipts.chunks(PIECE / 64) {
        piece.clear();
        some.iter().for_each(|receipt| write_receipt(receipt, &mut piece));
        list.update(piece.as_bytes());
        draft.write(piece.as_bytes()).map_err(failed)?;
        written += some.len() as u64;
        progress(written);
    }
    let found = list.finish();
    if let Some(problem) = found.problems.told().first() {
        return Err(not_what_was_certified(&problem.to_string()));
    }
    if found.lines != record.ballots() {
        let text = format!(
            "it has {} ballots, and {} are certified",
            found.lines,
            record.ballots()
        );
        return Err(not_what_was_certified(&text));
    }
    draft.finish(found.digest).map_err(failed)
}

/// The folder of an export.
struct Folder {
    path: PathBuf,
    /// The digests of the lists and results that were exported to it, as its certificate has them.
    exported: BTreeMap<String, FileDigest>,
    /// Removed again if nothing gets written.
    is_new: bool,
}

impl Folder {
    /// Makes the folder, or looks whether it can take the export: it has nothing but one of this election.
    fn open(path: &Path, election: &Election, record: &CertifiedRecord) -> anyhow::Result<Self> {
        let shown = path.display();
        let is_new = !path.try_exists().with_context(|| shown.to_string())?;
        std::fs::create_dir_all(path).with_context(|| shown.to_string())?;
        let mut folder = Self {
            path: path.to_owned(),
            exported: BTreeMap::new(),
            is_new,
        };
        for entry in std::fs::read_dir(path).with_context(|| shown.to_string())? {
            let name = entry.with_context(|| shown.to_string())?.file_name();
            let name = name.to_string_lossy().into_owned();
            let parts = || LISTED.into_iter().chain([CERTIFICATE, DEFINITION, SUMS]);
            if parts().any(|part| draft_name(part) == name) {
                // An export that was killed left it.
                std::fs::remove_file(path.join(&name)).with_context(|| shown.to_string())?;
            } else if !parts().any(|part| part == name) {
                anyhow::bail!(
                    "{shown} has other files, as {name}, and an export has to have its folder for itself: \
                     give a new or empty folder with --out"
                );
            }
        }
        let other = |what: &str| {
            anyhow::anyhow!(
                "{shown} has an export of another election ({what}): give another folder with --out"
            )
        };
        if folder
            .read(DEFINITION)?
            .is_some_and(|definition| definition != record.definition)
        {
            return Err(other("definition.toml differs"));
        }
        if let Some(bytes) = folder.read(CERTIFICATE)? {
            let certificate = Certificate::read(&bytes).map_err(|error| {
                anyhow::anyhow!("{shown}/{CERTIFICATE}: {error}: give another folder with --out")
            })?;
            let same = Certificate::new(&record.election(&election.definition), certificate.files.clone());
            if certificate != same {
                return Err(other("certificate.json differs"));
            }
            folder.exported = certificate.files;
        }
        let mut exported = std::mem::take(&mut folder.exported);
        exported.retain(|name, _| LISTED.contains(&name.as_str()) && path.join(name).is_file());
        folder.exported = exported;
        Ok(folder)
    }

    fn read(&self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        match std::fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| self.path.join(name).display().to_string()),
        }
    }

    /// Begins a file under another name.
    fn draft(&self, name: &'static str) -> anyhow::Result<DraftWriter> {
        let path = self.path.join(draft_name(name));
        let named = || path.display().to_string();
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .with_context(named)?;
        Ok(DraftWriter {
            name,
            file: BufWriter::new(file),
            path: DraftPath(path),
        })
    }

    fn draft_of(&self, name: &'static str, bytes: &[u8]) -> anyhow::Result<Draft> {
        let mut draft = self.draft(name)?;
        draft.write(bytes)?;
        draft.finish(FileDigest::of(bytes))
    }

    /// Gives the finished files their names, then those that speak of them.
    fn publish(
        &mut self,
        drafts: Vec<Draft>,
        election: &Election,
        record: &CertifiedRecord,
    ) -> anyhow::Result<()> {
        for draft in &drafts {
            self.exported.insert(draft.name.to_owned(), draft.digest);
        }
        let certificate = Certificate::new(&record.election(&election.definition), self.exported.clone());
        let certificate = self.draft_of(CERTIFICATE, &certificate.write()?)?;
        let definition = self.draft_of(DEFINITION, &record.definition)?;
        let mut sums = Sums(self.exported.clone());
        for draft in [&certificate, &definition] {
            sums.0.insert(draft.name.to_owned(), draft.digest);
        }
        let sums = self.draft_of(SUMS, &sums.write())?;
        for draft in drafts.into_iter().chain([definition, certificate, sums]) {
            draft.rename(&self.path)?;
            self.is_new = false;
        }
        let shown = || self.path.display().to_string();
        File::open(&self.path)
            .and_then(|folder| folder.sync_all())
            .with_context(shown)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_new {
            // If it isn't empty, somebody else wrote to it.
            let _ = std::fs::remove_dir(&self.path);
        }
    }
}

fn draft_name(name: &str) -> String {
    format!(".{name}.part")
}

/// Removed on drop: what isn't whole isn't kept.
struct DraftPath(PathBuf);

impl Drop for DraftPath {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that is being written.
struct DraftWriter {
    name: &'static str,
    file: BufWriter<File>,
    path: DraftPath,
}

impl DraftWriter {
    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.file.write_all(bytes);
        written.with_context(|| self.path.0.display().to_string())
    }

    /// On disk when this returns, still under the other name.
    fn finish(mut self, digest: FileDigest) -> anyhow::Result<Draft> {
        let flushed = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        flushed.with_context(|| self.path.0.display().to_string())?;
        Ok(Draft {
            name: self.name,
            digest,
            path: self.path,
        })
    }
}

/// A file that is whole, and waits for its name.
struct Draft {
    name: &'static str,
    digest: FileDigest,
    path: DraftPath,
}

impl Draft {
    fn rename(self, folder: &Path) -> anyhow::Result<()> {
        let to = folder.join(self.name);
        std::fs::rename(&self.path.0, &to).with_context(|| to.display().to_string())
    }
}
