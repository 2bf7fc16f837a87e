//! Owns servers: started on a free port, stopped or killed by the test, dead when it ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::{Answer, Http, ballot_id, wait_for};

/// A running `serve` or `demo`.
pub(crate) struct Server {
    pub(crate) child: Child,
    readers: Vec<JoinHandle<()>>,
    stdout: Arc<Mutex<String>>,
    stderr: Arc<Mutex<String>>,
    pub(crate) http: Http,
}

fn follow(stream: impl Read + Send + 'static) -> (Arc<Mutex<String>>, JoinHandle<()>) {
    let text = Arc::new(Mutex::new(String::new()));
    let written = Arc::clone(&text);
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            let mut text = written.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    });
    (text, reader)
}

/// The first address that a server says it is reached at.
fn address(output: &str) -> Option<String> {
    let words = output.split(['"', ' ', '\n']);
    let url = words
        .filter_map(|word| word.strip_prefix("http://"))
        .find_map(|rest| rest.split_once('/'));
    url.map(|(address, _)| address.to_owned())
}

impl Server {
    /// Starts a server and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, out) = follow(child.stdout.take().unwrap());
        let (stderr, err) = follow(child.stderr.take().unwrap());
        let address = wait_for("the server listens", || {
            let log = stderr.lock().unwrap().clone();
            let said = log
                .split_once("voters reach ")
                .and_then(|(_, rest)| address(rest));
            let said = said.or_else(|| address(&stdout.lock().unwrap()));
            assert!(
                said.is_some() || child.try_wait().unwrap().is_none(),
                "the server ended: {log}"
            );
            said
        });
        Self {
            child,
            readers: vec![out, err],
            stdout,
            stderr,
            http: Http::new(&address),
        }
    }

    pub(crate) fn stdout(&self) -> String {
        self.stdout.lock().unwrap().clone()
    }

    /// `kill -9`: no instruction of it runs any more when this returns.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.ended().1
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.http.address()
    }

    /// Sends a signal, as `TERM`, and doesn't wait.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([&format!("-{name}"), &process])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Stops it gracefully; gives the log. Fails the test unless it exits with 0.
    pub(crate) fn stop(self) -> String {
        self.signal("TERM");
        self.stopped()
    }

    /// Waits for the end of a server that was told to stop; gives the log.
    pub(crate) fn stopped(mut self) -> String {
        let (status, log) = self.ended();
        assert_eq!(status.code(), Some(0), "{log}");
        log
    }

    fn ended(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status, self.stderr.lock().unwrap().clone())
    }

    /// Sends a vote with a new ballot id.
    pub(crate) fn vote(&self, voter_id: &str, selections: &Value) -> Answer {
        self.http
            .post("/votes", &vote(voter_id, &ballot_id(), selections))
    }

    /// Waits until the region that answers has counted so many ballots; gives its results.
    pub(crate) fn counted(&self, ballots: u64) -> Value {
        wait_for("the ballots are counted", || {
            let results = self.http.get("/votes").is(200);
            (results["ballots_cast"] == ballots && results["tally_lag"] == 0).then_some(results)
        })
    }
}

/// The body of a vote.
pub(crate) fn vote(voter_id: &str, ballot_id: &str, selections: &Value) -> Value {
    json!({ "voter_id": voter_id, "ballot_id": ballot_id, "selections": selections })
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
