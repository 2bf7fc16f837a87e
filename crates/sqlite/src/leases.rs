//! Owns what a queue knows in memory: when each message is visible next, and who leases it. Times are of
//! the monotonic clock, so setting the machine's clock moves nothing. Nothing here is written: a crash
//! ends all leases.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use election_service::ports::{CopyRole, Depth, Handle};
use tokio::time::Instant;

use crate::bundle::MessageNumber;

/// A message of the queue.
struct Entry {
    role: CopyRole,
    receives: u32,
    visible_at: Instant,
    /// Which lease it was last received under; 0 if none since it was sent or released.
    lease: u64,
}

/// A message by its number in the file, as received for the `receives`th time under a lease.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leased {
    pub(crate) number: MessageNumber,
    pub(crate) lease: u64,
    pub(crate) role: CopyRole,
    pub(crate) receives: u32,
}

impl Leased {
    pub(crate) fn handle(&self) -> Handle {
        Handle(format!("{}-{}", self.number.0, self.lease))
    }
}

/// Reads a handle back: message and lease.
pub(crate) fn parse_handle(handle: &Handle) -> Option<(MessageNumber, u64)> {
    let (number, lease) = handle.0.split_once('-')?;
    Some((MessageNumber(number.parse().ok()?), lease.parse().ok()?))
}

/// All messages of a queue.
#[derive(Default)]
pub(crate) struct Leases {
    entries: HashMap<MessageNumber, Entry>,
    by_time: BTreeSet<(Instant, MessageNumber)>,
    depth: Depth,
    last_lease: u64,
}

impl Leases {
    pub(crate) fn insert(
        &mut self,
        number: MessageNumber,
        role: CopyRole,
        receives: u32,
        visible_at: Instant,
    ) {
        self.entries.insert(
            number,
            Entry {
                role,
                receives,
                visible_at,
                lease: 0,
            },
        );
        self.by_time.insert((visible_at, number));
        *self.depth_of(role) += 1;
    }

    pub(crate) fn remove(&mut self, number: MessageNumber) {
        if let Some(entry) = self.entries.remove(&number) {
            self.by_time.remove(&(entry.visible_at, number));
            *self.depth_of(entry.role) -= 1;
        }
    }

    fn depth_of(&mut self, role: CopyRole) -> &mut u64 {
        match role {
            CopyRole::Primary => &mut self.depth.primaries,
            CopyRole::Second => &mut self.depth.copies,
        }
    }

    pub(crate) fn depth(&self) -> Depth {
        self.depth
    }

    /// Leases up to `max` visible messages, those that are visible longest first.
    pub(crate) fn take(&mut self, max: usize, now: Instant, visibility: Duration) -> Vec<Leased> {
        let visible = self
            .by_time
            .range(..=(now, MessageNumber(i64::MAX)))
            .take(max)
            .map(|(_, number)| *number);
        let visible: Vec<MessageNumber> = visible.collect();
        let mut taken = Vec::with_capacity(visible.len());
        for number in visible {
            self.last_lease += 1;
            let lease = self.last_lease;
            if let Some(entry) = self.entries.get_mut(&number) {
                entry.receives = entry.receives.saturating_add(1);
                entry.lease = lease;
                taken.push(Leased {
                    number,
                    lease,
                    role: entry.role,
                    receives: entry.receives,
                });
            }
            self.show_at(number, now + visibility);
        }
        taken
    }

    /// For how long the message has been visible that has been so longest.
    pub(crate) fn overdue(&self, now: Instant) -> Option<Duration> {
        let next = self.next_visible()?;
        now.checked_duration_since(next)
    }

    /// When a message that isn't visible now is visible next.
    pub(crate) fn next_visible(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// How often a message was received, if this lease of it hasn't ended.
    pub(crate) fn leased(&self, number: MessageNumber, lease: u64, now: Instant) -> Option<u32> {
        let entry = self.entries.get(&number)?;
        (entry.lease == lease && lease != 0 && entry.visible_at > now).then_some(entry.receives)
    }

    /// Ends a lease, unless another has begun.
    pub(crate) fn release(&mut self, number: MessageNumber, lease: u64, visible_at: Instant) {
        if let Some(entry) = self.entries.get_mut(&number).filter(|entry| entry.lease == lease) {
            entry.lease = 0;
            self.show_at(number, visible_at);
        }
    }

    /// Ends the lease of a message that nobody got, as if it hadn't been received.
    pub(crate) fn put_back(&mut self, leased: &Leased, now: Instant) {
        if let Some(entry) = self
            .entries
            .get_mut(&leased.number)
            .filter(|entry| entry.lease == leased.lease)
        {
            entry.receives = entry.receives.saturating_sub(1);
            self.release(leased.number, leased.lease, now);
        }
    }

    fn show_at(&mut self, number: MessageNumber, visible_at: Instant) {
        if let Some(entry) = self.entries.get_mut(&number) {
            self.by_time.remove(&(entry.visible_at, number));
            entry.visible_at = visible_at;
            self.by_time.insert((visible_at, number));
        }
    }
}
