//! The contract that every adapter passes.

use std::time::Duration;

use async_trait::async_trait;
use election_sqlite::{KeyFile, SqliteStore};
use election_testkit::contract::Adapter;
use election_testkit::{Stores, contract_suite, fixtures};

use crate::support::ballot_box;

struct Sqlite;

#[async_trait]
impl Adapter for Sqlite {
    async fn open(&self, visibility: Duration) -> Stores {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(folder.path())
            .unwrap()
            .with_visibility(visibility);
        let keys = KeyFile::create(&folder.path().join("keys.json"), fixtures::definition().id()).unwrap();
        let mut stores = Stores {
            elections: store.elections(),
            roll: store.voter_roll(),
            ballots: ballot_box(&store),
            vault: std::sync::Arc::new(keys),
            intakes: Vec::new(),
            tallies: Vec::new(),
            keep: Box::new(()),
        };
        for number in 0..3 {
            let region = store.open_region(&fixtures::region(number)).await.unwrap();
            stores.intakes.push(region.intake);
            stores.tallies.push(region.tallies);
        }
        stores.keep = Box::new((store, folder));
        stores
    }
}

contract_suite!(Sqlite);
