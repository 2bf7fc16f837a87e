use std::time::Duration;

use async_trait::async_trait;
use election_core::envelope::{EnvelopeId, Message};
use election_core::keys::BallotKey;

use super::{DeadLetter, PortResult};

/// Which copy of an envelope a message is. They differ only in delay and in how they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopyRole {
    /// To be recorded at once.
    Primary,
    /// Kept in another region until the first one has surely been recorded or lost.
    Second,
}

/// Names a received message towards the queue it came from, until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub String);

/// A leased message.
#[derive(Clone)]
pub struct Received {
    /// For acknowledging or releasing it.
    pub handle: Handle,
    /// Which copy it is.
    pub role: CopyRole,
    /// The message; its body may be anything.
    pub message: Message,
    /// How often it was received, this time included.
    pub receives: u32,
}

/// A message that is in the queue: visible, delayed or leased.
#[derive(Clone, Copy)]
pub struct Waiting {
    /// Which envelope.
    pub envelope: EnvelopeId,
    /// Whose ballot.
    pub ballot_key: BallotKey,
    /// Which copy.
    pub role: CopyRole,
}

/// How many messages are in the queue: visible, delayed or leased; and beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Primary messages.
    pub primaries: u64,
    /// Second copies.
    pub copies: u64,
    /// What the queue gave up; see [`Intake::given_up`].
    pub given_up: u64,
}

/// A region's queue of envelopes. Delivers each message at least once, in any order.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Enqueues a message that is to be received after `delay` at the earliest. It is durable when this
    /// returns `Ok`; after an error it may or may not be. Sending it again makes another message.
    async fn send(&self, message: Message, role: CopyRole, delay: Duration) -> PortResult<()>;

    /// Leases up to `max` messages for the visibility time-out, waiting up to `wait` for the first. A
    /// message whose lease ends without acknowledgement is received again.
    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>>;

    /// Removes messages for good. Must come after the write that decides them is durable. Idempotent;
    /// unknown handles are ignored.
    async fn acknowledge(&self, handles: &[Handle]) -> PortResult<()>;

    /// Ends leases early: the messages are received again after `delay`, as received once more.
    async fn release(&self, handles: &[Handle], delay: Duration) -> PortResult<()>;

    /// Everything in the queue, for accounting; `None` where a queue can't be listed, as in SQS.
    async fn waiting(&self) -> PortResult<Option<Vec<Waiting>>>;

    /// How much is in the queue. Exact in SQL editions; approximate in SQS, for minutes.
    async fn depth(&self) -> PortResult<Depth>;

    /// For how long the message that has been receivable longest has been so; `None` if none is, or where that
    /// can't be told. A lease that ends begins it anew, as does a restart.
    async fn overdue(&self) -> PortResult<Option<Duration>> {
        Ok(None)
    }

    /// What the queue itself took out because it was received too often, as SQS does. Processors set
    /// messages aside before that, unless they can't even do so.
    async fn given_up(&self) -> PortResult<Vec<DeadLetter>> {
        Ok(Vec::new())
    }

    /// Puts what [`Self::given_up`] tells back into the queue; returns how many messages. Each is in one of
    /// both at any time, after an error too, or in both.
    async fn redrive(&self) -> PortResult<u64> {
        Ok(0)
    }
}
