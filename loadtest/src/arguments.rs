//! Owns the command line. Options have goose's names and meanings where goose has them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::drills::{Deed, Drill, When};
use crate::duration;
use crate::failure::Failure;
use crate::hosts::Host;
use crate::threshold::Threshold;

/// Votes as a nation does, then follows every vote to its end: each receipt is looked up, and the results are
/// compared with what was cast.
///
/// Exit status: 0 all is well; 1 a vote was lost or doubled, counts differ, a threshold was missed; 2 the
/// command line is wrong; 64 letters, definition and server don't fit, or the polls aren't open; 70 something
/// broke.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) profile: Profile,
}

/// What kind of load.
#[derive(Subcommand)]
pub(crate) enum Profile {
    /// As fast as the users go, or at --rate
    Steady(Options),
    /// A day in minutes: ×10 at the opening, waves, a retry storm, 4.45 × the mean in the last hour
    ElectionDay(Options),
    /// The same rate all the time, but ten times as much in the middle
    Spike(Options),
    /// The same rate for long
    Soak(Options),
    /// Thousands poll the results each second; with --rate some vote meanwhile
    Readers(Options),
    /// Bad requests, replays, double casts to two regions at once, slow clients; and voters
    Hostile(Options),
    /// Measures this program's own rate against a server that answers 202 to anything; prints JSON. Nothing is reconciled
    Generator(Options),
}

/// The options of every profile.
#[derive(Args)]
pub(crate) struct Options {
    /// Where to vote, with its share of the voters; repeatable. Without /regions/NAME: all regions of that server
    #[arg(short = 'H', long, value_name = "URL[=WEIGHT]", default_value = "http://127.0.0.1:8080", value_parser = Host::parse)]
    pub(crate) host: Vec<Host>,
    /// Letters, as `election voters import` or `election demo` writes them
    #[arg(long, value_name = "FILE", default_value = "data/letters.csv")]
    pub(crate) letters: PathBuf,
    /// The election's definition [default: us-president-2020, as of the demo]
    #[arg(long, value_name = "FILE")]
    pub(crate) definition: Option<PathBuf>,
    /// How people vote [default: the demo's for the demo's definition, else evenly]
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// The same ballots at the same times again [default: another each time]. Who has voted before isn't left
    /// out then
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How many people vote at most [default: all letters; with --rate as many as its time takes]
    #[arg(long, visible_alias = "voters", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) votes: Option<u32>,
    /// Votes per second on average, due whether users are free or not [default: all in the time; steady: as fast as users go]
    #[arg(long, value_name = "PER SECOND", value_parser = parse_rate)]
    pub(crate) rate: Option<f64>,
    /// Users at the same time, each with a connection [default: 64; election-day, spike: 256; readers: 2000; hostile: 32]
    #[arg(short = 'u', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) users: Option<u32>,
    /// How long [default: 1m; election-day: 5m; soak: 30m; hostile: 30s; generator: 10s]
    #[arg(short = 't', long, visible_alias = "seconds", value_name = "TIME", value_parser = duration::parse)]
    pub(crate) run_time: Option<Duration>,
    /// Users started per second [default: all at once]
    #[arg(short = 'r', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) increase_rate: Option<u32>,
    /// How long a request may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    pub(crate) timeout: Duration,
    /// How long the reconciliation may take
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = duration::parse)]
    pub(crate) reconcile_timeout: Duration,
    /// Fail unless reached, as "p99<50ms", "errors<1%" or "rate>1000/s"; repeatable. Times are from when a vote was due
    #[arg(long, value_name = "RULE", value_parser = Threshold::parse)]
    pub(crate) threshold: Vec<Threshold>,
    /// Write goose's report, by extension: .html, .json, .md; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) report_file: Vec<String>,
    /// Write the reconciliation as JSON, whatever happens
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Don't print goose's tables
    #[arg(long)]
    pub(crate) no_print_metrics: bool,
    /// Goes without saying: metrics are never reset here, since every vote is accounted for
    #[arg(long)]
    pub(crate) no_reset_metrics: bool,
    /// Goes without saying: nothing listens for control while a load runs
    #[arg(long)]
    pub(crate) no_telnet: bool,
    /// Allow public addresses. It has to be true
    #[arg(long)]
    pub(crate) i_own_this_host: bool,
    /// The data folder of the local edition, for drills and --close
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The `election` program [default: the one beside this program, else in PATH]
    #[arg(long, value_name = "FILE")]
    pub(crate) election: Option<PathBuf>,
    /// Fail a region so long after the load has begun; repeatable. Needs --data
    #[arg(long, value_name = "NAME@TIME", requires = "data", value_parser = When::parse)]
    fail_region: Vec<When>,
    /// Restore a failed region; repeatable
    #[arg(long, value_name = "NAME@TIME", requires = "data", value_parser = When::parse)]
    restore_region: Vec<When>,
    /// Lose a region for good, its files deleted; repeatable
    #[arg(long, value_name = "NAME@TIME", requires = "data", value_parser = When::parse)]
    lose_region: Vec<When>,
    /// Close the polls before the comparison, so that secret or held back counts can be compared. Needs --data
    #[arg(long, requires = "data")]
    pub(crate) close: bool,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: Option<f64> = text.trim_end_matches("/s").parse().ok();
    rate.filter(|rate| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| format!("{text:?} isn't a number of votes per second above 0"))
}

impl Profile {
    /// The name on the command line, and the options.
    pub(crate) fn parts(&self) -> (&'static str, &Options) {
        match self {
            Self::Steady(options) => ("steady", options),
            Self::ElectionDay(options) => ("election-day", options),
            Self::Spike(options) => ("spike", options),
            Self::Soak(options) => ("soak", options),
            Self::Readers(options) => ("readers", options),
            Self::Hostile(options) => ("hostile", options),
            Self::Generator(options) => ("generator", options),
        }
    }

    /// How many users there are.
    pub(crate) fn users(&self) -> usize {
        let (_, options) = self.parts();
        let default = match self {
            Self::ElectionDay(_) | Self::Spike(_) => 256,
            Self::Readers(_) => 2_000,
            Self::Hostile(_) => 32,
            _ => 64,
        };
        options.users.unwrap_or(default) as usize
    }

    /// How long the load is meant to last.
    pub(crate) fn time(&self) -> Duration {
        let (_, options) = self.parts();
        let default_s = match self {
            Self::ElectionDay(_) => 300,
            Self::Soak(_) => 1_800,
            Self::Hostile(_) => 30,
            Self::Generator(_) => 10,
            _ => 60,
        };
        options.run_time.unwrap_or(Duration::from_secs(default_s))
    }
}

impl Options {
    /// The drills, which have to lie within the load's time.
    pub(crate) fn drills(&self, time: Duration) -> Result<Vec<Drill>, Failure> {
        let kinds = [
            (Deed::Fail, "--fail-region", &self.fail_region),
            (Deed::Restore, "--restore-region", &self.restore_region),
            (Deed::Lose, "--lose-region", &self.lose_region),
        ];
        let mut drills = Vec::new();
        for (deed, option, whens) in kinds {
            for when in whens {
                if when.at > time {
                    let (at, time) = (duration::print(when.at), duration::print(time));
                    return Err(Failure::Usage(format!(
                        "{option} {}@…: {at} is after the load, which takes {time}",
                        when.region
                    )));
                }
                drills.push(Drill {
                    deed,
                    when: when.clone(),
                });
            }
        }
        Ok(drills)
    }
}
