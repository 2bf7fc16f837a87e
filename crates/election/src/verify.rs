//! Owns `election verify`: reading an export's files. What they have to be is `election_core::published`'s;
//! neither a store nor a key is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use election_core::published::{
    BALLOTS, BallotsFound, CERTIFICATE, DEFINITION, LISTED, RECEIPTS, ReceiptList, ReceiptsFound, SUMS,
    Verdict, Verification,
};

use crate::cli::Format;
use crate::failure::Failure;
use crate::output;
use crate::progress::Bar;

/// So much of a list is read at a time.
const PIECE: usize = 1 << 20;

/// Verifies an export and tells what was found.
pub(crate) fn run(folder: &Path, format: Format) -> Result<(), Failure> {
    let bar = Bar::new("Recounting the export");
    let verdict = verify(folder, &|done, total| bar.set(done, Some(total)))?;
    drop(bar);
    output::verdict(&verdict, format)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{}: {error}", path.display()))
}

fn verify(folder: &Path, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Verdict, Failure> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        names.insert(entry.file_name().to_string_lossy().into_owned());
    }
    let mut documents = BTreeMap::new();
    let parts = LISTED.into_iter().chain([CERTIFICATE, DEFINITION, SUMS]);
    for name in parts.filter(|name| ![BALLOTS, RECEIPTS].contains(name) && names.contains(*name)) {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        documents.insert(name.to_owned(), bytes);
    }
    let lists = [BALLOTS, RECEIPTS].map(|name| names.contains(name).then(|| folder.join(name)));
    let verification = match Verification::begin(names, documents) {
        Ok(verification) => verification,
        Err(verdict) => return Ok(*verdict),
    };
    let [ballots, receipts] = &lists;
    // The two lists are hashed and read at the same time.
    let (ballots, receipts) = std::thread::scope(|scope| {
        let receipts = scope.spawn(|| read_receipts(receipts.as_deref()));
        let ballots = read_ballots(ballots.as_deref(), &verification, progress);
        (ballots, receipts.join())
    });
    let receipts = receipts.map_err(|_| anyhow::anyhow!("reading the receipts failed"))?;
    Ok(verification.finish(ballots?, receipts?))
}

fn read_ballots(
    path: Option<&Path>,
    verification: &Verification,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<BallotsFound, Failure> {
    let mut list = verification.ballot_list();
    let total = verification.expected_ballots();
    each_piece(path, |piece| {
        list.update(piece);
        progress(list.lines(), total);
    })?;
    Ok(list.finish())
}

fn read_receipts(path: Option<&Path>) -> Result<ReceiptsFound, Failure> {
    let mut list = ReceiptList::default();
    each_piece(path, |piece| list.update(piece))?;
    Ok(list.finish())
}

/// Reads a file, unless it is missing.
fn each_piece(path: Option<&Path>, mut read: impl FnMut(&[u8])) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => read(&piece[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(path, &error)),
        }
    }
}
