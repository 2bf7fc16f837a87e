//! Owns a run of the benchmarks: which measurements, how many rounds, and where the figures go.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::catalogue;
use crate::figures::{Conditions, FORMAT, Figure, Report, RunOf, Sample};
use crate::machine::{self, Watch};
use crate::measurements::{ALL, Bench, Measurement, Repeat, Taken};
use crate::programs::Programs;
use crate::progress::tell;
use crate::render;
use crate::scale::Scale;
use crate::stores::Stores;
use crate::wrk::{self, Load};

const JSON: &str = "docs/benchmarks.json";
const DOCUMENT: &str = "docs/BENCHMARKS.md";
const NOTES: &str = "benchmarks/notes.md";

/// What is measured and where it goes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A little of everything, within a minute: shows that it works; the figures mean nothing
    #[arg(long)]
    quick: bool,
    /// Only these: demo, intake, import, recount, reads, start, verify, generator, memory. The other
    /// figures stay as they are in the JSON
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    only: Vec<String>,
    /// How often each is measured
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: u32,
    /// How long each load runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) seconds: u64,
    /// Connections of each load
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: u32,
    /// Ballots stored before the second measurement of intake
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) stored: u64,
    /// Ballots stored before the third
    #[arg(long, value_name = "N", default_value_t = 5_000_000)]
    pub(crate) stored_most: u64,
    /// Voters of the demo and of an import
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) voters: u64,
    /// Ballots of the export that is verified
    #[arg(long, value_name = "N", default_value_t = 10_000_000)]
    pub(crate) exported: u64,
    /// For how many votes per second there are voters; more makes the preparation longer
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    pub(crate) most_per_s: u64,
    /// How long memory is watched
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(crate) minutes: u64,
    /// The document to write [default: docs/BENCHMARKS.md; with --quick DIR/benchmarks-quick.md]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The figures [default: docs/benchmarks.json; with --quick DIR/benchmarks-quick.json]
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The `election` command [default: beside this program]
    #[arg(long, value_name = "PATH")]
    election: Option<PathBuf>,
    /// The load test [default: beside this program]
    #[arg(long, value_name = "PATH")]
    loadtest: Option<PathBuf>,
    /// Where elections are made, in a folder election-bench of about 15 GB [default: target]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Leave that folder, and take what an earlier run of the same sizes has left there
    #[arg(long)]
    keep: bool,
}

/// Measures, and writes figures and document after each measurement.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    wrk::check()?;
    let selected = select(&arguments.only)?;
    let place = arguments.work.clone().unwrap_or_else(|| {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
    });
    let (json, document, folder) = if arguments.quick {
        let [json, document] = ["benchmarks-quick.json", "benchmarks-quick.md"];
        (place.join(json), place.join(document), "election-bench-quick")
    } else {
        (JSON.into(), DOCUMENT.into(), "election-bench")
    };
    let json = arguments.json.clone().unwrap_or(json);
    let document = arguments.out.clone().unwrap_or(document);
    // A folder of its own, since it is removed whole.
    let work = place.join(folder);
    if !arguments.keep {
        crate::stores::remove(&work)?;
    }
    std::fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
    let bench = bench(arguments, &work)?;

    let mut report = Report {
        format: FORMAT,
        machine: machine::describe()?,
        figures: catalogue::figures(&bench.scale),
    };
    if !arguments.only.is_empty() && json.exists() {
        let known: Report = serde_json::from_slice(&std::fs::read(&json)?)?;
        if known.machine == report.machine {
            report.replace(known.figures);
        }
    }
    let mut figures = begin(&bench, &selected, &built(arguments));
    let mut failed = Vec::new();
    for round in 0..arguments.rounds {
        for measurement in &selected {
            if round > 0 && measurement.repeat == Repeat::Once || failed.contains(&measurement.name) {
                continue;
            }
            tell(&format!(
                "round {} of {}: {}",
                round + 1,
                arguments.rounds,
                measurement.name
            ));
            if let Err(error) = measure(&bench, measurement, &mut figures) {
                failed.push(measurement.name);
                tell(&format!("{} failed: {error:#}", measurement.name));
                fail(measurement, &mut figures, &error);
            }
            // After each, so that whoever has to stop it keeps what was measured.
            report.replace(figures.clone());
            save(&report, &json, &document)?;
        }
    }
    if !arguments.keep {
        crate::stores::remove(&work)?;
    }
    tell(&format!("written: {}, {}", document.display(), json.display()));
    if !failed.is_empty() {
        bail!("failed: {}; see above", failed.join(", "));
    }
    Ok(())
}

/// Makes the document from figures measured before.
pub(crate) fn render_again() -> anyhow::Result<()> {
    let report: Report = serde_json::from_slice(&std::fs::read(JSON).context(JSON)?)?;
    save(&report, JSON.as_ref(), DOCUMENT.as_ref())
}

fn select(only: &[String]) -> anyhow::Result<Vec<Measurement>> {
    if let Some(unknown) = only
        .iter()
        .find(|name| ALL.iter().all(|known| known.name != *name))
    {
        bail!("--only {unknown}: no such measurement");
    }
    let wanted =
        |measurement: &&Measurement| only.is_empty() || only.iter().any(|name| name == measurement.name);
    Ok(ALL.iter().filter(wanted).copied().collect())
}

fn bench(arguments: &Arguments, work: &Path) -> anyhow::Result<Bench> {
    let own = std::env::current_exe()?;
    let beside =
        |given: &Option<PathBuf>, name: &str| given.clone().unwrap_or_else(|| own.with_file_name(name));
    let programs = Programs {
        election: beside(&arguments.election, "election"),
        floor: own.with_file_name("floor"),
        loadtest: beside(&arguments.loadtest, "loadtest"),
    };
    for program in [&programs.election, &programs.floor] {
        if !program.exists() {
            bail!("{} isn't built; scripts/bench builds it", program.display());
        }
    }
    let (scale, load) = if arguments.quick {
        let load = Load {
            connections: 8,
            seconds: 1,
        };
        (Scale::quick(), load)
    } else {
        let load = Load {
            connections: arguments.connections,
            seconds: arguments.seconds,
        };
        (Scale::full(arguments), load)
    };
    let stores = Stores::new(work.to_owned(), programs.clone(), scale.clone(), load.connections);
    Ok(Bench {
        programs,
        stores,
        scale,
        load,
    })
}

/// The figures of the selected measurements, without samples.
fn begin(bench: &Bench, selected: &[Measurement], built: &str) -> Vec<Figure> {
    let began = OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut figures = catalogue::figures(&bench.scale);
    figures.retain(|figure| {
        selected
            .iter()
            .any(|measurement| measurement.figures.contains(&figure.name.as_str()))
    });
    for figure in &mut figures {
        figure.run = Some(RunOf {
            began: began.format(&Rfc3339).unwrap_or_default(),
            commit: built.to_owned(),
            seconds: bench.load.seconds,
            connections: bench.load.connections,
        });
    }
    figures
}

fn measure(bench: &Bench, measurement: &Measurement, figures: &mut [Figure]) -> anyhow::Result<()> {
    let watch = Watch::begin(&bench.stores.work, bench.scale.probe)?;
    let taken = (measurement.measure)(bench)?;
    let conditions = watch.end()?;
    for taken in taken {
        add(taken, conditions, figures)?;
    }
    Ok(())
}

fn add(taken: Taken, conditions: Conditions, figures: &mut [Figure]) -> anyhow::Result<()> {
    let (name, sample, skipped) = match taken {
        Taken::Sample {
            figure,
            value,
            floor,
            details,
        } => {
            let sample = Sample {
                value,
                floor,
                conditions,
                details,
            };
            (figure, Some(sample), None)
        }
        Taken::Skipped { figure, reason } => (figure, None, Some(reason)),
    };
    let figure = figures.iter_mut().find(|figure| figure.name == name);
    let figure = figure.with_context(|| format!("no figure is called {name}"))?;
    figure.samples.extend(sample);
    figure.skipped = skipped;
    Ok(())
}

/// A measurement that failed has no figures: what its good rounds gave would look like a success.
fn fail(measurement: &Measurement, figures: &mut [Figure], error: &anyhow::Error) {
    let of_it = |figure: &&mut Figure| measurement.figures.contains(&figure.name.as_str());
    for figure in figures.iter_mut().filter(of_it) {
        figure.samples.clear();
        figure.skipped = Some(format!("failed: {error}"));
    }
}

fn save(report: &Report, json: &Path, document: &Path) -> anyhow::Result<()> {
    let notes = std::fs::read_to_string(NOTES).context(NOTES)?;
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    std::fs::write(json, text).with_context(|| json.display().to_string())?;
    std::fs::write(document, render::document(report, &notes)).with_context(|| document.display().to_string())
}

/// What was measured: the commit that is checked out, unless a program was given.
fn built(arguments: &Arguments) -> String {
    if let Some(program) = &arguments.election {
        return format!("not known ({})", program.display());
    }
    let output = Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .output();
    output.map_or_else(
        |_| "not known".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
