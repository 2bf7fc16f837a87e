//! Exports of certified elections, their verification from the files alone, and tallies made anew.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Election, REGIONS, Ran, Server, TWO_TOWNS, election, eventually, wait_for};

const KINDS: [&str; 3] = ["ballots", "receipts", "results"];
const FILES: [&str; 8] = [
    "SHA256SUMS",
    "ballots.jsonl",
    "certificate.json",
    "definition.toml",
    "receipts.txt",
    "results-nist.json",
    "results.csv",
    "results.json",
];

/// An open election, a server, and six votes in it.
fn voted() -> (Election, Server, Vec<String>) {
    let election = Election::open(TWO_TOWNS, &[("north", 4), ("south", 4)]);
    let server = election.serve_with(&["--second-copy-delay", "100ms"]);
    let (north, south) = (election.ids("north"), election.ids("south"));
    let votes = [
        (
            &north[0],
            json!({"mayor": ["ben"], "board": ["dora", "fay"], "dues": ["yes"]}),
        ),
        (&south[0], json!({"mayor": ["cleo"]})),
        (&north[1], json!({"mayor": [{"write_in": "Zoë \"Z\", Ågren"}]})),
        (
            &north[2],
            json!({"mayor": ["ben"], "board": ["dora", "fay"], "dues": ["yes"]}),
        ),
        (&south[1], json!({})),
        (&south[2], json!({"mayor": ["ada"], "board": ["emil"]})),
    ];
    let receipts = votes.map(|(voter, selections)| server.vote(voter, &selections).receipt());
    server.counted(6);
    (election, server, receipts.into())
}

fn certify(election: &Election) {
    election.run(["close"]).exits(0);
    wait_for("the election is certified", || {
        let ran = election.run(["certify", "--yes"]);
        (ran.status == 0).then_some(())
    });
}

fn export(election: &Election, what: &str, out: &str) -> Ran {
    election.run(["export", what, "--out", out])
}

fn export_all(election: &Election, out: &str) {
    for what in KINDS {
        export(election, what, out).exits(0);
    }
}

fn verify(folder: &Path) -> Ran {
    Ran::of(&mut election(), ["verify".as_ref(), folder.as_os_str()])
}

fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap();
    let file = |entry: std::fs::DirEntry| {
        (
            entry.file_name().into_string().unwrap(),
            std::fs::read(entry.path()).unwrap(),
        )
    };
    entries.map(|entry| file(entry.unwrap())).collect()
}

#[test]
fn a_certified_election_is_exported_in_any_order_by_any_process_to_the_same_bytes_and_verified() {
    let (election, server, mut receipts) = voted();
    for what in KINDS {
        export(&election, what, "out").refuses(1, "once it is certified (`election certify`)");
    }
    certify(&election);
    assert!(!election.path("out").exists());

    let told = export(&election, "results", "out").exits(0).json();
    assert_eq!(told["missing"], json!(["ballots.jsonl", "receipts.txt"]));
    let incomplete = verify(&election.path("out")).exits(1);
    assert!(
        incomplete.stdout.contains("ballots.jsonl: the file is missing"),
        "{}",
        incomplete.stdout
    );
    export(&election, "receipts", "out").exits(0);
    let told = export(&election, "ballots", "out").exits(0).json();
    assert_eq!((&told["missing"], &told["ballots"]), (&json!([]), &json!(6)));
    let exported = read(&election.path("out"));
    assert!(exported.keys().eq(FILES.iter()), "{:?}", exported.keys());

    let text = |name: &str| String::from_utf8(exported[name].clone()).unwrap();
    assert_eq!(
        exported["definition.toml"],
        election.read("definition.toml").into_bytes()
    );
    let ballots = text("ballots.jsonl");
    let lines: Vec<&str> = ballots.lines().collect();
    assert!(lines.len() == 6 && lines.is_sorted());
    let ballot =
        r#"{"jurisdiction":"north","ballot":{"mayor":["ben"],"board":["dora","fay"],"dues":["yes"]}}"#;
    assert_eq!(lines.iter().filter(|line| **line == ballot).count(), 2);
    receipts.sort_unstable();
    assert_eq!(
        text("receipts.txt"),
        receipts
            .iter()
            .map(|receipt| format!("{receipt}\n"))
            .collect::<String>()
    );
    let results: Value = serde_json::from_str(&text("results.json")).unwrap();
    assert_eq!(results, server.http.get("/votes").is(200));
    for (format, name) in [("json", "results.json"), ("csv", "results.csv")] {
        assert_eq!(
            election.run(["results", "--format", format]).exits(0).stdout,
            text(name)
        );
    }
    let certificate: Value = serde_json::from_str(&text("certificate.json")).unwrap();
    assert_eq!(
        (&certificate["ballots"], &certificate["registered"]),
        (&json!(6), &json!(8))
    );
    assert_eq!(certificate["election_hash"], results["election_hash"]);
    let nist: Value = serde_json::from_str(&text("results-nist.json")).unwrap();
    assert_eq!(nist["@type"], "ElectionResults.ElectionReport");

    let verdict = election
        .run(["verify", "out", "--format", "json"])
        .exits(0)
        .json();
    assert_eq!(verdict["summary"]["ballots"], 6);
    assert!(
        verify(&election.path("out"))
            .exits(0)
            .stdout
            .starts_with("verified\n")
    );

    // The same without a server, in another order, again, and once the keys are gone.
    drop(server.stop());
    export_all(&election, "again");
    assert_eq!(read(&election.path("again")), exported);
    export_all(&election, "again");
    election.run(["keys", "destroy", "--yes"]).exits(0);
    export_all(&election, "destroyed");
    assert_eq!(read(&election.path("destroyed")), exported);
    let server = election.serve();
    export_all(&election, "again");
    drop(server.stop());
    assert_eq!(read(&election.path("again")), exported);
}

#[test]
fn a_folder_with_anything_else_is_refused_and_stays_as_it_is() {
    let (election, server, _) = voted();
    certify(&election);
    drop(server.stop());
    export(&election, "ballots", "out").exits(0);

    std::fs::create_dir(election.path("other")).unwrap();
    election.write("other/notes.txt", "mine");
    export(&election, "results", "other").refuses(1, "notes.txt");
    assert_eq!(read(&election.path("other")).len(), 1);

    let before = read(&election.path("out"));
    for (file, from, to) in [
        ("out/definition.toml", "Two towns", "Too towns"),
        ("out/certificate.json", "\"ballots\": 6", "\"ballots\": 7"),
        ("out/certificate.json", "certified_at", "verified_at"),
    ] {
        let text = election.read(file);
        election.write(file, &text.replacen(from, to, 1));
        let changed = read(&election.path("out"));
        assert_ne!(changed, before);
        export(&election, "results", "out").refuses(1, "give another folder with --out");
        assert_eq!(read(&election.path("out")), changed);
        election.write(file, &text);
    }
    // What a killed export left behind is no obstacle, and gone afterwards.
    election.write("out/.ballots.jsonl.part", "half a bal");
    for what in ["receipts", "results"] {
        export(&election, what, "out").exits(0);
    }
    verify(&election.path("out")).exits(0);
    election.write("file", "");
    export(&election, "results", "file").refuses(1, "file");
}

#[test]
fn a_box_that_is_not_what_was_certified_is_not_exported() {
    let (election, server, _) = voted();
    certify(&election);
    drop(server.stop());
    let tamper = |statements: &str| {
        let database = Connection::open(election.data("election.sqlite")).unwrap();
        database.execute_batch(statements).unwrap();
    };
    tamper(
        "CREATE TABLE kept AS SELECT * FROM ballots WHERE seq = 3;
         DROP TRIGGER ballots_are_never_removed; DELETE FROM ballots WHERE seq = 3;",
    );
    export(&election, "ballots", "out").refuses(1, "other counts");
    export(&election, "receipts", "out").refuses(1, "it has 5 ballots, and 6 are certified");
    assert!(!election.path("out").exists(), "nothing is left behind");
    tamper("INSERT INTO ballots SELECT * FROM kept;");
    export_all(&election, "out");
    verify(&election.path("out")).exits(0);
    tamper(
        "DROP TRIGGER ballots_are_never_changed;
         UPDATE ballots SET content = (SELECT content FROM ballots AS others
             WHERE others.content <> ballots.content LIMIT 1) WHERE seq = 1;",
    );
    let before = read(&election.path("out"));
    for what in ["ballots", "receipts"] {
        export(&election, what, "out").refuses(1, "a ballot is forged or can't be read");
    }
    assert_eq!(read(&election.path("out")), before);
}

#[test]
fn a_change_in_any_file_is_told_with_file_and_line_and_exit_status_1() {
    let (election, server, _) = voted();
    certify(&election);
    drop(server.stop());
    export_all(&election, "out");
    let folder = election.path("out");
    let files = read(&folder);
    for (name, bytes) in &files {
        let path = folder.join(name);
        let middle = bytes.len() / 2;
        let mut flipped = bytes.clone();
        flipped[middle] ^= 4;
        let mut swapped: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        swapped.swap(0, 2);
        let changes = [
            flipped,
            bytes[..middle].to_vec(),
            [bytes, &b"\n"[..]].concat(),
            swapped.concat(),
        ];
        for changed in changes.iter().filter(|changed| *changed != bytes) {
            std::fs::write(&path, changed).unwrap();
            let ran = verify(&folder).exits(1);
            assert!(ran.stdout.contains(name.as_str()), "{name}: {}", ran.stdout);
        }
        std::fs::remove_file(&path).unwrap();
        assert!(
            verify(&folder)
                .exits(1)
                .stdout
                .contains(&format!("{name}: the file is missing"))
        );
        std::fs::write(&path, bytes).unwrap();
    }
    let receipts = String::from_utf8(files["receipts.txt"].clone()).unwrap();
    std::fs::write(folder.join("receipts.txt"), receipts.replacen('\n', " \n", 1)).unwrap();
    let told = election
        .run(["verify", "out", "--format", "json"])
        .exits(1)
        .json();
    let problem = &told["problems"][0];
    assert_eq!(
        (&told["verified"], &problem["file"], &problem["line"]),
        (&json!(false), &json!("receipts.txt"), &json!(1))
    );
    std::fs::write(folder.join("receipts.txt"), receipts).unwrap();
    std::fs::write(folder.join("more"), "").unwrap();
    assert!(
        verify(&folder)
            .exits(1)
            .stdout
            .contains("more: the file isn't a part of an export")
    );
    std::fs::remove_file(folder.join("more")).unwrap();
    verify(&folder).exits(0);
    election.run(["verify", "nowhere"]).refuses(2, "nowhere");
}

#[test]
fn a_tally_is_rebuilt_after_the_close_with_and_without_a_server() {
    let (election, server, _) = voted();
    let rebuild = |region: &str| election.run(["tally", "rebuild", region]);
    rebuild(REGIONS[0]).refuses(1, "tallies are rebuilt after the close");
    election.run(["close"]).exits(0);
    rebuild("nowhere").refuses(1, "there is no region");
    let told = rebuild(REGIONS[0]).exits(0).json();
    assert_eq!((&told["records"], &told["differences"]), (&json!(6), &json!([])));
    eventually("the copies are done", || election.status()["copies"] == 0);
    drop(server.stop());

    let tamper = |statement: &str| {
        let database = Connection::open(election.data("region-us-east-2.sqlite")).unwrap();
        database.execute_batch(statement).unwrap();
    };
    tamper("UPDATE tallies SET item = replace(item, '\"ballots\":3', '\"ballots\":4')");
    election.run(["recount"]).exits(1);
    let told = rebuild(REGIONS[1]).exits(0).json();
    assert_eq!(told["differences"].as_array().unwrap().len(), 2, "{told}");
    election.recount();
    // An item that nothing can read keeps even a recount from running; a rebuild doesn't need it.
    tamper("UPDATE tallies SET item = 'x'");
    election.run(["recount"]).exits(70);
    let server = election.serve();
    assert_eq!(rebuild(REGIONS[1]).exits(0).json()["records_before"], Value::Null);
    election.recount();
    drop(server.stop());
    election.run(["region", "lose", REGIONS[1]]).exits(0);
    rebuild(REGIONS[1]).refuses(1, "is lost");
}
