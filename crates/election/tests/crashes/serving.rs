//! A server that dies at each write of a vote's way. Voters retry as browsers do: the same ballot, to the
//! next region, until somebody says 202.

use serde_json::{Value, json};

use crate::support::{Answer, Election, Http, REGIONS, Server, TWO_TOWNS, ballot_id, eventually, vote};
use crate::{SIDES, dying, has_ended};

const SERVE: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--second-copy-delay", "100ms"];
const MOST_TRIES: usize = 50;

/// A server that is started again, without a plan, once it died.
struct Mortal<'a> {
    election: &'a Election,
    server: Server,
    died: bool,
}

impl Mortal<'_> {
    fn revive(&mut self) {
        if !self.died && has_ended(&mut self.server) {
            self.died = true;
            self.server = Server::start(self.election.command().args(SERVE));
        }
    }

    /// Sends a ballot until it is answered with something final.
    fn cast(&mut self, body: &Value) -> Answer {
        for attempt in 0..MOST_TRIES {
            let http: Http = self.server.http.region(REGIONS[attempt % REGIONS.len()]);
            match http.try_post("/votes", body) {
                Ok(answer) if answer.status < 500 => return answer,
                // Lost, or refused for now.
                _ => self.revive(),
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("no answer to the same ballot after {MOST_TRIES} tries");
    }
}

/// What is expected of a server under a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Dies,
    Lives,
}

/// Four voters vote while calls fail or the server dies as planned; then everything has to be as if
/// nothing had happened.
fn a_plan_changes_nothing(plan: &str, fate: Fate) {
    let election = Election::open(TWO_TOWNS, &[("north", 4)]);
    let voters = election.ids("north");
    let server = Server::start(dying(&election, plan).args(SERVE));
    let mut mortal = Mortal {
        election: &election,
        server,
        died: false,
    };
    let ballot = |voter: &str, choice: &str| vote(voter, &ballot_id(), &json!({ "mayor": [choice] }));

    let mut accepted = 0;
    let mut receipts = Vec::new();
    for voter in &voters[..3] {
        let body = ballot(voter, "ada");
        let receipt = mortal.cast(&body).receipt();
        eventually("the ballot is recorded", || {
            mortal.revive();
            let asked = mortal
                .server
                .http
                .request("GET", &format!("/receipts/{receipt}"), "", b"");
            asked.is_ok_and(|answer| answer.status == 200)
        });
        assert_eq!(
            mortal.cast(&body).receipt(),
            receipt,
            "{plan}: a retry is the same vote"
        );
        accepted += 2;
        receipts.push(receipt);
    }
    // Two different ballots of one voter: whichever is recorded, only that one counts.
    let answers = ["ada", "ben"].map(|choice| mortal.cast(&ballot(&voters[3], choice)));
    accepted += answers.iter().filter(|answer| answer.status == 202).count() as u64;
    assert!(answers.iter().all(|answer| [202, 409].contains(&answer.status)));

    if fate == Fate::Dies {
        eventually(&format!("the server died: {plan}"), || {
            mortal.revive();
            mortal.died
        });
    }
    let status = crate::support::wait_for("everything is decided and counted", || {
        let status = election.status();
        let lags = status["regions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|region| &region["tally_lag"]);
        let done = status["queued"] == 0 && status["copies"] == 0 && lags.clone().all(|lag| lag == 0);
        done.then_some(status)
    });
    assert_eq!(status["recorded"], 4, "{plan}: {status}");
    assert_eq!(status["dead_letters"], 0, "{plan}: {status}");
    assert!(
        status["accepted"].as_u64().unwrap() >= accepted,
        "{plan}: {accepted} of {status}"
    );
    for receipt in receipts {
        let answer = mortal.server.http.get(&format!("/receipts/{receipt}")).is(200);
        assert_eq!(answer["status"], "recorded", "{plan}");
    }
    let results = mortal.server.counted(4);
    let votes: u64 = ["ada", "ben"].map(|id| votes_of(&results, id)).iter().sum();
    assert_eq!(votes, 4, "{plan}: {results}");
    assert!(votes_of(&results, "ada") >= 3, "{plan}: {results}");
    election.recount();
    mortal.server.stop();
    election.recount();
}

fn votes_of(results: &Value, candidate: &str) -> u64 {
    let candidates = results["contests"][0]["candidates"].as_array().unwrap();
    let found = candidates.iter().find(|row| row["id"] == candidate).unwrap();
    found["votes"].as_u64().unwrap()
}

/// Tries a point at several of its calls, before and after each persisted.
fn at(point: &str, calls: &[u32]) {
    for side in SIDES {
        for call in calls {
            a_plan_changes_nothing(&format!("{point}:{side}:{call}:die"), Fate::Dies);
        }
    }
}

#[test]
fn dying_at_either_send_of_the_enqueuer_loses_and_doubles_nothing() {
    at("intake.send", &[1, 2, 3, 6]);
}

#[test]
fn dying_while_receiving_loses_and_doubles_nothing() {
    // The first ones wait for messages while the server starts.
    at("intake.receive", &[8, 12]);
}

#[test]
fn dying_while_recording_loses_and_doubles_nothing() {
    // The first is a primary; later ones are second copies too.
    at("ballots.record", &[1, 2, 5]);
}

#[test]
fn dying_while_second_copies_are_asked_about_loses_and_doubles_nothing() {
    // A reading, but what it says decides whether a copy is recorded or acknowledged unrecorded.
    at("ballots.are_decided", &[1, 2]);
}

#[test]
fn dying_between_recording_and_acknowledging_loses_and_doubles_nothing() {
    at("intake.acknowledge", &[1, 2, 5]);
}

#[test]
fn dying_while_a_repeat_is_counted_loses_and_doubles_nothing() {
    at("ballots.add_repeat", &[1]);
}

#[test]
fn dying_while_a_tally_commits_loses_and_doubles_nothing() {
    // One for each region; more only if the ballots come slowly.
    at("tallies.commit", &[1, 2, 3]);
}

#[test]
fn a_write_that_fails_without_a_death_is_retried() {
    for point in [
        "intake.send",
        "ballots.record",
        "ballots.are_decided",
        "intake.acknowledge",
        "tallies.commit",
        "ballots.add_repeat",
    ] {
        for side in SIDES {
            a_plan_changes_nothing(&format!("{point}:{side}:1,{point}:{side}:1"), Fate::Lives);
        }
    }
}
