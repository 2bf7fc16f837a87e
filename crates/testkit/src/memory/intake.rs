//! Owns a region's queue in memory. A lease and a delay are the same thing to it: a time before which
//! the message isn't received.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use election_core::envelope::Message;
use election_service::ports::{CopyRole, Depth, Handle, Intake, PortResult, Received, Waiting};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::lock;

struct Queued {
    message: Message,
    role: CopyRole,
    receives: u32,
    visible_at: Instant,
    /// Whether it isn't visible because it was received.
    is_leased: bool,
}

#[derive(Default)]
struct State {
    next_number: u64,
    messages: HashMap<u64, Queued>,
    /// All messages by when they can be received.
    schedule: BTreeSet<(Instant, u64)>,
}

/// [`Intake`] in memory.
pub struct MemoryIntake {
    state: Mutex<State>,
    visibility: Duration,
    changed: Notify,
}

impl State {
    fn push(&mut self, message: Message, role: CopyRole, visible_at: Instant) {
        let queued = Queued {
            message,
            role,
            receives: 0,
            visible_at,
            is_leased: false,
        };
        self.messages.insert(self.next_number, queued);
        self.schedule.insert((visible_at, self.next_number));
        self.next_number += 1;
    }

    fn lease(&mut self, max: usize, now: Instant, until: Instant) -> Vec<Received> {
        let visible = self.schedule.iter().take_while(|(at, _)| *at <= now).take(max);
        let numbers: Vec<u64> = visible.map(|(_, number)| *number).collect();
        let lease = |number| {
            self.reschedule(number, until, true).map(|queued| {
                queued.receives += 1;
                Received {
                    handle: Handle(format!("{number}-{}", queued.receives)),
                    role: queued.role,
                    message: queued.message.clone(),
                    receives: queued.receives,
                }
            })
        };
        numbers.into_iter().filter_map(lease).collect()
    }

    fn reschedule(&mut self, number: u64, at: Instant, is_leased: bool) -> Option<&mut Queued> {
        let queued = self.messages.get_mut(&number)?;
        self.schedule.remove(&(queued.visible_at, number));
        self.schedule.insert((at, number));
        queued.visible_at = at;
        queued.is_leased = is_leased;
        Some(queued)
    }

    /// The message of a handle whose lease hasn't ended.
    fn leased(&self, handle: &Handle, now: Instant) -> Option<u64> {
        let (number, receives) = handle.0.split_once('-')?;
        let (number, receives) = (number.parse().ok()?, receives.parse::<u32>().ok()?);
        let queued = self.messages.get(&number)?;
        (queued.is_leased && queued.receives == receives && queued.visible_at > now).then_some(number)
    }

    fn remove(&mut self, number: u64) {
        if let Some(queued) = self.messages.remove(&number) {
            self.schedule.remove(&(queued.visible_at, number));
        }
    }
}

impl MemoryIntake {
    /// An empty queue that leases messages for `visibility`.
    pub fn new(visibility: Duration) -> Self {
        Self {
            state: Mutex::default(),
            visibility,
            changed: Notify::new(),
        }
    }

    pub(super) fn lose(&self) {
        let mut state = lock(&self.state);
        state.messages.clear();
        state.schedule.clear();
    }
}

#[async_trait]
impl Intake for MemoryIntake {
    async fn send(&self, message: Message, role: CopyRole, delay: Duration) -> PortResult<()> {
        lock(&self.state).push(message, role, Instant::now() + delay);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let deadline = Instant::now() + wait;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = Instant::now();
            let next = {
                let mut state = lock(&self.state);
                let received = state.lease(max, now, now + self.visibility);
                if !received.is_empty() || now >= deadline {
                    return Ok(received);
                }
                state
                    .schedule
                    .first()
                    .map_or(deadline, |(at, _)| deadline.min(*at))
            };
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    async fn acknowledge(&self, handles: &[Handle]) -> PortResult<()> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        for handle in handles {
            if let Some(number) = state.leased(handle, now) {
                state.remove(number);
            }
        }
        Ok(())
    }

    async fn release(&self, handles: &[Handle], delay: Duration) -> PortResult<()> {
        let now = Instant::now();
        {
            let mut state = lock(&self.state);
            for handle in handles {
                if let Some(number) = state.leased(handle, now) {
                    state.reschedule(number, now + delay, false);
                }
            }
        }
        self.changed.notify_waiters();
        Ok(())
    }

    async fn waiting(&self) -> PortResult<Option<Vec<Waiting>>> {
        let waiting = |queued: &Queued| Waiting {
            envelope: queued.message.envelope,
            ballot_key: queued.message.ballot_key,
            role: queued.role,
        };
        Ok(Some(lock(&self.state).messages.values().map(waiting).collect()))
    }

    async fn depth(&self) -> PortResult<Depth> {
        let state = lock(&self.state);
        let copies = state
            .messages
            .values()
            .filter(|queued| queued.role == CopyRole::Second)
            .count();
        Ok(Depth {
            primaries: (state.messages.len() - copies) as u64,
            copies: copies as u64,
            given_up: 0,
        })
    }
}
