//! Owns elections in fresh folders: made by the command itself, as an operator would.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{Ran, Server, election};

/// A folder with an election's data (in `data`), its roll and its letters.
pub(crate) struct Election {
    folder: TempDir,
}

/// One letter.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Voter {
    pub(crate) id: String,
    pub(crate) external_id: String,
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) jurisdiction: String,
}

/// The letters of a file, the oldest first.
pub(crate) fn letters(file: &Path) -> Vec<Voter> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    assert!(reader.headers().unwrap().iter().eq([
        "voter_id",
        "external_id",
        "name",
        "address",
        "jurisdiction"
    ]));
    let letters = reader.records().map(|row| {
        let row = row.unwrap();
        let [id, external_id, name, address, jurisdiction] =
            std::array::from_fn(|column| row[column].to_owned());
        Voter {
            id,
            external_id,
            name,
            address,
            jurisdiction,
        }
    });
    letters.collect()
}

/// Fails the test unless everything accepted is somewhere, once.
#[track_caller]
fn assert_sums_hold(status: &Value) {
    let count = |key: &str| {
        status[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} of {status}"))
    };
    let decided = count("recorded") + count("repeats") + count("conflicts") + count("dead_letters");
    assert_eq!(count("accepted"), count("queued") + decided, "{status}");
}

impl Election {
    /// A folder without an election.
    pub(crate) fn none() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// An election with so many voters in each jurisdiction, not open yet.
    pub(crate) fn new(definition: &str, people: &[(&str, usize)]) -> Self {
        let election = Self::none();
        election.write("definition.toml", definition);
        let definition = election.path("definition.toml");
        election
            .run(["init", "--definition", definition.to_str().unwrap()])
            .exits(0);
        let homes = people
            .iter()
            .flat_map(|(place, count)| std::iter::repeat_n(place, *count));
        let rows = homes
            .enumerate()
            .map(|(number, place)| format!("P-{number},Person {number},{number} Elm St,{place}\n"));
        let roll: String = std::iter::once("external_id,name,address,jurisdiction\n".to_owned())
            .chain(rows)
            .collect();
        election.write("roll.csv", &roll);
        election.import().exits(0);
        election
    }

    /// An open election.
    pub(crate) fn open(definition: &str, people: &[(&str, usize)]) -> Self {
        let election = Self::new(definition, people);
        election.run(["open"]).exits(0);
        election
    }

    /// A file next to the data folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the data folder.
    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.path("data").join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The binary, to be run on this election, in its folder.
    pub(crate) fn command(&self) -> Command {
        let mut command = election();
        command.current_dir(self.folder.path());
        command
    }

    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        Ran::of(&mut self.command(), arguments)
    }

    /// Imports roll.csv into letters.csv.
    pub(crate) fn import(&self) -> Ran {
        self.run([
            "voters",
            "import",
            "--roll",
            "roll.csv",
            "--letters",
            "letters.csv",
            "--report",
            "report.csv",
        ])
    }

    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, arguments: &[&str]) -> Server {
        let mut command = self.command();
        Server::start(command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// All letters, the oldest first.
    pub(crate) fn voters(&self) -> Vec<Voter> {
        letters(&self.path("letters.csv"))
    }

    /// The voter ids of a jurisdiction.
    pub(crate) fn ids(&self, jurisdiction: &str) -> Vec<String> {
        let voters = self.voters().into_iter();
        voters
            .filter(|voter| voter.jurisdiction == jurisdiction)
            .map(|voter| voter.id)
            .collect()
    }

    /// `election status`; its sums always hold.
    pub(crate) fn status(&self) -> Value {
        let status = self.run(["status", "--format", "json"]).exits(0).json();
        assert_sums_hold(&status);
        status
    }

    /// Fails the test unless a recount agrees; gives it.
    #[track_caller]
    pub(crate) fn recount(&self) -> Value {
        let recount = self.run(["recount", "--format", "json"]).exits(0).json();
        assert_eq!(recount["agrees"], true, "{recount}");
        recount
    }
}
