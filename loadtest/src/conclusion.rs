//! Owns the end of a run: everything that was found goes into the report, and whatever went wrong into one
//! failure.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::agenda::Ended;
use crate::api::Clients;
use crate::arguments::Profile;
use crate::casting::Run;
use crate::failure::Failure;
use crate::reconcile::{Counted, verdict};
use crate::report::{Report, per_second};
use crate::threshold::Reached;

/// Tells everything and says whether it went well.
pub(crate) async fn conclude(
    profile: &Profile,
    run: &Arc<Run>,
    voted: &[bool],
    counted: Option<Counted>,
    (ended, time): (Ended, Duration),
    report: &mut Report,
) -> Result<(), Failure> {
    let (_, options) = profile.parts();
    let (regions, all) = run.measures.sums()?;
    let is_readers = matches!(profile, Profile::Readers(_));
    let is_generator = matches!(profile, Profile::Generator(_));
    let polls = run.polls.sums()?.1;
    if is_readers {
        report.line("\npolls of GET /votes");
        report.line(&format!(
            "{:<26}{} new, {} unchanged (304)",
            "answered", polls.accepted, polls.repeats
        ));
        report.measured("polls", &polls, time);
    }
    let mut problems = Vec::new();
    report.line("\nvotes");
    if is_generator {
        report.set("accepted_per_second", json!(per_second(all.accepted, time)));
        report.line(&format!("{:<26}{}", "accepted", all.accepted));
        report.line(&format!(
            "{:<26}{:.1}/s",
            "accepted per second",
            per_second(all.accepted, time)
        ));
    } else {
        let verdict = verdict(run, voted, counted.as_ref(), all.repeats);
        report.votes(&verdict, time);
        problems.extend(verdict.problems);
        if counted.is_none() {
            problems.push("the reconciliation was interrupted: nothing is proven".to_owned());
        }
    }
    report.measured("requests", &all, time);
    if !is_generator {
        report.regions(run, &regions, counted.as_ref(), time);
        problems.extend(health(run, report).await);
    }
    match ended {
        Ended::Done => {}
        Ended::Interrupted => problems.push("the load was interrupted".to_owned()),
        Ended::Stalled => problems.push(format!(
            "the server settled no vote for {} s: the load was given up",
            crate::agenda::STALL.as_secs()
        )),
    }
    let judged = if is_readers { &polls } else { &all };
    let done = if is_readers {
        polls.accepted + polls.repeats
    } else {
        all.accepted
    };
    let reached = Reached {
        percentile: &|percentile| judged.response.percentile(percentile),
        mean: judged.response.mean(),
        max: judged.response.max(),
        requests: judged.requests,
        errors: judged.errors,
        rate: per_second(done, time),
    };
    let mut rows = Vec::new();
    for threshold in &options.threshold {
        let (holds, value) = threshold.check(&reached);
        rows.push(json!({"threshold": threshold.to_string(), "reached": value, "holds": holds}));
        report.line(&format!(
            "threshold {threshold}: {value}: {}",
            if holds { "held" } else { "MISSED" }
        ));
        if !holds {
            problems.push(format!("the threshold {threshold} was missed: {value}"));
        }
    }
    report.set("thresholds", json!(rows));
    report.set("problems", json!(problems));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::No(problems.join("\nloadtest: ")))
    }
}

/// Whether each server is healthy after all this.
async fn health(run: &Run, report: &mut Report) -> Vec<String> {
    let mut clients = Clients::new(&run.targets, run.timeout);
    let (mut problems, mut asked) = (Vec::new(), Vec::new());
    for target in &run.targets {
        if asked.contains(&target.endpoint.address) {
            continue;
        }
        asked.push(target.endpoint.address);
        let mut healthy = false;
        for here in run
            .targets
            .iter()
            .filter(|here| here.endpoint.address == target.endpoint.address)
        {
            healthy |= clients.get::<serde_json::Value>(here, "/health").await.is_ok();
        }
        let host = target.endpoint.authority.to_str().unwrap_or_default();
        report.line(&format!(
            "health of {host}: {}",
            if healthy { "ok" } else { "NOT WELL" }
        ));
        if !healthy {
            problems.push(format!("{host} isn't healthy"));
        }
    }
    report.set("healthy", json!(problems.is_empty()));
    problems
}
