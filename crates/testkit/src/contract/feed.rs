//! The properties of the feed of a [`BallotBox`](election_service::ports::BallotBox).

use std::collections::HashSet;
use std::sync::Arc;

use election_core::keys::BallotKey;
use election_core::tally::{FeedEvent, FeedRecord, Sequence};
use election_service::ports::BallotBox;

use super::ballot_box::record;
use super::{Adapter, at_once, open};
use crate::fixtures::{ballot_key, submission};

fn key(record: &FeedRecord) -> BallotKey {
    match &record.event {
        FeedEvent::Inserted(ballot) => ballot.key,
        FeedEvent::Altered | FeedEvent::Undecodable => panic!("an insertion was expected"),
    }
}

/// Reads on from a place until there is no more.
pub(super) async fn read_on(ballots: &dyn BallotBox, mut after: Sequence, limit: usize) -> Vec<FeedRecord> {
    let mut records = Vec::new();
    loop {
        let page = ballots.feed(after, limit).await.unwrap();
        assert!(
            page.len() <= limit,
            "a page of {} was asked for, and {} came",
            limit,
            page.len()
        );
        let Some(last) = page.last() else { return records };
        assert!(page[0].sequence > after && page.is_sorted_by(|one, next| one.sequence < next.sequence));
        after = last.sequence;
        records.extend(page);
    }
}

/// Records a ballot of each voter, several tasks at once.
async fn record_at_once(ballots: &Arc<dyn BallotBox>, voters: std::ops::Range<u64>) {
    let record = |voter| {
        let ballots = Arc::clone(ballots);
        async move { record(ballots.as_ref(), &[submission(voter, voter, 0)]).await }
    };
    at_once(voters.map(record)).await;
}

/// Whoever recorded at once.
pub async fn the_feed_is_complete_ordered_and_without_doubles(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    assert!(stores.ballots.feed(Sequence::START, 10).await.unwrap().is_empty());
    record_at_once(&stores.ballots, 0..100).await;
    let records = read_on(stores.ballots.as_ref(), Sequence::START, 1_000).await;
    let keys: HashSet<BallotKey> = records.iter().map(key).collect();
    assert_eq!(records.len(), 100);
    assert!(keys == (0..100).map(ballot_key).collect());
}

/// From any place.
pub async fn the_feed_is_the_same_under_any_paging(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    let batch: Vec<_> = (0..40).map(|voter| submission(voter, voter, 0)).collect();
    record(ballots, &batch).await;
    let whole = read_on(ballots, Sequence::START, 1_000).await;
    let places: Vec<_> = whole
        .iter()
        .map(|record| (record.sequence, key(record)))
        .collect();
    assert_eq!(places.len(), 40);
    for limit in [1, 2, 3, 7, 39, 40, 41] {
        let paged = read_on(ballots, Sequence::START, limit).await;
        assert!(
            paged
                .iter()
                .map(|record| (record.sequence, key(record)))
                .eq(places.iter().copied())
        );
    }
    for (index, (after, _)) in places.iter().enumerate() {
        let rest = read_on(ballots, *after, 11).await;
        assert!(
            rest.iter()
                .map(|record| (record.sequence, key(record)))
                .eq(places[index + 1..].iter().copied())
        );
    }
}

/// A reader that follows it while many record misses nothing. Only where it can be followed at all.
pub async fn the_feed_never_gains_a_record_before_one_that_was_read(adapter: &dyn Adapter) {
    if !adapter.feed_can_be_followed() {
        return;
    }
    let stores = open(adapter).await;
    let ballots = Arc::clone(&stores.ballots);
    let follower = tokio::spawn(async move {
        let mut followed = Vec::new();
        while followed.len() < 200 {
            let after = followed.last().map_or(Sequence::START, |(sequence, _)| *sequence);
            let page = ballots.feed(after, 7).await.unwrap();
            if page.is_empty() {
                tokio::task::yield_now().await;
            }
            followed.extend(page.iter().map(|record| (record.sequence, key(record))));
        }
        followed
    });
    record_at_once(&stores.ballots, 0..200).await;
    let followed = tokio::time::timeout(super::PATIENCE, follower);
    let followed = followed.await.expect("the follower misses no record").unwrap();
    let whole = read_on(stores.ballots.as_ref(), Sequence::START, 1_000).await;
    assert!(
        whole
            .iter()
            .map(|record| (record.sequence, key(record)))
            .eq(followed)
    );
}

/// Down to none.
pub async fn behind_counts_the_records_to_come(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    assert_eq!(ballots.behind(Sequence::START).await.unwrap(), 0);
    let batch: Vec<_> = (0..25).map(|voter| submission(voter, voter, 0)).collect();
    record(ballots, &batch).await;
    assert_eq!(ballots.behind(Sequence::START).await.unwrap(), 25);
    let records = read_on(ballots, Sequence::START, 100).await;
    for (behind, record) in (0..25).rev().zip(&records) {
        assert_eq!(ballots.behind(record.sequence).await.unwrap(), behind);
    }
    if !adapter.feed_can_be_followed() {
        // The next record may come before those that were read.
        return;
    }
    record(ballots, &[submission(25, 25, 0)]).await;
    assert_eq!(ballots.behind(records[24].sequence).await.unwrap(), 1);
}

/// Nor is a redelivery.
pub async fn conflicts_and_repeats_are_not_in_the_feed(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    let all = [
        submission(1, 1, 0),
        submission(2, 1, 1),
        submission(3, 1, 0),
        submission(4, 2, 0),
    ];
    record(ballots, &all).await;
    record(ballots, &all).await;
    let records = read_on(ballots, Sequence::START, 100).await;
    let keys: HashSet<BallotKey> = records.iter().map(key).collect();
    assert!(records.len() == 2 && keys == HashSet::from([ballot_key(1), ballot_key(2)]));
    assert_eq!(ballots.behind(Sequence::START).await.unwrap(), 2);
}
