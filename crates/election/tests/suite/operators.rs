//! The operators' page and what it shows: on the operator listener only, and nothing without the token.

use serde_json::{Value, json};

use crate::support::{Election, Http, Server, TWO_TOWNS, wait_for};

struct Operator {
    http: Http,
    token: String,
}

impl Operator {
    fn of(election: &Election) -> Self {
        let address = std::fs::read(election.data("operator.json")).unwrap();
        let address: Value = serde_json::from_slice(&address).unwrap();
        let url = address["url"].as_str().unwrap();
        Self {
            http: Http::new(url.strip_prefix("http://").unwrap()),
            token: address["token"].as_str().unwrap().to_owned(),
        }
    }

    fn overview(&self) -> Value {
        let headers = format!("Authorization: Bearer {}\r\n", self.token);
        self.http.get_with("/overview", &headers).is(200)
    }
}

fn region<'a>(overview: &'a Value, name: &str) -> &'a Value {
    let regions = overview["regions"].as_array().unwrap();
    regions.iter().find(|region| region["name"] == name).unwrap()
}

fn serving() -> (Election, Server, Operator) {
    let election = Election::open(TWO_TOWNS, &[("north", 2)]);
    let server = election.serve();
    let operator = Operator::of(&election);
    (election, server, operator)
}

#[test]
fn the_page_needs_no_token_and_what_it_shows_does() {
    let (_election, _server, operator) = serving();
    let page = operator.http.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    for path in ["/assets/ops/ops.js", "/assets/shared/style.css", "/config.json"] {
        assert_eq!(operator.http.get(path).status, 200, "{path}");
    }
    assert_eq!(operator.http.get("/assets/vote/vote.js").status, 404);
    let definition = &operator.http.get("/election").is(200)["definition"];
    assert_eq!(definition["contests"][0]["id"], "mayor");

    assert_eq!(operator.http.get("/overview").status, 401);
    let wrong = format!("Authorization: Bearer {}\r\n", "0".repeat(64));
    assert_eq!(operator.http.get_with("/overview", &wrong).status, 401);
    let in_address = format!("/overview?token={}", operator.token);
    assert_eq!(operator.http.get(&in_address).status, 401);
}

#[test]
fn the_public_listener_has_none_of_it() {
    let (_election, server, _operator) = serving();
    let assets = ["/assets/ops/ops.js", "/assets/ops/index.html"];
    for path in assets.into_iter().chain(["/overview", "/operations", "/metrics"]) {
        assert_eq!(server.http.get(path).status, 404, "{path}");
    }
}

#[test]
fn the_overview_tells_each_region_apart_and_no_candidates_count() {
    let (election, server, operator) = serving();
    let ids = election.ids("north");
    let west = server.http.region("us-west-2");
    let vote = |voter: &str| json!({"voter_id": voter, "ballot_id": "00112233-4455-6677-8899-aabbccddeeff", "selections": {"mayor": ["ada"]}});
    west.post("/votes", &vote(&ids[0])).receipt();
    west.post("/votes", &vote("00000-00000-00012"))
        .is_problem(404, "voter-not-found");
    let overview = wait_for("the ballot is recorded", || {
        let overview = operator.overview();
        (region(&overview, "us-west-2")["recorded"] == 1).then_some(overview)
    });
    let activity = |name| {
        ["accepted", "refused", "recorded", "conflicts"].map(|key| region(&overview, name)[key].clone())
    };
    assert_eq!(activity("us-west-2"), [1, 1, 1, 0].map(Value::from));
    assert_eq!(activity("us-east-1"), [0, 0, 0, 0].map(Value::from));
    assert_eq!(region(&overview, "us-west-2")["health"]["status"], "ok");
    assert_eq!(
        (&overview["status"]["phase"], &overview["status"]["recorded"]),
        (&json!("open"), &json!(1))
    );
    assert!(!overview.to_string().contains("ada"), "{overview}");

    election.run(["region", "fail", "us-west-2"]).exits(0);
    let overview = operator.overview();
    assert_eq!(region(&overview, "us-west-2")["health"], Value::Null);
    assert_eq!(overview["status"]["regions"][2]["state"], "failed");
}

#[test]
fn the_server_says_where_the_page_is_and_not_the_token() {
    let (_election, server, operator) = serving();
    let log = server.stop();
    assert!(
        log.contains(&format!("operators reach http://{}/", operator.http.address())),
        "{log}"
    );
    assert!(log.contains("data/operator.json"), "{log}");
    assert!(!log.contains(&operator.token));
}
