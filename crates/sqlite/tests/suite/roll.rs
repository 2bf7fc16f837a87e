//! The roll in the sizes that it is imported in: one transaction or several, depending on the phase.

use election_core::phase::Phase;
use election_service::ports::{AddOutcome, NewVoter};
use election_sqlite::SqliteStore;
use election_testkit::fixtures::{at, new_election, new_voter, person_id, voter_key};

#[tokio::test(flavor = "multi_thread")]
async fn many_are_added_in_the_order_given_before_and_while_the_polls_are_open() {
    for phase in [None, Some(Phase::PreElection), Some(Phase::Open)] {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(folder.path()).unwrap();
        if phase.is_some() {
            assert!(store.elections().create(new_election()).await.unwrap());
        }
        if phase == Some(Phase::Open) {
            let elections = store.elections();
            let opened = elections.change_phase(Phase::PreElection, Phase::Open, at(1));
            assert!(opened.await.unwrap());
        }
        let roll = store.voter_roll();
        assert!(roll.add(vec![new_voter(700)]).await.unwrap() == [AddOutcome::Added]);

        // A person twice, the first time with another's key: near each other and far apart.
        let stealing = |voter| {
            let mut thief = new_voter(voter);
            thief.person.voter_key = voter_key(1, 0);
            thief
        };
        let mut voters: Vec<NewVoter> = (1..=1200).map(new_voter).collect();
        voters.extend([stealing(1300), new_voter(1300), new_voter(5)]);
        let outcomes = roll.add(voters).await.unwrap();
        for (place, outcome) in outcomes.iter().enumerate() {
            let expected = match place {
                699 | 1202 => AddOutcome::PersonExists,
                1200 => AddOutcome::VoterKeyTaken,
                _ => AddOutcome::Added,
            };
            assert!(*outcome == expected, "{phase:?}: {place}");
        }
        let persons = roll.persons(&[1300, 5].map(person_id)).await.unwrap();
        assert!(persons == [1300, 5].map(|voter| Some(new_voter(voter).person)));
        let taken = roll.taken(&[voter_key(9999, 0), voter_key(1300, 0)]).await;
        assert_eq!(taken, Ok(vec![false, true]));
    }
}
