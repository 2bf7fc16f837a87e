//! Owns the elections that are measured: made once, kept in the work folder, and copied for whatever
//! changes them.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::intake;
use crate::programs::{Programs, Server};
use crate::progress::tell;
use crate::requests;
use crate::scale::Scale;
use crate::wrk::{End, Load, Requests};

/// The election of all measurements: 51 jurisdictions.
pub(crate) const DEFINITION: &str = "examples/us-president-2020/definition.toml";
/// How its voters choose.
pub(crate) const WEIGHTS: &str = "examples/us-president-2020/weights.csv";
/// Requests sent beyond what is to be stored: those whose connections are cut at the end may not arrive.
const MARGIN: u64 = 500;
/// Everything is sent, however long it takes.
const DAY_SECONDS: u64 = 86_400;
/// How long counting may go on.
const PATIENCE: Duration = Duration::from_secs(600);

/// The elections, in a folder.
#[derive(Debug)]
pub(crate) struct Stores {
    /// Where everything is.
    pub(crate) work: PathBuf,
    programs: Programs,
    scale: Scale,
    connections: u32,
}

/// Stores with the same voters and more and more ballots.
#[derive(Clone, Debug)]
pub(crate) struct Stages {
    /// With none, some and many ballots.
    pub(crate) stores: [PathBuf; 3],
    /// The body of a request per line.
    pub(crate) requests: PathBuf,
    /// Where the requests begin whose voters haven't voted in any of the stores.
    pub(crate) from: u64,
}

impl Stores {
    /// The elections that are in the folder already, or aren't made yet.
    pub(crate) fn new(work: PathBuf, programs: Programs, scale: Scale, connections: u32) -> Self {
        Self {
            work,
            programs,
            scale,
            connections,
        }
    }

    /// Whether something is in the folder whole, and of this scale.
    pub(crate) fn is_made(&self, what: &str) -> bool {
        let made = std::fs::read_to_string(self.mark(what));
        made.is_ok_and(|scale| scale == format!("{:?}", self.scale))
    }

    /// Notes that something is in the folder whole.
    pub(crate) fn made(&self, what: &str) -> anyhow::Result<()> {
        Ok(std::fs::write(self.mark(what), format!("{:?}", self.scale))?)
    }

    fn mark(&self, what: &str) -> PathBuf {
        self.work.join(format!("{what}.made"))
    }

    /// Makes an election with a roll.
    pub(crate) fn init(&self, store: &Path) -> anyhow::Result<()> {
        self.programs.run(store, &["init", "--definition", DEFINITION])?;
        Ok(())
    }

    /// Makes up a roll.
    pub(crate) fn generate(&self, roll: &Path, voters: u64) -> anyhow::Result<()> {
        let (count, out) = (voters.to_string(), roll.display().to_string());
        let mut arguments = vec!["voters", "generate", "--definition", DEFINITION];
        arguments.extend([
            "--weights",
            WEIGHTS,
            "--seed",
            "1",
            "--count",
            &count,
            "--out",
            &out,
        ]);
        self.programs.run_alone(&arguments)?;
        Ok(())
    }

    /// Imports a roll; returns how long it took.
    pub(crate) fn import(&self, store: &Path, roll: &Path, letters: &Path) -> anyhow::Result<Duration> {
        let (roll, letters) = (roll.display().to_string(), letters.display().to_string());
        let arguments = ["voters", "import", "--roll", &roll, "--letters", &letters];
        Ok(self.programs.run(store, &arguments)?.1)
    }

    /// The stores of intake, made when they are first asked for.
    pub(crate) fn stages(&self) -> anyhow::Result<Stages> {
        let [few, many] = self.scale.stages;
        let stages = Stages {
            stores: ["none", "few", "many"].map(|name| self.work.join(name)),
            requests: self.work.join("requests.txt"),
            from: 0,
        };
        if !self.is_made("stages") {
            self.make_voters(&stages, many + 2 * MARGIN + self.scale.spare)?;
            let mut from = 0;
            for (pair, ballots) in stages.stores.windows(2).zip([few, many - few]) {
                let [before, after] = pair else { continue };
                tell(&format!("casting {ballots} more ballots to begin with"));
                copy(before, after)?;
                let to = offset(&stages.requests, from, ballots + MARGIN)?;
                self.cast(after, &stages.requests, from, to)?;
                from = to;
            }
            self.made("stages")?;
        }
        let from = offset(&stages.requests, 0, many + 2 * MARGIN)?;
        Ok(Stages { from, ..stages })
    }

    fn make_voters(&self, stages: &Stages, voters: u64) -> anyhow::Result<()> {
        tell(&format!("importing {voters} voters"));
        let [none, ..] = &stages.stores;
        let (roll, letters) = (self.work.join("roll.csv"), self.work.join("letters.csv"));
        remove(none)?;
        self.init(none)?;
        self.generate(&roll, voters)?;
        self.import(none, &roll, &letters)?;
        self.programs.run(none, &["open"])?;
        self.write_requests(&letters, &stages.requests)?;
        for file in [roll, letters] {
            std::fs::remove_file(file)?;
        }
        Ok(())
    }

    fn write_requests(&self, letters: &Path, out: &Path) -> anyhow::Result<u64> {
        requests::write(&requests::Arguments {
            letters: letters.to_owned(),
            definition: DEFINITION.into(),
            weights: WEIGHTS.into(),
            seed: 1,
            out: out.to_owned(),
        })
    }

    fn cast(&self, store: &Path, requests: &Path, from: u64, to: u64) -> anyhow::Result<()> {
        let server = self.programs.serve(store)?;
        let site = server.site(store)?;
        let end = End::Stop;
        let file = requests;
        intake::measure(&site, self.until_all_is_sent(), &Requests { file, from, to, end })?;
        site.empty(PATIENCE)?;
        server.stop()
    }

    fn until_all_is_sent(&self) -> Load {
        Load {
            connections: self.connections,
            seconds: DAY_SECONDS,
        }
    }

    /// A demo whose voters have all voted, made when it is first asked for. Its server is gone.
    pub(crate) fn million(&self) -> anyhow::Result<PathBuf> {
        let folder = self.work.join("demo");
        if !self.is_made("demo") {
            let (server, _) = self.demo()?;
            server.stop()?;
        }
        Ok(folder)
    }

    /// Holds the demo: everybody votes. Returns its server, and the intake of all these votes.
    pub(crate) fn demo(&self) -> anyhow::Result<(Server, intake::Intake)> {
        let folder = self.work.join("demo");
        let requests = self.work.join("demo.txt");
        let voters = self.scale.demo_voters;
        remove(&folder)?;
        tell(&format!("a demo of {voters} voters who all vote"));
        let server = self.programs.demo(&folder, voters)?;
        let made = self.write_requests(&folder.join("letters.csv"), &requests)?;
        if made != voters {
            bail!("the demo has {made} letters for {voters} voters");
        }
        let site = server.site(&folder)?;
        let all = Requests {
            file: &requests,
            from: 0,
            to: 0,
            end: End::Stop,
        };
        let intake = intake::measure(&site, self.until_all_is_sent(), &all)?;
        intake::cast_leftovers(&site, &requests)?;
        site.empty(PATIENCE)?;
        self.made("demo")?;
        Ok((server, intake))
    }
}

/// Removes a folder, if it is there.
pub(crate) fn remove(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| folder.display().to_string())
        }
        _ => Ok(()),
    }
}

/// Copies a store that no server is on.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    remove(to)?;
    std::fs::create_dir(to).with_context(|| to.display().to_string())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        // What the copying left to be written isn't a part of what is measured next.
        File::open(to.join(entry.file_name()))?.sync_all()?;
    }
    Ok(())
}

/// Where the line begins that is `lines` after the one at `from`.
fn offset(file: &Path, from: u64, lines: u64) -> anyhow::Result<u64> {
    use std::io::Seek;
    let mut reader = BufReader::with_capacity(1 << 20, File::open(file)?);
    let mut offset = reader.seek(std::io::SeekFrom::Start(from))?;
    let mut line = Vec::new();
    for _ in 0..lines {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 {
            bail!("{} has too few lines", file.display());
        }
        offset += read as u64;
    }
    Ok(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_an_offset() {
        let file = std::env::temp_dir().join(format!("bench-offset-{}", std::process::id()));
        std::fs::write(&file, "one\ntwo\nthree\n").unwrap();
        assert_eq!(offset(&file, 0, 1).unwrap(), 4);
        assert_eq!(offset(&file, 4, 2).unwrap(), 14);
        assert!(offset(&file, 4, 3).is_err());
        std::fs::remove_file(file).unwrap();
    }
}
