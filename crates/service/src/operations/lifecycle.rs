//! Owns opening, closing and certifying.

use std::collections::BTreeMap;
use std::time::Duration;

use election_core::phase::Phase;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::{OperationError, Operations, Progress};
use crate::phase_cache::PHASE_CACHE;
use crate::ports::RegionState;
use crate::results::{CountsByJurisdiction, encode_counts};

/// How often queues are looked at while they have to stay empty.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

fn refused<T>(text: impl Into<String>) -> Result<T, OperationError> {
    Err(OperationError::Refused(text.into()))
}

impl Operations {
    /// Opens the polls. Idempotent.
    pub async fn open(&self) -> Result<(), OperationError> {
        self.advance(Phase::PreElection, Phase::Open).await
    }

    /// Closes the polls: from now on no vote is accepted, what was accepted is still recorded. Idempotent.
    pub async fn close(&self) -> Result<(), OperationError> {
        self.advance(Phase::Open, Phase::Closed).await
    }

    async fn advance(&self, from: Phase, to: Phase) -> Result<(), OperationError> {
        let changed = self
            .elections
            .change_phase(from, to, OffsetDateTime::now_utc())
            .await?;
        self.phase.forget();
        let phase = self.elections.phase().await?.phase;
        if changed {
            tracing::info!(%phase, "the phase changed");
        }
        if changed || phase == to {
            return Ok(());
        }
        match (phase, to) {
            (Phase::PreElection, _) => refused("the election isn't open yet: run `election open` first"),
            _ => refused(format!(
                "the election is {phase} already, and phases never go back"
            )),
        }
    }

    /// Certifies: once nothing can be on its way any more, recounts the ballots and makes the recount the
    /// result, for good. Every tally must agree with it. A refusal leaves the election closed.
    pub async fn certify(&self, progress: Progress<'_>) -> Result<(), OperationError> {
        match self.elections.phase().await?.phase {
            Phase::Certified => return Ok(()),
            Phase::PreElection | Phase::Open => {
                return refused("the polls aren't closed: run `election close` first");
            }
            // A certification that was interrupted goes on.
            Phase::Certifying => {}
            Phase::Closed => {
                self.nothing_stays_on_its_way(progress).await?;
                self.elections
                    .change_phase(Phase::Closed, Phase::Certifying, OffsetDateTime::now_utc())
                    .await?;
                self.phase.forget();
            }
        }
        // A batch whose phase was read before the change may still be recorded for this long.
        tokio::time::sleep(self.settling.processor_timeout).await;
        let counts = match self.certifiable_counts(progress).await {
            Ok(counts) => counts,
            Err(error) => {
                self.elections
                    .change_phase(Phase::Certifying, Phase::Closed, OffsetDateTime::now_utc())
                    .await?;
                self.phase.forget();
                return Err(error);
            }
        };
        let certified = self
            .elections
            .certify(encode_counts(&counts)?, OffsetDateTime::now_utc())
            .await?;
        self.phase.forget();
        if !certified {
            return refused(
                "the phase changed while the ballots were recounted: run `election certify` again",
            );
        }
        tracing::info!("the election is certified");
        Ok(())
    }

    /// Looks for as long as counts of messages may be wrong.
    async fn nothing_stays_on_its_way(&self, progress: Progress<'_>) -> Result<(), OperationError> {
        let began = Instant::now();
        let quiet = self.settling.quiet;
        loop {
            self.nothing_is_on_its_way().await?;
            let left = quiet.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            progress((quiet - left).as_secs(), Some(quiet.as_secs()));
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }

    async fn nothing_is_on_its_way(&self) -> Result<(), OperationError> {
        let settling = &self.settling;
        let wait =
            PHASE_CACHE + settling.request_timeout + settling.second_copy_delay + settling.visibility_timeout;
        let ready = self.elections.phase().await?.since + wait;
        let now = OffsetDateTime::now_utc();
        if now < ready {
            let at = ready.format(&Rfc3339).unwrap_or_default();
            let seconds = (ready - now).whole_seconds() + 1;
            return refused(format!(
                "votes accepted just before the close may still be on their way: certify in {seconds} s, after {at}"
            ));
        }
        let letters = self.dead_letters().await?.len();
        if letters > 0 {
            return refused(format!(
                "{letters} dead letters are undecided: look at `election dead-letters list`, mend the cause, \
                 then run `election dead-letters replay`"
            ));
        }
        for region in self.regions.iter() {
            let Some(stores) = region.kept_stores() else {
                continue;
            };
            let depth = stores.intake.depth().await?;
            let waiting = depth.primaries + depth.copies + depth.given_up;
            if waiting > 0 {
                let (name, what) = (
                    region.name(),
                    match region.state() {
                        RegionState::Failed => {
                            "restore it with `election region restore`, or give it up for good with `election region lose`"
                        }
                        _ => "let a server work them off (`election serve`), then certify again",
                    },
                );
                return refused(format!("{waiting} messages are queued in region {name}: {what}"));
            }
        }
        Ok(())
    }

    async fn certifiable_counts(
        &self,
        progress: Progress<'_>,
    ) -> Result<CountsByJurisdiction, OperationError> {
        self.tallies_are_caught_up().await?;
        let recount = self.recount(progress).await?;
        if let Some(difference) = recount.differences().next() {
            return refused(format!(
                "the recount differs: {difference}. Run `election recount` for all differences"
            ));
        }
        let late = self.ballots.dead_letters().await?.len();
        if late > 0 {
            return refused(format!(
                "{late} messages came while the recount ran: run `election dead-letters replay`, then certify again"
            ));
        }
        let registered: BTreeMap<_, _> = self.roll.registered().await?;
        for (jurisdiction, counts) in &recount.counts {
            let registered = jurisdiction
                .as_ref()
                .and_then(|id| registered.get(id))
                .copied()
                .unwrap_or(0);
            if counts.ballots > registered {
                let name = jurisdiction.as_ref().map_or("no jurisdiction", |id| id.as_str());
                return refused(format!(
                    "{} ballots are recorded in {name}, where {registered} voters are registered: \
                     find out who wrote to the ballot box before anything else",
                    counts.ballots
                ));
            }
        }
        Ok(recount.counts)
    }

    /// Folds what the active regions' tallies haven't folded: after a restart without a server there may
    /// be something left.
    async fn tallies_are_caught_up(&self) -> Result<(), OperationError> {
        if !self.ballots.can_be_followed() {
            return Ok(());
        }
        for region in self.regions.iter() {
            let Some(stores) = region.active_stores() else {
                continue;
            };
            let _turn = region.folding().await;
            while self.folder.advance(stores.tallies.as_ref()).await? > 0 {}
        }
        Ok(())
    }
}
