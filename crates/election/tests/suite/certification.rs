//! Certification, which waits until nothing can be on its way any more, and the destruction of keys.

use serde_json::json;

use crate::support::{Election, REGIONS, Ran, TWO_TOWNS, ballot_id, eventually, vote, wait_for};

/// Tries to certify until the refusal isn't that it is too early; the refusals have to say when it won't be.
fn certify_when_time_has_come(election: &Election) -> Ran {
    wait_for("the time to certify has come", || {
        let ran = election.run(["certify", "--yes"]);
        let too_early = ran.stderr.contains("certify in ");
        assert!(
            !too_early || (ran.status == 1 && ran.stderr.contains(" s, after 20")),
            "{}",
            ran.stderr
        );
        (!too_early).then_some(ran)
    })
}

#[test]
fn on_a_running_server_a_closed_election_is_certified_for_good_and_its_keys_are_destroyed() {
    let election = Election::open(TWO_TOWNS, &[("north", 3)]);
    let server = election.serve_with(&["--second-copy-delay", "200ms"]);
    let voters = election.ids("north");
    let recorded = vote(
        &voters[0],
        &ballot_id(),
        &json!({"mayor": ["ada"], "board": ["dora"]}),
    );
    let receipt = server.http.post("/votes", &recorded).receipt();
    server
        .vote(&voters[1], &json!({"mayor": [{"write_in": "Zoe"}]}))
        .receipt();
    server.counted(2);
    election.run(["close"]).exits(0);
    let closed = server.counted(2);
    certify_when_time_has_come(&election).exits(0);
    election.run(["certify", "--yes"]).exits(0);
    election.run(["open"]).refuses(1, "phases never go back");
    election.run(["close"]).refuses(1, "phases never go back");
    election.import().refuses(1, "nobody can be registered any more");

    for region in REGIONS {
        let results = server.http.region(region).get("/votes").is(200);
        assert_eq!(
            (&results["phase"], &results["status"]),
            (&json!("certified"), &json!("certified"))
        );
        assert_eq!(results["contests"], closed["contests"]);
        assert_eq!(results["tally_lag"], 0);
    }
    assert_eq!(election.status()["phase"], "certified");
    assert_eq!(
        election.run(["results", "--format", "json"]).exits(0).json()["status"],
        "certified"
    );
    server
        .vote(&voters[2], &json!({}))
        .is_problem(403, "polls-closed");
    assert_eq!(server.http.post("/votes", &recorded).receipt(), receipt);

    let told = election.run(["keys", "destroy", "--yes"]).exits(0).json();
    assert!(
        told["still_links"]
            .as_array()
            .unwrap()
            .iter()
            .any(|link| link.as_str().unwrap().contains("letters"))
    );
    election.run(["keys", "destroy", "--yes"]).exits(0);
    let after = |server: &crate::support::Server| {
        for voter in &voters {
            server
                .http
                .post("/eligibility", &json!({ "voter_id": voter }))
                .is_problem(410, "keys-destroyed");
        }
        server
            .http
            .post("/votes", &recorded)
            .is_problem(410, "keys-destroyed");
        server
            .http
            .post("/eligibility", &json!({ "voter_id": "nonsense" }))
            .is_problem(400, "voter-id-malformed");
        assert_eq!(
            server.http.get(&format!("/receipts/{receipt}")).is(200)["status"],
            "recorded"
        );
        assert_eq!(server.http.get("/votes").is(200)["contests"], closed["contests"]);
        assert_eq!(election.recount()["ballots"], 2);
        assert_eq!(election.status()["recorded"], 2);
    };
    after(&server);
    drop(server.stop());
    assert_eq!(election.recount()["ballots"], 2);
    after(&election.serve());
}

#[test]
fn without_a_server_an_election_is_certified_once_one_has_worked_off_the_queues() {
    let election = Election::open(TWO_TOWNS, &[("south", 3)]);
    let server = election.serve();
    let receipts: Vec<String> = election
        .ids("south")
        .iter()
        .map(|voter| server.vote(voter, &json!({"mayor": ["cleo"]})).receipt())
        .collect();
    server.counted(3);
    // Second copies still wait, and a process that is killed never looks at them.
    drop(server.kill());
    election.run(["close"]).exits(0);
    assert_eq!(election.status()["copies"], 3);
    certify_when_time_has_come(&election).refuses(1, "messages are queued in region");
    assert_eq!(election.status()["phase"], "closed");

    let server = election.serve();
    eventually("the copies are done", || election.status()["copies"] == 0);
    assert_eq!(server.http.get("/votes").is(200)["status"], "unofficial-complete");
    drop(server.stop());
    election.run(["region", "fail", REGIONS[2]]).exits(0);
    election.run(["certify", "--yes"]).exits(0);
    assert_eq!(election.status()["phase"], "certified");
    election.run(["keys", "destroy", "--yes"]).exits(0);
    assert_eq!(election.recount()["ballots"], 3);
    let server = election.serve();
    assert_eq!(server.http.get("/votes").is(200)["status"], "certified");
    for receipt in &receipts {
        assert_eq!(
            server.http.get(&format!("/receipts/{receipt}")).is(200)["status"],
            "recorded"
        );
    }
}
