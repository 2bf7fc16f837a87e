//! Owns one measurement of intake: votes accepted and counted per second, and the reconciliation that
//! ends it. A run that lost, doubled or refused a vote is an error, however fast it was.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::http;
use crate::site::{Site, Sums};
use crate::wrk::{self, End, Load, Requests};

/// How long counting may go on after the last vote.
const PATIENCE: Duration = Duration::from_secs(300);
/// How far from the end of a thread's requests one may be that was still under way.
const LEFTOVER_BYTES: u64 = 100_000;

/// Measures a running server once, by hand.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where voters reach the server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// Its data folder
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// Requests that weren't sent to it before
    #[arg(long, value_name = "FILE")]
    requests: PathBuf,
    /// The first byte of them, to go on in a file whose beginning was sent
    #[arg(long, value_name = "BYTE", default_value_t = 0)]
    from: u64,
    /// The byte to end before; 0 is the end of the file
    #[arg(long, value_name = "BYTE", default_value_t = 0)]
    to: u64,
    /// Connections
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: u32,
    /// For how long
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Send all of them instead, which may end earlier
    #[arg(long)]
    all: bool,
}

/// What one run of intake gave.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Intake {
    /// The lower of accepted and counted, the latter in the slowest region.
    pub(crate) per_s: f64,
    /// 202s.
    pub(crate) accepted_per_s: f64,
    /// Ballots that the slowest region had counted when the load ended.
    pub(crate) counted_per_s: f64,
    /// The median time to an answer.
    pub(crate) p50_ms: f64,
    /// The time that one of a hundred answers took at least.
    pub(crate) p99_ms: f64,
    /// The longest time to an answer.
    pub(crate) longest_ms: f64,
    /// 202s.
    pub(crate) accepted: u64,
    /// Accepted and not counted everywhere when the load ended, in seconds of accepting.
    pub(crate) waiting_s: f64,
    /// Second copies that waited shortly after the end, in seconds of accepting; their delay is 5 s.
    pub(crate) copies_s: f64,
    /// From the end of the load until every region had counted every ballot.
    pub(crate) settled_s: f64,
    /// Ballots in the box before.
    pub(crate) stored_before: u64,
    /// Ballots in the box after it.
    pub(crate) stored_after: u64,
}

/// Measures by hand, and prints what came of it.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Intake> {
    let site = Site::find(&arguments.data, &arguments.url)?;
    let requests = Requests {
        file: &arguments.requests,
        from: arguments.from,
        to: arguments.to,
        end: if arguments.all { End::Stop } else { End::Error },
    };
    let load = Load {
        connections: arguments.connections,
        seconds: arguments.seconds,
    };
    measure(&site, load, &requests)
}

/// Sends votes for a while, then waits until all are counted and compares.
pub(crate) fn measure(site: &Site, load: Load, requests: &Requests) -> anyhow::Result<Intake> {
    let before = site.empty(PATIENCE)?;
    let run = wrk::votes(&site.url, load, requests)?;
    let ended = Instant::now();
    let counted = site.counted()?.into_iter().min().unwrap_or(0);
    let at_end = site.sums()?;
    let after = site.settle(PATIENCE)?;
    let settled_s = ended.elapsed().as_secs_f64();
    reconcile(before, after, &run, load)?;

    let counted = counted.saturating_sub(before.recorded);
    let (accepted_per_s, counted_per_s) = (run.accepted_per_s(), counted as f64 / run.seconds);
    Ok(Intake {
        per_s: accepted_per_s.min(counted_per_s),
        accepted_per_s,
        counted_per_s,
        p50_ms: run.p50_ms,
        p99_ms: run.p99_ms,
        longest_ms: run.longest_ms,
        accepted: run.accepted(),
        waiting_s: run.accepted().saturating_sub(counted) as f64 / accepted_per_s,
        copies_s: at_end.copies as f64 / accepted_per_s,
        settled_s,
        stored_before: before.recorded,
        stored_after: after.recorded,
    })
}

/// After a file of requests was sent by wrk to its end, sends those again that it may have left out: it never
/// sends the very first one, and cuts its connections with the last ones of each thread under way. A vote
/// that had arrived is only a repeat.
pub(crate) fn cast_leftovers(site: &Site, requests: &Path) -> anyhow::Result<()> {
    let mut file = File::open(requests)?;
    let size = file.metadata()?.len();
    let threads = u64::from(wrk::THREADS);
    let ends = (0..=threads).map(|thread| size * thread / threads);
    for end in ends {
        let (from, to) = (
            end.saturating_sub(LEFTOVER_BYTES),
            (end + LEFTOVER_BYTES).min(size),
        );
        let mut bytes = vec![0; usize::try_from(to - from)?];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut bytes)?;
        // The lines at both ends are cut, unless the file begins or ends there.
        let whole = |line: &&[u8]| line.starts_with(b"{") && line.ends_with(b"}}");
        for line in bytes.split(|byte| *byte == b'\n').filter(whole) {
            let status = http::post(&site.url, "/votes", line)?.status;
            if status != 202 {
                bail!("a vote sent again is answered {status}");
            }
        }
    }
    Ok(())
}

/// Every 202 is a ballot in the box and counted in each region. A connection that was cut at the end may have
/// brought one more, whose answer nobody read.
fn reconcile(before: Sums, after: Sums, run: &wrk::Run, load: Load) -> anyhow::Result<()> {
    if run.refused > 0 || run.broken > 0 || run.timeouts > 0 {
        bail!("each vote has to be accepted: {run:?}");
    }
    let recorded = after.recorded.saturating_sub(before.recorded);
    let accepted = run.accepted();
    let most = accepted + u64::from(load.connections);
    if recorded < accepted || recorded > most || after.others != before.others {
        bail!("the votes don't add up: {accepted} accepted, {before:?} became {after:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: wrk::Run = wrk::Run {
        requests: 100,
        seconds: 1.0,
        refused: 0,
        broken: 0,
        timeouts: 0,
        p50_ms: 1.0,
        p99_ms: 2.0,
        longest_ms: 3.0,
        threads_ended: 0,
        rounds: 0,
    };
    const LOAD: Load = Load {
        connections: 4,
        seconds: 1,
    };

    fn sums(recorded: u64, others: u64) -> Sums {
        Sums {
            recorded,
            others,
            ..Sums::default()
        }
    }

    #[test]
    fn a_run_whose_votes_are_all_recorded_once_reconciles() {
        for recorded in [110, 112, 114] {
            assert!(reconcile(sums(10, 1), sums(recorded, 1), &RUN, LOAD).is_ok());
        }
    }

    #[test]
    fn a_lost_a_doubled_or_a_refused_vote_does_not_reconcile() {
        assert!(reconcile(sums(10, 0), sums(109, 0), &RUN, LOAD).is_err());
        assert!(reconcile(sums(10, 0), sums(115, 0), &RUN, LOAD).is_err());
        assert!(reconcile(sums(10, 0), sums(110, 1), &RUN, LOAD).is_err());
        let refused = wrk::Run { refused: 1, ..RUN };
        assert!(reconcile(sums(10, 0), sums(110, 0), &refused, LOAD).is_err());
    }
}
