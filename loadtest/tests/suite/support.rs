//! Owns running the programs, and an election of its own for each test.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// What a run of `loadtest` came to.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// What `--json` wrote.
    pub(crate) report: Value,
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(
            self.status, status,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "{text:?} is missing in:\n{}",
            self.stderr
        );
        self
    }

    /// A number of `votes` in the report.
    #[track_caller]
    pub(crate) fn votes(&self, name: &str) -> u64 {
        self.report["votes"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("{name} of {}", self.report))
    }
}

/// Runs `loadtest` with these arguments and a JSON report, in `folder`.
pub(crate) fn loadtest(folder: &Path, arguments: &[&str]) -> Ran {
    let json = folder.join("loadtest.json");
    let _ = std::fs::remove_file(&json);
    let output = Command::new(env!("CARGO_BIN_EXE_loadtest"))
        .args(arguments)
        .arg("--json")
        .arg(&json)
        .current_dir(folder)
        .output()
        .unwrap();
    let report = std::fs::read(&json)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        report: report.unwrap_or_default(),
    }
}

/// The `election` program: where a build of the whole workspace puts it, else built now.
pub(crate) fn election() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_BIN_EXE_loadtest")).with_file_name("election");
        if !program.is_file() {
            let target = program.parent().and_then(Path::parent).unwrap();
            let built = Command::new(env!("CARGO"))
                .args(["build", "--locked", "--package", "election", "--target-dir"])
                .arg(target)
                .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
                .status()
                .unwrap();
            assert!(built.success());
        }
        program
    })
}

/// An election that is open and served, on a port of its own.
pub(crate) struct Demo {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    server: Child,
}

impl Demo {
    /// The demo: its counts are told while people vote.
    pub(crate) fn new(voters: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let voters = voters.to_string();
        let mut server = Command::new(election())
            .args([
                "demo",
                "--data",
                "data",
                "--listen",
                "127.0.0.1:0",
                "--seed",
                "1",
                "--voters",
                &voters,
            ])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("Vote "));
        // What is said has to go somewhere, or the server ends.
        std::thread::spawn(move || lines.for_each(drop));
        let url = line
            .unwrap()
            .split_whitespace()
            .last()
            .unwrap()
            .trim_end_matches('/')
            .to_owned();
        Self { folder, url, server }
    }

    /// Another definition, with letters in `data/letters.csv`.
    pub(crate) fn of(definition: &str, voters: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| {
            let mut command = Command::new(election());
            command
                .args(["--store", "sqlite:data"])
                .args(arguments)
                .current_dir(folder.path());
            assert!(command.output().unwrap().status.success(), "{arguments:?}");
        };
        std::fs::write(folder.path().join("definition.toml"), definition).unwrap();
        run(&["init", "--definition", "definition.toml"]);
        run(&[
            "voters",
            "generate",
            "--definition",
            "definition.toml",
            "--count",
            &voters.to_string(),
            "--out",
            "roll.csv",
        ]);
        run(&[
            "voters",
            "import",
            "--roll",
            "roll.csv",
            "--letters",
            "data/letters.csv",
        ]);
        run(&["open"]);
        let mut server = Command::new(election())
            .args(["--store", "sqlite:data", "serve", "--listen", "127.0.0.1:0"])
            .env("ELECTION_LOG", "info")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let address = |line: String| {
            let (_, rest) = line.split_once("voters reach ")?;
            let (_, rest) = rest.split_once("127.0.0.1:")?;
            Some(rest.chars().take_while(char::is_ascii_digit).collect::<String>())
        };
        let port = lines.find_map(address).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            folder,
            url: format!("http://127.0.0.1:{port}"),
            server,
        }
    }

    pub(crate) fn loadtest(&self, arguments: &[&str]) -> Ran {
        let common = [
            "--host",
            &self.url,
            "--letters",
            "data/letters.csv",
            "--no-print-metrics",
        ];
        loadtest(self.folder.path(), &[arguments, &common].concat())
    }

    /// Runs the operator's command.
    pub(crate) fn operate(&self, arguments: &[&str]) -> String {
        let output = Command::new(election())
            .args(["--store", "sqlite:data"])
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
