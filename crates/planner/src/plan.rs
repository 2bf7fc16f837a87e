//! Owns a plan: rates, needs, costs and the outage, or what one machine holds; and how it is written down.

use serde::Serialize;

use crate::costs::{self, Line, Purpose, Time};
use crate::demand::Demand;
use crate::document::{Document, Section};
use crate::facts::{ASSUMED, HEADROOM_PERCENT, UNKNOWN, WEEKS};
use crate::machine::{Machine, Verdict};
use crate::money::{Money, thousands};
use crate::needs::{Need, Outage, Provision, needs};
use crate::prices::{Prices, PricesError};

/// What an election in AWS needs and costs.
#[derive(Clone, Debug, Serialize)]
pub struct AwsPlan {
    /// What was asked.
    pub demand: Demand,
    /// Votes in a thousand seconds on average.
    pub mean_votes_per_1000_seconds: u64,
    /// Votes per second in the busiest time.
    pub peak_votes_per_second: u64,
    /// What Terraform sets up.
    pub provision: Provision,
    /// What breaks first comes first.
    pub needs: Vec<Need>,
    /// When the prices were collected.
    pub prices: String,
    /// Sums of the lines, in millionths of a dollar.
    pub costs: Costs,
    /// Each line of the bill.
    pub lines: Vec<Line>,
    /// Half an hour without one region's processors.
    pub outage: Outage,
    /// What was assumed.
    pub assumed: &'static [&'static str],
    /// What isn't in it.
    pub unknown: &'static [&'static str],
}

/// Sums of lines.
#[derive(Clone, Debug, Serialize)]
pub struct Costs {
    /// All of it.
    pub total: Money,
    /// A million votes of the day, without import and weeks.
    pub day_per_million: Money,
    /// By when it is paid.
    pub by_time: Vec<(Time, Money)>,
    /// By what for, on the day and before.
    pub by_purpose: Vec<(Purpose, Money)>,
    /// By service.
    pub by_service: Vec<(&'static str, Money)>,
    /// By region.
    pub by_region: Vec<(&'static str, Money)>,
    /// A week in which nobody votes.
    pub idle_week: Money,
}

/// Sums by some property of a line, the dearest first.
fn sums<K: Copy + PartialEq>(lines: &[Line], key: impl Fn(&Line) -> K) -> Vec<(K, Money)> {
    let mut found: Vec<(K, Money)> = Vec::new();
    for line in lines {
        let key = key(line);
        match found.iter_mut().find(|(other, _)| *other == key) {
            Some((_, sum)) => *sum = *sum + line.cost,
            None => found.push((key, line.cost)),
        }
    }
    found.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    found
}

impl AwsPlan {
    /// Works it out.
    pub fn of(demand: Demand) -> Result<Self, PricesError> {
        let prices = Prices::current()?;
        let lines = costs::lines(&demand, &prices)?;
        let by_time = sums(&lines, |line| line.time);
        let at = |time| {
            by_time
                .iter()
                .find(|(other, _)| *other == time)
                .map_or(Money(0), |(_, sum)| *sum)
        };
        let costs = Costs {
            total: costs::sum(&lines),
            day_per_million: at(Time::Day).share(1_000_000, demand.voters),
            idle_week: at(Time::Weeks).share(1, WEEKS.0 + WEEKS.1),
            by_purpose: sums(&lines, |line| line.purpose),
            by_service: sums(&lines, |line| line.service),
            by_region: sums(&lines, |line| line.region),
            by_time,
        };
        Ok(Self {
            demand,
            mean_votes_per_1000_seconds: demand.mean_millis(),
            peak_votes_per_second: demand.peak(),
            provision: Provision::of(&demand),
            needs: needs(&demand),
            prices: prices.date,
            costs,
            lines,
            outage: Outage::of_half_an_hour(&demand),
            assumed: &ASSUMED,
            unknown: &UNKNOWN,
        })
    }

    /// For people: one screen.
    pub fn document(&self) -> Document {
        let assumed = self.assumed.iter().map(|text| format!("assumed: {text}"));
        let unknown = self.unknown.iter().map(|text| format!("not in it: {text}"));
        let place = format!("on AWS in {} regions", self.demand.regions);
        Document {
            title: title(&self.demand, &place),
            sections: vec![
                self.rates(),
                self.limits(),
                self.bill(),
                Section {
                    heading: "What this rests on".to_owned(),
                    notes: assumed.chain(unknown).collect(),
                    ..Section::default()
                },
            ],
        }
    }

    fn rates(&self) -> Section {
        let (provision, outage) = (&self.provision, &self.outage);
        let time = |seconds: Option<u64>| match seconds {
            Some(seconds) => format!("{} min", seconds.div_ceil(60)),
            None => "never".to_owned(),
        };
        let (at_peak, at_mean) = (
            time(outage.drain_seconds_at_peak),
            time(outage.drain_seconds_at_mean),
        );
        let pollers = format!("{} to {}", provision.minimum_pollers, provision.maximum_pollers);
        let mut rows = rates(&self.demand);
        rows.extend([
            row([
                "Terraform: votes_per_second",
                &thousands(provision.votes_per_second),
            ]),
            row([
                "Terraform: warm_throughput, writes/s",
                &thousands(provision.warm_writes),
            ]),
            row(["Pollers in each region", &pollers]),
            vec![
                format!(
                    "{} min without one region's processors: messages waiting",
                    outage.minutes
                ),
                thousands(outage.backlog),
            ],
            row([
                "… empty again at the busiest rate / at the mean",
                &format!("{at_peak} / {at_mean}"),
            ]),
        ]);
        Section {
            heading: "Rates and queues".to_owned(),
            header: vec!["what", "how much"],
            rows,
            notes: Vec::new(),
        }
    }

    fn limits(&self) -> Section {
        let rows = self.needs.iter().map(|need| {
            let never = need.breaks_at == u64::MAX;
            let breaks_at = if never {
                "–".to_owned()
            } else {
                thousands(need.breaks_at)
            };
            vec![
                format!("{}: {}", need.service, need.limit),
                thousands(need.need),
                thousands(need.default),
                need.ask.map_or("–".to_owned(), thousands),
                breaks_at,
                need.remedy.to_owned(),
            ]
        });
        Section {
            heading: "Limits of AWS, what breaks first on top".to_owned(),
            header: vec![
                "limit",
                "need",
                "default",
                "ask for",
                "breaks at votes/s",
                "what to raise",
            ],
            rows: rows.collect(),
            notes: Vec::new(),
        }
    }

    fn bill(&self) -> Section {
        let costs = &self.costs;
        let mut rows = vec![
            row(["In all", &costs.total.to_string()]),
            row(["A million votes on the day", &costs.day_per_million.to_string()]),
        ];
        rows.extend(costs.by_time.iter().map(|(time, sum)| {
            let name = match time {
                Time::Day => "When: the day".to_owned(),
                Time::Import => "When: importing the roll".to_owned(),
                Time::Weeks => format!("When: {} weeks before and {} after", WEEKS.0, WEEKS.1),
            };
            vec![name, sum.to_string()]
        }));
        rows.push(row(["An idle week", &costs.idle_week.to_string()]));
        rows.extend(costs.by_purpose.iter().map(|(purpose, sum)| {
            let name = match purpose {
                Purpose::Voting => "What for: voting itself",
                Purpose::SecondCopy => "What for: two copies",
                Purpose::StrongConsistency => "What for: strong consistency",
                Purpose::Firewall => "What for: firewall",
            };
            row([name, &sum.to_string()])
        }));
        let listed = |sums: &[(&str, Money)]| {
            let each = sums.iter().map(|(name, sum)| format!("{name} {sum}"));
            each.collect::<Vec<_>>().join(" · ")
        };
        Section {
            heading: format!("Costs at list prices of {}", self.prices),
            header: vec!["what", "US dollars"],
            rows,
            notes: vec![listed(&costs.by_service), listed(&costs.by_region)],
        }
    }
}

/// What one machine would do.
#[derive(Clone, Debug, Serialize)]
pub struct MachinePlan {
    /// What was asked.
    pub demand: Demand,
    /// Votes in a thousand seconds on average.
    pub mean_votes_per_1000_seconds: u64,
    /// Votes per second in the busiest time.
    pub peak_votes_per_second: u64,
    /// What was measured, and the verdict.
    pub machine: Machine,
    /// What has to be known besides.
    pub notes: Vec<&'static str>,
}

impl MachinePlan {
    /// The local edition, or the server edition, which isn't built yet and is judged by the local one.
    pub fn of(demand: Demand, is_server: bool) -> Result<Self, serde_json::Error> {
        let mut notes = Vec::new();
        if is_server {
            notes.push(
                "the server edition (PostgreSQL, Redis) isn't built: these are the local edition's rates",
            );
        }
        notes.push("measured with the load generator on the same machine, for seconds: docs/BENCHMARKS.md");
        notes.push(
            "one machine is one place: if its disk is lost, so are the votes; regions are folders of it",
        );
        notes.push("unknown: your machine, its disk and its price; measure it with scripts/bench");
        Ok(Self {
            demand,
            mean_votes_per_1000_seconds: demand.mean_millis(),
            peak_votes_per_second: demand.peak(),
            machine: Machine::of(&demand)?,
            notes,
        })
    }

    /// For people.
    pub fn document(&self) -> Document {
        let machine = &self.machine;
        let verdict = match machine.verdict {
            Verdict::Holds => "yes",
            Verdict::TooSlow => "no: too slow",
            Verdict::NotMeasured => {
                "not known: fast enough at first, but never measured with so many ballots"
            }
        };
        let mut rows = rates(&self.demand);
        rows.push(row([
            "Needed, with headroom, votes/s",
            &thousands(machine.needed_per_second),
        ]));
        rows.push(row([
            "Measured and comparable, votes/s",
            &thousands(machine.compared_per_second),
        ]));
        rows.push(row(["Would it hold?", verdict]));
        let measured = machine
            .rates
            .iter()
            .map(|rate| vec![thousands(rate.stored), thousands(rate.votes_per_second)]);
        Document {
            title: title(&self.demand, "on one machine"),
            sections: vec![
                Section {
                    heading: "Answer".to_owned(),
                    header: vec!["what", "how much"],
                    rows,
                    notes: Vec::new(),
                },
                Section {
                    heading: format!(
                        "Measured on {}, {} cores",
                        machine.measured.cpu, machine.measured.cores
                    ),
                    header: vec!["ballots stored", "votes/s"],
                    rows: measured.collect(),
                    notes: Vec::new(),
                },
                Section {
                    heading: "Besides".to_owned(),
                    notes: self.notes.iter().map(|&note| note.to_owned()).collect(),
                    ..Section::default()
                },
            ],
        }
    }
}

fn title(demand: &Demand, place: &str) -> String {
    format!(
        "{} voters in {} hours, {place}",
        thousands(demand.voters),
        demand.hours
    )
}

fn rates(demand: &Demand) -> Vec<Vec<String>> {
    let mean = demand.mean_millis();
    let factor = demand.peak_factor_millis;
    vec![
        vec![
            "Votes/s on average".to_owned(),
            format!("{}.{:03}", thousands(mean / 1_000), mean % 1_000),
        ],
        vec![
            format!("Votes/s at {}.{:03} times that", factor / 1_000, factor % 1_000),
            thousands(demand.peak()),
        ],
        vec![
            format!("… and {} % headroom", HEADROOM_PERCENT - 100),
            thousands(crate::needs::with_headroom(demand.peak())),
        ],
    ]
}

fn row(cells: [&str; 2]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
