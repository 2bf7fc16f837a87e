//! Owns the recording of queued envelopes: what is authentic goes to the ballot box, what can't be goes
//! to the dead letters, and a message leaves its queue only after the write that decides it.

use std::sync::Arc;
use std::time::Duration;

use election_core::envelope::MessageError;
use election_core::identifiers::RegionName;
use election_core::keys::MacSecret;
use time::OffsetDateTime;

use crate::metrics::Metrics;
use crate::ports::{
    BallotBox, DeadLetter, DeadLetterReason, Handle, Outcome, PortResult, Received, Submission,
};
use crate::regions::Region;

/// How often a message may fail before it becomes a dead letter.
pub const MOST_RECEIVES: u32 = 100;

const BATCH: usize = 1_000;
const LONGEST_WAIT: Duration = Duration::from_millis(500);
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// Records envelopes. One serves any number of regions.
pub struct Processor {
    /// Opens envelopes.
    pub mac_secret: Arc<MacSecret>,
    /// Where ballots are recorded.
    pub ballots: Arc<dyn BallotBox>,
    /// Counts outcomes.
    pub metrics: Arc<Metrics>,
}

impl Processor {
    /// Decides each message of a batch by itself. In the same order: true if it is decided and may leave
    /// the queue, false if it has to be received again.
    pub async fn process(&self, region: &RegionName, batch: &[Received]) -> Vec<bool> {
        let mut decided = vec![false; batch.len()];
        let mut submissions = Vec::with_capacity(batch.len());
        let mut places = Vec::with_capacity(batch.len());
        for (place, received) in batch.iter().enumerate() {
            match received.message.open(&self.mac_secret) {
                Ok(ballot) => {
                    submissions.push(Submission {
                        envelope: received.message.envelope,
                        ballot,
                    });
                    places.push(place);
                }
                Err(error) => {
                    let reason = match error {
                        MessageError::Undecodable => DeadLetterReason::Undecodable,
                        MessageError::Forged => DeadLetterReason::Forged,
                    };
                    decided[place] = self.set_aside(region, received, reason).await;
                }
            }
        }
        let outcomes = self.ballots.record(&submissions).await;
        for (outcome, place) in outcomes.into_iter().zip(places) {
            decided[place] = match outcome {
                Ok(outcome) => {
                    self.metrics.outcome(outcome);
                    let is_late = outcome == Outcome::Late;
                    !is_late
                        || self
                            .set_aside(region, &batch[place], DeadLetterReason::Late)
                            .await
                }
                Err(error) => {
                    tracing::warn!(%error, "a ballot wasn't recorded; its message stays in the queue");
                    let exhausted = batch[place].receives >= MOST_RECEIVES;
                    exhausted
                        && self
                            .set_aside(region, &batch[place], DeadLetterReason::ReceivesExhausted)
                            .await
                }
            };
        }
        decided
    }

    async fn set_aside(&self, region: &RegionName, received: &Received, reason: DeadLetterReason) -> bool {
        let message = received.message.clone();
        let letter = DeadLetter {
            message,
            region: region.clone(),
            reason,
            at: OffsetDateTime::now_utc(),
        };
        match self.ballots.set_aside(&letter).await {
            Ok(()) => {
                tracing::error!(%region, reason = reason.as_str(), "a message was set aside as a dead letter");
                self.metrics.dead_letter();
                true
            }
            Err(error) => {
                tracing::warn!(%error, "a dead letter couldn't be kept; its message stays in the queue");
                false
            }
        }
    }

    /// Works off a region's queue until `stop` says so. While the region isn't active it only waits.
    pub async fn run(&self, region: Arc<Region>, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let Some(intake) = region.active_intake() else {
                pause(&mut stop, RETRY_DELAY).await;
                continue;
            };
            let received = tokio::select! {
                received = intake.receive(BATCH, LONGEST_WAIT) => received,
                _ = stop.changed() => break,
            };
            let worked = async {
                let batch = received?;
                let decided = self.process(region.name(), &batch).await;
                settle(intake.as_ref(), &batch, &decided).await
            };
            if let Err(error) = worked.await {
                tracing::warn!(region = %region.name(), %error, "the queue can't be worked off; trying again");
                pause(&mut stop, RETRY_DELAY).await;
            }
        }
    }
}

/// Takes the decided messages of a batch out of the queue and gives the others back to it.
async fn settle(intake: &dyn crate::ports::Intake, batch: &[Received], decided: &[bool]) -> PortResult<()> {
    let handles = |wanted: bool| -> Vec<Handle> {
        let chosen = batch
            .iter()
            .zip(decided)
            .filter(|(_, decided)| **decided == wanted);
        chosen.map(|(received, _)| received.handle.clone()).collect()
    };
    let (done, failed) = (handles(true), handles(false));
    if !done.is_empty() {
        intake.acknowledge(&done).await?;
    }
    if !failed.is_empty() {
        intake.release(&failed, RETRY_DELAY).await?;
    }
    Ok(())
}

/// Waits, unless it is time to stop.
pub(crate) async fn pause(stop: &mut tokio::sync::watch::Receiver<bool>, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = stop.changed() => {}
    }
}
