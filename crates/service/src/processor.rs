//! Owns the recording of queued envelopes: what is authentic goes to the ballot box, what can't be goes
//! to the dead letters, and a message leaves its queue only after the write that decides it.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use election_core::envelope::{Message, MessageError};
use election_core::identifiers::RegionName;
use election_core::keys::MacSecret;
use time::OffsetDateTime;

use crate::metrics::Metrics;
use crate::ports::{
    BallotBox, CopyRole, DeadLetter, DeadLetterReason, Handle, Outcome, PortResult, Received, Submission,
};
use crate::regions::Region;

/// How often a message may fail before it becomes a dead letter.
pub const MOST_RECEIVES: u32 = 100;

const BATCH: usize = 20_000;
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
    /// How often a queue is worked off at most; zero for as often as it can be. Under load much comes in
    /// between, which a store that commits in groups records together for a fraction of the cost; who votes
    /// alone is recorded at once.
    pub pace: Duration,
}

impl Processor {
    /// Decides each message of a batch by itself. In the same order: true if it is decided and may leave
    /// the queue, false if it has to be received again.
    pub async fn process(&self, region: &RegionName, batch: &[Received]) -> Vec<bool> {
        let mut decided = self.decided_before(region, batch).await;
        let mut submissions = Vec::with_capacity(batch.len());
        let mut places = Vec::with_capacity(batch.len());
        for (place, opened) in self.open(batch, &decided).await {
            match opened {
                Ok(submission) => {
                    submissions.push(submission);
                    places.push(place);
                }
                Err(error) => {
                    let reason = match error {
                        MessageError::Undecodable => DeadLetterReason::Undecodable,
                        MessageError::Forged => DeadLetterReason::Forged,
                    };
                    decided[place] = self.set_aside(region, &batch[place], reason).await;
                }
            }
        }
        if submissions.is_empty() {
            return decided;
        }
        let outcomes = self.ballots.record(&submissions).await;
        for (outcome, place) in outcomes.into_iter().zip(places) {
            decided[place] = match outcome {
                Ok(outcome) => {
                    self.metrics.outcome(region, outcome);
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

    /// Which second copies are of envelopes that are decided already, as most are.
    async fn decided_before(&self, region: &RegionName, batch: &[Received]) -> Vec<bool> {
        let is_second = |received: &&Received| received.role == CopyRole::Second;
        let name = |received: &Received| (received.message.envelope, received.message.ballot_key);
        let seconds: Vec<_> = batch.iter().filter(is_second).map(name).collect();
        if seconds.is_empty() {
            return vec![false; batch.len()];
        }
        match self.ballots.are_decided(&seconds).await {
            Ok(answers) => {
                let mut answers = answers.into_iter();
                let decided: Vec<bool> = batch
                    .iter()
                    .map(|received| received.role == CopyRole::Second && answers.next().unwrap_or(false))
                    .collect();
                for _ in decided.iter().filter(|is_decided| **is_decided) {
                    self.metrics.outcome(region, Outcome::AlreadyDecided);
                }
                decided
            }
            Err(error) => {
                tracing::warn!(%error, "the ballot box can't be read; second copies are recorded as first ones are");
                vec![false; batch.len()]
            }
        }
    }

    /// Opens the messages that aren't decided, with their places in the batch. On a thread that may block:
    /// a big batch is some ten milliseconds' work.
    async fn open(
        &self,
        batch: &[Received],
        decided: &[bool],
    ) -> Vec<(usize, Result<Submission, MessageError>)> {
        let undecided = batch.iter().zip(decided).enumerate();
        let messages: Vec<(usize, Message)> = undecided
            .filter(|(_, (_, is_decided))| !**is_decided)
            .map(|(place, (received, _))| (place, received.message.clone()))
            .collect();
        let secret = self.mac_secret.clone();
        let open = move || {
            let open = |(place, message): (usize, Message)| {
                let envelope = message.envelope;
                let opened = message.open(&secret);
                (place, opened.map(|ballot| Submission { envelope, ballot }))
            };
            messages.into_iter().map(open).collect()
        };
        // It fails only if the process ends or opening panicked; then the messages are received again.
        tokio::task::spawn_blocking(open).await.unwrap_or_default()
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
            let worked = worked.await;
            if let Err(error) = worked {
                tracing::warn!(region = %region.name(), %error, "the queue can't be worked off; trying again");
                pause(&mut stop, RETRY_DELAY).await;
            }
            pause(&mut stop, until_next_turn(self.pace)).await;
        }
    }
}

/// The time until the next turn. All regions' turns are at the same moment, so that a store that commits
/// in groups takes what they bring as one.
fn until_next_turn(pace: Duration) -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let passed = START.elapsed().as_nanos().checked_rem(pace.as_nanos());
    let passed = passed.and_then(|passed| u64::try_from(passed).ok());
    pace - Duration::from_nanos(passed.unwrap_or_default())
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
