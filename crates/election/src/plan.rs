//! Owns `election plan`: reading what is asked and printing the answer. The formulas are the planner's.

use clap::{Args, ValueEnum};
use election_planner::demand::{Demand, DemandError, MOST_HOURS, MOST_VOTERS, REGIONS};
use election_planner::document::Document;
use election_planner::plan::{AwsPlan, MachinePlan};
use serde::Serialize;

use crate::failure::Failure;
use crate::output;

#[derive(Args)]
pub(crate) struct DemandArguments {
    /// How many people vote
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=MOST_VOTERS))]
    voters: u64,
    /// How long the polls are open
    #[arg(long, default_value_t = 12, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=MOST_HOURS))]
    hours: u64,
    /// The busiest rate that is provisioned for, as a multiple of the mean; Estonia's busiest hour of 2023 had 4.45
    #[arg(long, default_value = "4.45", value_name = "X", allow_negative_numbers = true, value_parser = Demand::parse_peak_factor)]
    peak_factor: u64,
    /// How many regions accept votes
    #[arg(long, default_value_t = 3, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u8).range(2..=REGIONS.len() as i64))]
    regions: u8,
}

#[derive(Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    demand: DemandArguments,
    /// Several regions of AWS, or one machine: server isn't built yet and is judged by local's rates
    #[arg(long, value_enum, default_value_t = Edition::Aws)]
    edition: Edition,
    /// How to write it
    #[arg(long, value_enum, default_value_t = PlanFormat::Table)]
    format: PlanFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum Edition {
    Aws,
    Server,
    Local,
}

/// How plans and simulations are written.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PlanFormat {
    Table,
    Json,
    Markdown,
}

impl DemandArguments {
    pub(crate) fn demand(&self) -> Result<Demand, Failure> {
        Demand::new(self.voters, self.hours, self.peak_factor, self.regions.into())
            .map_err(|error: DemandError| Failure::Usage(error.to_string()))
    }
}

/// Plans, and prints it.
pub(crate) fn run(arguments: &PlanArguments) -> Result<(), Failure> {
    let demand = arguments.demand.demand()?;
    match arguments.edition {
        Edition::Aws => {
            let plan = AwsPlan::of(demand).map_err(anyhow::Error::from)?;
            print(&plan, &plan.document(), arguments.format)
        }
        Edition::Server | Edition::Local => {
            let is_server = matches!(arguments.edition, Edition::Server);
            let plan = MachinePlan::of(demand, is_server).map_err(anyhow::Error::from)?;
            print(&plan, &plan.document(), arguments.format)
        }
    }
}

/// Prints data or its tables.
pub(crate) fn print(value: &impl Serialize, document: &Document, format: PlanFormat) -> Result<(), Failure> {
    match format {
        PlanFormat::Table => output::lines(&[document.to_text()]),
        PlanFormat::Markdown => output::lines(&[document.to_markdown()]),
        PlanFormat::Json => output::data(&serde_json::to_value(value).map_err(anyhow::Error::from)?),
    }
}
