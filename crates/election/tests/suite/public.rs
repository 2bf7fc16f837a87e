//! What anybody may read: results, the definition, receipts, pages, health.

use serde_json::{Value, json};

use crate::support::{Election, Server, TWO_TOWNS, eventually};

const CLUB: &str = include_str!("../../../../examples/club-board/definition.toml");

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn counted_ballot() -> (Election, Server, String) {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let receipt = server
        .vote(&election.ids("north")[0], &json!({"mayor": ["ada"]}))
        .receipt();
    server.counted(1);
    (election, server, receipt)
}

#[test]
fn results_have_exactly_the_fields_of_the_contract() {
    let (_election, server, _) = counted_ballot();
    let results = server.counted(1);
    let fields = [
        "election",
        "election_hash",
        "phase",
        "status",
        "seq",
        "last_updated",
        "tally_lag",
        "ballots_cast",
        "contests",
        "jurisdictions",
    ];
    assert_eq!(keys(&results), fields);
    let contest = [
        "id",
        "title",
        "ballots_cast",
        "overvotes",
        "undervotes",
        "write_ins",
        "candidates",
    ];
    assert_eq!(keys(&results["contests"][0]), contest);
    assert_eq!(
        keys(&results["contests"][0]["candidates"][0]),
        ["id", "name", "party", "votes", "percent"]
    );
    let jurisdiction = &results["jurisdictions"][0];
    assert_eq!(keys(jurisdiction), ["id", "name", "ballots_cast", "contests"]);
    assert_eq!(keys(&jurisdiction["contests"][0]), contest);
    assert_eq!(
        (&results["phase"], &results["status"]),
        (&json!("open"), &json!("unofficial-partial"))
    );
    assert_eq!(results["seq"], 1);
    let ada = json!({"id": "ada", "name": "Ada Okoye", "party": "Green", "votes": 1, "percent": 100.0});
    assert_eq!(results["contests"][0]["candidates"][0], ada);
    assert!(results["last_updated"].as_str().unwrap().ends_with('Z'));
    // Where nobody voted there is no share.
    assert_eq!(
        results["jurisdictions"][1]["contests"][0]["candidates"][0]["percent"],
        Value::Null
    );
}

#[test]
fn results_can_be_cached_read_from_anywhere_and_narrowed_down() {
    let (_election, server, _) = counted_ballot();
    let whole = server.http.get("/votes");
    assert!(
        whole
            .header("cache-control")
            .unwrap()
            .starts_with("public, max-age=1")
    );
    assert_eq!(whole.header("content-type"), Some("application/json"));
    let tag = whole.header("etag").unwrap().to_owned();
    let again = server.http.get_with(
        "/votes",
        &format!("If-None-Match: {tag}\r\nOrigin: https://news.example\r\n"),
    );
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("access-control-allow-origin"), Some("*"));
    let north = server.http.get("/votes?jurisdiction=north&contest=dues").is(200);
    assert_eq!(north["jurisdictions"].as_array().unwrap().len(), 1);
    assert_eq!(north["contests"].as_array().unwrap().len(), 1);
    assert_eq!(
        server.http.get("/votes?jurisdiction=south").is(200)["ballots_cast"],
        0
    );
    server
        .http
        .get("/votes?jurisdiction=east")
        .is_problem(404, "jurisdiction-unknown");
    server
        .http
        .get("/votes?contest=nope")
        .is_problem(404, "contest-unknown");
    for path in [
        "/votes?page=1",
        "/votes?contest=dues&contest=mayor",
        "/election?x",
        "/health?x=1",
        "/receipts/1?x=1",
    ] {
        server.http.get(path).is_problem(400, "query-parameter-unknown");
    }
}

#[test]
fn under_after_close_nothing_but_the_turnout_is_told_before_the_close() {
    let election = Election::open(CLUB, &[("north", 2), ("south", 1)]);
    let server = election.serve();
    let voter = &election.ids("north")[0];
    server
        .vote(voter, &json!({"board": ["novak"], "dues": ["yes"]}))
        .receipt();
    let secret = server.counted(1);
    for hidden in ["votes", "percent", "undervotes", "overvotes", "write_ins"] {
        assert!(
            !secret.to_string().contains(&format!("\"{hidden}\":")),
            "{secret}"
        );
    }
    let csv = election.run(["results", "--format", "csv"]).exits(0).stdout;
    assert!(
        csv.lines().any(|line| line == "north,board,novak,Petra Novak,,,"),
        "{csv}"
    );
    election.run(["close"]).exits(0);
    eventually("the votes are told", || {
        server.http.get("/votes").is(200)["contests"][0]["candidates"][3]["votes"] == 1
    });
}

#[test]
fn a_receipt_tells_whether_this_very_ballot_is_recorded() {
    let (_election, server, receipt) = counted_ballot();
    let ask = |receipt: &str| server.http.get(&format!("/receipts/{receipt}"));
    for typed in [receipt.clone(), receipt.to_lowercase(), receipt.replace('-', "")] {
        assert_eq!(ask(&typed).is(200), json!({"status": "recorded"}));
    }
    // DESIGN.md's vector: well-formed, and nobody's here.
    ask("1000-G40R-40M3-0E20-9185-WHKY-4RBC-S53J-J64K").is_problem(404, "not-recorded");
    let mistyped = receipt.replacen(&receipt[..1], "2", 1);
    let cut = &receipt[..receipt.len() - 1];
    for malformed in [mistyped.as_str(), cut, "1", "%20", "K7RM2-9XQ4T-0WZ34", "%ff"] {
        ask(malformed).is_problem(400, "receipt-malformed");
    }
}

#[test]
fn pages_and_their_parts_are_served_under_a_strict_policy() {
    let (_election, server, _) = counted_ballot();
    for path in ["/", "/results", "/check"] {
        let page = server.http.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        for part in page
            .text()
            .split(['"', '\''])
            .filter(|part| part.starts_with("/assets/"))
        {
            assert_eq!(server.http.get(part).status, 200, "{part} of {path}");
        }
    }
    let missing = server.http.get_with("/nowhere", "Accept: text/html\r\n");
    assert_eq!(
        (missing.status, missing.header("content-type")),
        (404, Some("text/html; charset=utf-8"))
    );
    assert_eq!(server.http.get("/assets/../Cargo.toml").status, 404);
    assert_eq!(server.http.get("/assets/%2e%2e%2fCargo.toml").status, 404);
}

#[test]
fn other_addresses_and_methods_are_problems_too() {
    let (_election, server, _) = counted_ballot();
    server.http.get("/nowhere").is_problem(404, "not-found");
    server
        .http
        .get("/eligibility")
        .is_problem(405, "method-not-allowed");
    let deleted = server.http.request("DELETE", "/votes", "", b"").unwrap();
    deleted.is_problem(405, "method-not-allowed");
    let opened = server.http.post("/operations", &json!({"operation": "close"}));
    opened.is_problem(404, "not-found");
    assert_eq!(server.http.get("/metrics").status, 404);
}

#[test]
fn the_definition_the_api_and_the_health_can_be_read() {
    let (_election, server, _) = counted_ballot();
    let election = server.http.get("/election").is(200);
    assert_eq!(election["phase"], "open");
    assert_eq!(election["regions"], json!(crate::support::REGIONS));
    assert_eq!(election["definition"]["id"], "two-towns-2026");
    assert_eq!(election["definition"]["title"]["es"], "Dos pueblos");
    assert!(
        server.http.get("/openapi.json").is(200)["openapi"]
            .as_str()
            .unwrap()
            .starts_with("3.1")
    );
    assert_eq!(server.http.get("/health").is(200)["status"], "ok");
    let deep = server.http.get("/health/deep").is(200);
    for part in [
        "status",
        "queue",
        "peer_queue",
        "ballot_box",
        "voter_roll",
        "tally",
    ] {
        assert_eq!(deep[part], "ok", "{deep}");
    }
    let visits = server.http.get("/visits").is(200)["visits"].as_u64().unwrap();
    let counted = server.http.request("POST", "/visits", "", b"").unwrap();
    assert_eq!(counted.is(200)["visits"], visits + 1);
}
