//! Owns who casts what when: votes that come due by the schedule, whoever is busy, or as fast as users take
//! them; and votes that are tried again later. Users are browsers' hands: while one voter waits to try again,
//! the user serves the next.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::curve::Due;
use crate::ledger::lock;

/// If no vote is settled for so long while some are waiting, the server is taken for stuck.
pub(crate) const STALL: Duration = Duration::from_secs(30);

/// A vote to be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    /// When it was due first: what its response time is measured from.
    pub(crate) due_us: u64,
    /// The voter's place in the order.
    pub(crate) place: u32,
    /// How often it was tried.
    pub(crate) attempt: u32,
}

/// Why the load ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Everything was sent, or the time was up.
    Done,
    /// Somebody stopped it.
    Interrupted,
    /// The server settled nothing for [`STALL`].
    Stalled,
}

/// What is to be sent.
pub(crate) struct Agenda {
    began: Instant,
    schedule: Option<Vec<Due>>,
    /// Voters of an agenda without a schedule, by their place in the order.
    count: u32,
    /// Starts over at the end: nothing is kept of these votes.
    endless: bool,
    time: Option<Duration>,
    at_least: Duration,
    cursor: AtomicU32,
    ready: Mutex<VecDeque<Job>>,
    permits: Semaphore,
    retries: Mutex<BinaryHeap<Reverse<(u64, Job)>>>,
    next_retry_us: AtomicU64,
    outstanding: AtomicU64,
    settled_us: AtomicU64,
    stopped: AtomicBool,
}

impl Agenda {
    /// Votes by a schedule, in the order of their due times; until all are settled, and not before `at_least`.
    pub(crate) fn paced(schedule: Vec<Due>, at_least: Duration) -> Self {
        Self {
            at_least,
            ..Self::new(Some(schedule), 0, false, None)
        }
    }

    /// The votes numbered below `count`, as fast as users go, for at most `time`.
    pub(crate) fn unpaced(count: u32, endless: bool, time: Duration) -> Self {
        Self::new(None, count, endless, Some(time))
    }

    fn new(schedule: Option<Vec<Due>>, count: u32, endless: bool, time: Option<Duration>) -> Self {
        Self {
            began: Instant::now(),
            schedule,
            count,
            endless,
            time,
            at_least: Duration::ZERO,
            cursor: AtomicU32::new(0),
            ready: Mutex::default(),
            permits: Semaphore::new(0),
            retries: Mutex::default(),
            next_retry_us: AtomicU64::new(u64::MAX),
            outstanding: AtomicU64::new(0),
            settled_us: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// How long it is meant to last, in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        let last_us = self
            .schedule
            .iter()
            .flatten()
            .next_back()
            .map_or(0, |due| due.at_us);
        let time = self.time.unwrap_or(self.at_least);
        time.max(Duration::from_micros(last_us)).as_secs()
    }

    /// Microseconds since the load began.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Whether votes come due by themselves, so that waiting for a user counts.
    pub(crate) fn is_paced(&self) -> bool {
        self.schedule.is_some()
    }

    /// Whether the load has ended.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The next vote; `None` once the load has ended.
    pub(crate) async fn next(&self) -> Option<Job> {
        if self.is_paced() {
            self.permits.acquire().await.ok()?.forget();
            return if self.is_stopped() {
                None
            } else {
                lock(&self.ready).pop_front()
            };
        }
        loop {
            if self.is_stopped() {
                return None;
            }
            if self.next_retry_us.load(Ordering::Relaxed) <= self.now_us()
                && let Some(job) = self.due_retry()
            {
                return Some(job);
            }
            let place = self.cursor.fetch_add(1, Ordering::Relaxed);
            if self.endless || place < self.count {
                self.outstanding.fetch_add(1, Ordering::Relaxed);
                return Some(Job {
                    due_us: self.now_us(),
                    place: place % self.count.max(1),
                    attempt: 0,
                });
            }
            self.cursor.store(self.count, Ordering::Relaxed);
            if self.outstanding.load(Ordering::Relaxed) == 0 {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The vote has its answer.
    pub(crate) fn settle(&self) {
        self.settled_us.store(self.now_us(), Ordering::Relaxed);
        self.outstanding.fetch_sub(1, Ordering::Relaxed);
    }

    /// The vote is tried again after a pause.
    pub(crate) fn retry(&self, job: Job, pause: Duration) {
        let at_us = self.now_us() + u64::try_from(pause.as_micros()).unwrap_or(u64::MAX >> 1);
        let job = Job {
            attempt: job.attempt + 1,
            ..job
        };
        lock(&self.retries).push(Reverse((at_us, job)));
        self.next_retry_us.fetch_min(at_us, Ordering::Relaxed);
    }

    fn due_retry(&self) -> Option<Job> {
        let mut retries = lock(&self.retries);
        let due = retries
            .peek()
            .is_some_and(|Reverse((at_us, _))| *at_us <= self.now_us());
        let job = due.then(|| retries.pop()).flatten().map(|Reverse((_, job))| job);
        let next = retries.peek().map_or(u64::MAX, |Reverse((at_us, _))| *at_us);
        self.next_retry_us.store(next, Ordering::Relaxed);
        job
    }

    fn hand_out(&self, job: Job) {
        lock(&self.ready).push_back(job);
        self.permits.add_permits(1);
    }

    /// Hands votes out when they come due, until the load ends. A thread of its own: the system wakes it to a
    /// few dozen microseconds, while timers of the runtime are a millisecond late.
    pub(crate) fn pace(
        &self,
        is_interrupted: impl Fn() -> bool,
        progress: impl Fn(u64),
    ) -> (Ended, Duration) {
        let mut place = 0;
        let ended = loop {
            let now_us = self.now_us();
            let mut wake_us = now_us + 50_000;
            if let Some(schedule) = &self.schedule {
                while let Some(due) = schedule.get(place).filter(|due| due.at_us <= now_us) {
                    place += 1;
                    self.outstanding.fetch_add(1, Ordering::Relaxed);
                    self.hand_out(Job {
                        due_us: due.at_us,
                        place: due.place,
                        attempt: 0,
                    });
                }
                while let Some(job) = self.due_retry() {
                    self.hand_out(job);
                }
                let next_us = schedule.get(place).map_or(u64::MAX, |due| due.at_us);
                wake_us = wake_us
                    .min(next_us)
                    .min(self.next_retry_us.load(Ordering::Relaxed));
            }
            let outstanding = self.outstanding.load(Ordering::Relaxed);
            let all_sent = match &self.schedule {
                Some(schedule) => place == schedule.len(),
                None => !self.endless && self.cursor.load(Ordering::Relaxed) >= self.count,
            };
            let is_over = self.time.is_some_and(|time| self.began.elapsed() >= time);
            if is_interrupted() {
                break Ended::Interrupted;
            }
            let is_long_enough = self.began.elapsed() >= self.at_least;
            if is_over || all_sent && outstanding == 0 && is_long_enough {
                break Ended::Done;
            }
            if outstanding == 0 {
                self.settled_us.store(now_us, Ordering::Relaxed);
            }
            let settled_us = self.settled_us.load(Ordering::Relaxed);
            if Duration::from_micros(now_us.saturating_sub(settled_us)) > STALL {
                break Ended::Stalled;
            }
            progress(now_us);
            std::thread::sleep(Duration::from_micros(wake_us.saturating_sub(self.now_us())));
        };
        self.stopped.store(true, Ordering::Relaxed);
        let time = self.began.elapsed();
        self.permits.close();
        (ended, time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(at_us: u64, place: u32) -> Due {
        Due { at_us, place }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_paced_agenda_hands_out_every_vote_once_when_it_is_due_and_again_when_it_is_retried() {
        let agenda = Agenda::paced(vec![due(0, 0), due(1_000, 1), due(20_000, 2)], Duration::ZERO);
        let mut seen = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(agenda.pace(|| false, |_| ()).0, Ended::Done));
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    while let Some(job) = agenda.next().await {
                        assert!(agenda.now_us() >= job.due_us);
                        seen.push((job.place, job.attempt));
                        if job.place == 1 && job.attempt == 0 {
                            agenda.retry(job, Duration::from_millis(1));
                        } else {
                            agenda.settle();
                        }
                    }
                });
            });
        });
        seen.sort_unstable();
        assert_eq!(seen, [(0, 0), (1, 0), (1, 1), (2, 0)]);
    }

    #[tokio::test]
    async fn an_unpaced_agenda_ends_with_its_votes() {
        let agenda = Agenda::unpaced(2, false, Duration::from_secs(60));
        for vote in [0, 1] {
            assert_eq!(agenda.next().await.unwrap().place, vote);
            agenda.settle();
        }
        assert_eq!(agenda.next().await, None);
        assert_eq!(agenda.pace(|| false, |_| ()).0, Ended::Done);
    }

    #[tokio::test]
    async fn an_interrupted_agenda_ends() {
        let agenda = Agenda::paced(vec![due(u64::MAX, 0)], Duration::ZERO);
        assert_eq!(agenda.pace(|| true, |_| ()).0, Ended::Interrupted);
        assert_eq!(agenda.next().await, None);
    }
}
