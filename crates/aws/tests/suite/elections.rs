//! What the election's record promises beside the contract: large parts, and regions declared at once.

use std::sync::Arc;

use election_core::phase::Phase;
use election_service::ports::{Elections, RegionState};
use election_testkit::Random;
use election_testkit::fixtures::{at, new_election, region};
use futures_util::future::join_all;

use crate::support::Wired;
use crate::wire::Fault;

async fn to_certifying(elections: &dyn Elections) {
    elections.create(new_election()).await.unwrap();
    let way = [Phase::PreElection, Phase::Open, Phase::Closed, Phase::Certifying];
    for step in way.windows(2) {
        assert!(elections.change_phase(step[0], step[1], at(1)).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certified_counts_of_any_length_are_read_back() {
    for length in [0, 1, 300 * 1024, 1_000_000] {
        let ports = Wired::start().await;
        to_certifying(ports.elections.as_ref()).await;
        let counts = Random::seeded(1).byte_vec(length);
        assert_eq!(ports.elections.certify(counts.clone(), at(2)).await, Ok(true));
        let certified = ports.elections.load().await.unwrap().unwrap().certified;
        assert!(certified == Some(counts), "{length} bytes");
    }
}

/// Its counts may be there, but nothing names them.
#[tokio::test(flavor = "multi_thread")]
async fn a_certification_that_stops_half_way_certifies_nothing() {
    let ports = Wired::start().await;
    to_certifying(ports.elections.as_ref()).await;
    ports
        .wire
        .strike_times("PutItem", "\"part\"", 2, usize::MAX, Fault::NeverSent);
    assert!(ports.elections.certify(vec![1; 1_000_000], at(2)).await.is_err());
    ports.wire.calm();
    let record = ports.elections.load().await.unwrap().unwrap();
    assert!(record.phase.phase == Phase::Certifying && record.certified.is_none());
    assert_eq!(ports.elections.certify(vec![2; 1_000_000], at(3)).await, Ok(true));
    assert!(ports.elections.load().await.unwrap().unwrap().certified == Some(vec![2; 1_000_000]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_that_fills_an_item_is_refused_in_clear_words() {
    let ports = Wired::start().await;
    let mut election = new_election();
    election.definition = vec![b' '; 350 * 1024 + 1];
    let refused = ports
        .elections
        .create(election.clone())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("definition is too large") && refused.contains("350 KB"),
        "{refused}"
    );
    assert!(ports.elections.load().await.unwrap().is_none());
    election.definition.pop();
    assert_eq!(ports.elections.create(election.clone()).await, Ok(true));
    assert!(ports.elections.load().await.unwrap().unwrap().definition == election.definition);
}

#[tokio::test(flavor = "multi_thread")]
async fn regions_declared_at_once_are_all_kept() {
    let ports = Wired::start().await;
    let declare = |number| {
        let elections = Arc::clone(&ports.elections);
        async move {
            elections
                .declare_region(&region(number), RegionState::Failed)
                .await
                .unwrap()
        }
    };
    assert!(
        join_all((0..4).map(declare))
            .await
            .into_iter()
            .all(|declared| declared)
    );
    let states = ports.elections.region_states().await.unwrap();
    assert_eq!(states.len(), 4);
    assert!((0..4).all(|number| states.contains(&(region(number), RegionState::Failed))));
}
