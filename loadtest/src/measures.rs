//! Owns what was measured, region by region: response times from when a vote was due, service times of each
//! request, and what was answered.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::ledger::lock;

/// So that users seldom wait for each other to note something.
const SHARDS: usize = 8;
const LONGEST_US: u64 = 3_600_000_000;

/// Times in microseconds, to three digits.
#[derive(Clone)]
pub(crate) struct Times(Histogram<u64>);

impl Times {
    fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_US, 3)?))
    }

    fn add(&mut self, time_us: u64) {
        self.0.saturating_record(time_us.max(1));
    }

    /// The time that `percentile` percent don't exceed.
    pub(crate) fn percentile(&self, percentile: f64) -> Duration {
        Duration::from_micros(self.0.value_at_percentile(percentile))
    }

    /// The mean.
    pub(crate) fn mean(&self) -> Duration {
        Duration::from_secs_f64(self.0.mean() / 1e6)
    }

    /// The longest.
    pub(crate) fn max(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }

    /// How many.
    pub(crate) fn count(&self) -> u64 {
        self.0.len()
    }

    /// Microseconds, as the JSON report has them.
    pub(crate) fn json(&self) -> Value {
        let at = |percentile| self.0.value_at_percentile(percentile);
        json!({
            "count": self.count(), "mean_us": self.0.mean().round(), "p50_us": at(50.0), "p90_us": at(90.0),
            "p99_us": at(99.0), "p99_9_us": at(99.9), "max_us": self.0.max(),
        })
    }
}

/// What was measured of one region.
#[derive(Clone)]
pub(crate) struct Measured {
    /// Requests that cast a vote, or polled for results.
    pub(crate) requests: u64,
    /// Votes with their first 202 from here.
    pub(crate) accepted: u64,
    /// 202s for a ballot that had its 202 before.
    pub(crate) repeats: u64,
    /// Requests without an answer, with a garbled one, or one of 5xx, 408 or 429.
    pub(crate) errors: u64,
    /// Every answer that isn't 2xx or 304, and every lack of one, by status and code.
    pub(crate) answers: BTreeMap<String, u64>,
    /// From when a vote was due until its 202; without a schedule from when it was sent first.
    pub(crate) response: Times,
    /// Of each single request that was answered.
    pub(crate) service: Times,
}

impl Measured {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            requests: 0,
            accepted: 0,
            repeats: 0,
            errors: 0,
            answers: BTreeMap::new(),
            response: Times::new()?,
            service: Times::new()?,
        })
    }

    /// Notes a request, its service time if it was answered, and its fault if it has one.
    pub(crate) fn request(&mut self, service: Option<Duration>, fault: Option<(&str, bool)>) {
        self.requests += 1;
        if let Some(service) = service {
            self.service
                .add(u64::try_from(service.as_micros()).unwrap_or(u64::MAX));
        }
        if let Some((name, is_error)) = fault {
            self.errors += u64::from(is_error);
            match self.answers.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(self.answers.insert(name.to_owned(), 1)),
            }
        }
    }

    /// Notes how long a voter, or a poller, waited.
    pub(crate) fn responded(&mut self, response_us: u64) {
        self.response.add(response_us);
    }

    fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.accepted += other.accepted;
        self.repeats += other.repeats;
        self.errors += other.errors;
        for (name, count) in &other.answers {
            *self.answers.entry(name.clone()).or_default() += count;
        }
        // Same bounds: adding can't fail.
        let _ = self.response.0.add(&other.response.0);
        let _ = self.service.0.add(&other.service.0);
    }
}

/// Everything measured, shared by all users.
pub(crate) struct Measures(Vec<Mutex<Vec<Measured>>>);

impl Measures {
    /// Measures of `targets` regions.
    pub(crate) fn new(targets: usize) -> anyhow::Result<Self> {
        let shard = || {
            (0..targets)
                .map(|_| Measured::new())
                .collect::<anyhow::Result<Vec<_>>>()
                .map(Mutex::new)
        };
        Ok(Self((0..SHARDS).map(|_| shard()).collect::<anyhow::Result<_>>()?))
    }

    /// Notes something that a user measured of a region.
    pub(crate) fn note(&self, user: usize, target: usize, note: impl FnOnce(&mut Measured)) {
        if let Some(measured) = lock(&self.0[user % SHARDS]).get_mut(target) {
            note(measured);
        }
    }

    /// What was measured of each region, and of all.
    pub(crate) fn sums(&self) -> anyhow::Result<(Vec<Measured>, Measured)> {
        let mut all = Measured::new()?;
        let mut regions: Vec<Measured> = Vec::new();
        for shard in &self.0 {
            for (target, measured) in lock(shard).iter().enumerate() {
                match regions.get_mut(target) {
                    Some(sum) => sum.merge(measured),
                    None => regions.push(measured.clone()),
                }
                all.merge(measured);
            }
        }
        Ok((regions, all))
    }
}
