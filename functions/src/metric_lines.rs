//! Owns the metrics: lines in CloudWatch's embedded metric format on standard output, one after each
//! invocation in which something happened. A dimension is the function, a code or an outcome: never anything
//! that could tell voters apart.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use election_service::delivered::Delivered;
use election_service::metrics::Metrics;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

const NAMESPACE: &str = "Election";

/// What a function has counted, and what of it is written already.
pub struct Meters {
    function: &'static str,
    metrics: Arc<Metrics>,
    pending: Mutex<Pending>,
}

#[derive(Default)]
struct Pending {
    written: BTreeMap<(&'static str, &'static str), u64>,
    cold_starts: u64,
    delivered: Delivered,
    tally_lag_seconds: Option<f64>,
}

/// A line's dimension besides the function.
type Dimension = Option<(&'static str, &'static str)>;

impl Meters {
    /// Meters of a function that has just started.
    pub(crate) fn new(function: &'static str) -> Self {
        let pending = Pending {
            cold_starts: 1,
            ..Pending::default()
        };
        Self {
            function,
            metrics: Arc::default(),
            pending: Mutex::new(pending),
        }
    }

    /// What the use cases count with.
    pub fn metrics(&self) -> Arc<Metrics> {
        self.metrics.clone()
    }

    /// The tally folded records, the newest of which was recorded so long ago.
    pub(crate) fn folded(&self, delivered: Delivered, lag_seconds: Option<f64>) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.delivered.unreadable += delivered.unreadable;
        pending.delivered.alterations += delivered.alterations;
        pending.tally_lag_seconds = lag_seconds.or(pending.tally_lag_seconds);
    }

    /// Writes what happened since the last time.
    pub(crate) fn write(&self) {
        let lines = self.lines(OffsetDateTime::now_utc());
        // Metrics that nobody can read are no reason to refuse a vote.
        let _ = std::io::stdout().lock().write_all(lines.as_bytes());
    }

    fn lines(&self, now: OffsetDateTime) -> String {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = Map::new();
        let mut dimensioned = Vec::new();
        let accepted_and_outcomes = self.metrics.totals().into_iter();
        let refused = self
            .metrics
            .refusals()
            .into_iter()
            .map(|(code, total)| ("Code", code, total));
        let totals = accepted_and_outcomes.map(|(name, total)| ("Outcome", name, total));
        for (dimension, value, total) in totals.chain(refused) {
            let written = pending.written.insert((dimension, value), total);
            match (total - written.unwrap_or_default(), dimension, value) {
                (0, ..) => {}
                (fresh, "Outcome", "accepted") => drop(own.insert("Accepted".to_owned(), fresh.into())),
                (fresh, "Outcome", outcome) => dimensioned.push((("Outcome", outcome), "Outcomes", fresh)),
                (fresh, _, code) => dimensioned.push((("Code", code), "Refused", fresh)),
            }
        }
        let delivered = std::mem::take(&mut pending.delivered);
        let counts = [
            ("Unreadable", delivered.unreadable),
            ("Alterations", delivered.alterations),
            ("ColdStarts", std::mem::take(&mut pending.cold_starts)),
        ];
        for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            own.insert(name.to_owned(), count.into());
        }
        if let Some(seconds) = pending.tally_lag_seconds.take() {
            own.insert("TallyLagSeconds".to_owned(), seconds.into());
        }
        let mut lines = Vec::new();
        if !own.is_empty() {
            lines.push(self.line(now, None, own));
        }
        for (dimension, name, count) in dimensioned {
            let values = Map::from_iter([(name.to_owned(), count.into())]);
            lines.push(self.line(now, Some(dimension), values));
        }
        lines.concat()
    }

    /// As <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
    fn line(&self, now: OffsetDateTime, dimension: Dimension, values: Map<String, Value>) -> String {
        let names: Vec<&str> = ["Function"]
            .into_iter()
            .chain(dimension.map(|(name, _)| name))
            .collect();
        let unit = |name: &str| {
            if name.ends_with("Seconds") {
                "Seconds"
            } else {
                "Count"
            }
        };
        let metrics: Vec<Value> = values
            .keys()
            .map(|name| json!({ "Name": name, "Unit": unit(name) }))
            .collect();
        let timestamp_ms = now.unix_timestamp() * 1_000 + i64::from(now.millisecond());
        let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [names], "Metrics": metrics });
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({ "Timestamp": timestamp_ms, "CloudWatchMetrics": [directive] }),
        );
        line.insert("Function".to_owned(), self.function.into());
        line.extend(dimension.map(|(name, value)| (name.to_owned(), value.into())));
        line.extend(values);
        format!("{}\n", Value::Object(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(meters: &Meters) -> Vec<Value> {
        let lines = meters.lines(OffsetDateTime::UNIX_EPOCH);
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn a_start_is_told_once_and_then_nothing_while_nothing_happens() {
        let meters = Meters::new("tally");
        let first = lines(&meters);
        assert_eq!(first.len(), 1);
        assert_eq!(
            (&first[0]["ColdStarts"], &first[0]["Function"]),
            (&json!(1), &json!("tally"))
        );
        assert!(lines(&meters).is_empty());
    }

    #[test]
    fn what_the_tally_folded_is_told_with_its_lag() {
        let meters = Meters::new("tally");
        lines(&meters);
        let delivered = Delivered {
            records: 3,
            unreadable: 2,
            alterations: 1,
        };
        meters.folded(delivered, Some(1.5));
        let line = lines(&meters).remove(0);
        assert_eq!(
            (&line["Unreadable"], &line["Alterations"]),
            (&json!(2), &json!(1))
        );
        assert_eq!(line["TallyLagSeconds"], json!(1.5));
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Dimensions"], json!([["Function"]]));
        assert_eq!(metrics["Metrics"].as_array().unwrap().len(), 3);
    }
}
