//! Owns a region's intake on SQS: a votes queue and the dead-letter queue behind it. SQS counts in whole
//! seconds, so that delays, waits and releases are rounded up. Never shows a body, a handle or a key; what is
//! in a body is [`crate::message_text`]'s.

use std::collections::HashSet;
use std::num::TryFromIntError;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message as Delivered, MessageSystemAttributeName, QueueAttributeName};
use election_core::envelope::Message;
use election_core::identifiers::RegionName;
use election_service::ports::{
    CopyRole, DeadLetter, DeadLetterReason, Depth, Handle, Intake, PortResult, Received, Waiting,
};
use futures_util::future::join_all;
use time::OffsetDateTime;

use crate::connection::timeouts;
use crate::message_text;
use crate::queue_batches::{Change, change_all};
use crate::service_error::{port_error, unavailable};

pub(crate) const SQS: &str = "SQS";
/// The most that SQS takes or gives at once.
pub(crate) const MOST_AT_ONCE: usize = 10;
const LONGEST_DELAY_SECONDS: i32 = 900;
const LONGEST_VISIBILITY_SECONDS: i32 = 43_200;
const LONGEST_WAIT_SECONDS: i32 = 20;
/// How long a dead letter is hidden from others while it is looked at or moved.
const LOOK_SECONDS: i32 = 30;
/// With any wait at all SQS asks all its machines, without one only some of them.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

const COUNTS: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
];

/// [`Intake`] on SQS.
pub(crate) struct SqsIntake {
    pub(crate) client: Client,
    pub(crate) region: RegionName,
    /// The votes queue's address.
    pub(crate) votes: String,
    /// The dead-letter queue's address, where this process knows it.
    pub(crate) dead_letters: Option<String>,
}

/// Whole seconds, rounded up, at most `most`.
fn seconds(duration: Duration, most: i32) -> i32 {
    let seconds: Result<i32, TryFromIntError> = duration.as_nanos().div_ceil(1_000_000_000).try_into();
    seconds.map_or(most, |seconds| seconds.min(most))
}

/// A number that a system attribute of a message tells.
fn number(delivered: &Delivered, name: MessageSystemAttributeName) -> Option<u64> {
    delivered.attributes()?.get(&name)?.parse().ok()
}

fn message(delivered: &Delivered) -> (CopyRole, Message) {
    let text = delivered.body().unwrap_or_default();
    message_text::parse(text, delivered.message_id().unwrap_or_default())
}

fn handle(delivered: &Delivered) -> Option<Handle> {
    delivered.receipt_handle().map(|handle| Handle(handle.to_owned()))
}

fn received(delivered: &Delivered) -> Option<Received> {
    let (role, message) = message(delivered);
    let receives = number(delivered, MessageSystemAttributeName::ApproximateReceiveCount).unwrap_or(1);
    Some(Received {
        handle: handle(delivered)?,
        role,
        message,
        receives: u32::try_from(receives).unwrap_or(u32::MAX),
    })
}

impl SqsIntake {
    async fn send_text(&self, text: String, delay_seconds: i32) -> PortResult<()> {
        let call = self.client.send_message().queue_url(&self.votes);
        let call = call.message_body(text).delay_seconds(delay_seconds);
        let sent = call.send().await.map_err(|error| port_error(SQS, &error))?;
        // An answer without an id isn't SQS's: nobody knows what became of the message.
        sent.message_id
            .map(drop)
            .ok_or_else(|| unavailable(SQS, "answered what can't be read"))
    }

    /// Up to ten messages of a queue, hidden from others as long as the queue says, or as asked.
    async fn delivered(
        &self,
        queue: &str,
        max: usize,
        wait: Duration,
        hidden_seconds: Option<i32>,
    ) -> PortResult<Vec<Delivered>> {
        let wait_seconds = seconds(wait, LONGEST_WAIT_SECONDS);
        // The call lasts as long as the wait.
        let waited = Duration::from_secs(wait_seconds.unsigned_abs().into());
        let longer = aws_sdk_sqs::Config::builder().timeout_config(timeouts(waited));
        let call = self.client.receive_message().queue_url(queue);
        let answer = call
            .max_number_of_messages(max.min(MOST_AT_ONCE) as i32)
            .wait_time_seconds(wait_seconds)
            .set_visibility_timeout(hidden_seconds)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .customize()
            .config_override(longer)
            .send()
            .await
            .map_err(|error| port_error(SQS, &error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// A queue's messages: visible, in flight and delayed.
    async fn counts(&self, queue: &str) -> PortResult<[u64; 3]> {
        let call = self.client.get_queue_attributes().queue_url(queue);
        let call = call.set_attribute_names(Some(COUNTS.to_vec()));
        let answer = call.send().await.map_err(|error| port_error(SQS, &error))?;
        let count = |name| answer.attributes()?.get(&name)?.parse().ok();
        let counts: Vec<u64> = COUNTS.into_iter().filter_map(count).collect();
        <[u64; 3]>::try_from(counts).map_err(|_| unavailable(SQS, "told no counts of messages"))
    }

    fn dead_letter(&self, delivered: &Delivered) -> DeadLetter {
        let sent_ms = number(delivered, MessageSystemAttributeName::SentTimestamp).unwrap_or_default();
        let sent = OffsetDateTime::from_unix_timestamp_nanos(i128::from(sent_ms) * 1_000_000);
        DeadLetter {
            message: message(delivered).1,
            region: self.region.clone(),
            reason: DeadLetterReason::ReceivesExhausted,
            at: sent.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }
    }

    /// Sends what was taken from the dead-letter queue to the votes queue, then deletes it there: a failure
    /// between leaves it in both.
    async fn move_back(&self, dead_letters: &str, delivered: Vec<Delivered>) -> PortResult<u64> {
        // As they came: what can't be read is to be set aside by a processor, not here.
        let text = |delivered: &Delivered| delivered.body().unwrap_or_default().to_owned();
        let sends = delivered
            .iter()
            .map(|delivered| self.send_text(text(delivered), 0));
        let sent = join_all(sends).await;
        let moved = delivered.iter().zip(&sent).filter(|(_, sent)| sent.is_ok());
        let handles: Vec<Handle> = moved.filter_map(|(delivered, _)| handle(delivered)).collect();
        change_all(&self.client, dead_letters, &handles, Change::Delete).await?;
        sent.into_iter().collect::<PortResult<()>>()?;
        Ok(handles.len() as u64)
    }
}

#[async_trait]
impl Intake for SqsIntake {
    async fn send(&self, message: Message, role: CopyRole, delay: Duration) -> PortResult<()> {
        let text = message_text::format(role, &message);
        self.send_text(text, seconds(delay, LONGEST_DELAY_SECONDS)).await
    }

    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let delivered = self.delivered(&self.votes, max, wait, None).await?;
        Ok(delivered.iter().filter_map(received).collect())
    }

    async fn acknowledge(&self, handles: &[Handle]) -> PortResult<()> {
        change_all(&self.client, &self.votes, handles, Change::Delete).await
    }

    async fn release(&self, handles: &[Handle], delay: Duration) -> PortResult<()> {
        let hide = Change::Hide(seconds(delay, LONGEST_VISIBILITY_SECONDS));
        change_all(&self.client, &self.votes, handles, hide).await
    }

    async fn waiting(&self) -> PortResult<Option<Vec<Waiting>>> {
        Ok(None)
    }

    /// SQS doesn't know roles: what is delayed counts as second copies, all else as primaries. Approximate,
    /// for minutes, the dead letters' count too.
    async fn depth(&self) -> PortResult<Depth> {
        let dead_letters = async {
            match &self.dead_letters {
                Some(queue) => self.counts(queue).await.map(|counts| counts.iter().sum()),
                None => Ok(0),
            }
        };
        let (votes, given_up) = tokio::join!(self.counts(&self.votes), dead_letters);
        let [visible, in_flight, delayed] = votes?;
        Ok(Depth {
            primaries: visible + in_flight,
            copies: delayed,
            given_up: given_up?,
        })
    }

    /// Without those that somebody else looks at or moves at this moment.
    async fn given_up(&self) -> PortResult<Vec<DeadLetter>> {
        let Some(queue) = &self.dead_letters else {
            return Ok(Vec::new());
        };
        let (mut letters, mut seen, mut handles) = (Vec::new(), HashSet::new(), Vec::new());
        loop {
            let delivered = self
                .delivered(queue, MOST_AT_ONCE, SHORTEST_WAIT, Some(LOOK_SECONDS))
                .await?;
            let known = seen.len();
            for delivered in &delivered {
                handles.extend(handle(delivered));
                if seen.insert(delivered.message_id.clone()) {
                    letters.push(self.dead_letter(delivered));
                }
            }
            // Also once those that were seen first have become visible again.
            if seen.len() == known {
                break;
            }
        }
        // For whoever comes next. If it fails, they are visible again a little later.
        drop(change_all(&self.client, queue, &handles, Change::Hide(0)).await);
        Ok(letters)
    }

    async fn redrive(&self) -> PortResult<u64> {
        let Some(queue) = &self.dead_letters else {
            return Ok(0);
        };
        let mut moved = 0;
        loop {
            let delivered = self
                .delivered(queue, MOST_AT_ONCE, SHORTEST_WAIT, Some(LOOK_SECONDS))
                .await?;
            if delivered.is_empty() {
                return Ok(moved);
            }
            moved += self.move_back(queue, delivered).await?;
        }
    }
}
