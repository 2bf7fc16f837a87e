//! The properties of [`Elections`](election_service::ports::Elections).

use std::collections::BTreeSet;
use std::sync::Arc;

use election_core::phase::Phase;
use election_core::tally::{FeedEvent, Sequence};
use election_service::ports::RegionState;

use super::{Adapter, at_once, open};
use crate::fixtures::{at, ballot_key, new_election, region, submission};

/// The second creation is refused and changes nothing.
pub async fn an_election_is_created_once_and_the_first_stays(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let elections = stores.elections.as_ref();
    let first = new_election();
    assert!(elections.create(first.clone()).await.unwrap());
    let mut second = new_election();
    second.definition = b"another".to_vec();
    second.at = at(99);
    assert!(!elections.create(second).await.unwrap());

    let record = elections.load().await.unwrap().expect("an election");
    assert!(record.definition == first.definition, "the exact bytes");
    assert_eq!(record.fingerprints, first.fingerprints);
    assert_eq!(
        (record.phase.phase, record.phase.since),
        (Phase::PreElection, at(0))
    );
    assert!(record.certified.is_none() && !record.keys_destroyed);
}

/// Whoever wins, theirs is the election.
pub async fn one_of_eight_creators_at_once_wins(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let create = |number: u8| {
        let elections = Arc::clone(&stores.elections);
        let mut election = new_election();
        election.definition = vec![number];
        async move { elections.create(election).await.unwrap().then_some(number) }
    };
    let winners: Vec<u8> = at_once((0..8).map(create)).await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    let record = stores.elections.load().await.unwrap().expect("an election");
    assert!(record.definition == winners);
}

/// Neither a record nor a phase.
pub async fn before_its_creation_there_is_no_election(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    assert!(stores.elections.load().await.unwrap().is_none());
    assert!(stores.elections.phase().await.is_err());
    assert!(stores.elections.region_states().await.unwrap().is_empty());
    assert_eq!(stores.elections.visits().await.unwrap(), 0);
}

/// A change from another phase is refused and changes neither phase nor time; a repeated one too.
pub async fn a_phase_changes_only_from_the_phase_it_is_in(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let elections = &stores.elections;
    elections.create(new_election()).await.unwrap();
    for from in [Phase::Open, Phase::Closed, Phase::Certifying, Phase::Certified] {
        assert!(
            !elections.change_phase(from, Phase::Closed, at(1)).await.unwrap(),
            "{from}"
        );
    }
    assert_eq!(elections.phase().await.unwrap().since, at(0));

    let way = [
        Phase::PreElection,
        Phase::Open,
        Phase::Closed,
        Phase::Certifying,
        Phase::Closed,
    ];
    for (second, step) in (2..).zip(way.windows(2)) {
        assert!(
            elections
                .change_phase(step[0], step[1], at(second))
                .await
                .unwrap()
        );
        let record = elections.phase().await.unwrap();
        assert_eq!((record.phase, record.since), (step[1], at(second)));
        assert!(
            !elections.change_phase(step[0], step[1], at(99)).await.unwrap(),
            "done already"
        );
        assert_eq!(
            elections.load().await.unwrap().expect("an election").phase,
            record
        );
    }
}

/// The others are told that they changed nothing.
pub async fn one_of_eight_phase_changes_at_once_wins(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    stores.elections.create(new_election()).await.unwrap();
    let change = |second| {
        let elections = Arc::clone(&stores.elections);
        async move {
            let changed = elections
                .change_phase(Phase::PreElection, Phase::Open, at(second))
                .await
                .unwrap();
            changed.then(|| at(second))
        }
    };
    let winners: Vec<_> = at_once((1..9).map(change)).await.into_iter().flatten().collect();
    assert_eq!(winners, [stores.elections.phase().await.unwrap().since]);
}

/// Only from `certifying`, once, and never by halves.
pub async fn certification_stores_phase_and_counts_in_one(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let elections = &stores.elections;
    elections.create(new_election()).await.unwrap();
    for (from, to) in [
        (Phase::PreElection, Phase::Open),
        (Phase::Open, Phase::Closed),
        (Phase::Closed, Phase::Certifying),
    ] {
        assert!(!elections.certify(b"too early".to_vec(), at(1)).await.unwrap());
        assert!(elections.change_phase(from, to, at(2)).await.unwrap());
    }
    assert!(
        elections
            .load()
            .await
            .unwrap()
            .expect("an election")
            .certified
            .is_none()
    );

    let counts: Vec<u8> = (0..=255).collect();
    assert!(elections.certify(counts.clone(), at(3)).await.unwrap());
    assert!(!elections.certify(b"again".to_vec(), at(4)).await.unwrap());
    let record = elections.load().await.unwrap().expect("an election");
    assert_eq!(
        (record.phase.phase, record.phase.since),
        (Phase::Certified, at(3))
    );
    assert_eq!(record.certified, Some(counts));
}

/// Whatever is declared later.
pub async fn a_lost_region_stays_lost(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let elections = &stores.elections;
    elections.create(new_election()).await.unwrap();
    for state in [
        RegionState::Active,
        RegionState::Failed,
        RegionState::Active,
        RegionState::Lost,
    ] {
        assert!(elections.declare_region(&region(0), state).await.unwrap());
        assert_eq!(elections.region_states().await.unwrap(), [(region(0), state)]);
    }
    assert!(
        elections
            .declare_region(&region(0), RegionState::Lost)
            .await
            .unwrap(),
        "repeating is harmless"
    );
    for state in [RegionState::Active, RegionState::Failed] {
        assert!(!elections.declare_region(&region(0), state).await.unwrap());
    }
    assert_eq!(
        elections.region_states().await.unwrap(),
        [(region(0), RegionState::Lost)]
    );
}

/// Later declarations don't move a region.
pub async fn regions_are_listed_in_the_order_first_declared(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let elections = &stores.elections;
    elections.create(new_election()).await.unwrap();
    for number in [7, 2, 5, 2, 7] {
        assert!(
            elections
                .declare_region(&region(number), RegionState::Active)
                .await
                .unwrap()
        );
    }
    assert!(
        elections
            .declare_region(&region(7), RegionState::Failed)
            .await
            .unwrap()
    );
    let expected = [
        (region(7), RegionState::Failed),
        (region(2), RegionState::Active),
        (region(5), RegionState::Active),
    ];
    assert_eq!(elections.region_states().await.unwrap(), expected);
}

/// Each visitor gets a number of their own.
pub async fn visits_at_once_are_all_counted(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    stores.elections.create(new_election()).await.unwrap();
    let visit = |_| {
        let elections = Arc::clone(&stores.elections);
        async move { elections.add_visit().await.unwrap() }
    };
    let numbers: BTreeSet<u64> = at_once((0..40).map(visit)).await.into_iter().collect();
    assert!(numbers.into_iter().eq(1..=40));
    assert_eq!(stores.elections.visits().await.unwrap(), 40);
}

/// Nothing else is lost, and doing it again is harmless.
pub async fn destroying_the_keys_keeps_every_ballot_and_forgets_their_order(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    stores.elections.create(new_election()).await.unwrap();
    let mut submissions: Vec<_> = (0..50).map(|voter| submission(voter, voter, 0)).collect();
    submissions.push(submission(50, 7, 1));
    submissions.push(submission(51, 7, 0));
    let outcomes = stores.ballots.record(&submissions).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let before = stores.ballots.reckon(&[]).await.unwrap();

    for _ in 0..2 {
        stores.elections.keys_destroyed().await.unwrap();
        assert!(
            stores
                .elections
                .load()
                .await
                .unwrap()
                .expect("an election")
                .keys_destroyed
        );
        assert_eq!(stores.ballots.reckon(&[]).await.unwrap(), before);
        for submission in &submissions[..50] {
            assert!(
                stores
                    .ballots
                    .find(&submission.ballot.key)
                    .await
                    .unwrap()
                    .as_ref()
                    == Some(&submission.ballot)
            );
        }
        let feed = stores.ballots.feed(Sequence::START, 100).await.unwrap();
        let keys = feed.iter().map(|record| match &record.event {
            FeedEvent::Inserted(ballot) => ballot.key,
            _ => panic!("only insertions"),
        });
        let mut keys: Vec<_> = keys.collect();
        if !adapter.feed_can_be_followed() {
            // It never had an order of arrival; which one it has is the store's choice.
            keys.sort();
        }
        let mut expected: Vec<_> = (0..50).map(ballot_key).collect();
        expected.sort();
        assert!(keys == expected, "the order says nothing about time");
    }
}
