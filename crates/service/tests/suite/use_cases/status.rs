//! The account of every 202: each envelope is somewhere, and only there.

use std::time::Duration;

use election_core::envelope::Message;
use election_service::operations::status::Status;
use election_service::ports::{BallotBox, CopyRole, Handle, Intake, RegionState};
use election_testkit::Random;
use election_testkit::faults::{Point, When};
use election_testkit::fixtures::message_with;

use crate::support::Election;

fn shares(status: &Status) -> Vec<u64> {
    status.regions.iter().map(|region| region.queued).collect()
}

#[tokio::test(start_paused = true)]
async fn an_envelope_is_queued_where_its_first_copy_is() {
    let election = Election::open().await;
    assert!(election.cast(1, 0, 0).await.is_ok());
    assert!(election.cast(2, 1, 0).await.is_ok());
    let status = election.status().await;
    assert_eq!(shares(&status), [0, 1, 1]);
    assert_eq!((status.accepted, status.queued, status.copies), (2, 2, 2));
    insta::assert_json_snapshot!(status);
}

#[tokio::test(start_paused = true)]
async fn a_lost_regions_envelopes_are_counted_by_their_second_copies() {
    let election = Election::open().await;
    assert!(election.cast(1, 0, 0).await.is_ok());
    assert!(election.cast(0, 1, 0).await.is_ok());
    election.declare(1, RegionState::Failed).await;
    let failed = election.status().await;
    assert_eq!(
        (shares(&failed), failed.accepted, failed.copies),
        (vec![1, 1, 0], 2, 2)
    );
    assert_eq!(failed.regions[1].tally_lag, None);
    election.declare(1, RegionState::Lost).await;
    let lost = election.status().await;
    assert_eq!((shares(&lost), lost.accepted, lost.copies), (vec![1, 0, 1], 2, 1));
    assert_eq!(lost.regions[1].tally_lag, None);
}

#[tokio::test(start_paused = true)]
async fn an_envelope_that_is_decided_and_not_acknowledged_yet_is_counted_once() {
    let election = Election::open().await;
    assert!(election.cast(0, 0, 0).await.is_ok());
    let batch = election.receive(0, 10).await;
    election.process(0, &batch).await;
    let status = election.status().await;
    assert_eq!(
        (status.accepted, status.recorded, status.queued, status.copies),
        (1, 1, 0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_status_that_cannot_be_read_is_an_error_not_a_guess() {
    for point in [Point::ElectionsPhase, Point::BallotsReckon, Point::BallotsBehind] {
        let election = Election::open().await;
        election.faults.fail_next(point, When::Before);
        assert!(election.operations.status().await.is_err(), "{point}");
    }
    for point in [Point::IntakeWaiting, Point::TalliesLoad] {
        let election = Election::open().await;
        election.region_faults[2].fail_next(point, When::Before);
        assert!(election.operations.status().await.is_err(), "{point}");
    }
}

/// What a random run has to add up to.
struct Account {
    election: Election,
    random: Random,
    /// Envelopes made durable and repeats answered, as this run knows them.
    accepted: u64,
    states: [RegionState; 3],
}

impl Account {
    fn active(&self) -> Vec<usize> {
        let regions = 0..self.states.len();
        regions
            .filter(|region| self.states[*region] == RegionState::Active)
            .collect()
    }

    async fn cast(&mut self) {
        let active = self.active();
        let region = active[self.random.below(active.len())];
        let (voter, variant) = (self.random.below(8) as u64, self.random.below(2) as u64);
        let answer = self.election.cast(region, voter, variant).await;
        self.accepted += u64::from(answer.is_ok());
    }

    /// Somebody sends what no enqueuer made, to two queues.
    async fn forge(&mut self) {
        let body = self.random.byte_vec(80);
        let message: Message = message_with(self.random.number(), 1, body);
        let active = self.active();
        let targets = active.iter().zip([CopyRole::Primary, CopyRole::Second]);
        if active.len() >= 2 {
            for (region, role) in targets {
                let intake = self.election.intake(*region);
                intake.send(message.clone(), role, Duration::ZERO).await.unwrap();
            }
            self.accepted += 1;
        }
    }

    /// A worker's round, in which anything may fail and which may end anywhere.
    async fn work(&mut self) {
        let active = self.active();
        let region = active[self.random.below(active.len())];
        let batch = self.election.receive(region, 1 + self.random.below(4)).await;
        let faults = &self.election.faults;
        if self.random.one_in(3) {
            let when = When::ALL[self.random.below(2)];
            faults.fail_next(Point::BallotsRecord, when);
        }
        let decided = self.election.process(region, &batch).await;
        faults.clear();
        self.check().await;
        if self.random.one_in(4) {
            return;
        }
        let handles = |wanted: bool| -> Vec<Handle> {
            let chosen = batch
                .iter()
                .zip(&decided)
                .filter(|(_, decided)| **decided == wanted);
            chosen.map(|(received, _)| received.handle.clone()).collect()
        };
        let intake = self.election.intake(region);
        intake.acknowledge(&handles(true)).await.unwrap();
        intake.release(&handles(false), Duration::ZERO).await.unwrap();
    }

    async fn change_region(&mut self) {
        let region = self.random.below(3);
        let is_loss = self.random.one_in(6) && !self.states.contains(&RegionState::Lost);
        let state = match self.states[region] {
            RegionState::Lost => return,
            _ if is_loss => RegionState::Lost,
            RegionState::Active => RegionState::Failed,
            RegionState::Failed => RegionState::Active,
        };
        let leaves_one = self.active() == [region] && state != RegionState::Active;
        if !leaves_one {
            self.states[region] = state;
            self.election.declare(region, state).await;
        }
    }

    async fn replay(&mut self) {
        let letters = self.election.memory.ballots.dead_letters().await.unwrap().len() as u64;
        assert_eq!(self.election.operations.replay_dead_letters().await, Ok(letters));
    }

    async fn check(&self) {
        let status = self.election.status().await;
        assert_eq!(status.accepted, self.accepted);
        let outcomes = status.recorded + status.repeats + status.conflicts + status.dead_letters;
        assert_eq!(status.accepted, status.queued + outcomes);
        assert_eq!(shares(&status).iter().sum::<u64>(), status.queued);
        let mut copies = 0;
        for region in &self.election.memory.regions {
            copies += region.intake.depth().await.unwrap().copies;
        }
        assert_eq!(status.copies, copies);
    }
}

#[tokio::test(start_paused = true)]
async fn the_sums_hold_after_every_step_of_any_course_of_events() {
    for seed in 0..40 {
        let mut account = Account {
            election: Election::open().await,
            random: Random::seeded(seed),
            accepted: 0,
            states: [RegionState::Active; 3],
        };
        for _ in 0..80 {
            match account.random.below(10) {
                0..=3 => account.cast().await,
                4..=6 => account.work().await,
                7 => account.change_region().await,
                8 => account.replay().await,
                _ => account.forge().await,
            }
            let pause = Duration::from_millis(account.random.below(3_000) as u64);
            tokio::time::advance(pause).await;
            account.check().await;
        }
        for region in 0..3 {
            if account.states[region] == RegionState::Failed {
                account.election.declare(region, RegionState::Active).await;
            }
        }
        account.election.work_off().await;
        account.check().await;
        let status = account.election.status().await;
        assert_eq!((status.queued, status.copies), (0, 0), "seed {seed}");
        let mut recorded = 0;
        for voter in 0..8 {
            recorded += u64::from(account.election.recorded(voter).await.is_some());
        }
        assert_eq!(status.recorded, recorded, "one voter, one ballot");
    }
}
