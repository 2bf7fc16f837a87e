//! Owns the wrappers that make any adapter's calls fail as a plan says. They change nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use election_core::ballot::Ballot;
use election_core::envelope::{EnvelopeId, Message};
use election_core::identifiers::{JurisdictionId, RegionName};
use election_core::keys::{BallotKey, PersonId, VoterKey};
use election_core::phase::Phase;
use election_core::tally::{FeedRecord, Sequence, Tally};
use election_core::voter_record::{DataKey, KeyBatchId};
use election_service::ports::{
    AddOutcome, BallotBox, CopyRole, DeadLetter, Depth, ElectionRecord, Elections, Exceptions, Handle,
    Intake, KeyVault, NewElection, NewVoter, Outcome, Person, PhaseRecord, PortResult, Received, Reckoning,
    RegionState, Registration, Secrets, StoredTally, Submission, TallyStore, TallyUpdate, VoterRoll, Waiting,
    WrappedDataKey,
};
use time::OffsetDateTime;

use crate::faults::{Fault, Faults, Point, When, die, injected};

/// A port whose calls fail as the plan says.
pub struct Faulty<P: ?Sized> {
    inner: Arc<P>,
    faults: Faults,
}

macro_rules! constructors {
    ($($name:ident: $port:ident,)*) => {$(
        impl Faulty<dyn $port> {
            /// Wraps a port.
            pub fn $name(inner: &Arc<dyn $port>, faults: &Faults) -> Arc<dyn $port> {
                Arc::new(Self { inner: Arc::clone(inner), faults: faults.clone() })
            }
        }
    )*};
}

constructors! {
    elections: Elections,
    roll: VoterRoll,
    intake: Intake,
    ballots: BallotBox,
    tallies: TallyStore,
    vault: KeyVault,
}

impl<P: ?Sized> Faulty<P> {
    /// Makes a call, unless or although it is to fail.
    async fn at<T>(&self, point: Point, call: impl Future<Output = PortResult<T>>) -> PortResult<T> {
        match self.faults.reach(point) {
            None => call.await,
            Some(Fault::Fail(When::Before)) => Err(injected(point, When::Before)),
            Some(Fault::Fail(When::After)) => {
                call.await?;
                Err(injected(point, When::After))
            }
            Some(Fault::DieAfter) => {
                call.await?;
                die()
            }
        }
    }
}

#[async_trait]
impl Elections for Faulty<dyn Elections> {
    async fn create(&self, election: NewElection) -> PortResult<bool> {
        self.at(Point::ElectionsCreate, self.inner.create(election)).await
    }

    async fn load(&self) -> PortResult<Option<ElectionRecord>> {
        self.at(Point::ElectionsLoad, self.inner.load()).await
    }

    async fn phase(&self) -> PortResult<PhaseRecord> {
        self.at(Point::ElectionsPhase, self.inner.phase()).await
    }

    async fn change_phase(&self, from: Phase, to: Phase, at: OffsetDateTime) -> PortResult<bool> {
        self.at(Point::ElectionsChangePhase, self.inner.change_phase(from, to, at))
            .await
    }

    async fn certify(&self, counts: Vec<u8>, at: OffsetDateTime) -> PortResult<bool> {
        self.at(Point::ElectionsCertify, self.inner.certify(counts, at))
            .await
    }

    async fn keys_destroyed(&self) -> PortResult<()> {
        self.at(Point::ElectionsKeysDestroyed, self.inner.keys_destroyed())
            .await
    }

    async fn region_states(&self) -> PortResult<Vec<(RegionName, RegionState)>> {
        self.at(Point::ElectionsRegionStates, self.inner.region_states())
            .await
    }

    async fn declare_region(&self, region: &RegionName, state: RegionState) -> PortResult<bool> {
        self.at(
            Point::ElectionsDeclareRegion,
            self.inner.declare_region(region, state),
        )
        .await
    }

    async fn add_visit(&self) -> PortResult<u64> {
        self.at(Point::ElectionsAddVisit, self.inner.add_visit()).await
    }

    async fn visits(&self) -> PortResult<u64> {
        self.at(Point::ElectionsVisits, self.inner.visits()).await
    }
}

#[async_trait]
impl VoterRoll for Faulty<dyn VoterRoll> {
    async fn find(&self, key: &VoterKey) -> PortResult<Option<Registration>> {
        self.at(Point::RollFind, self.inner.find(key)).await
    }

    async fn persons(&self, ids: &[PersonId]) -> PortResult<Vec<Option<Person>>> {
        self.at(Point::RollPersons, self.inner.persons(ids)).await
    }

    async fn taken(&self, keys: &[VoterKey]) -> PortResult<Vec<bool>> {
        self.at(Point::RollTaken, self.inner.taken(keys)).await
    }

    async fn add(&self, voters: Vec<NewVoter>) -> PortResult<Vec<AddOutcome>> {
        self.at(Point::RollAdd, self.inner.add(voters)).await
    }

    async fn reissue(&self, person: &PersonId, old: &VoterKey, new: &VoterKey) -> PortResult<bool> {
        self.at(Point::RollReissue, self.inner.reissue(person, old, new))
            .await
    }

    async fn put_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<()> {
        self.at(Point::RollPutDataKey, self.inner.put_data_key(batch, key))
            .await
    }

    async fn data_key(&self, batch: KeyBatchId) -> PortResult<Option<WrappedDataKey>> {
        self.at(Point::RollDataKey, self.inner.data_key(batch)).await
    }

    async fn registered(&self) -> PortResult<BTreeMap<JurisdictionId, u64>> {
        self.at(Point::RollRegistered, self.inner.registered()).await
    }
}

#[async_trait]
impl Intake for Faulty<dyn Intake> {
    async fn send(&self, message: Message, role: CopyRole, delay: Duration) -> PortResult<()> {
        self.at(Point::IntakeSend, self.inner.send(message, role, delay))
            .await
    }

    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        self.at(Point::IntakeReceive, self.inner.receive(max, wait)).await
    }

    async fn acknowledge(&self, handles: &[Handle]) -> PortResult<()> {
        self.at(Point::IntakeAcknowledge, self.inner.acknowledge(handles))
            .await
    }

    async fn release(&self, handles: &[Handle], delay: Duration) -> PortResult<()> {
        self.at(Point::IntakeRelease, self.inner.release(handles, delay))
            .await
    }

    async fn waiting(&self) -> PortResult<Option<Vec<Waiting>>> {
        self.at(Point::IntakeWaiting, self.inner.waiting()).await
    }

    async fn depth(&self) -> PortResult<Depth> {
        self.at(Point::IntakeDepth, self.inner.depth()).await
    }

    async fn overdue(&self) -> PortResult<Option<Duration>> {
        self.inner.overdue().await
    }

    async fn given_up(&self) -> PortResult<Vec<DeadLetter>> {
        self.at(Point::IntakeGivenUp, self.inner.given_up()).await
    }

    async fn redrive(&self) -> PortResult<u64> {
        self.at(Point::IntakeRedrive, self.inner.redrive()).await
    }
}

#[async_trait]
impl BallotBox for Faulty<dyn BallotBox> {
    async fn find(&self, key: &BallotKey) -> PortResult<Option<Ballot>> {
        self.at(Point::BallotsFind, self.inner.find(key)).await
    }

    /// Each submission fails or not by itself; those that reach the box reach it in one call.
    async fn record(&self, submissions: &[Submission]) -> Vec<PortResult<Outcome>> {
        let point = Point::BallotsRecord;
        let planned: Vec<Option<Fault>> = submissions.iter().map(|_| self.faults.reach(point)).collect();
        let passed: Vec<Submission> = submissions
            .iter()
            .zip(&planned)
            .filter(|(_, fault)| **fault != Some(Fault::Fail(When::Before)))
            .map(|(submission, _)| submission.clone())
            .collect();
        let mut outcomes = self.inner.record(&passed).await.into_iter();
        if planned.contains(&Some(Fault::DieAfter)) {
            die();
        }
        let outcome = |fault: Option<Fault>| match fault {
            Some(Fault::Fail(When::Before)) => Err(injected(point, When::Before)),
            Some(Fault::Fail(When::After) | Fault::DieAfter) => outcomes
                .next()
                .expect("an outcome for each submission")
                .and_then(|_| Err(injected(point, When::After))),
            None => outcomes.next().expect("an outcome for each submission"),
        };
        planned.into_iter().map(outcome).collect()
    }

    async fn are_decided(&self, envelopes: &[(EnvelopeId, BallotKey)]) -> PortResult<Vec<bool>> {
        self.at(Point::BallotsAreDecided, self.inner.are_decided(envelopes))
            .await
    }

    async fn add_repeat(&self) -> PortResult<()> {
        self.at(Point::BallotsAddRepeat, self.inner.add_repeat()).await
    }

    async fn set_aside(&self, letter: &DeadLetter) -> PortResult<()> {
        self.at(Point::BallotsSetAside, self.inner.set_aside(letter))
            .await
    }

    async fn dead_letters(&self) -> PortResult<Vec<DeadLetter>> {
        self.at(Point::BallotsDeadLetters, self.inner.dead_letters())
            .await
    }

    async fn reckon(&self, waiting: &[Waiting]) -> PortResult<Reckoning> {
        self.at(Point::BallotsReckon, self.inner.reckon(waiting)).await
    }

    async fn exceptions(&self) -> PortResult<Exceptions> {
        self.at(Point::BallotsExceptions, self.inner.exceptions()).await
    }

    fn can_be_followed(&self) -> bool {
        self.inner.can_be_followed()
    }

    async fn feed(&self, after: Sequence, limit: usize) -> PortResult<Vec<FeedRecord>> {
        self.at(Point::BallotsFeed, self.inner.feed(after, limit)).await
    }

    async fn behind(&self, after: Sequence) -> PortResult<u64> {
        self.at(Point::BallotsBehind, self.inner.behind(after)).await
    }
}

#[async_trait]
impl TallyStore for Faulty<dyn TallyStore> {
    async fn load(&self) -> PortResult<StoredTally> {
        self.at(Point::TalliesLoad, self.inner.load()).await
    }

    async fn load_shard(&self, shard: &str) -> PortResult<Tally> {
        self.at(Point::TalliesLoadShard, self.inner.load_shard(shard))
            .await
    }

    async fn commit(&self, updates: Vec<TallyUpdate>, at: OffsetDateTime) -> PortResult<bool> {
        self.at(Point::TalliesCommit, self.inner.commit(updates, at))
            .await
    }

    async fn replace(&self, expected: Option<&Tally>, tally: &Tally, at: OffsetDateTime) -> PortResult<bool> {
        self.at(Point::TalliesReplace, self.inner.replace(expected, tally, at))
            .await
    }
}

#[async_trait]
impl KeyVault for Faulty<dyn KeyVault> {
    async fn secrets(&self) -> PortResult<Secrets> {
        self.at(Point::VaultSecrets, self.inner.secrets()).await
    }

    async fn generate_data_key(&self, batch: KeyBatchId) -> PortResult<(DataKey, WrappedDataKey)> {
        self.at(Point::VaultGenerateDataKey, self.inner.generate_data_key(batch))
            .await
    }

    async fn unwrap_data_key(&self, batch: KeyBatchId, key: &WrappedDataKey) -> PortResult<DataKey> {
        self.at(Point::VaultUnwrapDataKey, self.inner.unwrap_data_key(batch, key))
            .await
    }

    async fn destroy_ballot_secret(&self) -> PortResult<()> {
        self.at(
            Point::VaultDestroyBallotSecret,
            self.inner.destroy_ballot_secret(),
        )
        .await
    }
}
