//! A voter's way through the API: eligibility, the vote, its receipt, the results.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Election, REGIONS, TWO_TOWNS, ballot_id, eventually, vote, wait_for};

fn candidate(results: &Value, contest: usize, id: &str) -> Value {
    let candidates = results["contests"][contest]["candidates"].as_array().unwrap();
    candidates.iter().find(|candidate| candidate["id"] == id).unwrap()["votes"].clone()
}

#[test]
fn a_vote_is_accepted_recorded_shown_within_two_seconds_and_recounted() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let (voter, ballot) = (&election.ids("north")[0], ballot_id());
    let selections = json!({"mayor": ["ada"], "board": ["fay", "dora"], "dues": ["no"]});
    let answer = server.http.post("/votes", &vote(voter, &ballot, &selections));
    let accepted = Instant::now();
    let receipt = answer.receipt();
    let region = answer.header("x-election-region").unwrap();
    let expected = json!({"status": "accepted", "receipt": receipt, "ballot_id": ballot, "region": region});
    assert_eq!(answer.json(), expected);
    assert!(REGIONS.contains(&region));

    let results = server.counted(1);
    assert!(
        accepted.elapsed() < Duration::from_secs(2),
        "{:?}",
        accepted.elapsed()
    );
    for (contest, id, votes) in [
        (0, "ada", 1),
        (0, "ben", 0),
        (1, "dora", 1),
        (1, "fay", 1),
        (2, "no", 1),
        (2, "yes", 0),
    ] {
        assert_eq!(candidate(&results, contest, id), votes, "{id}: {results}");
    }
    for region in REGIONS {
        eventually("every region counts it", || {
            server.http.region(region).get("/votes").is(200)["ballots_cast"] == 1
        });
    }
    assert_eq!(
        server.http.get(&format!("/receipts/{receipt}")).is(200),
        json!({"status": "recorded"})
    );
    let recount = election.recount();
    assert_eq!(recount["ballots"], 1);
    assert!(
        recount["regions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|region| region["agrees"] == true),
        "{recount}"
    );
}

#[test]
fn the_same_ballot_again_gets_the_same_receipt_in_every_region_and_counts_once() {
    let election = Election::open(TWO_TOWNS, &[("south", 1)]);
    let server = election.serve_with(&["--second-copy-delay", "200ms"]);
    let body = vote(
        &election.ids("south")[0],
        &ballot_id(),
        &json!({"mayor": ["cleo"]}),
    );
    let receipt = server.http.post("/votes", &body).receipt();
    server.counted(1);
    for region in REGIONS {
        let again = server.http.region(region).post("/votes", &body);
        assert_eq!(again.receipt(), receipt);
        assert_eq!(again.json()["region"], region);
    }
    let status = election.status();
    assert_eq!(
        (&status["accepted"], &status["recorded"], &status["repeats"]),
        (&json!(4), &json!(1), &json!(3))
    );
    assert_eq!(server.counted(1)["seq"], 1);
}

#[test]
fn a_ballot_sent_everywhere_before_it_is_recorded_is_one_ballot_with_one_receipt() {
    let election = Election::open(TWO_TOWNS, &[("south", 20)]);
    let server = election.serve_with(&["--second-copy-delay", "200ms"]);
    std::thread::scope(|scope| {
        for voter in election.ids("south") {
            let http = &server.http;
            scope.spawn(move || {
                let body = vote(&voter, &ballot_id(), &json!({"mayor": ["ben"]}));
                let sends = REGIONS.map(|region| {
                    let (http, body) = (http.region(region), body.clone());
                    std::thread::spawn(move || http.post("/votes", &body).receipt())
                });
                let receipts = sends.map(|send| send.join().unwrap());
                assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
            });
        }
    });
    let status = wait_for("everything is decided", || {
        Some(election.status()).filter(|status| status["queued"] == 0)
    });
    assert_eq!(status["recorded"], 20);
    assert_eq!(status["conflicts"], 0);
    assert_eq!(status["accepted"], 60);
    assert_eq!(election.recount()["ballots"], 20);
}

#[test]
fn a_second_ballot_is_refused_and_so_is_the_first_one_with_other_selections() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let (voter, ballot) = (&election.ids("north")[0], ballot_id());
    server
        .http
        .post("/votes", &vote(voter, &ballot, &json!({"mayor": ["ada"]})))
        .receipt();
    server.counted(1);
    for region in REGIONS {
        let http = server.http.region(region);
        let other = vote(voter, &ballot_id(), &json!({"mayor": ["ada"]}));
        http.post("/votes", &other).is_problem(409, "already-voted");
        let changed = vote(voter, &ballot, &json!({"mayor": ["ben"]}));
        http.post("/votes", &changed).is_problem(409, "ballot-changed");
    }
    assert_eq!(candidate(&server.counted(1), 0, "ada"), 1);
    assert_eq!(election.status()["accepted"], 1);
}

#[test]
fn a_voter_id_may_be_typed_in_any_case_with_any_hyphens_and_the_usual_confusions() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let voter = &election.ids("north")[0];
    let compact = voter.replace('-', "");
    let confused = voter.replace('0', "o").replace('1', "l");
    let spaced = format!(
        "  {} ",
        compact
            .chars()
            .map(|symbol| format!("{symbol} -"))
            .collect::<String>()
    );
    for typed in [voter.clone(), compact.to_lowercase(), confused, spaced] {
        server
            .http
            .post("/eligibility", &json!({ "voter_id": typed }))
            .is(200);
    }
    let typed = vote(&compact.to_lowercase(), &ballot_id().to_uppercase(), &json!({}));
    server.http.post("/votes", &typed).receipt();
    server.counted(1);
    assert_eq!(
        server
            .http
            .post("/eligibility", &json!({ "voter_id": voter }))
            .is(200)["voted"],
        true
    );
}

#[test]
fn eligibility_tells_exactly_the_voters_ballot_and_whether_they_voted() {
    let election = Election::open(TWO_TOWNS, &[("north", 1), ("south", 1)]);
    let server = election.serve();
    let hash = server.http.get("/election").is(200)["election_hash"].clone();
    let candidate = |id, name, party: Option<&str>| json!({"id": id, "name": name, "party": party});
    let board = json!({"id": "board", "title": "Board", "votes_allowed": 2, "write_ins": 0, "candidates": [
        candidate("dora", "Dora Novak", None), candidate("emil", "Emil Haddad", None), candidate("fay", "Fay Kim", None)]});
    let dues = json!({"id": "dues", "title": "Raise the dues?", "votes_allowed": 1, "write_ins": 0,
        "candidates": [candidate("yes", "Yes", None), candidate("no", "No", None)]});
    let mayor = |candidates: Value| {
        json!({"id": "mayor", "title": "Mayor", "votes_allowed": 1, "write_ins": 1,
        "candidates": candidates})
    };
    let ben = || candidate("ben", "Ben Chen", None);
    let north_mayor = mayor(json!([candidate("ada", "Ada Okoye", Some("Green")), ben()]));
    let cleo = candidate("cleo", "Cleo López", None);
    let south_mayor = mayor(json!([
        candidate("ada", "Ada Okoye", Some("Green South")),
        ben(),
        cleo
    ]));
    let ballots = [
        (
            "north",
            json!({"jurisdiction": {"id": "north", "name": "Northtown"}, "voted": false,
            "election_hash": hash, "contests": [north_mayor, board, dues]}),
        ),
        (
            "south",
            json!({"jurisdiction": {"id": "south", "name": "Southtown"}, "voted": false,
            "election_hash": hash, "contests": [south_mayor, board]}),
        ),
    ];
    for (place, expected) in &ballots {
        let body = json!({ "voter_id": election.ids(place)[0] });
        let answer = server.http.post("/eligibility", &body);
        assert_eq!(answer.is(200), *expected);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let voter = &election.ids("north")[0];
    server.vote(voter, &json!({"mayor": ["ada"]})).receipt();
    server.counted(1);
    for region in REGIONS {
        let ballot = server
            .http
            .region(region)
            .post("/eligibility", &json!({ "voter_id": voter }))
            .is(200);
        assert_eq!(ballot["voted"], true);
    }
    let other = json!({ "voter_id": election.ids("south")[0] });
    assert_eq!(server.http.post("/eligibility", &other).is(200)["voted"], false);
}

#[test]
fn blank_ballots_write_ins_and_unused_votes_are_counted_as_such() {
    let election = Election::open(TWO_TOWNS, &[("north", 4)]);
    let server = election.serve();
    let hash = server.http.get("/election").is(200)["election_hash"].clone();
    let longest = "é".repeat(200);
    let ballots = [
        json!({}),
        json!({"mayor": [], "board": []}),
        json!({"mayor": [{"write_in": "Zoë O'Neil"}], "board": ["emil"]}),
        json!({"mayor": [{"write_in": longest}], "board": ["dora", "emil"], "dues": ["yes"]}),
    ];
    for (voter, selections) in election.ids("north").iter().zip(&ballots) {
        let mut body = vote(voter, &ballot_id(), selections);
        body["election_hash"] = hash.clone();
        server.http.post("/votes", &body).receipt();
    }
    let results = server.counted(4);
    let [mayor, board, dues] = [0, 1, 2].map(|contest| &results["contests"][contest]);
    assert_eq!(
        (&mayor["write_ins"], &mayor["undervotes"], &mayor["overvotes"]),
        (&json!(2), &json!(2), &json!(0))
    );
    assert_eq!(
        (&board["write_ins"], &board["undervotes"]),
        (&json!(0), &json!(5))
    );
    assert_eq!(
        (&dues["ballots_cast"], &dues["undervotes"]),
        (&json!(4), &json!(3))
    );
    assert_eq!(results["contests"][0]["candidates"][0]["percent"], 0.0);
    election.recount();
}
