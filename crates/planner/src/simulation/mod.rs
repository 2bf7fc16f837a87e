//! Owns the simulated day: a discrete-event simulation of votes in units, from the voter's first try until they are
//! recorded, against the limits of AWS. It is a simulation: nothing was measured. The same seed gives the same bytes.
//!
//! A unit is one vote, or a batch of ten, or several batches that are treated as one: so the number of events grows
//! with the votes up to some millions, and with nothing else.

mod engine;
mod limits;
mod plot;
mod region;
mod report;
pub mod station;

pub use plot::plot;
pub use report::{Minute, NOTICE, Report};

use crate::curve::Curve;
use crate::demand::Demand;
use crate::prices::PricesError;

/// A day to simulate.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// How many vote, and what is provisioned for it, as `election plan` says.
    pub demand: Demand,
    /// When they vote.
    pub curve: Curve,
    /// A region that is lost for good.
    pub loss: Option<Loss>,
    /// Makes the same day again.
    pub seed: u64,
}

/// The end of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Its place among the demand's regions.
    pub region: usize,
    /// When, in seconds since the opening.
    pub at_seconds: u64,
}

/// A loss that can't be simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LossError {
    /// Not NAME@TIME.
    #[error(
        "a lost region is NAME@TIME, the time since the opening, as us-east-1@6h, us-east-1@90m or us-east-1@06:30"
    )]
    Malformed,
    /// No such region in this election.
    #[error("there is no region {0}; this election has {1}")]
    Region(String, String),
    /// Not within the day.
    #[error("the polls are open for {0} hours: the time is before {0}:00")]
    Time(u64),
}

impl Loss {
    /// Reads NAME@TIME, where the time is as `6h`, `1h30m`, `5400s`, `5400` or `06:30`.
    pub fn parse(text: &str, demand: &Demand) -> Result<Self, LossError> {
        let (name, time) = text.split_once('@').ok_or(LossError::Malformed)?;
        let at_seconds = seconds(time).ok_or(LossError::Malformed)?;
        let names = demand.names();
        let region = names.iter().position(|other| *other == name);
        let region = region.ok_or_else(|| LossError::Region(name.to_owned(), names.join(", ")))?;
        if at_seconds >= demand.seconds() {
            return Err(LossError::Time(demand.hours));
        }
        Ok(Self { region, at_seconds })
    }
}

fn seconds(time: &str) -> Option<u64> {
    let number = |text: &str| {
        let is_number = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { text.parse::<u64>().ok() } else { None }
    };
    if let Some((hours, minutes)) = time.split_once(':') {
        let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
        return Some(number(hours)? * 3_600 + minutes * 60);
    }
    if let Some(seconds) = number(time) {
        return Some(seconds);
    }
    let (mut rest, mut total) = (time, 0);
    for (unit, seconds) in [('h', 3_600), ('m', 60), ('s', 1)] {
        if let Some((count, after)) = rest.split_once(unit) {
            total += number(count)? * seconds;
            rest = after;
        }
    }
    (rest.is_empty() && !time.is_empty()).then_some(total)
}

impl Scenario {
    /// Lets the day pass. `progress` is told now and then how many votes of how many have come.
    pub fn run(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, PricesError> {
        engine::run(self, progress)
    }
}
