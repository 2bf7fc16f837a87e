//! Servers with faults: each is found out, with exit status 1 and a report.

use crate::fake::{Fault, vote};

const STEADY: &[&str] = &["steady"];

#[test]
fn a_server_without_a_fault_passes() {
    let ran = vote(Fault::Nothing, STEADY).0.exits(0);
    assert_eq!(
        (ran.votes("sent"), ran.votes("recorded"), ran.votes("lost")),
        (20, 20, 0)
    );
}

#[test]
fn a_lost_vote_is_found() {
    let ran = vote(Fault::LosesOne, STEADY).0.exits(1).says("LOST");
    assert_eq!(
        (
            ran.votes("accepted"),
            ran.votes("recorded"),
            ran.votes("lost"),
            ran.votes("doubled")
        ),
        (20, 19, 1, 0)
    );
}

#[test]
fn a_doubled_vote_is_found() {
    let ran = vote(Fault::DoublesOne, STEADY).0.exits(1).says("DOUBLED");
    assert_eq!(
        (ran.votes("recorded"), ran.votes("lost"), ran.votes("doubled")),
        (20, 0, 1)
    );
}

#[test]
fn a_vote_counted_for_somebody_else_is_found() {
    let ran = vote(Fault::Miscounts, STEADY)
        .0
        .exits(1)
        .says("+1 against what was recorded");
    assert_eq!(
        (ran.votes("lost"), ran.votes("doubled"), ran.votes("uncounted")),
        (0, 0, 0)
    );
    assert_eq!(ran.report["regions"][0]["agrees"], false);
}

#[test]
fn a_receipt_of_another_ballot_is_found() {
    vote(Fault::OneReceiptForAll, STEADY)
        .0
        .exits(1)
        .says("a receipt is for another ballot than was sent (19 times)");
}

#[test]
fn a_vote_that_is_refused_for_now_is_sent_again() {
    let ran = vote(Fault::RefusesFirst, STEADY).0.exits(0);
    assert_eq!((ran.votes("recorded"), ran.votes("repeats")), (20, 0));
    assert_eq!(ran.report["requests"]["errors"], 20);
}

#[test]
fn a_vote_whose_answer_was_lost_counts_once() {
    let ran = vote(Fault::LosesAnswers, STEADY).0.exits(0);
    assert_eq!(
        (ran.votes("accepted"), ran.votes("recorded"), ran.votes("doubled")),
        (20, 20, 0)
    );
}

#[test]
fn votes_without_an_answer_are_unresolved_and_fail_the_run() {
    let (ran, folder) = vote(
        Fault::Hangs,
        &[
            "steady",
            "-t",
            "1s",
            "--timeout",
            "2s",
            "--report-file",
            "goose.html",
        ],
    );
    let ran = ran.exits(1).says("never got a clear answer");
    assert_eq!((ran.votes("accepted"), ran.votes("unresolved")), (0, 20));
    assert!(folder.path().join("goose.html").is_file());
}

#[test]
fn a_server_that_always_hangs_is_told_at_once() {
    let ran = vote(Fault::HangsAlways, &["steady", "--timeout", "2s"])
        .0
        .exits(70)
        .says("no answer in time");
    assert_eq!(ran.report["exit_status"], 70);
}

#[test]
fn garbage_is_no_acceptance() {
    let ran = vote(Fault::Babbles, &["steady", "-t", "1s"])
        .0
        .exits(1)
        .says("answered with garbage");
    assert_eq!(ran.votes("accepted"), 0);
    vote(Fault::BabblesAlways, STEADY)
        .0
        .exits(70)
        .says("isn't what an election server says");
}
