//! Owns what the tests do to an election: registering, casting, declaring, and letting workers run.

use std::sync::Arc;
use std::time::Duration;

use election_core::ballot::Ballot;
use election_core::content;
use election_core::envelope::Message;
use election_core::phase::Phase;
use election_core::tally::{Sequence, Tally, TallyItem, TallyKey};
use election_service::enqueuer::{Accepted, CastError};
use election_service::operations::status::Status;
use election_service::ports::{
    BallotBox, CopyRole, Depth, Elections, Intake, PortResult, Received, RegionState, Submission, TallyStore,
    TallyUpdate, VoterRoll,
};
use election_testkit::faults::Faults;
use election_testkit::fixtures;
use election_testkit::memory::{MemoryIntake, MemoryTallies};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Election, long_ago, vote};

impl Election {
    /// Puts the testkit's voters on the roll.
    pub(crate) async fn register(&self, voters: std::ops::Range<u64>) {
        let voters = voters.map(fixtures::new_voter).collect();
        self.memory.roll.add(voters).await.unwrap();
    }

    /// Puts the election in a phase, as if it had been in it for an hour.
    pub(crate) async fn enter(&self, phase: Phase) {
        let elections = &self.memory.elections;
        let from = elections.phase().await.unwrap().phase;
        assert!(elections.change_phase(from, phase, long_ago()).await.unwrap());
        self.phase.forget();
    }

    pub(crate) async fn phase(&self) -> Phase {
        self.memory.elections.phase().await.unwrap().phase
    }

    pub(crate) fn intake(&self, region: usize) -> &Arc<MemoryIntake> {
        &self.memory.regions[region].intake
    }

    pub(crate) fn tallies(&self, region: usize) -> &Arc<MemoryTallies> {
        &self.memory.regions[region].tallies
    }

    /// Casts one of a voter's votes in a region.
    pub(crate) async fn cast(&self, region: usize, voter: u64, variant: u64) -> Result<Accepted, CastError> {
        self.enqueuers[region].cast(&vote(voter, variant)).await
    }

    /// Enqueues an envelope in a region without its second copy.
    pub(crate) async fn send(&self, region: usize, message: Message) {
        let sent = self
            .intake(region)
            .send(message, CopyRole::Primary, Duration::ZERO);
        sent.await.unwrap();
    }

    /// Records one of a voter's votes, as an envelope of its own brought it.
    pub(crate) async fn record(&self, envelope: u64, voter: u64, variant: u64) {
        let ballot = self.ballot(voter, variant);
        let envelope = fixtures::envelope(envelope);
        self.record_submission(Submission { envelope, ballot }).await;
    }

    /// A voter's ballot as the enqueuer seals it.
    pub(crate) fn ballot(&self, voter: u64, variant: u64) -> Ballot {
        let place = fixtures::jurisdiction(voter);
        let content = content::canonical(&self.definition, &place, &fixtures::selections(voter, variant));
        let Ok(content) = content else {
            panic!("the testkit makes valid selections")
        };
        let (key, id) = (fixtures::ballot_key(voter), fixtures::ballot(voter, variant).id);
        Ballot::seal(&self.mac_secret, key, id, place, content::FORMAT, content)
    }

    pub(crate) async fn record_submission(&self, submission: Submission) {
        let outcomes = self.memory.ballots.record(&[submission]).await;
        assert!(outcomes.iter().all(Result::is_ok));
    }

    /// The ballot that is recorded for a voter.
    pub(crate) async fn recorded(&self, voter: u64) -> Option<Ballot> {
        let key = fixtures::ballot_key(voter);
        self.memory.ballots.find(&key).await.unwrap()
    }

    /// How much each region has queued.
    pub(crate) async fn depths(&self) -> Vec<Depth> {
        let mut depths = Vec::new();
        for region in &self.memory.regions {
            depths.push(region.intake.depth().await.unwrap());
        }
        depths
    }

    pub(crate) async fn status(&self) -> Status {
        self.operations.status().await.unwrap()
    }

    /// The status once no call fails any more.
    pub(crate) async fn status_without_faults(&self) -> Status {
        self.faults.clear();
        self.region_faults.iter().for_each(Faults::clear);
        self.status().await
    }

    /// Declares a region's state; what only a lost one held is deleted.
    pub(crate) async fn declare(&self, region: usize, state: RegionState) {
        let name = fixtures::region(region);
        self.operations.set_region(name.as_str(), state).await.unwrap();
        if state == RegionState::Lost {
            self.memory.lose_region(region);
        }
    }

    /// Folds a region's feed as far as it may be.
    pub(crate) async fn fold(&self, region: usize) -> PortResult<u64> {
        let stores = self.regions.iter().nth(region).and_then(|own| own.kept_stores());
        let tallies = stores.expect("a region that isn't lost").tallies;
        let mut folded = 0;
        loop {
            match self.folder.advance(tallies.as_ref()).await? {
                0 => return Ok(folded),
                records => folded += records,
            }
        }
    }

    /// Lets the workers of all regions run, under the paused clock, until `done`.
    pub(crate) async fn run_until(&self, done: impl AsyncFn() -> bool) {
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        for region in self.regions.iter().cloned() {
            let (processor, folder) = (self.processor.clone(), self.folder.clone());
            let (own, stopped_too) = (region.clone(), stopped.clone());
            workers.spawn(async move { processor.run(own, stopped_too).await });
            let stopped_too = stopped.clone();
            workers.spawn(async move { folder.run(region, stopped_too).await });
        }
        let condition = async {
            while !done().await {
                // The clock is paused: this lets it go on to whatever is due next.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(3_600), condition)
            .await
            .expect("the workers get there within an hour of the paused clock");
        stop.send(true).unwrap();
        while workers.join_next().await.is_some() {}
    }

    /// Lets the workers run until the active regions' queues are empty and their tallies caught up.
    pub(crate) async fn work_off(&self) {
        self.run_until(async || self.is_idle().await).await;
    }

    async fn is_idle(&self) -> bool {
        for (region, own) in self.regions.iter().zip(&self.memory.regions) {
            let stored = own.tallies.load().await.unwrap();
            let is_idle = own.intake.depth().await.unwrap() == Depth::default()
                && self.operations.lag(&stored.tally).await == Ok(Some(0));
            if region.is_active() && !is_idle {
                return false;
            }
        }
        true
    }
}

/// Parts of a worker's round, for tests that stop in between.
impl Election {
    /// Receives what is due in a region.
    pub(crate) async fn receive(&self, region: usize, max: usize) -> Vec<Received> {
        self.intake(region).receive(max, Duration::ZERO).await.unwrap()
    }

    /// Decides a batch of a region.
    pub(crate) async fn process(&self, region: usize, batch: &[Received]) -> Vec<bool> {
        self.processor.process(&fixtures::region(region), batch).await
    }

    /// A region's tally as stored.
    pub(crate) async fn tally(&self, region: usize) -> Tally {
        self.tallies(region).load().await.unwrap().tally
    }

    /// Writes a region's tally as nobody may.
    pub(crate) async fn overwrite_tally(&self, region: usize, tally: &Tally) {
        let stored = self.tally(region).await;
        let update = |(key, item): (&TallyKey, &TallyItem)| TallyUpdate {
            expected: stored.get(key).map_or(Sequence::START, |item| item.last_sequence),
            key: key.clone(),
            item: item.clone(),
        };
        let updates = tally.iter().map(update).collect();
        assert!(self.tallies(region).commit(updates, long_ago()).await.unwrap());
    }
}
