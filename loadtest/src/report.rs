//! Owns what the run tells: a table for people, one JSON document for programs. Counts and times only: never a
//! voter id, a ballot id or a receipt.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::arguments::Profile;
use crate::casting::Run;
use crate::counts::Counts;
use crate::duration;
use crate::failure::Failure;
use crate::measures::Measured;
use crate::reconcile::{Counted, Verdict};

/// What is known so far. Whatever happens, it is told.
#[derive(Default)]
pub(crate) struct Report {
    document: Map<String, Value>,
    text: String,
}

impl Report {
    /// Adds a value to the document.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.document.insert(name.to_owned(), value);
    }

    /// Adds a line for people.
    pub(crate) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// The document.
    pub(crate) fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.document).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Writes the document.
    pub(crate) fn write(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, self.json())
    }

    /// Tells what was sent and how fast; for polls, what was read.
    pub(crate) fn measured(&mut self, name: &str, all: &Measured, time: Duration) {
        let value = json!({
            "requests": all.requests, "errors": all.errors, "answers": all.answers,
            "response": all.response.json(), "service": all.service.json(),
            "requests_per_second": per_second(all.requests, time),
        });
        self.set(name, value);
        let of = |times: &crate::measures::Times| {
            let [p50, p99, p999] = [50.0, 99.0, 99.9].map(|at| duration::print(times.percentile(at)));
            format!(
                "p50 {p50}, p99 {p99}, p99.9 {p999}, max {}",
                duration::print(times.max())
            )
        };
        self.line(&format!("{:<26}{}", "requests", all.requests));
        self.line(&format!(
            "{:<26}{:.1}/s",
            "requests per second",
            per_second(all.requests, time)
        ));
        self.line(&format!("{:<26}{}", "response, from when due", of(&all.response)));
        self.line(&format!("{:<26}{}", "service, of each request", of(&all.service)));
        for (answer, count) in &all.answers {
            self.line(&format!("{:<25} {count}", format!("answered {answer}")));
        }
    }

    /// Tells the votes' fates.
    pub(crate) fn votes(&mut self, verdict: &Verdict, time: Duration) {
        let value = serde_json::to_value(verdict).unwrap_or_default();
        self.set("votes", value);
        let rate = per_second(verdict.accepted, time);
        self.set("accepted_per_second", json!(rate));
        let refused: u64 = verdict.refused.values().sum();
        for (name, number) in [
            ("voters", verdict.voters),
            ("sent", verdict.sent),
            ("accepted", verdict.accepted),
            ("recorded", verdict.recorded),
            ("  of them before this run", verdict.recorded_before),
            ("repeats", verdict.repeats),
            ("conflicts", verdict.conflicts),
            ("refused", refused),
        ] {
            self.line(&format!("{name:<26}{number}"));
        }
        for (code, count) in &verdict.refused {
            self.line(&format!("{:<25} {count}", format!("  {code}")));
        }
        for (name, number) in [
            ("unresolved", verdict.unresolved),
            ("lost", verdict.lost),
            ("doubled", verdict.doubled),
            ("uncounted", verdict.uncounted),
        ] {
            self.line(&format!("{name:<26}{number}"));
        }
        self.line(&format!("{:<26}{rate:.1}/s", "accepted per second"));
    }

    /// Tells the comparison and each region.
    pub(crate) fn regions(
        &mut self,
        run: &Run,
        regions: &[Measured],
        counted: Option<&Counted>,
        time: Duration,
    ) {
        let mut rows = Vec::new();
        let mut table = format!(
            "\n{:<24}{:>9}{:>9}{:>8}{:>10}{:>10}{:>10}{:>10}  {}\n",
            "region", "requests", "accepted", "errors", "p50", "p99", "p99.9", "counted", "counts"
        );
        for (place, (target, measured)) in run.targets.iter().zip(regions).enumerate() {
            let count = counted.and_then(|counted| counted.regions.get(place));
            let ballots = count.and_then(|count| count.ballots);
            let agrees = count
                .filter(|count| count.ballots.is_some())
                .map(|count| count.differences.is_empty());
            let words = match agrees {
                Some(true) => "as expected",
                Some(false) => "DIFFER",
                None => "out of order",
            };
            let [p50, p99, p999] =
                [50.0, 99.0, 99.9].map(|at| duration::print(measured.response.percentile(at)));
            let told = ballots.map_or_else(|| "-".to_owned(), |ballots| ballots.to_string());
            let _ = writeln!(
                table,
                "{:<24}{:>9}{:>9}{:>8}{p50:>10}{p99:>10}{p999:>10}{told:>10}  {words}",
                target.name, measured.requests, measured.accepted, measured.errors
            );
            rows.push(json!({
                "name": target.name, "requests": measured.requests, "accepted": measured.accepted,
                "repeats": measured.repeats, "errors": measured.errors, "answers": measured.answers,
                "response": measured.response.json(), "service": measured.service.json(),
                "counted": ballots, "agrees": agrees,
                "differences": count.map(|count| counts(&count.differences)),
            }));
        }
        self.set("regions", Value::Array(rows));
        if let Some(counted) = counted {
            let last_s = counted.last_counted.map(|last| last.as_secs_f64());
            let total = time + counted.last_counted.unwrap_or_default();
            let new = u64::try_from(counted.new_ballots).unwrap_or(0);
            let rate = per_second(new, total);
            self.set("expected", counts(&counted.expected));
            self.set("newly_recorded", json!(counted.new_ballots));
            self.set("last_counted_after_s", json!(last_s));
            self.set("counted_per_second", json!(rate));
            self.set("not_compared", json!(counted.not_compared));
            let last = counted
                .last_counted
                .map_or_else(|| "-".to_owned(), duration::print);
            self.line(&format!("{:<26}{last} after the load", "last one counted"));
            self.line(&format!("{:<26}{rate:.1}/s", "counted per second"));
        }
        self.line(&table);
        for text in counted.map(|counted| &counted.not_compared).into_iter().flatten() {
            self.line(&format!("not compared: {text}"));
        }
    }
}

fn counts(counts: &Counts) -> Value {
    let row = |((jurisdiction, contest, what), number): (&(String, String, String), &i64)| json!({"jurisdiction": jurisdiction, "contest": contest, "choice": what, "number": number});
    counts.iter().map(row).collect()
}

/// Things per second.
pub(crate) fn per_second(count: u64, time: Duration) -> f64 {
    let count = count as f64;
    let seconds = time.as_secs_f64();
    if seconds > 0.0 {
        (count / seconds * 10.0).round() / 10.0
    } else {
        0.0
    }
}

impl Report {
    /// Tells how it ended, writes what was asked for, prints the table, and gives the exit status.
    #[expect(
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "this is where the load test talks to its user"
    )]
    pub(crate) fn finish(mut self, profile: &Profile, ended: Result<(), Failure>) -> ExitCode {
        let (_, options) = profile.parts();
        let status = ended.as_ref().map_or_else(Failure::status, |()| 0);
        self.set("exit_status", json!(status));
        self.set("error", json!(ended.as_ref().err().map(ToString::to_string)));
        let mut unwritten = options.json.as_ref().and_then(|path| {
            self.write(path)
                .err()
                .map(|error| format!("{}: {error}", path.display()))
        });
        // Goose writes them at the end of a load. Where there was none, something says so.
        for path in options
            .report_file
            .iter()
            .filter(|_| !self.document.contains_key("load_s"))
        {
            let text = if path.ends_with(".json") {
                self.json()
            } else {
                format!("{}\n{}", self.text, self.json())
            };
            unwritten = std::fs::write(path, text)
                .err()
                .map(|error| format!("{path}: {error}"))
                .or(unwritten);
        }
        if matches!(profile, Profile::Generator(_)) {
            // For a program, as the last line: goose has said on standard output what it wanted to.
            eprintln!("{}", self.text);
            println!("{}", Value::Object(self.document));
            return ended.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS);
        }
        println!("{}", self.text);
        let ended = match unwritten {
            Some(error) if ended.is_ok() => {
                Err(Failure::Usage(format!("the report can't be written: {error}")))
            }
            _ => ended,
        };
        match ended {
            Ok(()) => {
                println!("all is well");
                ExitCode::SUCCESS
            }
            Err(failure) => failure.report(),
        }
    }
}
