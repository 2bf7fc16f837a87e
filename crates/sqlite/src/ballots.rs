//! Owns the ballot box, its conflict log and dead letters, and its feed. Nothing here changes or removes
//! a recorded ballot; only [`BallotIndex::rewrite_in_key_order`] gives the rows other numbers, once and as a whole. What
//! an envelope comes to is decided in [`crate::deciding`], and where the ballot under a key is in
//! [`crate::ballot_index`].

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use election_core::ballot::Ballot;
use election_core::envelope::{EnvelopeId, Message};
use election_core::identifiers::{ElectionHash, JurisdictionId, RegionName};
use election_core::keys::BallotKey;
use election_core::tally::{FeedEvent, FeedRecord, Sequence};
use election_service::ports::{
    BallotBox, DeadLetter, DeadLetterReason, Outcome, PortResult, Reckoning, Submission, Waiting,
};
use rusqlite::{Connection, Row, params};

use crate::ballot_index::{BallotIndex, all_keys, last_row};
use crate::columns::{
    BALLOT_COLUMN_COUNT, BALLOT_COLUMNS, add_to_counter, bytes, count, counter, nanoseconds, read_ballot_of,
    read_jurisdiction, time_of,
};
use crate::database::Database;
use crate::deciding::{decide_each, is_decided, is_recorded, is_repeat_or_conflict, recorded};
use crate::failure::{Failure, corrupt};
use crate::recorded::Recorded;

/// Repeats that were answered from the box without an envelope.
const ANSWERED_REPEATS: &str = "answered-repeats";

/// The box as kept in the global file.
pub(crate) struct SqliteBallotBox {
    pub(crate) database: Arc<Database>,
    pub(crate) index: Arc<BallotIndex>,
    pub(crate) recorded: Arc<Recorded>,
    /// The conflict log's digests need it.
    pub(crate) election: ElectionHash,
}

fn read_dead_letter(row: &Row<'_>) -> Result<DeadLetter, Failure> {
    let unreadable = || corrupt("a dead letter can't be read");
    Ok(DeadLetter {
        message: Message {
            envelope: EnvelopeId(bytes(row, 0).ok_or_else(unreadable)?),
            ballot_key: BallotKey(bytes(row, 1).ok_or_else(unreadable)?),
            body: row.get::<_, Vec<u8>>(2)?.into(),
        },
        region: RegionName::parse(&row.get::<_, String>(3)?).map_err(|_| unreadable())?,
        reason: DeadLetterReason::parse(&row.get::<_, String>(4)?).ok_or_else(unreadable)?,
        at: time_of(row.get(5)?)?,
    })
}

/// `known` are the jurisdictions of the rows before: few, so that a row's needs no memory of its own.
fn read_feed_record(row: &Row<'_>, known: &mut HashSet<JurisdictionId>) -> Result<FeedRecord, Failure> {
    let jurisdiction = read_jurisdiction(row, known);
    let ballot = jurisdiction.clone().and_then(|place| read_ballot_of(row, place));
    let event = ballot.map_or(FeedEvent::Undecodable, |ballot| {
        FeedEvent::Inserted(Box::new(ballot))
    });
    let sequence = count(row.get(BALLOT_COLUMN_COUNT)?)?.into();
    Ok(FeedRecord {
        sequence,
        jurisdiction,
        event,
    })
}

/// The number of a place in this feed; places beyond all numbers are after every record.
fn number(place: Sequence) -> i64 {
    place
        .as_u64()
        .and_then(|number| i64::try_from(number).ok())
        .unwrap_or(i64::MAX)
}

fn count_rows(connection: &Connection, table: &str) -> Result<u64, Failure> {
    let mut statement = connection.prepare_cached(&format!("SELECT count(*) FROM {table}"))?;
    count(statement.query_row([], |row| row.get(0))?)
}

impl SqliteBallotBox {
    /// Reads the keys of all recorded ballots, without anybody waiting for it.
    fn load_recorded_keys(&self) {
        let (database, recorded) = (Arc::clone(&self.database), Arc::clone(&self.recorded));
        let added = Arc::clone(&recorded);
        let load = move |connection: &Connection| all_keys(connection, |key| added.add_key(key));
        tokio::spawn(async move {
            match database.read(load).await {
                Ok(()) => recorded.complete(),
                Err(_) => recorded.give_up(),
            }
        });
    }
}

#[async_trait]
impl BallotBox for SqliteBallotBox {
    async fn find(&self, key: &BallotKey) -> PortResult<Option<Ballot>> {
        if self.recorded.is_to_be_loaded() {
            self.load_recorded_keys();
        }
        if self.recorded.is_new(key) {
            self.database.ensure_open()?;
            return Ok(None);
        }
        let find = |connection: &Connection| {
            let reading = self.index.reading(connection, [key])?;
            let Some(seq) = reading.find(key)? else {
                return Ok(None);
            };
            Ok(Some(recorded(reading.connection(), key, seq)?.ballot))
        };
        self.database.look_up(find).await
    }

    async fn record(&self, submissions: &[Submission]) -> Vec<PortResult<Outcome>> {
        let submissions: Arc<[Submission]> = submissions.into();
        let (count, election) = (submissions.len(), self.election);
        let index = Arc::clone(&self.index);
        let (known, submitted) = (Arc::clone(&self.recorded), Arc::clone(&submissions));
        let mut together = true;
        let record = move |connection: &Connection| {
            let decided = decide_each(connection, &index, election, &submissions, together);
            // If it failed, the writer runs it again.
            together = false;
            decided
        };
        let recorded = move |outcomes: &Vec<PortResult<Outcome>>| {
            let is_recorded =
                |(_, outcome): &(&Submission, &PortResult<Outcome>)| **outcome == Ok(Outcome::Recorded);
            let recorded = submitted.iter().zip(outcomes).filter(is_recorded);
            known.add(recorded.map(|(submission, _)| (&submission.envelope, &submission.ballot.key)));
        };
        self.database
            .write_then(record, recorded)
            .await
            .unwrap_or_else(|error| vec![Err(error); count])
    }

    async fn are_decided(&self, envelopes: &[(EnvelopeId, BallotKey)]) -> PortResult<Vec<bool>> {
        let mut decided = self.recorded.are_recent(envelopes);
        let is_unknown = |place: &usize| !decided[*place];
        let mut unknown: Vec<usize> = (0..envelopes.len()).filter(is_unknown).collect();
        if unknown.is_empty() {
            self.database.ensure_open()?;
            return Ok(decided);
        }
        // In the order of the index.
        unknown.sort_by_key(|place| envelopes[*place].1);
        let asked: Vec<_> = unknown.iter().map(|place| envelopes[*place]).collect();
        let index = Arc::clone(&self.index);
        let are_decided = move |connection: &Connection| {
            let reading = index.reading(connection, asked.iter().map(|(_, key)| key))?;
            asked
                .iter()
                .map(|(envelope, key)| is_decided(reading.connection(), envelope, key, reading.find(key)?))
                .collect::<Result<Vec<bool>, Failure>>()
        };
        let answers = self.database.read(are_decided).await?;
        for (place, answer) in unknown.into_iter().zip(answers) {
            decided[place] = answer;
        }
        Ok(decided)
    }

    async fn add_repeat(&self) -> PortResult<()> {
        self.database
            .write(|connection| add_to_counter(connection, ANSWERED_REPEATS).map(drop))
            .await
    }

    async fn set_aside(&self, letter: &DeadLetter) -> PortResult<()> {
        let at = nanoseconds(letter.at)?;
        let letter = letter.clone();
        let index = Arc::clone(&self.index);
        let set_aside = move |connection: &Connection| {
            let DeadLetter {
                message,
                region,
                reason,
                at: _,
            } = &letter;
            let seq = index.writing(connection)?.find(&message.ballot_key)?;
            if is_decided(connection, &message.envelope, &message.ballot_key, seq)? {
                return Ok(());
            }
            connection
                .prepare_cached(
                    "INSERT INTO dead_letters (envelope, ballot_key, body, region, reason, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (envelope) DO NOTHING",
                )?
                .execute(params![
                    message.envelope.0,
                    message.ballot_key.0,
                    message.body,
                    region.as_str(),
                    reason.as_str(),
                    at,
                ])?;
            Ok(())
        };
        self.database.write(set_aside).await
    }

    async fn dead_letters(&self) -> PortResult<Vec<DeadLetter>> {
        let letters = |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "SELECT envelope, ballot_key, body, region, reason, at FROM dead_letters ORDER BY at, envelope",
            )?;
            let mut rows = statement.query([])?;
            let mut letters = Vec::new();
            while let Some(row) = rows.next()? {
                letters.push(read_dead_letter(row)?);
            }
            Ok(letters)
        };
        self.database.read(letters).await
    }

    async fn reckon(&self, waiting: &[Waiting]) -> PortResult<Reckoning> {
        let waiting = waiting.to_vec();
        let index = Arc::clone(&self.index);
        let reckon = move |connection: &Connection| {
            let reading = index.reading(connection, waiting.iter().map(|message| &message.ballot_key))?;
            let connection = reading.connection();
            let mut reckoning = Reckoning {
                recorded: count(last_row(connection)?)?,
                repeats: count_rows(connection, "repeats")? + counter(connection, ANSWERED_REPEATS)?,
                conflicts: count_rows(connection, "conflicts")?,
                dead_letters: count_rows(connection, "dead_letters")?,
                undecided: vec![false; waiting.len()],
            };
            let mut is_set_aside = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM dead_letters WHERE envelope = ?1)")?;
            // Usually all that wait are second copies of recorded ballots, and these tables empty.
            let has_others = reckoning.repeats + reckoning.conflicts + reckoning.dead_letters > 0;
            // In the order of the keys: neighbours share pages.
            let mut by_key: Vec<(BallotKey, usize)> = waiting
                .iter()
                .map(|message| message.ballot_key)
                .zip(0..)
                .collect();
            by_key.sort_unstable();
            for (ballot_key, index) in by_key {
                let envelope = &waiting[index].envelope;
                let seq = reading.find(&ballot_key)?;
                let has_outcome = is_recorded(connection, envelope, &ballot_key, seq)?
                    || has_others
                        && (is_repeat_or_conflict(connection, envelope)?
                            || is_set_aside.query_row([envelope.0], |row| row.get(0))?);
                reckoning.undecided[index] = !has_outcome;
            }
            Ok(reckoning)
        };
        self.database.read(reckon).await
    }

    async fn feed(&self, after: Sequence, limit: usize) -> PortResult<Vec<FeedRecord>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let feed = move |connection: &Connection| {
            let sql =
                format!("SELECT {BALLOT_COLUMNS}, seq FROM ballots WHERE seq > ?1 ORDER BY seq LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([number(after), limit])?;
            let (mut records, mut known) = (Vec::new(), HashSet::new());
            while let Some(row) = rows.next()? {
                records.push(read_feed_record(row, &mut known)?);
            }
            Ok(records)
        };
        self.database.read(feed).await
    }

    async fn behind(&self, after: Sequence) -> PortResult<u64> {
        let behind = move |connection: &Connection| {
            if after == Sequence::START {
                return count(last_row(connection)?);
            }
            let mut statement = connection.prepare_cached("SELECT count(*) FROM ballots WHERE seq > ?1")?;
            count(statement.query_row([number(after)], |row| row.get(0))?)
        };
        self.database.read(behind).await
    }
}
