//! Owns what is asked of the planner: how many vote in how long a time, in how many regions. Every number is checked
//! here, so that nothing overflows later.

use serde::Serialize;

/// The regions of an election, in the order in which they are added. The first three keep the tables.
pub const REGIONS: [&str; 15] = [
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "us-west-1",
    "ca-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-2",
    "sa-east-1",
];

/// More than there are people.
pub const MOST_VOTERS: u64 = 10_000_000_000;
/// A week.
pub const MOST_HOURS: u64 = 168;
/// Rates are the mean's multiple in thousandths; at most a thousand times.
const MOST_PEAK_MILLIS: u64 = 1_000_000;

/// How many vote, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Demand {
    /// People who vote.
    pub voters: u64,
    /// How long the polls are open.
    pub hours: u64,
    /// The busiest rate as a multiple of the mean, in thousandths.
    pub peak_factor_millis: u64,
    /// Regions that accept votes.
    pub regions: usize,
}

/// A number that can't be planned with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DemandError {
    /// Voters.
    #[error("voters are 1 to {MOST_VOTERS}")]
    Voters,
    /// Hours.
    #[error("hours are 1 to {MOST_HOURS}")]
    Hours,
    /// The peak factor.
    #[error("a peak factor is 1 to 1000, with at most three decimals")]
    PeakFactor,
    /// Regions: one alone can't keep two copies.
    #[error("regions are 2 to {}", REGIONS.len())]
    Regions,
}

impl Demand {
    /// Checks the numbers.
    pub fn new(
        voters: u64,
        hours: u64,
        peak_factor_millis: u64,
        regions: usize,
    ) -> Result<Self, DemandError> {
        if !(1..=MOST_VOTERS).contains(&voters) {
            return Err(DemandError::Voters);
        }
        if !(1..=MOST_HOURS).contains(&hours) {
            return Err(DemandError::Hours);
        }
        if !(1_000..=MOST_PEAK_MILLIS).contains(&peak_factor_millis) {
            return Err(DemandError::PeakFactor);
        }
        if !(2..=REGIONS.len()).contains(&regions) {
            return Err(DemandError::Regions);
        }
        Ok(Self {
            voters,
            hours,
            peak_factor_millis,
            regions,
        })
    }

    /// Reads a peak factor as 4.45 in thousandths.
    pub fn parse_peak_factor(text: &str) -> Result<u64, DemandError> {
        let millionths =
            crate::money::parse_dollars(text).filter(|millionths| millionths.is_multiple_of(1_000));
        let millis = millionths.map(|millionths| millionths / 1_000);
        millis
            .filter(|millis| (1_000..=MOST_PEAK_MILLIS).contains(millis))
            .ok_or(DemandError::PeakFactor)
    }

    /// How long the polls are open.
    pub fn seconds(&self) -> u64 {
        self.hours * 3_600
    }

    /// Votes in a thousand seconds, on average: a mean with three decimals.
    pub fn mean_millis(&self) -> u64 {
        (self.voters * 1_000).div_ceil(self.seconds())
    }

    /// Votes per second in the busiest time, rounded up.
    pub fn peak(&self) -> u64 {
        (self.voters * self.peak_factor_millis).div_ceil(self.seconds() * 1_000)
    }

    /// The voters of each region: evenly, the first ones take what is left over.
    pub fn voters_of(&self, region: usize) -> u64 {
        let regions = self.regions as u64;
        self.voters / regions + u64::from((region as u64) < self.voters % regions)
    }

    /// The names of the regions.
    pub fn names(&self) -> &'static [&'static str] {
        &REGIONS[..self.regions]
    }

    /// Regions with a replica of the tables: three, or two and a witness.
    pub fn replicas(&self) -> usize {
        self.regions.min(3)
    }
}
