//! Owns the command line: every command, option and help text. Which file does the work is in [`run`].

mod run;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use election_core::identifiers::RegionName;

pub(crate) use run::{Place, run};

use crate::plan::PlanArguments;
use crate::simulate::SimulateArguments;
use crate::voters;

/// Hold an election: one voter, one vote; no accepted vote lost; every number recountable.
///
/// Try it: `election demo`. For an election of your own: `definition check`, `init`, `voters import`,
/// `serve`, then `open`, `close`, `certify`. All commands work both while a server runs on the store and
/// when none does. Data goes to standard output, everything else to standard error. Exit status: 0 done,
/// 1 the answer is no, 2 usage, 64 configuration, 70 internal error.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Where the election is kept: sqlite:DIR, or aws (with the settings of --config)
    #[arg(
        long,
        global = true,
        env = "ELECTION_STORE",
        default_value = "sqlite:./data",
        value_name = "URL"
    )]
    store: String,
    /// The file with the election's secrets [default: keys.json in the store's folder]
    #[arg(long, global = true, env = "ELECTION_KEYS", value_name = "PATH")]
    keys: Option<PathBuf>,
    /// The settings of the AWS edition, as lines NAME=VALUE; variables of the same names come first
    #[arg(long, global = true, env = "ELECTION_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// How the log is written: text or json; ELECTION_LOG sets what is in it, as `info` or `access=debug`
    #[arg(
        long,
        global = true,
        env = "ELECTION_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub(crate) log_format: String,
    #[command(subcommand)]
    command: Command,
}

/// How results, recounts and the like are written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Csv,
}

#[derive(Subcommand)]
enum Command {
    /// Run a whole election on this machine: US President 2020 with made-up voters and three regions
    Demo(DemoArguments),
    /// Check an election definition
    #[command(subcommand)]
    Definition(DefinitionCommand),
    /// Create an election in an empty store, with secrets of its own
    Init {
        /// The definition (TOML); it can't be changed afterwards
        #[arg(long, value_name = "FILE")]
        definition: PathBuf,
    },
    /// Prepare the voter roll and the letters
    #[command(subcommand)]
    Voters(VotersCommand),
    /// Serve the pages and the API in all regions of this machine
    Serve(ServeArguments),
    /// Record the votes of a region's queue until stopped: on EC2 or Fargate, in place of the function
    Work(WorkArguments),
    /// Open the polls
    Open,
    /// Close the polls; what was accepted is still recorded
    Close,
    /// Recount everything and make it the result, for good
    Certify {
        /// Don't ask
        #[arg(long)]
        yes: bool,
    },
    /// Show the results
    Results {
        /// Read them from a website, as http://127.0.0.1:8080, instead of from the store
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// How to write them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Read every ballot again and compare with each region's tally; exit status 1 if anything differs
    Recount {
        /// How to write what was found: table or json
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Write what is published of a certified election; all three into one folder make a whole export
    #[command(subcommand)]
    Export(ExportCommand),
    /// Recount an export from its files alone; exit status 1 if any byte isn't as it has to be
    Verify {
        /// The folder with the whole export
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// How to write what was found: table or json
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Make a region's tally anew
    #[command(subcommand)]
    Tally(TallyCommand),
    /// Show where all accepted votes are
    Status {
        /// How to write it: table or json
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Take a region out of service, bring it back, or give it up for good
    #[command(subcommand)]
    Region(RegionCommand),
    /// Look at messages that were set aside, or give them another chance
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Destroy what links voters to ballots, after certification
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Work out what an election needs and costs, on AWS or on one machine
    Plan(PlanArguments),
    /// Simulate an election day on AWS: how the queues fill and empty. A simulation, not a measurement
    Simulate(SimulateArguments),
}

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// The folder for everything; started again on it, the demo goes on
    #[arg(long, default_value = "./data", value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// How many voters to make up
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) voters: u64,
    /// Make the same names and homes again; voter ids are always new
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

#[derive(Subcommand)]
enum DefinitionCommand {
    /// Tell everything that is wrong with a definition, or its summary
    Check {
        /// The definition (TOML)
        file: PathBuf,
        /// How errors are written: table for people, json for programs, on standard output
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

#[derive(Subcommand)]
enum VotersCommand {
    /// Make up a roll, for trials
    Generate(voters::generate::Arguments),
    /// Put the people of a roll on the voter roll, with a voter id and a letter each
    Import {
        /// CSV: external_id,name,address,jurisdiction
        #[arg(long, value_name = "FILE")]
        roll: PathBuf,
        /// CSV to append the letters to (mode 0600): voter_id,external_id,name,address,jurisdiction
        #[arg(long, value_name = "FILE")]
        letters: PathBuf,
        /// CSV to write the rows to that weren't imported: line,code,reason
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
    /// Write the letters to print and mail: a PDF with a page for each voter
    Letters(voters::print::Arguments),
    /// Revoke somebody's voter id and write a letter with a new one
    Reissue {
        /// As in the roll
        #[arg(long, value_name = "ID")]
        external_id: String,
        /// CSV to append the letter to
        #[arg(long, value_name = "FILE")]
        letters: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct ServeArguments {
    /// Where voters reach the pages and the API
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Where operators and Prometheus reach the server; the token is in operator.json
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub(crate) operator_listen: SocketAddr,
    /// The regions to run, at least two [default: the store's, else us-east-1,us-east-2,us-west-2]
    #[arg(long, value_delimiter = ',', value_parser = region_name, value_name = "NAMES")]
    pub(crate) regions: Vec<RegionName>,
    /// How long a second copy waits in another region, as 5s or 500ms
    #[arg(long, default_value = "5s", value_parser = duration, value_name = "TIME")]
    pub(crate) second_copy_delay: Duration,
    /// The origin of a website that is served elsewhere, as https://vote.example.org
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) website_origin: Option<String>,
    /// Refuse a source after this many unknown voter ids in a minute [default: no limit]
    #[arg(long, value_name = "N")]
    pub(crate) refused_ids_per_minute: Option<NonZeroU32>,
}

#[derive(Args)]
pub(crate) struct WorkArguments {
    /// How many batches of ten are received and recorded at once
    #[arg(long, default_value_t = 32, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) pollers: u16,
}

#[derive(Subcommand)]
enum RegionCommand {
    /// Take it out of service; what it holds is kept
    Fail { name: String },
    /// Bring a failed region back
    Restore { name: String },
    /// Delete what only it holds and never use it again
    Lose { name: String },
}

#[derive(Subcommand)]
enum ExportCommand {
    /// Every ballot's jurisdiction and choices, sorted: ballots.jsonl
    Ballots(ExportArguments),
    /// Every receipt, sorted: receipts.txt
    Receipts(ExportArguments),
    /// The certified results: results.json, results.csv and results-nist.json
    Results(ExportArguments),
}

#[derive(Args)]
struct ExportArguments {
    /// The folder to write to; new, empty, or with an export of the same election
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Subcommand)]
enum TallyCommand {
    /// Count the ballot box again and put that in the place of the region's tally, after the close
    Rebuild { name: String },
}

#[derive(Subcommand)]
enum DeadLettersCommand {
    /// When, where and why each was set aside; never its content
    List {
        /// How to write it: table or json
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Enqueue all of them again
    Replay,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Destroy the secret that links voters to ballots; can't be undone
    Destroy {
        /// Don't ask
        #[arg(long)]
        yes: bool,
    },
}

fn region_name(text: &str) -> Result<RegionName, String> {
    RegionName::parse(text).map_err(|error| format!("a region's name {error}"))
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let number: u64 = digits
        .parse()
        .map_err(|_| "a time is a whole number with ms, s or m".to_owned())?;
    let milliseconds = match &text[digits.len()..] {
        "ms" => Some(number),
        "s" => number.checked_mul(1000),
        "m" => number.checked_mul(60_000),
        _ => return Err("a time is a whole number with ms, s or m".to_owned()),
    };
    // SQS delays messages by at most 15 minutes.
    let milliseconds = milliseconds.filter(|milliseconds| *milliseconds <= 900_000);
    milliseconds
        .map(Duration::from_millis)
        .ok_or_else(|| "at most 900s".to_owned())
}

impl Cli {
    /// Whether this runs until it is stopped.
    pub(crate) fn is_server(&self) -> bool {
        matches!(
            self.command,
            Command::Demo(_) | Command::Serve(_) | Command::Work(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_stand_anywhere() {
        for line in [
            "election --store sqlite:x status --format json",
            "election status --format json --store sqlite:x",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.store, "sqlite:x");
        }
    }

    #[test]
    fn times_have_units_and_limits() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for text in [
            "",
            "5",
            "s",
            "-1s",
            "1h",
            "901s",
            "99999999999999999999s",
            "18446744073709551615m",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
