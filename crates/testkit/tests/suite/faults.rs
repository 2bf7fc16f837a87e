//! What a plan of faults promises.

use std::collections::HashSet;
use std::time::Duration;

use election_service::ports::{CopyRole, Outcome, PortError};
use election_testkit::contract::failures::VOTE_WRITES;
use election_testkit::faults::{Faults, Point, When};
use election_testkit::fixtures::{message, new_election, submission};
use election_testkit::memory::MemoryStore;

#[test]
fn points_have_names_of_their_own() {
    let names: HashSet<_> = Point::ALL.iter().map(|point| point.as_str()).collect();
    assert_eq!(names.len(), Point::ALL.len());
    assert!(VOTE_WRITES.iter().all(|point| point.is_write()));
}

#[tokio::test]
async fn a_write_that_fails_before_did_not_happen_and_one_that_fails_after_did() {
    for when in When::ALL {
        let store = MemoryStore::default();
        let faults = Faults::default();
        let faulty = store.stores().faulty(&faults);
        faults.fail_next(Point::ElectionsCreate, when);
        let error = faulty.elections.create(new_election()).await.unwrap_err();
        assert!(matches!(error, PortError::Unavailable(text) if text.contains("elections.create")));
        assert_eq!(
            faulty.elections.load().await.unwrap().is_some(),
            when == When::After
        );
        assert_eq!(
            faulty.elections.create(new_election()).await,
            Ok(when == When::Before)
        );
        assert_eq!((faults.failed(), faults.writes().len()), (1, 2));
    }
}

#[tokio::test]
async fn the_nth_call_fails_and_no_other() {
    let store = MemoryStore::default();
    let faults = Faults::default();
    let faulty = store.stores().faulty(&faults);
    faults.fail_nth(Point::IntakeSend, 3, When::Before);
    for nth in 1..=5 {
        let sent = faulty.intakes[nth % 3]
            .send(message(1, 1, 0), CopyRole::Primary, Duration::ZERO)
            .await;
        assert_eq!(sent.is_err(), nth == 3);
        faulty.intakes[0].depth().await.unwrap();
    }
    faults.clear();
    faults.fail_nth_write(2, When::After);
    assert!(faulty.elections.visits().await.is_ok(), "a read isn't counted");
    assert!(faulty.elections.add_visit().await.is_ok());
    assert!(faulty.ballots.add_repeat().await.is_err());
    assert!(faulty.ballots.add_repeat().await.is_ok());
}

#[tokio::test]
async fn an_outage_lasts_until_it_is_cleared() {
    let store = MemoryStore::default();
    let faults = Faults::default();
    let faulty = store.stores().faulty(&faults);
    faults.fail_everything();
    for _ in 0..3 {
        assert!(faulty.elections.add_visit().await.is_err());
        assert!(faulty.ballots.record(&[submission(1, 1, 0)]).await[0].is_err());
        assert!(faulty.tallies[0].load().await.is_err());
    }
    faults.clear();
    assert_eq!(faulty.elections.add_visit().await, Ok(1));
    assert_eq!(
        faulty.ballots.record(&[submission(1, 1, 0)]).await,
        [Ok(Outcome::Recorded)]
    );
}
