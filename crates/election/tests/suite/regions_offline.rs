//! Regions while no server runs, and which regions a server may be started with.

use serde_json::json;

use crate::support::{Election, REGIONS, TWO_TOWNS, wait_for};

const EAST_1: &str = REGIONS[0];
const EAST_2: &str = REGIONS[1];
const WEST: &str = REGIONS[2];

#[test]
fn what_is_declared_of_regions_without_a_server_holds_for_the_next_one() {
    let election = Election::open(TWO_TOWNS, &[("north", 30)]);
    let server = election.serve();
    let receipts: Vec<String> = election
        .ids("north")
        .iter()
        .map(|voter| server.vote(voter, &json!({"mayor": ["ada"]})).receipt())
        .collect();
    drop(server.kill());
    assert_eq!(election.status()["accepted"], 30);
    election.run(["region", "fail", WEST]).exits(0);
    election.run(["region", "lose", EAST_1]).exits(0);
    election
        .run(["region", "restore", EAST_1])
        .refuses(1, "a lost region stays lost");
    assert!(!election.data(&format!("region-{EAST_1}.sqlite")).exists());
    assert!(election.data(&format!("region-{WEST}.sqlite")).exists());
    let status = election.status();
    assert_eq!(
        status["accepted"], 30,
        "what only the lost region held has a copy elsewhere: {status}"
    );
    let states: Vec<_> = status["regions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|region| region["state"].clone())
        .collect();
    assert_eq!(states, ["lost", "active", "failed"]);
    let lags: Vec<_> = status["regions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|region| region["tally_lag"].is_null())
        .collect();
    assert_eq!(lags, [true, false, true]);

    let server = election.serve();
    server
        .http
        .region(EAST_1)
        .get("/votes")
        .is_problem(503, "region-unavailable");
    server
        .http
        .region(WEST)
        .get("/votes")
        .is_problem(503, "region-unavailable");
    assert_eq!(
        server.http.get("/votes").header("x-election-region"),
        Some(EAST_2)
    );
    election.run(["region", "restore", WEST]).exits(0);
    let status = wait_for("everything is decided", || {
        Some(election.status()).filter(|status| status["queued"] == 0 && status["copies"] == 0)
    });
    assert_eq!(status["recorded"], 30);
    for receipt in &receipts {
        assert_eq!(
            server.http.get(&format!("/receipts/{receipt}")).is(200)["status"],
            "recorded"
        );
    }
    server.counted(30);
    election.recount();
}

#[test]
fn a_server_is_started_with_two_regions_or_more_and_with_all_that_may_hold_votes() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let serve = |regions: &str| election.run(["serve", "--listen", "127.0.0.1:0", "--regions", regions]);
    for regions in [
        "one",
        "one,one",
        "one,two,one",
        "one,,two",
        "One,two",
        "one,tw/o",
        "",
    ] {
        assert_eq!(serve(regions).status, 2, "{regions:?}");
    }
    let server = election.serve_with(&["--regions", "one,two"]);
    assert_eq!(
        server.http.get("/election").is(200)["regions"],
        json!(["one", "two"])
    );
    server
        .http
        .region(EAST_1)
        .get("/votes")
        .is_problem(404, "region-unknown");
    server.vote(&election.ids("north")[0], &json!({})).receipt();
    server.counted(1);
    drop(server.stop());

    serve("one,three").refuses(64, "region two of this store is missing from --regions");
    let server = election.serve_with(&["--regions", "three,two,one"]);
    assert_eq!(
        server.http.region("three").get("/election").is(200)["regions"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    drop(server.stop());
    // Without --regions: those of the store.
    let server = election.serve();
    assert_eq!(
        server.http.get("/election").is(200)["regions"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    election.run(["region", "lose", "two"]).exits(0);
    drop(server.stop());
    let server = election.serve_with(&["--regions", "one,three"]);
    server.counted(1);
}
