//! Owns the server's process and the commands: starting, killing, asking. It knows nothing of votes.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long a start, or a stop after SIGTERM, may take.
const PATIENCE: Duration = Duration::from_secs(40);
const POLL: Duration = Duration::from_millis(10);

/// The election program on one data folder.
pub(crate) struct Program {
    pub(crate) binary: PathBuf,
    pub(crate) data: PathBuf,
    /// What servers say goes here.
    pub(crate) log: PathBuf,
    pub(crate) port: u16,
    pub(crate) second_copy_delay_ms: u64,
    /// The library that moves a server's clock by what the file says.
    pub(crate) clock: Option<(PathBuf, PathBuf)>,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Program {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .arg("--store")
            .arg(format!("sqlite:{}", self.data.display()))
            // Ctrl-C is for the soak, which stops the others itself.
            .process_group(0)
            .stdin(Stdio::null());
        command
    }

    /// Begins a command.
    pub(crate) fn begin(&self, arguments: &[&str]) -> anyhow::Result<Child> {
        let command = &mut self.command(arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        child.with_context(|| self.binary.display().to_string())
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<Said> {
        Ok(self.begin(arguments)?.wait_with_output()?.into())
    }

    /// Runs a command until it was done: the server may die meanwhile, and every command may be repeated.
    pub(crate) fn run_until_done(&self, arguments: &[&str]) -> anyhow::Result<Said> {
        let began = Instant::now();
        loop {
            let said = self.run(arguments)?;
            if said.status == Some(0) {
                return Ok(said);
            }
            if began.elapsed() > PATIENCE {
                bail!(
                    "election {}: {:?}: {}",
                    arguments.join(" "),
                    said.status,
                    said.err
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Starts a server and leaves it to itself.
    pub(crate) fn spawn(&self, regions: Option<&str>) -> anyhow::Result<Server> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let listen = format!("127.0.0.1:{}", self.port);
        let delay = format!("{}ms", self.second_copy_delay_ms);
        let mut arguments = vec!["serve", "--listen", &listen, "--second-copy-delay", &delay];
        arguments.extend(regions.iter().flat_map(|regions| ["--regions", *regions]));
        let mut command = self.command(&arguments);
        if let Some((library, file)) = &self.clock {
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME_TIMESTAMP_FILE", file)
                .env("FAKETIME_NO_CACHE", "1")
                // Setting a machine's clock doesn't move the monotonic one.
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let child = command.stdout(Stdio::null()).stderr(log).spawn();
        Ok(Server(child.context("the server can't be started")?))
    }

    /// Whether a server says that it is healthy.
    pub(crate) fn is_ready(&self, http: &crate::http::Http) -> bool {
        http.get(None, "/health").status == 200
    }

    /// Starts a server and waits until it answers. Another command may hold the store for a moment.
    pub(crate) fn start(&self, regions: Option<&str>, http: &crate::http::Http) -> anyhow::Result<Server> {
        let began = Instant::now();
        loop {
            let mut server = self.spawn(regions)?;
            while !self.is_ready(http) {
                if began.elapsed() > PATIENCE {
                    bail!("the server doesn't answer {PATIENCE:?} after its start");
                }
                if let Some(status) = server.ended() {
                    // 1: the store is in use. Anything else is a fault.
                    if status == Some(1) {
                        break;
                    }
                    bail!(
                        "the server ended at its start with {status:?}: see {}",
                        self.log.display()
                    );
                }
                std::thread::sleep(POLL);
            }
            if server.0.try_wait()?.is_none() {
                return Ok(server);
            }
            std::thread::sleep(POLL * 5);
        }
    }
}

/// A running server; killed when it is dropped.
pub(crate) struct Server(Child);

impl Server {
    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        // What libfaketime shares between processes outlives one that is killed.
        for left in ["faketime_shm_", "sem.faketime_sem_"] {
            let _ = std::fs::remove_file(format!("/dev/shm/{left}{}", self.0.id()));
        }
    }

    /// Sends SIGTERM, STOP or CONT.
    pub(crate) fn signal(&self, name: &str) -> anyhow::Result<()> {
        let kill = format!("kill -{name} {}", self.0.id());
        let status = Command::new("sh").arg("-c").arg(kill).status()?;
        if !status.success() {
            bail!("the server can't be sent {name}: has it died?");
        }
        Ok(())
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn terminate(&mut self) -> anyhow::Result<()> {
        self.signal("TERM")?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.ended() {
                if status != Some(0) {
                    bail!("after SIGTERM the server ended with {status:?}");
                }
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        bail!("the server still runs {PATIENCE:?} after SIGTERM")
    }

    /// The exit status if it has ended.
    pub(crate) fn ended(&mut self) -> Option<Option<i32>> {
        self.0.try_wait().ok().flatten().map(|status| status.code())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nothing listens at, below those that outgoing connections get.
pub(crate) fn free_port(rng: &mut fastrand::Rng) -> anyhow::Result<u16> {
    for _ in 0..100 {
        let port = rng.u16(12_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}

/// The library that fakes the time, if there is one.
pub(crate) fn clock_library() -> Option<PathBuf> {
    let named = std::env::var_os("SOAK_LIBFAKETIME").map(PathBuf::from);
    let installed = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map(|machine| {
        Path::new("/usr/lib")
            .join(machine)
            .join("faketime/libfaketimeMT.so.1")
    });
    named.into_iter().chain(installed).find(|path| path.exists())
}
