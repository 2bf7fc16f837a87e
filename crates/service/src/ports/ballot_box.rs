use async_trait::async_trait;
use election_core::ballot::Ballot;
use election_core::envelope::{EnvelopeId, Message};
use election_core::identifiers::RegionName;
use election_core::keys::BallotKey;
use election_core::tally::{FeedRecord, Sequence};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::{PortResult, Waiting};

/// How many records a page of a whole box has at most.
pub(crate) const PAGE: usize = 10_000;

/// A ballot to be recorded, and by which envelope it came.
#[derive(Clone)]
pub struct Submission {
    /// The envelope.
    pub envelope: EnvelopeId,
    /// The ballot taken out of it.
    pub ballot: Ballot,
}

/// What became of an envelope. Each has exactly one outcome, stored by the write that decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Its ballot is the voter's recorded ballot.
    Recorded,
    /// Another envelope had brought the same ballot.
    Repeat,
    /// Another ballot of the voter was recorded first; the conflict log has this one's digest.
    Conflict,
    /// This envelope was decided before: the message is a redelivery or the second copy.
    AlreadyDecided,
    /// Not an outcome yet: the recount has begun and nothing new is recorded. The message is to be set aside.
    Late,
}

/// Why a message was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeadLetterReason {
    /// Its body isn't an encoded ballot.
    Undecodable,
    /// No enqueuer of this election made it.
    Forged,
    /// Recording it failed too often.
    ReceivesExhausted,
    /// It came when the recount had begun.
    Late,
}

impl DeadLetterReason {
    /// The reason's name in JSON and stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Forged => "forged",
            Self::ReceivesExhausted => "receives-exhausted",
            Self::Late => "late",
        }
    }

    /// Reads the reason's name.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Undecodable,
            Self::Forged,
            Self::ReceivesExhausted,
            Self::Late,
        ];
        all.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// A message that was set aside, to be looked into by the operators.
#[derive(Clone)]
pub struct DeadLetter {
    /// The message as it was received.
    pub message: Message,
    /// Whose queue it was in.
    pub region: RegionName,
    /// Why it was set aside.
    pub reason: DeadLetterReason,
    /// When it was set aside, in UTC.
    pub at: OffsetDateTime,
}

/// What all envelopes and 202s add up to, read at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reckoning {
    /// Ballots in the box.
    pub recorded: u64,
    /// Envelopes decided as [`Outcome::Repeat`], and repeats answered without an envelope.
    pub repeats: u64,
    /// Envelopes decided as [`Outcome::Conflict`].
    pub conflicts: u64,
    /// Envelopes set aside and not decided otherwise.
    pub dead_letters: u64,
    /// For each message asked about, whether its envelope has no outcome yet.
    pub undecided: Vec<bool>,
}

/// What became of all envelopes that didn't bring a voter's recorded ballot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// As in [`Reckoning`].
    pub repeats: u64,
    /// As in [`Reckoning`].
    pub conflicts: u64,
    /// As in [`Reckoning`].
    pub dead_letters: u64,
}

/// The ballot box, its conflict log and dead letters, and the feed of what was recorded. One box for all
/// regions, strongly consistent; writes are durable when they return, nothing is ever rewritten.
#[async_trait]
pub trait BallotBox: Send + Sync {
    /// The recorded ballot under a key.
    async fn find(&self, key: &BallotKey) -> PortResult<Option<Ballot>>;

    /// Decides each submission: the first ballot under a key is recorded, by one conditional write;
    /// every further one is a repeat or a conflict. From phase `certifying` on, which is read strongly once
    /// per call and, where the store has transactions, in that of the write, a first one is late instead. Any number of regions may do so at once, with the
    /// same submissions too. One submission's failure is its own: the others' outcomes stand. Calling it
    /// again with a decided envelope changes nothing and gives [`Outcome::AlreadyDecided`].
    async fn record(&self, submissions: &[Submission]) -> Vec<PortResult<Outcome>>;

    /// For each envelope, whether it has an outcome already. Asking about a second copy, whose first one is
    /// mostly recorded, is cheaper than trying to record it.
    async fn are_decided(&self, envelopes: &[(EnvelopeId, BallotKey)]) -> PortResult<Vec<bool>>;

    /// Counts a 202 that was answered for a recorded ballot without making an envelope.
    async fn add_repeat(&self) -> PortResult<()>;

    /// Keeps a message as a dead letter, unless its envelope is decided; deciding it removes the letter by
    /// the same write. Idempotent.
    async fn set_aside(&self, letter: &DeadLetter) -> PortResult<()>;

    /// All dead letters whose envelopes aren't decided otherwise, the oldest first.
    async fn dead_letters(&self) -> PortResult<Vec<DeadLetter>>;

    /// Adds everything up at one instant, and tells which of these messages aren't decided at it.
    async fn reckon(&self, waiting: &[Waiting]) -> PortResult<Reckoning>;

    /// The part of [`Self::reckon`] that is cheap everywhere: a nation's ballots aren't counted for it.
    async fn exceptions(&self) -> PortResult<Exceptions> {
        let reckoning = self.reckon(&[]).await?;
        Ok(Exceptions {
            repeats: reckoning.repeats,
            conflicts: reckoning.conflicts,
            dead_letters: reckoning.dead_letters,
        })
    }

    /// Whether the feed can be followed while ballots are recorded: it never gains a record before one that
    /// was read. Where it can't (DynamoDB has no order of arrival), tallies are told by a stream instead, and
    /// the feed is for reading a box that nothing is recorded in any more.
    fn can_be_followed(&self) -> bool {
        true
    }

    /// Up to `limit` records after a place in the feed, in the feed's order. The feed has one shard,
    /// [`Self::SHARD`].
    async fn feed(&self, after: Sequence, limit: usize) -> PortResult<Vec<FeedRecord>>;

    /// How many records there are after a place in the feed.
    async fn behind(&self, after: Sequence) -> PortResult<u64>;

    /// Gives all records after a place, page by page: in the feed's order if it can be followed; else only
    /// from the start, in any order, from several parts of the store at once. Ends early, without an error,
    /// if nobody takes the pages any more.
    async fn read(&self, after: Sequence, pages: mpsc::Sender<Vec<FeedRecord>>) -> PortResult<()> {
        let mut place = after;
        loop {
            let page = self.feed(place, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            place = last.sequence;
            if pages.send(page).await.is_err() {
                return Ok(());
            }
        }
    }
}

impl dyn BallotBox {
    /// The name of the one shard of a feed that is read by asking for it.
    pub const SHARD: &'static str = "0";
}
