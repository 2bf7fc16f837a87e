//! Owns the ballot box in memory. A sequence in its feed is a position, counted from one.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use election_core::ballot::Ballot;
use election_core::envelope::EnvelopeId;
use election_core::keys::BallotKey;
use election_core::tally::{FeedEvent, FeedRecord, Sequence};
use election_service::ports::{BallotBox, DeadLetter, Outcome, PortResult, Reckoning, Submission, Waiting};

use super::lock;

#[derive(Default)]
struct State {
    /// In the feed's order.
    ballots: Vec<Ballot>,
    positions: HashMap<BallotKey, usize>,
    outcomes: HashMap<EnvelopeId, Outcome>,
    /// Of envelopes that aren't decided otherwise, the oldest first.
    dead_letters: Vec<DeadLetter>,
    /// Answered without an envelope.
    repeats: u64,
    /// Whether the recount has begun.
    is_too_late: bool,
}

/// [`BallotBox`] in memory.
#[derive(Default)]
pub struct MemoryBallotBox(Mutex<State>);

impl State {
    fn record(&mut self, submission: &Submission) -> Outcome {
        if self.outcomes.contains_key(&submission.envelope) {
            return Outcome::AlreadyDecided;
        }
        let ballot = &submission.ballot;
        let outcome = match self.positions.get(&ballot.key) {
            None if self.is_too_late => return Outcome::Late,
            None => {
                self.positions.insert(ballot.key, self.ballots.len());
                self.ballots.push(ballot.clone());
                Outcome::Recorded
            }
            Some(position) if self.ballots[*position].is_same_vote(ballot) => Outcome::Repeat,
            Some(_) => Outcome::Conflict,
        };
        self.outcomes.insert(submission.envelope, outcome);
        self.remove_dead_letter(&submission.envelope);
        outcome
    }

    fn is_dead_letter(&self, envelope: &EnvelopeId) -> bool {
        self.dead_letters
            .iter()
            .any(|letter| letter.message.envelope == *envelope)
    }

    fn remove_dead_letter(&mut self, envelope: &EnvelopeId) {
        self.dead_letters
            .retain(|letter| letter.message.envelope != *envelope);
    }

    fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.values().filter(|each| **each == outcome).count() as u64
    }

    fn after(&self, after: Sequence) -> &[Ballot] {
        let start = after
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(usize::MAX);
        self.ballots.get(start..).unwrap_or_default()
    }
}

impl MemoryBallotBox {
    /// Puts a ballot in behind the port's back, as somebody could who may write to the store.
    pub fn smuggle(&self, ballot: Ballot) {
        let mut state = lock(&self.0);
        let place = state.ballots.len();
        state.positions.insert(ballot.key, place);
        state.ballots.push(ballot);
    }

    /// Records nothing new any more, or again.
    pub(super) fn set_too_late(&self, is_too_late: bool) {
        lock(&self.0).is_too_late = is_too_late;
    }

    /// Puts the ballots in the order of their keys.
    pub(super) fn forget_order(&self) {
        let mut state = lock(&self.0);
        state.ballots.sort_by_key(|ballot| ballot.key);
        state.positions = state
            .ballots
            .iter()
            .enumerate()
            .map(|(place, ballot)| (ballot.key, place))
            .collect();
    }
}

#[async_trait]
impl BallotBox for MemoryBallotBox {
    async fn find(&self, key: &BallotKey) -> PortResult<Option<Ballot>> {
        let state = lock(&self.0);
        Ok(state
            .positions
            .get(key)
            .map(|position| state.ballots[*position].clone()))
    }

    async fn record(&self, submissions: &[Submission]) -> Vec<PortResult<Outcome>> {
        let mut state = lock(&self.0);
        submissions
            .iter()
            .map(|submission| Ok(state.record(submission)))
            .collect()
    }

    async fn are_decided(&self, envelopes: &[(EnvelopeId, BallotKey)]) -> PortResult<Vec<bool>> {
        let state = lock(&self.0);
        Ok(envelopes
            .iter()
            .map(|(envelope, _)| state.outcomes.contains_key(envelope))
            .collect())
    }

    async fn add_repeat(&self) -> PortResult<()> {
        lock(&self.0).repeats += 1;
        Ok(())
    }

    async fn set_aside(&self, letter: &DeadLetter) -> PortResult<()> {
        let mut state = lock(&self.0);
        let envelope = letter.message.envelope;
        if !state.outcomes.contains_key(&envelope) && !state.is_dead_letter(&envelope) {
            state.dead_letters.push(letter.clone());
            state.dead_letters.sort_by_key(|letter| letter.at);
        }
        Ok(())
    }

    async fn dead_letters(&self) -> PortResult<Vec<DeadLetter>> {
        Ok(lock(&self.0).dead_letters.clone())
    }

    async fn reckon(&self, waiting: &[Waiting]) -> PortResult<Reckoning> {
        let state = lock(&self.0);
        let is_undecided = |waiting: &Waiting| {
            !state.outcomes.contains_key(&waiting.envelope) && !state.is_dead_letter(&waiting.envelope)
        };
        Ok(Reckoning {
            recorded: state.ballots.len() as u64,
            repeats: state.count(Outcome::Repeat) + state.repeats,
            conflicts: state.count(Outcome::Conflict),
            dead_letters: state.dead_letters.len() as u64,
            undecided: waiting.iter().map(is_undecided).collect(),
        })
    }

    async fn feed(&self, after: Sequence, limit: usize) -> PortResult<Vec<FeedRecord>> {
        let state = lock(&self.0);
        let first = after.as_u64().unwrap_or(u64::MAX).saturating_add(1);
        let record = |(number, ballot): (u64, &Ballot)| FeedRecord {
            sequence: Sequence::from(number),
            jurisdiction: Some(ballot.jurisdiction.clone()),
            event: FeedEvent::Inserted(Box::new(ballot.clone())),
        };
        Ok((first..)
            .zip(state.after(after))
            .take(limit)
            .map(record)
            .collect())
    }

    async fn behind(&self, after: Sequence) -> PortResult<u64> {
        Ok(lock(&self.0).after(after).len() as u64)
    }
}
