//! Opening and closing: in order, once, with and without a server.

use serde_json::json;

use crate::support::{Election, TWO_TOWNS};

#[test]
fn phases_go_forward_only_and_the_same_command_again_is_fine() {
    for with_server in [false, true] {
        let election = Election::new(TWO_TOWNS, &[("north", 1)]);
        let server = with_server.then(|| election.serve());
        let phase = || election.status()["phase"].clone();
        assert_eq!(phase(), "pre-election");
        election.run(["close"]).refuses(1, "isn't open yet");
        election
            .run(["certify", "--yes"])
            .refuses(1, "the polls aren't closed");
        election
            .run(["keys", "destroy", "--yes"])
            .refuses(1, "after certification");
        for _ in 0..2 {
            assert_eq!(election.run(["open"]).exits(0).stdout, "");
            assert_eq!(phase(), "open");
        }
        election
            .run(["certify", "--yes"])
            .refuses(1, "the polls aren't closed");
        for _ in 0..2 {
            assert_eq!(election.run(["close"]).exits(0).stdout, "");
            assert_eq!(phase(), "closed");
        }
        election.run(["open"]).refuses(1, "phases never go back");
        election.run(["certify", "--yes"]).refuses(1, "certify in ");
        election
            .run(["keys", "destroy", "--yes"])
            .refuses(1, "after certification");
        assert_eq!(phase(), "closed");
        if let Some(server) = server {
            assert_eq!(server.http.get("/election").is(200)["phase"], "closed");
        }
    }
}

#[test]
fn what_a_command_does_to_a_running_server_takes_effect_at_once() {
    let election = Election::new(TWO_TOWNS, &[("north", 2)]);
    let server = election.serve();
    let voters = election.ids("north");
    let selections = json!({"mayor": ["ada"]});
    server
        .vote(&voters[0], &selections)
        .is_problem(403, "polls-not-open");
    election.run(["open"]).exits(0);
    server.vote(&voters[0], &selections).receipt();
    election.run(["close"]).exits(0);
    server
        .vote(&voters[1], &selections)
        .is_problem(403, "polls-closed");
    server.counted(1);
}

#[test]
fn what_cannot_be_undone_needs_yes_where_nobody_can_be_asked() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    for command in [["certify"].as_slice(), &["keys", "destroy"]] {
        election.run(command.iter().copied()).refuses(2, "--yes");
    }
    assert_eq!(election.status()["phase"], "open");
}
