//! Messages that no longer hold a ballot: set aside at once, never lost, never in anybody's way, also if the
//! process dies while it sets them aside.

use std::process::Stdio;

use rusqlite::Connection;
use serde_json::json;

use crate::support::{Election, REGIONS, Server, TWO_TOWNS, wait_for};
use crate::{SIDES, dying};

const SERVE: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--second-copy-delay", "100ms"];

/// Replaces the bodies of messages that were sent alone: role, then length and body are at fixed places of
/// their bundles.
const BREAK: &str =
    "UPDATE bundles SET messages = CAST(substr(messages, 1, 52) || x'01000000' || x'00' AS BLOB)";

/// An election with one vote in two queues, not recorded yet.
fn queued() -> Election {
    let election = Election::open(TWO_TOWNS, &[("north", 2)]);
    // Recording fails until the server is killed.
    let failures = ["ballots.record:before:1"; 20].join(",");
    let server = Server::start(dying(&election, &failures).args(SERVE));
    server
        .vote(&election.ids("north")[0], &json!({ "mayor": ["ada"] }))
        .receipt();
    server.kill();
    election
}

/// Changes queued messages behind the program's back, all or only first copies; tells how many.
fn tamper(election: &Election, sql: &str) -> usize {
    let files = REGIONS.map(|region| election.data(&format!("region-{region}.sqlite")));
    files
        .iter()
        .map(|file| Connection::open(file).unwrap().execute(sql, []).unwrap())
        .sum()
}

fn settled(election: &Election) -> serde_json::Value {
    wait_for("everything is decided", || {
        let status = election.status();
        (status["queued"] == 0 && status["copies"] == 0).then_some(status)
    })
}

#[test]
fn a_broken_first_copy_is_made_good_by_the_second() {
    let election = queued();
    assert_eq!(
        tamper(
            &election,
            &format!("{BREAK} WHERE substr(messages, 4, 1) = x'01'")
        ),
        1
    );
    let server = Server::start(election.command().args(SERVE));
    server.counted(1);
    let status = settled(&election);
    assert_eq!(
        (&status["recorded"], &status["dead_letters"]),
        (&json!(1), &json!(0)),
        "{status}"
    );
    assert_eq!(status["accepted"], 1);
}

#[test]
fn a_vote_whose_copies_are_both_broken_is_one_dead_letter_whenever_the_process_dies() {
    for (sql, reason) in [
        (BREAK, "undecodable"),
        (
            "UPDATE bundles SET messages = CAST(substr(messages, 1, length(messages) - 1) || x'20' AS BLOB)",
            "forged",
        ),
    ] {
        for side in SIDES {
            let election = queued();
            assert_eq!(tamper(&election, sql), 2);
            let plan = format!("ballots.set_aside:{side}:1:die");
            // It may die before it listens.
            let mut serve = dying(&election, &plan);
            let mut child = serve.args(SERVE).stderr(Stdio::null()).spawn().unwrap();
            let status = wait_for("the server died", || child.try_wait().unwrap());
            assert_eq!(status.code(), None, "{plan}");
            let server = Server::start(election.command().args(SERVE));
            let status = settled(&election);
            assert_eq!(
                (&status["accepted"], &status["dead_letters"]),
                (&json!(1), &json!(1)),
                "{status}"
            );
            let letters = election
                .run(["dead-letters", "list", "--format", "json"])
                .exits(0)
                .json();
            assert_eq!(letters.as_array().unwrap().len(), 1, "{letters}");
            assert_eq!(letters[0]["reason"], reason);
            // Others aren't held up, and the voter can still vote.
            server
                .vote(&election.ids("north")[1], &json!({ "mayor": ["ben"] }))
                .receipt();
            server
                .vote(&election.ids("north")[0], &json!({ "mayor": ["ada"] }))
                .receipt();
            server.counted(2);
            assert_eq!(
                election.run(["dead-letters", "replay"]).exits(0).json(),
                json!({ "replayed": 1 })
            );
            let status = settled(&election);
            assert_eq!(
                (&status["recorded"], &status["dead_letters"]),
                (&json!(2), &json!(1)),
                "{status}"
            );
            server.stop();
        }
    }
}
