//! `election demo`: one command to a running election, and on again after anything.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::{Election, REGIONS, Ran, Server, Voter, election, letters, wait_for};

/// The demo on a folder, on a free port.
fn demo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = election();
    command
        .args(["demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .args(arguments);
    command
}

/// Everything of a letter but the voter id.
fn person(voter: &Voter) -> [String; 4] {
    [
        &voter.external_id,
        &voter.name,
        &voter.address,
        &voter.jurisdiction,
    ]
    .map(String::clone)
}

fn distinct<T: Eq + std::hash::Hash>(items: impl Iterator<Item = T>) -> usize {
    items.collect::<HashSet<_>>().len()
}

#[test]
fn it_prints_pages_and_five_voter_ids_without_names_once_all_letters_are_there_and_the_polls_open() {
    let election = Election::none();
    let folder = election.path("data");
    let server = Server::start(&mut demo(&folder, &["--voters", "120"]));
    // What is printed first has to be true at once.
    let voters = letters(&folder.join("letters.csv"));
    assert_eq!(server.http.get("/election").is(200)["phase"], "open");
    assert_eq!(voters.len(), 120);
    assert_eq!(distinct(voters.iter().map(|voter| &voter.id)), 120);
    assert_eq!(distinct(voters.iter().map(|voter| &voter.external_id)), 120);
    assert_eq!(distinct(voters.iter().map(|voter| &voter.jurisdiction)), 51);
    let mode = std::fs::metadata(folder.join("letters.csv"))
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode, 0o600);

    let printed = wait_for("the last line is printed", || {
        Some(server.stdout()).filter(|text| text.contains("Stop with Ctrl-C"))
    });
    for page in ["/", "/results", "/check"] {
        assert!(
            printed
                .lines()
                .any(|line| line.ends_with(page) && line.contains("http://127.0.0.1:")),
            "{printed}"
        );
        assert_eq!(server.http.get(page).status, 200);
    }
    for (index, voter) in voters.iter().enumerate() {
        assert_eq!(printed.contains(&voter.id), index < 5, "{printed}");
        assert!(
            !printed.contains(&voter.name) && !printed.contains(&voter.address),
            "{printed}"
        );
    }
    assert_eq!(server.http.get("/election").is(200)["regions"], json!(REGIONS));
    let ballot = server
        .http
        .post("/eligibility", &json!({ "voter_id": voters[0].id }))
        .is(200);
    assert_eq!(ballot["jurisdiction"]["id"], voters[0].jurisdiction.as_str());
    let candidate = &ballot["contests"][0]["candidates"][0]["id"];
    server
        .vote(&voters[0].id, &json!({ "president": [candidate] }))
        .receipt();
    server.counted(1);
    election.recount();
    let files = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(
        files.into_iter().all(|file| !file.contains("roll")),
        "the made-up roll is removed"
    );
}

#[test]
fn started_again_it_goes_on_with_the_same_letters_and_ballots() {
    let election = Election::none();
    let folder = election.path("data");
    let server = Server::start(&mut demo(&folder, &["--voters", "60"]));
    let before = letters(&folder.join("letters.csv"));
    server.vote(&before[0].id, &json!({"president": []})).receipt();
    server.counted(1);
    drop(server.stop());
    let server = Server::start(&mut demo(&folder, &["--voters", "90", "--seed", "1"]));
    assert!(letters(&folder.join("letters.csv")) == before);
    server
        .vote(&before[0].id, &json!({"president": []}))
        .is_problem(409, "already-voted");
    drop(server.kill());
    let server = Server::start(&mut demo(&folder, &[]));
    server.counted(1);
    election.run(["close"]).exits(0);
    drop(server.stop());
    let server = Server::start(&mut demo(&folder, &[]));
    server
        .vote(&before[1].id, &json!({"president": []}))
        .is_problem(403, "polls-closed");
}

/// Kills a demo, unless it came to its end before.
fn kill(mut demo: Child) {
    demo.kill().unwrap();
    demo.wait().unwrap();
}

#[test]
fn killed_at_any_time_before_it_listens_it_still_gives_everybody_one_letter() {
    let election = Election::none();
    let folder = election.path("data");
    let count = 11_000;
    let voters = count.to_string();
    let arguments = ["--voters", voters.as_str()];
    let size = |name: &str| std::fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    type Moment<'a> = Box<dyn Fn() -> bool + 'a>;
    let moments: [Moment<'_>; 6] = [
        Box::new(|| folder.exists()),
        Box::new(|| folder.join("keys.json").exists()),
        Box::new(|| folder.join("roll.csv.new").exists() || folder.join("roll.csv").exists()),
        Box::new(|| folder.join("roll.csv").exists()),
        Box::new(|| size("letters.csv") > 0),
        Box::new(|| size("letters.csv") > 100),
    ];
    for moment in &moments {
        let mut demo = demo(&folder, &arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("it is time to kill", || {
            (moment() || demo.try_wait().unwrap().is_some()).then_some(())
        });
        assert!(
            demo.try_wait().unwrap().is_none(),
            "a demo that was killed can be started again"
        );
        kill(demo);
    }
    let letters_file = folder.join("letters.csv");
    let whole = letters(&letters_file);
    // Everybody is put on the roll by one transaction; then the roll goes, and no letter is written any more.
    if folder.join("roll.csv").exists() {
        // What a letter cut off in the middle of its line leaves.
        let mut bytes = std::fs::read(&letters_file).unwrap();
        bytes.extend_from_slice(b"K7RM2-9XQ4T-0W");
        std::fs::write(&letters_file, bytes).unwrap();
    }
    let server = Server::start(&mut demo(&folder, &arguments));
    let voters = letters(&letters_file);
    assert!(voters.starts_with(&whole), "letters that are written stay");
    assert_eq!(voters.len(), count);
    assert_eq!(distinct(voters.iter().map(|voter| &voter.id)), count);
    assert_eq!(distinct(voters.iter().map(|voter| &voter.external_id)), count);
    for voter in voters.iter().step_by(97) {
        let ballot = server
            .http
            .post("/eligibility", &json!({ "voter_id": voter.id }))
            .is(200);
        assert_eq!(ballot["jurisdiction"]["id"], voter.jurisdiction.as_str());
    }
}

#[test]
fn a_seed_makes_the_same_people_again_but_never_the_same_voter_ids() {
    let folders = [Election::none(), Election::none(), Election::none()];
    let [first, again, other] = [("7", 0), ("7", 1), ("8", 2)].map(|(seed, index)| {
        let folder = folders[index].path("data");
        drop(Server::start(&mut demo(
            &folder,
            &["--voters", "60", "--seed", seed],
        )));
        letters(&folder.join("letters.csv"))
    });
    let people = |voters: &[Voter]| voters.iter().map(person).collect::<Vec<_>>();
    assert_eq!(people(&first), people(&again));
    assert_ne!(people(&first), people(&other));
    assert_eq!(distinct(first.iter().chain(&again).map(|voter| &voter.id)), 120);
}

#[test]
fn a_folder_in_use_another_election_or_a_taken_port_is_refused_and_nothing_changes() {
    let other = Election::new(crate::support::TWO_TOWNS, &[("north", 1)]);
    let run = |folder: &Path, arguments: &[&str]| Ran::of(&mut demo(folder, arguments), [] as [&str; 0]);
    run(&other.path("data"), &[]).refuses(64, "holds another election");
    assert_eq!(other.status()["phase"], "pre-election");
    assert!(!other.data("letters.csv").exists());

    let election = Election::none();
    let folder = election.path("data");
    let server = Server::start(&mut demo(&folder, &["--voters", "51"]));
    run(&folder, &[]).refuses(1, "in use by another process");
    let elsewhere = Election::none();
    let arguments = [
        "demo",
        "--data",
        "data",
        "--voters",
        "51",
        "--listen",
        server.address(),
    ];
    elsewhere.run(arguments).refuses(64, "choose another address");
    server.http.get("/health").is(200);
    run(&folder, &["--voters", "0"]).exits(2);
}
