//! Every 202 is accounted for: whatever dies, and whether or not a server runs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::{Election, REGIONS, Server, TWO_TOWNS, ballot_id, vote, wait_for};

const CLIENTS: usize = 6;

/// Votes until the server is gone or the voters are through: mostly one ballot each, every third voter
/// also another one, every fourth the same one again. Gives the receipts of every 202.
fn vote_until_it_dies(server: &Server, voters: &[String], next: &AtomicUsize, receipts: &Mutex<Vec<String>>) {
    let http = &server.http;
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(voter) = voters.get(index) else { return };
                    let region = http.region(REGIONS[(index + client) % REGIONS.len()]);
                    let first = vote(voter, &ballot_id(), &json!({"mayor": ["ada"]}));
                    let mut bodies = vec![first.clone()];
                    if index.is_multiple_of(3) {
                        bodies.push(vote(voter, &ballot_id(), &json!({"mayor": ["ben"]})));
                    }
                    if index.is_multiple_of(4) {
                        bodies.push(first);
                    }
                    for body in bodies {
                        let Ok(answer) = region.try_post("/votes", &body) else {
                            return;
                        };
                        match answer.status {
                            202 => receipts.lock().unwrap().push(answer.receipt()),
                            409 => {}
                            status => panic!("{status}: {}", answer.text()),
                        }
                    }
                }
            });
        }
    });
}

fn count(status: &Value, key: &str) -> usize {
    usize::try_from(status[key].as_u64().unwrap()).unwrap()
}

#[test]
fn after_kill_9_in_the_middle_of_votes_the_sums_hold_and_every_receipt_is_answered() {
    let election = Election::open(TWO_TOWNS, &[("south", 3_000)]);
    let voters = election.ids("south");
    let (next, receipts) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let mut accepted = 0;
    for round in 1..=4 {
        let server = election.serve_with(&["--second-copy-delay", "500ms"]);
        std::thread::scope(|scope| {
            let voting = scope.spawn(|| vote_until_it_dies(&server, &voters, &next, &receipts));
            wait_for("some votes are accepted", || {
                (receipts.lock().unwrap().len() >= round * 120).then_some(())
            });
            server.signal("KILL");
            voting.join().unwrap();
        });
        drop(server.kill());
        let status = election.status();
        let answered = receipts.lock().unwrap().len();
        assert!(
            count(&status, "accepted") >= answered,
            "{answered} were answered 202: {status}"
        );
        assert!(count(&status, "accepted") >= accepted, "{status}");
        accepted = count(&status, "accepted");
        assert_eq!(election.status(), status, "nothing changes while no server runs");
        election.recount();
    }
    let server = election.serve_with(&["--second-copy-delay", "500ms"]);
    let status = wait_for("everything is decided", || {
        Some(election.status()).filter(|status| count(status, "queued") == 0 && count(status, "copies") == 0)
    });
    assert_eq!(
        count(&status, "accepted"),
        accepted,
        "what was accepted stays accepted, and nothing is added: {status}"
    );
    assert_eq!(count(&status, "dead_letters"), 0);
    for receipt in &*receipts.lock().unwrap() {
        let answer = server.http.get(&format!("/receipts/{receipt}")).is(200);
        assert!(
            ["recorded", "another-ballot-recorded"].contains(&answer["status"].as_str().unwrap()),
            "{answer}"
        );
    }
    let voted = next.load(Ordering::Relaxed).min(voters.len());
    assert!(
        count(&status, "recorded") <= voted,
        "nobody counts twice: {status}"
    );
    server.counted(status["recorded"].as_u64().unwrap());
    assert_eq!(election.recount()["ballots"], status["recorded"]);
}

#[test]
fn after_a_graceful_stop_the_sums_are_what_was_answered() {
    let election = Election::open(TWO_TOWNS, &[("south", 200)]);
    let voters = election.ids("south");
    let server = election.serve();
    let receipts = Mutex::new(Vec::new());
    vote_until_it_dies(&server, &voters, &AtomicUsize::new(0), &receipts);
    drop(server.stop());
    let stopped = election.status();
    assert_eq!(count(&stopped, "accepted"), receipts.into_inner().unwrap().len());
    assert_eq!((count(&stopped, "recorded"), count(&stopped, "queued")), (200, 0));
    let lags = stopped["regions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|region| &region["tally_lag"]);
    assert!(lags.eq([0, 0, 0]), "{stopped}");
    election.recount();

    let server = election.serve();
    let decided = wait_for("the copies are done", || {
        Some(election.status()).filter(|status| status["copies"] == 0)
    });
    for key in [
        "accepted",
        "queued",
        "recorded",
        "repeats",
        "conflicts",
        "dead_letters",
    ] {
        assert_eq!(decided[key], stopped[key], "{key}");
    }
    server.counted(200);
}

#[test]
fn a_stop_in_the_middle_of_votes_answers_what_it_accepted_and_loses_none_of_it() {
    let election = Election::open(TWO_TOWNS, &[("south", 3_000)]);
    let voters = election.ids("south");
    let server = election.serve();
    let receipts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let (server_ref, next) = (&server, AtomicUsize::new(0));
        let (voters, receipts) = (&voters, &receipts);
        scope.spawn(move || vote_until_it_dies(server_ref, voters, &next, receipts));
        wait_for("some votes are accepted", || {
            (receipts.lock().unwrap().len() >= 100).then_some(())
        });
        server_ref.signal("TERM");
    });
    drop(server.stopped());
    let status = election.status();
    assert_eq!(count(&status, "accepted"), receipts.into_inner().unwrap().len());
    assert_eq!(count(&status, "queued"), 0, "what was due is recorded: {status}");
    election.recount();
}
