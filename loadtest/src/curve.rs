//! Owns when votes are due: a curve over a profile's time, as a schedule made from a seed. The curves are the planner's.

use std::time::Duration;

use election_planner::curve::Curve;
use fastrand::Rng;

use crate::ballots::mix;

/// When a vote is due, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// Since the load began.
    pub(crate) at_us: u64,
    /// The voter's place in the order.
    pub(crate) place: u32,
}

/// Due times of `count` votes over `time`: in order, spread as the curve is, each at random within its turn.
pub(crate) fn schedule(curve: &Curve, count: u32, time: Duration, seed: u64) -> Vec<Due> {
    let total_us = time.as_secs_f64() * 1e6;
    let mut random = Rng::with_seed(mix(seed, 0x5c4e_d01e));
    let mut piece = 0;
    let due = |vote: u32| {
        let share = (f64::from(vote) + random.f64()) / f64::from(count);
        Due {
            at_us: (curve.time_of(share, &mut piece) * total_us) as u64,
            place: vote,
        }
    };
    (0..count).map(due).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Votes due between two shares of the time, relative to the mean rate.
    fn rate(curve: &Curve, from: f64, to: f64) -> f64 {
        let schedule = schedule(curve, 100_000, Duration::from_secs(1_000), 1);
        let is_within = |due: &&Due| (from * 1e9..to * 1e9).contains(&(due.at_us as f64));
        schedule.iter().filter(is_within).count() as f64 / 100_000.0 / (to - from)
    }

    #[test]
    fn election_day_opens_with_ten_times_the_mean_and_ends_with_4_45_times() {
        let day = Curve::election_day();
        assert!(
            (rate(&day, 0.0, 0.01) - 10.0).abs() < 0.1,
            "{}",
            rate(&day, 0.0, 0.01)
        );
        assert!((rate(&day, 15.0 / 16.0, 1.0) - 4.45).abs() < 0.05);
        let [morning, lull, noon, afternoon, evening] =
            [(0.08, 0.12), (0.2, 0.24), (0.36, 0.4), (0.48, 0.52), (0.78, 0.82)]
                .map(|(from, to)| rate(&day, from, to));
        assert!(morning > lull && noon > lull && noon > afternoon && evening > afternoon);
    }

    proptest! {
        #[test]
        fn a_schedule_has_every_vote_once_in_order_and_within_its_time(count in 0_u32..3_000, seconds in 1_u64..100_000, seed: u64) {
            for curve in [Curve::steady(), Curve::spike(), Curve::election_day()] {
                let time = Duration::from_secs(seconds);
                let schedule = schedule(&curve, count, time, seed);
                prop_assert_eq!(schedule.len(), count as usize);
                prop_assert!(schedule.is_sorted_by_key(|due| due.at_us));
                prop_assert!(schedule.iter().zip(0..).all(|(due, vote)| due.place == vote));
                prop_assert!(schedule.iter().all(|due| due.at_us <= seconds * 1_000_000));
                prop_assert_eq!(&schedule, &super::schedule(&curve, count, time, seed));
            }
        }
    }
}
