//! Owns a server that only pretends to hold an election, with one fault of its choice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use election_core::ballot::BallotId;
use election_core::content::FORMAT;
use election_core::definition::Definition;
use election_core::keys::BallotKey;
use election_core::receipt::{BallotDigest, Receipt};
use election_core::voter_id::VoterId;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Ran, loadtest};

const DEFINITION: &str = r#"
format = 1
mode = "pseudonymous"
id = "fake"
languages = ["en"]
title = "Fake"
opens_at = 2026-11-03T08:00:00Z
closes_at = 2026-11-03T20:00:00Z
results = "live"
live_step = 1
[[jurisdictions]]
id = "town"
name = "Town"
[[contests]]
id = "mayor"
title = "Mayor"
votes_allowed = 1
candidates = [{ id = "ada", name = "Ada" }, { id = "ben", name = "Ben" }]
"#;

/// What is wrong with the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    /// The first vote is accepted and forgotten.
    LosesOne,
    /// The first vote is counted twice.
    DoublesOne,
    /// The first vote is recorded and counted for somebody else.
    Miscounts,
    /// Every receipt is the first voter's.
    OneReceiptForAll,
    /// Every first attempt to cast is answered 503.
    RefusesFirst,
    /// The first attempt of each vote is recorded, but the connection says nothing of it.
    LosesAnswers,
    /// `POST /votes` never answers.
    Hangs,
    /// Nothing ever answers.
    HangsAlways,
    /// `POST /votes` says things.
    Babbles,
    /// Everything says things.
    BabblesAlways,
}

#[derive(Default)]
struct Ballots {
    recorded: Vec<String>,
    counts: BTreeMap<String, u64>,
    ballots: u64,
    seen: BTreeMap<String, u64>,
    first_receipt: Option<String>,
}

struct Fake {
    fault: Fault,
    definition: Definition,
    ballots: Mutex<Ballots>,
}

impl Fake {
    fn cast(&self, body: &[u8]) -> (u16, Value) {
        let vote: Value = serde_json::from_slice(body).unwrap();
        let text = |name: &str| vote[name].as_str().unwrap().to_owned();
        let mut ballots = self.ballots.lock().unwrap();
        let attempt = ballots.seen.entry(text("ballot_id")).or_default();
        *attempt += 1;
        if *attempt == 1 && self.fault == Fault::RefusesFirst {
            return (503, json!({"code": "overloaded"}));
        }
        let counts_at = 1 + u64::from(self.fault == Fault::RefusesFirst);
        let is_first_attempt = *attempt == counts_at;
        // Any pseudonym will do.
        let voter: VoterId = VoterId::parse(&text("voter_id")).unwrap();
        let key = BallotKey(std::array::from_fn(|place| voter.canonical()[place]));
        let id = BallotId::parse(&text("ballot_id")).unwrap();
        let content = vote["selections"].to_string();
        let digest = BallotDigest::of(&self.definition.hash(), &key, &id, FORMAT, content.as_bytes());
        let mut receipt = Receipt::new(key, &digest).printed();
        let is_first = ballots.first_receipt.is_none();
        let first = ballots
            .first_receipt
            .get_or_insert_with(|| receipt.clone())
            .clone();
        if self.fault == Fault::OneReceiptForAll {
            receipt = first;
        }
        if is_first_attempt && !(is_first && self.fault == Fault::LosesOne) {
            ballots.recorded.push(receipt.clone());
            let times = 1 + u64::from(is_first && self.fault == Fault::DoublesOne);
            ballots.ballots += times;
            let mut chosen = vote["selections"]["mayor"][0]
                .as_str()
                .unwrap_or("(blank)")
                .to_owned();
            if is_first && self.fault == Fault::Miscounts {
                chosen = if chosen == "ada" { "ben" } else { "ada" }.to_owned();
            }
            *ballots.counts.entry(chosen).or_default() += times;
        }
        if is_first_attempt && self.fault == Fault::LosesAnswers {
            return (504, json!("a proxy's page"));
        }
        (
            202,
            json!({"status": "accepted", "receipt": receipt, "ballot_id": text("ballot_id"), "region": "here"}),
        )
    }

    fn results(&self) -> Value {
        let ballots = self.ballots.lock().unwrap();
        let count = |name: &str| ballots.counts.get(name).copied().unwrap_or(0);
        let contest = json!({
            "id": "mayor", "ballots_cast": ballots.ballots, "undervotes": count("(blank)"), "write_ins": 0,
            "candidates": [{"id": "ada", "votes": count("ada")}, {"id": "ben", "votes": count("ben")}],
        });
        json!({
            "seq": ballots.ballots, "tally_lag": 0, "ballots_cast": ballots.ballots,
            "jurisdictions": [{"id": "town", "ballots_cast": ballots.ballots, "contests": [contest]}],
        })
    }

    fn answer(&self, method: &Method, path: &str, body: &[u8]) -> (u16, Value) {
        match (method.as_str(), path) {
            ("GET", "/election") => (
                200,
                json!({"election_hash": self.definition.hash(), "phase": "open", "regions": ["here"]}),
            ),
            ("GET", "/regions/here/votes") => (200, self.results()),
            ("GET", "/regions/here/health") => (200, json!({"status": "ok"})),
            ("POST", "/regions/here/eligibility") => {
                (200, json!({"jurisdiction": {"id": "town"}, "voted": false}))
            }
            ("POST", "/regions/here/votes") => self.cast(body),
            ("GET", path) if path.starts_with("/regions/here/receipts/") => {
                let receipt = path.rsplit('/').next().unwrap().to_owned();
                if self.ballots.lock().unwrap().recorded.contains(&receipt) {
                    (200, json!({"status": "recorded"}))
                } else {
                    (404, json!({"code": "not-recorded"}))
                }
            }
            _ => (404, json!({"code": "not-found"})),
        }
    }
}

async fn respond(
    State(fake): State<Arc<Fake>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, String) {
    let is_cast = method == Method::POST && uri.path().ends_with("/votes");
    match fake.fault {
        Fault::HangsAlways => std::future::pending().await,
        Fault::Hangs if is_cast => std::future::pending().await,
        Fault::BabblesAlways => return (StatusCode::OK, "<html>hello</html>".to_owned()),
        Fault::Babbles if is_cast => return (StatusCode::OK, "<html>hello</html>".to_owned()),
        _ => {}
    }
    let (status, answer) = fake.answer(&method, uri.path(), &body);
    (StatusCode::from_u16(status).unwrap(), answer.to_string())
}

/// Runs `loadtest` for 20 voters against a server with this fault.
pub(crate) fn vote(fault: Fault, arguments: &[&str]) -> (Ran, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("definition.toml"), DEFINITION).unwrap();
    let letter = |number: u8| {
        let id = VoterId::from_random([number; 14]).printed();
        format!("{id},M-{number},Name,Address,town\n")
    };
    let letters: String = (0..20).map(letter).collect();
    let letters = format!("voter_id,external_id,name,address,jurisdiction\n{letters}");
    std::fs::write(folder.path().join("letters.csv"), letters).unwrap();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let definition = Definition::parse(DEFINITION.as_bytes()).unwrap();
    let fake = Arc::new(Fake {
        fault,
        definition,
        ballots: Mutex::default(),
    });
    let router = Router::new().fallback(respond).with_state(fake);
    runtime.spawn(async move { axum::serve(listener, router).await });
    // Long where all ends well: then nobody waits for it. Else it is how long the test takes.
    let ends_well = matches!(fault, Fault::Nothing | Fault::RefusesFirst | Fault::LosesAnswers);
    let patience = if ends_well { "90s" } else { "4s" };
    let common = [
        "--host",
        &url,
        "--letters",
        "letters.csv",
        "--definition",
        "definition.toml",
        "--seed",
        "1",
        "--reconcile-timeout",
        patience,
        "--no-print-metrics",
    ];
    let ran = loadtest(folder.path(), &[arguments, &common].concat());
    runtime.shutdown_background();
    (ran, folder)
}
