//! Owns `election simulate`: reading the curve, letting the day pass, writing what came of it. The simulation itself is
//! the planner's; everything written says that it is one.

use std::path::{Path, PathBuf};

use clap::Args;
use election_planner::curve::Curve;
use election_planner::simulation::{Loss, Scenario, plot};

use crate::failure::Failure;
use crate::plan::{self, DemandArguments, PlanFormat};
use crate::progress::Bar;

const DATA: &str = "simulation.json";
const PLOT: &str = "simulation.svg";
/// A curve has a few dozen lines.
const LARGEST_CURVE_BYTES: u64 = 1 << 20;

#[derive(Args)]
pub(crate) struct SimulateArguments {
    #[command(flatten)]
    demand: DemandArguments,
    /// When people vote, as CSV: minute,weight [default: an opening burst, waves, a busy last hour]
    #[arg(long, value_name = "FILE")]
    curve: Option<PathBuf>,
    /// Lose a region for good, at a time since the opening: us-east-1@6h, us-east-1@90m or us-east-1@06:30
    #[arg(long, value_name = "NAME@TIME")]
    lose_region: Option<String>,
    /// Simulate the same day again
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// The folder for simulation.json and simulation.svg
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How to write the summary
    #[arg(long, value_enum, default_value_t = PlanFormat::Table)]
    format: PlanFormat,
}

/// Simulates, writes both files and prints the summary.
pub(crate) fn run(arguments: &SimulateArguments) -> Result<(), Failure> {
    let demand = arguments.demand.demand()?;
    let loss = arguments
        .lose_region
        .as_deref()
        .map(|text| Loss::parse(text, &demand));
    let loss = loss
        .transpose()
        .map_err(|error| Failure::Usage(format!("--lose-region: {error}")))?;
    let scenario = Scenario {
        demand,
        curve: curve(arguments.curve.as_deref())?,
        loss,
        seed: arguments.seed,
    };
    // Before the work, so that a wrong folder is told at once.
    std::fs::create_dir_all(&arguments.out).map_err(|error| unusable("--out", &arguments.out, &error))?;
    let bar = Bar::new("Simulating the day");
    let report = scenario
        .run(&mut |come, of| bar.set(come, Some(of)))
        .map_err(anyhow::Error::from)?;
    drop(bar);
    let data = serde_json::to_string(&report).map_err(anyhow::Error::from)?;
    for (name, text) in [(DATA, data + "\n"), (PLOT, plot(&report))] {
        let path = arguments.out.join(name);
        std::fs::write(&path, text).map_err(|error| unusable("--out", &path, &error))?;
    }
    match arguments.format {
        // The file has the minutes, too.
        PlanFormat::Json => {
            let mut summary = report;
            summary.minutes.clear();
            plan::print(&summary, &summary.document(), PlanFormat::Json)
        }
        format => plan::print(&report, &report.document(), format),
    }
}

fn curve(path: Option<&Path>) -> Result<Curve, Failure> {
    let Some(path) = path else {
        return Ok(Curve::election_day());
    };
    let size = std::fs::metadata(path)
        .map_err(|error| unusable("--curve", path, &error))?
        .len();
    if size > LARGEST_CURVE_BYTES {
        return Err(Failure::Usage(format!(
            "--curve {}: larger than 1 MB",
            path.display()
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unusable("--curve", path, &error))?;
    Curve::parse(&text).map_err(|error| Failure::Usage(format!("--curve {}: {error}", path.display())))
}

fn unusable(option: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("{option} {}: {error}", path.display()))
}
