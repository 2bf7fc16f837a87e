//! Commands that die at each of their writes. Given again, each does the rest.

use serde_json::json;

use crate::support::{Election, REGIONS, TWO_TOWNS, wait_for};
use crate::{SIDES, dying};

/// Runs a command that has to die as planned.
fn dies<'a>(election: &Election, plan: &str, arguments: impl IntoIterator<Item = &'a str>) {
    let output = dying(election, plan).args(arguments).output().unwrap();
    assert_eq!(
        output.status.code(),
        None,
        "{plan}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn an_interrupted_init_is_done_by_the_next() {
    for side in SIDES {
        let election = Election::none();
        election.write("definition.toml", TWO_TOWNS);
        let init = ["init", "--definition", "definition.toml"];
        dies(&election, &format!("elections.create:{side}:1:die"), init);
        let again = election.run(init);
        assert_eq!(again.status, i32::from(side == "after"), "{}", again.stderr);
        assert_eq!(election.status()["phase"], "pre-election");
    }
}

#[test]
fn an_interrupted_import_gives_everybody_one_letter_that_works() {
    let import = [
        "voters",
        "import",
        "--roll",
        "roll.csv",
        "--letters",
        "letters.csv",
    ];
    for point in [
        "letters.append",
        "vault.generate_data_key",
        "roll.put_data_key",
        "roll.add",
    ] {
        for side in SIDES {
            let plan = format!("{point}:{side}:1:die");
            let election = Election::none();
            election.write("definition.toml", TWO_TOWNS);
            election.run(["init", "--definition", "definition.toml"]).exits(0);
            let rows: String = (0..30)
                .map(|number| format!("P-{number},Name {number},Street {number},north\n"))
                .collect();
            election.write(
                "roll.csv",
                &format!("external_id,name,address,jurisdiction\n{rows}"),
            );
            dies(&election, &plan, import);
            election.run(import).exits(0);
            let mut persons: Vec<_> = election
                .voters()
                .into_iter()
                .map(|voter| voter.external_id)
                .collect();
            persons.sort();
            persons.dedup();
            assert_eq!((persons.len(), election.voters().len()), (30, 30), "{plan}");
            let server = election.serve();
            for id in election.ids("north") {
                server
                    .http
                    .post("/eligibility", &json!({ "voter_id": id }))
                    .is(200);
            }
        }
    }
}

#[test]
fn an_interrupted_reissue_leaves_exactly_one_letter_valid() {
    for point in ["letters.append", "roll.reissue"] {
        for side in SIDES {
            let plan = format!("{point}:{side}:1:die");
            let election = Election::new(TWO_TOWNS, &[("north", 1)]);
            let reissue = [
                "voters",
                "reissue",
                "--external-id",
                "P-0",
                "--letters",
                "letters.csv",
            ];
            dies(&election, &plan, reissue);
            let server = election.serve();
            let valid = |id: &String| {
                server
                    .http
                    .post("/eligibility", &json!({ "voter_id": id }))
                    .status
                    == 200
            };
            assert_eq!(
                election.ids("north").iter().filter(|id| valid(id)).count(),
                1,
                "{plan}"
            );
            election.run(reissue).exits(0);
            let ids = election.ids("north");
            let valid: Vec<_> = ids.iter().filter(|id| valid(id)).collect();
            assert_eq!(valid, [ids.last().unwrap()], "{plan}: the newest");
        }
    }
}

#[test]
fn an_election_that_died_while_it_opened_closed_or_was_certified_goes_on() {
    let election = Election::new(TWO_TOWNS, &[("north", 2)]);
    for side in SIDES {
        dies(
            &election,
            &format!("elections.change_phase:{side}:1:die"),
            ["open"],
        );
    }
    election.run(["open"]).exits(0);
    let server = election.serve_with(&["--second-copy-delay", "100ms"]);
    server
        .vote(&election.ids("north")[0], &json!({ "mayor": ["ada"] }))
        .receipt();
    server.counted(1);
    wait_for("the second copy is worked off", || {
        (election.status()["copies"] == 0).then_some(())
    });
    server.stop();
    for side in SIDES {
        dies(
            &election,
            &format!("elections.change_phase:{side}:1:die"),
            ["close"],
        );
    }
    election.run(["close"]).exits(0);
    let certify = ["certify", "--yes"];
    wait_for("the time to certify has come", || {
        let plan = "elections.change_phase:before:1:die";
        dying(&election, plan)
            .args(certify)
            .output()
            .unwrap()
            .status
            .code()
            .is_none()
            .then_some(())
    });
    assert_eq!(election.status()["phase"], "closed");
    dies(&election, "elections.change_phase:after:1:die", certify);
    assert_eq!(election.status()["phase"], "certifying");
    dies(&election, "elections.certify:before:1:die", certify);
    assert_eq!(election.status()["phase"], "certifying");
    dies(&election, "elections.certify:after:1:die", certify);
    assert_eq!(election.status()["phase"], "certified");
    election.run(certify).exits(0);

    let destroy = ["keys", "destroy", "--yes"];
    for point in ["vault.destroy_ballot_secret", "elections.keys_destroyed"] {
        for side in SIDES {
            dies(&election, &format!("{point}:{side}:1:die"), destroy);
        }
    }
    election.run(destroy).exits(0);
    assert_eq!(election.recount()["ballots"], 1);
    let server = election.serve();
    let asked = json!({ "voter_id": election.ids("north")[1] });
    server
        .http
        .post("/eligibility", &asked)
        .is_problem(410, "keys-destroyed");
}

#[test]
fn a_region_that_was_being_lost_is_lost_once_it_was_declared() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    election.serve().stop();
    let [region, ..] = REGIONS;
    let lose = ["region", "lose", region];
    let file = election.data(&format!("region-{region}.sqlite"));
    dies(&election, "elections.declare_region:before:1:die", lose);
    assert_eq!(election.status()["regions"][0]["state"], "active");
    dies(&election, "elections.declare_region:after:1:die", lose);
    assert!(file.exists(), "it died before it removed the file");
    // Whatever opens the store next finishes it.
    assert_eq!(election.status()["regions"][0]["state"], "lost");
    assert!(!file.exists());
    election
        .run(["region", "restore", region])
        .refuses(1, "stays lost");
}
