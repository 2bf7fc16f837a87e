//! Owns the list of measurements. Each takes one round: its floor and what is measured, one after the other,
//! so that both meet the same machine.

mod demonstration;
mod generator;
mod growth;
mod import;
mod memory;
mod reads;
mod recount;
mod start;
mod verification;

use std::collections::BTreeMap;

use crate::programs::Programs;
use crate::scale::Scale;
use crate::stores::Stores;
use crate::wrk::Load;

/// What measurements are made with.
#[derive(Debug)]
pub(crate) struct Bench {
    /// What is measured.
    pub(crate) programs: Programs,
    /// What it is measured on.
    pub(crate) stores: Stores,
    /// How much.
    pub(crate) scale: Scale,
    /// Connections and seconds.
    pub(crate) load: Load,
}

/// What a round gives to one figure.
#[derive(Debug)]
pub(crate) enum Taken {
    /// A sample.
    Sample {
        /// The figure's name.
        figure: &'static str,
        /// The sample.
        value: f64,
        /// Of the same round.
        floor: Option<f64>,
        /// What else came of it.
        details: BTreeMap<String, f64>,
    },
    /// Nothing, and why.
    Skipped {
        /// The figure's name.
        figure: &'static str,
        /// In words.
        reason: String,
    },
}

/// How often something is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// In each round.
    Always,
    /// In the first round: it takes too long, or it is no matter of speed.
    Once,
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    /// As `--only` names it.
    pub(crate) name: &'static str,
    /// How often.
    pub(crate) repeat: Repeat,
    /// The figures that it gives.
    pub(crate) figures: &'static [&'static str],
    /// Takes one round.
    pub(crate) measure: fn(&Bench) -> anyhow::Result<Vec<Taken>>,
}

/// All measurements. The demo comes first: others use its store.
pub(crate) const ALL: [Measurement; 9] = [
    Measurement {
        name: "demo",
        repeat: Repeat::Once,
        figures: &["demo"],
        measure: demonstration::measure,
    },
    Measurement {
        name: "intake",
        repeat: Repeat::Always,
        figures: &[
            "intake-empty",
            "intake-many",
            "intake-most",
            "growth",
            "latency",
            "waiting",
            "copies",
            "storage",
        ],
        measure: growth::measure,
    },
    Measurement {
        name: "import",
        repeat: Repeat::Always,
        figures: &["import"],
        measure: import::measure,
    },
    Measurement {
        name: "recount",
        repeat: Repeat::Always,
        figures: &["recount"],
        measure: recount::measure,
    },
    Measurement {
        name: "reads",
        repeat: Repeat::Always,
        figures: &["reads"],
        measure: reads::measure,
    },
    Measurement {
        name: "start",
        repeat: Repeat::Always,
        figures: &["start"],
        measure: start::measure,
    },
    Measurement {
        name: "verify",
        repeat: Repeat::Always,
        figures: &["verify"],
        measure: verification::measure,
    },
    Measurement {
        name: "generator",
        repeat: Repeat::Always,
        figures: &["generator", "loadtest"],
        measure: generator::measure,
    },
    Measurement {
        name: "memory",
        repeat: Repeat::Once,
        figures: &["memory", "memory-drift"],
        measure: memory::measure,
    },
];

impl Taken {
    fn sample(figure: &'static str, value: f64, floor: Option<f64>) -> Self {
        let details = BTreeMap::new();
        Self::Sample {
            figure,
            value,
            floor,
            details,
        }
    }

    fn with(mut self, name: &str, value: f64) -> Self {
        if let Self::Sample { details, .. } = &mut self {
            details.insert(name.to_owned(), value);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_of_the_catalogue_is_measured_once() {
        let mut measured: Vec<&str> = ALL
            .iter()
            .flat_map(|measurement| measurement.figures)
            .copied()
            .collect();
        let figures = crate::catalogue::figures(&Scale::quick());
        let mut known: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
        measured.sort_unstable();
        known.sort_unstable();
        assert_eq!(measured, known);
    }
}
