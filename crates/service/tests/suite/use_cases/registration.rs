//! Putting people on the roll and reissuing their letters.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use election_core::keys::VoterKey;
use election_core::voter_record::VoterRecord;
use election_service::ports::{BallotBox, PortResult, VoterRoll};
use election_service::registration::{Registrant, Registrar, ReissueError};
use election_testkit::faults::{Point, When};
use election_testkit::fixtures::{DEFINITION, jurisdiction, roll_secret};

use crate::support::Election;

fn record(external_id: &str) -> VoterRecord {
    VoterRecord {
        external_id: external_id.to_owned(),
        name: format!("Name of {external_id}"),
        address: "1 Main Street".to_owned(),
    }
}

async fn registrant(registrar: &Registrar, external_id: &str) -> Registrant {
    Registrant {
        voter_id: registrar.draw(1).await.unwrap().remove(0),
        person: registrar.person(external_id),
        record: record(external_id),
        jurisdiction: jurisdiction(0),
    }
}

async fn register(registrar: &Registrar, registrants: &[Registrant]) -> PortResult<Vec<bool>> {
    registrar.add(registrar.seal(registrants).await?).await
}

async fn valid_keys<const N: usize>(registrar: &Registrar, external_ids: [&str; N]) -> [Option<VoterKey>; N] {
    let persons = external_ids.map(|id| registrar.person(id));
    registrar
        .valid_keys(&persons)
        .await
        .unwrap()
        .try_into()
        .unwrap_or([None; N])
}

/// An election with one person on its roll.
async fn with_person() -> (Election, Registrar, Registrant) {
    let election = Election::of(DEFINITION).await;
    let registrar = election.registrar();
    let registrant = registrant(&registrar, "A-1").await;
    assert_eq!(
        register(&registrar, std::slice::from_ref(&registrant)).await,
        Ok(vec![true])
    );
    (election, registrar, registrant)
}

#[tokio::test(start_paused = true)]
async fn drawn_ids_are_all_different_and_lead_to_nobody() {
    let election = Election::of(DEFINITION).await;
    let registrar = election.registrar();
    let mut drawn = HashSet::new();
    for _ in 0..3 {
        for id in registrar.draw(2_000).await.unwrap() {
            assert!(drawn.insert(id), "the draw repeats");
        }
    }
    assert_eq!(drawn.len(), 6_000);
    assert!(registrar.draw(0).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_taken_is_drawn_again() {
    let election = Election::of(DEFINITION).await;
    let registrar = election.registrar();
    election.roll.collisions.store(25, Ordering::SeqCst);
    let drawn = registrar.draw(10).await.unwrap();
    let keys: HashSet<_> = drawn.iter().map(|id| roll_secret().voter_key(id)).collect();
    assert_eq!(keys.len(), 10);
    let collided = election.roll.collided.lock().unwrap();
    assert_eq!(collided.len(), 25, "each collision was with another id");
    assert!(keys.is_disjoint(&collided));
}

#[tokio::test(start_paused = true)]
async fn without_the_roll_no_id_is_drawn() {
    let election = Election::of(DEFINITION).await;
    election.faults.fail_next(Point::RollTaken, When::Before);
    assert!(election.registrar().draw(1).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_person_is_registered_once_with_the_id_of_their_letter_and_an_encrypted_record() {
    let (election, registrar, first) = with_person().await;
    let again = registrant(&registrar, "A-1").await;
    let other = registrant(&registrar, "A-2").await;
    assert_eq!(register(&registrar, &[again, other]).await, Ok(vec![false, true]));

    let keys = valid_keys(&registrar, ["A-1", "A-2", "A-3"]).await;
    assert!(registrar.is_key_of(&keys[0].expect("on the roll"), &first.voter_id));
    assert!(!registrar.is_key_of(&keys[1].expect("on the roll"), &first.voter_id));
    assert!(keys[2].is_none());
    let person = election
        .memory
        .roll
        .persons(&[roll_secret().person("A-1")])
        .await
        .unwrap()
        .remove(0);
    let bytes = person.expect("on the roll").record.0;
    for text in ["A-1", "Name of A-1", "1 Main Street"] {
        assert!(
            !bytes.windows(text.len()).any(|window| window == text.as_bytes()),
            "{text} is readable"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_registration_that_failed_can_be_repeated() {
    for point in [Point::VaultGenerateDataKey, Point::RollPutDataKey, Point::RollAdd] {
        for when in When::ALL {
            let election = Election::of(DEFINITION).await;
            let registrar = election.registrar();
            let registrant = registrant(&registrar, "A-1").await;
            election.faults.fail_next(point, when);
            assert!(
                register(&registrar, std::slice::from_ref(&registrant))
                    .await
                    .is_err()
            );
            register(&registrar, std::slice::from_ref(&registrant))
                .await
                .unwrap();
            let keys = valid_keys(&registrar, ["A-1"]).await;
            assert!(
                registrar.is_key_of(&keys[0].expect("on the roll"), &registrant.voter_id),
                "{point}"
            );
            let reissue = registrar
                .prepare_reissue("A-1")
                .await
                .expect("the record decrypts");
            assert!(reissue.record == registrant.record);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reissued_letter_has_the_same_person_and_replaces_the_old_id_when_confirmed() {
    let (election, registrar, first) = with_person().await;
    let reissue = registrar.prepare_reissue("A-1").await.expect("prepared");
    assert!(reissue.record == record("A-1") && reissue.jurisdiction == jurisdiction(0));
    let key = async || valid_keys(&registrar, ["A-1"]).await[0].expect("on the roll");
    assert!(
        registrar.is_key_of(&key().await, &first.voter_id),
        "nothing changes before it is confirmed"
    );
    assert_eq!(registrar.confirm_reissue(&reissue).await, Ok(()));
    assert!(registrar.is_key_of(&key().await, &reissue.voter_id));
    let old = roll_secret().voter_key(&first.voter_id);
    assert!(
        election
            .memory
            .roll
            .find(&old)
            .await
            .unwrap()
            .expect("still known")
            .revoked
    );
    assert_eq!(
        election
            .memory
            .ballots
            .behind(election_core::tally::Sequence::START)
            .await,
        Ok(0)
    );
}

#[tokio::test(start_paused = true)]
async fn of_two_reissues_at_once_one_is_told_that_it_was_slower() {
    let (_election, registrar, _) = with_person().await;
    let one = registrar.prepare_reissue("A-1").await.expect("prepared");
    let other = registrar.prepare_reissue("A-1").await.expect("prepared");
    let (first, second) = tokio::join!(registrar.confirm_reissue(&one), registrar.confirm_reissue(&other));
    assert_eq!((first, second), (Ok(()), Err(ReissueError::Raced)));
    let key = valid_keys(&registrar, ["A-1"]).await[0].expect("on the roll");
    assert!(registrar.is_key_of(&key, &one.voter_id));
}

#[tokio::test(start_paused = true)]
async fn a_reissue_whose_answer_was_lost_is_confirmed_by_repeating_it() {
    for when in When::ALL {
        let (election, registrar, _) = with_person().await;
        let reissue = registrar.prepare_reissue("A-1").await.expect("prepared");
        election.faults.fail_next(Point::RollReissue, when);
        assert!(matches!(
            registrar.confirm_reissue(&reissue).await,
            Err(ReissueError::Port(_))
        ));
        assert_eq!(registrar.confirm_reissue(&reissue).await, Ok(()), "{when:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_not_on_the_roll_gets_no_letter() {
    let (_election, registrar, _) = with_person().await;
    assert_eq!(
        registrar.prepare_reissue("A-2").await.err(),
        Some(ReissueError::NotOnRoll)
    );
}
