//! Owns what Prometheus reads. No label can identify a voter: routes are templates, reasons are codes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use election_core::identifiers::RegionName;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use serde::Serialize;

use crate::operations::status::Status;
use crate::ports::Outcome;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RegionLabels {
    region: String,
}

/// What becomes of messages.
const OUTCOMES: [&str; 6] = [
    "recorded",
    "repeat",
    "conflict",
    "already-decided",
    "late",
    "dead-letter",
];

const LATENCY_SECONDS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

/// What happened in one region since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// Votes answered with 202.
    pub accepted: u64,
    /// Voters refused.
    pub refused: u64,
    /// Ballots recorded from its queue.
    pub recorded: u64,
    /// Ballots from its queue whose voter had another one recorded.
    pub conflicts: u64,
}

/// The process's metrics.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Histogram>,
    accepted: Counter,
    refused: Family<CodeLabels, Counter>,
    /// The labels that `refused` has.
    codes: Mutex<BTreeSet<&'static str>>,
    outcomes: Family<OutcomeLabels, Counter>,
    activity: Mutex<BTreeMap<RegionName, Activity>>,
    envelopes: Family<OutcomeLabels, Gauge>,
    queued: Family<RegionLabels, Gauge>,
    tally_lag: Family<RegionLabels, Gauge>,
    active: Family<RegionLabels, Gauge<f64, AtomicU64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("election");
        let requests = Family::default();
        let latency: Family<RouteLabels, Histogram> =
            Family::new_with_constructor(|| Histogram::new(LATENCY_SECONDS));
        let (accepted, refused, outcomes) = (Counter::default(), Family::default(), Family::default());
        let (envelopes, queued, tally_lag, active) = (
            Family::default(),
            Family::default(),
            Family::default(),
            Family::default(),
        );
        registry.register(
            "requests",
            "Requests answered, by route template and status",
            requests.clone(),
        );
        registry.register(
            "request_seconds",
            "Time to answer, by route template",
            latency.clone(),
        );
        registry.register(
            "votes_accepted",
            "Votes answered with 202 by this process",
            accepted.clone(),
        );
        registry.register(
            "votes_refused",
            "Votes refused by this process, by code",
            refused.clone(),
        );
        registry.register(
            "messages_decided",
            "Messages decided by this process, by outcome",
            outcomes.clone(),
        );
        registry.register("envelopes", "The sums of `election status`", envelopes.clone());
        registry.register(
            "queued",
            "Envelopes accepted and not decided, by region",
            queued.clone(),
        );
        registry.register(
            "tally_lag",
            "Recorded ballots not folded yet, by region",
            tally_lag.clone(),
        );
        registry.register(
            "region_active",
            "1 if the region serves, by region",
            active.clone(),
        );
        Self {
            registry,
            requests,
            latency,
            accepted,
            refused,
            codes: Mutex::default(),
            outcomes,
            activity: Mutex::default(),
            envelopes,
            queued,
            tally_lag,
            active,
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub(crate) fn request(&self, route: &str, status: u16, took: Duration) {
        self.requests
            .get_or_create(&RequestLabels {
                route: route.to_owned(),
                status,
            })
            .inc();
        self.latency
            .get_or_create(&RouteLabels {
                route: route.to_owned(),
            })
            .observe(took.as_secs_f64());
    }

    /// A vote was answered with 202.
    pub(crate) fn accepted(&self, region: &RegionName) {
        self.accepted.inc();
        self.note(region, |activity| activity.accepted += 1);
    }

    /// A vote was refused.
    pub(crate) fn refused(&self, region: &RegionName, code: &'static str) {
        self.note(region, |activity| activity.refused += 1);
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.insert(code);
        self.refused.get_or_create(&CodeLabels { code }).inc();
    }

    /// A message was decided.
    pub(crate) fn outcome(&self, region: &RegionName, outcome: Outcome) {
        match outcome {
            Outcome::Recorded => self.note(region, |activity| activity.recorded += 1),
            Outcome::Conflict => self.note(region, |activity| activity.conflicts += 1),
            Outcome::Repeat | Outcome::AlreadyDecided | Outcome::Late => {}
        }
        let [recorded, repeat, conflict, already_decided, late, _] = OUTCOMES;
        let outcome = match outcome {
            Outcome::Recorded => recorded,
            Outcome::Repeat => repeat,
            Outcome::Conflict => conflict,
            Outcome::AlreadyDecided => already_decided,
            Outcome::Late => late,
        };
        self.outcomes.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// A message was set aside.
    pub(crate) fn dead_letter(&self) {
        let [.., outcome] = OUTCOMES;
        self.outcomes.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    fn note(&self, region: &RegionName, change: impl FnOnce(&mut Activity)) {
        let mut regions = self.activity.lock().unwrap_or_else(PoisonError::into_inner);
        match regions.get_mut(region) {
            Some(activity) => change(activity),
            None => change(regions.entry(region.clone()).or_default()),
        }
    }

    /// What happened in a region.
    pub fn activity(&self, region: &RegionName) -> Activity {
        let regions = self.activity.lock().unwrap_or_else(PoisonError::into_inner);
        regions.get(region).copied().unwrap_or_default()
    }

    /// How many votes were accepted, and messages decided by outcome, since the process began.
    pub fn totals(&self) -> Vec<(&'static str, u64)> {
        let outcomes = OUTCOMES.map(|outcome| {
            let counter = self.outcomes.get_or_create(&OutcomeLabels { outcome });
            (outcome, counter.get())
        });
        [("accepted", self.accepted.get())]
            .into_iter()
            .chain(outcomes)
            .collect()
    }

    /// How many votes were refused since the process began, by code.
    pub fn refusals(&self) -> Vec<(&'static str, u64)> {
        let codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |code| self.refused.get_or_create(&CodeLabels { code }).get();
        codes.iter().map(|code| (*code, count(*code))).collect()
    }

    /// Everything in the text format of OpenMetrics, with gauges of the present status.
    pub fn render(&self, status: &Status) -> String {
        let sums = [
            ("accepted", status.accepted),
            ("queued", status.queued),
            ("recorded", status.recorded),
            ("repeats", status.repeats),
            ("conflicts", status.conflicts),
            ("dead-letters", status.dead_letters),
            ("copies", status.copies),
        ];
        let gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        for (outcome, value) in sums {
            self.envelopes
                .get_or_create(&OutcomeLabels { outcome })
                .set(gauge(value));
        }
        for region in &status.regions {
            let labels = RegionLabels {
                region: region.name.to_string(),
            };
            let is_active = region.state == crate::ports::RegionState::Active;
            self.queued.get_or_create(&labels).set(gauge(region.queued));
            self.active
                .get_or_create(&labels)
                .set(f64::from(u8::from(is_active)));
            match region.tally_lag {
                Some(lag) => drop(self.tally_lag.get_or_create(&labels).set(gauge(lag))),
                None => drop(self.tally_lag.remove(&labels)),
            }
        }
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => format!("# metrics can't be written: {error}\n"),
        }
    }
}
