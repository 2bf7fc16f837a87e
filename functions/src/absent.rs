//! Owns what stands in a region for what a function has no variable for and never asks: the enqueuer's tally, the
//! results' queue. If it is asked all the same it fails; it never pretends.

use std::time::Duration;

use async_trait::async_trait;
use election_core::envelope::Message;
use election_core::tally::Tally;
use election_service::ports::{
    CopyRole, Depth, Handle, Intake, PortError, PortResult, Received, StoredTally, TallyStore, TallyUpdate,
    Waiting,
};
use time::OffsetDateTime;

/// A queue or tally that this function doesn't know.
pub(crate) struct Absent;

fn absent<T>() -> PortResult<T> {
    let text = "this function isn't told of it by its variables";
    Err(PortError::Unavailable(text.to_owned()))
}

#[async_trait]
impl Intake for Absent {
    async fn send(&self, _: Message, _: CopyRole, _: Duration) -> PortResult<()> {
        absent()
    }

    async fn receive(&self, _: usize, _: Duration) -> PortResult<Vec<Received>> {
        absent()
    }

    async fn acknowledge(&self, _: &[Handle]) -> PortResult<()> {
        absent()
    }

    async fn release(&self, _: &[Handle], _: Duration) -> PortResult<()> {
        absent()
    }

    async fn waiting(&self) -> PortResult<Option<Vec<Waiting>>> {
        absent()
    }

    async fn depth(&self) -> PortResult<Depth> {
        absent()
    }
}

#[async_trait]
impl TallyStore for Absent {
    async fn load(&self) -> PortResult<StoredTally> {
        absent()
    }

    async fn commit(&self, _: Vec<TallyUpdate>, _: OffsetDateTime) -> PortResult<bool> {
        absent()
    }

    async fn replace(&self, _: Option<&Tally>, _: &Tally, _: OffsetDateTime) -> PortResult<bool> {
        absent()
    }
}
