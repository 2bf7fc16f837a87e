//! What the ballot box promises beside the contract: how much it does at once, and that each submission's failure is
//! its own.

use std::time::Duration;

use election_core::envelope::EnvelopeId;
use election_core::keys::BallotKey;
use election_service::ports::{DeadLetterReason, Outcome, PortError, Submission};
use election_testkit::fixtures::{ballot_key, dead_letter, envelope, message, submission, waiting};
use serde_json::json;

use crate::support::Wired;
use crate::wire::Fault;

fn batch(voters: std::ops::Range<u64>) -> Vec<Submission> {
    voters.map(|voter| submission(voter, voter, 0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_ten_takes_two_round_trips() {
    let ports = Wired::start().await;
    ports.wire.gather("PutItem", 10);
    let outcomes = ports.ballots.record(&batch(0..10)).await;
    assert_eq!(ports.wire.most_at_once(), 10, "all ten are under way at once");
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Outcome::Recorded)));
    assert_eq!(
        (ports.wire.requests("GetItem"), ports.wire.requests("PutItem")),
        (1, 10)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_any_size_keeps_no_more_than_64_requests_under_way() {
    let ports = Wired::start().await;
    ports.wire.gather("PutItem", 64);
    let outcomes = ports.ballots.record(&batch(0..128)).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Outcome::Recorded)));
    assert_eq!(ports.wire.most_at_once(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_copies_are_asked_about_a_hundred_at_a_time() {
    let ports = Wired::start().await;
    assert!(
        ports
            .ballots
            .record(&batch(0..250))
            .await
            .iter()
            .all(Result::is_ok)
    );
    let names: Vec<(EnvelopeId, BallotKey)> = (0..250)
        .map(|number| (envelope(number), ballot_key(number)))
        .collect();
    let puts = ports.wire.requests("PutItem");
    assert_eq!(ports.ballots.are_decided(&names).await, Ok(vec![true; 250]));
    assert_eq!(ports.wire.requests("BatchGetItem"), 3);
    assert_eq!(ports.wire.requests("PutItem"), puts);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_submission_that_fails_spares_the_others() {
    let ports = Wired::start().await;
    ports
        .wire
        .strike_times("PutItem", "\"ballots\"", 3, 1, Fault::Garbage);
    let batch = batch(0..10);
    let outcomes = ports.ballots.record(&batch).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 1);
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| **outcome == Ok(Outcome::Recorded))
            .count(),
        9
    );
    let again = ports.ballots.record(&batch).await;
    assert!(
        again
            .iter()
            .all(|outcome| *outcome == Ok(Outcome::AlreadyDecided))
    );
    assert_eq!(ports.ballots.reckon(&[]).await.unwrap().recorded, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_without_the_recorded_ballot_is_decided_by_reading_it() {
    let ports = Wired::start().await;
    assert_eq!(ports.ballots.record(&batch(1..2)).await, [Ok(Outcome::Recorded)]);
    for (again, expected) in [
        (submission(1, 1, 0), Outcome::AlreadyDecided),
        (submission(2, 1, 0), Outcome::Repeat),
        (submission(3, 1, 1), Outcome::Conflict),
    ] {
        ports.wire.strike("PutItem", "\"ballots\"", Fault::ItemLeftOut);
        assert_eq!(ports.ballots.record(&[again]).await, [Ok(expected)]);
    }
    assert_eq!(ports.wire.struck(), 3);
}

/// Without knowing the phase, a ballot could slip in behind a recount.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_while_the_phase_cannot_be_read() {
    let ports = Wired::start().await;
    ports
        .wire
        .strike_times("GetItem", "\"elections\"", 0, usize::MAX, Fault::ServerError);
    let outcomes = ports.ballots.record(&batch(0..3)).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Err(PortError::Unavailable(_))))
    );
    assert_eq!(outcomes.len(), 3);
    assert_eq!(ports.wire.requests("PutItem"), 0);
}

/// A letter whose envelope the box names is decided, in whichever order both were written.
#[tokio::test(flavor = "multi_thread")]
async fn a_letter_of_a_recorded_envelope_is_neither_counted_nor_listed_and_goes() {
    let ports = Wired::start().await;
    for voter in 0..3 {
        let letter = dead_letter(message(voter, voter, 0), DeadLetterReason::ReceivesExhausted, 1);
        ports.ballots.set_aside(&letter).await.unwrap();
    }
    assert_eq!(
        ports.ballots.record(&batch(0..2)).await,
        [Ok(Outcome::Recorded), Ok(Outcome::Recorded)]
    );
    assert_eq!(
        ports.dynamo.engine.items("conflicts").len(),
        3,
        "recording wrote one item each"
    );
    assert_eq!(ports.ballots.exceptions().await.unwrap().dead_letters, 1);
    let asked: Vec<_> = (0..4)
        .map(|number| waiting(&message(number, number, 0)))
        .collect();
    assert_eq!(
        ports.ballots.reckon(&asked).await.unwrap().undecided,
        [false, false, false, true]
    );
    let names: Vec<_> = (0..4)
        .map(|number| (envelope(number), ballot_key(number)))
        .collect();
    assert_eq!(
        ports.ballots.are_decided(&names).await.unwrap(),
        [true, true, false, false]
    );
    let letters = ports.ballots.dead_letters().await.unwrap();
    assert!(letters.len() == 1 && letters[0].message.envelope == envelope(2));
    assert_eq!(
        ports.dynamo.engine.items("conflicts").len(),
        1,
        "decided letters are cleared away"
    );
}

/// Who reads the letters needn't have the right to delete them.
#[tokio::test(flavor = "multi_thread")]
async fn letters_are_listed_although_decided_ones_cannot_be_cleared_away() {
    let ports = Wired::start().await;
    for voter in 0..2 {
        let letter = dead_letter(message(voter, voter, 0), DeadLetterReason::Forged, 1);
        ports.ballots.set_aside(&letter).await.unwrap();
    }
    assert_eq!(ports.ballots.record(&batch(0..1)).await, [Ok(Outcome::Recorded)]);
    ports
        .wire
        .strike_times("DeleteItem", "", 0, usize::MAX, Fault::ServerError);
    let letters = tokio::time::timeout(Duration::from_secs(30), ports.ballots.dead_letters());
    assert_eq!(letters.await.unwrap().unwrap().len(), 1);
    assert!(ports.wire.struck() > 0);
}

/// The voter's other submissions can't be decided against it either; other voters' can.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_was_tampered_with_is_damage_and_nobody_elses() {
    let ports = Wired::start().await;
    assert!(ports.ballots.record(&batch(0..2)).await.iter().all(Result::is_ok));
    let mut item = ports.dynamo.engine.items("ballots").remove(0);
    item["mac"] = json!({"S": "not bytes"});
    ports.dynamo.engine.put("ballots", &item);
    let (tampered, sound): (Vec<_>, Vec<_>) = {
        let mut found = Vec::new();
        for voter in 0..2 {
            found.push((voter, ports.ballots.find(&ballot_key(voter)).await));
        }
        found
            .into_iter()
            .partition(|(_, found)| matches!(found, Err(PortError::Corrupt(_))))
    };
    let ([(tampered, _)], [(sound, Ok(Some(_)))]) = (&tampered[..], &sound[..]) else {
        panic!("one of both was tampered with");
    };
    let outcomes = ports
        .ballots
        .record(&[
            submission(10, *tampered, 1),
            submission(11, *sound, 1),
            submission(*tampered, *tampered, 0),
        ])
        .await;
    assert!(matches!(outcomes[0], Err(PortError::Corrupt(_))));
    assert_eq!(
        outcomes[1..],
        [Ok(Outcome::Conflict), Ok(Outcome::AlreadyDecided)]
    );
}

/// Errors go to the log.
#[tokio::test(flavor = "multi_thread")]
async fn no_error_names_a_key_or_shows_the_services_words() {
    let ports = Wired::start().await;
    for fault in [
        Fault::Garbage,
        Fault::WriteConflict,
        Fault::ServerError,
        Fault::NeverSent,
        Fault::Hangs,
    ] {
        ports.wire.strike_times("PutItem", "", 0, usize::MAX, fault);
        let error = ports
            .ballots
            .record(&batch(0..1))
            .await
            .remove(0)
            .unwrap_err()
            .to_string();
        ports.wire.calm();
        assert!(
            !error.contains("planned") && !error.contains("html") && error.len() < 100,
            "{error}"
        );
    }
}
