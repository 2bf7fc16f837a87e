//! Owns the one thread that writes a database file, and the group commit: what is waiting is written in
//! one transaction, and nobody is answered before its COMMIT returned.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use election_service::ports::{PortError, PortResult};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::failure::{Failure, closed, locked, unavailable};

/// How many jobs may wait before further ones are refused.
const WAITING: usize = 4096;
/// How many jobs one transaction has at most.
const GROUP: usize = 512;
/// How far apart transactions begin at least.
const PACE: Duration = Duration::from_millis(1);

/// Whether a job shares a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Runs within a transaction that others share. If that fails it runs again, alone; before it is
    /// refused it has run twice at least.
    Grouped,
    /// Runs once and outside of any transaction, for what SQLite can't do in one.
    Alone,
}

/// What is kept in memory of a file and changes with its transactions.
pub(crate) trait Companion: Send + 'static {
    /// Reads it from the file. On opening, before anything else is read or written.
    fn load(&self, connection: &Connection) -> Result<(), Failure>;
    /// The transaction is durable. Before anybody is answered, and before the next one begins.
    fn committed(&self);
    /// Nothing of the transaction was written. Perhaps it never began.
    fn rolled_back(&self);
}

/// Nothing is kept.
impl Companion for () {
    fn load(&self, _: &Connection) -> Result<(), Failure> {
        Ok(())
    }

    fn committed(&self) {}

    fn rolled_back(&self) {}
}

/// Work for the thread, with what is to happen once it is durable or refused.
pub(crate) trait Job: Send {
    fn mode(&self) -> Mode;
    /// Does the work and keeps its result.
    fn run(&mut self, connection: &Connection) -> Result<(), Failure>;
    /// What the last run wrote is durable.
    fn succeed(self: Box<Self>);
    /// Nothing was written. Perhaps it never ran.
    fn fail(self: Box<Self>, error: PortError);
}

struct Task<T, W, A> {
    mode: Mode,
    work: W,
    after: A,
    result: Option<T>,
    reply: oneshot::Sender<PortResult<T>>,
}

impl<T, W, A> Job for Task<T, W, A>
where
    T: Send,
    W: FnMut(&Connection) -> Result<T, Failure> + Send,
    A: FnOnce(&T) + Send,
{
    fn mode(&self) -> Mode {
        self.mode
    }

    fn run(&mut self, connection: &Connection) -> Result<(), Failure> {
        self.result = None;
        let work = AssertUnwindSafe(|| (self.work)(connection));
        self.result = Some(catch_unwind(work).map_err(|_| unavailable("a write panicked"))??);
        Ok(())
    }

    fn succeed(self: Box<Self>) {
        // Whoever waited for the answer may have gone; what was written stays.
        if let Some(result) = self.result {
            (self.after)(&result);
            let _ = self.reply.send(Ok(result));
        }
    }

    fn fail(self: Box<Self>, error: PortError) {
        let _ = self.reply.send(Err(error));
    }
}

/// The way to the thread that writes a file.
pub(crate) struct Writer {
    sender: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread. `companion` is told of each transaction that jobs share. `keep` is dropped after the
    /// connection was closed.
    pub(crate) fn start(
        connection: Connection,
        companion: impl Companion,
        keep: impl Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let thread = thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                serve(connection, &companion, receiver);
                drop(keep);
            })?;
        Ok(Self {
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Does `work` durably. `after` is called on the writer's thread once it is, before anything further
    /// is written, and also if nobody waits for the answer any more.
    pub(crate) async fn run<T, W, A>(&self, mode: Mode, work: W, after: A) -> PortResult<T>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Failure> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task {
            mode,
            work,
            after,
            result: None,
            reply,
        });
        self.submit(job);
        answer
            .await
            .unwrap_or_else(|_| Err(unavailable("the writer ended before it answered")))
    }

    /// Hands a job over, or fails it if it can't be taken on.
    pub(crate) fn submit(&self, job: Box<dyn Job>) {
        let sent = match &*locked(&self.sender) {
            Some(sender) => sender.try_send(job),
            None => Err(mpsc::error::TrySendError::Closed(job)),
        };
        match sent {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(job)) => job.fail(PortError::Overloaded),
            Err(mpsc::error::TrySendError::Closed(job)) => job.fail(closed()),
        }
    }

    /// Refuses further jobs, completes those that wait and closes the file. Blocks. Once it has returned,
    /// nothing is written any more.
    pub(crate) fn close(&self) {
        drop(locked(&self.sender).take());
        // Kept locked while joining: a second call must not return before the thread has ended.
        let mut thread = locked(&self.thread);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a database's writer panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(connection: Connection, companion: &dyn Companion, mut receiver: mpsc::Receiver<Box<dyn Job>>) {
    let mut waiting: Vec<Box<dyn Job>> = Vec::new();
    let mut last = Instant::now();
    while receiver.blocking_recv_many(&mut waiting, GROUP) > 0 {
        // Under load, what comes within a moment shares one wait for the disk. After a pause nothing waits.
        let pause = PACE.saturating_sub(last.elapsed());
        if !pause.is_zero() {
            thread::sleep(pause);
            while waiting.len() < GROUP
                && let Ok(job) = receiver.try_recv()
            {
                waiting.push(job);
            }
        }
        last = Instant::now();
        let mut group = Vec::with_capacity(waiting.len());
        for job in waiting.drain(..) {
            if job.mode() == Mode::Alone {
                commit_group(&connection, companion, std::mem::take(&mut group));
                finish(run_alone(&connection, job));
            } else {
                group.push(job);
            }
        }
        commit_group(&connection, companion, group);
    }
    // SQLite would do it on closing too, but not if a reader is still there.
    if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(error = %PortError::from(Failure::from(error)), "the last checkpoint of a database failed");
    }
    if connection.close().is_err() {
        tracing::warn!("a database's connection can't be closed");
    }
}

type Ended = (Box<dyn Job>, Result<(), Failure>);

fn finish((job, result): Ended) {
    match result {
        Ok(()) => job.succeed(),
        Err(failure) => job.fail(failure.into()),
    }
}

/// Runs the jobs in one transaction. If that fails, each has its own, so that a job's failure is its own.
/// The group may have failed before a job's turn came: one that fails alone has a second run of its own.
fn commit_group(connection: &Connection, companion: &dyn Companion, mut jobs: Vec<Box<dyn Job>>) {
    if jobs.is_empty() {
        return;
    }
    match transaction(connection, companion, &mut jobs) {
        Ok(()) => jobs.into_iter().for_each(|job| job.succeed()),
        Err(_) => {
            for mut job in jobs {
                let alone = std::slice::from_mut(&mut job);
                let mut run = || transaction(connection, companion, alone);
                let result = run().or_else(|_| run());
                finish((job, result));
            }
        }
    }
}

fn transaction(
    connection: &Connection,
    companion: &dyn Companion,
    jobs: &mut [Box<dyn Job>],
) -> Result<(), Failure> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let result = jobs.iter_mut().try_for_each(|job| {
        job.run(connection)?;
        // Some errors end the whole transaction: what a job that swallowed one did can't be committed.
        if connection.is_autocommit() {
            Err(unavailable("the transaction was rolled back").into())
        } else {
            Ok(())
        }
    });
    let result = result.and_then(|()| Ok(connection.prepare_cached("COMMIT")?.execute([]).map(drop)?));
    if result.is_ok() {
        companion.committed();
    } else {
        roll_back(connection);
        companion.rolled_back();
    }
    result
}

fn run_alone(connection: &Connection, mut job: Box<dyn Job>) -> Ended {
    let result = job.run(connection);
    roll_back(connection);
    (job, result)
}

/// Ends a transaction that is still open, without keeping what it wrote.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
        tracing::error!("a database's transaction can't be rolled back");
    }
}

/// Within a transaction, makes `work` take effect wholly or, if it fails or `keep` says no, not at all.
pub(crate) fn nested<T>(
    connection: &Connection,
    work: impl FnOnce() -> Result<T, Failure>,
    keep: impl FnOnce(&T) -> bool,
) -> Result<T, Failure> {
    connection.prepare_cached("SAVEPOINT nested")?.execute([])?;
    let result = work();
    if !result.as_ref().is_ok_and(keep) && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO nested")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE nested")?.execute([])?;
    }
    result
}

#[cfg(test)]
mod tests;
