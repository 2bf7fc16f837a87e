//! Owns readers: each polls one region's results about once a second, as the results page does, and asks
//! only for what has changed. A count that goes back is a fault.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use goose::goose::{GooseUser, TransactionResult};

use super::{Work, clients, sleep};
use crate::api::{NoDocument, Results, read};
use crate::casting::Run;
use crate::http::Ask;

/// Polls until the load ends.
pub(crate) fn work(user: &mut GooseUser, run: Arc<Run>) -> Work<'_> {
    Box::pin(poll(user, run))
}

async fn poll(user: &mut GooseUser, run: Arc<Run>) -> TransactionResult {
    let number = user.weighted_users_index;
    let mut random = Rng::with_seed(run.ballots.seed ^ number as u64);
    let mut clients = clients(&run);
    let (mut etag, mut seen) = (None, 0);
    let place = run.target(u32::try_from(number).unwrap_or(0), 0);
    let target = &run.targets[place];
    // So that they don't all ask at once.
    sleep(&run, Duration::from_secs(1).mul_f64(random.f64())).await;
    while !run.agenda.is_stopped() {
        let began = Instant::now();
        let ask = Ask {
            etag: etag.as_ref(),
            ..Ask::get(&target.votes)
        };
        let answer = clients.send(target, &ask).await;
        let service = began.elapsed();
        let fault = match &answer {
            Ok(answer) if answer.status == 304 => None,
            Ok(answer) => match read::<Results>(answer) {
                Ok(results) => {
                    etag.clone_from(&answer.etag);
                    if results.seq < seen {
                        run.surprises
                            .note(format!("{}: seq of GET /votes went back", target.name));
                    }
                    seen = results.seq;
                    None
                }
                Err(problem) => {
                    if matches!(problem, NoDocument::Garbage(_)) {
                        run.surprises
                            .note("GET /votes was answered with garbage".to_owned());
                    }
                    Some(problem.to_string())
                }
            },
            Err(error) => Some(error.to_string()),
        };
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        run.polls.note(number, place, |measured| {
            measured.request(
                answer.is_ok().then_some(service),
                fault.as_deref().map(|name| (name, true)),
            );
            if fault.is_none() {
                measured.accepted += u64::from(status == 200);
                measured.repeats += u64::from(status == 304);
                measured.responded(u64::try_from(service.as_micros()).unwrap_or(u64::MAX));
            }
        });
        let told = (status > 0).then_some(status);
        user.record_custom_request_duration(
            "GET",
            "/votes",
            service,
            fault.is_none(),
            told,
            fault.as_deref(),
        )
        .await?;
        let retry_after = answer.map_or(Duration::ZERO, |answer| answer.retry_after);
        let interval = Duration::from_secs(1)
            .max(retry_after)
            .mul_f64(0.75 + random.f64() / 2.0);
        sleep(&run, interval.saturating_sub(service)).await;
    }
    Ok(())
}
