//! Owns the messages that wait for a queue's next commit. All of them go into it together.

use std::sync::{Arc, Mutex};

use election_service::ports::{PortError, PortResult};
use rusqlite::Connection;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::bundle::{self, Kept, MOST_PLACES, MessageNumber};
use crate::failure::{Failure, locked, unavailable};
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
    is_settled: bool,
}

impl Dispatch {
    pub(crate) fn new(outbox: Outbox, leases: Arc<Mutex<Leases>>, changed: Arc<Notify>) -> Self {
        Self {
            outbox,
            leases,
            changed,
            taken: Vec::new(),
            bundles: Vec::new(),
            is_settled: false,
        }
    }

    fn refuse(&mut self, error: &PortError) {
        self.is_settled = true;
        // It may have been refused before its turn came.
        self.taken.append(&mut self.outbox.take());
        for outgoing in self.taken.drain(..) {
            let _ = outgoing.reply.send(Err(error.clone()));
        }
    }
}

impl Drop for Dispatch {
    fn drop(&mut self) {
        // The writer's thread ended with it. Who waits in the outbox counts on this commit: nobody else
        // would answer them, nor see to another.
        if !self.is_settled {
            self.refuse(&unavailable("the writer ended before it answered"));
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

    fn succeed(mut self: Box<Self>) {
        self.is_settled = true;
        let mut leases = locked(&self.leases);
        for (part, bundle) in self.taken.chunks(MOST_PLACES).zip(&self.bundles) {
            for (place, Outgoing { kept, visible_at, .. }) in part.iter().enumerate() {
                let number = MessageNumber::new(*bundle, place);
                leases.insert(number, kept.role, kept.receives, *visible_at);
            }
        }
        drop(leases);
        self.changed.notify_waiters();
        for outgoing in self.taken.drain(..) {
            // Whoever waited for the answer may have gone; the message stays.
            let _ = outgoing.reply.send(Ok(()));
        }
    }

    fn fail(mut self: Box<Self>, error: PortError) {
        self.refuse(&error);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use election_core::envelope::Message;
    use election_service::ports::CopyRole;
    use election_testkit::fixtures;

    use super::*;
    use crate::bundle::Place;
    use crate::failure::closed;
    use crate::writer::Writer;

    const TABLE: &str =
        "CREATE TABLE bundles (seq INTEGER PRIMARY KEY AUTOINCREMENT, messages BLOB NOT NULL) STRICT";
    const PATIENCE: Duration = Duration::from_secs(10);

    type Answer = oneshot::Receiver<PortResult<()>>;

    fn file() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLE).unwrap();
        connection
    }

    #[derive(Default)]
    struct Queue {
        outbox: Outbox,
        leases: Arc<Mutex<Leases>>,
    }

    impl Queue {
        fn add(&self, number: u64) -> PortResult<(bool, Answer)> {
            self.add_with(number, 1)
        }

        fn add_with(&self, number: u64, size: usize) -> PortResult<(bool, Answer)> {
            let (reply, answer) = oneshot::channel();
            let message = fixtures::message_with(number, 0, vec![0; size]);
            let is_first = self.outbox.add(Outgoing {
                kept: Kept {
                    role: CopyRole::Primary,
                    receives: 0,
                    visible_at: 0,
                    delay: 0,
                    message,
                },
                visible_at: Instant::now(),
                reply,
            })?;
            Ok((is_first, answer))
        }

        fn dispatch(&self) -> Box<Dispatch> {
            let changed = Arc::new(Notify::new());
            Box::new(Dispatch::new(
                self.outbox.clone(),
                Arc::clone(&self.leases),
                changed,
            ))
        }

        fn depth(&self) -> u64 {
            locked(&self.leases).depth().primaries
        }
    }

    /// Fails if nobody answers.
    async fn answered(answer: Answer) -> PortResult<()> {
        tokio::time::timeout(PATIENCE, answer).await.unwrap().unwrap()
    }

    fn written(connection: &Connection) -> Vec<Message> {
        let mut statement = connection
            .prepare("SELECT messages FROM bundles ORDER BY seq")
            .unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        let places = rows.flat_map(|row| bundle::decode(&row.unwrap()));
        let message = |place| match place {
            Place::Kept(kept) => kept.message,
            Place::Gone | Place::Unreadable => panic!("a place without a message"),
        };
        places.map(message).collect()
    }

    #[test]
    fn only_the_first_of_those_that_wait_sees_to_a_commit() {
        let queue = Queue::default();
        let firsts: Vec<bool> = (0..3).map(|number| queue.add(number).unwrap().0).collect();
        assert_eq!(firsts, [true, false, false]);
        assert_eq!(queue.outbox.take().len(), 3);
        assert!(queue.add(3).unwrap().0);
    }

    #[tokio::test]
    async fn a_commit_that_fails_is_run_again_with_the_same_messages() {
        let (queue, connection) = (Queue::default(), file());
        let answers: Vec<Answer> = (0..3).map(|number| queue.add(number).unwrap().1).collect();
        let mut dispatch = queue.dispatch();
        connection.execute_batch("BEGIN").unwrap();
        assert!(dispatch.run(&connection).is_ok());
        assert_eq!(written(&connection).len(), 3);
        connection.execute_batch("ROLLBACK").unwrap();
        let (sees_to_a_commit, later) = queue.add(9).unwrap();
        assert!(sees_to_a_commit, "it doesn't go with those that failed");
        assert!(dispatch.run(&connection).is_ok());
        let expected = (0..3).map(|number| fixtures::message_with(number, 0, vec![0]));
        assert!(written(&connection).into_iter().eq(expected));
        assert_eq!(queue.depth(), 0, "none is received before its commit");
        dispatch.succeed();
        assert_eq!(queue.depth(), 3, "each once, however often it was run");
        for answer in answers {
            assert_eq!(answered(answer).await, Ok(()));
        }
        let mut next = queue.dispatch();
        assert!(next.run(&connection).is_ok());
        next.succeed();
        assert_eq!(answered(later).await, Ok(()));
        assert_eq!(written(&connection).len(), 4);
    }

    #[tokio::test]
    async fn a_writer_that_is_closed_or_overloaded_answers_everybody_who_waits() {
        let queue = Queue::default();
        let writer = Writer::start(file(), (), ()).unwrap();
        writer.close();
        for round in 0..2 {
            let answers: Vec<Answer> = (0..3).map(|number| queue.add(number).unwrap().1).collect();
            writer.submit(queue.dispatch());
            for answer in answers {
                assert_eq!(answered(answer).await, Err(closed()), "round {round}");
            }
        }
        let (_, answer) = queue.add(1).unwrap();
        queue.dispatch().fail(PortError::Overloaded);
        assert_eq!(answered(answer).await, Err(PortError::Overloaded));
        assert_eq!(queue.depth(), 0);
    }

    #[tokio::test]
    async fn a_job_that_is_dropped_answers_everybody_who_waits() {
        let ended = Err(unavailable("the writer ended before it answered"));
        for runs in [false, true] {
            let queue = Queue::default();
            let answers: Vec<Answer> = (0..3).map(|number| queue.add(number).unwrap().1).collect();
            let mut dispatch = queue.dispatch();
            assert!(!runs || dispatch.run(&file()).is_ok());
            drop(dispatch);
            for answer in answers {
                assert_eq!(answered(answer).await, ended);
            }
            assert!(queue.add(3).unwrap().0, "the next one tries again");
        }
    }

    #[tokio::test]
    async fn a_full_disk_fails_for_all_of_a_commit_until_there_is_room_again() {
        let connection = file();
        connection.execute_batch("PRAGMA max_page_count = 50").unwrap();
        let (queue, writer) = (Queue::default(), Writer::start(connection, (), ()).unwrap());
        let answers = [1, 1_000_000, 1].map(|size| queue.add_with(1, size).unwrap().1);
        writer.submit(queue.dispatch());
        for answer in answers {
            assert_eq!(answered(answer).await, Err(unavailable("the disk is full")));
        }
        let count = |connection: &Connection| Ok(written(connection).len());
        assert_eq!(writer.run(Mode::Grouped, count, |_| ()).await, Ok(0));
        assert_eq!(queue.depth(), 0);
        let (_, answer) = queue.add(1).unwrap();
        writer.submit(queue.dispatch());
        assert_eq!(answered(answer).await, Ok(()));
        assert_eq!(writer.run(Mode::Grouped, count, |_| ()).await, Ok(1));
    }
}
