//! Owns where the ballot under a key is: for most in the table `ballot_index`, for the latest in memory. Keys are
//! random, so that with millions of ballots nearly each one would change another page of the table. Here a key waits
//! in memory, and the table is written slice by slice, a slice being a 64th of the keys: the thousands that a slice
//! has gathered share its pages.
//!
//! `ballot_slices` says up to which `seq` each slice is in the table; memory has the ballots after that, and is read
//! from `ballots` on opening. It never holds more than can be told from the file, and answers are exact:
//!
//! - **Who writes** ([`Writing`]) decides on the one thread that does, in its transaction, by memory, by what the
//!   transaction itself has added, and by the table. What it adds or moves to the table is kept apart in [`Changes`]
//!   until the transaction has ended, and then taken over or forgotten ([`Companion`]), before anybody is answered
//!   and anything further is written. So memory always is what the file was after one of its commits.
//! - **Who reads** ([`Reading`]) begins its snapshot while it holds memory's lock. No commit can be taken over
//!   meanwhile, and at most one is waiting for that: the snapshot is memory's commit or the one after it. A ballot
//!   of the snapshot is thus in memory, or in the table, or, if that one commit added it, in a row behind the last
//!   that memory knows, and these rows are read. One that was moved to the table is found in both.
//! - **Rows that another program appended** are behind the last known row for both, and found.
//!
//! A key that is there twice can't get into the table, whose primary key it is: moving it fails, and with it all
//! further recording. Nor is anything recorded if the table doesn't have as many rows as were moved to it.

mod recent;
mod writing;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use election_core::keys::BallotKey;
use rusqlite::{Connection, OptionalExtension, Transaction};

use self::recent::{Changes, Recent};
pub(crate) use self::writing::Writing;
use crate::columns::bytes;
use crate::failure::{Failure, corrupt, locked};
use crate::schema;
use crate::writer::Companion;

const SLICES: usize = 64;
/// How many keys a commit leaves in memory at most, unless set otherwise; some 10 MB. Opening a file reads twice as many
/// rows at most.
const RECENT: usize = 1 << 18;

/// The index of a file's ballots.
pub(crate) struct BallotIndex {
    recent: RwLock<Recent>,
    changes: Mutex<Changes>,
    most_recent: AtomicUsize,
    /// The table was found to have as many rows as were moved to it.
    is_checked: AtomicBool,
}

fn slice_of(BallotKey(key): &BallotKey) -> usize {
    usize::from(key[0] >> 2)
}

/// The first and the last key of a slice.
fn keys_of(slice: usize) -> RangeInclusive<BallotKey> {
    let first = u8::try_from(slice << 2).unwrap_or(u8::MAX);
    let (mut from, mut to) = ([0; 12], [u8::MAX; 12]);
    (from[0], to[0]) = (first, first | 3);
    BallotKey(from)..=BallotKey(to)
}

fn damaged() -> Failure {
    corrupt("the index of the ballots is damaged").into()
}

fn twice() -> Failure {
    corrupt("two ballots have the same key").into()
}

/// The last row's number. Rows have no gaps: it is how many there are.
pub(crate) fn last_row(connection: &Connection) -> Result<i64, Failure> {
    let mut statement = connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM ballots")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Reads the keys of the rows after one, in their order; returns the last row there is.
fn rows_after(
    connection: &Connection,
    seq: i64,
    mut each: impl FnMut(BallotKey, i64),
) -> Result<Option<i64>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT ballot_key, seq FROM ballots WHERE seq > ?1 ORDER BY seq")?;
    let mut rows = statement.query([seq])?;
    let mut last = None;
    while let Some(row) = rows.next()? {
        let seq = row.get(1)?;
        // One that can't be read is nobody's.
        if let Some(key) = bytes(row, 0) {
            each(BallotKey(key), seq);
        }
        last = Some(seq);
    }
    Ok(last)
}

/// Reads the keys of all ballots, some of them twice.
pub(crate) fn all_keys(connection: &Connection, mut each: impl FnMut(&BallotKey)) -> Result<(), Failure> {
    let transaction = connection.unchecked_transaction()?;
    let mut statement = transaction.prepare("SELECT ballot_key FROM ballot_index")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(key) = bytes(row, 0) {
            each(&BallotKey(key));
        }
    }
    let oldest = "SELECT coalesce(min(through), 0) FROM ballot_slices";
    let oldest = transaction.query_row(oldest, [], |row| row.get(0))?;
    rows_after(&transaction, oldest, |key, _| each(&key)).map(drop)
}

fn in_table(connection: &Connection, key: &BallotKey) -> Result<Option<i64>, Failure> {
    let mut statement = connection.prepare_cached("SELECT seq FROM ballot_index WHERE ballot_key = ?1")?;
    Ok(statement.query_row([key.0], |row| row.get(0)).optional()?)
}

/// A row that is missing would be a voter's second first ballot.
fn check(connection: &Connection) -> Result<(), Failure> {
    let is_whole = "SELECT (SELECT count(*) FROM ballot_index) = (SELECT sum(ballots) FROM ballot_slices)";
    if connection.query_row(is_whole, [], |row| row.get(0))? {
        Ok(())
    } else {
        Err(damaged())
    }
}

impl BallotIndex {
    /// To be loaded when its file is opened.
    pub(crate) fn new() -> Self {
        Self {
            recent: RwLock::default(),
            changes: Mutex::default(),
            most_recent: AtomicUsize::new(RECENT),
            is_checked: AtomicBool::new(false),
        }
    }

    /// Sets how many keys a commit leaves in memory at most, from the next one on.
    pub(crate) fn keep(&self, most: usize) {
        self.most_recent.store(most, Ordering::Relaxed);
    }

    /// How many keys a commit leaves in memory at most.
    pub(crate) fn most_recent(&self) -> usize {
        self.most_recent.load(Ordering::Relaxed)
    }

    fn recent(&self) -> RwLockReadGuard<'_, Recent> {
        self.recent.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent_mut(&self) -> RwLockWriteGuard<'_, Recent> {
        self.recent.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index as the writer's transaction sees it.
    pub(crate) fn writing<'a>(&'a self, connection: &'a Connection) -> Result<Writing<'a>, Failure> {
        let mut writing = Writing {
            connection,
            recent: self.recent(),
            changes: locked(&self.changes),
        };
        if writing.recent.is_damaged {
            return Err(twice());
        }
        if !self.is_checked.load(Ordering::Relaxed) {
            check(connection)?;
            self.is_checked.store(true, Ordering::Relaxed);
        }
        writing.catch_up()?;
        Ok(writing)
    }

    /// Begins a snapshot to look these keys up in, and others that are in the table.
    pub(crate) fn reading<'a, 'k>(
        &self,
        connection: &'a Connection,
        keys: impl IntoIterator<Item = &'k BallotKey>,
    ) -> Result<Reading<'a>, Failure> {
        let recent = self.recent();
        let transaction = connection.unchecked_transaction()?;
        // It is the first statement that begins the snapshot.
        let mut known = HashMap::new();
        rows_after(&transaction, recent.last, |key, seq| {
            known.insert(key, seq);
        })?;
        for key in keys {
            if let Some(seq) = recent.find(key) {
                known.insert(*key, seq);
            }
        }
        Ok(Reading { transaction, known })
    }

    /// Makes the ballots' tables anew in the order of the keys and without envelopes, so that neither the
    /// order of the ballots nor a queue's remains can be joined with the time of voting. On the writer's thread and
    /// outside of any transaction.
    pub(crate) fn rewrite_in_key_order(&self, connection: &Connection) -> Result<(), Failure> {
        // All numbers become others. Whoever reads must need none of memory, whichever snapshot is theirs.
        let emptied = self.move_all(connection);
        if emptied.is_err() {
            self.rolled_back();
        }
        emptied?;
        self.committed();
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(schema::BALLOTS_IN_KEY_ORDER)?;
        let renewed = Recent::load(&transaction)?;
        transaction.commit()?;
        *self.recent_mut() = renewed;
        Ok(())
    }

    fn move_all(&self, connection: &Connection) -> Result<(), Failure> {
        let transaction = connection.unchecked_transaction()?;
        let mut writing = self.writing(&transaction)?;
        writing.shrink(0)?;
        drop(writing);
        Ok(transaction.commit()?)
    }

    fn committed(&self) {
        let changes = std::mem::take(&mut *locked(&self.changes));
        if changes.last.is_some() || !changes.moved.is_empty() {
            self.recent_mut().take_over(changes);
        }
    }

    fn rolled_back(&self) {
        *locked(&self.changes) = Changes::default();
    }
}

impl Companion for Arc<BallotIndex> {
    fn load(&self, connection: &Connection) -> Result<(), Failure> {
        let transaction = connection.unchecked_transaction()?;
        *self.recent_mut() = Recent::load(&transaction)?;
        Ok(())
    }

    fn committed(&self) {
        BallotIndex::committed(self);
    }

    fn rolled_back(&self) {
        BallotIndex::rolled_back(self);
    }
}

/// The index in a snapshot of the file.
pub(crate) struct Reading<'a> {
    transaction: Transaction<'a>,
    known: HashMap<BallotKey, i64>,
}

impl Reading<'_> {
    /// What reads in the snapshot.
    pub(crate) fn connection(&self) -> &Connection {
        &self.transaction
    }

    /// Where the ballot is under a key that was named when the snapshot was begun.
    pub(crate) fn find(&self, key: &BallotKey) -> Result<Option<i64>, Failure> {
        match self.known.get(key) {
            Some(seq) => Ok(Some(*seq)),
            None => in_table(&self.transaction, key),
        }
    }
}

#[cfg(test)]
mod tests;
