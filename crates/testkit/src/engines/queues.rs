//! Owns the queues of the SQS engine: winterbaume's state under its own protocol layer, with the counts and
//! the end of leases put right. See [`super::sqs`] for what it does otherwise than SQS.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use winterbaume_sqs::state::{SqsError, SqsState};
use winterbaume_sqs::types::{Message, MessageAttribute, MessageMoveTask, Queue};
use winterbaume_sqs::{SendMessageOutput, SqsBackend, SqsStateView, StateViewError};

type Eventually<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Reply<T> = Eventually<Result<T, SqsError>>;

/// The queues of all regions.
#[derive(Default)]
pub(super) struct Queues(Mutex<HashMap<String, SqsState>>);

impl Queues {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, SqsState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply<T: Send + 'static>(
        &self,
        region: &str,
        of: impl FnOnce(&mut SqsState) -> Result<T, SqsError>,
    ) -> Reply<T> {
        ready(of(self.lock().entry(region.to_owned()).or_default()))
    }
}

fn ready<T: Send + 'static>(value: T) -> Eventually<T> {
    Box::pin(std::future::ready(value))
}

/// What no test of an election needs.
fn not_offered<T: Send + 'static>() -> Reply<T> {
    ready(Err(SqsError::InternalError("not offered".to_owned())))
}

/// Whether a lease of the message under this handle still lasts.
fn is_leased(state: &SqsState, queue: &str, handle: &str) -> bool {
    state.queues.get(queue).is_some_and(|queue| {
        let of_handle = |message: &&Message| message.receipt_handle.as_deref() == Some(handle);
        queue
            .messages
            .iter()
            .find(of_handle)
            .is_some_and(|message| !message.is_visible())
    })
}

fn change_visibility(state: &mut SqsState, queue: &str, handle: &str, seconds: u32) -> Result<(), SqsError> {
    if !is_leased(state, queue, handle) {
        return Err(SqsError::InvalidReceiptHandle {
            receipt_handle: String::new(),
        });
    }
    state.change_message_visibility(queue, handle, seconds)
}

fn attributes(state: &SqsState, queue: &str) -> Result<HashMap<String, String>, SqsError> {
    let mut attributes = state.get_queue_attributes(queue)?;
    let messages = &state.queues[queue].messages;
    let visible = messages.iter().filter(|message| message.is_visible()).count();
    attributes.insert("ApproximateNumberOfMessages".to_owned(), visible.to_string());
    Ok(attributes)
}

impl SqsBackend for Queues {
    fn create_queue(
        &self,
        account: String,
        region: String,
        name: String,
        attributes: HashMap<String, String>,
        tags: Option<HashMap<String, String>>,
    ) -> Reply<Queue> {
        self.reply(&region, |state| {
            state
                .create_queue(&name, &region, &account, &attributes, tags.as_ref())
                .cloned()
        })
    }

    fn delete_queue(&self, _: String, region: String, queue: String) -> Reply<()> {
        self.reply(&region, |state| state.delete_queue(&queue))
    }

    fn get_queue_url(&self, _: String, region: String, queue: String) -> Reply<String> {
        self.reply(&region, |state| state.get_queue_url(&queue).map(str::to_owned))
    }

    fn get_queue_attributes(
        &self,
        _: String,
        region: String,
        queue: String,
    ) -> Reply<HashMap<String, String>> {
        self.reply(&region, |state| attributes(state, &queue))
    }

    fn set_queue_attributes(
        &self,
        _: String,
        region: String,
        queue: String,
        attributes: HashMap<String, String>,
    ) -> Reply<()> {
        self.reply(&region, |state| state.set_queue_attributes(&queue, &attributes))
    }

    fn list_queues(&self, _: String, region: String, prefix: Option<String>) -> Reply<Vec<Queue>> {
        self.reply(&region, |state| {
            Ok(state
                .list_queues(prefix.as_deref())
                .into_iter()
                .cloned()
                .collect())
        })
    }

    fn send_message(
        &self,
        _: String,
        region: String,
        queue: String,
        body: String,
        delay_seconds: Option<u32>,
        attributes: HashMap<String, MessageAttribute>,
        group: Option<String>,
        deduplication: Option<String>,
    ) -> Reply<SendMessageOutput> {
        self.reply(&region, |state| {
            let sent = state.send_message(
                &queue,
                &body,
                delay_seconds,
                attributes,
                group.as_deref(),
                deduplication.as_deref(),
            )?;
            Ok(SendMessageOutput {
                message_id: sent.message_id,
                body_md5: sent.body_md5,
            })
        })
    }

    fn receive_messages(
        &self,
        _: String,
        region: String,
        queue: String,
        max: usize,
        visibility_seconds: Option<u32>,
    ) -> Reply<Vec<Message>> {
        self.reply(&region, |state| {
            state.receive_message(&queue, max, visibility_seconds)
        })
    }

    fn delete_message(&self, _: String, region: String, queue: String, handle: String) -> Reply<()> {
        self.reply(&region, |state| state.delete_message(&queue, &handle))
    }

    fn purge_queue(&self, _: String, region: String, queue: String) -> Reply<()> {
        self.reply(&region, |state| state.purge_queue(&queue))
    }

    fn change_message_visibility(
        &self,
        _: String,
        region: String,
        queue: String,
        handle: String,
        seconds: u32,
    ) -> Reply<()> {
        self.reply(&region, |state| {
            change_visibility(state, &queue, &handle, seconds)
        })
    }

    fn change_message_visibility_batch(
        &self,
        _: String,
        _: String,
        _: String,
        _: Vec<(String, String, u32)>,
    ) -> Reply<Vec<String>> {
        not_offered()
    }

    fn list_queue_tags(&self, _: String, _: String, _: String) -> Reply<HashMap<String, String>> {
        not_offered()
    }

    fn tag_queue(&self, _: String, _: String, _: String, _: HashMap<String, String>) -> Reply<()> {
        not_offered()
    }

    fn untag_queue(&self, _: String, _: String, _: String, _: Vec<String>) -> Reply<()> {
        not_offered()
    }

    fn add_permission(
        &self,
        _: String,
        _: String,
        _: String,
        _: String,
        _: Vec<String>,
        _: Vec<String>,
    ) -> Reply<()> {
        not_offered()
    }

    fn remove_permission(&self, _: String, _: String, _: String, _: String) -> Reply<()> {
        not_offered()
    }

    fn list_dead_letter_source_queues(&self, _: String, _: String, _: String) -> Reply<Vec<String>> {
        not_offered()
    }

    fn start_message_move_task(
        &self,
        _: String,
        _: String,
        _: String,
        _: Option<String>,
        _: Option<i32>,
    ) -> Reply<String> {
        not_offered()
    }

    fn cancel_message_move_task(&self, _: String, _: String, _: String) -> Reply<i64> {
        not_offered()
    }

    fn list_message_move_tasks(&self, _: String, _: String, _: String) -> Reply<Vec<MessageMoveTask>> {
        not_offered()
    }

    fn scopes_with_state(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn snapshot(&self, _: String, region: String) -> Eventually<SqsStateView> {
        ready(SqsStateView::from(&*self.lock().entry(region).or_default()))
    }

    fn restore(&self, _: String, _: String, _: SqsStateView) -> Eventually<Result<(), StateViewError>> {
        ready(Err(StateViewError::Invalid("not offered".to_owned())))
    }

    fn merge(&self, _: String, _: String, _: SqsStateView) -> Eventually<Result<(), StateViewError>> {
        ready(Err(StateViewError::Invalid("not offered".to_owned())))
    }
}
