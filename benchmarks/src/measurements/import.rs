//! Owns the measurement of an import.

use std::time::Duration;

use super::{Bench, Taken};
use crate::progress::tell;
use crate::storage::{self, Until};
use crate::stores::remove;

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    tell("importing voters");
    let voters = bench.scale.imported;
    let work = &bench.stores.work;
    let (store, roll, letters) = (
        work.join("import"),
        work.join("import.csv"),
        work.join("import-letters.csv"),
    );
    let seconds = Duration::from_secs(bench.load.seconds.div_ceil(4));
    let rows_per_s = storage::write(&work.join("storage.sqlite"), Until::Elapsed(seconds))?;
    remove(&store)?;
    bench.stores.init(&store)?;
    bench.stores.generate(&roll, voters)?;
    let took = bench.stores.import(&store, &roll, &letters)?;
    remove(&store)?;
    for file in [roll, letters] {
        std::fs::remove_file(file)?;
    }
    let per_s = voters as f64 / took.as_secs_f64();
    Ok(vec![Taken::sample("import", per_s, Some(rows_per_s))])
}
