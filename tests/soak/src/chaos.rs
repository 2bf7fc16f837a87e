//! Owns the blows: it does what the plan says, one step after the other, and keeps to the operators' rule
//! that a region may be lost only when nothing hangs on another lost one (docs/COMMAND.md).

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::http::Http;
use crate::place::Place;
use crate::plan::{Event, Killed, Round};
use crate::server::{Program, Said, Server};
use crate::state::{INTERRUPTED, State, one};
use crate::watch::{self, Sums};

/// How long queues may take to drain.
const DRAINING: Duration = Duration::from_secs(60);

/// The one who breaks things.
pub(crate) struct Chaos<'a> {
    pub(crate) round: &'a Round,
    pub(crate) state: &'a State,
    pub(crate) program: &'a Program,
    pub(crate) place: &'a Place,
    pub(crate) http: Http,
    server: Server,
    /// Failed now.
    failed: Vec<String>,
    /// A region was lost, and what it held in second copies may still be queued.
    unsettled: bool,
    /// How many regions there ever were.
    names: usize,
    /// Makes up for a lost one at the next start.
    replacement: Option<String>,
}

fn wait_ms(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// An error once the soak was told to stop.
fn go_on() -> anyhow::Result<()> {
    if INTERRUPTED.load(Ordering::SeqCst) {
        bail!("interrupted");
    }
    Ok(())
}

impl<'a> Chaos<'a> {
    /// Starts the server with three regions.
    pub(crate) fn start(
        round: &'a Round,
        state: &'a State,
        program: &'a Program,
        place: &'a Place,
    ) -> anyhow::Result<Self> {
        let names: Vec<String> = (1..=3).map(|number| format!("r-{number}")).collect();
        let http = Http::new(program.port)?;
        let server = program.start(Some(&names.join(",")), &http)?;
        state.set_regions(names);
        Ok(Self {
            round,
            state,
            program,
            place,
            http,
            server,
            failed: Vec::new(),
            unsettled: false,
            names: 3,
            replacement: None,
        })
    }

    /// All steps of the plan.
    pub(crate) fn run(&mut self) -> anyhow::Result<()> {
        for step in &self.round.steps {
            wait_ms(step.after_ms);
            if !self.state.violations().is_empty() {
                break;
            }
            self.is_alive()?;
            self.strike(&step.event)
                .with_context(|| format!("{:?}", step.event))?;
        }
        self.is_alive()
    }

    fn strike(&mut self, event: &Event) -> anyhow::Result<()> {
        match *event {
            Event::Kill {
                down_ms,
                look,
                again_ms,
            } => {
                self.kill();
                if let Some(after_ms) = again_ms {
                    let mut starting = self.program.spawn(None)?;
                    wait_ms(after_ms);
                    starting.kill();
                    one(&self.state.counters.kills);
                }
                wait_ms(down_ms);
                if look {
                    watch::look(self.state, self.program, self.round.voters)?;
                }
                self.restart()
            }
            Event::Terminate { down_ms } => {
                self.server.terminate()?;
                one(&self.state.counters.terminations);
                wait_ms(down_ms);
                self.restart()
            }
            Event::Stall { for_ms } => {
                self.server.signal("STOP")?;
                wait_ms(for_ms);
                self.server.signal("CONT")?;
                one(&self.state.counters.stalls);
                Ok(())
            }
            Event::Fail { pick } => self.fail(pick),
            Event::Restore => self.restore_all(),
            Event::Lose {
                pick,
                failed_first,
                killed,
            } => self.lose(pick, failed_first, killed),
            Event::DiskFull { for_ms, kill } => self.fill_disk(for_ms, kill),
            Event::ClockJump { seconds } => self.set_clock(seconds),
        }
    }

    fn is_alive(&mut self) -> anyhow::Result<()> {
        go_on()?;
        match self.server.ended() {
            Some(status) => bail!(
                "the server ended by itself with {status:?}: see {}",
                self.program.log.display()
            ),
            None => Ok(()),
        }
    }

    pub(crate) fn kill(&mut self) {
        self.server.kill();
        one(&self.state.counters.kills);
    }

    /// Starts the server, with a new region in place of a lost one if one is due.
    pub(crate) fn restart(&mut self) -> anyhow::Result<()> {
        let mut regions = self.state.regions();
        let new = self.replacement.take();
        regions.extend(new.clone());
        let named = new.map(|_| regions.join(","));
        self.server = self.program.start(named.as_deref(), &self.http)?;
        self.state.set_regions(regions);
        one(&self.state.counters.restarts);
        Ok(())
    }

    fn fail(&mut self, pick: usize) -> anyhow::Result<()> {
        let regions = self.state.regions();
        let name = &regions[pick % regions.len()];
        self.program.run_until_done(&["region", "fail", name])?;
        one(&self.state.counters.fails);
        if self.http.get(Some(name), "/health").status != 503 {
            bail!("{name} is failed and answers");
        }
        if !self.failed.contains(name) {
            self.failed.push(name.clone());
        }
        Ok(())
    }

    pub(crate) fn restore_all(&mut self) -> anyhow::Result<()> {
        for name in std::mem::take(&mut self.failed) {
            self.program.run_until_done(&["region", "restore", &name])?;
        }
        Ok(())
    }

    fn lose(&mut self, pick: usize, failed_first: bool, killed: Killed) -> anyhow::Result<()> {
        self.restore_all()?;
        if self.unsettled {
            self.settle_queues()?;
        }
        if self.state.regions().len() < 3 {
            self.kill();
            self.restart()?;
        }
        let regions = self.state.regions();
        let mut name = regions[pick % regions.len()].clone();
        if failed_first && !matches!(killed, Killed::BeforeInBurst { .. }) {
            self.fail(pick)?;
            self.failed.clear();
            wait_ms(100);
        }
        match killed {
            Killed::Never => {}
            Killed::BeforeInBurst { burst_ms } => {
                self.state.burst.store(true, Ordering::SeqCst);
                wait_ms(burst_ms);
                self.kill();
                self.state.burst.store(false, Ordering::SeqCst);
                name = self.lose_fullest(name)?;
                self.restart()?;
            }
            Killed::AfterMs(ms) => {
                let command = self.program.begin(&["region", "lose", &name])?;
                wait_ms(ms);
                self.kill();
                let _ = command.wait_with_output()?;
                self.restart()?;
            }
        }
        // Repeating it is fine.
        self.program.run_until_done(&["region", "lose", &name])?;
        self.forget(&name)?;
        self.names += 1;
        self.replacement = Some(format!("r-{}", self.names));
        self.unsettled = true;
        Ok(())
    }

    /// Without a server, loses the region with most first copies in its queue, or `other` if none has any.
    fn lose_fullest(&self, other: String) -> anyhow::Result<String> {
        let sums = watch::look(self.state, self.program, self.round.voters)?.context("no sums")?;
        let living = self.state.regions();
        let fullest = sums
            .queued_in
            .into_iter()
            .filter(|(name, queued)| *queued > 0 && living.contains(name))
            .max_by_key(|(_, queued)| *queued);
        let (name, queued) = fullest.unwrap_or((other, 0));
        self.program.run_until_done(&["region", "lose", &name])?;
        let counter = &self.state.counters.queued_in_lost;
        counter.fetch_add(queued, Ordering::SeqCst);
        Ok(name)
    }

    /// After a loss: the region is gone for everybody.
    fn forget(&self, name: &str) -> anyhow::Result<()> {
        one(&self.state.counters.losses);
        let mut regions = self.state.regions();
        regions.retain(|other| other != name);
        self.state.set_regions(regions);
        if self.http.get(Some(name), "/health").status == 200 {
            bail!("{name} is lost and answers");
        }
        for entry in std::fs::read_dir(&self.program.data)? {
            let file = entry?.file_name();
            if file
                .to_string_lossy()
                .starts_with(&format!("region-{name}.sqlite"))
            {
                bail!("{name} is lost and left {}", file.display());
            }
        }
        Ok(())
    }

    /// Keeps the clients still until no queue holds anything.
    fn settle_queues(&mut self) -> anyhow::Result<()> {
        let state = self.state;
        let _still = state.hold_clients();
        self.drain()?;
        self.unsettled = false;
        Ok(())
    }

    /// Waits until no queue holds anything, and gives the sums.
    pub(crate) fn drain(&self) -> anyhow::Result<Sums> {
        let began = Instant::now();
        loop {
            go_on()?;
            let sums = watch::look(self.state, self.program, self.round.voters)?;
            match sums {
                Some(sums) if sums.queued == 0 && sums.copies == 0 => return Ok(sums),
                sums if began.elapsed() > DRAINING => bail!("the queues don't drain: {sums:?}"),
                _ => wait_ms(50),
            }
        }
    }

    fn fill_disk(&mut self, for_ms: u64, kill: bool) -> anyhow::Result<()> {
        if !self.place.fill()? {
            return Ok(());
        }
        one(&self.state.counters.disk_fulls);
        wait_ms(for_ms);
        if kill {
            self.kill();
            // Whether it can start here is its affair; it must recover once there is space.
            let mut starting = self.program.spawn(None)?;
            wait_ms(for_ms);
            starting.kill();
            self.place.free()?;
            return self.restart();
        }
        self.place.free()?;
        self.is_alive()
    }

    /// Sets the server's clock this far from the right time.
    pub(crate) fn set_clock(&self, seconds: i64) -> anyhow::Result<()> {
        let Some((_, file)) = &self.program.clock else {
            return Ok(());
        };
        set_clock_file(file, seconds)?;
        if seconds != 0 {
            one(&self.state.counters.clock_jumps);
        }
        Ok(())
    }

    /// Loses all regions but one, while clients go on: nothing new may be accepted with only one left.
    pub(crate) fn last_stand(&mut self) -> anyhow::Result<()> {
        self.restore_all()?;
        let state = self.state;
        let before = {
            let _still = state.hold_clients();
            while self.state.regions().len() > 1 {
                self.drain()?;
                let name = self.state.regions().remove(0);
                self.program.run_until_done(&["region", "lose", &name])?;
                self.forget(&name)?;
            }
            self.drain()?
        };
        one(&self.state.counters.last_stands);
        wait_ms(1_000);
        let after = watch::look(self.state, self.program, self.round.voters)?;
        let after = after.context("no sums with one region left")?;
        if after.envelopes() != before.envelopes() {
            bail!("with one region left something was accepted: {before:?}, then {after:?}");
        }
        Ok(())
    }

    /// Certifies: as often as it takes, killed as often as planned.
    pub(crate) fn certify(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut kills = self.round.certifying_kills.iter();
        loop {
            go_on()?;
            let command = self.program.begin(&["certify", "--yes"])?;
            // Kills before it may begin would teach nothing.
            let is_early = began.elapsed() < self.settling();
            if let Some(after_ms) = (!is_early).then(|| kills.next()).flatten() {
                wait_ms(*after_ms);
                self.kill();
                self.restart()?;
            }
            let said = Said::from(command.wait_with_output()?);
            match said.status {
                Some(0) => break,
                _ if began.elapsed() > DRAINING => bail!("it can't be certified: {}", said.err),
                Some(1) if said.err.contains("differs") || said.err.contains("ballots are recorded in") => {
                    bail!("it can't be certified: {}", said.err)
                }
                _ => wait_ms(200),
            }
        }
        // Those that there was no time for.
        for after_ms in kills {
            wait_ms(*after_ms);
            self.kill();
            self.restart()?;
        }
        Ok(())
    }

    /// What `certify` waits for after the close: phase cache, request, second copy, lease.
    fn settling(&self) -> Duration {
        Duration::from_millis(11_000 + self.round.second_copy_delay_ms)
    }
}

/// Whole or not at all: servers read it at any moment.
pub(crate) fn set_clock_file(file: &std::path::Path, seconds: i64) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    std::fs::write(&new, format!("{seconds:+}\n"))?;
    Ok(std::fs::rename(new, file)?)
}
