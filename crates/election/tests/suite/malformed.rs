//! Requests that no page sends: each is refused with its code, none harms the server.

use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::{Election, Http, Server, TWO_TOWNS, ballot_id, vote};

const LIMIT: usize = 64 * 1024;

/// A server with one voter, and that voter's id.
fn polls() -> (Election, Server, String) {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let (server, voter) = (election.serve(), election.ids("north").remove(0));
    (election, server, voter)
}

/// Fails the test unless the server still does all its work and has accepted nothing so far.
#[track_caller]
fn is_unharmed((election, server, voter): &(Election, Server, String)) {
    server.http.get("/health").is(200);
    assert_eq!(server.http.get("/health/deep").is(200)["status"], "ok");
    assert_eq!(election.status()["accepted"], 0);
    server.vote(voter, &json!({"mayor": ["ada"]})).receipt();
    server.counted(1);
}

/// A vote of the voter as text, with something in the place of its selections.
fn with_selections(voter: &str, selections: &str) -> Vec<u8> {
    format!(
        r#"{{"voter_id":"{voter}","ballot_id":"{}","selections":{selections}}}"#,
        ballot_id()
    )
    .into_bytes()
}

#[test]
fn what_is_not_one_json_document_with_distinct_keys_is_malformed() {
    let polls = polls();
    let (_, server, voter) = &polls;
    let ballot = ballot_id();
    let deep =
        |open: &str, close: &str, levels: usize| format!("{}{}", open.repeat(levels), close.repeat(levels));
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b" ".to_vec(),
        b"{".to_vec(),
        b"voter_id=K7RM2".to_vec(),
        b"\xff\xfe{}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{}{}".to_vec(),
        b"[1,]".to_vec(),
        b"{\"voter_id\":NaN}".to_vec(),
        b"{\"voter_id\":\"\xc3\x28\"}".to_vec(),
        b"{\"voter_id\":\"\\ud800\"}".to_vec(),
        b"{\"voter_id\":\"a\nb\"}".to_vec(),
        b"\0".repeat(1000),
        "[".repeat(30_000).into_bytes(),
        deep("[", "]", 30_000).into_bytes(),
        with_selections(voter, &deep("[", "]", 30_000)),
        with_selections(voter, &deep("{\"a\":", "1", 10_000)),
        with_selections(voter, r#"{"mayor":["ada"],"mayor":["ben"]}"#),
        with_selections(voter, r#"{"mayor":[{"write_in":"A","write_in":"B"}]}"#),
        with_selections(voter, "{}}"),
        format!(r#"{{"voter_id":"{voter}","voter_id":"{voter}","ballot_id":"{ballot}","selections":{{}}}}"#)
            .into_bytes(),
        with_selections(voter, "{\"mayor\":[{\"write_in\":\"\u{e9}\"}]}")
            .into_iter()
            .filter(|byte| *byte != 0xc3)
            .collect(),
    ];
    for body in &bodies {
        for path in ["/votes", "/eligibility"] {
            server
                .http
                .post_bytes(path, body)
                .is_problem(400, "json-malformed");
        }
    }
    is_unharmed(&polls);
}

#[test]
fn json_of_another_shape_is_refused_whatever_is_missing_added_or_of_another_type() {
    let polls = polls();
    let (_, server, voter) = &polls;
    let ballot = ballot_id();
    let good = json!({"voter_id": voter, "ballot_id": ballot, "selections": {"mayor": ["ada"]}});
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let without = |key: &str| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(key);
        body
    };
    let mut bodies = vec![
        json!(null),
        json!(1),
        json!("text"),
        json!([]),
        json!({}),
        json!([voter, ballot, {"mayor": ["ada"]}]),
        json!([good]),
        with("region", json!("us-east-1")),
        with("election_hash", json!(null)),
        with("election_hash", json!(7)),
        with("voter_id", json!([voter])),
        with("voter_id", json!(12)),
        with("ballot_id", json!(null)),
    ];
    bodies.extend(["voter_id", "ballot_id", "selections"].map(without));
    let selections = [
        json!(null),
        json!([]),
        json!("mayor"),
        json!({"mayor": "ada"}),
        json!({"mayor": {"0": "ada"}}),
        json!({"mayor": [1]}),
        json!({"mayor": [null]}),
        json!({"mayor": [["ada"]]}),
        json!({"mayor": [{}]}),
        json!({"mayor": [{"write_in": 1}]}),
        json!({"mayor": [{"write_in": "A", "more": "B"}]}),
        json!({"mayor": [{"writein": "A"}]}),
    ];
    bodies.extend(selections.map(|selections| with("selections", selections)));
    for body in &bodies {
        server
            .http
            .post("/votes", body)
            .is_problem(400, "request-malformed");
    }
    for body in [
        json!([voter]),
        json!({}),
        json!({"voter_id": 1}),
        json!({"voter_id": voter, "more": "x"}),
        good.clone(),
    ] {
        server
            .http
            .post("/eligibility", &body)
            .is_problem(400, "request-malformed");
    }
    is_unharmed(&polls);
}

#[test]
fn a_mistyped_voter_id_or_ballot_id_is_told_apart_from_an_unknown_one() {
    let polls = polls();
    let (_, server, voter) = &polls;
    let symbols: Vec<char> = voter.replace('-', "").chars().collect();
    let typed = |symbols: &[char]| symbols.iter().collect::<String>();
    let mut other_check = symbols.clone();
    other_check[14] = if symbols[14] == '7' { '8' } else { '7' };
    let mut swapped = symbols.clone();
    let pair = (0..13)
        .find(|&place| symbols[place] != symbols[place + 1])
        .unwrap();
    swapped.swap(pair, pair + 1);
    let mut letter_u = symbols.clone();
    letter_u[3] = 'U';
    let malformed = [
        String::new(),
        "-".repeat(15),
        typed(&symbols[..14]),
        format!("{voter}0"),
        typed(&other_check),
        typed(&swapped),
        typed(&letter_u),
        format!("{}é", typed(&symbols[..14])),
        voter.replace('-', "_"),
        "9".repeat(50_000),
    ];
    for id in &malformed {
        let ballot = vote(id, &ballot_id(), &json!({}));
        server
            .http
            .post("/votes", &ballot)
            .is_problem(400, "voter-id-malformed");
        server
            .http
            .post("/eligibility", &json!({ "voter_id": id }))
            .is_problem(400, "voter-id-malformed");
    }
    let ballot = ballot_id();
    let compact = ballot.replace('-', "");
    let malformed = [
        String::new(),
        format!("{{{ballot}}}"),
        format!("urn:uuid:{ballot}"),
        format!("{ballot}0"),
        ballot[..35].to_owned(),
        format!("g{}", &ballot[1..]),
        format!(" {ballot}"),
        compact,
    ];
    for id in &malformed {
        server
            .http
            .post("/votes", &vote(voter, id, &json!({})))
            .is_problem(400, "ballot-id-malformed");
    }
    is_unharmed(&polls);
}

#[test]
fn only_json_is_read_whatever_else_is_said_of_its_type() {
    let polls = polls();
    let (_, server, voter) = &polls;
    let body = json!({ "voter_id": voter }).to_string();
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json-seq",
        "json",
        "",
    ] {
        for path in ["/votes", "/eligibility"] {
            server
                .http
                .post_as(path, media_type, body.as_bytes())
                .is_problem(415, "media-type-unsupported");
        }
    }
    let unsaid = server
        .http
        .request("POST", "/eligibility", "", body.as_bytes())
        .unwrap();
    unsaid.is_problem(415, "media-type-unsupported");
    for media_type in [
        "application/json;charset=utf-8",
        "Application/JSON",
        " application/json ; x=y",
    ] {
        server
            .http
            .post_as("/eligibility", media_type, body.as_bytes())
            .is(200);
    }
    is_unharmed(&polls);
}

/// One chunk after another, as a client sends that doesn't know the length.
fn chunked(http: &Http, path: &str, body: &[u8]) -> crate::support::Answer {
    let mut bytes = Vec::new();
    for chunk in body.chunks(10_000) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    let headers = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    http.send("POST", path, headers, &bytes).unwrap()
}

#[test]
fn a_body_over_64_kib_is_refused_with_or_without_its_length_said_and_one_of_64_kib_is_not() {
    let polls = polls();
    let (_, server, voter) = &polls;
    let mut body = json!({ "voter_id": voter }).to_string().into_bytes();
    body.resize(LIMIT, b' ');
    server.http.post_bytes("/eligibility", &body).is(200);
    chunked(&server.http, "/eligibility", &body).is(200);
    body.push(b' ');
    for path in ["/votes", "/eligibility"] {
        server
            .http
            .post_bytes(path, &body)
            .is_problem(413, "body-too-large");
        chunked(&server.http, path, &body).is_problem(413, "body-too-large");
        // What is announced is refused before it is sent.
        let announced = "Content-Type: application/json\r\nContent-Length: 4000000000\r\n";
        server
            .http
            .send("POST", path, announced, b"")
            .unwrap()
            .is_problem(413, "body-too-large");
    }
    is_unharmed(&polls);
}

#[test]
fn the_first_thing_that_is_wrong_with_a_request_is_what_it_is_refused_for() {
    let polls = polls();
    let (_, server, voter) = &polls;
    let large = vec![b'{'; LIMIT + 1];
    let of_unknown = |ballot: &str| vote("K7RM2-9XQ4T-0WZ34", ballot, &json!({"nope": ["nobody"]}));
    server
        .http
        .post_as("/votes", "text/plain", &large)
        .is_problem(415, "media-type-unsupported");
    server
        .http
        .post_bytes("/votes", &large)
        .is_problem(413, "body-too-large");
    let both_ids = vote("nobody", "nothing", &json!({"nope": []}));
    server
        .http
        .post("/votes", &both_ids)
        .is_problem(400, "voter-id-malformed");
    let mut shape = both_ids.clone();
    shape["more"] = json!(1);
    server
        .http
        .post("/votes", &shape)
        .is_problem(400, "request-malformed");
    server
        .http
        .post("/votes", &of_unknown("nothing"))
        .is_problem(400, "ballot-id-malformed");
    server
        .http
        .post("/votes", &of_unknown(&ballot_id()))
        .is_problem(404, "voter-not-found");
    let mut hash = vote(voter, &ballot_id(), &json!({"nope": []}));
    hash["election_hash"] = json!("0");
    server
        .http
        .post("/votes", &hash)
        .is_problem(422, "other-definition");
    is_unharmed(&polls);
}

#[test]
fn connections_that_send_no_http_or_stop_in_the_middle_harm_nobody() {
    let polls = polls();
    let (_, server, voter) = &polls;
    let body = json!({ "voter_id": voter }).to_string();
    let announced = format!(
        "POST /eligibility HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let starts: [&[u8]; 5] = [
        b"",
        b"GET /vo",
        b"\x16\x03\x01\x02\x00\x01",
        b"\0\0\0\0\r\n\r\n",
        announced.as_bytes(),
    ];
    let unfinished: Vec<TcpStream> = (0..50)
        .map(|index| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            stream.write_all(starts[index % starts.len()]).unwrap();
            stream
        })
        .collect();
    is_unharmed(&polls);
    drop(unfinished);
    let long_header = format!("X-Long: {}\r\n", "x".repeat(1_000_000));
    let refused = server
        .http
        .send("GET", "/votes", &long_header, b"")
        .map(|answer| answer.status);
    assert!(refused.is_err() || refused.is_ok_and(|status| status == 431));
    server.http.get("/health").is(200);
}
