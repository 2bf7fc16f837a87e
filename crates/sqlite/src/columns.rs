//! Owns how values that several tables have are written to columns and read back. What a column holds is
//! never trusted to be what this program wrote.

use std::collections::HashSet;

use election_core::ballot::{Ballot, BallotId};
use election_core::identifiers::JurisdictionId;
use election_core::keys::{BallotKey, EnvelopeMac};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use time::OffsetDateTime;

use crate::failure::{Failure, corrupt, unavailable};

/// Nanoseconds since 1970: the whole precision that a time has, until the year 2262.
pub(crate) fn nanoseconds(time: OffsetDateTime) -> Result<i64, Failure> {
    i64::try_from(time.unix_timestamp_nanos()).map_err(|_| unavailable("a time is out of range").into())
}

pub(crate) fn time_of(nanoseconds: i64) -> Result<OffsetDateTime, Failure> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds))
        .map_err(|_| corrupt("a time is out of range").into())
}

pub(crate) fn jurisdiction(text: &str) -> Result<JurisdictionId, Failure> {
    JurisdictionId::parse(text).map_err(|_| corrupt("a jurisdiction isn't an identifier").into())
}

/// The columns of a ballot, in the order that [`read_ballot`] needs them first.
pub(crate) const BALLOT_COLUMNS: &str = "ballot_key, ballot_id, jurisdiction, format, content, mac";
/// How many columns [`BALLOT_COLUMNS`] are.
pub(crate) const BALLOT_COLUMN_COUNT: usize = 6;

/// The ballot in a row's first columns, if they hold one.
pub(crate) fn read_ballot(row: &Row<'_>) -> Option<Ballot> {
    read_ballot_of(row, read_jurisdiction(row, &mut HashSet::new())?)
}

/// As [`read_ballot`], where the row's jurisdiction is read already.
pub(crate) fn read_ballot_of(row: &Row<'_>, jurisdiction: JurisdictionId) -> Option<Ballot> {
    let ValueRef::Integer(format) = row.get_ref(3).ok()? else {
        return None;
    };
    Some(Ballot {
        key: BallotKey(bytes(row, 0)?),
        id: BallotId::from_bytes(bytes(row, 1)?),
        jurisdiction,
        format: u8::try_from(format).ok()?,
        content: row.get_ref(4).ok()?.as_blob().ok()?.into(),
        mac: EnvelopeMac(bytes(row, 5)?),
    })
}

/// The jurisdiction in a ballot's row, whether or not the rest can be read: one of those that are `known`
/// already, or a new one, which is known from then on.
pub(crate) fn read_jurisdiction(
    row: &Row<'_>,
    known: &mut HashSet<JurisdictionId>,
) -> Option<JurisdictionId> {
    let text = row.get_ref(2).ok()?.as_str().ok()?;
    if let Some(jurisdiction) = known.get(text) {
        return Some(jurisdiction.clone());
    }
    let jurisdiction = JurisdictionId::parse(text).ok()?;
    known.insert(jurisdiction.clone());
    Some(jurisdiction)
}

/// A column's bytes, if it has as many.
pub(crate) fn bytes<const N: usize>(row: &Row<'_>, column: usize) -> Option<[u8; N]> {
    row.get_ref(column).ok()?.as_blob().ok()?.try_into().ok()
}

/// A stored count, which is never negative.
pub(crate) fn count(number: i64) -> Result<u64, Failure> {
    u64::try_from(number).map_err(|_| corrupt("a count is negative").into())
}

/// Adds one to a counter and returns what it is then.
pub(crate) fn add_to_counter(connection: &Connection, name: &str) -> Result<u64, Failure> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO counters (name, value) VALUES (?1, 1)
         ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
    )?;
    count(statement.query_row([name], |row| row.get(0))?)
}

pub(crate) fn counter(connection: &Connection, name: &str) -> Result<u64, Failure> {
    let mut statement = connection.prepare_cached("SELECT value FROM counters WHERE name = ?1")?;
    count(
        statement
            .query_row([name], |row| row.get(0))
            .optional()?
            .unwrap_or(0),
    )
}
