//! Owns the measurement of reading results.

use anyhow::bail;

use super::{Bench, Taken};
use crate::http;
use crate::progress::tell;
use crate::wrk;

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    let store = bench.stores.million()?;
    tell("reading results");
    let server = bench.programs.serve(&store)?;
    let body = http::get(&server.url, "/votes")?.body;
    let results = bench.stores.work.join("results.json");
    std::fs::write(&results, &body)?;

    let floor = bench.programs.floor(Some(&results), &bench.stores.work)?;
    let at_floor = wrk::constant(&floor.url, bench.load, None)?;
    drop(floor);
    let run = wrk::constant(&server.url, bench.load, None)?;
    server.stop()?;
    for run in [at_floor, run] {
        if run.refused + run.broken + run.timeouts > 0 {
            bail!("results can't be read: {run:?}");
        }
    }
    Ok(vec![
        Taken::sample("reads", run.accepted_per_s(), Some(at_floor.accepted_per_s()))
            .with("p99_ms", run.p99_ms)
            .with("size_bytes", body.len() as f64),
    ])
}
