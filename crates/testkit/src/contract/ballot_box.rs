//! The properties of recording in a [`BallotBox`](election_service::ports::BallotBox).

use std::sync::Arc;

use election_core::ballot::{Ballot, BallotId};
use election_core::content::FORMAT;
use election_core::identifiers::JurisdictionId;
use election_core::tally::{FeedEvent, Sequence};
use election_service::ports::{BallotBox, DeadLetterReason, Outcome, Reckoning, Submission};

use super::{Adapter, at_once, open};
use crate::Random;
use crate::fixtures::{
    ballot, ballot_key, ballot_with, dead_letter, envelope, mac_secret, message, submission,
};

/// Records submissions, none of which may fail.
pub(super) async fn record(ballots: &dyn BallotBox, submissions: &[Submission]) -> Vec<Outcome> {
    let outcomes = ballots.record(submissions).await;
    assert_eq!(
        outcomes.len(),
        submissions.len(),
        "an outcome for each submission"
    );
    outcomes.into_iter().map(|outcome| outcome.unwrap()).collect()
}

async fn assert_recorded(ballots: &dyn BallotBox, ballot: &Ballot) {
    assert!(
        ballots.find(&ballot.key).await.unwrap().as_ref() == Some(ballot),
        "exactly this ballot is recorded"
    );
}

async fn assert_reckoned(ballots: &dyn BallotBox, recorded: u64, repeats: u64, conflicts: u64) {
    let expected = Reckoning {
        recorded,
        repeats,
        conflicts,
        ..Reckoning::default()
    };
    assert_eq!(ballots.reckon(&[]).await.unwrap(), expected);
}

fn count(outcomes: &[Outcome], wanted: Outcome) -> usize {
    outcomes.iter().filter(|outcome| **outcome == wanted).count()
}

/// Also against a later one that comes again and again.
pub async fn the_first_ballot_wins(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    let (first, second) = (ballot(1, 0), ballot(1, 1));
    let submit = |number, ballot: &Ballot| {
        [Submission {
            envelope: envelope(number),
            ballot: ballot.clone(),
        }]
    };
    assert_eq!(record(ballots, &submit(1, &first)).await, [Outcome::Recorded]);
    for number in 2..5 {
        assert_eq!(
            record(ballots, &submit(number, &second)).await,
            [Outcome::Conflict]
        );
        assert_recorded(ballots, &first).await;
    }
    assert_reckoned(ballots, 1, 0, 3).await;
}

/// And the recorded one is the winner's, whole.
pub async fn one_of_64_ballots_of_one_voter_at_once_is_recorded(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let vote = |variant| {
        let ballots = Arc::clone(&stores.ballots);
        let submission = submission(variant, 1, variant);
        async move {
            let outcome = record(ballots.as_ref(), std::slice::from_ref(&submission))
                .await
                .remove(0);
            (outcome, submission.ballot)
        }
    };
    let outcomes = at_once((0..64).map(vote)).await;
    let winners: Vec<_> = outcomes
        .iter()
        .filter(|(outcome, _)| *outcome == Outcome::Recorded)
        .collect();
    assert_eq!(winners.len(), 1, "ballots recorded of one voter");
    assert_eq!(
        outcomes
            .iter()
            .filter(|(outcome, _)| *outcome == Outcome::Conflict)
            .count(),
        63
    );
    assert_recorded(stores.ballots.as_ref(), &winners[0].1).await;
    assert_reckoned(stores.ballots.as_ref(), 1, 0, 63).await;
    assert_eq!(stores.ballots.feed(Sequence::START, 100).await.unwrap().len(), 1);
}

/// As a voter's retries in several regions are.
pub async fn one_ballot_in_many_envelopes_is_recorded_once(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let vote = |number| {
        let ballots = Arc::clone(&stores.ballots);
        async move {
            record(ballots.as_ref(), &[submission(number, 1, 0)])
                .await
                .remove(0)
        }
    };
    let outcomes = at_once((0..32).map(vote)).await;
    assert_eq!(
        (
            count(&outcomes, Outcome::Recorded),
            count(&outcomes, Outcome::Repeat)
        ),
        (1, 31)
    );
    assert_recorded(stores.ballots.as_ref(), &ballot(1, 0)).await;
    assert_reckoned(stores.ballots.as_ref(), 1, 31, 0).await;
}

/// Whatever its outcome was, and whatever comes in it now.
pub async fn a_decided_envelope_is_never_decided_again(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    let decided = [submission(1, 1, 0), submission(2, 1, 0), submission(3, 1, 1)];
    let outcomes = [Outcome::Recorded, Outcome::Repeat, Outcome::Conflict];
    assert_eq!(record(ballots, &decided).await, outcomes);
    for _ in 0..3 {
        assert_eq!(record(ballots, &decided).await, [Outcome::AlreadyDecided; 3]);
        assert_reckoned(ballots, 1, 1, 1).await;
    }
    if !adapter.envelopes_are_known_by_id_alone() {
        return;
    }
    assert_eq!(
        record(ballots, &[submission(3, 2, 0)]).await,
        [Outcome::AlreadyDecided]
    );
    assert!(ballots.find(&ballot_key(2)).await.unwrap().is_none());
    assert_reckoned(ballots, 1, 1, 1).await;
}

/// As both copies of an envelope are, in two regions at one instant.
pub async fn one_envelope_recorded_at_once_by_many_is_decided_once(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    record(
        stores.ballots.as_ref(),
        &[submission(100, 2, 0), submission(101, 3, 0)],
    )
    .await;
    let batch = [submission(1, 1, 0), submission(2, 2, 0), submission(3, 3, 1)];
    let work = |_| {
        let (ballots, batch) = (Arc::clone(&stores.ballots), batch.clone());
        async move { record(ballots.as_ref(), &batch).await }
    };
    let outcomes = at_once((0..16).map(work)).await;
    for (place, expected) in [Outcome::Recorded, Outcome::Repeat, Outcome::Conflict]
        .into_iter()
        .enumerate()
    {
        let of_one: Vec<Outcome> = outcomes.iter().map(|batch| batch[place]).collect();
        assert_eq!(
            (count(&of_one, expected), count(&of_one, Outcome::AlreadyDecided)),
            (1, 15)
        );
    }
    assert_reckoned(stores.ballots.as_ref(), 3, 1, 1).await;
}

/// In one call as in several.
pub async fn doubles_within_a_batch_are_told_apart(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let batch = [
        (submission(1, 1, 0), Outcome::Recorded),
        (submission(1, 1, 0), Outcome::AlreadyDecided),
        (submission(2, 1, 0), Outcome::Repeat),
        (submission(3, 1, 1), Outcome::Conflict),
        (submission(4, 2, 1), Outcome::Recorded),
        (submission(3, 1, 1), Outcome::AlreadyDecided),
        (submission(5, 2, 0), Outcome::Conflict),
        (submission(2, 1, 0), Outcome::AlreadyDecided),
        (submission(6, 2, 1), Outcome::Repeat),
    ];
    let (submissions, expected): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    assert_eq!(record(stores.ballots.as_ref(), &submissions).await, expected);
    assert_recorded(stores.ballots.as_ref(), &ballot(1, 0)).await;
    assert_recorded(stores.ballots.as_ref(), &ballot(2, 1)).await;
    assert_reckoned(stores.ballots.as_ref(), 2, 2, 2).await;
    assert!(record(stores.ballots.as_ref(), &[]).await.is_empty());
}

/// What makes a ballot the same is its id, its format and its content together.
pub async fn the_same_choices_under_another_id_are_another_ballot(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let first = ballot_with(1, 0, FORMAT, b"{}".as_slice().into());
    let other_id = ballot_with(1, 1, FORMAT, first.content.clone());
    let other_content = ballot_with(1, 0, FORMAT, b"{ }".as_slice().into());
    let other_format = ballot_with(1, 0, FORMAT + 1, first.content.clone());
    assert!(other_content.id == first.id && other_id.id != first.id);
    let batch: Vec<_> = (0..)
        .zip([&first, &other_id, &other_content, &other_format, &first])
        .map(|(number, ballot)| Submission {
            envelope: envelope(number),
            ballot: ballot.clone(),
        })
        .collect();
    use Outcome::{Conflict, Recorded, Repeat};
    assert_eq!(
        record(stores.ballots.as_ref(), &batch).await,
        [Recorded, Conflict, Conflict, Conflict, Repeat]
    );
    assert_recorded(stores.ballots.as_ref(), &first).await;
}

/// In the box and in the feed, with every other part of the ballot.
pub async fn content_of_every_kind_survives(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let mut random = Random::seeded(2);
    let contents = [
        vec![],
        vec![0],
        vec![255],
        (0..=255).collect(),
        br#"{"board":[{"write_in":"'; drop table ballots; --"}]}"#.to_vec(),
        "{\"board\":[{\"write_in\":\"Zoë 投票 🗳\"}]}".as_bytes().to_vec(),
        vec![b'\n'; 1000],
        random.byte_vec(64 * 1024),
    ];
    let formats = [0, 1, 127, 128, 255, 2, 3, 4];
    let sealed = (0..).zip(contents).zip(formats);
    let mut cast: Vec<Ballot> = sealed
        .map(|((voter, content), format)| ballot_with(voter, voter, format, content.into()))
        .collect();
    for jurisdiction in ["a", "-", "0", &"z9-".repeat(13), &"x".repeat(40)] {
        let jurisdiction = JurisdictionId::parse(jurisdiction).unwrap();
        let key = ballot_key(100 + cast.len() as u64);
        let id = BallotId::from_bytes(random.bytes());
        cast.push(Ballot::seal(
            mac_secret(),
            key,
            id,
            jurisdiction,
            FORMAT,
            b"{}".as_slice().into(),
        ));
    }
    let batch: Vec<_> = (0..)
        .zip(&cast)
        .map(|(number, ballot)| Submission {
            envelope: envelope(number),
            ballot: ballot.clone(),
        })
        .collect();
    assert!(
        record(stores.ballots.as_ref(), &batch)
            .await
            .iter()
            .all(|outcome| *outcome == Outcome::Recorded)
    );

    let feed = stores.ballots.feed(Sequence::START, 100).await.unwrap();
    assert_eq!(feed.len(), cast.len());
    for ballot in &cast {
        assert_recorded(stores.ballots.as_ref(), ballot).await;
        let told = feed.iter().filter(|record| {
            record.jurisdiction.as_ref() == Some(&ballot.jurisdiction)
                && matches!(&record.event, FeedEvent::Inserted(told) if **told == *ballot)
        });
        assert_eq!(told.count(), 1, "the feed tells of each ballot once, as it is");
    }
}

/// In one call; a second call decides nothing.
pub async fn five_thousand_ballots_are_recorded(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let batch: Vec<Submission> = (0..5_000).map(|voter| submission(voter, voter, 0)).collect();
    let outcomes = record(stores.ballots.as_ref(), &batch).await;
    assert_eq!(count(&outcomes, Outcome::Recorded), 5_000);
    let outcomes = record(stores.ballots.as_ref(), &batch).await;
    assert_eq!(count(&outcomes, Outcome::AlreadyDecided), 5_000);
    assert_reckoned(stores.ballots.as_ref(), 5_000, 0, 0).await;
    for submission in batch.iter().step_by(997) {
        assert_recorded(stores.ballots.as_ref(), &submission.ballot).await;
    }
}

/// Before anything is recorded, and beside what is.
pub async fn an_unknown_ballot_is_not_found(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    assert!(stores.ballots.find(&ballot_key(1)).await.unwrap().is_none());
    assert_reckoned(stores.ballots.as_ref(), 0, 0, 0).await;
    record(stores.ballots.as_ref(), &[submission(1, 1, 0)]).await;
    assert!(stores.ballots.find(&ballot_key(2)).await.unwrap().is_none());
}

/// Asks about envelopes by their numbers and voters, each answer of which must be there.
async fn are_decided(ballots: &dyn BallotBox, asked: &[(u64, u64)]) -> Vec<bool> {
    let name = |(number, voter): &(u64, u64)| (envelope(*number), ballot_key(*voter));
    let names: Vec<_> = asked.iter().map(name).collect();
    let answers = ballots.are_decided(&names).await.unwrap();
    assert_eq!(answers.len(), asked.len(), "an answer for each envelope");
    answers
}

/// A dead letter isn't decided, nor is an envelope that never came, whoever's it is.
pub async fn decided_are_the_envelopes_that_were_recorded_or_found_recorded(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    let all = [(1, 1), (2, 1), (3, 1), (4, 4), (5, 1), (6, 6)];
    assert_eq!(are_decided(ballots, &all).await, [false; 6]);
    assert!(are_decided(ballots, &[]).await.is_empty());
    // Recorded, a repeat and a conflict; a dead letter; one of a voter who voted, and one of nobody.
    let batch = [submission(1, 1, 0), submission(2, 1, 0), submission(3, 1, 1)];
    record(ballots, &batch).await;
    let letter = dead_letter(message(4, 4, 0), DeadLetterReason::ReceivesExhausted, 1);
    ballots.set_aside(&letter).await.unwrap();
    for _ in 0..2 {
        let expected = [true, true, true, false, false, false];
        assert_eq!(are_decided(ballots, &all).await, expected);
    }
    let reckoning = ballots.reckon(&[]).await.unwrap();
    assert_eq!(
        (reckoning.recorded, reckoning.dead_letters),
        (1, 1),
        "asking writes nothing"
    );
    record(ballots, &[submission(4, 4, 0)]).await;
    assert_eq!(are_decided(ballots, &[(4, 4)]).await, [true]);
}

/// Whatever the order of their keys, twice too.
pub async fn what_is_decided_is_told_in_the_order_asked(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let batch: Vec<_> = (0..500).map(|voter| submission(voter, voter, 0)).collect();
    record(stores.ballots.as_ref(), &batch).await;
    let mut asked: Vec<(u64, u64)> = (0..1_000)
        .chain(250..750)
        .map(|number| (number, number))
        .collect();
    Random::seeded(3).shuffle(&mut asked);
    let expected: Vec<bool> = asked.iter().map(|(number, _)| *number < 500).collect();
    assert!(are_decided(stores.ballots.as_ref(), &asked).await == expected);
}
