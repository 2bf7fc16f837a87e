//! The properties of [`TallyStore`](election_service::ports::TallyStore). Over 400 lines, because those of
//! committing, folding and replacing share their helpers, and a reader of the port wants them together.

use std::sync::Arc;

use election_core::identifiers::JurisdictionId;
use election_core::tally::{self, Counts, FeedEvent, FeedRecord, Sequence, Tally, TallyItem, TallyKey};
use election_service::ports::{BallotBox, TallyStore, TallyUpdate};

use super::ballot_box::record;
use super::{Adapter, at_once, open};
use crate::Random;
use crate::fixtures::{at, ballot, definition, jurisdiction, mac_secret, submission};

fn key(shard: &str, jurisdiction: Option<JurisdictionId>) -> TallyKey {
    TallyKey {
        shard: shard.to_owned(),
        jurisdiction,
    }
}

fn item(last_sequence: u64, ballots: u64) -> TallyItem {
    let counts = Counts {
        ballots,
        ..Counts::default()
    };
    TallyItem {
        last_sequence: last_sequence.into(),
        counts,
        ..TallyItem::default()
    }
}

fn update(key: TallyKey, expected: u64, item: TallyItem) -> TallyUpdate {
    TallyUpdate {
        key,
        expected: expected.into(),
        item,
    }
}

/// Folds records into a tally as it is loaded now; the updates are what has to be committed.
async fn fold(store: &dyn TallyStore, shard: &str, records: &[FeedRecord]) -> Vec<TallyUpdate> {
    let before = store.load().await.unwrap().tally;
    let mut after = before.clone();
    let changed = tally::fold(&mut after, definition(), mac_secret(), shard, records);
    let update = |key: TallyKey| TallyUpdate {
        expected: before
            .get(&key)
            .map_or(Sequence::START, |item| item.last_sequence),
        item: after[&key].clone(),
        key,
    };
    changed.into_iter().map(update).collect()
}

/// How far a shard is counted.
fn checkpoint(tally: &Tally, shard: &str) -> Sequence {
    let items = tally.iter().filter(|(key, _)| key.shard == shard);
    items
        .map(|(_, item)| item.last_sequence)
        .max()
        .unwrap_or(Sequence::START)
}

/// A shard's records of every kind, with gaps in their sequence.
fn shard_records(seed: u64, count: usize) -> Vec<FeedRecord> {
    let mut random = Random::seeded(seed);
    let mut sequence = 0;
    let record = |_| {
        sequence += 1 + random.below(3) as u64;
        let voter = random.number() % 1_000;
        let mut ballot = ballot(voter, sequence);
        let mut claimed = Some(ballot.jurisdiction.clone());
        let event = match random.below(12) {
            0 => FeedEvent::Altered,
            1 => FeedEvent::Undecodable,
            kind => {
                if kind == 2 {
                    ballot.mac.0[0] ^= 1;
                }
                FeedEvent::Inserted(Box::new(ballot))
            }
        };
        if random.one_in(10) {
            claimed = None;
        }
        FeedRecord {
            sequence: sequence.into(),
            jurisdiction: claimed,
            event,
        }
    };
    (0..count).map(record).collect()
}

/// Neither items nor a time.
pub async fn a_new_tally_is_empty(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    for tallies in &stores.tallies {
        let stored = tallies.load().await.unwrap();
        assert!(stored.tally.is_empty() && stored.updated_at.is_none());
    }
}

/// Every count of it.
pub async fn a_commit_is_read_back_with_its_time(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let store = stores.tallies[0].as_ref();
    let mut expected = Tally::new();
    for (second, shard) in (1..).zip(["0", "shardId-0001", "0"]) {
        let records = shard_records(1, 20 * usize::try_from(second).unwrap());
        let updates = fold(store, shard, &records).await;
        expected.extend(
            updates
                .iter()
                .map(|update| (update.key.clone(), update.item.clone())),
        );
        assert!(store.commit(updates, at(second)).await.unwrap());
        let stored = store.load().await.unwrap();
        assert_eq!(stored.tally, expected);
        assert_eq!(stored.updated_at, Some(at(second)));
    }
    assert!(expected.keys().any(|key| key.jurisdiction.is_none()));
}

/// Else it is refused and changes neither counts nor time.
pub async fn a_commit_needs_the_expected_checkpoint(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let store = stores.tallies[0].as_ref();
    let north = || key("0", Some(jurisdiction(0)));
    assert!(
        !store
            .commit(vec![update(north(), 1, item(2, 2))], at(1))
            .await
            .unwrap(),
        "there is no item yet"
    );
    assert!(store.load().await.unwrap().tally.is_empty());
    assert!(
        store
            .commit(vec![update(north(), 0, item(5, 5))], at(2))
            .await
            .unwrap()
    );
    for stale in [0, 4, 6] {
        let refused = store
            .commit(vec![update(north(), stale, item(9, 99))], at(3))
            .await
            .unwrap();
        assert!(!refused, "expected {stale}, but it is 5");
        let stored = store.load().await.unwrap();
        assert_eq!(stored.tally, Tally::from([(north(), item(5, 5))]));
        assert_eq!(stored.updated_at, Some(at(2)));
    }
    assert!(
        store
            .commit(vec![update(north(), 5, item(9, 9))], at(4))
            .await
            .unwrap()
    );
    assert!(
        !store
            .commit(vec![update(north(), 5, item(9, 9))], at(5))
            .await
            .unwrap(),
        "repeated"
    );
    assert_eq!(
        store.load().await.unwrap().tally,
        Tally::from([(north(), item(9, 9))])
    );
    // The same jurisdiction in another shard, and no jurisdiction in the same, are other items.
    let others = vec![
        update(key("1", Some(jurisdiction(0))), 0, item(1, 1)),
        update(key("0", None), 0, item(1, 1)),
    ];
    assert!(store.commit(others, at(6)).await.unwrap());
    assert_eq!(store.load().await.unwrap().tally.len(), 3);
}

/// Wherever in the commit it stands. Only where the feed is pulled.
pub async fn a_stale_item_keeps_the_whole_commit_out(adapter: &dyn Adapter) {
    if !adapter.commits_all_or_nothing() {
        return;
    }
    let stores = open(adapter).await;
    let store = stores.tallies[0].as_ref();
    let keys = [
        key("0", Some(jurisdiction(0))),
        key("0", Some(jurisdiction(1))),
        key("0", None),
    ];
    let first = keys
        .iter()
        .map(|key| update(key.clone(), 0, item(3, 1)))
        .collect();
    assert!(store.commit(first, at(1)).await.unwrap());
    let before = store.load().await.unwrap();
    for stale in 0..keys.len() {
        let expected = |place| if place == stale { 2 } else { 3 };
        let updates = keys
            .iter()
            .enumerate()
            .map(|(place, key)| update(key.clone(), expected(place), item(8, 8)))
            .collect();
        assert!(!store.commit(updates, at(2)).await.unwrap());
        let stored = store.load().await.unwrap();
        assert_eq!(stored.tally, before.tally, "all items or none");
        assert_eq!(stored.updated_at, before.updated_at);
    }
}

/// Each region counts for itself.
pub async fn tallies_of_regions_are_apart(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    assert_eq!(stores.tallies.len(), 3);
    let updates = vec![update(key("0", Some(jurisdiction(0))), 0, item(1, 1))];
    assert!(stores.tallies[1].commit(updates, at(1)).await.unwrap());
    assert!(stores.tallies[0].load().await.unwrap().tally.is_empty());
    assert!(stores.tallies[2].load().await.unwrap().tally.is_empty());
    assert_eq!(stores.tallies[1].load().await.unwrap().tally.len(), 1);
}

/// With other batches, replayed batches, crashes before the commit, and shards in turn.
pub async fn any_replay_gives_the_counts_of_one_pass(adapter: &dyn Adapter) {
    for seed in 0..4 {
        let stores = open(adapter).await;
        let store = stores.tallies[0].as_ref();
        let mut random = Random::seeded(seed);
        let shards = [
            ("a", shard_records(2 * seed, 60)),
            ("b", shard_records(2 * seed + 1, 45)),
        ];
        let mut one_pass = Tally::new();
        for (shard, records) in &shards {
            tally::fold(&mut one_pass, definition(), mac_secret(), shard, records);
        }
        loop {
            let (shard, records) = &shards[random.below(2)];
            let counted = checkpoint(&store.load().await.unwrap().tally, shard);
            let next = records.partition_point(|record| record.sequence <= counted);
            let start = next - random.below(next.min(9) + 1);
            let end = (start + 1 + random.below(15)).min(records.len());
            let updates = fold(store, shard, &records[start..end]).await;
            if random.one_in(4) {
                continue; // The folder dies between loading and committing.
            }
            assert!(store.commit(updates, at(1)).await.unwrap());
            let stored = store.load().await.unwrap().tally;
            if shards
                .iter()
                .all(|(shard, records)| checkpoint(&stored, shard) == records[records.len() - 1].sequence)
            {
                break;
            }
        }
        assert_eq!(store.load().await.unwrap().tally, one_pass, "seed {seed}");
    }
}

/// The other one is refused, loads again, and then counts what is left.
pub async fn one_of_two_folders_that_loaded_the_same_commits(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let store = stores.tallies[0].as_ref();
    let records = shard_records(5, 40);
    let mut one_pass = Tally::new();
    tally::fold(&mut one_pass, definition(), mac_secret(), "0", &records);
    assert!(
        store
            .commit(fold(store, "0", &records[..10]).await, at(1))
            .await
            .unwrap()
    );

    let (shorter, longer) = (
        fold(store, "0", &records[10..25]).await,
        fold(store, "0", &records[10..]).await,
    );
    assert!(store.commit(shorter, at(2)).await.unwrap());
    assert!(
        !store.commit(longer, at(3)).await.unwrap(),
        "its counts lack what the other one counted"
    );
    assert!(
        store
            .commit(fold(store, "0", &records[10..]).await, at(4))
            .await
            .unwrap()
    );
    assert_eq!(store.load().await.unwrap().tally, one_pass);
}

/// Whoever is refused loads again.
pub async fn folders_at_once_count_each_record_once(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let records: Arc<Vec<FeedRecord>> = Arc::new(shard_records(9, 80));
    let last = records[records.len() - 1].sequence;
    let folder = |seed| {
        let (store, records) = (Arc::clone(&stores.tallies[0]), Arc::clone(&records));
        async move {
            let mut random = Random::seeded(seed);
            loop {
                let counted = checkpoint(&store.load().await.unwrap().tally, "0");
                if counted == last {
                    return;
                }
                let next = records.partition_point(|record| record.sequence <= counted);
                let end = (next + 1 + random.below(9)).min(records.len());
                let updates = fold(store.as_ref(), "0", &records[next..end]).await;
                store.commit(updates, at(1)).await.unwrap();
            }
        }
    };
    at_once((0..4).map(folder)).await;
    let mut one_pass = Tally::new();
    tally::fold(&mut one_pass, definition(), mac_secret(), "0", records.iter());
    assert_eq!(stores.tallies[0].load().await.unwrap().tally, one_pass);
}

/// Although each read the feed in other pages, while ballots were recorded. Only where the feed can be followed.
pub async fn tallies_of_all_regions_agree_with_the_box(adapter: &dyn Adapter) {
    if !adapter.feed_can_be_followed() {
        return;
    }
    let stores = open(adapter).await;
    let folders = stores.tallies.iter().zip([1, 7, 1_000]).map(|(store, limit)| {
        let (ballots, store) = (Arc::clone(&stores.ballots), Arc::clone(store));
        async move {
            while counted(store.as_ref()).await < 60 {
                advance(ballots.as_ref(), store.as_ref(), limit).await;
            }
        }
    });
    let folders: Vec<_> = folders.map(tokio::spawn).collect();
    for voter in 0..60 {
        record(
            stores.ballots.as_ref(),
            &[submission(voter, voter, voter), submission(100 + voter, voter, 0)],
        )
        .await;
    }
    for folder in folders {
        folder.await.unwrap();
    }
    let mut recount = Tally::new();
    let records = super::feed::read_on(stores.ballots.as_ref(), Sequence::START, 1_000).await;
    tally::fold(
        &mut recount,
        definition(),
        mac_secret(),
        <dyn BallotBox>::SHARD,
        &records,
    );
    for store in &stores.tallies {
        assert_eq!(store.load().await.unwrap().tally, recount);
    }
}

/// None of the old items stays, and folders go on from the new checkpoints.
pub async fn a_replaced_tally_is_read_back_and_counted_on(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let store = stores.tallies[0].as_ref();
    let records = shard_records(11, 40);
    let wrong = vec![
        update(key("0", Some(jurisdiction(0))), 0, item(500, 7)),
        update(key("old", None), 0, item(3, 3)),
    ];
    assert!(store.commit(wrong, at(1)).await.unwrap());
    let before = store.load().await.unwrap().tally;
    let mut anew = Tally::new();
    tally::fold(&mut anew, definition(), mac_secret(), "0", &records[..25]);
    assert!(store.replace(Some(&before), &anew, at(2)).await.unwrap());
    let stored = store.load().await.unwrap();
    assert_eq!(stored.tally, anew);
    assert_eq!(stored.updated_at, Some(at(2)));
    assert!(
        store
            .commit(fold(store, "0", &records).await, at(3))
            .await
            .unwrap()
    );
    let mut one_pass = Tally::new();
    tally::fold(&mut one_pass, definition(), mac_secret(), "0", &records);
    assert_eq!(store.load().await.unwrap().tally, one_pass);

    assert!(
        store
            .replace(Some(&one_pass), &Tally::new(), at(4))
            .await
            .unwrap()
    );
    assert!(store.load().await.unwrap().tally.is_empty());
    assert!(store.replace(Some(&Tally::new()), &anew, at(5)).await.unwrap());
    assert_eq!(store.load().await.unwrap().tally, anew);
    assert!(
        stores.tallies[1].load().await.unwrap().tally.is_empty(),
        "regions are apart"
    );
}

/// Not if an item was advanced, added or taken away meanwhile; not as unreadable if it can be read.
pub async fn a_tally_is_replaced_only_as_it_was_read(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let store = stores.tallies[0].as_ref();
    let (north, south) = (key("0", Some(jurisdiction(0))), key("0", Some(jurisdiction(1))));
    let updates = vec![
        update(north.clone(), 0, item(5, 5)),
        update(south.clone(), 0, item(6, 1)),
    ];
    assert!(store.commit(updates, at(1)).await.unwrap());
    let stored = store.load().await.unwrap().tally;
    let anew = Tally::from([(north.clone(), item(9, 9))]);
    let others = [
        Tally::new(),
        Tally::from([(north.clone(), item(5, 5))]),
        Tally::from([(north.clone(), item(5, 5)), (south.clone(), item(7, 1))]),
        Tally::from([(north.clone(), item(5, 5)), (key("0", None), item(6, 1))]),
        Tally::from([
            (north, item(5, 5)),
            (south, item(6, 1)),
            (key("1", None), item(1, 1)),
        ]),
    ];
    for expected in others.iter().map(Some).chain([None]) {
        assert!(!store.replace(expected, &anew, at(2)).await.unwrap());
        let unchanged = store.load().await.unwrap();
        assert_eq!(unchanged.tally, stored);
        assert_eq!(unchanged.updated_at, Some(at(1)));
    }
    assert!(store.replace(Some(&stored), &anew, at(3)).await.unwrap());
}

/// What is stored afterwards is the one's or the others', never a mixture.
pub async fn one_of_a_replacement_and_commits_at_once_wins(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    for round in 1..20 {
        let store = Arc::clone(&stores.tallies[0]);
        let before = store.load().await.unwrap().tally;
        let reached = |jurisdiction_of: u64| {
            let item = before.get(&key("0", Some(jurisdiction(jurisdiction_of))));
            item.map_or(0, |item| item.last_sequence.as_u64().unwrap())
        };
        let folded: Vec<TallyUpdate> = (0..2)
            .map(|number| {
                update(
                    key("0", Some(jurisdiction(number))),
                    reached(number),
                    item(round * 10, 1),
                )
            })
            .collect();
        let anew =
            Tally::from([0, 1].map(|number| (key("0", Some(jurisdiction(number))), item(round * 10 + 1, 2))));
        let (one, other) = (Arc::clone(&store), Arc::clone(&store));
        let committing = tokio::spawn(async move { one.commit(folded, at(1)).await.unwrap() });
        let (expected, replacement) = (before.clone(), anew.clone());
        let replacing =
            tokio::spawn(async move { other.replace(Some(&expected), &replacement, at(1)).await.unwrap() });
        let (committed, replaced) = (committing.await.unwrap(), replacing.await.unwrap());
        assert!(committed != replaced, "one of them, in round {round}");
        assert_eq!(store.load().await.unwrap().tally == anew, replaced);
    }
}

async fn counted(store: &dyn TallyStore) -> u64 {
    tally::by_jurisdiction(&store.load().await.unwrap().tally)
        .values()
        .map(|counts| counts.ballots)
        .sum()
}

/// Folds the next page of the feed.
async fn advance(ballots: &dyn BallotBox, store: &dyn TallyStore, limit: usize) {
    let shard = <dyn BallotBox>::SHARD;
    let counted = checkpoint(&store.load().await.unwrap().tally, shard);
    let records = ballots.feed(counted, limit).await.unwrap();
    let updates = fold(store, shard, &records).await;
    assert!(updates.is_empty() || store.commit(updates, at(1)).await.unwrap());
}
