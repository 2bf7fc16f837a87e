//! The properties of [`VoterRoll`](election_service::ports::VoterRoll).

use std::sync::Arc;

use election_core::voter_record::KeyBatchId;
use election_service::ports::{AddOutcome, NewVoter, VoterRoll, WrappedDataKey};

use super::{Adapter, at_once, open};
use crate::Random;
use crate::fixtures::{jurisdiction, new_voter, person_id, voter_key};

async fn add(roll: &dyn VoterRoll, voters: impl IntoIterator<Item = NewVoter>) -> Vec<AddOutcome> {
    roll.add(voters.into_iter().collect()).await.unwrap()
}

/// Asserts that a voter's registration and person are as they were added, with their nth letter valid.
async fn assert_on_roll(roll: &dyn VoterRoll, voter: u64, letter: u64) {
    for earlier in 0..=letter {
        let registration = roll
            .find(&voter_key(voter, earlier))
            .await
            .unwrap()
            .expect("a registration");
        assert!(registration.person == person_id(voter));
        assert_eq!(registration.jurisdiction, jurisdiction(voter));
        assert_eq!(
            registration.revoked,
            earlier < letter,
            "letter {earlier} of {letter}"
        );
    }
    let mut expected = new_voter(voter).person;
    expected.voter_key = voter_key(voter, letter);
    assert!(roll.persons(&[person_id(voter)]).await.unwrap() == [Some(expected)]);
}

/// By the voter key and by the person; nobody else is.
pub async fn an_added_voter_is_found_as_added(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let roll = stores.roll.as_ref();
    assert!(roll.find(&voter_key(1, 0)).await.unwrap().is_none());
    assert!(add(roll, [1, 2].map(new_voter)).await == [AddOutcome::Added; 2]);
    assert_on_roll(roll, 1, 0).await;
    assert_on_roll(roll, 2, 0).await;
    assert!(roll.find(&voter_key(3, 0)).await.unwrap().is_none());
    let persons = roll.persons(&[3, 2, 1, 2].map(person_id)).await.unwrap();
    let expected = [
        None,
        Some(new_voter(2).person),
        Some(new_voter(1).person),
        Some(new_voter(2).person),
    ];
    assert!(persons == expected, "in the order asked");
}

/// Also if they are added with another letter, record and jurisdiction, and although their key is taken.
pub async fn a_person_on_the_roll_stays_as_they_were(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let roll = stores.roll.as_ref();
    add(roll, [new_voter(1)]).await;
    let mut changed = new_voter(2);
    changed.id = person_id(1);
    assert!(add(roll, [new_voter(1), changed]).await == [AddOutcome::PersonExists; 2]);
    assert_on_roll(roll, 1, 0).await;
    assert!(roll.find(&voter_key(2, 0)).await.unwrap().is_none());
}

/// Not while it is valid and not after it was revoked.
pub async fn a_voter_key_is_nobody_elses(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let roll = stores.roll.as_ref();
    add(roll, [new_voter(1)]).await;
    assert!(
        roll.reissue(&person_id(1), &voter_key(1, 0), &voter_key(1, 1))
            .await
            .unwrap()
    );
    for letter in [0, 1] {
        let mut other = new_voter(2);
        other.person.voter_key = voter_key(1, letter);
        assert!(add(roll, [other]).await == [AddOutcome::VoterKeyTaken]);
    }
    assert_on_roll(roll, 1, 1).await;
    assert!(roll.persons(&[person_id(2)]).await.unwrap() == [None]);
}

/// In one call as in several.
pub async fn doubles_within_one_call_are_told_apart(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let mut thief = new_voter(3);
    thief.person.voter_key = voter_key(1, 0);
    let outcomes = add(
        stores.roll.as_ref(),
        [new_voter(1), new_voter(1), thief, new_voter(2)],
    )
    .await;
    let expected = [
        AddOutcome::Added,
        AddOutcome::PersonExists,
        AddOutcome::VoterKeyTaken,
        AddOutcome::Added,
    ];
    assert!(outcomes == expected);
    assert_on_roll(stores.roll.as_ref(), 1, 0).await;
    assert_on_roll(stores.roll.as_ref(), 2, 0).await;
}

/// It is conditional: whoever read an older letter changes nothing.
pub async fn a_reissue_revokes_the_old_letter_and_needs_it_valid(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let roll = stores.roll.as_ref();
    add(roll, [1, 2].map(new_voter)).await;
    assert!(
        !roll
            .reissue(&person_id(9), &voter_key(9, 0), &voter_key(9, 1))
            .await
            .unwrap(),
        "nobody"
    );
    assert!(
        !roll
            .reissue(&person_id(1), &voter_key(2, 0), &voter_key(1, 1))
            .await
            .unwrap(),
        "another's"
    );
    assert!(
        roll.reissue(&person_id(1), &voter_key(1, 0), &voter_key(1, 1))
            .await
            .unwrap()
    );
    assert!(
        !roll
            .reissue(&person_id(1), &voter_key(1, 0), &voter_key(1, 2))
            .await
            .unwrap(),
        "revoked"
    );
    assert!(
        !roll
            .reissue(&person_id(1), &voter_key(1, 0), &voter_key(1, 1))
            .await
            .unwrap(),
        "repeated"
    );
    assert_on_roll(roll, 1, 1).await;
    assert!(
        roll.reissue(&person_id(1), &voter_key(1, 1), &voter_key(1, 2))
            .await
            .unwrap()
    );
    assert_on_roll(roll, 1, 2).await;
    assert_on_roll(roll, 2, 0).await;
}

/// Neither another person's nor one's own revoked one; how it is refused is the adapter's choice.
pub async fn a_reissue_takes_no_key_that_was_ever_used(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let roll = stores.roll.as_ref();
    add(roll, [1, 2].map(new_voter)).await;
    assert!(
        roll.reissue(&person_id(1), &voter_key(1, 0), &voter_key(1, 1))
            .await
            .unwrap()
    );
    for used in [voter_key(2, 0), voter_key(1, 0)] {
        assert!(roll.reissue(&person_id(1), &voter_key(1, 1), &used).await != Ok(true));
    }
    assert_on_roll(roll, 1, 1).await;
    assert_on_roll(roll, 2, 0).await;
}

/// The loser's letter never becomes valid.
pub async fn one_of_two_reissues_at_once_wins(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    add(stores.roll.as_ref(), (0..8).map(new_voter)).await;
    for voter in 0..8 {
        let reissue = |letter| {
            let roll = Arc::clone(&stores.roll);
            async move {
                let done = roll
                    .reissue(&person_id(voter), &voter_key(voter, 0), &voter_key(voter, letter))
                    .await;
                done.unwrap().then_some(letter)
            }
        };
        let winners: Vec<u64> = at_once([1, 2].map(reissue)).await.into_iter().flatten().collect();
        let [winner] = winners[..] else {
            panic!("{} reissues won", winners.len())
        };
        let person = stores
            .roll
            .persons(&[person_id(voter)])
            .await
            .unwrap()
            .remove(0)
            .expect("a person");
        assert!(person.voter_key == voter_key(voter, winner));
        assert!(
            stores
                .roll
                .find(&voter_key(voter, 3 - winner))
                .await
                .unwrap()
                .is_none()
        );
        assert!(
            stores
                .roll
                .find(&voter_key(voter, 0))
                .await
                .unwrap()
                .is_some_and(|old| old.revoked)
        );
    }
}

/// In the order asked.
pub async fn taken_keys_include_revoked_ones(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    add(stores.roll.as_ref(), [new_voter(1)]).await;
    assert!(
        stores
            .roll
            .reissue(&person_id(1), &voter_key(1, 0), &voter_key(1, 1))
            .await
            .unwrap()
    );
    let keys = [
        voter_key(2, 0),
        voter_key(1, 0),
        voter_key(1, 2),
        voter_key(1, 1),
        voter_key(1, 0),
    ];
    assert_eq!(
        stores.roll.taken(&keys).await.unwrap(),
        [false, true, false, true, true]
    );
    assert!(stores.roll.taken(&[]).await.unwrap().is_empty());
}

/// However often they were added and got another letter.
pub async fn registered_persons_are_counted_once_per_jurisdiction(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let roll = stores.roll.as_ref();
    assert_eq!(roll.registered().await.unwrap().values().sum::<u64>(), 0);
    add(roll, [0, 1, 2, 4, 4].map(new_voter)).await;
    add(roll, [0, 1].map(new_voter)).await;
    assert!(
        roll.reissue(&person_id(1), &voter_key(1, 0), &voter_key(1, 1))
            .await
            .unwrap()
    );
    let registered = roll.registered().await.unwrap();
    assert_eq!(
        registered.into_iter().collect::<Vec<_>>(),
        [(jurisdiction(0), 3), (jurisdiction(1), 1)]
    );
}

/// The same bytes, and putting them again is harmless.
pub async fn data_keys_are_kept_by_batch(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let key = |number: u8| {
        (
            KeyBatchId([number; 16]),
            WrappedDataKey(Random::seeded(number.into()).byte_vec(200)),
        )
    };
    for (batch, wrapped) in [key(1), key(2), key(1)] {
        stores.roll.put_data_key(batch, &wrapped).await.unwrap();
    }
    for (batch, wrapped) in [key(1), key(2)] {
        assert!(stores.roll.data_key(batch).await.unwrap() == Some(wrapped));
    }
    assert!(stores.roll.data_key(KeyBatchId([3; 16])).await.unwrap().is_none());
}

/// In one call, and a repeated call adds nobody.
pub async fn twenty_thousand_voters_are_added_and_found(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let roll = stores.roll.as_ref();
    let voters: Vec<NewVoter> = (0..20_000).map(new_voter).collect();
    let keys: Vec<_> = voters.iter().map(|voter| voter.person.voter_key).collect();
    let ids: Vec<_> = voters.iter().map(|voter| voter.id).collect();
    assert!(roll.add(voters.clone()).await.unwrap() == vec![AddOutcome::Added; voters.len()]);
    assert!(roll.taken(&keys).await.unwrap().into_iter().all(|taken| taken));
    let persons = roll.persons(&ids).await.unwrap();
    assert_eq!(persons.len(), voters.len());
    let same = |(person, voter): (Option<_>, &NewVoter)| person.as_ref() == Some(&voter.person);
    assert!(persons.into_iter().zip(&voters).all(same));
    assert!(
        roll.add(voters)
            .await
            .unwrap()
            .into_iter()
            .all(|outcome| outcome == AddOutcome::PersonExists)
    );
    assert_eq!(roll.registered().await.unwrap().values().sum::<u64>(), 20_000);
}

/// Two imports of one file don't double anybody.
pub async fn the_same_voters_added_at_once_are_each_added_once(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let import = |_| {
        let roll = Arc::clone(&stores.roll);
        async move { add(roll.as_ref(), (0..200).map(new_voter)).await }
    };
    let outcomes: Vec<AddOutcome> = at_once((0..4).map(import)).await.concat();
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| **outcome == AddOutcome::Added)
            .count(),
        200
    );
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| **outcome == AddOutcome::PersonExists)
            .count(),
        600
    );
    assert_eq!(stores.roll.registered().await.unwrap().values().sum::<u64>(), 200);
}
