//! Owns the users that goose runs, a file for each type. Each tells goose of every request it makes.

pub(crate) mod double_caster;
pub(crate) mod malformer;
pub(crate) mod reader;
pub(crate) mod replayer;
pub(crate) mod slow_client;
pub(crate) mod voter;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use goose::goose::{GooseUser, Scenario, Transaction, TransactionResult};

use crate::api::Clients;
use crate::casting::{Run, Sent};

/// What a user does until the load ends.
type Work<'a> = Pin<Box<dyn Future<Output = TransactionResult> + Send + 'a>>;

/// A scenario of one transaction, which lasts as long as the load: goose's loop around it costs nothing then.
pub(crate) fn scenario(
    name: &str,
    run: &Arc<Run>,
    work: for<'a> fn(&'a mut GooseUser, Arc<Run>) -> Work<'a>,
) -> Scenario {
    let run = Arc::clone(run);
    let transaction = Transaction::new(Arc::new(move |user| work(user, Arc::clone(&run))));
    Scenario::new(name).register_transaction(transaction.set_name(name))
}

/// A user's own connections.
fn clients(run: &Run) -> Clients {
    Clients::new(&run.targets, run.timeout)
}

/// Tells goose of a cast.
async fn tell(user: &mut GooseUser, sent: &Sent) -> TransactionResult {
    let is_fine = sent.status == 202;
    let status = (sent.status > 0).then_some(sent.status);
    user.record_custom_request_duration(
        "POST",
        "/votes",
        sent.service,
        is_fine,
        status,
        sent.fault.as_deref(),
    )
    .await
}

/// Waits, but not beyond the end of the load.
async fn sleep(run: &Run, time: Duration) {
    let until = tokio::time::Instant::now() + time;
    while !run.agenda.is_stopped() && tokio::time::Instant::now() < until {
        let slice = Duration::from_millis(100);
        tokio::time::sleep_until(until.min(tokio::time::Instant::now() + slice)).await;
    }
}
