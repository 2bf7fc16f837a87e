//! Owns what a simulated region has: its queue, its delayed copies, and its limits as they are provisioned; and how many
//! votes are simulated as one.

use std::collections::VecDeque;

use super::limits::{Bucket, Ramp};
use super::station::{Micros, Station};
use crate::facts::{
    BATCH, BATCH_WINDOW_SECONDS, ENQUEUER_MS, POLLERS_PER_MINUTE, RAMP_BURST, RAMP_PER_SECOND,
};
use crate::needs::Provision;

pub(super) const SECOND: Micros = 1_000_000;
/// From this many votes on, a unit is a batch.
const SINGLE_VOTES: u64 = 2_000_000;
/// About so many batches are simulated one by one; of more, several are treated as one.
const BATCHES: u64 = 1_600_000;

/// A message of a queue.
#[derive(Clone, Copy)]
pub(super) struct Message {
    pub(super) unit: u32,
    pub(super) votes: u32,
    pub(super) is_copy: bool,
    pub(super) accepted: Micros,
}

/// A region as the day finds it.
pub(super) struct Region {
    pub(super) queue: Station<Message>,
    pub(super) delayed: VecDeque<(Micros, Message)>,
    pub(super) api: Bucket,
    pub(super) functions: Bucket,
    pub(super) environments: Ramp,
    pub(super) pollers: Ramp,
    pub(super) is_alive: bool,
    pub(super) is_routed: bool,
    /// Votes that came to it within this second.
    pub(super) arrived: u64,
    pub(super) flush_at: Option<Micros>,
}

impl Region {
    pub(super) fn new(provision: &Provision, unit_votes: u64, grouped: u64) -> Self {
        // A burst has to hold a unit at least.
        let burst = |votes: f64| votes.max(2.0 * unit_votes as f64);
        let environments = Ramp::new(
            (RAMP_BURST as f64).min(provision.enqueuer_concurrency as f64),
            provision.enqueuer_concurrency as f64,
            RAMP_PER_SECOND as f64,
        );
        let admitted = provision.admitted() as f64;
        let least = provision.minimum_pollers as f64;
        let pollers = Ramp::new(
            least,
            provision.maximum_pollers as f64,
            POLLERS_PER_MINUTE as f64 / 60.0,
        );
        let batch = if unit_votes == 1 { BATCH as usize } else { 1 };
        let queue = Station::new(servers(least, grouped), batch, BATCH_WINDOW_SECONDS * SECOND);
        Self {
            queue,
            delayed: VecDeque::new(),
            api: Bucket::new(admitted, burst(admitted.min(5_000.0))),
            functions: Bucket::new(
                by_functions(environments.get()),
                burst(by_functions(environments.get())),
            ),
            environments,
            pollers,
            is_alive: true,
            is_routed: true,
            arrived: 0,
            flush_at: None,
        }
    }
}

/// Votes per second of so many environments.
pub(super) fn by_functions(environments: f64) -> f64 {
    environments * 1_000.0 / ENQUEUER_MS as f64
}

/// Servers that stand for so many pollers.
pub(super) fn servers(pollers: f64, grouped: u64) -> usize {
    ((pollers / grouped as f64) as usize).max(1)
}

/// How many votes are in a unit, and how many batches it stands for.
pub(super) fn unit(voters: u64, provision: &Provision) -> (u64, u64) {
    if voters <= SINGLE_VOTES {
        return (1, 1);
    }
    // A region keeps at least four servers.
    let grouped = (voters / BATCH)
        .div_ceil(BATCHES)
        .min(provision.minimum_pollers / 4)
        .max(1);
    (BATCH * grouped, grouped)
}

#[cfg(test)]
mod tests {
    use super::super::station::Next;
    use super::*;
    use crate::demand::Demand;

    #[test]
    fn a_unit_is_a_vote_a_batch_or_several_and_pollers_are_grouped_likewise() {
        for (voters, hours, expected) in [
            (2_000_000, 12, (1, 1)),
            (2_000_001, 12, (10, 1)),
            (160_000_000, 12, (100, 10)),
            // So few pollers can't be divided by more.
            (160_000_000, 168, (30, 3)),
        ] {
            let provision = Provision::of(&Demand::new(voters, hours, 4_450, 3).unwrap());
            let (votes, grouped) = unit(voters, &provision);
            assert_eq!((votes, grouped), expected, "{voters} in {hours} hours");
            let mut region = Region::new(&provision, votes, grouped);
            for _ in 0..100_000 {
                let message = Message {
                    unit: 0,
                    votes: votes as u32,
                    is_copy: false,
                    accepted: 0,
                };
                region.queue.arrive(0, message);
            }
            let mut batch = Vec::new();
            let started = (0..).take_while(|_| region.queue.start(0, &mut batch) == Next::Started);
            assert_eq!(started.count() as u64, provision.minimum_pollers / grouped);
        }
    }
}
