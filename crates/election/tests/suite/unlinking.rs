//! What somebody learns who has the whole data folder after the keys were destroyed: not who cast which
//! ballot.

use std::path::Path;

use election_core::definition::Definition;
use election_core::keys::{BallotKey, BallotSecret, PersonId};
use election_service::ports::KeyVault;
use election_sqlite::KeyFile;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{Election, TWO_TOWNS, wait_for};

/// Everybody on the roll and every ballot's key, as somebody reads them who opens the file.
fn persons_and_ballots(election: &Election) -> (Vec<PersonId>, Vec<BallotKey>) {
    let connection = Connection::open(election.data("election.sqlite")).unwrap();
    let read = |sql: &str| -> Vec<Vec<u8>> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let persons = read("SELECT person FROM persons").into_iter();
    let ballots = read("SELECT ballot_key FROM ballots ORDER BY seq").into_iter();
    (
        persons.map(|bytes| PersonId(bytes.try_into().unwrap())).collect(),
        ballots
            .map(|bytes| BallotKey(bytes.try_into().unwrap()))
            .collect(),
    )
}

/// How many persons a secret joins to a ballot.
fn joined(election: &Election, secret: &[u8; 32]) -> usize {
    let definition = Definition::parse(TWO_TOWNS.as_bytes()).unwrap();
    let (persons, ballots) = persons_and_ballots(election);
    let secret = BallotSecret::new(secret, definition.id());
    persons
        .iter()
        .filter(|person| ballots.contains(&secret.ballot_key(person)))
        .count()
}

fn ballot_secret(election: &Election) -> Option<[u8; 32]> {
    let definition = Definition::parse(TWO_TOWNS.as_bytes()).unwrap();
    let vault = KeyFile::open(&election.data("keys.json"), definition.id()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime
        .block_on(vault.secrets())
        .unwrap()
        .ballot
        .map(|secret| *secret)
}

/// Every 32 bytes in a row that stand anywhere in a file, and those written there in hexadecimal.
fn candidates(file: &Path) -> Vec<[u8; 32]> {
    let bytes = std::fs::read(file).unwrap();
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let hexadecimal = |digits: &[u8]| -> Option<[u8; 32]> {
        let digits: Vec<u8> = digits.iter().map(digit).collect::<Option<_>>()?;
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        bytes.try_into().ok()
    };
    let plain = bytes
        .windows(32)
        .filter(|window| window.iter().any(|byte| *byte != 0));
    let plain = plain.map(|window| window.try_into().unwrap());
    plain.chain(bytes.windows(64).filter_map(hexadecimal)).collect()
}

#[test]
fn after_the_keys_are_destroyed_nothing_in_the_data_folder_joins_voters_to_ballots() {
    let election = Election::open(TWO_TOWNS, &[("north", 3)]);
    let server = election.serve_with(&["--second-copy-delay", "100ms"]);
    // The order of voting is other than that of the roll.
    for voter in election.ids("north").iter().rev() {
        server.vote(voter, &json!({ "mayor": ["ada"] })).receipt();
    }
    server.counted(3);
    election.run(["close"]).exits(0);
    let secret = ballot_secret(&election).expect("not destroyed yet");
    wait_for("the election is certified", || {
        (election.run(["certify", "--yes"]).status == 0).then_some(())
    });
    assert_eq!(joined(&election, &secret), 3, "until then the secret joins them");

    election.run(["keys", "destroy", "--yes"]).exits(0);
    server.stop();
    assert!(ballot_secret(&election).is_none());
    let (_, ballots) = persons_and_ballots(&election);
    assert!(ballots.is_sorted(), "the box has no order but that of the keys");
    let definition = Definition::parse(TWO_TOWNS.as_bytes()).unwrap();
    let (persons, ballots) = persons_and_ballots(&election);
    for entry in std::fs::read_dir(election.path("data")).unwrap() {
        let file = entry.unwrap().path();
        for candidate in candidates(&file) {
            assert!(candidate != secret, "the secret is in {}", file.display());
            let secret = BallotSecret::new(&candidate, definition.id());
            let key = secret.ballot_key(&persons[0]);
            assert!(
                !ballots.contains(&key),
                "{} holds a secret that joins",
                file.display()
            );
        }
    }
    assert_eq!(election.recount()["ballots"], 3);
}
