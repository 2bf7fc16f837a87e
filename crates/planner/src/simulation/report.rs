//! Owns what is known of a simulated day in the end: sums, waiting times, and a line for each minute.

use hdrhistogram::Histogram;
use serde::Serialize;

use super::Scenario;
use super::station::Micros;
use crate::costs::{Line, Time};
use crate::demand::Demand;
use crate::document::{Document, Section};
use crate::facts::FAIL_OVER_SECONDS;
use crate::money::{Money, Price, thousands};
use crate::needs::Provision;
use crate::plan::AwsPlan;
use crate::prices::{Prices, PricesError};

/// Stands wherever a figure of a simulation does.
pub const NOTICE: &str = "SIMULATION: computed from assumptions, not measured";

const MINUTE: Micros = 60_000_000;
/// Waiting times are kept with an error of one percent, up to a week.
const LONGEST_MS: u64 = 7 * 24 * 3_600 * 1_000;

/// A simulated day.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Always true.
    pub simulation: bool,
    /// [`NOTICE`].
    pub notice: &'static str,
    /// What was simulated.
    pub demand: Demand,
    /// The seed.
    pub seed: u64,
    /// What was provisioned.
    pub provision: Provision,
    /// How many votes an event stood for.
    pub votes_in_a_unit: u64,
    /// The region that was lost, and when, in seconds since the opening.
    pub lost: Option<(&'static str, u64)>,
    /// The sums.
    pub totals: Totals,
    /// From the 202 until the vote is recorded.
    pub waiting_ms: Waiting,
    /// From the first try until the 202.
    pub accepting_ms: Waiting,
    /// Each minute, also after the close until nothing waits.
    pub minutes: Vec<Minute>,
}

/// Sums of a day, in votes unless said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Answered with 202.
    pub accepted: u64,
    /// Recorded in the end: each accepted one, or the pipeline would have lost some.
    pub recorded: u64,
    /// Refused at least once.
    pub refused_at_first: u64,
    /// Refusals, counting each try.
    pub refusals: u64,
    /// Tries after a refusal.
    pub retries: u64,
    /// Voters who gave up after five minutes of refusals.
    pub gave_up: u64,
    /// Voters who were still refused when the polls closed.
    pub too_late: u64,
    /// Messages that were lost with a region.
    pub lost_messages: u64,
    /// Most messages that ever waited, without delayed copies.
    pub most_backlog: u64,
    /// Minutes from the close until nothing waited, delayed copies included.
    pub drained_after_minutes: u64,
    /// Import of the roll and the day, in millionths of a dollar.
    pub cost: Money,
}

/// Waiting times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Half of all waited no longer.
    pub p50: u64,
    /// All but one in a hundred.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// A minute. Counts are of this minute, the rest is as it was at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Minute {
    /// Voters who tried for the first time.
    pub arrived: u64,
    /// Votes that got a 202.
    pub accepted: u64,
    /// Refusals.
    pub refused: u64,
    /// Votes recorded.
    pub recorded: u64,
    /// The longest that a vote recorded in this minute had waited.
    pub longest_wait_ms: u64,
    /// Messages that wait.
    pub backlog: u64,
    /// Second copies that aren't due.
    pub delayed: u64,
    /// Pollers in all regions.
    pub pollers: u64,
    /// Writes per second that the tables take.
    pub write_limit: u64,
    /// Import of the roll and the day so far, in millionths of a dollar.
    pub cost: Money,
}

/// What is looked at each minute.
pub(super) struct Sample {
    pub(super) backlog: u64,
    pub(super) delayed: u64,
    pub(super) pollers: u64,
    pub(super) write_limit: u64,
}

pub(super) struct Recorder {
    provision: Provision,
    votes_in_a_unit: u64,
    voters: u64,
    totals: Totals,
    waiting: Option<Histogram<u64>>,
    accepting: Option<Histogram<u64>>,
    minutes: Vec<Minute>,
    /// What the plan says that the import costs, and a day with all votes.
    import: Money,
    day: Money,
    /// A refused request passes the edge and both firewalls. API Gateway doesn't charge for it.
    edge: Price,
    firewall: Price,
}

impl Recorder {
    pub(super) fn new(plan: &AwsPlan, votes_in_a_unit: u64) -> Result<Self, PricesError> {
        let prices = Prices::current()?;
        let sum = |is_in: &dyn Fn(&Line) -> bool| {
            plan.lines
                .iter()
                .filter(|line| is_in(line))
                .map(|line| line.cost)
                .sum()
        };
        let histogram = || Histogram::new_with_bounds(1, LONGEST_MS, 2).ok();
        Ok(Self {
            provision: plan.provision,
            votes_in_a_unit,
            voters: plan.demand.voters,
            totals: Totals::default(),
            waiting: histogram(),
            accepting: histogram(),
            minutes: Vec::new(),
            import: sum(&|line| line.time == Time::Import),
            day: sum(&|line| line.time == Time::Day),
            edge: prices.price("edge_request")?.clone(),
            firewall: prices.price("firewall_request")?.clone(),
        })
    }

    pub(super) fn unit_votes(&self) -> u64 {
        self.votes_in_a_unit
    }

    pub(super) fn minute(&mut self, at: Micros) -> &mut Minute {
        let place = (at / MINUTE) as usize;
        if self.minutes.len() <= place {
            self.minutes.resize(place + 1, Minute::default());
        }
        &mut self.minutes[place]
    }

    pub(super) fn accepted(&mut self, now: Micros, votes: u64, waited: Micros) {
        self.totals.accepted += votes;
        self.minute(now).accepted += votes;
        record(&mut self.accepting, waited, votes);
    }

    pub(super) fn recorded(&mut self, at: Micros, votes: u64, waited: Micros) {
        self.totals.recorded += votes;
        let minute = self.minute(at);
        minute.recorded += votes;
        minute.longest_wait_ms = minute.longest_wait_ms.max(waited.div_ceil(1_000));
        record(&mut self.waiting, waited, votes);
    }

    pub(super) fn refused(&mut self, now: Micros, votes: u64, is_first: bool) {
        self.totals.refusals += votes;
        self.totals.refused_at_first += if is_first { votes } else { 0 };
        self.minute(now).refused += votes;
    }

    pub(super) fn retried(&mut self, votes: u64) {
        self.totals.retries += votes;
    }

    pub(super) fn gave_up(&mut self, votes: u64) {
        self.totals.gave_up += votes;
    }

    pub(super) fn too_late(&mut self, votes: u64) {
        self.totals.too_late += votes;
    }

    pub(super) fn lost_messages(&mut self, messages: u64) {
        self.totals.lost_messages += messages;
    }

    /// At the end of a minute.
    pub(super) fn sample(&mut self, now: Micros, sample: Sample) {
        let (accepted, refusals) = (self.totals.accepted, self.totals.refusals);
        let refused = self.edge.of(refusals) + self.firewall.of(2 * refusals);
        let cost = self.import + self.day.share(accepted, self.voters) + refused;
        self.totals.cost = cost;
        self.totals.most_backlog = self.totals.most_backlog.max(sample.backlog);
        let minute = self.minute(now - 1);
        minute.backlog = sample.backlog;
        minute.delayed = sample.delayed;
        minute.pollers = sample.pollers;
        minute.write_limit = sample.write_limit;
        minute.cost = cost;
    }

    pub(super) fn report(mut self, scenario: &Scenario) -> Report {
        let minutes_open = scenario.demand.hours * 60;
        self.totals.drained_after_minutes = (self.minutes.len() as u64).saturating_sub(minutes_open);
        Report {
            simulation: true,
            notice: NOTICE,
            demand: scenario.demand,
            seed: scenario.seed,
            provision: self.provision,
            votes_in_a_unit: self.votes_in_a_unit,
            lost: scenario
                .loss
                .map(|loss| (scenario.demand.names()[loss.region], loss.at_seconds)),
            totals: self.totals,
            waiting_ms: waiting(self.waiting.as_ref()),
            accepting_ms: waiting(self.accepting.as_ref()),
            minutes: self.minutes,
        }
    }
}

fn record(histogram: &mut Option<Histogram<u64>>, waited: Micros, votes: u64) {
    if let Some(histogram) = histogram {
        histogram.saturating_record_n(waited.div_ceil(1_000), votes);
    }
}

fn waiting(histogram: Option<&Histogram<u64>>) -> Waiting {
    let at = |quantile| histogram.map_or(0, |histogram| histogram.value_at_quantile(quantile));
    Waiting {
        p50: at(0.5),
        p99: at(0.99),
        max: histogram.map_or(0, Histogram::max),
    }
}

/// Milliseconds for people.
fn time(milliseconds: u64) -> String {
    match milliseconds {
        0..10_000 => format!("{}.{:02} s", milliseconds / 1_000, milliseconds % 1_000 / 10),
        10_000..600_000 => format!("{} s", milliseconds.div_ceil(1_000)),
        _ => format!("{} min", milliseconds.div_ceil(60_000)),
    }
}

impl Report {
    /// The sums, for people.
    fn measures(&self) -> Vec<Vec<String>> {
        let totals = &self.totals;
        let busiest = |of: fn(&Minute) -> u64| thousands(self.minutes.iter().map(of).max().unwrap_or(0) / 60);
        let most = |of: fn(&Minute) -> u64| thousands(self.minutes.iter().map(of).max().unwrap_or(0));
        let waits = |waiting: &Waiting| {
            format!(
                "{} / {} / {}",
                time(waiting.p50),
                time(waiting.p99),
                time(waiting.max)
            )
        };
        [
            (
                "Votes/s that came in the busiest minute",
                busiest(|minute| minute.arrived),
            ),
            (
                "Votes/s recorded in the busiest minute",
                busiest(|minute| minute.recorded),
            ),
            ("Accepted", thousands(totals.accepted)),
            ("Recorded", thousands(totals.recorded)),
            ("Refused at first", thousands(totals.refused_at_first)),
            ("Retries", thousands(totals.retries)),
            ("Gave up after five minutes", thousands(totals.gave_up)),
            ("Still refused at the close", thousands(totals.too_late)),
            ("First try to 202: p50 / p99 / max", waits(&self.accepting_ms)),
            ("202 to recorded: p50 / p99 / max", waits(&self.waiting_ms)),
            ("Most messages waiting", thousands(totals.most_backlog)),
            ("Most pollers", most(|minute| minute.pollers)),
            (
                "Minutes from the close until all is worked off",
                thousands(totals.drained_after_minutes),
            ),
            ("Messages lost with the region", thousands(totals.lost_messages)),
            ("Import and day", totals.cost.to_string()),
        ]
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect()
    }

    /// What it is the simulation of.
    pub fn title(&self) -> String {
        let lost = self.lost.map_or(String::new(), |(name, at)| {
            format!(
                ", {name} lost for good after {}:{:02} hours",
                at / 3_600,
                at % 3_600 / 60
            )
        });
        let demand = &self.demand;
        let voters = thousands(demand.voters);
        format!(
            "{voters} voters in {} hours and {} regions{lost}",
            demand.hours, demand.regions
        )
    }

    /// For people.
    pub fn document(&self) -> Document {
        let mut notes = vec![format!(
            "an event stands for up to {} votes",
            self.votes_in_a_unit
        )];
        if self.lost.is_some() {
            notes.push(format!(
                "voters are led away from the lost region after {FAIL_OVER_SECONDS} s"
            ));
        }
        Document {
            title: format!("{NOTICE}: {}", self.title()),
            sections: vec![Section {
                heading: String::new(),
                header: vec!["what", "simulated"],
                rows: self.measures(),
                notes,
            }],
        }
    }
}
