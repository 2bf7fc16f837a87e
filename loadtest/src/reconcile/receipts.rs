//! Owns receipts: each is looked up until it is recorded or refused as another, and is held against the ballot
//! that it is for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use election_core::content::FORMAT;
use election_core::receipt::BallotDigest;

use super::{ASKERS, Queue};
use crate::api::{Clients, NoDocument, ReceiptStatus};
use crate::casting::Run;
use crate::ledger::{Fate, State};

/// Asks for all receipts until each says what became of its ballot, or the time is up.
pub(super) async fn look_up(run: &Arc<Run>, until: Instant) {
    let with_receipt = run.ledger.entries().filter(|(_, entry)| entry.receipt.is_some());
    let queue = Arc::new(Queue::new(with_receipt.map(|(vote, _)| vote)));
    let askers: Vec<_> = (0..ASKERS)
        .map(|asker| tokio::spawn(ask(Arc::clone(run), Arc::clone(&queue), asker, until)))
        .collect();
    for asker in askers {
        let _ = asker.await;
    }
}

async fn ask(run: Arc<Run>, queue: Arc<Queue>, asker: usize, until: Instant) {
    let mut clients = Clients::new(&run.targets, run.timeout);
    // Stays with a region that answers.
    let mut place = asker % run.targets.len();
    while let Some((vote, attempts)) = queue.take() {
        let Some(receipt) = run.ledger.entry(vote).receipt else {
            continue;
        };
        let path = format!("/receipts/{}", receipt.printed());
        let status = clients.get::<ReceiptStatus>(&run.targets[place], &path).await;
        let fate = match status {
            Ok(answer) if answer.status == "recorded" => Some(Fate::Recorded),
            Ok(answer) if answer.status == "another-ballot-recorded" => Some(Fate::Another),
            Ok(_) | Err(NoDocument::Garbage(_)) => {
                run.surprises
                    .note("GET /receipts/{receipt} was answered with garbage".to_owned());
                None
            }
            Err(NoDocument::Problem(404, _)) => None,
            Err(_) => {
                place = (place + 1) % run.targets.len();
                None
            }
        };
        match fate {
            Some(fate) => run.ledger.entry(vote).fate = fate,
            None if Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(10 << attempts.min(6))).await;
                queue.give_back(vote, attempts + 1);
            }
            None => {}
        }
    }
}

/// Holds every receipt against its ballot, as a voter's page does.
pub(super) fn check_digests(run: &Run) {
    let hash = run.ballots.definition.hash();
    let mut wrong = 0;
    for (vote, entry) in run.ledger.entries() {
        let Some(receipt) = entry.receipt.filter(|_| entry.state == State::Accepted) else {
            continue;
        };
        let ballot = run.ballots.ballot(run.ledger.which(vote));
        let digest = BallotDigest::of(
            &hash,
            receipt.ballot_key(),
            &ballot.id,
            FORMAT,
            ballot.content.as_bytes(),
        );
        wrong += u64::from(!receipt.is_for(&digest));
    }
    if wrong > 0 {
        run.surprises
            .note_many("a receipt is for another ballot than was sent".to_owned(), wrong);
    }
}
