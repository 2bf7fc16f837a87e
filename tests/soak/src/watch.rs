//! Owns the looks at a running election: at random moments its sums have to be exact, and nothing that
//! was counted may vanish.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use fastrand::Rng;
use serde_json::Value;

use crate::http::Http;
use crate::server::Program;
use crate::state::{State, one, read};

/// What `election status` says.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    pub(crate) accepted: u64,
    pub(crate) queued: u64,
    pub(crate) recorded: u64,
    pub(crate) repeats: u64,
    pub(crate) conflicts: u64,
    pub(crate) dead_letters: u64,
    pub(crate) copies: u64,
    /// First copies that wait, by region.
    pub(crate) queued_in: BTreeMap<String, u64>,
}

impl Sums {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let json: Value = serde_json::from_str(text)?;
        let number = |name: &str| json[name].as_u64().with_context(|| format!("no {name}: {text}"));
        let regions = json["regions"].as_array().context("no regions")?;
        let queued_in = regions
            .iter()
            .filter_map(|region| Some((region["name"].as_str()?.to_owned(), region["queued"].as_u64()?)));
        Ok(Self {
            queued_in: queued_in.collect(),
            accepted: number("accepted")?,
            queued: number("queued")?,
            recorded: number("recorded")?,
            repeats: number("repeats")?,
            conflicts: number("conflicts")?,
            dead_letters: number("dead_letters")?,
            copies: number("copies")?,
        })
    }

    /// What was decided or is to be, repeats aside: doesn't move while nothing is accepted.
    pub(crate) fn envelopes(&self) -> u64 {
        self.accepted - self.repeats
    }
}

/// Looks at the sums, checks them, and gives them if they could be had.
pub(crate) fn look(state: &State, program: &Program, voters: usize) -> anyhow::Result<Option<Sums>> {
    // In this order: the sums are of a moment between the two.
    let accepted = read(&state.counters.accepted);
    let said = program.run(&["status", "--format", "json"])?;
    let sent = read(&state.counters.sent);
    one(&state.counters.looks);
    if said.status != Some(0) {
        one(&state.counters.looks_unanswered);
        return Ok(None);
    }
    let sums = Sums::parse(&said.out)?;
    let outcomes = sums.queued + sums.recorded + sums.repeats + sums.conflicts + sums.dead_letters;
    let wrong = |what: String| state.violation(format!("{what}: {sums:?}"));
    if sums.accepted != outcomes {
        wrong(format!("the sum of status is {outcomes}"));
    }
    if sums.accepted < accepted {
        wrong(format!("{accepted} clients had a 202"));
    }
    if sums.accepted > sent {
        wrong(format!("only {sent} votes were sent"));
    }
    if sums.recorded > voters as u64 {
        wrong(format!("there are only {voters} voters"));
    }
    if sums.dead_letters > 0 {
        wrong("there are dead letters".to_owned());
    }
    Ok(Some(sums))
}

/// Looks until the round is over.
pub(crate) fn run(
    state: &State,
    program: &Program,
    voters: usize,
    seed: u64,
    port: u16,
) -> anyhow::Result<()> {
    let (http, mut rng) = (Http::new(port)?, Rng::with_seed(seed));
    let mut before: Option<(u64, Sums)> = None;
    let mut sequences: BTreeMap<String, u64> = BTreeMap::new();
    while !state.is_over() {
        std::thread::sleep(Duration::from_millis(rng.u64(50..1_500)));
        let losses = read(&state.counters.losses);
        let Some(sums) = look(state, program, voters)? else {
            continue;
        };
        if let Some((losses_before, before)) = &before {
            // What has one copy only, and so had no 202, may go with a region.
            let vanished = *losses_before == read(&state.counters.losses) && sums.accepted < before.accepted;
            if vanished || sums.recorded < before.recorded || sums.conflicts < before.conflicts {
                state.violation(format!("sums went back from {before:?} to {sums:?}"));
            }
        }
        before = Some((losses, sums));
        for region in state.regions() {
            let results = http.get(Some(&region), "/votes");
            let Some(sequence) = results.body["seq"].as_u64() else {
                continue;
            };
            let last = sequences.entry(region.clone()).or_default();
            if sequence < *last {
                state.violation(format!(
                    "the results of {region} went back from {last} to {sequence}"
                ));
            }
            *last = sequence;
        }
    }
    Ok(())
}
