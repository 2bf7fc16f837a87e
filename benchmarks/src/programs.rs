//! Owns the processes that are measured: the `election` command, its server, and the floor.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::http;
use crate::machine::kilobytes;
use crate::site::Site;

/// How long a start or a stop may take; a demo also imports its voters.
const PATIENCE: Duration = Duration::from_secs(60);
const LONG_PATIENCE: Duration = Duration::from_secs(3_600);
const POLL: Duration = Duration::from_millis(1);

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The `election` command.
    pub(crate) election: PathBuf,
    /// The bare server.
    pub(crate) floor: PathBuf,
    /// The load test, which may be missing.
    pub(crate) loadtest: PathBuf,
}

/// Memory of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    /// What it has now.
    pub(crate) resident_mb: f64,
    /// The most it had.
    pub(crate) highest_mb: f64,
}

/// A running server; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it answers.
    pub(crate) url: String,
    /// From the start of the process to its first answer.
    pub(crate) started_in: Duration,
}

impl Programs {
    /// The `election` command, on a store unless it needs none.
    fn command(&self, store: Option<&Path>, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.election);
        command.args(arguments).stdin(Stdio::null());
        if let Some(store) = store {
            command.arg("--store").arg(format!("sqlite:{}", store.display()));
        }
        command
    }

    /// Runs a command on a store to its end; returns its output and how long it took.
    pub(crate) fn run(&self, store: &Path, arguments: &[&str]) -> anyhow::Result<(String, Duration)> {
        self.finish(self.command(Some(store), arguments), arguments)
    }

    /// The same without a store.
    pub(crate) fn run_alone(&self, arguments: &[&str]) -> anyhow::Result<(String, Duration)> {
        self.finish(self.command(None, arguments), arguments)
    }

    fn finish(&self, mut command: Command, arguments: &[&str]) -> anyhow::Result<(String, Duration)> {
        let began = Instant::now();
        let output = command.output();
        let output = output.with_context(|| self.election.display().to_string())?;
        let took = began.elapsed();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("election {}: {}: {said}{out}", arguments.join(" "), output.status);
        }
        Ok((out, took))
    }

    /// Serves a store.
    pub(crate) fn serve(&self, store: &Path) -> anyhow::Result<Server> {
        let address = free_address()?;
        let command = self.command(Some(store), &["serve", "--listen", &address]);
        Server::start(command, &address, &store.with_extension("log"), PATIENCE)
    }

    /// Makes a demo's voters and serves it.
    pub(crate) fn demo(&self, folder: &Path, voters: u64) -> anyhow::Result<Server> {
        let address = free_address()?;
        let mut command = Command::new(&self.election);
        command
            .args(["demo", "--seed", "1", "--listen", &address])
            .args(["--voters", &voters.to_string()])
            .arg("--data")
            .arg(folder);
        let log = folder.with_extension("log");
        Server::start(command, &address, &log, LONG_PATIENCE)
    }

    /// The floor, with the results that it answers to `GET /votes`.
    pub(crate) fn floor(&self, results: Option<&Path>, work: &Path) -> anyhow::Result<Server> {
        let address = free_address()?;
        let mut command = Command::new(&self.floor);
        command.args(["--listen", &address]);
        if let Some(results) = results {
            command.arg("--results").arg(results);
        }
        Server::start(command, &address, &work.join("floor.log"), PATIENCE)
    }
}

impl Server {
    /// Starts a server and waits until it has answered `GET /votes`.
    fn start(mut command: Command, address: &str, log: &Path, patience: Duration) -> anyhow::Result<Self> {
        let file = File::create(log).with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let began = Instant::now();
        let child = command
            .spawn()
            .with_context(|| command.get_program().display().to_string())?;
        let mut server = Self {
            child,
            url: format!("http://{address}"),
            started_in: Duration::ZERO,
        };
        while !http::get(&server.url, "/votes").is_ok_and(|answer| answer.status == 200) {
            if let Some(status) = server.child.try_wait()? {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                bail!("the server ended at its start: {status}: {said}");
            }
            if began.elapsed() > patience {
                bail!("the server doesn't answer {patience:?} after its start");
            }
            std::thread::sleep(POLL);
        }
        server.started_in = began.elapsed();
        Ok(server)
    }

    /// What can be asked of it.
    pub(crate) fn site(&self, store: &Path) -> anyhow::Result<Site> {
        Site::find(store, &self.url)
    }

    /// Its memory now and at most.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let megabytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.map_or(0.0, |text| kilobytes(text) as f64 / 1_024.0)
        };
        Ok(Memory {
            resident_mb: megabytes("VmRSS:"),
            highest_mb: megabytes("VmHWM:"),
        })
    }

    /// Lets it finish what it has begun, and end.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let kill = format!("kill -TERM {}", self.child.id());
        let sent = Command::new("sh").arg("-c").arg(kill).status()?;
        if !sent.success() {
            bail!("the server died by itself");
        }
        let began = Instant::now();
        while self.child.try_wait()?.is_none() {
            if began.elapsed() > PATIENCE {
                bail!("the server still runs {PATIENCE:?} after SIGTERM");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nothing listens at.
fn free_address() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}
