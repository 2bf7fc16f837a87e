//! Owns the limits that AWS sets and how they grow: a bucket of tokens, a pace of writes, a ramp, a table that doubles.

use super::station::Micros;
use crate::facts::DOUBLING_SECONDS;

const SECOND: f64 = 1e6;

/// Lets a rate through, and a burst: what API Gateway and Lambda do with requests.
pub(super) struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    since: Micros,
}

impl Bucket {
    /// Full at first.
    pub(super) fn new(rate: f64, burst: f64) -> Self {
        Self {
            rate,
            burst,
            tokens: burst,
            since: 0,
        }
    }

    /// Takes so many tokens, or none.
    pub(super) fn take(&mut self, now: Micros, tokens: f64) -> bool {
        self.fill(now);
        let is_enough = self.tokens >= tokens;
        if is_enough {
            self.tokens -= tokens;
        }
        is_enough
    }

    /// Another rate from now on.
    pub(super) fn set_rate(&mut self, now: Micros, rate: f64) {
        self.fill(now);
        self.rate = rate;
    }

    fn fill(&mut self, now: Micros) {
        self.tokens = (self.tokens + (now - self.since) as f64 / SECOND * self.rate).min(self.burst);
        self.since = now;
    }
}

/// Writes of a table, one after the other at its rate: more wait, as the SDK's retries do.
#[derive(Default)]
pub(super) struct Pace {
    free_at: f64,
}

impl Pace {
    /// When so many writes that are asked for now are done.
    pub(super) fn reserve(&mut self, now: Micros, writes: u64, rate: f64) -> Micros {
        if writes == 0 {
            return now;
        }
        let start = self.free_at.max(now as f64);
        self.free_at = start + writes as f64 / rate * SECOND;
        start as Micros
    }
}

/// A number that grows by steps while it is wanted, up to a limit, and shrinks again a tenth as fast.
pub(super) struct Ramp {
    now: f64,
    least: f64,
    most: f64,
    per_second: f64,
}

impl Ramp {
    /// Starts at the least.
    pub(super) fn new(least: f64, most: f64, per_second: f64) -> Self {
        Self {
            now: least,
            least,
            most,
            per_second,
        }
    }

    /// A second passes.
    pub(super) fn step(&mut self, is_wanted: bool) -> f64 {
        self.now += if is_wanted {
            self.per_second
        } else {
            -self.per_second / 10.0
        };
        self.now = self.now.clamp(self.least, self.most);
        self.now
    }

    /// How many there are.
    pub(super) fn get(&self) -> f64 {
        self.now
    }
}

/// An on-demand table: takes what it was made ready for, or twice the busiest minute that is half an hour ago.
pub(super) struct Doubling {
    warm: f64,
    minutes: Vec<u64>,
    rate: f64,
}

impl Doubling {
    /// Ready for so many writes a second.
    pub(super) fn new(warm: u64) -> Self {
        Self {
            warm: warm as f64,
            minutes: Vec::new(),
            rate: warm as f64,
        }
    }

    /// A minute with so many writes is over.
    pub(super) fn minute(&mut self, writes: u64) {
        self.minutes.push(writes);
        let settled = self
            .minutes
            .len()
            .saturating_sub((DOUBLING_SECONDS / 60) as usize);
        if let Some(last) = settled.checked_sub(1) {
            self.rate = self.rate.max(self.minutes[last] as f64 / 60.0 * 2.0);
        }
    }

    /// Writes per second.
    pub(super) fn rate(&self) -> f64 {
        self.rate.max(self.warm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_its_rate_through_after_its_burst() {
        let mut bucket = Bucket::new(10.0, 5.0);
        let granted = (0..10_000).filter(|each| bucket.take(each * 1_000, 1.0)).count();
        assert!((104..=105).contains(&granted), "{granted}");
    }

    #[test]
    fn writes_beyond_the_pace_wait_as_a_fluid_would() {
        let mut pace = Pace::default();
        assert_eq!(pace.reserve(0, 100, 100.0), 0);
        assert_eq!(pace.reserve(0, 50, 100.0), 1_000_000);
        assert_eq!(pace.reserve(0, 0, 100.0), 0);
        assert_eq!(pace.reserve(1_400_000, 1, 100.0), 1_500_000);
        assert_eq!(pace.reserve(5_000_000, 1, 100.0), 5_000_000);
    }

    #[test]
    fn a_ramp_takes_its_steps_and_stays_within_its_limits() {
        let mut ramp = Ramp::new(10.0, 100.0, 40.0);
        let up: Vec<f64> = (0..4).map(|_| ramp.step(true)).collect();
        assert_eq!(up, [50.0, 90.0, 100.0, 100.0]);
        assert!((ramp.step(false) - 96.0).abs() < 1e-9);
    }

    #[test]
    fn a_table_takes_twice_its_peak_half_an_hour_later() {
        let mut table = Doubling::new(4_000);
        for _ in 0..30 {
            table.minute(60 * 3_000);
        }
        assert!((table.rate() - 4_000.0).abs() < 1e-9);
        table.minute(0);
        assert!((table.rate() - 6_000.0).abs() < 1e-9);
    }
}
