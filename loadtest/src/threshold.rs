//! Owns thresholds: what a run has to reach, as `p99<50ms`, `errors<1%` or `rate>1000/s`.

use std::fmt;
use std::time::Duration;

use crate::duration;

/// What a threshold looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Metric {
    /// A percentile of the response times.
    Percentile(f64),
    Mean,
    Max,
    /// Failed requests, as a number or a percentage of all.
    Errors {
        percent: bool,
    },
    /// Accepted votes, or polls answered, per second.
    Rate,
}

/// A rule such as `p99<50ms`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Threshold {
    metric: Metric,
    less: bool,
    or_equal: bool,
    /// Microseconds, a number, a percentage or a rate, as the metric has it.
    limit: f64,
    text: String,
}

/// What a run has reached.
pub(crate) struct Reached<'a> {
    /// The response time at a percentile of 0 to 100.
    pub(crate) percentile: &'a dyn Fn(f64) -> Duration,
    pub(crate) mean: Duration,
    pub(crate) max: Duration,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) rate: f64,
}

const FORMS: &str =
    "p50<20ms (any percentile), mean<5ms, max<1s, errors<1%, errors<10 or rate>1000/s; <= and >= too";

impl Threshold {
    /// Parses one; the error shows the valid forms.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let compact: String = text
            .chars()
            .filter(|character| !character.is_whitespace())
            .collect();
        Self::read(&compact, text).ok_or_else(|| format!("{text:?} isn't a threshold: write {FORMS}"))
    }

    fn read(compact: &str, text: &str) -> Option<Self> {
        let operator = compact.find(['<', '>'])?;
        let (name, rest) = compact.split_at(operator);
        let less = rest.starts_with('<');
        let value = &rest[1..];
        let (or_equal, value) = value
            .strip_prefix('=')
            .map_or((false, value), |value| (true, value));
        let micros = |value: &str| {
            // A bare number would be seconds elsewhere and milliseconds in goose: the unit has to be said.
            let has_unit = value.ends_with(|last: char| last.is_ascii_alphabetic());
            let time = duration::parse(value).ok().filter(|_| has_unit)?;
            Some(time.as_secs_f64() * 1e6)
        };
        let number = |value: &str| {
            value
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite() && *number >= 0.0)
        };
        let (metric, limit) = match name {
            "mean" | "avg" => (Metric::Mean, micros(value)?),
            "max" => (Metric::Max, micros(value)?),
            "errors" | "error-rate" => match value.strip_suffix('%') {
                Some(value) => (Metric::Errors { percent: true }, number(value)?),
                None => (Metric::Errors { percent: false }, number(value)?),
            },
            "rate" | "rps" => (Metric::Rate, number(value.strip_suffix("/s").unwrap_or(value))?),
            _ => {
                let percentile = number(name.strip_prefix('p')?).filter(|percentile| *percentile <= 100.0)?;
                (Metric::Percentile(percentile), micros(value)?)
            }
        };
        Some(Self {
            metric,
            less,
            or_equal,
            limit,
            text: text.trim().to_owned(),
        })
    }

    /// Whether it holds, and what was reached, in words. Nothing measured holds no threshold.
    pub(crate) fn check(&self, reached: &Reached<'_>) -> (bool, String) {
        let time = |time: Duration| (time.as_secs_f64() * 1e6, duration::print(time));
        let (errors, requests) = (reached.errors as f64, reached.requests as f64);
        let (value, words) = match self.metric {
            Metric::Percentile(percentile) => time((reached.percentile)(percentile)),
            Metric::Mean => time(reached.mean),
            Metric::Max => time(reached.max),
            Metric::Errors { percent: true } => {
                let share = 100.0 * errors / requests.max(1.0);
                (share, format!("{share:.3}%"))
            }
            Metric::Errors { percent: false } => (errors, reached.errors.to_string()),
            Metric::Rate => (reached.rate, format!("{:.1}/s", reached.rate)),
        };
        let holds = match (self.less, self.or_equal) {
            (true, true) => value <= self.limit,
            (true, false) => value < self.limit,
            (false, true) => value >= self.limit,
            (false, false) => value > self.limit,
        };
        (holds && reached.requests > 0, words)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, requests: u64) -> bool {
        let reached = Reached {
            percentile: &|percentile| Duration::from_micros(if percentile > 99.5 { 9_000 } else { 5_000 }),
            mean: Duration::from_millis(2),
            max: Duration::from_millis(20),
            requests,
            errors: 2,
            rate: 1_000.0,
        };
        Threshold::parse(text).unwrap().check(&reached).0
    }

    #[test]
    fn a_threshold_holds_or_fails_by_what_was_reached() {
        for text in [
            "p99<5001us",
            "p99 <= 5ms",
            "p99.9<10ms",
            "mean<3ms",
            "max < 1s",
            "errors<1%",
            "errors<=2",
            "rate>999/s",
            "rate>=1000",
        ] {
            assert!(holds(text, 1_000), "{text}");
        }
        for text in [
            "p99<5ms",
            "p99.9<9ms",
            "mean>2ms",
            "max<20ms",
            "errors<0.2%",
            "errors<2",
            "rate>1000/s",
        ] {
            assert!(!holds(text, 1_000), "{text}");
        }
        assert!(!holds("p99<1h", 0), "nothing was measured");
    }

    #[test]
    fn what_is_no_threshold_is_refused_with_the_forms() {
        for text in [
            "",
            "p99",
            "p99<",
            "p99<50",
            "p101<5ms",
            "p<5ms",
            "p99=5ms",
            "p99<5parsec",
            "rate>-1",
            "errors<NaN",
            "p99<5%",
            "latency<5ms",
        ] {
            assert!(Threshold::parse(text).unwrap_err().contains("p50<20ms"), "{text}");
        }
    }
}
