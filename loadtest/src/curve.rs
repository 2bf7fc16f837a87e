//! Owns when votes are due: each profile's curve over its time, as a schedule made from a seed.

use std::time::Duration;

use fastrand::Rng;

use crate::ballots::mix;

/// A piece of a curve: from here to the next piece the rate goes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    /// Share of the whole time.
    at: f64,
    /// Votes per time, in any unit.
    rate: f64,
}

/// A rate over time.
#[derive(Clone, Debug)]
pub(crate) struct Curve(Vec<Point>);

/// When a vote is due, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// Since the load began.
    pub(crate) at_us: u64,
    /// The voter's place in the order.
    pub(crate) place: u32,
}

const fn point(at: f64, rate: f64) -> Point {
    Point { at, rate }
}

impl Curve {
    /// The same all the time.
    pub(crate) fn steady() -> Self {
        Self(vec![point(0.0, 1.0), point(1.0, 1.0)])
    }

    /// Ten times as much for a tenth of the time, in the middle.
    pub(crate) fn spike() -> Self {
        Self(vec![
            point(0.0, 1.0),
            point(0.45, 1.0),
            point(0.45, 10.0),
            point(0.55, 10.0),
            point(0.55, 1.0),
            point(1.0, 1.0),
        ])
    }

    /// A day of sixteen hours: the doors open on a queue (×10 of the mean for 1 % of the day), waves in the
    /// morning, at noon and in the evening, and a last hour at 4.45 times the mean.
    pub(crate) fn election_day() -> Self {
        const OPENING: (f64, f64) = (0.01, 10.0);
        const LAST_HOUR: (f64, f64) = (1.0 / 16.0, 4.45);
        let waves = [
            (0.01, 0.6),
            (0.1, 1.3),
            (0.22, 0.5),
            (0.38, 1.1),
            (0.5, 0.4),
            (0.68, 0.6),
            (0.8, 1.2),
            (0.9, 0.7),
            (1.0 - LAST_HOUR.0, 0.8),
        ];
        // The waves take what the opening and the last hour leave, so that the mean of the day is 1.
        let area: f64 = waves
            .windows(2)
            .map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1))
            .sum();
        let scale = (1.0 - OPENING.0 * OPENING.1 - LAST_HOUR.0 * LAST_HOUR.1) / area;
        let mut points = vec![point(0.0, OPENING.1), point(OPENING.0, OPENING.1)];
        points.extend(waves.map(|(at, rate)| point(at, rate * scale)));
        points.extend([point(1.0 - LAST_HOUR.0, LAST_HOUR.1), point(1.0, LAST_HOUR.1)]);
        Self(points)
    }

    /// The share of all votes that are due by a share of the time, at each point.
    fn sums(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let mut sums = vec![0.0];
        for pair in self.0.windows(2) {
            sum += (pair[1].at - pair[0].at) * f64::midpoint(pair[0].rate, pair[1].rate);
            sums.push(sum);
        }
        sums.iter().map(|at| at / sum).collect()
    }

    /// Due times of `count` votes over `time`: in order, spread as the curve is, each at random within its turn.
    pub(crate) fn schedule(&self, count: u32, time: Duration, seed: u64) -> Vec<Due> {
        let sums = self.sums();
        let area: f64 = self
            .0
            .windows(2)
            .map(|pair| (pair[1].at - pair[0].at) * f64::midpoint(pair[0].rate, pair[1].rate))
            .sum();
        let total_us = time.as_secs_f64() * 1e6;
        let mut random = Rng::with_seed(mix(seed, 0x5c4e_d01e));
        let mut piece = 0;
        let due = |vote: u32| {
            let share = (f64::from(vote) + random.f64()) / f64::from(count);
            while piece + 2 < sums.len() && sums[piece + 1] < share {
                piece += 1;
            }
            let (from, to) = (self.0[piece], self.0[piece + 1]);
            let at = from.at + within(from, to, (share - sums[piece]) * area);
            Due {
                at_us: (at * total_us) as u64,
                place: vote,
            }
        };
        (0..count).map(due).collect()
    }
}

/// How far into a piece its area reaches `area`: the root of a quadratic, in the form that is stable for
/// nearly constant rates.
fn within(from: Point, to: Point, area: f64) -> f64 {
    let width = to.at - from.at;
    if width <= 0.0 {
        return 0.0;
    }
    let slope = (to.rate - from.rate) / width;
    let root = (from.rate * from.rate + 2.0 * slope * area).max(0.0).sqrt();
    (2.0 * area / (from.rate + root)).clamp(0.0, width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn curves() -> [Curve; 3] {
        [Curve::steady(), Curve::spike(), Curve::election_day()]
    }

    /// Votes due between two shares of the time, relative to the mean rate.
    fn rate(curve: &Curve, from: f64, to: f64) -> f64 {
        let schedule = curve.schedule(100_000, Duration::from_secs(1_000), 1);
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

    #[test]
    fn a_spike_is_ten_times_its_surroundings() {
        let spike = Curve::spike();
        let ratio = rate(&spike, 0.46, 0.54) / rate(&spike, 0.1, 0.4);
        assert!((ratio - 10.0).abs() < 0.1, "{ratio}");
    }

    proptest! {
        #[test]
        fn a_schedule_has_every_vote_once_in_order_and_within_its_time(count in 0_u32..3_000, seconds in 1_u64..100_000, seed: u64) {
            for curve in curves() {
                let schedule = curve.schedule(count, Duration::from_secs(seconds), seed);
                prop_assert_eq!(schedule.len(), count as usize);
                prop_assert!(schedule.is_sorted_by_key(|due| due.at_us));
                prop_assert!(schedule.iter().zip(0..).all(|(due, vote)| due.place == vote));
                prop_assert!(schedule.iter().all(|due| due.at_us <= seconds * 1_000_000));
                prop_assert_eq!(&schedule, &curve.schedule(count, Duration::from_secs(seconds), seed));
            }
        }
    }
}
