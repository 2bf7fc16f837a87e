//! Owns what every black-box test needs: an election in a fresh folder, the command run on it, servers
//! that end with the test, a plain HTTP client, and waiting for conditions. Nothing here knows the
//! inside of the program.

mod command;
mod election;
mod http;
mod server;

use std::time::{Duration, Instant};

pub(crate) use command::{Ran, election};
pub(crate) use election::{Election, Voter, letters};
pub(crate) use http::{Answer, Http};
pub(crate) use server::{Server, vote};

/// An election of two jurisdictions with everything a ballot can have, its results public at once.
pub(crate) const TWO_TOWNS: &str = include_str!("two-towns.toml");

/// The regions of a server that isn't told any.
pub(crate) const REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

const PATIENCE: Duration = Duration::from_secs(60);
const FIRST_POLL: Duration = Duration::from_millis(5);
const LONGEST_POLL: Duration = Duration::from_millis(250);

/// Waits until a condition holds; fails the test if it doesn't within a minute.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(what, || condition().then_some(()));
}

/// Waits until there is something; fails the test if there isn't within a minute.
pub(crate) fn wait_for<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let (began, mut poll) = (Instant::now(), FIRST_POLL);
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(poll);
        poll = LONGEST_POLL.min(poll * 3 / 2);
    }
}

/// A new ballot id, as a voter's device makes one.
pub(crate) fn ballot_id() -> String {
    let bits = fastrand::u128(..);
    let (a, b, c, d, e) = (
        bits >> 96,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xfff,
        (bits >> 48) & 0xfff,
        bits & 0xffff_ffff_ffff,
    );
    format!("{a:08x}-{b:04x}-4{c:03x}-8{d:03x}-{e:012x}")
}
