//! Owns the deciding of envelopes: whether a ballot is its voter's recorded one, a repeat or a conflict. All
//! of it happens in the writer's transaction. The one conditional write is in [`Decider::decide`]: a ballot is appended
//! if the index, as this transaction sees it, has none under its key, and nobody else can append one meanwhile.

use std::cell::Cell;

use election_core::ballot::Ballot;
use election_core::envelope::EnvelopeId;
use election_core::identifiers::ElectionHash;
use election_core::keys::BallotKey;
use election_core::phase::Phase;
use election_service::ports::{Outcome, PortError, PortResult, Submission};
use rusqlite::{Connection, params};

use crate::ballot_index::{BallotIndex, Writing};
use crate::columns::{BALLOT_COLUMN_COUNT, BALLOT_COLUMNS, bytes, read_ballot};
use crate::failure::{Failure, corrupt, unavailable};
use crate::writer::nested;

/// The recorded ballot under a key, and by which envelope it came.
pub(crate) struct RecordedBallot {
    pub(crate) ballot: Ballot,
    /// `None` once the keys are destroyed.
    envelope: Option<[u8; 16]>,
}

/// Reads the ballot that the index says is under a key.
pub(crate) fn recorded(
    connection: &Connection,
    key: &BallotKey,
    seq: i64,
) -> Result<RecordedBallot, Failure> {
    let sql = format!("SELECT {BALLOT_COLUMNS}, envelope FROM ballots WHERE seq = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([seq])?;
    let row = rows.next()?.ok_or_else(wrong_index)?;
    if bytes(row, 0) != Some(key.0) {
        return Err(wrong_index());
    }
    let ballot = read_ballot(row).ok_or_else(|| corrupt("a recorded ballot can't be read"))?;
    Ok(RecordedBallot {
        ballot,
        envelope: bytes(row, BALLOT_COLUMN_COUNT),
    })
}

fn wrong_index() -> Failure {
    corrupt("the index of the ballots is damaged").into()
}

/// Whether the envelope was decided otherwise than by being recorded.
pub(crate) fn is_repeat_or_conflict(connection: &Connection, envelope: &EnvelopeId) -> Result<bool, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM repeats WHERE envelope = ?1)
             OR EXISTS (SELECT 1 FROM conflicts WHERE envelope = ?1)",
    )?;
    Ok(statement.query_row([envelope.0], |row| row.get(0))?)
}

/// Whether the envelope brought the ballot that the index says is under its key, if it says so.
pub(crate) fn is_recorded(
    connection: &Connection,
    envelope: &EnvelopeId,
    key: &BallotKey,
    seq: Option<i64>,
) -> Result<bool, Failure> {
    let Some(seq) = seq else { return Ok(false) };
    let mut statement =
        connection.prepare_cached("SELECT ballot_key, envelope FROM ballots WHERE seq = ?1")?;
    let mut rows = statement.query([seq])?;
    let row = rows.next()?.ok_or_else(wrong_index)?;
    if bytes(row, 0) != Some(key.0) {
        return Err(wrong_index());
    }
    Ok(bytes(row, 1) == Some(envelope.0))
}

pub(crate) fn is_decided(
    connection: &Connection,
    envelope: &EnvelopeId,
    key: &BallotKey,
    seq: Option<i64>,
) -> Result<bool, Failure> {
    Ok(is_recorded(connection, envelope, key, seq)? || is_repeat_or_conflict(connection, envelope)?)
}

/// An outcome, and the row that was appended.
type Decided = (Outcome, Option<i64>);

/// What a batch of envelopes is decided by.
struct Decider<'a> {
    connection: &'a Connection,
    index: Writing<'a>,
    election: ElectionHash,
    is_too_late: bool,
    has_dead_letters: bool,
    /// Mostly false: then no envelope has to be looked for among these.
    has_repeats_or_conflicts: Cell<bool>,
}

impl Decider<'_> {
    /// Decides one envelope. Its outcome and the end of its dead letter are one write. If its ballot is the
    /// recorded one, also tells which row it is: to be added to the index once nothing can undo it.
    fn decide(&self, Submission { envelope, ballot }: &Submission) -> Result<Decided, Failure> {
        let connection = self.connection;
        if self.has_repeats_or_conflicts.get() && is_repeat_or_conflict(connection, envelope)? {
            return Ok((Outcome::AlreadyDecided, None));
        }
        let (outcome, added) = match self.index.find(&ballot.key)? {
            Some(seq) => (self.decide_further(envelope, ballot, seq)?, None),
            None if self.is_too_late => return Ok((Outcome::Late, None)),
            None => (Outcome::Recorded, Some(insert(connection, envelope, ballot)?)),
        };
        if self.has_dead_letters && outcome != Outcome::AlreadyDecided {
            delete_dead_letter(connection, envelope)?;
        }
        Ok((outcome, added))
    }

    /// Decides an envelope whose voter has a recorded ballot.
    fn decide_further(&self, envelope: &EnvelopeId, ballot: &Ballot, seq: i64) -> Result<Outcome, Failure> {
        let connection = self.connection;
        let recorded = recorded(connection, &ballot.key, seq)?;
        let is_same = recorded.ballot.is_same_vote(ballot);
        // Once the keys are destroyed nothing tells a redelivery from a repeat.
        if recorded
            .envelope
            .map_or(is_same, |recorded| recorded == envelope.0)
        {
            return Ok(Outcome::AlreadyDecided);
        }
        self.has_repeats_or_conflicts.set(true);
        if is_same {
            connection
                .prepare_cached("INSERT INTO repeats (envelope) VALUES (?1)")?
                .execute([envelope.0])?;
            return Ok(Outcome::Repeat);
        }
        let digest = ballot.digest(&self.election);
        connection
            .prepare_cached("INSERT INTO conflicts (envelope, ballot_key, digest) VALUES (?1, ?2, ?3)")?
            .execute(params![envelope.0, ballot.key.0, digest.as_bytes()])?;
        Ok(Outcome::Conflict)
    }
}

/// Decides each envelope by itself, within the writer's transaction. If `together`, one that can't be
/// decided fails them all; else each has a savepoint of its own, which costs a copy of every page.
pub(crate) fn decide_each(
    connection: &Connection,
    index: &BallotIndex,
    election: ElectionHash,
    submissions: &[Submission],
    together: bool,
) -> Result<Vec<PortResult<Outcome>>, Failure> {
    let mut decider = Decider {
        connection,
        index: index.writing(connection)?,
        election,
        is_too_late: is_too_late(connection)?,
        has_dead_letters: has_rows(connection, "dead_letters")?,
        has_repeats_or_conflicts: Cell::new(
            has_rows(connection, "repeats")? || has_rows(connection, "conflicts")?,
        ),
    };
    // In the order of the keys: the index is written from one end to the other, each of its pages once.
    // The order in which the envelopes came goes lost with that.
    let mut places: Vec<usize> = (0..submissions.len()).collect();
    places.sort_by_key(|place| submissions[*place].ballot.key);
    let sorted: Vec<&Submission> = places.iter().map(|place| &submissions[*place]).collect();

    let mut decided = Vec::with_capacity(sorted.len());
    for submission in sorted {
        let outcome = if together {
            Ok(decider.decide(submission)?)
        } else {
            nested(connection, || decider.decide(submission), |_| true)
        };
        ensure_transaction(connection)?;
        match &outcome {
            Ok((_, Some(seq))) => decider.index.add(submission.ballot.key, *seq),
            Ok((_, None)) => {}
            // Should the savepoint's end have failed, its row is still there.
            Err(_) => decider.index.catch_up()?,
        }
        decided.push(outcome.map(|(outcome, _)| outcome).map_err(PortError::from));
    }
    decider.index.shrink(index.most_recent())?;
    let mut outcomes: Vec<_> = places.into_iter().zip(decided).collect();
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// Some errors end the whole transaction, with what others wrote in it.
fn ensure_transaction(connection: &Connection) -> Result<(), Failure> {
    if connection.is_autocommit() {
        Err(unavailable("the transaction was rolled back").into())
    } else {
        Ok(())
    }
}

/// Whether the recount has begun. Read in the transaction of the write: nothing can come in between.
fn is_too_late(connection: &Connection) -> Result<bool, Failure> {
    let mut statement = connection.prepare_cached("SELECT phase FROM elections")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(false) };
    let phase = Phase::parse(&row.get::<_, String>(0)?).ok_or_else(|| corrupt("the phase is none"))?;
    Ok(phase.is_too_late_to_record())
}

/// Appends a ballot; returns which row it is.
fn insert(connection: &Connection, envelope: &EnvelopeId, ballot: &Ballot) -> Result<i64, Failure> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO ballots (ballot_key, ballot_id, jurisdiction, format, content, mac, envelope)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    statement.execute(params![
        ballot.key.0,
        ballot.id.as_bytes(),
        ballot.jurisdiction.as_str(),
        ballot.format,
        ballot.content,
        ballot.mac.0,
        envelope.0,
    ])?;
    Ok(connection.last_insert_rowid())
}

fn delete_dead_letter(connection: &Connection, envelope: &EnvelopeId) -> Result<(), Failure> {
    connection
        .prepare_cached("DELETE FROM dead_letters WHERE envelope = ?1")?
        .execute([envelope.0])?;
    Ok(())
}

fn has_rows(connection: &Connection, table: &str) -> Result<bool, Failure> {
    let mut statement = connection.prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {table})"))?;
    Ok(statement.query_row([], |row| row.get(0))?)
}
