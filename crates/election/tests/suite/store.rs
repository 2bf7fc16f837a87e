//! The data folder: who may use it, with which keys, and what is readable in it.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Election, Http, Ran, TWO_TOWNS, election};

/// Commands that read or change an election.
const COMMANDS: [&str; 5] = ["status", "open", "results", "recount", "serve"];

#[test]
fn a_folder_that_a_server_uses_is_refused_to_a_second_one_which_disturbs_nothing() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let address = std::fs::read(election.data("operator.json")).unwrap();
    let second = election.run(["serve", "--listen", "127.0.0.1:0"]);
    second.refuses(1, "in use by another process");
    election
        .run(["init", "--definition", "definition.toml"])
        .refuses(1, "in use by another process");
    assert_eq!(std::fs::read(election.data("operator.json")).unwrap(), address);
    server.vote(&election.ids("north")[0], &json!({})).receipt();
    assert_eq!(election.status()["accepted"], 1);
}

#[test]
fn a_taken_address_is_told_with_64() {
    let [election, other] = [(); 2].map(|()| Election::open(TWO_TOWNS, &[("north", 1)]));
    let server = election.serve();
    other
        .run(["serve", "--listen", server.address()])
        .refuses(64, "choose another address");
    let operators = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--operator-listen",
        server.address(),
    ];
    other.run(operators).refuses(64, "--operator-listen");
    other.serve();
}

#[test]
fn an_election_is_created_once_and_where_there_is_none_every_command_says_so() {
    let election = Election::none();
    for command in COMMANDS {
        election.run([command]).refuses(64, "there is no election in");
    }
    assert!(
        !election.path("data").exists(),
        "looking for an election creates nothing"
    );
    let election = Election::new(TWO_TOWNS, &[("north", 1)]);
    let keys = std::fs::read(election.data("keys.json")).unwrap();
    election
        .run(["init", "--definition", "definition.toml"])
        .refuses(1, "holds an election already");
    assert_eq!(std::fs::read(election.data("keys.json")).unwrap(), keys);
    assert_eq!(election.status()["phase"], "pre-election");
}

#[test]
fn missing_foreign_damaged_or_readable_keys_are_refused_with_64() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let same_id = Election::new(TWO_TOWNS, &[]);
    let other_id = Election::new(&TWO_TOWNS.replace("two-towns-2026", "three-towns-2026"), &[]);
    let keys = election.data("keys.json");
    let own = std::fs::read(&keys).unwrap();
    let refused = |why: &str| {
        for command in COMMANDS {
            election.run([command]).refuses(64, why);
        }
    };
    std::fs::remove_file(&keys).unwrap();
    refused("is missing");
    let replace = |content: &[u8], mode| {
        std::fs::write(&keys, content).unwrap();
        std::fs::set_permissions(&keys, PermissionsExt::from_mode(mode)).unwrap();
    };
    replace(&std::fs::read(same_id.data("keys.json")).unwrap(), 0o600);
    refused("the keys are not those that election two-towns-2026 was created with");
    replace(&std::fs::read(other_id.data("keys.json")).unwrap(), 0o600);
    refused("belongs to another election");
    replace(&own[..own.len() / 2], 0o600);
    refused("damaged");
    replace(&own, 0o640);
    refused("chmod 600");
    replace(&own, 0o600);
    assert_eq!(election.status()["phase"], "open");
}

#[test]
fn keys_may_be_kept_elsewhere_and_the_store_be_named_by_option_or_environment() {
    let election = Election::none();
    election.write("definition.toml", TWO_TOWNS);
    let store = format!("sqlite:{}", election.path("ballots").display());
    let secrets = election.path("secrets.json");
    let mut init = election.command();
    init.env("ELECTION_STORE", &store).env("ELECTION_KEYS", &secrets);
    Ran::of(&mut init, ["init", "--definition", "definition.toml"]).exits(0);
    assert!(secrets.exists() && election.path("ballots/election.sqlite").exists());
    assert!(!election.path("ballots/keys.json").exists() && !election.path("data").exists());
    let secrets = secrets.to_str().unwrap();
    election
        .run(["--keys", secrets, "open", "--store", &store])
        .exits(0);
    let status = election.run(["status", "--store", &store, "--format", "json", "--keys", secrets]);
    assert_eq!(status.exits(0).json()["phase"], "open");
    election
        .run(["status", "--store", &store])
        .refuses(64, "is missing");
    for url in ["ballots", "sqlite:", "postgres://localhost/votes"] {
        election
            .run(["status", "--store", url])
            .refuses(64, "--store (ELECTION_STORE)");
    }
}

#[test]
fn files_of_another_version_or_another_program_are_refused_with_64_and_stay_as_they_are() {
    for name in ["election.sqlite", "region-us-east-2.sqlite"] {
        let election = Election::open(TWO_TOWNS, &[("north", 1)]);
        drop(election.serve().stop());
        let file = election.data(name);
        let own = std::fs::read(&file).unwrap();
        // SQLite's header: the user version is the 4 bytes at 60, the application id those at 68.
        let (mut later, mut foreign) = (own.clone(), own.clone());
        later[60..64].copy_from_slice(&99_u32.to_be_bytes());
        foreign[68..72].copy_from_slice(b"else");
        let cases: [(&[u8], &str); 4] = [
            (&later, "has the schema version 99"),
            (&foreign, "isn't a database of this program"),
            (b"not a database", "isn't a database of this program"),
            (b"", "isn't a database of this program"),
        ];
        for (content, why) in cases {
            std::fs::write(&file, content).unwrap();
            for command in COMMANDS {
                election.run([command]).refuses(64, why);
            }
            assert_eq!(std::fs::read(&file).unwrap(), content);
        }
        std::fs::write(&file, &own).unwrap();
        assert_eq!(election.status()["phase"], "open");
    }
}

#[test]
fn only_its_owner_can_read_what_is_in_the_folder_while_a_server_runs_and_after() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    server.vote(&election.ids("north")[0], &json!({})).receipt();
    let check = || {
        let folder = std::fs::metadata(election.path("data"))
            .unwrap()
            .permissions()
            .mode()
            & 0o077;
        assert_eq!(folder, 0, "the folder");
        for file in std::fs::read_dir(election.path("data")).unwrap() {
            let file = file.unwrap();
            let mode = file.metadata().unwrap().permissions().mode() & 0o077;
            assert_eq!(mode, 0, "{}", file.path().display());
        }
    };
    check();
    assert!(election.data("operator.json").exists());
    drop(server.stop());
    check();
    assert!(
        !election.data("operator.json").exists(),
        "nobody looks for a server that is gone"
    );
}

#[test]
fn operators_need_the_token_which_is_new_at_each_start() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let operator =
        || serde_json::from_slice::<Value>(&std::fs::read(election.data("operator.json")).unwrap()).unwrap();
    let server = election.serve();
    let first = operator();
    let address = first["url"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    assert!(address.starts_with("127.0.0.1:") && address != server.address());
    let http = Http::new(&address);
    let close = json!({"operation": "close"});
    assert_eq!(http.post("/operations", &close).status, 401);
    let with = |token: &str| {
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        http.request("POST", "/operations", &headers, close.to_string().as_bytes())
            .unwrap()
            .status
    };
    assert_eq!([with(""), with("0"), with(&"0".repeat(64))], [401; 3]);
    let metrics = http.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("# EOF"), "{}", metrics.text());
    assert_eq!(election.status()["phase"], "open");
    assert_eq!(with(first["token"].as_str().unwrap()), 200);

    // What a killed server leaves behind disturbs neither commands nor the next server.
    drop(server.kill());
    assert!(election.data("operator.json").exists());
    assert_eq!(election.status()["phase"], "closed");
    let _server = election.serve();
    assert_ne!(operator()["token"], first["token"]);
    assert_eq!(election.status()["phase"], "closed");
}

#[test]
fn a_bad_setting_is_named_and_nothing_is_started() {
    let mut command = election();
    command.env("ELECTION_LOG_FORMAT", "xml");
    Ran::of(&mut command, ["status"]).refuses(64, "ELECTION_LOG_FORMAT");
}
