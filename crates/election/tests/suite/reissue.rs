//! A new letter for somebody who lost theirs: the old one is worth nothing, and it is still one vote.

use serde_json::json;

use crate::support::{Election, TWO_TOWNS, ballot_id, vote};

fn reissue(election: &Election, external_id: &str) -> crate::support::Ran {
    election.run([
        "voters",
        "reissue",
        "--external-id",
        external_id,
        "--letters",
        "letters.csv",
    ])
}

#[test]
fn a_reissued_letter_replaces_the_old_one_with_and_without_a_server() {
    let election = Election::open(TWO_TOWNS, &[("north", 1), ("south", 1)]);
    assert_eq!(
        reissue(&election, "P-0").exits(0).stdout,
        "",
        "nobody's id is printed"
    );
    let server = election.serve();
    reissue(&election, "P-1").exits(0);
    let voters = election.voters();
    assert_eq!(voters.len(), 4);
    for (old, new) in [(&voters[0], &voters[2]), (&voters[1], &voters[3])] {
        assert_eq!(
            (&old.external_id, &old.name, &old.address),
            (&new.external_id, &new.name, &new.address)
        );
        assert_ne!(old.id, new.id);
        server
            .http
            .post("/eligibility", &json!({ "voter_id": old.id }))
            .is_problem(404, "voter-id-revoked");
        server
            .vote(&old.id, &json!({"mayor": ["ada"]}))
            .is_problem(404, "voter-id-revoked");
        let ballot = server
            .http
            .post("/eligibility", &json!({ "voter_id": new.id }))
            .is(200);
        assert_eq!(ballot["jurisdiction"]["id"], new.jurisdiction.as_str());
        server.vote(&new.id, &json!({"mayor": ["ada"]})).receipt();
    }
    server.counted(2);
    // A rerun of the import knows the newest letters.
    assert_eq!(
        election.import().exits(0).json(),
        json!({"imported": 0, "unchanged": 2, "refused": 0})
    );
    assert_eq!(election.voters().len(), 4);
}

#[test]
fn who_voted_with_the_old_letter_has_voted() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let server = election.serve();
    let (old, ballot) = (election.ids("north").remove(0), ballot_id());
    let receipt = server
        .http
        .post("/votes", &vote(&old, &ballot, &json!({"mayor": ["ada"]})))
        .receipt();
    server.counted(1);
    reissue(&election, "P-0").exits(0);
    let new = election.ids("north").remove(1);
    assert_eq!(
        server
            .http
            .post("/eligibility", &json!({ "voter_id": new }))
            .is(200)["voted"],
        true
    );
    server
        .vote(&new, &json!({"mayor": ["ben"]}))
        .is_problem(409, "already-voted");
    let same = vote(&new, &ballot, &json!({"mayor": ["ada"]}));
    assert_eq!(server.http.post("/votes", &same).receipt(), receipt);
    assert_eq!(election.status()["recorded"], 1);
    election.recount();
}

#[test]
fn a_reissue_for_nobody_or_after_the_close_is_refused_and_writes_no_letter() {
    let election = Election::open(TWO_TOWNS, &[("north", 1)]);
    let letters = election.read("letters.csv");
    for nobody in ["P-9", "", "p-0", "Person 0"] {
        reissue(&election, nobody).refuses(1, "nobody on the roll");
    }
    election.run(["close"]).exits(0);
    reissue(&election, "P-0").refuses(1, "closed");
    assert_eq!(election.read("letters.csv"), letters);
}
