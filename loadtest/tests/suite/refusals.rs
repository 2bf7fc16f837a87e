//! What is refused before anything is sent.

use crate::support::{Demo, loadtest};

#[test]
fn a_public_address_is_refused_before_any_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for host in ["http://8.8.8.8:9", "http://[2001:4860:4860::8888]:9"] {
        loadtest(folder.path(), &["steady", "--host", host])
            .exits(2)
            .says("--i-own-this-host");
    }
}

#[test]
fn letters_that_are_wrong_or_foreign_are_refused() {
    let [demo, other] = [Demo::new(30), Demo::new(30)];
    let foreign = other.folder.path().join("data/letters.csv");
    let folder = demo.folder.path();
    let vote = |letters: &str| loadtest(folder, &["steady", "--host", &demo.url, "--letters", letters]);
    vote(foreign.to_str().unwrap())
        .exits(64)
        .says("another election's letters");
    vote("nowhere.csv").exits(2).says("nowhere.csv");
    std::fs::write(folder.join("wrong.csv"), "voter_id\n").unwrap();
    vote("wrong.csv").exits(64).says("these aren't letters");
    // Nobody has voted.
    assert!(
        demo.operate(&["status", "--format", "json"])
            .contains("\"recorded\": 0")
    );
}

#[test]
fn another_definition_is_refused() {
    let demo = Demo::new(30);
    let club = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/club-board/definition.toml"
    );
    demo.loadtest(&["steady", "--definition", club])
        .exits(64)
        .says("no such jurisdiction");
    let text = include_str!("../../../examples/us-president-2020/definition.toml");
    std::fs::write(
        demo.folder.path().join("other.toml"),
        text.replace("live_step = 1", "live_step = 2"),
    )
    .unwrap();
    demo.loadtest(&["steady", "--definition", "other.toml"])
        .exits(64)
        .says("holds another election");
}

#[test]
fn a_server_that_is_not_there_is_an_error_with_a_report() {
    let demo = Demo::new(30);
    let ran = loadtest(
        demo.folder.path(),
        &[
            "steady",
            "--host",
            "http://127.0.0.1:9",
            "--letters",
            "data/letters.csv",
            "--report-file",
            "goose.html",
        ],
    );
    let ran = ran.exits(70).says("connection refused");
    assert_eq!(
        (ran.report["exit_status"].as_u64(), ran.report["profile"].as_str()),
        (Some(70), Some("steady"))
    );
    assert!(demo.folder.path().join("goose.html").is_file());
}

#[test]
fn a_wrong_command_line_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, told) in [
        (&["steady", "--threshold", "p99<50"][..], "p50<20ms"),
        (&["steady", "--fail-region", "us-east-1@30s"], "--data"),
        (
            &["steady", "--data", "d", "--lose-region", "us-east-1@2h"],
            "after the load",
        ),
        (&["steady", "--run-time", "soon"], "isn't a time"),
        (&["steady", "--host", "ftp://127.0.0.1"], "http://"),
        (&["marathon"], "marathon"),
    ] {
        loadtest(folder.path(), arguments).exits(2).says(told);
    }
}
