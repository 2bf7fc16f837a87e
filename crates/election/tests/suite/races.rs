//! One voter, one vote, however many ballots arrive at once and wherever.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::{Election, Http, REGIONS, TWO_TOWNS, ballot_id, vote, wait_for};

const VOTERS: usize = 1_000;
const CLIENTS: usize = 8;

/// What became of one ballot: its receipt, or that another one was there first.
enum Sent {
    Accepted(String),
    AlreadyVoted,
}

/// Sends three different ballots of one voter, one to each region, at the same instant.
fn three_ballots(http: &Http, voter: &str) -> [Sent; 3] {
    let start = std::sync::Barrier::new(REGIONS.len());
    let candidates = ["ada", "ben", "cleo"];
    std::thread::scope(|scope| {
        let sends = [0, 1, 2].map(|index| {
            let start = &start;
            scope.spawn(move || {
                let body = vote(voter, &ballot_id(), &json!({"mayor": [candidates[index]]}));
                start.wait();
                let answer = http.region(REGIONS[index]).post("/votes", &body);
                if answer.status == 202 {
                    return Sent::Accepted(answer.receipt());
                }
                answer.is_problem(409, "already-voted");
                Sent::AlreadyVoted
            })
        });
        sends.map(|send| send.join().unwrap())
    })
}

#[test]
fn of_three_different_ballots_at_once_in_three_regions_one_is_recorded_for_each_of_1000_voters() {
    let election = Election::open(TWO_TOWNS, &[("south", VOTERS)]);
    let server = election.serve_with(&["--second-copy-delay", "200ms"]);
    let voters = election.ids("south");
    let (next, ballots) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while let Some(voter) = voters.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sent = three_ballots(&server.http, voter);
                    ballots.lock().unwrap().push(sent);
                }
            });
        }
    });
    let status = wait_for("everything is decided", || {
        Some(election.status()).filter(|status| status["queued"] == 0 && status["copies"] == 0)
    });
    let ballots = ballots.into_inner().unwrap();
    let accepted: Vec<&String> = ballots
        .iter()
        .flatten()
        .filter_map(|sent| match sent {
            Sent::Accepted(receipt) => Some(receipt),
            Sent::AlreadyVoted => None,
        })
        .collect();
    assert_eq!(status["recorded"], VOTERS);
    assert_eq!(status["accepted"], accepted.len());
    assert_eq!(status["conflicts"], accepted.len() - VOTERS);
    assert_eq!(
        (&status["repeats"], &status["dead_letters"]),
        (&json!(0), &json!(0))
    );

    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for receipt in &accepted {
        let answer = server.http.get(&format!("/receipts/{receipt}")).is(200);
        *answers
            .entry(answer["status"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert_eq!(answers["recorded"], VOTERS);
    assert_eq!(
        answers.get("another-ballot-recorded").copied().unwrap_or(0),
        accepted.len() - VOTERS
    );
    for sent in &ballots {
        assert!(
            sent.iter().any(|sent| matches!(sent, Sent::Accepted(_))),
            "every voter has a receipt"
        );
    }

    let results = server.counted(VOTERS as u64);
    let candidates = results["contests"][0]["candidates"].as_array().unwrap();
    assert_eq!(
        candidates
            .iter()
            .map(|candidate| candidate["votes"].as_u64().unwrap())
            .sum::<u64>(),
        VOTERS as u64
    );
    assert_eq!(election.recount()["ballots"], VOTERS);
}
