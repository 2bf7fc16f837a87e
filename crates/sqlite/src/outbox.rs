//! Owns the messages that wait for a queue's next commit. All of them go into it together.

use std::sync::{Arc, Mutex};

use election_service::ports::{PortError, PortResult};
use rusqlite::Connection;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::bundle::{self, Kept, MOST_PLACES, MessageNumber};
use crate::failure::{Failure, locked};
use crate::leases::Leases;
use crate::writer::{Job, Mode};

/// How many messages may wait before further ones are refused.
const MOST_WAITING: usize = 16_384;

/// A message on its way into the file.
pub(crate) struct Outgoing {
    pub(crate) kept: Kept,
    pub(crate) visible_at: Instant,
    /// Told once it is durable or refused.
    pub(crate) reply: oneshot::Sender<PortResult<()>>,
}

/// What waits for the next commit.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Mutex<Vec<Outgoing>>>);

impl Outbox {
    /// Adds a message. True if it is the first one: whoever brought it has to see to a commit.
    pub(crate) fn add(&self, outgoing: Outgoing) -> PortResult<bool> {
        let mut waiting = locked(&self.0);
        if waiting.len() >= MOST_WAITING {
            return Err(PortError::Overloaded);
        }
        waiting.push(outgoing);
        Ok(waiting.len() == 1)
    }

    fn take(&self) -> Vec<Outgoing> {
        std::mem::take(&mut *locked(&self.0))
    }
}

/// The commit of everything that waits when its turn comes.
pub(crate) struct Dispatch {
    outbox: Outbox,
    leases: Arc<Mutex<Leases>>,
    changed: Arc<Notify>,
    taken: Vec<Outgoing>,
    /// The rows written, each with up to [`MOST_PLACES`] of `taken`.
    bundles: Vec<i64>,
}

impl Dispatch {
    pub(crate) fn new(outbox: Outbox, leases: Arc<Mutex<Leases>>, changed: Arc<Notify>) -> Self {
        Self {
            outbox,
            leases,
            changed,
            taken: Vec::new(),
            bundles: Vec::new(),
        }
    }
}

impl Job for Dispatch {
    fn mode(&self) -> Mode {
        Mode::Grouped
    }

    fn run(&mut self, connection: &Connection) -> Result<(), Failure> {
        // A second run writes what the first one took.
        if self.taken.is_empty() {
            self.taken = self.outbox.take();
        }
        self.bundles.clear();
        let mut insert = connection.prepare_cached("INSERT INTO bundles (messages) VALUES (?1)")?;
        for part in self.taken.chunks(MOST_PLACES) {
            let messages = bundle::encode(part.iter().map(|outgoing| Some(&outgoing.kept)));
            insert.execute([messages])?;
            self.bundles.push(connection.last_insert_rowid());
        }
        Ok(())
    }

    fn succeed(self: Box<Self>) {
        let mut leases = locked(&self.leases);
        for (part, bundle) in self.taken.chunks(MOST_PLACES).zip(&self.bundles) {
            for (place, Outgoing { kept, visible_at, .. }) in part.iter().enumerate() {
                let number = MessageNumber::new(*bundle, place);
                leases.insert(number, kept.role, kept.receives, *visible_at);
            }
        }
        drop(leases);
        self.changed.notify_waiters();
        for outgoing in self.taken {
            // Whoever waited for the answer may have gone; the message stays.
            let _ = outgoing.reply.send(Ok(()));
        }
    }

    fn fail(mut self: Box<Self>, error: PortError) {
        // It may have been refused before its turn came.
        self.taken.append(&mut self.outbox.take());
        for outgoing in self.taken {
            let _ = outgoing.reply.send(Err(error.clone()));
        }
    }
}
