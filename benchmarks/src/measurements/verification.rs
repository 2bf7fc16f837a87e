//! Owns the measurement of `election verify`.

use super::{Bench, Taken};
use crate::export;
use crate::progress::tell;
use crate::stores::{DEFINITION, WEIGHTS, remove};

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    let folder = bench.stores.work.join("export");
    if !bench.stores.is_made("export") {
        tell(&format!(
            "making up an export of {} ballots",
            bench.scale.exported
        ));
        remove(&folder)?;
        export::write(
            &folder,
            DEFINITION.as_ref(),
            WEIGHTS.as_ref(),
            bench.scale.exported,
        )?;
        bench.stores.made("export")?;
    }
    tell("verifying an export");
    let exported = folder.display().to_string();
    let (_, took) = bench.programs.run_alone(&["verify", &exported])?;
    Ok(vec![Taken::sample("verify", took.as_secs_f64(), None)])
}
