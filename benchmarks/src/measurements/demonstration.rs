//! Owns the demo in which everybody votes: none may be missing at its end.

use anyhow::bail;

use super::{Bench, Taken, growth};

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    let (server, intake) = bench.stores.demo()?;
    let folder = bench.stores.work.join("demo");
    let site = server.site(&folder)?;
    let sums = site.sums()?;
    if sums.recorded != bench.scale.demo_voters {
        bail!("of {} voters' ballots {sums:?}", bench.scale.demo_voters);
    }
    let memory = server.memory()?;
    server.stop()?;
    let took = growth::recount(bench, &folder, sums.recorded)?;
    Ok(vec![
        Taken::sample("demo", sums.recorded as f64, None)
            .with("votes_per_s", intake.per_s)
            .with("p99_ms", intake.p99_ms)
            .with("highest_mb", memory.highest_mb)
            .with("recount_s", took.as_secs_f64()),
    ])
}
