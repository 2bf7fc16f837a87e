//! Owns the measurement of a server's memory over a long time, with a little to do all the time: every voter's
//! ballot is sent again, one after the other, and results are read.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use anyhow::bail;

use super::{Bench, Taken};
use crate::http;
use crate::progress::tell;

const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    let store = bench.stores.million()?;
    tell(&format!(
        "watching a server's memory for {:?}",
        bench.scale.steady
    ));
    let server = bench.programs.serve(&store)?;
    let requests = BufReader::new(File::open(bench.stores.work.join("demo.txt"))?);
    let mut requests = requests.lines();
    let (began, mut sent) = (Instant::now(), 0_u32);
    let mut warm = None;
    while began.elapsed() < bench.scale.steady {
        if warm.is_none() && began.elapsed() >= bench.scale.warm {
            warm = Some(server.memory()?);
        }
        if let Some(line) = requests.next() {
            let status = http::post(&server.url, "/votes", line?.as_bytes())?.status;
            if status != 202 {
                bail!("a ballot that is recorded is answered {status}");
            }
        }
        if http::get(&server.url, "/votes")?.status != 200 {
            bail!("the results can't be read");
        }
        sent += 1;
        std::thread::sleep(PAUSE);
    }
    let end = server.memory()?;
    server.stop()?;
    let warm_mb = warm.map_or(end.resident_mb, |memory| memory.resident_mb);
    let minutes = bench.scale.steady.as_secs_f64() / 60.0;
    Ok(vec![
        Taken::sample("memory", end.resident_mb, None)
            .with("highest_mb", end.highest_mb)
            .with("minutes", minutes),
        Taken::sample("memory-drift", end.resident_mb - warm_mb, None)
            .with("minutes", minutes)
            .with("votes_sent_again", f64::from(sent)),
    ])
}
