//! Owns what is said of the machine: what it is, what else it does, and how fast its disk makes a write
//! durable. Linux only: it reads /proc.

use std::fs::{File, read_to_string};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::figures::{Conditions, Machine};

/// What the machine is.
pub(crate) fn describe() -> anyhow::Result<Machine> {
    let cpus = read_to_string("/proc/cpuinfo")?;
    let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name"));
    let memory = read_to_string("/proc/meminfo")?;
    let memory = memory.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    Ok(Machine {
        cpu: cpu
            .map_or("unknown", |name| name.trim_start_matches([' ', '\t', ':']))
            .trim()
            .to_owned(),
        cores: std::thread::available_parallelism()?.get() as u64,
        memory_mb: memory.map_or(0, |text| kilobytes(text) / 1024),
        kernel: format!("Linux {}", read_to_string("/proc/sys/kernel/osrelease")?.trim()),
    })
}

/// Reads "  123 kB".
pub(crate) fn kilobytes(text: &str) -> u64 {
    let number = text.split_whitespace().next();
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// How many writes of 4 KiB, each made durable before the next, the disk of `folder` does per second.
pub(crate) fn fsyncs_per_s(folder: &Path, duration: Duration) -> anyhow::Result<f64> {
    let path = folder.join("fsync.probe");
    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < duration {
        // As a log does that is used again from its start.
        file.seek(SeekFrom::Start(u64::from(count % 256) * 4096))?;
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    let per_s = f64::from(count) / began.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(per_s)
}

/// Processor time, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    /// Used by anybody.
    used: u64,
    /// Used or not.
    all: u64,
    /// Used by this process, what it started and waited for, and the processes it watches.
    own: u64,
}

/// Watches what others use while something is measured.
pub(crate) struct Watch {
    load: f64,
    began: Ticks,
    fsyncs_per_s: f64,
}

impl Watch {
    /// Begins, with a look at the disk.
    pub(crate) fn begin(folder: &Path, probe: Duration) -> anyhow::Result<Self> {
        let load = read_to_string("/proc/loadavg")?;
        let load = load.split(' ').next().and_then(|load| load.parse().ok());
        Ok(Self {
            load: load.unwrap_or(0.0),
            fsyncs_per_s: fsyncs_per_s(folder, probe)?,
            began: ticks()?,
        })
    }

    /// Ends, when every process that was started is waited for.
    pub(crate) fn end(self) -> anyhow::Result<Conditions> {
        let now = ticks()?;
        let since = |now: u64, before: u64| now.saturating_sub(before) as f64;
        let others = since(now.used, self.began.used) - since(now.own, self.began.own);
        let all = since(now.all, self.began.all).max(1.0);
        Ok(Conditions {
            load: self.load,
            others_percent: (100.0 * others / all).max(0.0),
            fsyncs_per_s: self.fsyncs_per_s,
        })
    }
}

fn ticks() -> anyhow::Result<Ticks> {
    let all = read_to_string("/proc/stat")?;
    let own = read_to_string("/proc/self/stat")?;
    parse_ticks(&all, &own).context("/proc/stat can't be read")
}

fn parse_ticks(all: &str, own: &str) -> Option<Ticks> {
    // user nice system idle iowait irq softirq steal; guests are in user already.
    let line = all.lines().next()?.strip_prefix("cpu")?;
    let times: Vec<u64> = line
        .split_whitespace()
        .take(8)
        .map_while(|time| time.parse().ok())
        .collect();
    let idle = times.get(3)? + times.get(4)?;
    let sum: u64 = times.iter().sum();
    // After the name in brackets, which may hold anything: utime stime cutime cstime are 12 to 15.
    let (_, fields) = own.rsplit_once(") ")?;
    let own = fields.split(' ').skip(11).take(4);
    Some(Ticks {
        used: sum - idle,
        all: sum,
        own: own.filter_map(|time| time.parse::<u64>().ok()).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_what_is_not_idle_and_ones_own() {
        let all = "cpu  100 10 50 1000 40 1 2 3 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        let own = "42 (a (b) c) S 1 42 42 0 -1 4194304 5 6 7 8 11 12 13 14 20 0 1 0 99 0 0";
        let expected = Ticks {
            used: 166,
            all: 1_206,
            own: 50,
        };
        assert_eq!(parse_ticks(all, own), Some(expected));
        assert_eq!(parse_ticks("", own), None);
    }

    #[test]
    fn kilobytes_are_read_from_proc() {
        assert_eq!(kilobytes("      16316412 kB"), 16_316_412);
    }
}
