//! From a roll to letters: what is imported, what is reported, what a rerun does.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::{Election, Server, TWO_TOWNS};

const HEADER: &str = "external_id,name,address,jurisdiction\n";

/// An election with nobody on its roll.
fn empty_roll() -> Election {
    Election::new(TWO_TOWNS, &[])
}

#[test]
fn bad_rows_are_reported_with_line_and_reason_and_the_good_ones_are_imported() {
    let election = empty_roll();
    let (long_id, long_text) = ("i".repeat(101), "n".repeat(301));
    let rows: Vec<(String, &str)> = vec![
        ("A-1,Ada,1 Elm St,north".into(), ""),
        ("A-2,Ben,2 Elm St".into(), "columns"),
        ("A-3,Cleo,3 Elm St,north,more".into(), "columns"),
        (",Dora,4 Elm St,north".into(), "external-id"),
        (format!("{long_id},Dora,4 Elm St,north"), "external-id"),
        ("A-6, ,6 Elm St,north".into(), "name"),
        (format!("A-7,{long_text},7 Elm St,north"), "name"),
        ("A-8,Fay\tKim,8 Elm St,north".into(), "name"),
        ("A-9,Gus,,north".into(), "address"),
        ("A-10,Hal,10 Elm St,east".into(), "jurisdiction-unknown"),
        ("A-11,Ivy,11 Elm St,NORTH".into(), "jurisdiction-unknown"),
        ("A-1,Ada again,12 Elm St,south".into(), "duplicate"),
        ("A-13,Jo\u{1}e,13 Elm St,north".into(), "name"),
        ("A-14,\u{c9}va L\u{f3}pez,\"14, Elm St\",south".into(), ""),
        (" A-15 , Kim , 15 Elm St , south ".into(), ""),
    ];
    let mut roll = HEADER.as_bytes().to_vec();
    for (row, _) in &rows {
        roll.extend_from_slice(row.as_bytes());
        roll.push(b'\n');
    }
    roll.extend_from_slice(
        b"A-17,L\xffeo,17 Elm St,south\n\nA-19,Mia,\"19\nElm St\",south\nA-21,Noa,21 Elm St,south",
    );
    std::fs::write(election.path("roll.csv"), roll).unwrap();
    let summary = election.import().exits(1);
    assert_eq!(
        summary.json(),
        json!({"imported": 4, "unchanged": 0, "refused": 14})
    );

    let report = election.read("report.csv");
    let mut reader = csv::Reader::from_reader(report.as_bytes());
    assert!(reader.headers().unwrap().iter().eq(["line", "code", "reason"]));
    let reported: Vec<(u64, String)> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            assert!(!row[2].is_empty());
            (row[0].parse().unwrap(), row[1].to_owned())
        })
        .collect();
    let bad = rows.iter().enumerate().filter(|(_, (_, code))| !code.is_empty());
    let mut expected: Vec<(u64, String)> = bad
        .map(|(index, (_, code))| (index as u64 + 2, (*code).to_owned()))
        .collect();
    expected.extend([(17, "encoding".to_owned()), (19, "address".to_owned())]);
    assert_eq!(reported, expected);
    for secret in ["Ada", "Gus", "Fay", "Elm St", "A-10"] {
        assert!(
            !report.contains(secret) && !summary.stderr.contains(secret),
            "{secret}: {report}"
        );
    }

    let voters = election.voters();
    let people: Vec<_> = voters
        .iter()
        .map(|voter| {
            (
                voter.external_id.as_str(),
                voter.name.as_str(),
                voter.address.as_str(),
            )
        })
        .collect();
    let imported = [
        ("A-1", "Ada", "1 Elm St"),
        ("A-14", "Éva López", "14, Elm St"),
        ("A-15", "Kim", "15 Elm St"),
        ("A-21", "Noa", "21 Elm St"),
    ];
    assert_eq!(people, imported);
    let mode = std::fs::metadata(election.path("letters.csv"))
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode, 0o600);
}

#[test]
fn lines_are_numbered_as_an_editor_does_whatever_ends_them_and_however_many_are_blank() {
    for newline in ["\n", "\r\n"] {
        for last in ["", newline] {
            let election = empty_roll();
            let lines = [
                HEADER.trim_end(),
                "A-1,Ada,1 Elm St,east",
                "",
                "A-2,Ben,2 Elm St,north",
                "A-3,Cleo,\"3",
                "Elm St\",north",
                "",
                "",
                "A-4,Dora,4 Elm St,\"south\"",
                "A-5,Emil,5 Elm St,\"east\"",
            ];
            election.write("roll.csv", &(lines.join(newline) + last));
            let summary = election.import().exits(1).json();
            assert_eq!(summary, json!({"imported": 2, "unchanged": 0, "refused": 3}));
            let report = election.read("report.csv");
            let reported: Vec<&str> = report
                .lines()
                .skip(1)
                .filter_map(|line| line.split(',').next())
                .collect();
            assert_eq!(reported, ["2", "5", "10"], "{newline:?} {last:?}");
        }
    }
}

#[test]
fn without_a_report_the_log_tells_line_and_reason_and_nothing_of_the_row() {
    let election = empty_roll();
    election.write(
        "roll.csv",
        &format!("\u{feff}{HEADER}A-1,Xanthippe,1 Elm St,east\nA-2,Ben,2 Elm St,north\n"),
    );
    let ran = election
        .run([
            "voters",
            "import",
            "--roll",
            "roll.csv",
            "--letters",
            "letters.csv",
        ])
        .exits(1);
    assert!(
        ran.stderr.contains("line=2") && ran.stderr.contains("jurisdiction-unknown"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains("Xanthippe") && !ran.stderr.contains("A-1"),
        "{}",
        ran.stderr
    );
    assert_eq!(election.voters().len(), 1);
}

#[test]
fn a_rerun_changes_nothing_and_new_people_are_added_to_the_letters() {
    let election = Election::new(TWO_TOWNS, &[("north", 5)]);
    let before = election.read("letters.csv");
    let again = election.import().exits(0);
    assert_eq!(again.json(), json!({"imported": 0, "unchanged": 5, "refused": 0}));
    assert_eq!(election.read("letters.csv"), before);
    let more = format!("{}A-6,Fay,6 Elm St,south\n", election.read("roll.csv"));
    election.write("roll.csv", &more);
    assert_eq!(
        election.import().exits(0).json(),
        json!({"imported": 1, "unchanged": 5, "refused": 0})
    );
    assert!(election.read("letters.csv").starts_with(&before));
    assert_eq!(election.voters().len(), 6);

    // Somebody whose letter is in another file gets no second one.
    let elsewhere = [
        "voters",
        "import",
        "--roll",
        "roll.csv",
        "--letters",
        "others.csv",
        "--report",
        "report.csv",
    ];
    let refused = election.run(elsewhere).exits(1);
    assert_eq!(
        refused.json(),
        json!({"imported": 0, "unchanged": 0, "refused": 6})
    );
    assert_eq!(election.read("report.csv").matches("on-roll-already").count(), 6);
    assert_eq!(election.read("others.csv").lines().count(), 1);
}

#[test]
fn letters_written_before_a_crash_are_used_and_a_line_cut_off_by_it_is_not() {
    let other = Election::new(TWO_TOWNS, &[("north", 2)]);
    let election = empty_roll();
    election.write(
        "roll.csv",
        &format!("{HEADER}P-0,Ada,1 Elm St,north\nP-1,Ben,2 Elm St,south\nP-2,Cleo,3 Elm St,south\n"),
    );
    // As if the process had died after the letters and before the roll: any valid voter id will do.
    let written = other.voters().remove(0).id;
    let mut letters =
        format!("voter_id,external_id,name,address,jurisdiction\n{written},P-0,Ada,1 Elm St,north\n");
    let cut = other.voters().remove(1).id;
    letters.push_str(&format!("{cut},P-1,Be"));
    election.write("letters.csv", &letters);
    std::fs::set_permissions(election.path("letters.csv"), PermissionsExt::from_mode(0o600)).unwrap();
    let again = election.import().exits(0);
    assert_eq!(again.json(), json!({"imported": 3, "unchanged": 0, "refused": 0}));
    let voters = election.voters();
    assert_eq!((voters.len(), &voters[0].id), (3, &written));
    assert!(
        voters.iter().all(|voter| voter.id != cut),
        "what was cut off is drawn anew"
    );
    assert_eq!(
        voters
            .iter()
            .map(|voter| &voter.external_id)
            .collect::<HashSet<_>>()
            .len(),
        3
    );
    let server = election.serve();
    for voter in &voters {
        let ballot = server
            .http
            .post("/eligibility", &json!({ "voter_id": voter.id }))
            .is(200);
        assert_eq!(ballot["jurisdiction"]["id"], voter.jurisdiction.as_str());
    }
    server
        .http
        .post("/eligibility", &json!({ "voter_id": cut }))
        .is_problem(404, "voter-not-found");
}

#[test]
fn letters_that_others_can_read_or_that_are_no_letters_are_refused_before_anybody_is_registered() {
    let election = empty_roll();
    election.write("roll.csv", &format!("{HEADER}P-0,Ada,1 Elm St,north\n"));
    election.write("letters.csv", "voter_id,external_id,name,address,jurisdiction\n");
    let readable = |mode| {
        std::fs::set_permissions(election.path("letters.csv"), PermissionsExt::from_mode(mode)).unwrap()
    };
    for mode in [0o644, 0o640, 0o602] {
        readable(mode);
        election.import().refuses(1, "chmod 600");
    }
    readable(0o600);
    election.write("letters.csv", "something,else\n1,2\n");
    election.import().refuses(1, "aren't letters");
    election.write(
        "letters.csv",
        "voter_id,external_id,name,address,jurisdiction\nnonsense,P-0,Ada,1 Elm St,north\n",
    );
    election.import().refuses(1, "line 2");
    std::fs::remove_file(election.path("letters.csv")).unwrap();
    assert_eq!(election.import().exits(0).json()["imported"], 1);
}

#[test]
fn a_roll_that_is_missing_or_has_another_header_is_refused() {
    let election = empty_roll();
    std::fs::remove_file(election.path("roll.csv")).unwrap();
    election.import().refuses(1, "roll.csv");
    for header in [
        "",
        "external_id,name,address\n",
        "name,external_id,address,jurisdiction\n",
    ] {
        election.write("roll.csv", &format!("{header}P-0,Ada,1 Elm St,north\n"));
        election
            .import()
            .refuses(1, "line 1 has to be external_id,name,address,jurisdiction");
    }
}

#[test]
fn people_imported_while_a_server_runs_can_vote_at_once_and_nobody_after_the_close() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let data = format!("sqlite:{}", election.path("data").display());
    let mut elsewhere = crate::support::election();
    elsewhere
        .current_dir("/")
        .args(["serve", "--listen", "127.0.0.1:0", "--store", &data]);
    let server = Server::start(&mut elsewhere);
    let more = format!(
        "{}A-6,Fay,6 Elm St,south\nA-7,Gus,,south\n",
        election.read("roll.csv")
    );
    election.write("roll.csv", &more);
    // Paths mean what they mean where the command is run.
    let ran = election.import().exits(1);
    assert_eq!(ran.json(), json!({"imported": 1, "unchanged": 1, "refused": 1}));
    assert!(election.read("report.csv").contains("4,address,"));
    let voters = election.voters();
    assert_eq!(voters.len(), 2);
    server.vote(&voters[1].id, &json!({"mayor": ["cleo"]})).receipt();
    server.counted(1);
    election.run(["close"]).exits(0);
    election.import().refuses(1, "nobody can be registered any more");
    drop(server.stop());
    election.import().refuses(1, "nobody can be registered any more");
}

#[test]
fn a_made_up_roll_is_the_same_for_the_same_seed_and_can_be_imported() {
    let election = empty_roll();
    election.write(
        "weights.csv",
        "jurisdiction,contest,choice,votes\nnorth,mayor,ada,3\nsouth,mayor,blank,1\n",
    );
    let generate = |seed: &str, out: &str| {
        let line = format!(
            "voters generate --definition definition.toml --weights weights.csv --count 80 --seed {seed} --out {out}"
        );
        election.run(line.split(' ')).exits(0)
    };
    for (seed, out) in [("1", "roll.csv"), ("1", "again.csv"), ("2", "other.csv")] {
        assert_eq!(generate(seed, out).stdout, "");
    }
    assert_eq!(election.read("roll.csv"), election.read("again.csv"));
    assert_ne!(election.read("roll.csv"), election.read("other.csv"));
    assert_eq!(election.import().exits(0).json()["imported"], 80);
    assert_eq!(
        (election.ids("north").len(), election.ids("south").len()),
        (60, 20)
    );
    election.write(
        "weights.csv",
        "jurisdiction,contest,choice,votes\neast,mayor,ada,3\n",
    );
    let line = "voters generate --definition definition.toml --weights weights.csv --count 8 --out x.csv";
    election.run(line.split(' ')).refuses(1, "line 2");
}
