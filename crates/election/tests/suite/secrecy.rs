//! Nobody learns who voted how from the data files or from the log, however much is logged.

use std::path::Path;

use election_core::voter_id::VoterId;
use serde_json::json;

use crate::support::{Election, Server, TWO_TOWNS, ballot_id, eventually, vote};

const NAMES: [&str; 3] = ["Xanthippe Quirrelsby", "Örjan Wyvernholt", "Zbigniew Okonjowicz"];
const ADDRESSES: [&str; 3] = [
    "17 Flibbertigibbet Mews",
    "99 Quockerwodger Row",
    "4 Snollygoster Gate",
];
const EXTERNAL_IDS: [&str; 3] = ["MEMBER-QX-77001", "MEMBER-QX-77002", "MEMBER-QX-77003"];
const WRITE_INS: [&str; 2] = ["Bartholomew Zzyzxovic", "Philippa Gnarlwhistle"];

/// What must not be found, and how to call it when it is.
type Secrets = Vec<(&'static str, Vec<u8>)>;

/// Every form in which the secret may be written: as it is, in other cases, JSON-escaped.
fn forms(what: &'static str, secret: &str) -> Secrets {
    let quoted = json!(secret).to_string();
    let texts = [
        secret.to_owned(),
        secret.to_lowercase(),
        secret.to_uppercase(),
        quoted[1..quoted.len() - 1].to_owned(),
    ];
    texts.into_iter().map(|text| (what, text.into_bytes())).collect()
}

fn voter_id_forms(printed: &str) -> Secrets {
    let mut secrets = forms("a voter id", printed);
    secrets.extend(forms("a canonical voter id", &printed.replace('-', "")));
    let parsed = VoterId::parse(printed).unwrap();
    secrets.extend(forms("a parsed voter id", &parsed.printed()));
    secrets
}

fn people_forms() -> Secrets {
    let of = |what: &'static str, texts: &[&'static str]| {
        texts
            .iter()
            .flat_map(|text| forms(what, text))
            .collect::<Vec<_>>()
    };
    [
        of("a name", &NAMES),
        of("an address", &ADDRESSES),
        of("an external id", &EXTERNAL_IDS),
    ]
    .concat()
}

fn write_in_forms() -> Secrets {
    WRITE_INS
        .iter()
        .flat_map(|text| forms("a write-in", text))
        .collect()
}

#[track_caller]
fn assert_absent(place: &str, bytes: &[u8], secrets: &Secrets) {
    for (what, secret) in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!found, "{what} is in {place}");
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect()
}

fn people() -> Election {
    let election = Election::new(TWO_TOWNS, &[]);
    let mut roll = "external_id,name,address,jurisdiction\n".to_owned();
    for ((id, name), address) in EXTERNAL_IDS.iter().zip(NAMES).zip(ADDRESSES) {
        roll.push_str(&format!("{id},{name},{address},north\n"));
    }
    roll.push_str(&format!("\u{7},{},{},north\n", NAMES[0], ADDRESSES[0]));
    election.write("roll.csv", &roll);
    election
}

/// A server that logs everything it can.
fn loud_server(election: &Election, format: &str) -> Server {
    let mut command = election.command();
    command
        .env("ELECTION_LOG", "trace")
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", format]);
    Server::start(command.args(["--second-copy-delay", "200ms"]))
}

/// Imports, votes well and badly, asks for receipts, reissues; gives voter ids, ballot ids, receipts, and
/// what the commands wrote to standard error.
fn everything_that_happens(
    election: &Election,
    server: &Server,
) -> (Vec<String>, Vec<String>, Vec<String>, String) {
    let run = |arguments: &str| {
        let mut command = election.command();
        command.env("ELECTION_LOG", "trace").args(arguments.split(' '));
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    let mut log = run("voters import --roll roll.csv --letters letters.csv --report report.csv");
    log.push_str(&run("open"));
    log.push_str(&run(&format!(
        "voters reissue --external-id {} --letters letters.csv",
        EXTERNAL_IDS[2]
    )));
    let voters: Vec<String> = election.voters().into_iter().map(|voter| voter.id).collect();
    assert_eq!(voters.len(), 4);
    let ballots: Vec<String> = voters.iter().map(|_| ballot_id()).collect();
    let mut receipts = Vec::new();
    for (voter, (ballot, write_in)) in voters.iter().zip(ballots.iter().zip(WRITE_INS)) {
        let body = vote(
            voter,
            ballot,
            &json!({"mayor": [{ "write_in": write_in }], "board": ["dora"]}),
        );
        receipts.push(server.http.post("/votes", &body).receipt());
        server.http.post("/votes", &body).receipt();
        server
            .http
            .post("/eligibility", &json!({ "voter_id": voter.to_lowercase() }))
            .is(200);
    }
    server.counted(2);
    for receipt in &receipts {
        assert_eq!(
            server.http.get(&format!("/receipts/{receipt}")).is(200)["status"],
            "recorded"
        );
    }
    // Refusals of every kind, each with something that must not be told.
    let bad = json!({"mayor": [{"write_in": WRITE_INS[0]}, {"write_in": WRITE_INS[1]}]});
    for voter in &voters {
        assert!(server.http.post("/votes", &vote(voter, &ballots[3], &bad)).status >= 400);
        assert_eq!(
            server
                .http
                .post("/votes", &vote(&format!("{voter}0"), &ballots[3], &bad))
                .status,
            400
        );
        let body = vote(voter, &ballots[3], &bad).to_string();
        assert_eq!(
            server
                .http
                .post_bytes("/votes", &body.as_bytes()[..body.len() - 1])
                .status,
            400
        );
        assert_eq!(
            server
                .http
                .post_as("/votes", "text/plain", body.as_bytes())
                .status,
            415
        );
        assert_eq!(server.http.get(&format!("/votes?voter_id={voter}")).status, 400);
        assert_eq!(server.http.get(&format!("/{voter}")).status, 404);
    }
    eventually("the copies are done", || election.status()["copies"] == 0);
    election.recount();
    log.push_str(&run("status"));
    log.push_str(&run("recount"));
    log.push_str(&run("dead-letters list"));
    (voters, ballots, receipts, log)
}

#[test]
fn no_log_holds_a_voter_id_ballot_id_receipt_name_address_or_choice_at_any_level_in_any_format() {
    for format in ["text", "json"] {
        let election = people();
        let server = loud_server(&election, format);
        let operator = std::fs::read(election.data("operator.json")).unwrap();
        let operator: serde_json::Value = serde_json::from_slice(&operator).unwrap();
        let (voters, ballots, receipts, mut log) = everything_that_happens(&election, &server);
        let of_server = server.stop();
        // Each answer is in it: it is as loud as it gets.
        for word in ["answered", "DEBUG", "/votes"] {
            assert!(of_server.contains(word), "no {word} in the log");
        }
        log.push_str(&of_server);
        let mut secrets = [people_forms(), write_in_forms()].concat();
        secrets.extend(voters.iter().flat_map(|voter| voter_id_forms(voter)));
        for ballot in &ballots {
            secrets.extend(forms("a ballot id", ballot));
            secrets.extend(forms("a ballot id", &ballot.replace('-', "")));
        }
        for receipt in &receipts {
            secrets.extend(forms("a receipt", receipt));
            secrets.extend(forms("a receipt", &receipt.replace('-', "")));
        }
        secrets.extend(forms("a choice", "dora"));
        secrets.extend(forms("the operators' token", operator["token"].as_str().unwrap()));
        assert_absent(&format!("the {format} log"), log.as_bytes(), &secrets);
    }
}

#[test]
fn no_data_file_holds_a_voter_id_name_or_address_and_only_the_ballot_box_and_the_queues_a_write_in() {
    let election = people();
    let server = loud_server(&election, "text");
    let (voters, _, _, _) = everything_that_happens(&election, &server);
    let mut secrets = people_forms();
    secrets.extend(voters.iter().flat_map(|voter| voter_id_forms(voter)));
    let check = |when: &str| {
        let mut ballot_box = 0;
        for (name, bytes) in files(&election.path("data")) {
            let place = format!("{name} {when}");
            assert_absent(&place, &bytes, &secrets);
            if name.starts_with("election.sqlite") {
                ballot_box += WRITE_INS
                    .iter()
                    .filter(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
                    .count();
            } else if !name.starts_with("region-") {
                assert_absent(&place, &bytes, &write_in_forms());
            }
        }
        assert!(ballot_box > 0, "a search of these files finds what is in them");
        assert_absent("the report", election.read("report.csv").as_bytes(), &secrets);
    };
    check("while a server runs");
    drop(server.kill());
    check("after a kill");
    drop(election.serve().stop());
    check("after a stop");
    let names: Vec<String> = files(&election.path("data"))
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(
        names.contains(&"keys.json".to_owned()) && names.len() >= 5,
        "{names:?}"
    );
}
