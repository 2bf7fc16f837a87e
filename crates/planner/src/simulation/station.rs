//! Owns one building block: a queue in order of arrival, in front of a number of servers that each take a batch at a
//! time. Its waiting times are checked against Erlang's formula in tests/suite/queueing.rs.

use std::collections::VecDeque;

/// Millionths of a second since the opening.
pub type Micros = u64;

/// A queue and its servers.
pub struct Station<T> {
    queue: VecDeque<(Micros, T)>,
    servers: usize,
    busy: usize,
    batch: usize,
    window: Micros,
}

/// What a station does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A server took a batch.
    Started,
    /// Nothing can start until something arrives or a server is free.
    Idle,
    /// An unfilled batch starts at this time.
    At(Micros),
}

impl<T> Station<T> {
    /// Servers that take up to `batch` at a time, and wait up to `window` for it to be full.
    pub fn new(servers: usize, batch: usize, window: Micros) -> Self {
        Self {
            queue: VecDeque::new(),
            servers,
            busy: 0,
            batch,
            window,
        }
    }

    /// Queues one.
    pub fn arrive(&mut self, now: Micros, item: T) {
        self.queue.push_back((now, item));
    }

    /// Lets one server take a batch, if it can.
    pub fn start(&mut self, now: Micros, batch: &mut Vec<T>) -> Next {
        let Some((since, _)) = self.queue.front() else {
            return Next::Idle;
        };
        if self.busy >= self.servers {
            return Next::Idle;
        }
        let full_at = since + self.window;
        if self.queue.len() < self.batch && now < full_at {
            return Next::At(full_at);
        }
        let taken = self.queue.len().min(self.batch);
        batch.clear();
        batch.extend(self.queue.drain(..taken).map(|(_, item)| item));
        self.busy += 1;
        Next::Started
    }

    /// A server is done.
    pub fn finish(&mut self) {
        self.busy -= 1;
    }

    /// Those that have more to do finish it first.
    pub fn set_servers(&mut self, servers: usize) {
        self.servers = servers;
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Nothing waits and no server works.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.busy == 0
    }

    /// All that waits is gone.
    pub fn lose(&mut self) -> usize {
        let lost = self.queue.len();
        self.queue.clear();
        lost
    }
}
