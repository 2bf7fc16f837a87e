//! That everything that is there is read once, in however many pages, parts and batches it comes.

use std::collections::HashSet;

use election_core::keys::BallotKey;
use election_core::tally::{self, FeedEvent, FeedRecord, Sequence, Tally};
use election_service::ports::{BallotBox, DeadLetterReason, PortError, PortResult};
use election_testkit::fixtures::{
    ballot_key, dead_letter, definition, envelope, jurisdiction, mac_secret, message, new_voter, person_id,
    submission, voter_key,
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::support::Wired;
use crate::wire::Fault;

const VOTERS: u64 = 300;

async fn with_ballots(voters: u64) -> Wired {
    let ports = Wired::start().await;
    let batch: Vec<_> = (0..voters).map(|voter| submission(voter, voter, 0)).collect();
    assert!(ports.ballots.record(&batch).await.iter().all(Result::is_ok));
    ports
}

async fn read_all(ballots: &dyn BallotBox) -> (PortResult<()>, Vec<FeedRecord>) {
    let (sender, mut pages) = mpsc::channel(2);
    let taking = async {
        let mut records = Vec::new();
        while let Some(page) = pages.recv().await {
            records.extend(page);
        }
        records
    };
    tokio::join!(ballots.read(Sequence::START, sender), taking)
}

fn keys(records: &[FeedRecord]) -> HashSet<BallotKey> {
    let key = |record: &FeedRecord| match &record.event {
        FeedEvent::Inserted(ballot) => ballot.key,
        _ => panic!("an insertion was expected"),
    };
    records.iter().map(key).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_of_many_pages_and_parts_is_read_once_and_numbered() {
    let ports = with_ballots(VOTERS).await;
    ports
        .wire
        .strike_times("Scan", "", 0, usize::MAX, Fault::Limited(7));
    let (done, records) = read_all(ports.ballots.as_ref()).await;
    assert_eq!(done, Ok(()));
    assert!(
        ports.wire.requests("Scan") >= 43,
        "{} pages",
        ports.wire.requests("Scan")
    );
    let numbers: Vec<u64> = records
        .iter()
        .map(|record| record.sequence.as_u64().unwrap())
        .collect();
    assert!(
        numbers.into_iter().eq(1..=VOTERS),
        "the fold drops what doesn't rise"
    );
    assert!(keys(&records) == (0..VOTERS).map(ballot_key).collect());
    let mut tally = Tally::new();
    tally::fold(&mut tally, definition(), mac_secret(), "0", &records);
    assert_eq!(
        tally.values().map(|item| item.counts.ballots).sum::<u64>(),
        VOTERS
    );
    let reckoning = ports.ballots.reckon(&[]).await.unwrap();
    assert_eq!(reckoning.recorded, VOTERS);
    assert_eq!(ports.ballots.behind(Sequence::START).await, Ok(VOTERS));
    let page = ports.ballots.feed(Sequence::START, 100).await.unwrap();
    assert_eq!(page.len(), 100);
    assert_eq!(ports.ballots.behind(page[99].sequence).await, Ok(VOTERS - 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_cannot_be_read_fails_the_whole() {
    let ports = with_ballots(60).await;
    ports
        .wire
        .strike_times("Scan", "\"Segment\":11", 0, usize::MAX, Fault::ServerError);
    let (done, records) = read_all(ports.ballots.as_ref()).await;
    assert!(
        matches!(done, Err(PortError::Unavailable(_))),
        "{} records",
        records.len()
    );
    assert!(ports.ballots.reckon(&[]).await.is_err());
    assert!(ports.ballots.exceptions().await.is_err());
    assert!(ports.roll.registered().await.is_err());
}

/// A nation's recount isn't begun anew for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_page_is_asked_for_again() {
    let ports = with_ballots(60).await;
    ports
        .wire
        .strike_times("Scan", "\"Segment\":5", 0, 9, Fault::Throttled);
    let (done, records) = read_all(ports.ballots.as_ref()).await;
    assert_eq!((done, records.len()), (Ok(()), 60));
    assert_eq!(ports.wire.struck(), 9, "more often than the SDK would");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_ends_when_nobody_takes_the_pages() {
    let ports = with_ballots(200).await;
    ports
        .wire
        .strike_times("Scan", "", 0, usize::MAX, Fault::Limited(1));
    let (sender, mut pages) = mpsc::channel(1);
    let taking = async {
        assert!(pages.recv().await.is_some());
        drop(pages);
    };
    let (done, ()) = tokio::join!(ports.ballots.read(Sequence::START, sender), taking);
    assert_eq!(done, Ok(()));
    assert!(
        ports.wire.requests("Scan") < 150,
        "{} pages",
        ports.wire.requests("Scan")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_without_an_order_is_read_from_its_start_only() {
    let ports = with_ballots(1).await;
    let (sender, _pages) = mpsc::channel(1);
    assert!(ports.ballots.read(1.into(), sender).await.is_err());
    assert!(!ports.ballots.can_be_followed());
    assert!(ports.ballots.feed(Sequence::END, 10).await.unwrap().is_empty());
    assert_eq!(ports.ballots.behind(Sequence::END).await, Ok(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_ballot_is_told_of_with_the_jurisdiction_it_claims() {
    let ports = with_ballots(3).await;
    let engine = &ports.dynamo.engine;
    let tamper = |number: u64, name: &str, value: serde_json::Value| {
        let mut item = engine.items("ballots")[usize::try_from(number).unwrap()].clone();
        item[name] = value;
        engine.put("ballots", &item);
    };
    tamper(0, "format", json!({"N": "256"}));
    tamper(1, "jurisdiction", json!({"S": "no jurisdiction's name"}));
    engine.put(
        "ballots",
        &json!({"ballot_key": {"B": "AAAA"}, "jurisdiction": {"S": "south"}}),
    );
    let (done, records) = read_all(ports.ballots.as_ref()).await;
    assert_eq!((done, records.len()), (Ok(()), 4));
    let undecodable: Vec<_> = records
        .iter()
        .filter(|record| matches!(record.event, FeedEvent::Undecodable))
        .map(|record| record.jurisdiction.is_some())
        .collect();
    assert_eq!(undecodable.len(), 3);
    assert_eq!(undecodable.iter().filter(|claims| **claims).count(), 2);
    // The key that is none can't be a place in the feed.
    let feed = ports.ballots.feed(Sequence::START, 10).await;
    assert!(matches!(feed.err(), Some(PortError::Corrupt(_))));
    assert_eq!(ports.ballots.reckon(&[]).await.unwrap().recorded, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_unprocessed_is_asked_for_again() {
    let ports = with_ballots(250).await;
    let names: Vec<_> = (0..260)
        .map(|number| (envelope(number), ballot_key(number)))
        .collect();
    let expected: Vec<bool> = (0..260).map(|number| number < 250).collect();
    ports
        .wire
        .strike_times("BatchGetItem", "", 0, 6, Fault::HalfProcessed);
    ports
        .wire
        .strike_times("BatchGetItem", "", 0, 2, Fault::Unprocessed);
    assert!(ports.ballots.are_decided(&names).await.unwrap() == expected);
    assert_eq!(ports.wire.struck(), 8);

    ports.roll.add((0..150).map(new_voter).collect()).await.unwrap();
    ports
        .wire
        .strike_times("BatchGetItem", "", 0, 9, Fault::HalfProcessed);
    let ids: Vec<_> = (0..150).map(person_id).collect();
    assert!(
        ports
            .roll
            .persons(&ids)
            .await
            .unwrap()
            .iter()
            .all(Option::is_some)
    );
    let keys: Vec<_> = (0..150).map(|voter| voter_key(voter, 0)).collect();
    assert!(
        ports
            .roll
            .taken(&keys)
            .await
            .unwrap()
            .into_iter()
            .all(|taken| taken)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_unprocessed_is_an_overload() {
    let ports = with_ballots(2).await;
    ports
        .wire
        .strike_times("BatchGetItem", "", 0, usize::MAX, Fault::Unprocessed);
    let asked = [(envelope(1), ballot_key(1))];
    assert_eq!(
        ports.ballots.are_decided(&asked).await,
        Err(PortError::Overloaded)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_letters_and_the_registered_come_from_many_pages() {
    let ports = with_ballots(40).await;
    let repeats = (0..40).map(|voter| submission(1_000 + voter, voter, 0));
    let conflicts = (0..30).map(|voter| submission(2_000 + voter, voter, 1));
    let more: Vec<_> = repeats.chain(conflicts).collect();
    assert!(ports.ballots.record(&more).await.iter().all(Result::is_ok));
    for number in 0..25 {
        let seconds = 100 - i64::try_from(number).unwrap();
        let letter = dead_letter(
            message(3_000 + number, number, 0),
            DeadLetterReason::Forged,
            seconds,
        );
        ports.ballots.set_aside(&letter).await.unwrap();
    }
    ports.roll.add((0..50).map(new_voter).collect()).await.unwrap();
    ports
        .wire
        .strike_times("Scan", "", 0, usize::MAX, Fault::Limited(2));
    let exceptions = ports.ballots.exceptions().await.unwrap();
    assert_eq!(
        (exceptions.repeats, exceptions.conflicts, exceptions.dead_letters),
        (40, 30, 25)
    );
    let letters = ports.ballots.dead_letters().await.unwrap();
    assert!(letters.len() == 25 && letters.is_sorted_by_key(|letter| letter.at));
    let registered = ports.roll.registered().await.unwrap();
    assert_eq!(
        (registered[&jurisdiction(0)], registered[&jurisdiction(1)]),
        (25, 25)
    );
}
