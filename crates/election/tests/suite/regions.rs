//! Regions that fail, come back and are lost while the server runs.

use serde_json::{Value, json};

use crate::support::{Election, REGIONS, TWO_TOWNS, ballot_id, eventually, vote, wait_for};

const EAST_1: &str = REGIONS[0];
const EAST_2: &str = REGIONS[1];
const WEST: &str = REGIONS[2];
const COPIES_SOON: [&str; 2] = ["--second-copy-delay", "300ms"];

fn state<'a>(status: &'a Value, region: &str) -> &'a Value {
    status["regions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|each| each["name"] == region)
        .unwrap()
}

#[test]
fn a_failed_region_answers_503_while_the_others_go_on_and_catches_up_when_it_is_restored() {
    let election = Election::open(TWO_TOWNS, &[("north", 2)]);
    let server = election.serve_with(&COPIES_SOON);
    let voters = election.ids("north");
    server.vote(&voters[0], &json!({"mayor": ["ada"]})).receipt();
    server.counted(1);
    election.run(["region", "fail", EAST_1]).exits(0);

    let failed = server.http.region(EAST_1);
    let ballot = vote(&voters[1], &ballot_id(), &json!({"mayor": ["ben"]}));
    let answers = [
        failed.get("/votes"),
        failed.get("/health"),
        failed.get("/election"),
        failed.post("/votes", &ballot),
    ];
    for answer in answers {
        answer.is_problem(503, "region-unavailable");
        assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
        assert_eq!(answer.header("x-election-region"), Some(EAST_1));
    }
    let elsewhere = server.http.post("/votes", &ballot);
    elsewhere.receipt();
    assert_eq!(elsewhere.header("x-election-region"), Some(EAST_2));
    assert_eq!(elsewhere.json()["region"], EAST_2);
    server.counted(2);
    let status = wait_for("the copies are done", || {
        Some(election.status()).filter(|status| status["copies"] == 0)
    });
    let expected = json!({"name": EAST_1, "state": "failed", "queued": 0, "tally_lag": null});
    assert_eq!(*state(&status, EAST_1), expected);
    assert_eq!(state(&status, WEST)["state"], "active");
    election.recount();

    election.run(["region", "restore", EAST_1]).exits(0);
    eventually("it counts what it missed", || {
        failed.get("/votes").is(200)["ballots_cast"] == 2
    });
    assert_eq!(
        server.http.get("/votes").header("x-election-region"),
        Some(EAST_1)
    );
    assert_eq!(state(&election.status(), EAST_1)["tally_lag"], 0);
}

#[test]
fn regions_that_do_not_exist_are_told_apart_from_those_out_of_service() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    for name in ["eu-west-1", "", "US-EAST-1", "us-east-1x", ".."] {
        server
            .http
            .region(name)
            .get("/votes")
            .is_problem(404, "region-unknown");
    }
    server
        .http
        .get("/regions/eu-west-1")
        .is_problem(404, "region-unknown");
    for action in ["fail", "restore", "lose"] {
        election
            .run(["region", action, "eu-west-1"])
            .refuses(1, "there is no region \"eu-west-1\"");
    }
    for region in REGIONS {
        let answer = server.http.region(region).get("/election");
        answer.is(200);
        assert_eq!(answer.header("x-election-region"), Some(region));
    }
}

#[test]
fn a_lost_region_stays_lost_its_files_are_gone_and_no_accepted_vote_is() {
    let election = Election::open(TWO_TOWNS, &[("south", 150)]);
    let server = election.serve_with(&COPIES_SOON);
    let voters = election.ids("south");
    let (before, after) = voters.split_at(100);
    let (halfway, lose) = std::sync::mpsc::channel();
    let receipts: Vec<String> = std::thread::scope(|scope| {
        let (http, nearest) = (server.http.region(EAST_1), &server.http);
        let sending = scope.spawn(move || {
            let mut receipts = Vec::new();
            for (index, voter) in before.iter().enumerate() {
                if index == 50 {
                    halfway.send(()).unwrap();
                }
                let body = vote(voter, &ballot_id(), &json!({"mayor": ["cleo"]}));
                let answer = http.post("/votes", &body);
                // The voter's page tries elsewhere.
                let answer = if answer.status == 503 {
                    nearest.post("/votes", &body)
                } else {
                    answer
                };
                receipts.push(answer.receipt());
            }
            receipts
        });
        lose.recv().unwrap();
        election.run(["region", "lose", EAST_1]).exits(0);
        sending.join().unwrap()
    });
    let files = std::fs::read_dir(election.path("data")).unwrap();
    let files: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!files.iter().any(|file| file.contains(EAST_1)), "{files:?}");
    assert!(files.iter().any(|file| file.contains(WEST)), "{files:?}");

    server
        .http
        .region(EAST_1)
        .get("/votes")
        .is_problem(503, "region-unavailable");
    for action in ["restore", "fail"] {
        election
            .run(["region", action, EAST_1])
            .refuses(1, "a lost region stays lost");
    }
    for voter in after {
        server.vote(voter, &json!({"mayor": ["ada"]})).receipt();
    }
    let status = wait_for("everything is decided", || {
        Some(election.status()).filter(|status| status["queued"] == 0 && status["copies"] == 0)
    });
    assert_eq!(
        (&status["accepted"], &status["recorded"]),
        (&json!(150), &json!(150))
    );
    assert_eq!(
        *state(&status, EAST_1),
        json!({"name": EAST_1, "state": "lost", "queued": 0, "tally_lag": null})
    );
    for receipt in &receipts {
        assert_eq!(
            server.http.get(&format!("/receipts/{receipt}")).is(200)["status"],
            "recorded"
        );
    }
    let recount = election.recount();
    let lost = &recount["regions"][0];
    assert_eq!(
        (&lost["name"], &lost["state"], &lost["agrees"]),
        (&json!(EAST_1), &json!("lost"), &json!(null))
    );
    let table = election.run(["recount"]).exits(0).stdout;
    assert!(
        table
            .lines()
            .any(|line| line.contains(EAST_1) && line.contains("skipped: lost")),
        "{table}"
    );

    drop(server.stop());
    let server = election.serve();
    server
        .http
        .region(EAST_1)
        .get("/votes")
        .is_problem(503, "region-unavailable");
    assert!(!election.data(&format!("region-{EAST_1}.sqlite")).exists());
}

#[test]
fn with_one_region_left_nothing_is_accepted_and_with_none_nothing_is_served() {
    let election = Election::open(TWO_TOWNS, &[("north", 2)]);
    let server = election.serve();
    let voters = election.ids("north");
    let recorded = vote(&voters[0], &ballot_id(), &json!({"mayor": ["ada"]}));
    let receipt = server.http.post("/votes", &recorded).receipt();
    server.counted(1);
    election.run(["region", "fail", EAST_1]).exits(0);
    election.run(["region", "lose", EAST_2]).exits(0);
    for http in [server.http.clone(), server.http.region(WEST)] {
        let ballot = vote(&voters[1], &ballot_id(), &json!({"mayor": ["ben"]}));
        let refused = http.post("/votes", &ballot);
        refused.is_problem(503, "unavailable");
        assert!(refused.header("retry-after").is_some());
        // What is recorded needs no second region.
        assert_eq!(http.post("/votes", &recorded).receipt(), receipt);
        http.post("/eligibility", &json!({ "voter_id": voters[1] }))
            .is(200);
        assert_eq!(http.get("/votes").is(200)["ballots_cast"], 1);
    }
    let status = election.status();
    assert_eq!(
        (&status["accepted"], &status["recorded"], &status["repeats"]),
        (&json!(3), &json!(1), &json!(2))
    );

    election.run(["region", "fail", WEST]).exits(0);
    for path in ["/votes", "/election", "/health"] {
        let refused = server.http.get(path);
        refused.is_problem(503, "region-unavailable");
        assert!(refused.header("retry-after").is_some());
    }
    // Operators can still count what is recorded.
    let counted = election.run(["results", "--format", "json"]).exits(0).json();
    assert_eq!(counted["ballots_cast"], 1);
    assert_eq!(server.http.get("/").status, 200);
    election.run(["region", "restore", WEST]).exits(0);
    election.run(["region", "restore", EAST_1]).exits(0);
    server.vote(&voters[1], &json!({"mayor": ["ben"]})).receipt();
    server.counted(2);
}
