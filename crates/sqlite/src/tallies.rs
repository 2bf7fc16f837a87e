//! Owns a region's tally as stored: each item's counts and checkpoint in one row, all items of a commit
//! in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use election_core::tally::{FORMAT, Sequence, Tally, TallyItem, TallyKey};
use election_service::ports::{PortError, PortResult, StoredTally, TallyStore, TallyUpdate};
use rusqlite::{Connection, OptionalExtension, Row, params};
use time::OffsetDateTime;

use crate::columns::{jurisdiction, nanoseconds, time_of};
use crate::database::Database;
use crate::failure::{Failure, corrupt, unavailable};
use crate::writer::nested;

/// The tally as kept in a region's file.
pub(crate) struct SqliteTallies {
    pub(crate) database: Arc<Database>,
}

/// One item as it is written; ready before the transaction, which may have to run twice.
struct Line {
    shard: String,
    jurisdiction: String,
    expected: Sequence,
    last_sequence: Sequence,
    item: String,
}

impl Line {
    fn new(update: TallyUpdate) -> Result<Self, Failure> {
        let item =
            serde_json::to_string(&update.item).map_err(|_| unavailable("a tally can't be written"))?;
        Ok(Self {
            shard: update.key.shard,
            jurisdiction: update
                .key
                .jurisdiction
                .map(|id| id.to_string())
                .unwrap_or_default(),
            expected: update.expected,
            last_sequence: update.item.last_sequence,
            item,
        })
    }

    /// Writes the item if its checkpoint is still the expected one.
    fn write(&self, connection: &Connection) -> Result<bool, Failure> {
        let last_sequence = self.last_sequence.as_str();
        let mut update = connection.prepare_cached(
            "UPDATE tallies SET last_sequence = ?1, item = ?2
             WHERE shard = ?3 AND jurisdiction = ?4 AND last_sequence = ?5",
        )?;
        let expected = self.expected.as_str();
        let updated = update.execute(params![
            last_sequence,
            self.item,
            self.shard,
            self.jurisdiction,
            expected
        ])?;
        if updated == 1 || self.expected != Sequence::START {
            return Ok(updated == 1);
        }
        let mut insert = connection.prepare_cached(
            "INSERT INTO tallies (shard, jurisdiction, last_sequence, item) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?;
        Ok(insert.execute(params![self.shard, self.jurisdiction, last_sequence, self.item])? == 1)
    }
}

fn write_all(connection: &Connection, lines: &[Line], at: i64) -> Result<bool, Failure> {
    for line in lines {
        if !line.write(connection)? {
            return Ok(false);
        }
    }
    connection
        .prepare_cached(
            "INSERT INTO tally_written (id, at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
        )?
        .execute([at])?;
    Ok(true)
}

fn replace_all(connection: &Connection, lines: &[Line], at: i64) -> Result<bool, Failure> {
    connection.prepare_cached("DELETE FROM tallies")?.execute([])?;
    write_all(connection, lines, at)
}

/// How far each item reaches.
fn checkpoints(tally: &Tally) -> BTreeMap<TallyKey, Sequence> {
    tally
        .iter()
        .map(|(key, item)| (key.clone(), item.last_sequence))
        .collect()
}

/// Whether the items reach as far as expected, or can't be read if nothing is.
fn is_as_expected(
    connection: &Connection,
    expected: Option<&BTreeMap<TallyKey, Sequence>>,
) -> Result<bool, Failure> {
    match (read_all(connection).map_err(PortError::from), expected) {
        (Ok(stored), Some(expected)) => Ok(checkpoints(&stored) == *expected),
        (Err(PortError::Corrupt(_)), None) => Ok(true),
        (Ok(_), None) | (Err(PortError::Corrupt(_)), Some(_)) => Ok(false),
        (Err(error), _) => Err(error.into()),
    }
}

fn read_all(connection: &Connection) -> Result<Tally, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT shard, jurisdiction, last_sequence, item FROM tallies")?;
    let mut rows = statement.query([])?;
    let mut tally = Tally::new();
    while let Some(row) = rows.next()? {
        tally.extend([read_item(row)?]);
    }
    Ok(tally)
}

fn read_item(row: &Row<'_>) -> Result<(TallyKey, TallyItem), Failure> {
    let unreadable = || corrupt("a tally's item can't be read");
    let claimed: String = row.get(1)?;
    let jurisdiction = if claimed.is_empty() {
        None
    } else {
        Some(jurisdiction(&claimed)?)
    };
    let item: TallyItem = serde_json::from_str(&row.get::<_, String>(3)?).map_err(|_| unreadable())?;
    let is_consistent = item.format == FORMAT && item.last_sequence.as_str() == row.get::<_, String>(2)?;
    if !is_consistent {
        return Err(unreadable().into());
    }
    Ok((
        TallyKey {
            shard: row.get(0)?,
            jurisdiction,
        },
        item,
    ))
}

#[async_trait]
impl TallyStore for SqliteTallies {
    async fn load(&self) -> PortResult<StoredTally> {
        let load = |connection: &Connection| {
            let transaction = connection.unchecked_transaction()?;
            let mut stored = StoredTally {
                tally: read_all(&transaction)?,
                updated_at: None,
            };
            let written = transaction
                .query_row("SELECT at FROM tally_written", [], |row| row.get(0))
                .optional()?;
            stored.updated_at = written.map(time_of).transpose()?;
            Ok(stored)
        };
        self.database.read(load).await
    }

    async fn commit(&self, updates: Vec<TallyUpdate>, at: OffsetDateTime) -> PortResult<bool> {
        if updates.is_empty() {
            return Ok(true);
        }
        let at = nanoseconds(at)?;
        let lines = updates
            .into_iter()
            .map(Line::new)
            .collect::<Result<Vec<_>, _>>()?;
        let commit = move |connection: &Connection| {
            nested(
                connection,
                || write_all(connection, &lines, at),
                |all_expected| *all_expected,
            )
        };
        self.database.write(commit).await
    }

    async fn replace(&self, expected: Option<&Tally>, tally: &Tally, at: OffsetDateTime) -> PortResult<bool> {
        let at = nanoseconds(at)?;
        let expected = expected.map(checkpoints);
        let update = |(key, item): (&TallyKey, &TallyItem)| TallyUpdate {
            key: key.clone(),
            expected: Sequence::START,
            item: item.clone(),
        };
        let lines = tally
            .iter()
            .map(update)
            .map(Line::new)
            .collect::<Result<Vec<_>, _>>()?;
        let replace = move |connection: &Connection| {
            nested(
                connection,
                || Ok(is_as_expected(connection, expected.as_ref())? && replace_all(connection, &lines, at)?),
                |replaced| *replaced,
            )
        };
        self.database.write(replace).await
    }
}
