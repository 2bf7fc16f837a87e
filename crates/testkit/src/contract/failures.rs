//! The properties that hold over all ports when any write fails, before or after it persisted, and its
//! caller does what the port's documentation says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use election_core::phase::Phase;
use election_core::tally::{self, FeedEvent, FeedRecord, Sequence, Tally};
use election_core::voter_record::KeyBatchId;
use election_service::ports::{
    AddOutcome, BallotBox, CopyRole, DeadLetterReason, Depth, Intake, Outcome, PortResult, Received,
    Reckoning, RegionState, Submission, TallyStore, TallyUpdate,
};

use super::{Adapter, at_once, open, until_ok};
use crate::Stores;
use crate::faults::{Faults, Point, When};
use crate::fixtures::{
    at, ballot, ballot_key, dead_letter, definition, envelope, jurisdiction, mac_secret, message,
    message_with, new_election, new_voter, person_id, region, submission, voter_key,
};

/// The writes that a vote goes through; the others are the operators'.
pub const VOTE_WRITES: [Point; 8] = [
    Point::IntakeSend,
    Point::IntakeReceive,
    Point::IntakeAcknowledge,
    Point::IntakeRelease,
    Point::BallotsRecord,
    Point::BallotsAddRepeat,
    Point::BallotsSetAside,
    Point::TalliesCommit,
];

const NOW: Duration = Duration::ZERO;
/// Short, as lost receives come back only after it.
const VISIBILITY: Duration = Duration::from_millis(20);

/// For each write, its first and its last time in the course of a vote: both copies of the envelope, a
/// retry, a conflicting vote, a broken message and its redrive, and the tallies of all regions.
pub async fn a_vote_is_counted_once_whichever_write_fails(adapter: &dyn Adapter) {
    let stores = adapter.open(VISIBILITY).await;
    let faults = Faults::default();
    let faulty = stores.faulty(&faults);
    let mut stream = Vec::new();
    let mut repeats = vote(&faulty, 0, &mut stream).await;
    let mut times = BTreeMap::<Point, u64>::new();
    for point in faults.writes() {
        *times.entry(point).or_default() += 1;
    }
    assert!(
        times.keys().copied().eq(BTreeSet::from(VOTE_WRITES)),
        "the pipeline makes every write of a vote"
    );

    let mut voter = 0;
    for (point, times) in times {
        for (nth, when) in BTreeSet::from([1, times])
            .into_iter()
            .flat_map(|nth| When::ALL.map(|when| (nth, when)))
        {
            voter += 1;
            faults.clear();
            faults.fail_nth(point, nth, when);
            let answered = vote(&faulty, voter, &mut stream).await;
            let is_lost_answer = point == Point::BallotsAddRepeat && when == When::After;
            repeats += answered + u64::from(is_lost_answer);
            assert_eq!(faults.failed(), 1, "{point} failed as planned");
            let recorded = stores.ballots.find(&ballot_key(voter)).await.unwrap();
            assert!(
                recorded == Some(ballot(voter, 0)),
                "failing {when:?} {point}, time {nth}"
            );
        }
    }
    let each = voter + 1;
    let reckoning = stores.ballots.reckon(&[]).await.unwrap();
    let expected = Reckoning {
        recorded: each,
        repeats: each + repeats,
        conflicts: each,
        dead_letters: each,
        undecided: vec![],
    };
    assert_eq!(reckoning, expected);
    assert_tallied(&stores, each).await;
}

/// Every region's tally is a recount's, and counts that many ballots.
async fn assert_tallied(stores: &Stores, ballots: u64) {
    let mut recount = Tally::new();
    let records = super::feed::read_on(stores.ballots.as_ref(), Sequence::START, 1_000).await;
    tally::fold(
        &mut recount,
        definition(),
        mac_secret(),
        <dyn BallotBox>::SHARD,
        &records,
    );
    assert_eq!(
        recount.values().map(|item| item.counts.ballots).sum::<u64>(),
        ballots
    );
    for tallies in &stores.tallies {
        let stored = tallies.load().await.unwrap().tally;
        if stores.ballots.can_be_followed() {
            assert_eq!(stored, recount);
        } else {
            // A stream numbers its records otherwise.
            assert_eq!(tally::by_jurisdiction(&stored), tally::by_jurisdiction(&recount));
        }
    }
}

/// Takes a voter through everything. Returns the repeats that were surely counted without an envelope. `stream`
/// is what has told of the voters before, where the feed can't be followed.
async fn vote(stores: &Stores, voter: u64, stream: &mut Vec<FeedRecord>) -> u64 {
    let number = voter * 4;
    for (message, own, peer) in [
        (message(number, voter, 0), 0, 1),
        (message(number + 1, voter, 0), 1, 2),
        (message(number + 2, voter, 1), 2, 0),
        (message_with(number + 3, voter, vec![7]), 0, 2),
    ] {
        for (place, role) in [(own, CopyRole::Primary), (peer, CopyRole::Second)] {
            until_ok(|| stores.intakes[place].send(message.clone(), role, NOW)).await;
        }
        for intake in &stores.intakes {
            work_off(stores, intake.as_ref()).await;
        }
    }
    redrive(stores, number + 3).await;
    let repeat = stores.ballots.add_repeat().await;
    if !stores.ballots.can_be_followed() {
        tell(stores, voter, stream).await;
    }
    for tallies in &stores.tallies {
        until_ok(|| advance(stores.ballots.as_ref(), stream, tallies.as_ref())).await;
    }
    u64::from(repeat.is_ok())
}

/// Tells of a voter's recorded ballot as a store's stream does.
async fn tell(stores: &Stores, voter: u64, stream: &mut Vec<FeedRecord>) {
    let key = ballot_key(voter);
    let ballot = until_ok(|| stores.ballots.find(&key)).await.expect("a ballot");
    stream.push(FeedRecord {
        sequence: (stream.len() as u64 + 1).into(),
        jurisdiction: Some(ballot.jurisdiction.clone()),
        event: FeedEvent::Inserted(Box::new(ballot)),
    });
}

/// The next records to be counted: those of the feed or of the stream.
async fn next_records(
    ballots: &dyn BallotBox,
    stream: &[FeedRecord],
    after: Sequence,
) -> PortResult<Vec<FeedRecord>> {
    if ballots.can_be_followed() {
        return ballots.feed(after, 10).await;
    }
    let next = stream.iter().filter(|record| record.sequence > after);
    Ok(next.take(10).cloned().collect())
}

/// Enqueues a dead letter again; being decided removes it.
async fn redrive(stores: &Stores, number: u64) {
    let letters = stores.ballots.dead_letters().await.unwrap();
    let letter = letters
        .into_iter()
        .find(|letter| letter.message.envelope == envelope(number));
    let message = letter.expect("the broken message was set aside").message;
    until_ok(|| stores.intakes[0].send(message.clone(), CopyRole::Primary, NOW)).await;
    work_off(stores, stores.intakes[0].as_ref()).await;
}

/// Works off a queue as a processor does. Whatever fails there comes back when its lease ends.
async fn work_off(stores: &Stores, intake: &dyn Intake) {
    while intake.depth().await.unwrap() != Depth::default() {
        // So that an adapter that never waits can still be timed out.
        tokio::task::yield_now().await;
        for received in intake.receive(10, VISIBILITY).await.unwrap_or_default() {
            let handle = [received.handle.clone()];
            // Each primary is given back once, as if its processor had been stopped.
            let decided = received.receives > 1 || received.role == CopyRole::Second;
            let settled = if decided && decide(stores, &received).await.is_ok() {
                intake.acknowledge(&handle).await
            } else {
                intake.release(&handle, NOW).await
            };
            drop(settled);
        }
    }
}

async fn decide(stores: &Stores, received: &Received) -> PortResult<()> {
    match received.message.open(mac_secret()) {
        Ok(ballot) => {
            let submission = Submission {
                envelope: received.message.envelope,
                ballot,
            };
            stores.ballots.record(&[submission]).await.remove(0).map(drop)
        }
        Err(_) => {
            let letter = dead_letter(received.message.clone(), DeadLetterReason::Undecodable, 1);
            stores.ballots.set_aside(&letter).await
        }
    }
}

/// Folds the feed, or the stream, to its end.
async fn advance(ballots: &dyn BallotBox, stream: &[FeedRecord], tallies: &dyn TallyStore) -> PortResult<()> {
    loop {
        let before = tallies.load().await?.tally;
        let counted = before
            .values()
            .map(|item| item.last_sequence)
            .max()
            .unwrap_or(Sequence::START);
        let records = next_records(ballots, stream, counted).await?;
        if records.is_empty() {
            return Ok(());
        }
        let mut after = before.clone();
        let changed = tally::fold(
            &mut after,
            definition(),
            mac_secret(),
            <dyn BallotBox>::SHARD,
            &records,
        );
        let update = |key| TallyUpdate {
            expected: before
                .get(&key)
                .map_or(Sequence::START, |item| item.last_sequence),
            item: after[&key].clone(),
            key,
        };
        tallies
            .commit(changed.into_iter().map(update).collect(), at(1))
            .await?;
    }
}

/// Each of the operators' writes, by itself: from creating the election to destroying its keys.
pub async fn an_election_is_run_whichever_write_fails(adapter: &dyn Adapter) {
    let mut runs = Vec::new();
    for point in Point::writes().filter(|point| !VOTE_WRITES.contains(point)) {
        for when in When::ALL {
            let stores = open(adapter).await;
            runs.push(async move {
                let faults = Faults::default();
                faults.fail_next(point, when);
                run_election(&stores.faulty(&faults)).await;
                assert_eq!(faults.failed(), 1, "{point} failed as planned");
                faults.clear();
                assert_run(&stores).await;
            });
        }
    }
    at_once(runs).await;
}

/// Runs an election with two voters, one of whom gets another letter.
async fn run_election(stores: &Stores) {
    let (elections, roll, vault) = (&stores.elections, &stores.roll, &stores.vault);
    let created = until_ok(|| elections.create(new_election())).await;
    assert!(created || elections.load().await.unwrap().is_some());

    let batch = KeyBatchId([1; 16]);
    let (_, wrapped) = until_ok(|| vault.generate_data_key(batch)).await;
    until_ok(|| roll.put_data_key(batch, &wrapped)).await;
    let outcomes = until_ok(|| roll.add([0, 1].map(new_voter).into())).await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| *outcome != AddOutcome::VoterKeyTaken)
    );
    let (voter, old, new) = (person_id(0), voter_key(0, 0), voter_key(0, 1));
    let reissued = until_ok(|| roll.reissue(&voter, &old, &new)).await;
    let person = roll
        .persons(&[voter])
        .await
        .unwrap()
        .remove(0)
        .expect("the person");
    assert!(
        reissued || person.voter_key == new,
        "after a lost answer, reading tells"
    );

    let way = [Phase::PreElection, Phase::Open, Phase::Closed, Phase::Certifying];
    for step in way.windows(2) {
        let changed = until_ok(|| elections.change_phase(step[0], step[1], at(1))).await;
        assert!(changed || elections.phase().await.unwrap().phase == step[1]);
    }
    let (tallies, none) = (&stores.tallies[0], Tally::new());
    let replaced = until_ok(|| tallies.replace(Some(&none), rebuilt(), at(1))).await;
    assert!(
        replaced || tallies.load().await.unwrap().tally == *rebuilt(),
        "after a lost answer, reading tells"
    );
    // A visit isn't a part of any promise.
    drop(elections.add_visit().await);
    let lost = region(2);
    assert!(until_ok(|| elections.declare_region(&lost, RegionState::Lost)).await);
    let certified = until_ok(|| elections.certify(b"counts".to_vec(), at(2))).await;
    assert!(certified || elections.phase().await.unwrap().phase == Phase::Certified);
    until_ok(|| vault.destroy_ballot_secret()).await;
    until_ok(|| elections.keys_destroyed()).await;
}

/// A tally of one ballot, made anew.
fn rebuilt() -> &'static Tally {
    static REBUILT: LazyLock<Tally> = LazyLock::new(|| {
        let record = FeedRecord {
            sequence: 1.into(),
            jurisdiction: Some(jurisdiction(0)),
            event: FeedEvent::Inserted(Box::new(ballot(0, 0))),
        };
        let mut tally = Tally::new();
        let shard = <dyn BallotBox>::SHARD;
        tally::fold(&mut tally, definition(), mac_secret(), shard, [&record]);
        tally
    });
    &REBUILT
}

async fn assert_run(stores: &Stores) {
    assert_eq!(stores.tallies[0].load().await.unwrap().tally, *rebuilt());
    let record = stores.elections.load().await.unwrap().expect("an election");
    assert_eq!(
        (record.phase.phase, record.phase.since),
        (Phase::Certified, at(2))
    );
    assert_eq!(record.certified.as_deref(), Some(b"counts".as_slice()));
    assert!(record.keys_destroyed && record.fingerprints == new_election().fingerprints);
    assert_eq!(
        stores.elections.region_states().await.unwrap(),
        [(region(2), RegionState::Lost)]
    );
    assert!(stores.elections.visits().await.unwrap() <= 1);
    let registered: Vec<_> = stores.roll.registered().await.unwrap().into_iter().collect();
    assert_eq!(registered, [(jurisdiction(0), 1), (jurisdiction(1), 1)]);
    let batch = KeyBatchId([1; 16]);
    let wrapped = stores.roll.data_key(batch).await.unwrap().expect("the data key");
    assert!(stores.vault.unwrap_data_key(batch, &wrapped).await.is_ok());
    assert!(stores.vault.secrets().await.unwrap().ballot.is_none());
}

/// Each failure is its submission's own: the others stand, and a repeated call completes the batch.
pub async fn a_batch_is_recorded_whichever_submission_fails(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let faults = Faults::default();
    let faulty = stores.faulty(&faults);
    let mut first = 0;
    for (failing, when) in (0..4).flat_map(|failing| When::ALL.map(|when| (failing, when))) {
        let batch: Vec<_> = (first..first + 4)
            .map(|voter| submission(voter, voter, 0))
            .collect();
        faults.clear();
        faults.fail_nth(Point::BallotsRecord, failing + 1, when);
        for (place, outcome) in (0..).zip(faulty.ballots.record(&batch).await) {
            assert_eq!(outcome.ok(), (place != failing).then_some(Outcome::Recorded));
        }
        for (place, outcome) in (0..).zip(faulty.ballots.record(&batch).await) {
            let is_new = place == failing && when == When::Before;
            assert_eq!(
                outcome,
                Ok(if is_new {
                    Outcome::Recorded
                } else {
                    Outcome::AlreadyDecided
                })
            );
        }
        first += 4;
    }
    let expected = Reckoning {
        recorded: 32,
        ..Reckoning::default()
    };
    assert_eq!(stores.ballots.reckon(&[]).await.unwrap(), expected);
}
