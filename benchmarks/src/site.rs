//! Owns what can be asked of a running server: where its votes are, and what each region has counted.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::http;

const POLL: Duration = Duration::from_millis(100);

/// A running server.
pub(crate) struct Site {
    /// Where voters reach it.
    pub(crate) url: String,
    /// Where its metrics are.
    operator: String,
    /// Its regions.
    pub(crate) regions: Vec<String>,
}

/// The sums of `election status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Ballots in the box.
    pub(crate) recorded: u64,
    /// Accepted and not decided.
    pub(crate) queued: u64,
    /// Second copies that wait.
    pub(crate) copies: u64,
    /// Acceptances that added no ballot to the box: repeats, conflicts, dead letters.
    pub(crate) others: u64,
}

impl Site {
    /// The server on a data folder that voters reach at `url`.
    pub(crate) fn find(data: &Path, url: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Operator {
            url: String,
        }
        #[derive(Deserialize)]
        struct Election {
            regions: Vec<String>,
        }
        let file = data.join("operator.json");
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let operator: Operator = serde_json::from_slice(&bytes)?;
        let election: Election = serde_json::from_slice(&http::get(url, "/election")?.body)?;
        Ok(Self {
            url: url.to_owned(),
            operator: operator.url,
            regions: election.regions,
        })
    }

    /// Where all votes are. Costly with many second copies waiting: never asked while speed is measured.
    pub(crate) fn sums(&self) -> anyhow::Result<Sums> {
        let answer = http::get(&self.operator, "/metrics")?;
        if answer.status != 200 {
            bail!("the metrics answer {}", answer.status);
        }
        sums(&String::from_utf8_lossy(&answer.body))
    }

    /// Ballots counted, by region in the order of [`Self::regions`].
    pub(crate) fn counted(&self) -> anyhow::Result<Vec<u64>> {
        #[derive(Deserialize)]
        struct Results {
            seq: u64,
        }
        let of_region = |region: &String| {
            let answer = http::get(&self.url, &format!("/regions/{region}/votes"))?;
            let results: Results = serde_json::from_slice(&answer.body)
                .with_context(|| format!("{region} answers {}", answer.status))?;
            Ok(results.seq)
        };
        self.regions.iter().map(of_region).collect()
    }

    /// Waits until no accepted vote waits and every region has counted every ballot; returns where they are.
    pub(crate) fn settle(&self, patience: Duration) -> anyhow::Result<Sums> {
        let began = Instant::now();
        loop {
            let sums = self.sums()?;
            let counted = self.counted()?;
            if sums.queued == 0 && counted.iter().all(|seq| *seq == sums.recorded) {
                return Ok(sums);
            }
            if began.elapsed() > patience {
                bail!("after {patience:?} the votes aren't counted: {sums:?}, counted {counted:?}");
            }
            std::thread::sleep(POLL);
        }
    }

    /// Waits until second copies don't wait either, so that nothing of one run is left to the next.
    pub(crate) fn empty(&self, patience: Duration) -> anyhow::Result<Sums> {
        let began = Instant::now();
        loop {
            let sums = self.settle(patience)?;
            if sums.copies == 0 {
                return Ok(sums);
            }
            if began.elapsed() > patience {
                bail!("after {patience:?} second copies wait: {sums:?}");
            }
            std::thread::sleep(POLL);
        }
    }
}

fn sums(metrics: &str) -> anyhow::Result<Sums> {
    let values: BTreeMap<&str, u64> = metrics
        .lines()
        .filter_map(|line| {
            let labelled = line.strip_prefix("election_envelopes{outcome=\"")?;
            let (outcome, value) = labelled.split_once("\"} ")?;
            Some((outcome, value.trim().parse().ok()?))
        })
        .collect();
    let value = |outcome: &str| {
        let value = values.get(outcome).copied();
        value.with_context(|| format!("the metrics have no {outcome}"))
    };
    Ok(Sums {
        recorded: value("recorded")?,
        queued: value("queued")?,
        copies: value("copies")?,
        others: value("repeats")? + value("conflicts")? + value("dead-letters")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_read_from_the_metrics() {
        let text = "# TYPE election_envelopes gauge\n\
            election_envelopes{outcome=\"recorded\"} 932\nelection_envelopes{outcome=\"queued\"} 3\n\
            election_envelopes{outcome=\"copies\"} 60\nelection_envelopes{outcome=\"repeats\"} 17\n\
            election_envelopes{outcome=\"conflicts\"} 15\nelection_envelopes{outcome=\"dead-letters\"} 1\n";
        let expected = Sums {
            recorded: 932,
            queued: 3,
            copies: 60,
            others: 33,
        };
        assert_eq!(sums(text).unwrap(), expected);
        assert!(sums("election_envelopes{outcome=\"recorded\"} 932\n").is_err());
    }
}
