//! Owns whether one machine would hold, from what docs/benchmarks.json measured: never more than that.

use serde::{Deserialize, Serialize};

use crate::demand::Demand;
use crate::needs::with_headroom;

const MEASURED: &str = include_str!("../../../docs/benchmarks.json");

#[derive(Deserialize)]
struct Benchmarks {
    machine: Measured,
    figures: Vec<Figure>,
}

/// The machine that was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Its processor.
    pub cpu: String,
    /// How many.
    pub cores: u64,
    /// Its memory.
    pub memory_mb: u64,
}

#[derive(Deserialize)]
struct Figure {
    name: String,
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    value: f64,
    details: std::collections::BTreeMap<String, f64>,
}

/// A measured rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Ballots that were stored when the load ended.
    pub stored: u64,
    /// Votes accepted and counted in a second, the median of the rounds.
    pub votes_per_second: u64,
}

/// What can be said about one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Measured with at least as many ballots, and faster than needed.
    Holds,
    /// Too slow at the most that was measured.
    TooSlow,
    /// Nobody has measured so many ballots.
    NotMeasured,
}

/// One machine against a demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// What was measured.
    pub measured: Measured,
    /// At which sizes.
    pub rates: Vec<Rate>,
    /// The busiest rate with headroom.
    pub needed_per_second: u64,
    /// The rate it was compared with: the slowest one up to the first size that is large enough.
    pub compared_per_second: u64,
    /// The answer.
    pub verdict: Verdict,
}

impl Machine {
    /// Compares. Fails if docs/benchmarks.json has no such rates.
    pub fn of(demand: &Demand) -> Result<Self, serde_json::Error> {
        let benchmarks: Benchmarks = serde_json::from_str(MEASURED)?;
        let measured = |name: &str| benchmarks.figures.iter().find(|figure| figure.name == name);
        let mut rates: Vec<Rate> = ["intake-empty", "intake-many", "intake-most"]
            .into_iter()
            .filter_map(|name| rate(measured(name)?))
            .collect();
        rates.sort_by_key(|rate| rate.stored);
        Ok(Self::judge(demand, benchmarks.machine, rates))
    }

    fn judge(demand: &Demand, measured: Measured, rates: Vec<Rate>) -> Self {
        let needed_per_second = with_headroom(demand.peak());
        let enough = rates.iter().position(|rate| rate.stored >= demand.voters);
        let compared = &rates[..enough.map_or(rates.len(), |place| place + 1)];
        let slowest = compared.iter().map(|rate| rate.votes_per_second).min();
        let compared_per_second = slowest.unwrap_or(0);
        let verdict = if needed_per_second > compared_per_second {
            Verdict::TooSlow
        } else if enough.is_some() {
            Verdict::Holds
        } else {
            Verdict::NotMeasured
        };
        Self {
            measured,
            rates,
            needed_per_second,
            compared_per_second,
            verdict,
        }
    }
}

fn rate(figure: &Figure) -> Option<Rate> {
    let mut values: Vec<f64> = figure.samples.iter().map(|sample| sample.value).collect();
    values.sort_by(f64::total_cmp);
    let stored = figure
        .samples
        .iter()
        .filter_map(|sample| sample.details.get("stored_after"));
    Some(Rate {
        stored: stored.copied().fold(None, |least: Option<f64>, each| {
            Some(least.map_or(each, |least| least.min(each)))
        })? as u64,
        votes_per_second: *values.get(values.len() / 2)? as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(voters: u64, peak_factor_millis: u64) -> Machine {
        let demand = Demand::new(voters, 1, peak_factor_millis, 3).unwrap();
        let measured = Measured {
            cpu: "any".to_owned(),
            cores: 2,
            memory_mb: 1,
        };
        let rate = |stored, votes_per_second| Rate {
            stored,
            votes_per_second,
        };
        Machine::judge(
            &demand,
            measured,
            vec![rate(1_000, 100), rate(1_000_000, 50), rate(5_000_000, 60)],
        )
    }

    #[test]
    fn a_rate_counts_only_up_to_the_ballots_it_was_measured_with() {
        assert_eq!(judged(900, 1_000).compared_per_second, 100);
        assert_eq!(judged(900, 1_000).verdict, Verdict::Holds);
        assert_eq!(judged(100_000, 1_000).compared_per_second, 50);
        assert_eq!(judged(100_000, 1_000).verdict, Verdict::Holds);
        assert_eq!(judged(100_000, 10_000).verdict, Verdict::TooSlow);
        assert_eq!(judged(3_000_000, 1_000).verdict, Verdict::TooSlow);
    }

    #[test]
    fn what_was_not_measured_is_not_promised() {
        let machine = Machine::of(&Demand::new(20_000_000, 168, 1_000, 3).unwrap()).unwrap();
        assert!(machine.rates.len() >= 2 && machine.rates.iter().all(|rate| rate.votes_per_second > 100));
        assert_eq!(machine.verdict, Verdict::NotMeasured);
    }
}
