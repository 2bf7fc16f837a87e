//! Owns what must be true at the end of a round: every 202 is recorded or a conflict, nobody counts
//! twice, and all counts are what the clients cast. It resends ballots, but makes none.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use election_core::ballot::BallotId;
use election_core::content::FORMAT;
use election_core::identifiers::ElectionHash;
use election_core::receipt::{BallotDigest, Receipt};
use serde_json::Value;

use crate::ballots::{Ballot, Counts, counts_of, differences};
use crate::chaos::Chaos;
use crate::client::Cast;
use crate::http::{Answer, Http};
use crate::state::{State, one, read};

const CHECKERS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(30);

/// What the clients' ballots come to.
#[derive(Default)]
struct Found {
    counts: Counts,
    recorded: u64,
    /// Ballots with a 202 whose voter has another one recorded.
    conflicts: u64,
}

/// Everything that is checked of a closed election, and its certification.
pub(crate) fn run(chaos: &mut Chaos<'_>, casts: Vec<Cast>) -> anyhow::Result<()> {
    chaos.restore_all()?;
    chaos.drain()?;
    let state = chaos.state;
    let found = look_up(state, chaos.program.port, casts)?;
    let sums = chaos.drain()?;
    let wrong = |what: String| state.violation(what);
    if sums.recorded != found.recorded {
        wrong(format!(
            "{} voters have a ballot recorded: {sums:?}",
            found.recorded
        ));
    }
    if sums.conflicts < found.conflicts {
        wrong(format!("{} ballots with a 202 lost: {sums:?}", found.conflicts));
    }
    let counters = &state.counters;
    for (counter, number) in [
        (&counters.recorded, sums.recorded),
        (&counters.conflicts, sums.conflicts),
    ] {
        counter.store(number, std::sync::atomic::Ordering::SeqCst);
    }
    compare(chaos, &found, "unofficial-complete")?;
    chaos.certify()?;
    compare(chaos, &found, "certified")?;
    recount(chaos, &found)?;
    let after = chaos.drain()?;
    if (after.recorded, after.conflicts) != (sums.recorded, sums.conflicts) {
        state.violation(format!("certifying changed the sums from {sums:?} to {after:?}"));
    }
    let log = std::fs::read_to_string(&chaos.program.log)?;
    for line in log.lines().filter(|line| line.contains("panicked")) {
        state.violation(format!("the server panicked: {line}"));
    }
    Ok(())
}

fn look_up(state: &State, port: u16, casts: Vec<Cast>) -> anyhow::Result<Found> {
    let election = patiently(|| Http::new(port).ok().map(|http| http.get(None, "/election")))?;
    let hash = election.body["election_hash"].as_str().unwrap_or_default();
    let hash = ElectionHash::from_hex(hash).context("no election hash")?;
    let mut shares: Vec<Vec<Cast>> = (0..CHECKERS).map(|_| Vec::new()).collect();
    for (index, cast) in casts.into_iter().enumerate() {
        shares[index % CHECKERS].push(cast);
    }
    let mut found = Found::default();
    std::thread::scope(|scope| {
        let checkers: Vec<_> = shares
            .into_iter()
            .map(|share| scope.spawn(move || look_up_share(state, port, hash, share)))
            .collect();
        for checker in checkers {
            let share = checker
                .join()
                .map_err(|_| anyhow::anyhow!("a checker panicked"))??;
            found.recorded += share.recorded;
            found.conflicts += share.conflicts;
            for (key, number) in share.counts {
                *found.counts.entry(key).or_default() += number;
            }
        }
        found.counts.retain(|_, number| *number != 0);
        Ok(found)
    })
}

/// Asks until there is an answer that settles the matter.
fn patiently(mut ask: impl FnMut() -> Option<Answer>) -> anyhow::Result<Answer> {
    let began = Instant::now();
    loop {
        match ask() {
            Some(answer) if answer.settles() => return Ok(answer),
            answer if began.elapsed() > PATIENCE => bail!("no answer after the close: {answer:?}"),
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn look_up_share(state: &State, port: u16, hash: ElectionHash, casts: Vec<Cast>) -> anyhow::Result<Found> {
    let http = Http::new(port)?;
    let mut found = Found::default();
    for mut cast in casts {
        let mut recorded = 0;
        let mut accepted = 0;
        for ballot in cast.ballots.iter_mut().filter(|ballot| ballot.sent) {
            if ballot.receipt.is_none() {
                ask_again(state, &http, &cast.voter.id, ballot)?;
            }
            let Some(receipt) = &ballot.receipt else { continue };
            accepted += 1;
            one(&state.counters.receipts);
            if !is_right(receipt, ballot, hash) {
                state.violation(format!("a receipt isn't for its ballot: {receipt}"));
            }
            let answer = patiently(|| Some(http.get(None, &format!("/receipts/{receipt}"))))?;
            match (answer.status, answer.body["status"].as_str()) {
                (200, Some("recorded")) => {
                    recorded += 1;
                    ballot.count(&mut found.counts);
                }
                (200, Some("another-ballot-recorded")) => found.conflicts += 1,
                _ => state.violation(format!("a 202 is lost: receipt {receipt}: {}", answer.body)),
            }
        }
        found.recorded += recorded;
        if recorded > 1 {
            state.violation(format!("a voter has {recorded} ballots recorded"));
        }
        if accepted > 0 && recorded == 0 {
            let ballots = cast.ballots.len();
            state.violation(format!(
                "a voter with {ballots} ballots, {accepted} of them with a 202, has none recorded"
            ));
        }
    }
    Ok(found)
}

/// A ballot without a 202: after the close, it gets one if it is recorded.
fn ask_again(state: &State, http: &Http, voter: &str, ballot: &mut Ballot) -> anyhow::Result<()> {
    let body = ballot.request(voter);
    let answer = patiently(|| {
        one(&state.counters.sent);
        Some(http.cast(None, &body, None))
    })?;
    match (answer.status, answer.code()) {
        (202, _) => {
            one(&state.counters.accepted);
            ballot.receipt = answer.body["receipt"].as_str().map(str::to_owned);
        }
        (403, "polls-closed") => one(&state.counters.other_refusals),
        (status, code) => state.violation(format!("a retry after the close got {status} {code}")),
    }
    Ok(())
}

/// What the page checks, too: that the receipt is for what was sent.
fn is_right(receipt: &str, ballot: &Ballot, hash: ElectionHash) -> bool {
    let (Ok(receipt), Ok(id)) = (Receipt::parse(receipt), BallotId::parse(&ballot.id)) else {
        return false;
    };
    let content = ballot.content.as_bytes();
    receipt.is_for(&BallotDigest::of(
        &hash,
        receipt.ballot_key(),
        &id,
        FORMAT,
        content,
    ))
}

/// Each living region's results against what was cast.
fn compare(chaos: &Chaos<'_>, found: &Found, status: &str) -> anyhow::Result<()> {
    for region in chaos.state.regions() {
        let began = Instant::now();
        let results = loop {
            let answer = patiently(|| Some(chaos.http.get(Some(&region), "/votes")))?;
            if answer.body["status"] == status {
                break answer.body;
            }
            if began.elapsed() > PATIENCE {
                bail!("the results of {region} aren't {status}: {}", answer.body);
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        for difference in differences(&found.counts, &counts_of(&results)) {
            chaos.state.violation(format!("{status}: {region}: {difference}"));
        }
        if results["ballots_cast"].as_u64() != Some(found.recorded) {
            let text = format!(
                "{status}: {region}: {} ballots, {} recorded",
                results["ballots_cast"], found.recorded
            );
            chaos.state.violation(text);
        }
    }
    Ok(())
}

fn recount(chaos: &Chaos<'_>, found: &Found) -> anyhow::Result<()> {
    let said = chaos.program.run(&["recount", "--format", "json"])?;
    let recount: Value = serde_json::from_str(&said.out).with_context(|| said.err.clone())?;
    let regions = recount["regions"].as_array().cloned().unwrap_or_default();
    let living = chaos.state.regions();
    let agreeing = living.iter().filter(|name| {
        regions
            .iter()
            .any(|region| region["name"] == name.as_str() && region["agrees"] == true)
    });
    let agrees = recount["agrees"] == true && agreeing.count() == living.len();
    if said.status != Some(0) || !agrees || recount["ballots"].as_u64() != Some(found.recorded) {
        let recorded = found.recorded;
        chaos
            .state
            .violation(format!("{recorded} ballots are recorded; the recount: {recount}"));
    }
    if read(&chaos.state.counters.losses) as usize + living.len() != regions.len() {
        chaos
            .state
            .violation(format!("the recount misses regions: {recount}"));
    }
    Ok(())
}
