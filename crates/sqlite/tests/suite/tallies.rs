//! A tally that can't be read any more can be replaced.

use election_core::tally::{Counts, Tally, TallyItem, TallyKey};
use election_service::ports::{PortError, TallyUpdate};
use election_sqlite::SqliteStore;
use election_testkit::fixtures::{at, jurisdiction};

use crate::support::{region, tamper};

#[tokio::test(flavor = "multi_thread")]
async fn a_tally_with_an_item_that_cannot_be_read_is_replaced_as_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    let tallies = store.open_region(&region("home")).await.unwrap().tallies;
    let key = TallyKey {
        shard: "0".to_owned(),
        jurisdiction: Some(jurisdiction(0)),
    };
    let item = TallyItem {
        last_sequence: 5.into(),
        counts: Counts {
            ballots: 5,
            ..Counts::default()
        },
        ..TallyItem::default()
    };
    let written = Tally::from([(key.clone(), item.clone())]);
    let update = TallyUpdate {
        key,
        expected: 0.into(),
        item,
    };
    assert!(tallies.commit(vec![update], at(1)).await.unwrap());
    let changed = tamper(folder.path(), "region-home.sqlite").execute("UPDATE tallies SET item = '{'", []);
    assert_eq!(changed, Ok(1));
    assert!(matches!(tallies.load().await, Err(PortError::Corrupt(_))));
    assert!(
        !tallies.replace(Some(&written), &written, at(2)).await.unwrap(),
        "it isn't what is there"
    );
    assert!(tallies.replace(None, &written, at(3)).await.unwrap());
    let stored = tallies.load().await.unwrap();
    assert_eq!((stored.tally, stored.updated_at), (written, Some(at(3))));
}
