//! Options, help, formats and exit statuses of the command.

use serde_json::{Value, json};

use crate::support::{Election, Ran, TWO_TOWNS, election};

const COMMANDS: [&[&str]; 28] = [
    &[],
    &["demo"],
    &["definition"],
    &["definition", "check"],
    &["init"],
    &["voters"],
    &["voters", "generate"],
    &["voters", "import"],
    &["voters", "letters"],
    &["voters", "reissue"],
    &["serve"],
    &["open"],
    &["close"],
    &["certify"],
    &["results"],
    &["recount"],
    &["status"],
    &["region"],
    &["region", "fail"],
    &["region", "restore"],
    &["region", "lose"],
    &["dead-letters"],
    &["dead-letters", "list"],
    &["dead-letters", "replay"],
    &["keys"],
    &["keys", "destroy"],
    &["plan"],
    &["simulate"],
];

fn run(arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    Ran::of(election().current_dir(folder.path()), arguments)
}

#[test]
fn every_command_has_help_and_an_unknown_option_is_usage() {
    for command in COMMANDS {
        let help = run(&[command, &["--help"]].concat()).exits(0);
        assert!(
            help.stdout.contains("Usage: election") && help.stderr.is_empty(),
            "{command:?}"
        );
        let unknown = run(&[command, &["--nonsense"]].concat()).exits(2);
        assert!(
            unknown.stdout.is_empty() && unknown.stderr.contains("--nonsense"),
            "{command:?}"
        );
    }
    assert!(run(&["--version"]).exits(0).stdout.starts_with("election "));
    for incomplete in [
        &[] as &[&str],
        &["voters"],
        &["region", "fail"],
        &["nonsense"],
        &["status", "more"],
        &["init"],
    ] {
        assert_eq!(run(incomplete).exits(2).stdout, "", "{incomplete:?}");
    }
    for wrong in [
        ["demo", "--voters", "0"],
        ["demo", "--voters", "many"],
        ["demo", "--listen", "here"],
        ["serve", "--second-copy-delay", "5"],
        ["serve", "--second-copy-delay", "901s"],
        ["results", "--format", "xml"],
    ] {
        assert_eq!(run(&wrong).exits(2).stdout, "", "{wrong:?}");
    }
}

/// A server that has counted one ballot, and the voter.
fn counted() -> (Election, crate::support::Server) {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    server
        .vote(
            &election.ids("north")[0],
            &json!({"mayor": ["ada"], "dues": ["no"]}),
        )
        .receipt();
    server.counted(1);
    (election, server)
}

/// Without what changes by itself.
fn settled(mut results: Value) -> Value {
    results["last_updated"] = Value::Null;
    results
}

#[test]
fn results_are_the_same_from_the_server_a_website_and_the_store_in_every_format() {
    let (election, server) = counted();
    let url = format!("http://{}", server.address());
    let public = server.http.get("/votes").is(200);
    for url in [
        url.clone(),
        format!("{url}/"),
        format!("{url}/votes"),
        format!("{url}/regions/us-west-2"),
    ] {
        let fetched = election
            .run(["results", "--url", &url, "--format", "json"])
            .exits(0)
            .json();
        assert_eq!(settled(fetched)["contests"], public["contests"], "{url}");
    }
    let own = election.run(["results", "--format", "json"]).exits(0).json();
    assert_eq!(settled(own), settled(public.clone()));
    let csv = election.run(["results", "--format", "csv"]).exits(0).stdout;
    let table = election.run(["results"]).exits(0).stdout;
    assert_eq!(
        csv.lines().next(),
        Some("jurisdiction,contest,choice,name,party,votes,percent")
    );
    for line in [
        "north,mayor,ada,Ada Okoye,Green,1,100.0",
        "south,mayor,ada,Ada Okoye,Green South,0,",
        "north,dues,no,No,,1,100.0",
    ] {
        assert!(csv.lines().any(|each| each == line), "{csv}");
    }
    assert!(
        table.contains("Ada Okoye") && table.contains("100.00 %"),
        "{table}"
    );
    drop(server.stop());
    let offline = election.run(["results", "--format", "json"]).exits(0).json();
    assert_eq!(settled(offline), settled(public));
    assert_eq!(election.run(["results", "--format", "csv"]).exits(0).stdout, csv);
    election
        .run(["results", "--url", &url])
        .refuses(70, "no results from there");
    election
        .run(["results", "--url", "not a url"])
        .refuses(2, "--url");
}

#[test]
fn status_and_recount_have_the_fields_of_the_contract_with_and_without_a_server() {
    let (election, server) = counted();
    let check = || {
        let status = election.status();
        let keys: Vec<&String> = status.as_object().unwrap().keys().collect();
        let expected = [
            "phase",
            "accepted",
            "queued",
            "recorded",
            "repeats",
            "conflicts",
            "dead_letters",
            "copies",
            "regions",
        ];
        assert_eq!(keys, expected);
        let region = json!({"name": "us-east-1", "state": "active", "queued": 0, "tally_lag": 0});
        assert_eq!(status["regions"][0], region);
        let table = election.run(["status"]).exits(0).stdout;
        assert!(
            table.starts_with("open\n") && table.contains("us-west-2"),
            "{table}"
        );
        let recount = election.recount();
        assert_eq!(
            (&recount["ballots"], &recount["differences"]),
            (&json!(1), &json!([]))
        );
        assert_eq!(recount["regions"].as_array().unwrap().len(), 3);
        let table = election.run(["recount"]).exits(0).stdout;
        assert!(
            table.contains("ballots recounted: 1") && table.matches("agrees").count() == 3,
            "{table}"
        );
        assert_eq!(
            election
                .run(["dead-letters", "list", "--format", "json"])
                .exits(0)
                .json(),
            json!([])
        );
        assert_eq!(
            election.run(["dead-letters", "replay"]).exits(0).json(),
            json!({"replayed": 0})
        );
        for command in [["status"].as_slice(), &["recount"], &["dead-letters", "list"]] {
            let ran = election.run([command, &["--format", "csv"]].concat());
            ran.refuses(2, "table or json");
        }
    };
    check();
    crate::support::eventually("the copies are done", || election.status()["copies"] == 0);
    drop(server.stop());
    check();
}

#[test]
fn standard_output_carries_nothing_but_data_and_a_closed_one_is_no_error() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let mut command = election.command();
    command
        .args(["results", "--format", "json"])
        .env("ELECTION_LOG", "trace")
        .env("ELECTION_LOG_FORMAT", "json");
    let server = election.serve();
    let output = command.output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice::<Value>(&output.stdout).expect("only data");
    for line in String::from_utf8(output.stderr).unwrap().lines() {
        serde_json::from_str::<Value>(line).expect("a line of the log is JSON");
    }
    drop(server);
    let shell = format!(
        "{} results --format csv --store sqlite:data | true",
        env!("CARGO_BIN_EXE_election")
    );
    let piped = std::process::Command::new("sh")
        .args(["-c", &shell])
        .current_dir(election.path(""))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&piped.stderr), "");
}
