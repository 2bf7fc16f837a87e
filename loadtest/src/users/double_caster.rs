//! Owns double casters: one voter, two different ballots, two regions, the same instant. Both may be accepted;
//! one is recorded.

use std::sync::Arc;

use goose::goose::{GooseUser, TransactionResult};

use super::{Work, clients, tell};
use crate::casting::Run;

/// Casts twice until the load ends.
pub(crate) fn work(user: &mut GooseUser, run: Arc<Run>) -> Work<'_> {
    Box::pin(cast_twice(user, run))
}

async fn cast_twice(user: &mut GooseUser, run: Arc<Run>) -> TransactionResult {
    let number = user.weighted_users_index;
    let [mut clients, mut others] = [clients(&run), clients(&run)];
    while let Some(job) = run.agenda.next().await {
        let votes = [0, 1].map(|variant| run.ledger.vote(job.place, variant));
        let places = [run.target(votes[0], 0), run.target(votes[0], 1)];
        let [one, other] = <[_; 2]>::from(tokio::join!(
            run.cast(&mut clients, number, votes[0], places[0]),
            run.cast(&mut others, number, votes[1], places[1]),
        ));
        for (place, sent) in places.into_iter().zip([&one, &other]) {
            let service_us = u64::try_from(sent.service.as_micros()).unwrap_or(u64::MAX);
            run.measures
                .note(number, place, |measured| measured.responded(service_us));
            tell(user, sent).await?;
        }
        run.agenda.settle();
    }
    Ok(())
}
