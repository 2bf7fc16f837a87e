//! Owns voters: whoever is due next casts a ballot, in the nearest region first, and tries the next region
//! after a pause until there is an answer that settles the matter.

use std::sync::Arc;

use fastrand::Rng;
use goose::goose::{GooseUser, TransactionResult};

use super::{Work, clients, tell};
use crate::casting::{Run, pause};

/// Casts votes until the load ends.
pub(crate) fn work(user: &mut GooseUser, run: Arc<Run>) -> Work<'_> {
    Box::pin(vote(user, run))
}

async fn vote(user: &mut GooseUser, run: Arc<Run>) -> TransactionResult {
    let mut clients = clients(&run);
    let mut random = Rng::with_seed(user.weighted_users_index as u64);
    let number = user.weighted_users_index;
    while let Some(job) = run.agenda.next().await {
        let vote = run.ledger.vote(job.place, 0);
        let place = run.target(vote, job.attempt);
        let sent = run.cast(&mut clients, number, vote, place).await;
        match sent.again_after {
            None => {
                run.agenda.settle();
                let response_us = run.agenda.now_us().saturating_sub(job.due_us);
                run.measures
                    .note(number, place, |measured| measured.responded(response_us));
            }
            Some(retry_after) => run
                .agenda
                .retry(job, pause(job.attempt, retry_after, &mut random)),
        }
        tell(user, &sent).await?;
    }
    Ok(())
}
