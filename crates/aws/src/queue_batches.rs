//! Owns the deleting and hiding of received messages, ten to a call. What SQS says is the caller's fault is a
//! handle that is unknown, or whose lease has ended: the message comes again or is gone, and either is well.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
};
use election_service::ports::{Handle, PortError, PortResult};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::queue::{MOST_AT_ONCE, SQS};
use crate::service_error::{port_error, unavailable};

/// The calls that are made at once.
const CALLS_AT_ONCE: usize = 8;
/// How often entries are tried that SQS couldn't change.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// What is done to a received message.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    /// It is deleted.
    Delete,
    /// It is hidden for so many seconds from now on.
    Hide(i32),
}

/// Changes messages of a queue. Handles of none are ignored.
pub(crate) async fn change_all(
    client: &Client,
    queue: &str,
    handles: &[Handle],
    change: Change,
) -> PortResult<()> {
    // SQS wouldn't even read a batch with an empty handle.
    let handles: Vec<&Handle> = handles.iter().filter(|handle| !handle.0.is_empty()).collect();
    let batches = handles.chunks(MOST_AT_ONCE);
    let calls: Vec<_> = batches
        .map(|handles| change_some(client, queue, handles, change))
        .collect();
    stream::iter(calls)
        .buffer_unordered(CALLS_AT_ONCE)
        .try_collect()
        .await
}

async fn change_some(client: &Client, queue: &str, handles: &[&Handle], change: Change) -> PortResult<()> {
    let mut remaining: Vec<&Handle> = handles.to_vec();
    for tried in 0..TRIES {
        let failed = match change {
            Change::Delete => delete(client, queue, &remaining).await?,
            Change::Hide(seconds) => hide(client, queue, &remaining, seconds).await?,
        };
        // An entry's id is its place in the call.
        let places = failed.iter().filter(|entry| !entry.sender_fault);
        let places = places.map(|entry| entry.id.parse::<usize>().ok());
        let again = places.map(|place| remaining.get(place?).copied());
        remaining = again
            .collect::<Option<_>>()
            .ok_or_else(|| unavailable(SQS, "answered what can't be read"))?;
        if remaining.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tried)).await;
    }
    Err(unavailable(SQS, "couldn't change some of the messages"))
}

fn misbuilt(_: BuildError) -> PortError {
    unavailable(SQS, "was called wrongly")
}

async fn delete(client: &Client, queue: &str, handles: &[&Handle]) -> PortResult<Vec<BatchResultErrorEntry>> {
    let entry = |(place, handle): (usize, &&Handle)| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(place.to_string());
        entry.receipt_handle(&handle.0).build().map_err(misbuilt)
    };
    let entries = handles.iter().enumerate().map(entry).collect::<PortResult<_>>()?;
    let call = client
        .delete_message_batch()
        .queue_url(queue)
        .set_entries(Some(entries));
    let answer = call.send().await.map_err(|error| port_error(SQS, &error))?;
    complete(answer.successful.len(), answer.failed, handles.len())
}

async fn hide(
    client: &Client,
    queue: &str,
    handles: &[&Handle],
    seconds: i32,
) -> PortResult<Vec<BatchResultErrorEntry>> {
    let entry = |(place, handle): (usize, &&Handle)| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(place.to_string());
        let entry = entry.receipt_handle(&handle.0).visibility_timeout(seconds);
        entry.build().map_err(misbuilt)
    };
    let entries = handles.iter().enumerate().map(entry).collect::<PortResult<_>>()?;
    let call = client
        .change_message_visibility_batch()
        .queue_url(queue)
        .set_entries(Some(entries));
    let answer = call.send().await.map_err(|error| port_error(SQS, &error))?;
    complete(answer.successful.len(), answer.failed, handles.len())
}

/// The failed entries of an answer that tells of every entry.
fn complete(
    successful: usize,
    failed: Vec<BatchResultErrorEntry>,
    asked: usize,
) -> PortResult<Vec<BatchResultErrorEntry>> {
    if successful + failed.len() == asked {
        Ok(failed)
    } else {
        Err(unavailable(SQS, "answered what can't be read"))
    }
}
