//! `plan` and `simulate`: their options, what they refuse, and that docs/CAPACITY.md is what they say today.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Ran, election};

const PLAN: [&str; 3] = ["plan", "--voters", "1000"];

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    Ran::of(election().current_dir(folder), arguments)
}

#[test]
fn a_plan_is_written_as_table_json_and_markdown_for_each_edition() {
    let folder = tempfile::tempdir().unwrap();
    let plan = |more: &[&str]| run(folder.path(), &[&PLAN[..], more].concat()).exits(0);
    let table = plan(&[]).stdout;
    assert!(
        table.starts_with("1,000 voters in 12 hours, on AWS in 3 regions") && table.contains("In all"),
        "{table}"
    );
    assert!(
        plan(&["--format", "markdown"])
            .stdout
            .contains("| what | how much |")
    );
    let json = plan(&["--format", "json", "--regions", "4", "--peak-factor", "10"]).json();
    assert_eq!(json["demand"]["regions"], 4);
    assert_eq!(json["demand"]["peak_factor_millis"], 10_000);
    let cost = |line: &Value| line["cost"].as_u64().unwrap();
    let lines: u64 = json["lines"].as_array().unwrap().iter().map(cost).sum();
    assert_eq!(json["costs"]["total"], lines);
    for edition in ["local", "server"] {
        let json = plan(&["--edition", edition, "--format", "json"]).json();
        assert_eq!(json["machine"]["verdict"], "holds");
    }
    assert!(plan(&["--edition", "server"]).stdout.contains("isn't built"));
}

#[test]
fn numbers_that_nobody_can_plan_with_are_refused_and_the_option_named() {
    let folder = tempfile::tempdir().unwrap();
    for (option, values) in [
        (
            "--voters",
            &["0", "-1", "many", "1.5", "10000000001", "99999999999999999999"][..],
        ),
        ("--hours", &["0", "-3", "169", "x"]),
        (
            "--peak-factor",
            &["0", "0.5", "1001", "-2", "x", "4.45678", "NaN"],
        ),
        ("--regions", &["0", "1", "16", "256", "us-east-1"]),
    ] {
        for value in values {
            let option = format!("{option}={value}");
            let others = if option.starts_with("--voters") {
                &PLAN[..1]
            } else {
                &PLAN[..]
            };
            run(folder.path(), &[others, &[&option]].concat()).refuses(2, option.split('=').next().unwrap());
        }
    }
    run(folder.path(), &["plan"]).refuses(2, "--voters");
    run(folder.path(), &["plan", "--voters", "-5"]).refuses(2, "--voters");
    for option in ["--hours", "--peak-factor", "--regions"] {
        run(folder.path(), &[&PLAN[..], &[option, "-1"]].concat()).refuses(2, option);
    }
    run(folder.path(), &[&PLAN[..], &["--edition", "cloud"]].concat()).refuses(2, "--edition");
    run(folder.path(), &["simulate", "--voters", "10"]).refuses(2, "--out");
}

#[test]
fn a_simulated_day_is_written_and_the_same_seed_writes_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("day.csv"), "minute,weight\n0,1\n60,3\n").unwrap();
    let simulate = |out: &str, more: &[&str]| {
        let arguments = [
            "simulate", "--voters", "20000", "--hours", "2", "--curve", "day.csv", "--out", out,
        ];
        run(folder.path(), &[&arguments[..], more].concat()).exits(0)
    };
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let table = simulate("one", &["--lose-region", "us-west-2@00:30"]).stdout;
    assert!(
        table.starts_with("SIMULATION") && table.contains("us-west-2 lost"),
        "{table}"
    );
    simulate("two/deeper", &["--lose-region", "us-west-2@30m", "--seed", "1"]);
    assert_eq!(read("one/simulation.json"), read("two/deeper/simulation.json"));
    assert_eq!(read("one/simulation.svg"), read("two/deeper/simulation.svg"));
    let json: Value = serde_json::from_str(&read("one/simulation.json")).unwrap();
    assert_eq!(json["simulation"], true);
    assert_eq!(json["totals"]["recorded"], 20_000);
    assert!(read("one/simulation.svg").contains("<title>SIMULATION"));
    let summary = simulate("one", &["--seed", "2", "--format", "json"]).json();
    assert_eq!(summary["simulation"], true);
    assert_ne!(read("one/simulation.json"), read("two/deeper/simulation.json"));
}

#[test]
fn a_day_that_cannot_be_simulated_is_refused_and_the_option_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("file"), "").unwrap();
    std::fs::write(path.join("back.csv"), "minute,weight\n0,1\n60,1\n30,1\n").unwrap();
    std::fs::write(path.join("bytes.csv"), [0xff, 0xfe]).unwrap();
    for (option, value, why) in [
        (
            "--lose-region",
            "mars@01:00",
            "--lose-region: there is no region mars",
        ),
        (
            "--lose-region",
            "us-east-1",
            "--lose-region: a lost region is NAME@TIME",
        ),
        (
            "--lose-region",
            "us-east-1@12:00",
            "--lose-region: the polls are open for 12 hours",
        ),
        ("--curve", "back.csv", "--curve back.csv: line 4"),
        ("--curve", "bytes.csv", "--curve bytes.csv"),
        ("--curve", "missing.csv", "--curve missing.csv"),
        ("--curve", ".", "--curve ."),
        ("--seed", "-1", "--seed"),
    ] {
        let option = format!("{option}={value}");
        run(path, &["simulate", "--voters", "10", "--out", "out", &option]).refuses(2, why);
        assert!(!path.join("out").exists(), "{option}");
    }
    run(path, &["simulate", "--voters", "10", "--out", "file"]).refuses(2, "--out file");
}

/// Made anew it has the same bytes. If this fails, run scripts/capacity.
#[test]
fn the_capacity_document_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("bash")
        .arg(root.join("scripts/capacity"))
        .arg(folder.path())
        .env("ELECTION", env!("CARGO_BIN_EXE_election"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let files = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into());
        let mut names: Vec<PathBuf> = entries.collect();
        names.sort();
        names
    };
    let plots = folder.path().join("capacity");
    assert_eq!(files(&plots), files(&root.join("docs/capacity")));
    let plots = files(&plots)
        .into_iter()
        .map(|name| Path::new("capacity").join(name));
    for name in plots.chain([PathBuf::from("CAPACITY.md")]) {
        let [made, kept] = [folder.path().join(&name), root.join("docs").join(&name)]
            .map(|path| std::fs::read(path).unwrap());
        assert!(
            made == kept,
            "docs/{} is out of date: run scripts/capacity",
            name.display()
        );
    }
}
