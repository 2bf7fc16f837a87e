//! Votes that are well-formed and still not accepted: who, when, twice, and what.

use serde_json::{Value, json};

use crate::support::{Election, TWO_TOWNS, ballot_id, eventually, vote};

/// Each wrong field and its code.
type Fields<'a> = &'a [(&'a str, &'a str)];

/// Well-formed, and on no roll.
const UNKNOWN: &str = "K7RM2-9XQ4T-0WZ34";

#[test]
fn who_is_not_on_the_roll_is_told_so_in_every_phase() {
    let election = Election::new(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    for command in ["status", "open", "close"] {
        election.run([command]).exits(0);
        let ballot = vote(UNKNOWN, &ballot_id(), &json!({"nope": []}));
        server
            .http
            .post("/votes", &ballot)
            .is_problem(404, "voter-not-found");
        server
            .http
            .post("/eligibility", &json!({ "voter_id": UNKNOWN }))
            .is_problem(404, "voter-not-found");
    }
}

#[test]
fn before_the_polls_open_nothing_is_accepted_whatever_the_selections_but_ballots_can_be_looked_at() {
    let election = Election::new(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let voter = &election.ids("north")[0];
    for selections in [json!({"mayor": ["ada"]}), json!({"nope": []})] {
        server.vote(voter, &selections).is_problem(403, "polls-not-open");
    }
    let ballot = server
        .http
        .post("/eligibility", &json!({ "voter_id": voter }))
        .is(200);
    assert_eq!(ballot["voted"], false);
    assert_eq!(server.http.get("/votes").is(200)["status"], "pre-election");
    election.run(["open"]).exits(0);
    server.vote(voter, &json!({"mayor": ["ada"]})).receipt();
    assert_eq!(election.status()["accepted"], 1);
}

#[test]
fn after_the_close_only_the_ballot_that_is_recorded_is_accepted_again() {
    let election = Election::open(TWO_TOWNS, &[("north", 2)]);
    let server = election.serve();
    let voters = election.ids("north");
    let (ballot, selections) = (ballot_id(), json!({"mayor": ["ada"]}));
    let recorded = vote(&voters[0], &ballot, &selections);
    let receipt = server.http.post("/votes", &recorded).receipt();
    server.counted(1);
    election.run(["close"]).exits(0);
    assert_eq!(server.http.post("/votes", &recorded).receipt(), receipt);
    let changed = vote(&voters[0], &ballot, &json!({"mayor": ["ben"]}));
    server
        .http
        .post("/votes", &changed)
        .is_problem(403, "polls-closed");
    server
        .vote(&voters[0], &selections)
        .is_problem(403, "polls-closed");
    server
        .vote(&voters[1], &selections)
        .is_problem(403, "polls-closed");
    server
        .vote(&voters[1], &json!({"nope": []}))
        .is_problem(403, "polls-closed");
    let status = election.status();
    assert_eq!((&status["recorded"], &status["repeats"]), (&json!(1), &json!(1)));
    eventually("counting is complete", || {
        server.http.get("/votes").is(200)["status"] == "unofficial-complete"
    });
}

#[test]
fn who_has_voted_is_told_so_before_anything_about_the_selections() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let (voter, ballot) = (&election.ids("north")[0], ballot_id());
    server
        .http
        .post("/votes", &vote(voter, &ballot, &json!({"mayor": ["ada"]})))
        .receipt();
    server.counted(1);
    let invalid = json!({"nope": []});
    server.vote(voter, &invalid).is_problem(409, "already-voted");
    server
        .http
        .post("/votes", &vote(voter, &ballot, &invalid))
        .is_problem(409, "ballot-changed");
    let mut other = vote(voter, &ballot_id(), &json!({"mayor": ["ada"]}));
    other["election_hash"] = json!("00".repeat(32));
    server
        .http
        .post("/votes", &other)
        .is_problem(409, "already-voted");
}

#[test]
fn a_ballot_of_another_definition_is_refused_before_its_selections_are_looked_at() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let voter = &election.ids("north")[0];
    for hash in [
        "00".repeat(32),
        "ff".repeat(32),
        String::new(),
        "not a hash".to_owned(),
    ] {
        let mut body = vote(voter, &ballot_id(), &json!({"nope": []}));
        body["election_hash"] = json!(hash);
        server
            .http
            .post("/votes", &body)
            .is_problem(422, "other-definition");
    }
    assert_eq!(election.status()["accepted"], 0);
}

#[test]
fn selections_that_do_not_fit_the_ballot_are_refused_with_every_field_and_code() {
    let election = Election::open(TWO_TOWNS, &[("north", 1), ("south", 1)]);
    let server = election.serve();
    let (north, south) = (&election.ids("north")[0], &election.ids("south")[0]);
    let write_in = |text: &str| json!({"mayor": [{ "write_in": text }]});
    const FIRST: &str = "selections.mayor[0]";
    let cases: Vec<(&str, Value, Fields<'_>)> = vec![
        (
            north,
            json!({"nope": ["ada"]}),
            &[("selections.nope", "contest-unknown")],
        ),
        (
            south,
            json!({"dues": ["yes"]}),
            &[("selections.dues", "contest-other-jurisdiction")],
        ),
        (
            north,
            json!({"mayor": ["nobody"]}),
            &[(FIRST, "candidate-unknown")],
        ),
        (north, json!({"mayor": ["dora"]}), &[(FIRST, "candidate-unknown")]),
        (north, json!({"mayor": ["Ada"]}), &[(FIRST, "candidate-unknown")]),
        (north, json!({"mayor": [""]}), &[(FIRST, "candidate-unknown")]),
        (
            north,
            json!({"mayor": ["cleo"]}),
            &[(FIRST, "candidate-other-jurisdiction")],
        ),
        (
            north,
            json!({"mayor": ["ada", "ben"]}),
            &[("selections.mayor", "too-many-choices")],
        ),
        (
            north,
            json!({"mayor": ["ada", {"write_in": "Zoe"}]}),
            &[("selections.mayor", "too-many-choices")],
        ),
        (
            north,
            json!({"board": ["dora", "dora"]}),
            &[("selections.board[1]", "choice-repeated")],
        ),
        (
            north,
            json!({"board": [{"write_in": "Zoe"}]}),
            &[("selections.board[0]", "write-in-not-allowed")],
        ),
        (north, write_in(""), &[(FIRST, "write-in-empty")]),
        (north, write_in(" \u{a0} "), &[(FIRST, "write-in-empty")]),
        (north, write_in(&"é".repeat(201)), &[(FIRST, "write-in-too-long")]),
        (north, write_in("Zo\u{0}e"), &[(FIRST, "write-in-malformed")]),
        (north, write_in("Zoe\nAda"), &[(FIRST, "write-in-malformed")]),
        (north, write_in("Zo\u{85}e"), &[(FIRST, "write-in-malformed")]),
        (north, write_in("Zo\u{2028}e"), &[(FIRST, "write-in-malformed")]),
        (
            north,
            json!({"mayor": ["cleo"], "board": ["dora", "nobody", "dora"], "nope": []}),
            &[
                (FIRST, "candidate-other-jurisdiction"),
                ("selections.board[1]", "candidate-unknown"),
                ("selections.board[2]", "choice-repeated"),
                ("selections.board", "too-many-choices"),
                ("selections.nope", "contest-unknown"),
            ],
        ),
    ];
    for (voter, selections, expected) in cases {
        let problem = server
            .vote(voter, &selections)
            .is_problem(422, "selections-invalid");
        let expected: Vec<Value> = expected
            .iter()
            .map(|(field, code)| json!({"field": field, "code": code}))
            .collect();
        assert_eq!(problem["errors"], json!(expected), "{selections}");
    }
    let long = "x".repeat(60_000);
    let problem = server
        .vote(north, &json!({ long: [] }))
        .is_problem(422, "selections-invalid");
    assert!(
        problem.to_string().len() < 1_000,
        "a refusal doesn't send a request back"
    );
    assert_eq!(election.status()["accepted"], 0);
}

#[test]
fn a_refusal_never_repeats_a_voter_id_or_a_write_in() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let voter = &election.ids("north")[0];
    let selections = json!({"mayor": [{"write_in": "Xanthippe"}, {"write_in": "Xanthippe"}]});
    let invalid = server.vote(voter, &selections);
    invalid.is_problem(422, "selections-invalid");
    let unknown = server.vote(UNKNOWN, &selections);
    unknown.is_problem(404, "voter-not-found");
    for answer in [invalid, unknown] {
        for secret in ["Xanthippe", voter.as_str(), UNKNOWN] {
            assert!(!answer.text().contains(secret), "{}", answer.text());
        }
    }
}

#[test]
fn only_unknown_voter_ids_count_towards_the_limit_of_a_source() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve_with(&["--refused-ids-per-minute", "2"]);
    let voter = &election.ids("north")[0];
    let ask = |voter_id: &str| server.http.post("/eligibility", &json!({ "voter_id": voter_id }));
    for _ in 0..5 {
        ask(voter).is(200);
        ask("malformed").is_problem(400, "voter-id-malformed");
    }
    ask(UNKNOWN).is_problem(404, "voter-not-found");
    server
        .vote(UNKNOWN, &json!({}))
        .is_problem(404, "voter-not-found");
    let refused = ask(UNKNOWN);
    refused.is_problem(429, "too-many-refused");
    assert_eq!(refused.header("retry-after"), Some("60"));
}
