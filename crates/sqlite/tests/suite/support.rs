//! What the tests share: stores in temporary folders, and the files as another program sees them.

use std::path::Path;
use std::sync::Arc;

use election_core::identifiers::RegionName;
use election_service::ports::{BallotBox, Outcome, PortResult};
use election_sqlite::SqliteStore;
use election_testkit::fixtures;
use rusqlite::Connection;

pub(crate) fn region(name: &str) -> RegionName {
    RegionName::parse(name).unwrap()
}

pub(crate) fn ballot_box(store: &SqliteStore) -> Arc<dyn BallotBox> {
    store.ballot_box(fixtures::definition().hash())
}

/// Opens a database file as somebody else's program would.
pub(crate) fn tamper(folder: &Path, file: &str) -> Connection {
    Connection::open(folder.join(file)).unwrap()
}

/// The outcomes, of which none may be an error.
pub(crate) fn all_ok(outcomes: Vec<PortResult<Outcome>>) -> Vec<Outcome> {
    outcomes.into_iter().map(|outcome| outcome.unwrap()).collect()
}

/// The bytes of all files of a folder, one after the other.
pub(crate) fn all_bytes(folder: &Path) -> Vec<u8> {
    let files = folder
        .read_dir()
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    files.collect::<Vec<_>>().concat()
}

pub(crate) fn occurrences(bytes: &[u8], of: &[u8]) -> usize {
    bytes.windows(of.len()).filter(|window| *window == of).count()
}
