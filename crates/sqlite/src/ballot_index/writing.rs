//! Owns the index as its writer sees it, and the moving of slices from memory to the table.

use std::sync::{MutexGuard, RwLockReadGuard};

use election_core::keys::BallotKey;
use rusqlite::{Connection, ErrorCode, params};

use super::recent::{Changes, Recent};
use super::{SLICES, damaged, in_table, keys_of, rows_after, twice};
use crate::failure::Failure;

/// The index as the writer's transaction sees it, with what was written in it before.
pub(crate) struct Writing<'a> {
    pub(super) connection: &'a Connection,
    pub(super) recent: RwLockReadGuard<'a, Recent>,
    pub(super) changes: MutexGuard<'a, Changes>,
}

impl Writing<'_> {
    /// Where the ballot under a key is.
    pub(crate) fn find(&self, key: &BallotKey) -> Result<Option<i64>, Failure> {
        let added = self.changes.added.get(key).copied();
        match added.or_else(|| self.recent.find(key)) {
            Some(seq) => Ok(Some(seq)),
            None => in_table(self.connection, key),
        }
    }

    /// A ballot was appended, of whose key there was none.
    pub(crate) fn add(&mut self, key: BallotKey, seq: i64) {
        self.changes.added.insert(key, seq);
        self.changes.last = Some(seq);
    }

    /// Finds the rows that weren't added here.
    pub(crate) fn catch_up(&mut self) -> Result<(), Failure> {
        let mut rows = Vec::new();
        let last = self.changes.last.unwrap_or(self.recent.last);
        let found = rows_after(self.connection, last, |key, seq| rows.push((key, seq)))?;
        for (key, seq) in rows {
            if self.find(&key)?.is_some() {
                return Err(twice());
            }
            self.changes.added.insert(key, seq);
        }
        self.changes.last = found.or(self.changes.last);
        Ok(())
    }

    /// Moves the slices to the table that have waited longest, until no more keys are left in memory than so many.
    pub(crate) fn shrink(&mut self, most: usize) -> Result<(), Failure> {
        for _ in 0..SLICES {
            let keys = self.recent.size + self.changes.added.len() - self.changes.moved_keys;
            if keys <= most {
                break;
            }
            let oldest = (0..self.recent.slices.len()).min_by_key(|slice| self.through(*slice));
            let Some(slice) = oldest else { break };
            self.move_slice(slice)?;
        }
        Ok(())
    }

    fn through(&self, slice: usize) -> i64 {
        let moved = self.changes.moved.get(&slice);
        moved.copied().unwrap_or(self.recent.slices[slice].through)
    }

    fn move_slice(&mut self, slice: usize) -> Result<(), Failure> {
        let before = self.through(slice);
        let added = self.changes.added.range(keys_of(slice));
        let keys = self.recent.slices[slice].keys.iter().chain(added);
        let keys = keys.filter(|(_, seq)| **seq > before);
        let mut keys: Vec<(BallotKey, i64)> = keys.map(|(key, seq)| (*key, *seq)).collect();
        keys.sort_unstable();
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO ballot_index (ballot_key, seq) VALUES (?1, ?2)")?;
        for (key, seq) in &keys {
            insert.execute(params![key.0, seq]).map_err(twice_if_refused)?;
        }
        let through = self.changes.last.unwrap_or(self.recent.last);
        let moved = self
            .connection
            .prepare_cached("UPDATE ballot_slices SET through = ?2, ballots = ballots + ?3 WHERE slice = ?1")?
            .execute(params![slice, through, keys.len()])?;
        if moved != 1 {
            return Err(damaged());
        }
        self.changes.moved_keys += keys.len();
        self.changes.moved.insert(slice, through);
        Ok(())
    }
}

/// A row that the table's primary key refuses.
fn twice_if_refused(error: rusqlite::Error) -> Failure {
    if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
        twice()
    } else {
        error.into()
    }
}
