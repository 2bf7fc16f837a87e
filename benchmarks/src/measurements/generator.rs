//! Owns the measurement of the generators themselves: what sending distinct votes costs wrk, and what the
//! load test reaches beside it.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{Bench, Taken};
use crate::progress::tell;
use crate::wrk::{self, End, Requests};

pub(super) fn measure(bench: &Bench) -> anyhow::Result<Vec<Taken>> {
    bench.stores.million()?;
    tell("measuring the generators");
    let file = bench.stores.work.join("demo.txt");
    let server = bench.programs.floor(None, &bench.stores.work)?;
    let requests = Requests {
        file: &file,
        from: 0,
        to: 0,
        end: End::Again,
    };
    let constant = wrk::constant(&server.url, bench.load, Some(&file))?;
    let votes = wrk::votes(&server.url, bench.load, &requests)?;
    let mut taken = vec![Taken::sample(
        "generator",
        votes.accepted_per_s(),
        Some(constant.accepted_per_s()),
    )];
    taken.push(match loadtest(bench, &server.url)? {
        Ok(per_s) => Taken::sample("loadtest", per_s, Some(votes.accepted_per_s())),
        Err(reason) => Taken::Skipped {
            figure: "loadtest",
            reason,
        },
    });
    Ok(taken)
}

/// The load test's own rate, or why there is none.
fn loadtest(bench: &Bench, url: &str) -> anyhow::Result<Result<f64, String>> {
    let program = &bench.programs.loadtest;
    if !program.exists() {
        return Ok(Err("the load test isn't built".to_owned()));
    }
    let help = Command::new(program).args(["generator", "--help"]).output()?;
    if !help.status.success() {
        return Ok(Err("`loadtest generator` doesn't exist".to_owned()));
    }
    let work = &bench.stores.work;
    let json = work.join("loadtest.json");
    let output = Command::new(program)
        .args(["generator", "--no-print-metrics", "--host", url])
        .args(["--users", &bench.load.connections.to_string()])
        .args(["--seconds", &bench.load.seconds.to_string()])
        // Without letters it makes up voters.
        .arg("--letters")
        .arg(work.join("no-letters.csv"))
        .arg("--json")
        .arg(&json)
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("loadtest generator: {}: {said}", output.status);
    }
    let said: Value = serde_json::from_slice(&std::fs::read(json)?)?;
    let per_s = said
        .pointer("/requests/requests_per_second")
        .and_then(Value::as_f64);
    Ok(Ok(
        per_s.context("loadtest generator tells no requests_per_second")?
    ))
}
