//! That each write of the adapters comes to what it should when its request or its answer fails, once or for as
//! long as anybody tries, and that nothing is ever counted twice or lost. Over 400 lines: a write's place on the wire,
//! its call and what it has to come to are read together.

use std::fmt;

use election_core::ballot::Ballot;
use election_core::identifiers::RegionName;
use election_core::phase::Phase;
use election_core::tally::{Counts, Sequence, Tally, TallyItem, TallyKey};
use election_core::voter_record::KeyBatchId;
use election_service::ports::{
    AddOutcome, DeadLetterReason, Exceptions, Outcome, PortError, PortResult, RegionState, TallyUpdate,
    WrappedDataKey,
};
use election_testkit::fixtures::{
    at, ballot, ballot_key, dead_letter, jurisdiction, message, new_election, new_voter, person_id, region,
    submission, voter_key,
};
use futures_util::future::{LocalBoxFuture, join_all};

use crate::support::Wired;
use crate::wire::Fault;

/// A write of the adapters, and where on the wire it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Record,
    DecideAsRepeat,
    DecideAsConflict,
    SetAside,
    DecideLetter,
    AddRepeat,
    Commit,
    FillAnew,
    Turn,
    PointToVoter,
    AddPerson,
    PointToReissue,
    Reissue,
    PutDataKey,
    Create,
    ChangePhase,
    KeepCounts,
    Certify,
    DestroyKeys,
    DeclareRegion,
}

/// What a write told of itself, where that matters.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Outcome(Outcome),
    Done(bool),
}

const ALL: [Write; 20] = [
    Write::Record,
    Write::DecideAsRepeat,
    Write::DecideAsConflict,
    Write::SetAside,
    Write::DecideLetter,
    Write::AddRepeat,
    Write::Commit,
    Write::FillAnew,
    Write::Turn,
    Write::PointToVoter,
    Write::AddPerson,
    Write::PointToReissue,
    Write::Reissue,
    Write::PutDataKey,
    Write::Create,
    Write::ChangePhase,
    Write::KeepCounts,
    Write::Certify,
    Write::DestroyKeys,
    Write::DeclareRegion,
];

impl fmt::Display for Write {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

fn tally(last_sequence: u64, ballots: u64) -> (TallyKey, TallyItem) {
    let key = TallyKey {
        shard: "shardId-1".to_owned(),
        jurisdiction: Some(jurisdiction(0)),
    };
    let counts = Counts {
        ballots,
        ..Counts::default()
    };
    let item = TallyItem {
        last_sequence: last_sequence.into(),
        counts,
        ..TallyItem::default()
    };
    (key, item)
}

fn lost() -> RegionName {
    region(2)
}

const BATCH: KeyBatchId = KeyBatchId([7; 16]);

impl Write {
    /// Its operation, and what only its request holds.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Record => ("PutItem", "\"ballots\""),
            Self::DecideAsRepeat | Self::AddRepeat => ("PutItem", "\"repeat"),
            Self::DecideAsConflict => ("PutItem", "\"conflict\""),
            Self::SetAside => ("PutItem", "\"body\""),
            Self::DecideLetter => ("PutItem", "\"conflicts\""),
            Self::Commit => ("TransactWriteItems", ""),
            Self::FillAnew => ("BatchWriteItem", "PutRequest"),
            Self::Turn => ("UpdateItem", "\"tallies"),
            Self::PointToVoter | Self::PointToReissue => ("PutItem", "\"person\""),
            Self::AddPerson => ("PutItem", "\"record\""),
            Self::Reissue => ("UpdateItem", "\"voters\""),
            Self::PutDataKey => ("PutItem", "\"wrapped\""),
            Self::Create => ("PutItem", "\"definition\""),
            Self::ChangePhase | Self::Certify => ("UpdateItem", "\"elections\""),
            Self::DestroyKeys => ("UpdateItem", "\"keys_destroyed\""),
            Self::KeepCounts => ("PutItem", "\"part\""),
            Self::DeclareRegion => ("PutItem", "\"states\""),
        }
    }

    /// What has to be there before.
    async fn prepare(self, ports: &Wired) {
        match self {
            Self::DecideAsRepeat | Self::DecideAsConflict | Self::DecideLetter => {
                record(ports, 1, 0).await.unwrap();
            }
            Self::PointToReissue | Self::Reissue => {
                ports.roll.add(vec![new_voter(1)]).await.unwrap();
            }
            Self::FillAnew | Self::Turn => {
                assert!(commit(ports, 0, 3).await.unwrap());
            }
            _ => {}
        }
        if self == Self::DecideLetter {
            let letter = dead_letter(message(2, 1, 0), DeadLetterReason::ReceivesExhausted, 1);
            // It comes in the place of a letter that was kept before the ballot was recorded.
            ports.ballots.set_aside(&letter).await.unwrap();
        }
        if matches!(
            self,
            Self::ChangePhase | Self::KeepCounts | Self::Certify | Self::DestroyKeys
        ) {
            ports.elections.create(new_election()).await.unwrap();
        }
        if matches!(self, Self::KeepCounts | Self::Certify) {
            let way = [Phase::PreElection, Phase::Open, Phase::Closed, Phase::Certifying];
            for step in way.windows(2) {
                assert!(
                    ports
                        .elections
                        .change_phase(step[0], step[1], at(1))
                        .await
                        .unwrap()
                );
            }
        }
    }

    async fn run(self, ports: &Wired) -> PortResult<Told> {
        match self {
            Self::Record => record(ports, 1, 0).await.map(Told::Outcome),
            Self::DecideAsRepeat | Self::DecideLetter => record(ports, 2, 0).await.map(Told::Outcome),
            Self::DecideAsConflict => record(ports, 2, 1).await.map(Told::Outcome),
            Self::SetAside => {
                let letter = dead_letter(message(1, 1, 0), DeadLetterReason::Undecodable, 1);
                ports.ballots.set_aside(&letter).await.map(|()| Told::Done(true))
            }
            Self::AddRepeat => ports.ballots.add_repeat().await.map(|()| Told::Done(true)),
            Self::Commit => commit(ports, 0, 3).await.map(Told::Done),
            Self::FillAnew | Self::Turn => {
                let before = Tally::from([tally(3, 3)]);
                let anew = Tally::from([tally(9, 9)]);
                ports
                    .tallies
                    .replace(Some(&before), &anew, at(2))
                    .await
                    .map(Told::Done)
            }
            Self::PointToVoter | Self::AddPerson => {
                let outcomes = ports.roll.add(vec![new_voter(1)]).await?;
                Ok(Told::Done(outcomes == [AddOutcome::Added]))
            }
            Self::PointToReissue | Self::Reissue => {
                let (old, new) = (voter_key(1, 0), voter_key(1, 1));
                ports
                    .roll
                    .reissue(&person_id(1), &old, &new)
                    .await
                    .map(Told::Done)
            }
            Self::PutDataKey => {
                let wrapped = WrappedDataKey(vec![1, 2, 3]);
                ports
                    .roll
                    .put_data_key(BATCH, &wrapped)
                    .await
                    .map(|()| Told::Done(true))
            }
            Self::Create => ports.elections.create(new_election()).await.map(Told::Done),
            Self::ChangePhase => {
                let (from, to) = (Phase::PreElection, Phase::Open);
                ports
                    .elections
                    .change_phase(from, to, at(1))
                    .await
                    .map(Told::Done)
            }
            Self::KeepCounts | Self::Certify => ports
                .elections
                .certify(b"counts".to_vec(), at(2))
                .await
                .map(Told::Done),
            Self::DestroyKeys => ports.elections.keys_destroyed().await.map(|()| Told::Done(true)),
            Self::DeclareRegion => {
                let lost = lost();
                let declared = ports.elections.declare_region(&lost, RegionState::Lost);
                declared.await.map(Told::Done)
            }
        }
    }

    /// What it tells if nothing fails.
    fn told(self) -> Told {
        match self {
            Self::Record => Told::Outcome(Outcome::Recorded),
            Self::DecideAsRepeat | Self::DecideLetter => Told::Outcome(Outcome::Repeat),
            Self::DecideAsConflict => Told::Outcome(Outcome::Conflict),
            _ => Told::Done(true),
        }
    }

    /// What it may tell after a try that took effect and wasn't answered: an envelope is decided once, so the next
    /// try finds it decided. The others know their own writes again.
    fn told_after_lost_answer(self) -> Told {
        match self.told() {
            Told::Outcome(_) => Told::Outcome(Outcome::AlreadyDecided),
            told => told,
        }
    }

    /// That it was done, once.
    async fn assert_done(self, ports: &Wired, fault: Fault) {
        let reckoning = ports.ballots.reckon(&[]).await.unwrap();
        let counted = (
            reckoning.recorded,
            reckoning.repeats,
            reckoning.conflicts,
            reckoning.dead_letters,
        );
        let expected = match self {
            Self::Record => (1, 0, 0, 0),
            Self::DecideAsRepeat | Self::DecideLetter => (1, 1, 0, 0),
            Self::DecideAsConflict => (1, 0, 1, 0),
            Self::SetAside => (0, 0, 0, 1),
            Self::AddRepeat => (0, 1, 0, 0),
            _ => (0, 0, 0, 0),
        };
        assert_eq!(counted, expected, "{self} {fault:?}");
        let stored = ports.tallies.load().await.unwrap().tally;
        match self {
            Self::Record | Self::DecideAsRepeat | Self::DecideAsConflict | Self::DecideLetter => {
                let recorded: Option<Ballot> = ports.ballots.find(&ballot_key(1)).await.unwrap();
                assert!(recorded == Some(ballot(1, 0)), "{self} {fault:?}");
            }
            Self::Commit => assert_eq!(stored, Tally::from([tally(3, 3)]), "{fault:?}"),
            Self::FillAnew | Self::Turn => assert_eq!(stored, Tally::from([tally(9, 9)]), "{fault:?}"),
            Self::PointToVoter | Self::AddPerson => self.assert_voter(ports, 0).await,
            Self::PointToReissue | Self::Reissue => self.assert_voter(ports, 1).await,
            Self::PutDataKey => {
                let kept = ports.roll.data_key(BATCH).await.unwrap();
                assert!(kept == Some(WrappedDataKey(vec![1, 2, 3])));
            }
            Self::DeclareRegion => {
                let states = ports.elections.region_states().await.unwrap();
                assert_eq!(states, [(lost(), RegionState::Lost)]);
            }
            _ => {}
        }
        let election = ports.elections.load().await.unwrap();
        let phase = election.as_ref().map(|election| election.phase.phase);
        match self {
            Self::Create => assert_eq!(phase, Some(Phase::PreElection)),
            Self::ChangePhase => assert_eq!(phase, Some(Phase::Open)),
            Self::KeepCounts | Self::Certify => {
                let certified = election.and_then(|election| election.certified);
                assert_eq!(
                    certified.as_deref(),
                    Some(b"counts".as_slice()),
                    "{self} {fault:?}"
                );
            }
            Self::DestroyKeys => assert!(election.is_some_and(|election| election.keys_destroyed)),
            _ => {}
        }
    }

    async fn assert_voter(self, ports: &Wired, letter: u64) {
        for earlier in 0..=letter {
            let found = ports
                .roll
                .find(&voter_key(1, earlier))
                .await
                .unwrap()
                .expect("a voter");
            assert!(
                found.person == person_id(1) && found.revoked == (earlier < letter),
                "{self}"
            );
        }
        assert_eq!(ports.roll.registered().await.unwrap().values().sum::<u64>(), 1);
    }
}

async fn record(ports: &Wired, envelope: u64, variant: u64) -> PortResult<Outcome> {
    ports
        .ballots
        .record(&[submission(envelope, 1, variant)])
        .await
        .remove(0)
}

async fn commit(ports: &Wired, expected: u64, last_sequence: u64) -> PortResult<bool> {
    let (key, item) = tally(last_sequence, 3);
    let update = TallyUpdate {
        key,
        expected: if expected == 0 {
            Sequence::START
        } else {
            expected.into()
        },
        item,
    };
    ports.tallies.commit(vec![update], at(1)).await
}

/// Runs every write against a fault, all at once.
async fn against(fault: Fault, test: impl AsyncFn(Write, Wired, Fault)) {
    let test = &test;
    // They are large.
    let run = |write: Write| -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            let ports = Wired::start().await;
            Box::pin(write.prepare(&ports)).await;
            Box::pin(test(write, ports, fault)).await;
        })
    };
    join_all(ALL.map(run)).await;
}

/// One failure is made good before anybody is told of it.
async fn once(write: Write, ports: Wired, fault: Fault) {
    let (operation, holding) = write.place();
    ports.wire.strike(operation, holding, fault);
    let told = Box::pin(write.run(&ports)).await;
    assert_eq!(ports.wire.struck(), 1, "{write} {fault:?} struck as planned");
    let expected = if fault.is_after() {
        write.told_after_lost_answer()
    } else {
        write.told()
    };
    assert_eq!(told, Ok(expected), "{write} {fault:?}");
    Box::pin(write.assert_done(&ports, fault)).await;
}

/// Failure after failure is told as what it is; nothing is decided by it, and the same call succeeds later.
async fn always(write: Write, ports: Wired, fault: Fault) {
    let (operation, holding) = write.place();
    ports.wire.strike_times(operation, holding, 0, usize::MAX, fault);
    let error = write
        .run(&ports)
        .await
        .expect_err("nobody is told that it was done");
    let is_overload = error == PortError::Overloaded;
    assert_eq!(
        is_overload,
        fault == Fault::Throttled,
        "{write} {fault:?}: {error}"
    );
    assert!(
        is_overload || matches!(error, PortError::Unavailable(_)),
        "{write} {fault:?}: {error}"
    );
    ports.wire.calm();
    let told = Box::pin(write.run(&ports))
        .await
        .expect("the call succeeds later");
    if !fault.is_after() {
        assert_eq!(told, write.told(), "{write} {fault:?}");
    }
    // A repeat without an envelope whose answer got lost may count twice: the port says so of its errors.
    if write != Write::AddRepeat || !fault.is_after() {
        Box::pin(write.assert_done(&ports, fault)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_once_is_made_once() {
    for fault in Fault::PASSING {
        against(fault, once).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_keeps_failing_is_told_and_made_once_later() {
    for fault in Fault::PASSING {
        against(fault, always).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_garbage_is_no_outcome() {
    against(Fault::Garbage, always).await;
}

/// The SDK gives up after four tries; other regions may write the same voter's item for longer.
#[tokio::test(flavor = "multi_thread")]
async fn ten_write_conflicts_in_a_row_are_none_of_the_voters_concern() {
    let ports = Wired::start().await;
    ports
        .wire
        .strike_times("PutItem", "\"ballots\"", 0, 10, Fault::WriteConflict);
    assert_eq!(record(&ports, 1, 0).await, Ok(Outcome::Recorded));
    assert_eq!(ports.wire.struck(), 10);
    assert_eq!(ports.ballots.exceptions().await, Ok(Exceptions::default()));
}
