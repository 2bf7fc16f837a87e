//! What a region's tally promises beside the contract: transactions that are cancelled, commits of many items,
//! replacements that stop half way, and damage.

use std::collections::BTreeSet;
use std::sync::Arc;

use election_core::identifiers::JurisdictionId;
use election_core::tally::{Counts, Sequence, Tally, TallyItem, TallyKey};
use election_service::ports::{PortError, TallyUpdate};
use election_testkit::fixtures::at;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::Wired;
use crate::wire::Fault;

fn key(shard: &str, number: u64) -> TallyKey {
    TallyKey {
        shard: shard.to_owned(),
        jurisdiction: Some(JurisdictionId::parse(&format!("j-{number}")).unwrap()),
    }
}

fn item(last_sequence: u64) -> TallyItem {
    let counts = Counts {
        ballots: last_sequence,
        ..Counts::default()
    };
    TallyItem {
        last_sequence: last_sequence.into(),
        counts,
        ..TallyItem::default()
    }
}

fn updates(shard: &str, numbers: std::ops::Range<u64>, expected: u64, to: u64) -> Vec<TallyUpdate> {
    let expected: Sequence = expected.into();
    let update = |number| TallyUpdate {
        key: key(shard, number),
        expected,
        item: item(to),
    };
    numbers.map(update).collect()
}

fn tally(shard: &str, numbers: std::ops::Range<u64>, to: u64) -> Tally {
    numbers.map(|number| (key(shard, number), item(to))).collect()
}

/// The items of the table but for the pointer.
fn generations(ports: &Wired) -> BTreeSet<String> {
    let items = ports.dynamo.engine.items(&ports.dynamo.tallies());
    let generations = items
        .iter()
        .map(|item| item["generation"]["S"].as_str().unwrap().to_owned());
    generations.filter(|generation| generation != "current").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_cancelled_by_another_is_made_again_and_no_refusal() {
    let ports = Wired::start().await;
    ports
        .wire
        .strike_times("TransactWriteItems", "", 0, 5, Fault::TransactionConflict);
    assert_eq!(
        ports.tallies.commit(updates("a", 0..3, 0, 5), at(1)).await,
        Ok(true)
    );
    assert_eq!(ports.wire.struck(), 5);
    ports.wire.strike_times(
        "TransactWriteItems",
        "",
        0,
        usize::MAX,
        Fault::TransactionConflict,
    );
    let error = ports
        .tallies
        .commit(updates("a", 0..3, 5, 9), at(2))
        .await
        .unwrap_err();
    assert!(matches!(error, PortError::Unavailable(_)), "{error}");
    ports.wire.calm();
    assert_eq!(ports.tallies.load().await.unwrap().tally, tally("a", 0..3, 5));
    assert_eq!(
        ports.tallies.commit(updates("a", 0..3, 4, 9), at(2)).await,
        Ok(false)
    );
}

/// The token makes it one transaction, however often it is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answers_are_lost_is_made_and_told() {
    let ports = Wired::start().await;
    ports
        .wire
        .strike_times("TransactWriteItems", "", 0, 3, Fault::AnswerLost);
    assert_eq!(
        ports.tallies.commit(updates("a", 0..3, 0, 5), at(1)).await,
        Ok(true)
    );
    assert_eq!(ports.wire.requests("TransactWriteItems"), 4);
    let items = ports.dynamo.engine.items(&ports.dynamo.tallies());
    let pointer = items
        .iter()
        .find(|item| item["generation"]["S"] == "current")
        .unwrap();
    assert_eq!(pointer["version"]["N"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_of_eight_shards_commit_at_once() {
    let ports = Wired::start().await;
    let fold = |number: u64| {
        let tallies = Arc::clone(&ports.tallies);
        async move {
            let shard = format!("shardId-{number}");
            for step in 0..5 {
                let committed = tallies.commit(updates(&shard, 0..4, step, step + 1), at(1)).await;
                assert_eq!(committed, Ok(true));
            }
            assert_eq!(tallies.load_shard(&shard).await.unwrap(), tally(&shard, 0..4, 5));
        }
    };
    join_all((0..8).map(fold)).await;
    assert_eq!(ports.tallies.load().await.unwrap().tally.len(), 32);
    // Its name begins as another's does.
    assert!(ports.tallies.load_shard("shardId").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_many_items_takes_several_transactions_and_goes_on_where_it_stopped() {
    let ports = Wired::start().await;
    assert_eq!(
        ports.tallies.commit(updates("a", 0..250, 0, 5), at(1)).await,
        Ok(true)
    );
    assert_eq!(ports.wire.requests("TransactWriteItems"), 3);
    assert_eq!(ports.tallies.load().await.unwrap().tally, tally("a", 0..250, 5));
    ports
        .wire
        .strike_times("TransactWriteItems", "", 1, usize::MAX, Fault::NeverSent);
    assert!(
        ports
            .tallies
            .commit(updates("a", 0..250, 5, 9), at(2))
            .await
            .is_err()
    );
    ports.wire.calm();
    // The stream tells the same records again: each item counts on from its own checkpoint.
    let stored = ports.tallies.load().await.unwrap().tally;
    let reached = |to: u64| {
        stored
            .values()
            .filter(|item| item.last_sequence == to.into())
            .count()
    };
    assert_eq!((reached(9), reached(5)), (99, 151));
    let rest = updates("a", 0..250, 5, 9).into_iter();
    let rest = rest
        .filter(|update| stored[&update.key].last_sequence == 5.into())
        .collect();
    assert_eq!(ports.tallies.commit(rest, at(3)).await, Ok(true));
    assert_eq!(ports.tallies.load().await.unwrap().tally, tally("a", 0..250, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tally_of_many_pages_and_batches_is_replaced_whole() {
    let ports = Wired::start().await;
    assert_eq!(
        ports.tallies.commit(updates("a", 0..120, 0, 5), at(1)).await,
        Ok(true)
    );
    ports
        .wire
        .strike_times("Query", "", 0, usize::MAX, Fault::Limited(7));
    ports
        .wire
        .strike_times("BatchWriteItem", "", 0, 4, Fault::HalfProcessed);
    let (before, anew) = (tally("a", 0..120, 5), tally("0", 0..110, 8));
    assert_eq!(ports.tallies.replace(Some(&before), &anew, at(2)).await, Ok(true));
    let stored = ports.tallies.load().await.unwrap();
    assert_eq!((stored.tally, stored.updated_at), (anew, Some(at(2))));
    assert_eq!(generations(&ports).len(), 1, "the old one is cleared away");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_that_stops_half_way_changes_nothing() {
    let ports = Wired::start().await;
    assert_eq!(
        ports.tallies.commit(updates("a", 0..60, 0, 5), at(1)).await,
        Ok(true)
    );
    let (before, anew) = (tally("a", 0..60, 5), tally("0", 0..70, 8));
    ports
        .wire
        .strike_times("BatchWriteItem", "", 1, usize::MAX, Fault::NeverSent);
    assert!(ports.tallies.replace(Some(&before), &anew, at(2)).await.is_err());
    ports.wire.calm();
    assert_eq!(ports.tallies.load().await.unwrap().tally, before);
    assert_eq!(generations(&ports).len(), 2, "leftovers that nothing points to");
    assert_eq!(
        ports.tallies.commit(updates("a", 0..60, 5, 6), at(3)).await,
        Ok(true)
    );
    assert_eq!(
        ports.tallies.replace(Some(&before), &anew, at(4)).await,
        Ok(false)
    );
    assert_eq!(ports.tallies.load().await.unwrap().tally, tally("a", 0..60, 6));
}

/// However a tally was damaged, the box makes it right.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_tally_is_corrupt_and_can_be_made_anew() {
    let damaged_counts = json!({"counts": {"S": "{"}});
    let other_format = json!({"format": {"N": "9"}});
    let unnamed = json!({"item": {"S": "no separator"}});
    let short = json!({"last_sequence": {"S": "not digits"}});
    for damage in [damaged_counts, other_format, unnamed, short] {
        let ports = Wired::start().await;
        assert_eq!(
            ports.tallies.commit(updates("a", 0..2, 0, 5), at(1)).await,
            Ok(true)
        );
        damage_first(&ports, |item| item["generation"]["S"] != "current", &damage);
        assert_made_anew(&ports, "a").await;
    }
    for damage in [json!({"version": {"S": "x"}}), json!({"points_to": {"N": "1"}})] {
        let ports = Wired::start().await;
        assert_eq!(
            ports.tallies.commit(updates("a", 0..2, 0, 5), at(1)).await,
            Ok(true)
        );
        damage_first(&ports, |item| item["generation"]["S"] == "current", &damage);
        assert_made_anew(&ports, "a").await;
    }
}

fn damage_first(ports: &Wired, chosen: impl Fn(&serde_json::Value) -> bool, damage: &serde_json::Value) {
    let table = ports.dynamo.tallies();
    let items = ports.dynamo.engine.items(&table);
    let mut item = items.into_iter().find(chosen).unwrap();
    for (name, value) in damage.as_object().unwrap() {
        item[name] = value.clone();
    }
    ports.dynamo.engine.put(&table, &item);
}

async fn assert_made_anew(ports: &Wired, shard: &str) {
    let anew = tally("0", 0..3, 8);
    assert!(matches!(
        ports.tallies.load().await.err(),
        Some(PortError::Corrupt(_))
    ));
    let refused = ports
        .tallies
        .replace(Some(&tally(shard, 0..2, 5)), &anew, at(2))
        .await;
    assert_eq!(refused, Ok(false), "what can't be read isn't as expected");
    assert_eq!(ports.tallies.replace(None, &anew, at(3)).await, Ok(true));
    assert_eq!(ports.tallies.load().await.unwrap().tally, anew);
    assert_eq!(
        ports.tallies.replace(None, &anew, at(4)).await,
        Ok(false),
        "it can be read again"
    );
    assert_eq!(
        ports.tallies.commit(updates("a", 0..2, 0, 5), at(5)).await,
        Ok(true)
    );
}
