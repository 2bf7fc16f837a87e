//! Owns what a run of the benchmarks gives: figures, each with its samples. This is what the JSON has, and
//! all that docs/BENCHMARKS.md is made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The format of the JSON.
pub(crate) const FORMAT: u32 = 1;

/// Everything that was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// What it was measured on.
    pub(crate) machine: Machine,
    /// In the order of the table.
    pub(crate) figures: Vec<Figure>,
}

/// What figures are measured on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) cpu: String,
    /// How many there are.
    pub(crate) cores: u64,
    /// All of it.
    pub(crate) memory_mb: u64,
    /// The operating system.
    pub(crate) kernel: String,
}

/// What a figure has to reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Bound {
    /// The ratio to the floor.
    RatioAtLeast(f64),
    /// The figure itself.
    AtLeast(f64),
    /// The figure itself.
    AtMost(f64),
}

/// Whether it has to, or should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Need {
    /// Has to.
    Must,
    /// Should; told either way.
    Should,
}

/// What a figure is held against.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    /// Whether it has to.
    pub(crate) need: Need,
    /// What it has to reach.
    pub(crate) bound: Bound,
}

/// What a figure is, whatever was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// Its name, as `--only` and the other figures know it.
    pub(crate) name: String,
    /// What is measured, in words.
    pub(crate) title: String,
    /// Of the figure and its floor.
    pub(crate) unit: String,
    /// What the floor is, in words.
    pub(crate) floor: Option<String>,
    /// What it has to reach.
    pub(crate) targets: Vec<Target>,
    /// How and when it was measured.
    pub(crate) run: Option<RunOf>,
    /// One per round.
    pub(crate) samples: Vec<Sample>,
    /// Why there are none.
    pub(crate) skipped: Option<String>,
}

/// How and when a figure was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunOf {
    /// When the run began, in UTC.
    pub(crate) began: String,
    /// The commit of what was measured, with a mark if files had changed since.
    pub(crate) commit: String,
    /// For how long each load ran.
    pub(crate) seconds: u64,
    /// Connections of each load.
    pub(crate) connections: u32,
}

/// What one round gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// The figure.
    pub(crate) value: f64,
    /// Its floor, measured beside it.
    pub(crate) floor: Option<f64>,
    /// What else the machine was doing.
    pub(crate) conditions: Conditions,
    /// What else came of it.
    pub(crate) details: BTreeMap<String, f64>,
}

/// What else the machine was doing, and how fast its disk was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Conditions {
    /// Processes that wanted to run, over the last minute, when the round began.
    pub(crate) load: f64,
    /// What others used of all processors, in percent.
    pub(crate) others_percent: f64,
    /// Writes of 4 KiB made durable one after the other, per second.
    pub(crate) fsyncs_per_s: f64,
}

/// The middle one; of an even number the mean of the two in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let high = sorted.get(sorted.len() / 2)?;
    let low = sorted.get((sorted.len() - 1) / 2)?;
    Some((low + high) / 2.0)
}

impl Figure {
    /// The median of the samples.
    pub(crate) fn value(&self) -> Option<f64> {
        median(self.samples.iter().map(|sample| sample.value))
    }

    /// The median of the floors.
    pub(crate) fn floor_value(&self) -> Option<f64> {
        median(self.samples.iter().filter_map(|sample| sample.floor))
    }

    /// The median of the rounds' ratios: each compares what was measured side by side.
    pub(crate) fn ratio(&self) -> Option<f64> {
        median(self.samples.iter().filter_map(|sample| {
            let floor = sample.floor.filter(|floor| *floor > 0.0)?;
            Some(sample.value / floor)
        }))
    }

    /// Whether the medians reach a target; nothing if there are none.
    pub(crate) fn reaches(&self, target: &Target) -> Option<bool> {
        match target.bound {
            Bound::RatioAtLeast(bound) => self.ratio().map(|ratio| ratio >= bound),
            Bound::AtLeast(bound) => self.value().map(|value| value >= bound),
            Bound::AtMost(bound) => self.value().map(|value| value <= bound),
        }
    }
}

impl Report {
    /// Takes another run's figures, in the place of those of the same name.
    pub(crate) fn replace(&mut self, figures: Vec<Figure>) {
        for figure in figures {
            match self.figures.iter_mut().find(|known| known.name == figure.name) {
                Some(known) => *known = figure,
                None => self.figures.push(figure),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(samples: &[(f64, Option<f64>)]) -> Figure {
        let sample = |&(value, floor): &(f64, Option<f64>)| Sample {
            value,
            floor,
            conditions: Conditions::default(),
            details: BTreeMap::new(),
        };
        Figure {
            name: "intake".to_owned(),
            title: "Intake".to_owned(),
            unit: "votes/s".to_owned(),
            floor: None,
            targets: Vec::new(),
            run: None,
            samples: samples.iter().map(sample).collect(),
            skipped: None,
        }
    }

    #[test]
    fn the_median_is_the_middle_one_whatever_the_order() {
        assert_eq!(median([5.0, 1.0, 3.0, 900.0, 2.0]), Some(3.0));
        assert_eq!(median([4.0, 1.0]), Some(2.5));
        assert_eq!(median([]), None);
    }

    #[test]
    fn the_ratio_compares_within_each_round() {
        let figure = figure(&[(10.0, Some(100.0)), (60.0, Some(200.0)), (1.0, Some(2.0))]);
        assert_eq!(figure.ratio(), Some(0.3));
        assert_eq!(figure.floor_value(), Some(100.0));
    }

    #[test]
    fn a_target_is_reached_by_the_median() {
        let figure = figure(&[(10.0, Some(20.0)), (30.0, Some(100.0)), (40.0, Some(50.0))]);
        let reaches = |bound| {
            figure.reaches(&Target {
                need: Need::Must,
                bound,
            })
        };
        assert_eq!(reaches(Bound::RatioAtLeast(0.5)), Some(true));
        assert_eq!(reaches(Bound::AtLeast(31.0)), Some(false));
        assert_eq!(reaches(Bound::AtMost(30.0)), Some(true));
    }

    #[test]
    fn without_samples_nothing_is_reached_or_missed() {
        let target = Target {
            need: Need::Must,
            bound: Bound::AtMost(1.0),
        };
        assert_eq!(figure(&[]).reaches(&target), None);
    }
}
