//! Owns the measurements of intake with more and more ballots stored, each beside its floor.

use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use serde_json::Value;

use super::{Bench, Taken};
use crate::intake::{self, Intake};
use crate::progress::tell;
use crate::storage::{self, Until};
use crate::stores::{Stages, copy, remove};
use crate::wrk::{self, End, Requests, Run};

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    let stages = bench.stores.stages()?;
    let mut intakes = Vec::new();
    for store in &stages.stores {
        tell(&format!("intake, starting from {}", store.display()));
        let floor = floor(bench, &stages)?;
        intakes.push((cast(bench, &stages, store)?, floor));
    }
    let file = bench.stores.work.join("storage.sqlite");
    let seconds = Duration::from_secs(bench.load.seconds.div_ceil(4));
    let rows_per_s = storage::write(&file, Until::Elapsed(seconds))?;

    let [(empty, empty_floor), (many, many_floor), (most, most_floor)] = intakes.as_slice() else {
        bail!("intake is measured with three stores");
    };
    Ok(vec![
        taken("intake-empty", empty, empty_floor),
        taken("intake-many", many, many_floor),
        taken("intake-most", most, most_floor),
        Taken::sample("growth", most.per_s, Some(empty.per_s)),
        Taken::sample("latency", many.p99_ms, Some(many_floor.p99_ms))
            .with("p50_ms", many.p50_ms)
            .with("longest_ms", many.longest_ms),
        Taken::sample("waiting", many.waiting_s, None).with("settled_s", many.settled_s),
        Taken::sample("copies", many.copies_s, None),
        Taken::sample("storage", many.per_s, Some(rows_per_s)),
    ])
}

fn taken(figure: &'static str, intake: &Intake, floor: &Run) -> Taken {
    Taken::sample(figure, intake.per_s, Some(floor.accepted_per_s()))
        .with("accepted_per_s", intake.accepted_per_s)
        .with("counted_per_s", intake.counted_per_s)
        .with("stored_before", intake.stored_before as f64)
        .with("stored_after", intake.stored_after as f64)
        .with("p99_ms", intake.p99_ms)
        .with("waiting_s", intake.waiting_s)
        .with("copies_s", intake.copies_s)
}

/// The same requests, sent to a server that forgets them.
fn floor(bench: &Bench, stages: &Stages) -> anyhow::Result<Run> {
    let server = bench.programs.floor(None, &bench.stores.work)?;
    let run = wrk::votes(&server.url, bench.load, &requests(stages, End::Again))?;
    if run.refused + run.broken + run.timeouts > 0 {
        bail!("the floor refuses votes: {run:?}");
    }
    Ok(run)
}

fn requests(stages: &Stages, end: End) -> Requests<'_> {
    Requests {
        file: &stages.requests,
        from: stages.from,
        to: 0,
        end,
    }
}

/// One run on a copy of a store. It ends with a recount of all that is in it.
fn cast(bench: &Bench, stages: &Stages, store: &Path) -> anyhow::Result<Intake> {
    let run = bench.stores.work.join("run");
    copy(store, &run)?;
    let server = bench.programs.serve(&run)?;
    let site = server.site(&run)?;
    let end = if bench.scale.may_end_early {
        End::Stop
    } else {
        End::Error
    };
    let intake = intake::measure(&site, bench.load, &requests(stages, end))?;
    server.stop()?;
    recount(bench, &run, intake.stored_after)?;
    remove(&run)?;
    Ok(intake)
}

/// Counts a store's ballots again: every region has to agree, and none may be missing.
pub(super) fn recount(bench: &Bench, store: &Path, expected: u64) -> anyhow::Result<Duration> {
    let (out, took) = bench.programs.run(store, &["recount", "--format", "json"])?;
    let recount: Value = serde_json::from_str(&out)?;
    let ballots = recount.get("ballots").and_then(Value::as_u64);
    if ballots != Some(expected) {
        bail!("{expected} ballots are recorded, but {ballots:?} recounted");
    }
    Ok(took)
}
