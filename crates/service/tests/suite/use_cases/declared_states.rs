//! A process that no operator's command runs in follows what is declared of the regions.

use std::sync::Arc;

use election_service::ports::{Elections, RegionState};
use election_service::regions::{DeclaredStates, Region, Regions, STATES_CACHE};
use election_testkit::faults::{Faults, Point, When};
use election_testkit::memory::MemoryStore;
use election_testkit::{Faulty, fixtures};

struct Followed {
    elections: Arc<dyn Elections>,
    regions: Regions,
    states: DeclaredStates,
    faults: Faults,
}

fn followed() -> Followed {
    let faults = Faults::default();
    let elections: Arc<dyn Elections> = MemoryStore::default().elections;
    let region = |number| Region::new(fixtures::region(number), RegionState::Active, None);
    let regions = Regions::new((0..3).map(|number| Arc::new(region(number))));
    let states = DeclaredStates::new(Faulty::elections(&elections, &faults), regions.clone());
    Followed {
        elections,
        regions,
        states,
        faults,
    }
}

impl Followed {
    async fn declare(&self, number: usize, state: RegionState) {
        let declared = self
            .elections
            .declare_region(&fixtures::region(number), state)
            .await;
        assert!(declared.unwrap());
    }

    async fn state(&self, number: usize) -> RegionState {
        self.states.refresh().await;
        self.regions
            .named(fixtures::region(number).as_str())
            .unwrap()
            .state()
    }
}

#[tokio::test(start_paused = true)]
async fn a_declared_state_is_followed_within_five_seconds_and_read_no_more_often() {
    let followed = followed();
    followed.declare(1, RegionState::Failed).await;
    followed.declare(2, RegionState::Lost).await;
    for _ in 0..100 {
        assert_eq!(followed.state(1).await, RegionState::Active);
    }
    tokio::time::advance(STATES_CACHE).await;
    assert_eq!(followed.state(1).await, RegionState::Failed);
    assert_eq!(followed.state(2).await, RegionState::Lost);
    assert_eq!(
        followed.state(0).await,
        RegionState::Active,
        "nothing was declared of it"
    );
    assert_eq!(followed.faults.calls().len(), 1);
    followed.declare(1, RegionState::Active).await;
    tokio::time::advance(STATES_CACHE).await;
    assert_eq!(followed.state(1).await, RegionState::Active);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_stays_as_it_was_and_is_read_soon_after() {
    let followed = followed();
    followed.declare(1, RegionState::Failed).await;
    tokio::time::advance(STATES_CACHE).await;
    followed
        .faults
        .fail_next(Point::ElectionsRegionStates, When::Before);
    assert_eq!(followed.state(1).await, RegionState::Active);
    assert_eq!(followed.state(1).await, RegionState::Active);
    assert_eq!(followed.faults.calls().len(), 1, "not at once");
    tokio::time::advance(STATES_CACHE / 5).await;
    assert_eq!(followed.state(1).await, RegionState::Failed);
}
