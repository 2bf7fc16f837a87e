//! Owns the measurement of a start: from the process to its first answer, results included.

use super::{Bench, Taken};
use crate::progress::tell;

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    let store = bench.stores.million()?;
    tell("starting a server");
    let server = bench.programs.serve(&store)?;
    let took = server.started_in;
    server.stop()?;
    Ok(vec![Taken::sample("start", took.as_secs_f64() * 1_000.0, None)])
}
