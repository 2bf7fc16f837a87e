//! Owns the measurement of a recount, from the command's start to its end.

use super::{Bench, Taken, growth};
use crate::progress::tell;
use crate::storage::{self, Until};

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    let store = bench.stores.million()?;
    tell("recounting");
    let rows = bench.stores.work.join("rows.sqlite");
    if !bench.stores.is_made("rows") {
        storage::write(&rows, Until::Rows(bench.scale.demo_voters))?;
        bench.stores.made("rows")?;
    }
    let read_per_s = storage::read(&rows)?;
    let took = growth::recount(bench, &store, bench.scale.demo_voters)?;
    let per_s = bench.scale.demo_voters as f64 / took.as_secs_f64();
    Ok(vec![Taken::sample("recount", per_s, Some(read_per_s))])
}
