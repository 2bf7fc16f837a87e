//! Owns what the threads of a round share: what happened so far, what went wrong, which regions there
//! are, and whether clients may send.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// Declares counters once, with the names that the summary has.
macro_rules! counters {
    ($($name:ident: $what:literal),* $(,)?) => {
        /// How often each thing happened.
        #[derive(Default)]
        pub(crate) struct Counters { $(pub(crate) $name: AtomicU64),* }

        impl Counters {
            /// Name, description, number.
            pub(crate) fn all(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), $what, self.$name.load(Ordering::SeqCst))),*]
            }

            /// Adds what another one has.
            pub(crate) fn add(&self, other: &Self) {
                $(self.$name.fetch_add(other.$name.load(Ordering::SeqCst), Ordering::SeqCst);)*
            }
        }
    };
}

counters! {
    rounds: "elections held",
    kills: "kill -9",
    terminations: "SIGTERM",
    restarts: "restarts",
    stalls: "SIGSTOP and SIGCONT",
    fails: "regions failed",
    losses: "regions lost",
    queued_in_lost: "first copies queued in regions as they were lost",
    last_stands: "times one region was left",
    disk_fulls: "full disks",
    clock_jumps: "clock jumps",
    voters: "voters",
    sent: "votes sent, retries included",
    accepted: "202",
    repeats: "202 for a ballot that had its 202",
    doubles: "voters who cast two ballots",
    conflicts: "conflicts logged",
    recorded: "ballots recorded",
    c409: "409",
    c503: "503",
    other_refusals: "other refusals, as after the close",
    unreachable: "connections refused",
    lost_answers: "answers lost",
    looks: "sums looked at",
    looks_unanswered: "of these without an answer",
    receipts: "receipts checked",
}

/// The soak was told to stop: rounds end as failures do, and everything is cleaned up.
pub(crate) static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// One more.
pub(crate) fn one(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::SeqCst);
}

/// How often so far.
pub(crate) fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}

/// What the threads of a round share.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) counters: Counters,
    /// Read while a request is under way; held to keep all clients still.
    pub(crate) gate: RwLock<()>,
    /// The close was asked for: refusals because of it are in order.
    pub(crate) closing: AtomicBool,
    /// Clients don't pause between voters.
    pub(crate) burst: AtomicBool,
    /// Clients are to end.
    pub(crate) over: AtomicBool,
    regions: Mutex<Vec<String>>,
    violations: Mutex<Vec<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Something that must not be.
    pub(crate) fn violation(&self, text: String) {
        locked(&self.violations).push(text);
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        locked(&self.violations).clone()
    }

    /// The regions that aren't lost.
    pub(crate) fn regions(&self) -> Vec<String> {
        locked(&self.regions).clone()
    }

    pub(crate) fn set_regions(&self, regions: Vec<String>) {
        *locked(&self.regions) = regions;
    }

    /// Keeps clients from sending while it lives, and waits for what is under way.
    pub(crate) fn hold_clients(&self) -> std::sync::RwLockWriteGuard<'_, ()> {
        self.gate.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether to go on.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }
}
