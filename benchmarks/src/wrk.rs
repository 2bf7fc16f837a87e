//! Owns the generator: wrk, run with a script, and what it tells at its end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use serde::Deserialize;

/// Sends prepared votes.
const VOTES: &str = include_str!("../lua/votes.lua");
/// Sends the same request again and again.
const CONSTANT: &str = include_str!("../lua/constant.lua");

/// What a thread of the script says when it has sent its part.
const ENDED: &str = "ended";
/// As many threads as share the load; fewer if there are fewer connections.
pub(crate) const THREADS: u32 = 2;

/// What a run is made of, apart from what is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Connections that are kept open, each with one request under way.
    pub(crate) connections: u32,
    /// For how long at most.
    pub(crate) seconds: u64,
}

/// What a thread does at the end of its part of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Begins anew: for a server that remembers nothing.
    Again,
    /// Stops; the run is over before its time, and that is an error.
    Error,
    /// Stops: everything was to be sent.
    Stop,
}

/// Prepared requests: a part of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requests<'a> {
    /// The body of a request per line.
    pub(crate) file: &'a Path,
    /// The first byte.
    pub(crate) from: u64,
    /// The first byte that isn't part of it; 0 for the end of the file.
    pub(crate) to: u64,
    /// What comes when all are sent.
    pub(crate) end: End,
}

/// What wrk says at its end; the fields are those that the scripts print.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub(crate) struct Run {
    /// Answers received.
    pub(crate) requests: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Answers with a status above 399.
    pub(crate) refused: u64,
    /// Connections that couldn't be made, read or written.
    pub(crate) broken: u64,
    /// Requests that took over 2 s.
    pub(crate) timeouts: u64,
    /// The median time to an answer.
    pub(crate) p50_ms: f64,
    /// The time that one of a hundred answers took at least.
    pub(crate) p99_ms: f64,
    /// The longest time to an answer.
    pub(crate) longest_ms: f64,
    /// Threads that had sent their whole part.
    pub(crate) threads_ended: u64,
    /// How often a part was begun anew.
    pub(crate) rounds: u64,
}

impl Run {
    /// Answers that said yes.
    pub(crate) fn accepted(&self) -> u64 {
        self.requests.saturating_sub(self.refused)
    }

    /// Those per second.
    pub(crate) fn accepted_per_s(&self) -> f64 {
        self.accepted() as f64 / self.seconds
    }
}

/// Says how to get wrk where it is missing.
pub(crate) fn check() -> anyhow::Result<()> {
    match Command::new("wrk").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(error) => bail!("wrk: {error}; install Debian's package: apt-get install wrk"),
    }
}

/// Sends prepared votes to `POST /votes`.
pub(crate) fn votes(url: &str, load: Load, requests: &Requests) -> anyhow::Result<Run> {
    let arguments = [
        requests.file.display().to_string(),
        threads(load).to_string(),
        requests.from.to_string(),
        requests.to.to_string(),
        if requests.end == End::Again {
            "again"
        } else {
            "once"
        }
        .to_owned(),
    ];
    let run = run(&format!("{url}/votes"), load, VOTES, &arguments)?;
    if requests.end == End::Error && run.threads_ended > 0 {
        bail!("the requests ended before the time did: prepare more voters");
    }
    Ok(run)
}

/// Sends one request all the time to `/votes`: a POST of the file's first line, or a GET without a file.
pub(crate) fn constant(url: &str, load: Load, body: Option<&Path>) -> anyhow::Result<Run> {
    let file = body.map(|file| file.display().to_string());
    run(&format!("{url}/votes"), load, CONSTANT, file.as_slice())
}

fn threads(load: Load) -> u32 {
    load.connections.min(THREADS)
}

fn run(url: &str, load: Load, script: &str, arguments: &[String]) -> anyhow::Result<Run> {
    // wrk takes a script only as a file.
    let file = std::env::temp_dir().join(format!("bench-{}.lua", std::process::id()));
    std::fs::write(&file, script).with_context(|| file.display().to_string())?;
    let child = Command::new("wrk")
        .arg(format!("-t{}", threads(load)))
        .arg(format!("-c{}", load.connections))
        .arg(format!("-d{}s", load.seconds))
        .arg("--latency")
        .arg("-s")
        .arg(&file)
        .arg(url)
        .arg("--")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let said = child.context("wrk").and_then(|child| hear(child, threads(load)));
    let _ = std::fs::remove_file(&file);
    let said = said?;
    parse(&said).with_context(|| format!("wrk: {said}"))
}

/// Hears wrk out. It would stay until its time is over, so it is told when all threads have ended.
fn hear(mut child: Child, threads: u32) -> anyhow::Result<String> {
    let (mut said, mut ended) = (String::new(), 0);
    let out = child.stdout.take().context("wrk says nothing")?;
    for line in BufReader::new(out).lines() {
        let line = line?;
        if line == ENDED {
            ended += 1;
            if ended == threads {
                let kill = format!("kill -INT {}", child.id());
                Command::new("sh").arg("-c").arg(kill).status()?;
            }
        }
        said.push_str(&line);
        said.push('\n');
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("wrk: {status}: {said}");
    }
    Ok(said)
}

/// The last line is the script's; everything before is for people.
fn parse(output: &str) -> anyhow::Result<Run> {
    let line = output.lines().rev().find(|line| line.starts_with('{'));
    let run: Run = serde_json::from_str(line.context("it ended without a summary")?)?;
    if run.requests == 0 || run.seconds <= 0.0 {
        bail!("nothing was answered");
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 2s test @ http://127.0.0.1:8090/votes\n  2 threads and 64 connections\n\
        Requests/sec: 75000.00\n\
        {\"requests\":150000,\"seconds\":2.000000,\"refused\":50000,\"broken\":1,\"timeouts\":2,\"p50_ms\":0.5,\
        \"p99_ms\":1.25,\"longest_ms\":9.0,\"threads_ended\":0,\"rounds\":3}\n";

    #[test]
    fn the_summary_is_the_last_line_of_json() {
        let run = parse(OUTPUT).unwrap();
        assert_eq!(run.accepted(), 100_000);
        assert!((run.accepted_per_s() - 50_000.0).abs() < 1e-9);
        assert_eq!(
            (run.p99_ms, run.broken, run.timeouts, run.rounds),
            (1.25, 1, 2, 3)
        );
    }

    #[test]
    fn a_run_without_a_summary_or_an_answer_is_an_error() {
        assert!(parse("unable to connect to 127.0.0.1:8090 Connection refused\n").is_err());
        assert!(parse(&OUTPUT.replace("150000", "0")).is_err());
    }
}
