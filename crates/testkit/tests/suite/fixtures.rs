//! What the fixtures promise.

use std::collections::HashSet;
use std::time::Duration;

use election_core::content;
use election_core::phase::Phase;
use election_service::ports::{CopyRole, Depth, Intake};
use election_testkit::memory::{MemoryIntake, MemoryStore};
use election_testkit::{Random, fixtures};

#[test]
fn the_same_seed_gives_the_same_numbers() {
    // The published vectors of SplitMix64 for seed 1234567.
    let mut random = Random::seeded(1_234_567);
    let expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
    ];
    assert_eq!([(); 4].map(|()| random.number()), expected);
}

#[test]
fn ballots_are_authentic_countable_and_different() {
    let mut contents = HashSet::new();
    for (voter, variant) in (0..50).flat_map(|voter| (0..4).map(move |variant| (voter, variant))) {
        let ballot = fixtures::ballot(voter, variant);
        assert!(ballot.is_authentic(fixtures::mac_secret()));
        assert!(
            content::read(
                fixtures::definition(),
                &ballot.jurisdiction,
                ballot.format,
                &ballot.content
            )
            .is_ok()
        );
        assert!(variant == 0 || !ballot.is_same_vote(&fixtures::ballot(voter, 0)));
        let message = fixtures::message(1, voter, variant);
        assert!(
            message
                .open(fixtures::mac_secret())
                .is_ok_and(|opened| opened == ballot)
        );
        contents.insert(ballot.content);
    }
    assert!(contents.len() > 20, "choices of all kinds");
}

#[test]
fn voters_and_letters_are_different() {
    let ids = (0..100).flat_map(|voter| [0, 1].map(|letter| fixtures::voter_id(voter, letter).printed()));
    assert_eq!(ids.collect::<HashSet<_>>().len(), 200);
    let envelopes = (0..100).map(fixtures::envelope).collect::<HashSet<_>>();
    assert_eq!(envelopes.len(), 100);
}

#[test]
fn the_definition_reads_back_from_a_created_election() {
    let election = fixtures::new_election();
    assert_eq!(election.definition, fixtures::DEFINITION.as_bytes());
    assert_eq!(election.fingerprints.mac, *fixtures::mac_secret().fingerprint());
    assert!(Phase::PreElection.may_become(Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn delays_and_leases_in_memory_follow_a_paused_clock() {
    let intake = MemoryIntake::new(Duration::from_secs(30));
    let hour = Duration::from_secs(3600);
    intake
        .send(fixtures::message(1, 1, 0), CopyRole::Second, hour)
        .await
        .unwrap();
    assert!(intake.receive(1, Duration::ZERO).await.unwrap().is_empty());
    let first = intake.receive(1, 2 * hour).await.unwrap();
    let again = intake.receive(1, hour).await.unwrap();
    assert_eq!((first[0].receives, again[0].receives), (1, 2));
    intake.acknowledge(&[first[0].handle.clone()]).await.unwrap();
    assert_eq!(
        intake.depth().await.unwrap().copies,
        1,
        "the first lease has ended"
    );
    intake.acknowledge(&[again[0].handle.clone()]).await.unwrap();
    assert_eq!(intake.depth().await.unwrap(), Depth::default());
}

#[tokio::test]
async fn a_lost_region_in_memory_holds_nothing() {
    let store = MemoryStore::default();
    for region in &store.regions {
        region
            .intake
            .send(fixtures::message(1, 1, 0), CopyRole::Primary, Duration::ZERO)
            .await
            .unwrap();
    }
    store.lose_region(1);
    let stores = store.stores();
    assert_eq!(stores.intakes[1].depth().await.unwrap(), Depth::default());
    assert_eq!(stores.intakes[2].depth().await.unwrap().primaries, 1);
}
