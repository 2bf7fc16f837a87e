//! Owns votes without an answer: they are sent again, as a browser would, until it is known what they are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{ASKERS, Queue};
use crate::api::Clients;
use crate::casting::Run;
use crate::ledger::State;

/// Resends all open votes until they are settled or the time is up.
pub(super) async fn settle(run: &Arc<Run>, until: Instant) {
    let open = run
        .ledger
        .entries()
        .filter(|(_, entry)| entry.state == State::Open);
    let queue = Arc::new(Queue::new(open.map(|(vote, _)| vote)));
    let askers: Vec<_> = (0..ASKERS)
        .map(|asker| {
            let (run, queue) = (Arc::clone(run), Arc::clone(&queue));
            tokio::spawn(async move {
                let mut clients = Clients::new(&run.targets, run.timeout);
                while let Some((vote, attempts)) = queue.take() {
                    if Instant::now() > until {
                        break;
                    }
                    let sent = run
                        .cast(&mut clients, asker, vote, run.target(vote, attempts))
                        .await;
                    if sent.again_after.is_some() {
                        tokio::time::sleep(Duration::from_millis(50 << attempts.min(5))).await;
                        queue.give_back(vote, attempts + 1);
                    }
                }
            })
        })
        .collect();
    for asker in askers {
        let _ = asker.await;
    }
}
