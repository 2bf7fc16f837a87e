//! Owns a region's queue of envelopes. A message is in the file from before `send` returns until after
//! it was acknowledged; what may be received when is kept in [`crate::leases`].

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use election_core::envelope::{EnvelopeId, Message};
use election_core::keys::BallotKey;
use election_service::ports::{CopyRole, Depth, Handle, Intake, PortResult, Received, Waiting};
use rusqlite::{Connection, Row, params};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::columns::bytes;
use crate::database::Database;
use crate::failure::{Failure, corrupt, locked};
use crate::leases::{Leased, Leases, parse_handle};

/// A queue as kept in a region's file.
pub(crate) struct SqliteIntake {
    database: Arc<Database>,
    visibility: Duration,
    leases: Arc<Mutex<Leases>>,
    /// Wakes those that wait in `receive`.
    changed: Arc<Notify>,
}

/// Milliseconds since 1970 by the machine's clock.
fn now_ms() -> i64 {
    milliseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Adding more than a clock can hold would panic: a century is as good as forever.
fn bounded(duration: Duration) -> Duration {
    duration.min(Duration::from_secs(100 * 365 * 24 * 60 * 60))
}

fn role_number(role: CopyRole) -> i64 {
    match role {
        CopyRole::Primary => 1,
        CopyRole::Second => 2,
    }
}

fn read_role(row: &Row<'_>, column: usize) -> Result<CopyRole, Failure> {
    match row.get::<_, i64>(column)? {
        1 => Ok(CopyRole::Primary),
        2 => Ok(CopyRole::Second),
        _ => Err(corrupt("a message's role is none").into()),
    }
}

fn read_message(row: &Row<'_>) -> Option<Message> {
    Some(Message {
        envelope: EnvelopeId(bytes(row, 0)?),
        ballot_key: BallotKey(bytes(row, 1)?),
        body: row.get_ref(2).ok()?.as_blob().ok()?.into(),
    })
}

fn read_waiting(row: &Row<'_>) -> Result<Waiting, Failure> {
    let unreadable = || corrupt("a message in the queue can't be read");
    Ok(Waiting {
        envelope: EnvelopeId(bytes(row, 0).ok_or_else(unreadable)?),
        ballot_key: BallotKey(bytes(row, 1).ok_or_else(unreadable)?),
        role: read_role(row, 2)?,
    })
}

/// What the file holds when it is opened. Delays go on; if the clock was set back meanwhile, none is
/// longer than it was at first.
fn load(connection: &Connection) -> Result<Leases, Failure> {
    let (now, clock_ms) = (Instant::now(), now_ms());
    let mut leases = Leases::default();
    let mut statement = connection.prepare("SELECT seq, role, visible_at, delay, receives FROM messages")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (visible_at, delay): (i64, i64) = (row.get(2)?, row.get(3)?);
        let left = visible_at.saturating_sub(clock_ms).min(delay);
        let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        leases.insert(row.get(0)?, read_role(row, 1)?, row.get(4)?, now + left);
    }
    Ok(leases)
}

impl SqliteIntake {
    /// Reads what the file holds.
    pub(crate) async fn open(database: Arc<Database>, visibility: Duration) -> PortResult<Self> {
        let leases = Arc::new(Mutex::new(database.read(load).await?));
        let visibility = bounded(visibility);
        Ok(Self {
            database,
            visibility,
            leases,
            changed: Arc::new(Notify::new()),
        })
    }

    /// Makes those that wait in `receive` see that the file was closed.
    pub(crate) fn wake(&self) {
        self.changed.notify_waiters();
    }

    /// The messages of these leases. One that can't be read stays leased, so that it doesn't hold up
    /// others, and is in the queue's depth until somebody looks into it.
    async fn fetch(&self, leased: Vec<Leased>) -> PortResult<Vec<Received>> {
        let fetch = move |connection: &Connection| {
            let mut statement = connection
                .prepare_cached("SELECT envelope, ballot_key, body FROM messages WHERE seq = ?1")?;
            let mut received = Vec::with_capacity(leased.len());
            for leased in leased {
                let mut rows = statement.query([leased.seq])?;
                // None: it was acknowledged just now, by whoever leased it before.
                let Some(row) = rows.next()? else { continue };
                match read_message(row) {
                    Some(message) => {
                        let Leased { role, receives, .. } = leased;
                        received.push(Received {
                            handle: leased.handle(),
                            role,
                            message,
                            receives,
                        });
                    }
                    None => tracing::error!(seq = leased.seq, "a message in the queue can't be read"),
                }
            }
            Ok(received)
        };
        self.database.read(fetch).await
    }
}

/// Gives leases back unless their messages reached whoever asked for them.
struct Undelivered<'a> {
    intake: &'a SqliteIntake,
    leased: Vec<Leased>,
}

impl Drop for Undelivered<'_> {
    fn drop(&mut self) {
        if !self.leased.is_empty() {
            let mut leases = locked(&self.intake.leases);
            self.leased
                .iter()
                .for_each(|leased| leases.put_back(leased, Instant::now()));
            drop(leases);
            self.intake.changed.notify_waiters();
        }
    }
}

#[async_trait]
impl Intake for SqliteIntake {
    async fn send(&self, message: Message, role: CopyRole, delay: Duration) -> PortResult<()> {
        let delay = bounded(delay);
        let delay_ms = milliseconds(delay);
        let (visible_at, visible_at_ms) = (Instant::now() + delay, now_ms() + delay_ms);
        let insert = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "INSERT INTO messages (envelope, ballot_key, role, visible_at, delay, receives, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)",
            )?;
            let Message {
                envelope,
                ballot_key,
                body,
            } = &message;
            statement.execute(params![
                envelope.0,
                ballot_key.0,
                role_number(role),
                visible_at_ms,
                delay_ms,
                body
            ])?;
            Ok(connection.last_insert_rowid())
        };
        let (leases, changed) = (Arc::clone(&self.leases), Arc::clone(&self.changed));
        let committed = move |seq: &i64| {
            locked(&leases).insert(*seq, role, 0, visible_at);
            changed.notify_waiters();
        };
        self.database.write_then(insert, committed).await.map(drop)
    }

    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let until = Instant::now() + bounded(wait);
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on no change goes unnoticed.
            changed.as_mut().enable();
            self.database.ensure_open()?;
            let now = Instant::now();
            let (leased, next) = {
                let mut leases = locked(&self.leases);
                (leases.take(max, now, self.visibility), leases.next_visible())
            };
            if !leased.is_empty() {
                let mut undelivered = Undelivered {
                    intake: self,
                    leased: leased.clone(),
                };
                let received = self.fetch(leased).await?;
                undelivered.leased.clear();
                if !received.is_empty() {
                    return Ok(received);
                }
                continue;
            }
            if now >= until || max == 0 {
                return Ok(Vec::new());
            }
            let wake_at = next.map_or(until, |next| next.min(until));
            tokio::select! {
                () = &mut changed => {}
                () = tokio::time::sleep_until(wake_at) => {}
            }
        }
    }

    async fn acknowledge(&self, handles: &[Handle]) -> PortResult<()> {
        // By message, not by lease: who acknowledges has seen it decided, whoever leases it now.
        let seqs: Arc<[i64]> = handles
            .iter()
            .filter_map(parse_handle)
            .map(|(seq, _)| seq)
            .collect();
        if seqs.is_empty() {
            return self.database.ensure_open();
        }
        let removed = Arc::clone(&seqs);
        let delete = move |connection: &Connection| {
            let mut statement = connection.prepare_cached("DELETE FROM messages WHERE seq = ?1")?;
            for seq in seqs.iter() {
                statement.execute([seq])?;
            }
            Ok(())
        };
        let leases = Arc::clone(&self.leases);
        let committed = move |(): &()| {
            let mut leases = locked(&leases);
            removed.iter().for_each(|seq| leases.remove(*seq));
        };
        self.database.write_then(delete, committed).await
    }

    async fn release(&self, handles: &[Handle], delay: Duration) -> PortResult<()> {
        let (now, delay) = (Instant::now(), bounded(delay));
        let released: Vec<(i64, u64, u32)> = {
            let leases = locked(&self.leases);
            let parsed = handles.iter().filter_map(parse_handle);
            parsed
                .filter_map(|(seq, lease)| Some((seq, lease, leases.leased(seq, lease, now)?)))
                .collect()
        };
        if released.is_empty() {
            return self.database.ensure_open();
        }
        let released: Arc<[(i64, u64, u32)]> = released.into();
        let ended = Arc::clone(&released);
        let (visible_at, delay_ms) = (now + delay, milliseconds(delay));
        let visible_at_ms = now_ms() + delay_ms;
        let update = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE messages SET receives = ?1, visible_at = ?2, delay = ?3 WHERE seq = ?4",
            )?;
            for (seq, _, receives) in released.iter() {
                statement.execute(params![receives, visible_at_ms, delay_ms, seq])?;
            }
            Ok(())
        };
        let (leases, changed) = (Arc::clone(&self.leases), Arc::clone(&self.changed));
        let committed = move |(): &()| {
            let mut leases = locked(&leases);
            ended
                .iter()
                .for_each(|(seq, lease, _)| leases.release(*seq, *lease, visible_at));
            drop(leases);
            changed.notify_waiters();
        };
        self.database.write_then(update, committed).await
    }

    async fn waiting(&self) -> PortResult<Vec<Waiting>> {
        let waiting = |connection: &Connection| {
            let mut statement =
                connection.prepare_cached("SELECT envelope, ballot_key, role FROM messages ORDER BY seq")?;
            let mut rows = statement.query([])?;
            let mut waiting = Vec::new();
            while let Some(row) = rows.next()? {
                waiting.push(read_waiting(row)?);
            }
            Ok(waiting)
        };
        self.database.read(waiting).await
    }

    async fn depth(&self) -> PortResult<Depth> {
        self.database.ensure_open()?;
        Ok(locked(&self.leases).depth())
    }
}
