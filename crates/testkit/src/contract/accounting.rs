//! The properties by which a [`BallotBox`](election_service::ports::BallotBox) accounts for every envelope.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use election_core::envelope::EnvelopeId;
use election_core::phase::Phase;
use election_service::ports::{BallotBox, DeadLetter, DeadLetterReason, Outcome, Reckoning};

use super::ballot_box::record;
use super::{Adapter, at_once, open};
use crate::Random;
use crate::fixtures::{
    at, ballot, ballot_key, dead_letter, envelope, message, message_with, new_election, region, submission,
    waiting,
};

const ENVELOPES: u64 = 120;
const VOTERS: usize = 30;
const VARIANTS: usize = 3;

async fn dead_letters(ballots: &dyn BallotBox) -> Vec<DeadLetter> {
    ballots.dead_letters().await.unwrap()
}

/// Sets a voter's ballot aside in its nth envelope.
async fn set_aside(ballots: &dyn BallotBox, number: u64, voter: u64) {
    let letter = dead_letter(message(number, voter, 0), DeadLetterReason::ReceivesExhausted, 1);
    ballots.set_aside(&letter).await.unwrap();
}

/// Envelopes are recorded, redelivered and set aside by several tasks at once, in any order: in the end
/// each is recorded, a repeat, a conflict or a dead letter, and the sums are theirs.
pub async fn every_envelope_has_exactly_one_outcome(adapter: &dyn Adapter) {
    for seed in 0..3 {
        let stores = open(adapter).await;
        let mut random = Random::seeded(seed);
        let votes: HashMap<u64, (u64, u64)> = (0..ENVELOPES)
            .map(|number| {
                (
                    number,
                    (random.below(VOTERS) as u64, random.below(VARIANTS) as u64),
                )
            })
            .collect();
        let votes = Arc::new(votes);
        let work = |task: u64| {
            let (ballots, votes) = (Arc::clone(&stores.ballots), Arc::clone(&votes));
            async move { work_in_random_order(ballots.as_ref(), &votes, Random::seeded(seed << 8 | task)).await }
        };
        let outcomes = at_once((0..4).map(work)).await.concat();
        assert_accounted(stores.ballots.as_ref(), &votes, &outcomes).await;
    }
}

/// Each task sees each envelope once, in batches of random length; now and then it sets one aside.
async fn work_in_random_order(
    ballots: &dyn BallotBox,
    votes: &HashMap<u64, (u64, u64)>,
    mut random: Random,
) -> Vec<(u64, Outcome)> {
    let mut numbers: Vec<u64> = (0..ENVELOPES).collect();
    random.shuffle(&mut numbers);
    let mut outcomes = Vec::new();
    let mut rest = numbers.as_slice();
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(rest.len().min(1 + random.below(9)));
        rest = later;
        // Every tenth envelope is only ever set aside: it stays a dead letter.
        let (set_aside, recorded): (Vec<u64>, Vec<u64>) = batch
            .iter()
            .copied()
            .partition(|number| number % 10 == 0 || random.one_in(8));
        for number in set_aside {
            let (voter, variant) = votes[&number];
            let letter = dead_letter(
                message(number, voter, variant),
                DeadLetterReason::ReceivesExhausted,
                1,
            );
            ballots.set_aside(&letter).await.unwrap();
        }
        let submissions: Vec<_> = recorded
            .iter()
            .map(|number| submission(*number, votes[number].0, votes[number].1))
            .collect();
        outcomes.extend(recorded.into_iter().zip(record(ballots, &submissions).await));
    }
    outcomes
}

async fn assert_accounted(
    ballots: &dyn BallotBox,
    votes: &HashMap<u64, (u64, u64)>,
    outcomes: &[(u64, Outcome)],
) {
    let messages = votes
        .iter()
        .map(|(number, (voter, variant))| message(*number, *voter, *variant));
    let all: Vec<_> = messages.map(|message| waiting(&message)).collect();
    let reckoning = ballots.reckon(&all).await.unwrap();
    let decided: Vec<_> = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome != Outcome::AlreadyDecided)
        .collect();
    let distinct: HashSet<u64> = decided.iter().map(|(number, _)| *number).collect();
    assert_eq!(distinct.len(), decided.len(), "no envelope is decided twice");

    let count = |wanted| decided.iter().filter(|(_, outcome)| *outcome == wanted).count() as u64;
    let expected = Reckoning {
        recorded: count(Outcome::Recorded),
        repeats: count(Outcome::Repeat),
        conflicts: count(Outcome::Conflict),
        dead_letters: ENVELOPES - distinct.len() as u64,
        undecided: vec![false; all.len()],
    };
    assert_eq!(
        reckoning, expected,
        "the sums are those of the outcomes, and of all envelopes"
    );
    let letters: HashSet<EnvelopeId> = dead_letters(ballots)
        .await
        .iter()
        .map(|letter| letter.message.envelope)
        .collect();
    let undecided = (0..ENVELOPES)
        .filter(|number| !distinct.contains(number))
        .map(envelope);
    assert!(
        letters == undecided.collect(),
        "the dead letters are the envelopes not decided otherwise"
    );

    for (number, outcome) in decided {
        let (voter, variant) = votes[number];
        let recorded = ballots
            .find(&ballot_key(voter))
            .await
            .unwrap()
            .expect("a ballot of the voter");
        let is_same = recorded == ballot(voter, variant);
        assert_eq!(
            is_same,
            *outcome != Outcome::Conflict,
            "conflicts differ from what is recorded, others don't"
        );
    }
}

/// Beside those with one.
pub async fn a_repeat_without_an_envelope_counts(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    record(
        stores.ballots.as_ref(),
        &[submission(1, 1, 0), submission(2, 1, 0)],
    )
    .await;
    let add = |_| {
        let ballots = Arc::clone(&stores.ballots);
        async move { ballots.add_repeat().await.unwrap() }
    };
    at_once((0..20).map(add)).await;
    let expected = Reckoning {
        recorded: 1,
        repeats: 21,
        ..Reckoning::default()
    };
    assert_eq!(stores.ballots.reckon(&[]).await.unwrap(), expected);
}

/// With its bytes, its reason, its region and its time; the oldest first.
pub async fn a_dead_letter_is_kept_as_received(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let reasons = [
        (
            DeadLetterReason::Undecodable,
            Random::seeded(3).byte_vec(64 * 1024),
        ),
        (DeadLetterReason::Forged, vec![]),
        (DeadLetterReason::ReceivesExhausted, vec![0]),
        (DeadLetterReason::Late, message(4, 4, 0).body.into_vec()),
    ];
    let mut letters: Vec<DeadLetter> = (1..)
        .zip(reasons)
        .map(|(number, (reason, body))| DeadLetter {
            message: message_with(number, number, body),
            region: region(usize::try_from(number).unwrap()),
            reason,
            at: at(i64::try_from(number).unwrap()),
        })
        .collect();
    for letter in &letters {
        stores.ballots.set_aside(letter).await.unwrap();
    }
    let kept = dead_letters(stores.ballots.as_ref()).await;
    assert_eq!(kept.len(), letters.len());
    for (kept, letter) in kept.into_iter().zip(letters.drain(..)) {
        assert!(kept.message == letter.message);
        assert_eq!(
            (kept.region, kept.reason, kept.at),
            (letter.region, letter.reason, letter.at)
        );
    }
    assert_eq!(stores.ballots.reckon(&[]).await.unwrap().dead_letters, 4);
}

/// Although both its copies are set aside, in several regions at once.
pub async fn a_dead_letter_is_kept_once(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let set_aside = |number| {
        let ballots = Arc::clone(&stores.ballots);
        let mut letter = dead_letter(message(1, 1, 0), DeadLetterReason::Undecodable, 1);
        letter.region = region(number);
        async move { ballots.set_aside(&letter).await.unwrap() }
    };
    at_once((0..8).map(set_aside)).await;
    assert_eq!(dead_letters(stores.ballots.as_ref()).await.len(), 1);
    assert_eq!(stores.ballots.reckon(&[]).await.unwrap().dead_letters, 1);
}

/// Whatever its outcome was.
pub async fn a_decided_envelope_is_no_dead_letter(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    record(
        ballots,
        &[submission(1, 1, 0), submission(2, 1, 0), submission(3, 1, 1)],
    )
    .await;
    let before = ballots.reckon(&[]).await.unwrap();
    for number in 1..=3 {
        set_aside(ballots, number, 1).await;
    }
    assert!(dead_letters(ballots).await.is_empty());
    assert_eq!(ballots.reckon(&[]).await.unwrap(), before);
}

/// As the second copy of an envelope does whose first copy failed too often.
pub async fn deciding_a_dead_letter_takes_it_out(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    for (number, voter) in [(1, 1), (2, 1), (3, 1), (4, 4)] {
        set_aside(ballots, number, voter).await;
    }
    let decided = record(
        ballots,
        &[submission(1, 1, 0), submission(2, 1, 0), submission(3, 1, 1)],
    )
    .await;
    assert_eq!(
        decided,
        [Outcome::Recorded, Outcome::Repeat, Outcome::Conflict],
        "not decided before"
    );
    let letters = dead_letters(ballots).await;
    assert_eq!(
        letters
            .iter()
            .map(|letter| letter.message.envelope)
            .collect::<Vec<_>>(),
        [envelope(4)]
    );
    let expected = Reckoning {
        recorded: 1,
        repeats: 1,
        conflicts: 1,
        dead_letters: 1,
        undecided: vec![],
    };
    assert_eq!(ballots.reckon(&[]).await.unwrap(), expected);
}

/// Set aside again while it is enqueued again, it stays one letter.
pub async fn a_dead_letter_stays_until_it_is_recorded(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    for number in [1, 2, 1] {
        set_aside(ballots, number, number).await;
    }
    assert_eq!(dead_letters(ballots).await.len(), 2);
    assert_eq!(record(ballots, &[submission(1, 1, 0)]).await, [Outcome::Recorded]);
    set_aside(ballots, 1, 1).await;
    let letters = dead_letters(ballots).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].message.envelope, envelope(2));
}

/// A dead letter has one: being set aside.
pub async fn undecided_are_the_envelopes_without_an_outcome(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let ballots = stores.ballots.as_ref();
    record(
        ballots,
        &[submission(1, 1, 0), submission(2, 1, 0), submission(3, 1, 1)],
    )
    .await;
    set_aside(ballots, 4, 4).await;
    let asked = [(1, 1), (9, 9), (2, 1), (3, 1), (4, 4), (9, 9), (8, 1), (1, 1)];
    let asked = asked.map(|(number, voter)| waiting(&message(number, voter, 0)));
    let undecided = ballots.reckon(&asked).await.unwrap().undecided;
    assert_eq!(
        undecided,
        [false, true, false, false, false, true, true, false],
        "in the order asked"
    );
    let many: Vec<_> = asked.iter().cycle().take(5_000).copied().collect();
    assert_eq!(ballots.reckon(&many).await.unwrap().undecided.len(), 5_000);
}

/// What is recorded is decided as ever; refused certification lets the others in again.
pub async fn from_certifying_on_a_first_ballot_is_late_and_has_no_outcome(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let (ballots, elections) = (stores.ballots.as_ref(), stores.elections.as_ref());
    elections.create(new_election()).await.unwrap();
    for (from, to) in [(Phase::PreElection, Phase::Open), (Phase::Open, Phase::Closed)] {
        assert!(elections.change_phase(from, to, at(1)).await.unwrap());
    }
    assert_eq!(record(ballots, &[submission(1, 1, 0)]).await, [Outcome::Recorded]);
    assert!(
        elections
            .change_phase(Phase::Closed, Phase::Certifying, at(2))
            .await
            .unwrap()
    );
    let sent = [
        submission(1, 1, 0),
        submission(2, 1, 0),
        submission(3, 1, 1),
        submission(4, 2, 0),
    ];
    let expected = [
        Outcome::AlreadyDecided,
        Outcome::Repeat,
        Outcome::Conflict,
        Outcome::Late,
    ];
    assert_eq!(record(ballots, &sent).await, expected);
    let reckoning = ballots.reckon(&[waiting(&message(4, 2, 0))]).await.unwrap();
    assert_eq!((reckoning.recorded, reckoning.undecided), (1, vec![true]));
    assert!(
        elections
            .change_phase(Phase::Certifying, Phase::Closed, at(3))
            .await
            .unwrap()
    );
    assert_eq!(record(ballots, &sent[3..]).await, [Outcome::Recorded]);
    assert!(
        elections
            .change_phase(Phase::Closed, Phase::Certifying, at(4))
            .await
            .unwrap()
    );
    assert!(elections.certify(b"counts".to_vec(), at(5)).await.unwrap());
    assert_eq!(record(ballots, &[submission(5, 3, 0)]).await, [Outcome::Late]);
}
