//! Owns what memory has of the index: the latest ballots' keys, and what a transaction changes of them.

use std::collections::BTreeMap;

use election_core::keys::BallotKey;
use rusqlite::Connection;

use super::{SLICES, damaged, last_row, rows_after, slice_of};
use crate::failure::Failure;

/// What was committed and isn't in the table. At every instant, what isn't here is in the table or after `last`.
#[derive(Default)]
pub(super) struct Recent {
    pub(super) slices: Vec<Slice>,
    /// How many keys all slices have.
    pub(super) size: usize,
    /// The last row that is known.
    pub(super) last: i64,
    /// Two rows have the same key.
    pub(super) is_damaged: bool,
}

pub(super) struct Slice {
    pub(super) keys: BTreeMap<BallotKey, i64>,
    /// The last row that the table has the key of, if it is in this slice.
    pub(super) through: i64,
}

/// What the writer's transaction changes, if it is committed.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) added: BTreeMap<BallotKey, i64>,
    pub(super) last: Option<i64>,
    /// Slices that were moved to the table, and up to which row.
    pub(super) moved: BTreeMap<usize, i64>,
    /// How many keys were.
    pub(super) moved_keys: usize,
}

impl Recent {
    /// Reads what the table doesn't have yet.
    pub(super) fn load(connection: &Connection) -> Result<Self, Failure> {
        let mut statement = connection.prepare("SELECT slice, through FROM ballot_slices ORDER BY slice")?;
        let slices = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let slices = slices.collect::<Result<Vec<(i64, i64)>, _>>()?;
        if !slices.iter().map(|(slice, _)| *slice).eq(0..SLICES as i64) {
            return Err(damaged());
        }
        let new = |(_, through)| Slice {
            keys: BTreeMap::new(),
            through,
        };
        let mut recent = Self {
            slices: slices.into_iter().map(new).collect(),
            ..Self::default()
        };
        recent.last = last_row(connection)?;
        if recent.slices.iter().any(|slice| slice.through > recent.last) {
            return Err(damaged());
        }
        let oldest = recent.slices.iter().map(|slice| slice.through).min();
        rows_after(connection, oldest.unwrap_or_default(), |key, seq| {
            recent.add(key, seq)
        })?;
        Ok(recent)
    }

    pub(super) fn find(&self, key: &BallotKey) -> Option<i64> {
        self.slices[slice_of(key)].keys.get(key).copied()
    }

    fn add(&mut self, key: BallotKey, seq: i64) {
        let slice = &mut self.slices[slice_of(&key)];
        if seq > slice.through {
            match slice.keys.insert(key, seq) {
                None => self.size += 1,
                Some(_) => self.is_damaged = true,
            }
        }
    }

    /// The changes are committed.
    pub(super) fn take_over(&mut self, changes: Changes) {
        for (key, seq) in changes.added {
            self.add(key, seq);
        }
        self.last = changes.last.unwrap_or(self.last);
        for (slice, through) in changes.moved {
            let slice = &mut self.slices[slice];
            self.size -= slice.keys.len();
            slice.keys.retain(|_, seq| *seq > through);
            self.size += slice.keys.len();
            slice.through = through;
        }
    }
}
