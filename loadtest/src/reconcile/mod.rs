//! Owns the reconciliation: what became of each vote, and whether the counts say the same. It runs after every
//! load, whatever happened before.

mod counted;
mod receipts;
mod settle;
mod verdict;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub(crate) use counted::{Counted, Grounds};
pub(crate) use verdict::{Verdict, verdict};

use crate::casting::Run;
use crate::ledger::lock;

/// How many votes are asked for at the same time.
const ASKERS: usize = 64;

/// Votes that are still to be asked for, shared by those who ask.
struct Queue(Mutex<VecDeque<(u32, u32)>>);

impl Queue {
    fn new(votes: impl Iterator<Item = u32>) -> Self {
        Self(Mutex::new(votes.map(|vote| (vote, 0)).collect()))
    }

    /// A vote, and how often it was asked for.
    fn take(&self) -> Option<(u32, u32)> {
        lock(&self.0).pop_front()
    }

    /// Last in line again.
    fn give_back(&self, vote: u32, attempts: u32) {
        lock(&self.0).push_back((vote, attempts));
    }
}

/// Follows every vote to its end: resends what has no answer, looks up all receipts, compares the counts.
pub(crate) async fn reconcile(
    run: &Arc<Run>,
    grounds: Grounds,
    patience: Duration,
    ended: Instant,
) -> Counted {
    let until = Instant::now() + patience;
    settle::settle(run, until).await;
    let moved = Arc::new(Mutex::new(None));
    let watch = tokio::spawn(counted::watch(Arc::clone(run), ended, Arc::clone(&moved)));
    receipts::look_up(run, until).await;
    receipts::check_digests(run);
    let mut counted = counted::compare(run, grounds, until).await;
    watch.abort();
    counted.last_counted = *lock(&moved);
    counted
}
