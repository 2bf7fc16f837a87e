//! Owns replayers: they cast a ballot and send the same bytes again and again, to every region at once. Each
//! gets the same receipt, and one ballot counts.

use std::sync::Arc;

use goose::goose::{GooseUser, TransactionResult};

use super::{Work, clients, tell};
use crate::casting::Run;

const REPLAYS: u32 = 4;

/// Replays until the load ends.
pub(crate) fn work(user: &mut GooseUser, run: Arc<Run>) -> Work<'_> {
    Box::pin(replay(user, run))
}

async fn replay(user: &mut GooseUser, run: Arc<Run>) -> TransactionResult {
    let number = user.weighted_users_index;
    let [mut clients, mut others] = [clients(&run), clients(&run)];
    while let Some(job) = run.agenda.next().await {
        let vote = run.ledger.vote(job.place, 0);
        for round in 0..REPLAYS {
            let places = [run.target(vote, round), run.target(vote, round + 1)];
            let [one, other] = <[_; 2]>::from(tokio::join!(
                run.cast(&mut clients, number, vote, places[0]),
                run.cast(&mut others, number, vote, places[1]),
            ));
            for (place, sent) in places.into_iter().zip([&one, &other]) {
                let service_us = u64::try_from(sent.service.as_micros()).unwrap_or(u64::MAX);
                run.measures
                    .note(number, place, |measured| measured.responded(service_us));
                tell(user, sent).await?;
            }
        }
        run.agenda.settle();
    }
    Ok(())
}
