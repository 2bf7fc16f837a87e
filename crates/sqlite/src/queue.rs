//! Owns a region's queue of envelopes. A message is in the file from before `send` returns until after
//! it was acknowledged; what may be received when is kept in [`crate::leases`].

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use election_core::envelope::Message;
use election_service::ports::{CopyRole, Depth, Handle, Intake, PortResult, Received, Waiting};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::bundle::{self, Kept, MessageNumber, Place};
use crate::database::Database;
use crate::failure::{Failure, corrupt, locked, unavailable};
use crate::leases::{Leased, Leases, parse_handle};
use crate::outbox::{Dispatch, Outbox, Outgoing};

/// A queue as kept in a region's file.
pub(crate) struct SqliteIntake {
    database: Arc<Database>,
    visibility: Duration,
    outbox: Outbox,
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

/// The bundles that these messages are in, with their places.
fn by_bundle(numbers: impl Iterator<Item = MessageNumber>) -> BTreeMap<i64, Vec<usize>> {
    let mut bundles: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for number in numbers {
        bundles.entry(number.bundle()).or_default().push(number.place());
    }
    bundles
}

/// A bundle's places; `None` if all its messages have gone.
fn read_bundle(connection: &Connection, bundle: i64) -> Result<Option<Vec<Place>>, Failure> {
    let mut statement = connection.prepare_cached("SELECT messages FROM bundles WHERE seq = ?1")?;
    let places = statement.query_row([bundle], |row| Ok(bundle::decode(row.get_ref(0)?.as_blob()?)));
    Ok(places.optional()?)
}

/// Writes a bundle's places, or removes it if no message is left.
fn write_bundle(connection: &Connection, bundle: i64, places: &[Place]) -> Result<(), Failure> {
    if places.iter().all(|place| matches!(place, Place::Gone)) {
        connection
            .prepare_cached("DELETE FROM bundles WHERE seq = ?1")?
            .execute([bundle])?;
        return Ok(());
    }
    let kept = places.iter().map(|place| match place {
        Place::Kept(kept) => Some(kept),
        Place::Gone | Place::Unreadable => None,
    });
    connection
        .prepare_cached("UPDATE bundles SET messages = ?1 WHERE seq = ?2")?
        .execute(params![bundle::encode(kept), bundle])?;
    Ok(())
}

/// Changes some places of a bundle. One that is damaged stays as it is: rewriting would lose what nobody
/// has read.
fn change_bundle(
    connection: &Connection,
    bundle: i64,
    changed: &[usize],
    mut change: impl FnMut(usize, &mut Place),
) -> Result<(), Failure> {
    let Some(mut places) = read_bundle(connection, bundle)? else {
        return Ok(());
    };
    if places.iter().any(|place| matches!(place, Place::Unreadable)) {
        return Ok(());
    }
    for place in changed {
        if let Some(found) = places.get_mut(*place) {
            change(*place, found);
        }
    }
    write_bundle(connection, bundle, &places)
}

/// All bundles, in the order they were sent.
fn for_each_bundle(connection: &Connection, mut visit: impl FnMut(i64, Vec<Place>)) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached("SELECT seq, messages FROM bundles ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let messages = row
            .get_ref(1)?
            .as_blob()
            .map_err(|_| corrupt("a bundle of messages can't be read"))?;
        visit(row.get(0)?, bundle::decode(messages));
    }
    Ok(())
}

/// What the file holds when it is opened. Delays go on; if the clock was set back meanwhile, none is
/// longer than it was at first. What can't be read counts as waiting, and is never visible.
fn load(connection: &Connection) -> Result<Leases, Failure> {
    let (now, clock_ms) = (Instant::now(), now_ms());
    let mut leases = Leases::default();
    for_each_bundle(connection, |bundle, places| {
        for (place, found) in places.iter().enumerate() {
            let number = MessageNumber::new(bundle, place);
            match found {
                Place::Gone => {}
                Place::Kept(kept) => {
                    let left = kept.visible_at.saturating_sub(clock_ms).min(kept.delay);
                    let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
                    leases.insert(number, kept.role, kept.receives, now + left);
                }
                Place::Unreadable => leases.insert(number, CopyRole::Primary, 0, now),
            }
        }
    })?;
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
            outbox: Outbox::default(),
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
            let mut received = Vec::with_capacity(leased.len());
            let mut bundle: Option<(i64, Vec<Place>)> = None;
            for leased in leased {
                let number = leased.number;
                if bundle.as_ref().is_none_or(|(seq, _)| *seq != number.bundle()) {
                    let places = read_bundle(connection, number.bundle())?.unwrap_or_default();
                    bundle = Some((number.bundle(), places));
                }
                let place = bundle
                    .as_mut()
                    .and_then(|(_, places)| places.get_mut(number.place()));
                match place.map(|place| std::mem::replace(place, Place::Gone)) {
                    // It was acknowledged just now, by whoever leased it before.
                    None | Some(Place::Gone) => {}
                    Some(Place::Kept(kept)) => received.push(Received {
                        handle: leased.handle(),
                        role: leased.role,
                        message: kept.message,
                        receives: leased.receives,
                    }),
                    Some(Place::Unreadable) => {
                        tracing::error!(bundle = number.bundle(), "a message in the queue can't be read");
                    }
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
        let (reply, answer) = oneshot::channel();
        let kept = Kept {
            role,
            receives: 0,
            visible_at: now_ms() + delay_ms,
            delay: delay_ms,
            message,
        };
        let visible_at = Instant::now() + delay;
        if self.outbox.add(Outgoing {
            kept,
            visible_at,
            reply,
        })? {
            let (leases, changed) = (Arc::clone(&self.leases), Arc::clone(&self.changed));
            self.database
                .submit(Box::new(Dispatch::new(self.outbox.clone(), leases, changed)));
        }
        answer
            .await
            .unwrap_or_else(|_| Err(unavailable("the writer ended before it answered")))
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
        let numbers: Vec<MessageNumber> = handles
            .iter()
            .filter_map(parse_handle)
            .map(|(number, _)| number)
            .collect();
        if numbers.is_empty() {
            return self.database.ensure_open();
        }
        let bundles = by_bundle(numbers.iter().copied());
        let delete = move |connection: &Connection| {
            for (bundle, places) in &bundles {
                change_bundle(connection, *bundle, places, |_, place| *place = Place::Gone)?;
            }
            Ok(())
        };
        let leases = Arc::clone(&self.leases);
        let committed = move |(): &()| {
            let mut leases = locked(&leases);
            numbers.iter().for_each(|number| leases.remove(*number));
        };
        self.database.write_then(delete, committed).await
    }

    async fn release(&self, handles: &[Handle], delay: Duration) -> PortResult<()> {
        let (now, delay) = (Instant::now(), bounded(delay));
        let released: Vec<(MessageNumber, u64, u32)> = {
            let leases = locked(&self.leases);
            let parsed = handles.iter().filter_map(parse_handle);
            parsed
                .filter_map(|(number, lease)| Some((number, lease, leases.leased(number, lease, now)?)))
                .collect()
        };
        if released.is_empty() {
            return self.database.ensure_open();
        }
        let bundles = by_bundle(released.iter().map(|(number, ..)| *number));
        let receives: HashMap<MessageNumber, u32> = released
            .iter()
            .map(|(number, _, receives)| (*number, *receives))
            .collect();
        let (visible_at, delay_ms) = (now + delay, milliseconds(delay));
        let visible_at_ms = now_ms() + delay_ms;
        let update = move |connection: &Connection| {
            for (bundle, places) in &bundles {
                change_bundle(connection, *bundle, places, |place, found| {
                    let receives = receives.get(&MessageNumber::new(*bundle, place));
                    if let (Place::Kept(kept), Some(receives)) = (found, receives) {
                        (kept.receives, kept.visible_at, kept.delay) = (*receives, visible_at_ms, delay_ms);
                    }
                })?;
            }
            Ok(())
        };
        let (leases, changed) = (Arc::clone(&self.leases), Arc::clone(&self.changed));
        let committed = move |(): &()| {
            let mut leases = locked(&leases);
            released
                .iter()
                .for_each(|(number, lease, _)| leases.release(*number, *lease, visible_at));
            drop(leases);
            changed.notify_waiters();
        };
        self.database.write_then(update, committed).await
    }

    async fn waiting(&self) -> PortResult<Option<Vec<Waiting>>> {
        let waiting = |connection: &Connection| {
            let mut waiting = Vec::new();
            let mut is_damaged = false;
            for_each_bundle(connection, |_, places| {
                for place in places {
                    match place {
                        Place::Gone => {}
                        Place::Kept(kept) => waiting.push(Waiting {
                            envelope: kept.message.envelope,
                            ballot_key: kept.message.ballot_key,
                            role: kept.role,
                        }),
                        Place::Unreadable => is_damaged = true,
                    }
                }
            })?;
            if is_damaged {
                return Err(corrupt("a message in the queue can't be read").into());
            }
            Ok(Some(waiting))
        };
        self.database.read(waiting).await
    }

    async fn depth(&self) -> PortResult<Depth> {
        self.database.ensure_open()?;
        Ok(locked(&self.leases).depth())
    }

    async fn overdue(&self) -> PortResult<Option<Duration>> {
        self.database.ensure_open()?;
        Ok(locked(&self.leases).overdue(Instant::now()))
    }
}
