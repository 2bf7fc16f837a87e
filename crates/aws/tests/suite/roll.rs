//! What the roll promises beside the contract: that nobody gets a letter or loses one by a write that stopped half
//! way.

use std::sync::Arc;

use election_core::voter_record::KeyBatchId;
use election_service::ports::{AddOutcome, NewVoter, WrappedDataKey};
use election_testkit::contract::in_time;
use election_testkit::fixtures::{new_voter, person_id, voter_key};
use futures_util::future::join_all;

use crate::support::Wired;
use crate::wire::Fault;

fn with_key_of(voter: u64, other: u64) -> NewVoter {
    let mut voter = new_voter(voter);
    voter.person.voter_key = voter_key(other, 0);
    voter
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voter_key_whose_person_was_never_written_is_nobodys_and_stays_that_persons() {
    let ports = Wired::start().await;
    ports
        .wire
        .strike_times("PutItem", "\"record\"", 0, usize::MAX, Fault::ServerError);
    assert!(ports.roll.add(vec![new_voter(1)]).await.is_err());
    ports.wire.calm();
    assert!(ports.roll.find(&voter_key(1, 0)).await.unwrap().is_none());
    assert!(ports.roll.persons(&[person_id(1)]).await.unwrap() == [None]);
    assert!(ports.roll.add(vec![with_key_of(2, 1)]).await.unwrap() == [AddOutcome::VoterKeyTaken]);
    assert!(ports.roll.add(vec![new_voter(1)]).await.unwrap() == [AddOutcome::Added]);
    assert!(
        ports
            .roll
            .find(&voter_key(1, 0))
            .await
            .unwrap()
            .is_some_and(|found| !found.revoked)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reissue_that_stops_half_way_leaves_the_old_letter_valid() {
    let ports = Wired::start().await;
    ports.roll.add(vec![new_voter(1)]).await.unwrap();
    let (old, new) = (voter_key(1, 0), voter_key(1, 1));
    ports
        .wire
        .strike_times("UpdateItem", "", 0, usize::MAX, Fault::NeverSent);
    assert!(ports.roll.reissue(&person_id(1), &old, &new).await.is_err());
    ports.wire.calm();
    assert!(
        ports
            .roll
            .find(&old)
            .await
            .unwrap()
            .is_some_and(|found| !found.revoked)
    );
    assert!(ports.roll.find(&new).await.unwrap().is_none());
    assert_eq!(ports.roll.reissue(&person_id(1), &old, &new).await, Ok(true));
    assert!(
        ports
            .roll
            .find(&old)
            .await
            .unwrap()
            .is_some_and(|found| found.revoked)
    );
    assert!(
        ports
            .roll
            .find(&new)
            .await
            .unwrap()
            .is_some_and(|found| !found.revoked)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_adders_at_once_add_each_voter_once_whoever_wins() {
    in_time(async {
        let ports = Wired::start().await;
        // Each has other letters for the same persons, and wants one key that all others want too.
        let add = |adder: u64| {
            let roll = Arc::clone(&ports.roll);
            async move {
                let mut voters: Vec<NewVoter> = (0..40).map(new_voter).collect();
                for voter in &mut voters {
                    let number = voters_number(voter);
                    voter.person.voter_key = voter_key(number, adder);
                }
                voters.push(with_key_of(100 + adder, 99));
                roll.add(voters).await.unwrap()
            }
        };
        let outcomes: Vec<Vec<AddOutcome>> = join_all((0..8).map(add)).await;
        for voter in 0..40 {
            let added: Vec<u64> = (0..8)
                .filter(|adder| {
                    outcomes[usize::try_from(*adder).unwrap()][usize::try_from(voter).unwrap()]
                        == AddOutcome::Added
                })
                .collect();
            let [winner] = added[..] else {
                panic!("voter {voter} was added {} times", added.len())
            };
            for adder in 0..8 {
                let found = ports.roll.find(&voter_key(voter, adder)).await.unwrap();
                assert_eq!(found.is_some_and(|found| !found.revoked), adder == winner);
            }
        }
        let of_contested: Vec<AddOutcome> = outcomes.iter().map(|outcomes| outcomes[40]).collect();
        assert_eq!(
            of_contested
                .iter()
                .filter(|outcome| **outcome == AddOutcome::Added)
                .count(),
            1
        );
        let taken = of_contested
            .iter()
            .filter(|outcome| **outcome == AddOutcome::VoterKeyTaken);
        assert_eq!(taken.count(), 7);
        assert_eq!(ports.roll.registered().await.unwrap().values().sum::<u64>(), 41);
    })
    .await;
}

fn voters_number(voter: &NewVoter) -> u64 {
    (0..40)
        .find(|number| person_id(*number) == voter.id)
        .expect("a voter")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_goes_through_lost_answers_and_throttling() {
    let ports = Wired::start().await;
    for fault in [
        Fault::AnswerLost,
        Fault::Throttled,
        Fault::WriteConflict,
        Fault::NeverSent,
    ] {
        ports.wire.strike_times("PutItem", "\"record\"", 5, 10, fault);
        ports.wire.strike_times("PutItem", "\"person\"", 5, 10, fault);
    }
    let voters: Vec<NewVoter> = (0..300).map(new_voter).collect();
    let mut outcomes = ports.roll.add(voters.clone()).await;
    // A bucket of retries that ran out ends a call; the import is repeated.
    for _ in 0..5 {
        if outcomes.is_ok() {
            break;
        }
        outcomes = ports.roll.add(voters.clone()).await;
    }
    assert!(
        outcomes
            .unwrap()
            .iter()
            .all(|outcome| *outcome != AddOutcome::VoterKeyTaken)
    );
    ports.wire.calm();
    assert_eq!(ports.roll.registered().await.unwrap().values().sum::<u64>(), 300);
    for voter in 0..300 {
        let found = ports.roll.find(&voter_key(voter, 0)).await.unwrap();
        assert!(found.is_some_and(|found| found.person == person_id(voter)));
    }
}

/// The SDK gives up after four tries; the thousand others of the call would have to be added again.
#[tokio::test(flavor = "multi_thread")]
async fn one_voter_that_fails_for_a_while_does_not_end_an_import() {
    let ports = Wired::start().await;
    ports
        .wire
        .strike_times("PutItem", "\"record\"", 0, 6, Fault::AnswerLost);
    assert!(ports.roll.add(vec![new_voter(1)]).await == Ok(vec![AddOutcome::Added]));
    assert_eq!(ports.wire.struck(), 6);
}

/// Records encrypted with the first one could never be read again.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_keeps_its_data_key() {
    let ports = Wired::start().await;
    let (batch, key) = (KeyBatchId([1; 16]), WrappedDataKey(vec![1]));
    ports.roll.put_data_key(batch, &key).await.unwrap();
    assert!(
        ports
            .roll
            .put_data_key(batch, &WrappedDataKey(vec![2]))
            .await
            .is_err()
    );
    assert!(ports.roll.data_key(batch).await.unwrap() == Some(key));
}
