//! Recording: each message by itself, and none leaves its queue before its decision is durable.

use std::time::Duration;

use election_core::envelope::Message;
use election_core::phase::Phase;
use election_service::ports::{BallotBox, CopyRole, DeadLetterReason, Depth, Intake, RegionState};
use election_service::processor::MOST_RECEIVES;
use election_testkit::faults::{Point, When};
use election_testkit::fixtures::{self, message, message_with};

use crate::support::Election;

async fn reasons(election: &Election) -> Vec<DeadLetterReason> {
    let letters = election.memory.ballots.dead_letters().await.unwrap();
    letters.into_iter().map(|letter| letter.reason).collect()
}

/// An authentic message, changed afterwards.
fn changed(number: u64, change: impl FnOnce(&mut Message)) -> Message {
    let mut message = message(number, number, 0);
    change(&mut message);
    message
}

#[tokio::test(start_paused = true)]
async fn what_is_no_ballot_or_forged_is_set_aside_at_once_and_touches_no_other() {
    let election = Election::open().await;
    let last = |message: &mut Message| *message.body.last_mut().unwrap() ^= 1;
    let mut other_jurisdiction = message(5, 5, 0);
    let position = other_jurisdiction
        .body
        .windows(5)
        .position(|word| word == b"south")
        .unwrap();
    other_jurisdiction.body[position..position + 5].copy_from_slice(b"north");
    for bad in [
        message_with(1, 1, vec![]),
        message_with(2, 2, vec![1; 20]),
        changed(3, last),
        changed(4, |message| message.ballot_key = fixtures::ballot_key(9)),
        other_jurisdiction,
        changed(6, |message| message.body[0] = 2),
    ] {
        election.send(0, bad).await;
    }
    for good in [7, 8] {
        election.send(0, message(good, good, 0)).await;
    }
    let batch = election.receive(0, 10).await;
    assert_eq!(
        election.process(0, &batch).await,
        [true; 8],
        "all are decided at the first time"
    );
    let status = election.status().await;
    assert_eq!((status.recorded, status.dead_letters, status.queued), (2, 6, 0));
    let mut reasons = reasons(&election).await;
    reasons.sort_by_key(|reason| reason.as_str());
    let (forged, undecodable) = (DeadLetterReason::Forged, DeadLetterReason::Undecodable);
    assert_eq!(
        reasons,
        [forged, forged, forged, undecodable, undecodable, undecodable]
    );
    assert!(election.recorded(9).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_recorded_keeps_no_other_of_its_batch_back() {
    for when in When::ALL {
        for poisoned in 1..=10 {
            let election = Election::open().await;
            for number in 0..10 {
                election.send(0, message(number, number, 0)).await;
            }
            election.faults.fail_nth(Point::BallotsRecord, poisoned, when);
            let batch = election.receive(0, 10).await;
            let decided = election.process(0, &batch).await;
            assert_eq!(decided.iter().filter(|decided| **decided).count(), 9);
            let recorded = if when == When::Before { 9 } else { 10 };
            assert_eq!(election.status().await.recorded, recorded);
            election.work_off().await;
            let status = election.status().await;
            assert_eq!((status.recorded, status.repeats, status.accepted), (10, 0, 10));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_stays_queued_for_a_hundred_receives_and_is_then_set_aside() {
    let election = Election::open().await;
    election.send(0, message(0, 0, 0)).await;
    election.faults.fail_every(Point::BallotsRecord, When::Before);
    let tried = || {
        let calls = election.faults.calls().into_iter();
        calls.filter(|point| *point == Point::BallotsRecord).count()
    };
    let last_but_one = MOST_RECEIVES as usize - 1;
    election.run_until(async || tried() >= last_but_one).await;
    assert!(tried() == last_but_one && reasons(&election).await.is_empty());
    assert!(
        !election.region_faults[0]
            .calls()
            .contains(&Point::IntakeAcknowledge)
    );
    assert_eq!(election.status().await.queued, 1);

    election
        .run_until(async || !reasons(&election).await.is_empty())
        .await;
    assert_eq!(reasons(&election).await, [DeadLetterReason::ReceivesExhausted]);
    assert_eq!(tried(), MOST_RECEIVES as usize);
    election.faults.clear();
    election.work_off().await;
    let status = election.status().await;
    assert_eq!((status.dead_letters, status.queued, status.accepted), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_cannot_be_kept_stays_in_the_queue() {
    for when in When::ALL {
        let election = Election::open().await;
        election.send(0, message_with(1, 1, vec![])).await;
        election.faults.fail_next(Point::BallotsSetAside, when);
        let batch = election.receive(0, 10).await;
        assert_eq!(election.process(0, &batch).await, [false]);
        election.work_off().await;
        let status = election.status().await;
        assert_eq!((status.dead_letters, status.accepted), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_acknowledgement_is_lost_is_decided_once() {
    for when in When::ALL {
        let election = Election::open().await;
        election.send(0, message(1, 1, 0)).await;
        election.send(0, message(2, 1, 0)).await;
        election.send(0, message(3, 1, 1)).await;
        election.region_faults[0].fail_next(Point::IntakeAcknowledge, when);
        let decided = async || election.status().await.recorded == 1;
        election.run_until(decided).await;
        let expected = (1, 1, 1, 3);
        let sums = async || {
            let status = election.status().await;
            (status.recorded, status.repeats, status.conflicts, status.accepted)
        };
        assert_eq!(
            sums().await,
            expected,
            "the conflict is logged although the message isn't removed"
        );
        let left = if when == When::Before { 3 } else { 0 };
        assert_eq!(election.depths().await[0].primaries, left);
        election.work_off().await;
        assert_eq!(sums().await, expected);
        let rendered = election.metrics.render(&election.status().await);
        let redelivered = rendered.contains(r#"outcome="already-decided"} 3"#);
        assert_eq!(redelivered, when == When::Before, "{rendered}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_the_ballot_box_is_found_out_at_the_next_receive() {
    let election = Election::open().await;
    election.send(0, message(1, 1, 0)).await;
    election.faults.fail_next(Point::BallotsRecord, When::After);
    election.work_off().await;
    let status = election.status().await;
    assert_eq!((status.recorded, status.repeats, status.accepted), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_second_copy_finds_its_ballot_recorded() {
    let election = Election::open().await;
    assert!(election.cast(0, 0, 0).await.is_ok());
    let batch = election.receive(0, 10).await;
    assert_eq!(election.process(0, &batch).await, [true]);
    election.work_off().await;
    assert_eq!(election.depths().await, [Depth::default(); 3]);
    let status = election.status().await;
    assert_eq!(
        (status.recorded, status.repeats, status.conflicts, status.accepted),
        (1, 0, 0, 1)
    );
}

/// Sends an envelope's second copy, due at once.
async fn send_second(election: &Election, number: u64) {
    let sent = election
        .intake(1)
        .send(message(number, number, 0), CopyRole::Second, Duration::ZERO);
    sent.await.unwrap();
}

fn calls_of(election: &Election, point: Point) -> usize {
    let calls = election.faults.calls().into_iter();
    calls.filter(|call| *call == point).count()
}

#[tokio::test(start_paused = true)]
async fn a_second_copy_whose_envelope_is_decided_is_not_recorded_again() {
    let election = Election::open().await;
    election.record(1, 1, 0).await;
    election.record(2, 1, 0).await;
    election.record(3, 1, 1).await;
    for number in 1..=2 {
        send_second(&election, number).await;
    }
    let batch = election.receive(1, 10).await;
    assert_eq!(election.process(1, &batch).await, [true; 2]);
    assert_eq!(calls_of(&election, Point::BallotsAreDecided), 1, "one question");
    assert_eq!(calls_of(&election, Point::BallotsRecord), 0);
    let rendered = election.metrics.render(&election.status().await);
    assert!(rendered.contains(r#"outcome="already-decided"} 2"#), "{rendered}");
    election.work_off().await;
    let status = election.status().await;
    assert_eq!(
        (status.recorded, status.repeats, status.conflicts, status.accepted),
        (1, 1, 1, 3)
    );
    assert_eq!(election.depths().await, [Depth::default(); 3]);
}

/// Each answer is its own message's, also where some are bad, and a first copy is never asked about.
#[tokio::test(start_paused = true)]
async fn of_a_mixed_batch_only_what_is_undecided_is_recorded() {
    let election = Election::open().await;
    for decided in [1, 4, 7] {
        election.record(decided, decided, 0).await;
    }
    for number in 0..9 {
        if number % 2 == 0 {
            let first =
                election
                    .intake(1)
                    .send(message(number, number, 0), CopyRole::Primary, Duration::ZERO);
            first.await.unwrap();
        } else {
            send_second(&election, number).await;
        }
    }
    let forged = |message: &mut Message| message.ballot_key = fixtures::ballot_key(8);
    let sent = election
        .intake(1)
        .send(changed(9, forged), CopyRole::Second, Duration::ZERO);
    sent.await.unwrap();
    let batch = election.receive(1, 20).await;
    election.faults.fail_next(Point::BallotsSetAside, When::Before);
    let decided = election.process(1, &batch).await;
    for (received, decided) in batch.iter().zip(decided) {
        let is_forged = received.message.envelope == fixtures::envelope(9);
        assert_eq!(decided, !is_forged, "only the dead letter couldn't be kept");
    }
    // 0, 2, 4, 6 and 8 are first copies; of the second ones 3 and 5 are undecided.
    assert_eq!(calls_of(&election, Point::BallotsRecord), 7);
    for voter in 0..9 {
        assert!(election.recorded(voter).await.is_some(), "voter {voter}");
    }
    election.work_off().await;
    let status = election.status().await;
    assert_eq!((status.recorded, status.dead_letters, status.queued), (9, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_first_copies_is_recorded_without_a_question() {
    let election = Election::open().await;
    election.send(0, message(1, 1, 0)).await;
    let batch = election.receive(0, 10).await;
    assert_eq!(election.process(0, &batch).await, [true]);
    assert_eq!(calls_of(&election, Point::BallotsAreDecided), 0);
}

#[tokio::test(start_paused = true)]
async fn second_copies_that_cannot_be_asked_about_are_recorded_as_first_ones_are() {
    for when in When::ALL {
        let election = Election::open().await;
        election.record(1, 1, 0).await;
        // The first copy of one is recorded, that of the other is lost.
        for number in 1..=2 {
            send_second(&election, number).await;
        }
        election.faults.fail_every(Point::BallotsAreDecided, when);
        let batch = election.receive(1, 10).await;
        assert_eq!(election.process(1, &batch).await, [true; 2], "{when:?}");
        assert_eq!(calls_of(&election, Point::BallotsRecord), 2);
        assert!(election.recorded(2).await.is_some(), "{when:?}");
        let rendered = election.metrics.render(&election.status().await);
        assert!(rendered.contains(r#"outcome="already-decided"} 1"#), "{rendered}");
        election.work_off().await;
        let status = election.status().await;
        assert_eq!((status.recorded, status.repeats, status.accepted), (2, 0, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn ballots_are_recorded_until_certifying_and_then_set_aside_as_late() {
    for phase in Phase::ALL {
        let election = Election::open().await;
        election.record(1, 1, 0).await;
        election.enter(phase).await;
        // The recorded envelope again, a repeat, a conflict, and a voter's first ballot.
        for late in [
            message(1, 1, 0),
            message(2, 1, 0),
            message(3, 1, 1),
            message(4, 4, 0),
        ] {
            election.send(0, late).await;
        }
        let batch = election.receive(0, 10).await;
        assert_eq!(election.process(0, &batch).await, [true; 4]);
        let status = election.status().await;
        let is_late = u64::from(phase >= Phase::Certifying);
        assert_eq!((status.repeats, status.conflicts), (1, 1), "{phase}");
        assert_eq!(
            (status.recorded, status.dead_letters),
            (2 - is_late, is_late),
            "{phase}"
        );
        assert_eq!(
            reasons(&election).await,
            vec![DeadLetterReason::Late; usize::try_from(is_late).unwrap()]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_told_to_be_late_stays_in_the_queue() {
    for point in [Point::BallotsRecord, Point::BallotsSetAside] {
        let election = Election::open().await;
        election.record(1, 1, 0).await;
        election.enter(Phase::Certifying).await;
        let number = if point == Point::BallotsRecord { 1 } else { 4 };
        election.send(0, message(9, number, 0)).await;
        election.faults.fail_next(point, When::Before);
        let batch = election.receive(0, 10).await;
        assert_eq!(election.process(0, &batch).await, [false], "{point}");
        election.work_off().await;
        assert_eq!(election.status().await.accepted, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_region_is_left_alone_until_it_is_restored() {
    let election = Election::open().await;
    election.declare(0, RegionState::Failed).await;
    election.send(0, message(1, 1, 0)).await;
    election.send(1, message(2, 2, 0)).await;
    election.work_off().await;
    assert!(election.region_faults[0].calls().is_empty());
    assert_eq!(
        (
            election.depths().await[0].primaries,
            election.status().await.recorded
        ),
        (1, 1)
    );
    election.declare(0, RegionState::Active).await;
    election.work_off().await;
    assert_eq!(election.status().await.recorded, 2);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_fails_is_tried_again() {
    for point in [
        Point::IntakeReceive,
        Point::IntakeAcknowledge,
        Point::IntakeRelease,
    ] {
        for when in When::ALL {
            let election = Election::open().await;
            election.send(0, message(1, 1, 0)).await;
            election.faults.fail_next(Point::BallotsRecord, When::Before);
            election.region_faults[0].fail_next(point, when);
            election.work_off().await;
            let status = election.status().await;
            assert_eq!((status.recorded, status.accepted), (1, 1), "{point} {when:?}");
        }
    }
}
