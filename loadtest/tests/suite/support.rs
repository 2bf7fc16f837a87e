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

/// A demo that serves on a port of its own.
pub(crate) struct Demo {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    server: Child,
}

impl Demo {
    pub(crate) fn new(voters: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
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
            ])
            .arg(voters.to_string())
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let line = lines.map_while(Result::ok).find(|line| line.starts_with("Vote "));
        let url = line
            .unwrap()
            .split_whitespace()
            .last()
            .unwrap()
            .trim_end_matches('/')
            .to_owned();
        Self { folder, url, server }
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
