//! Owns docs/BENCHMARKS.md: the figures' tables, and the notes that people write.

use std::fmt::Write as _;

use crate::catalogue::thousands;
use crate::figures::{Bound, Conditions, Figure, Need, Report, Target, median};

const HEAD: &str = "\
<!-- Made by scripts/bench from benchmarks.json and benchmarks/notes.md: change those, then `scripts/bench render`. -->

# Benchmarks

What `scripts/bench` measured. Each figure is the median of its rounds; its floor was measured in the same rounds, just before, and
the ratio is the median of the rounds' ratios. Server, generator and floor share one machine.

- **Accepted and counted** is the lower of two rates: 202s, and ballots counted in the slowest of three regions when the load
  ended (as `GET /votes` tells it, which may be a quarter of a second old). Each run begins with empty queues and ends with a
  reconciliation: each 202 is one ballot in the box, all regions have counted all of them, and `election recount` agrees. A run
  that doesn't reconcile fails and has no figures.
- **The generator** is wrk with two threads. Each vote is of another voter, with choices drawn as in the presidential election of
  2020. The floor gets the same file of requests, over and over. Each connection waits for its answer before it sends again, so
  a p99 is one under as much load as the server takes, not under a given one.
- **Fsyncs** are what a slow disk slows down: compare them before you compare rates.

";

/// The whole document.
pub(crate) fn document(report: &Report, notes: &str) -> String {
    let mut text = HEAD.to_owned();
    let machine = &report.machine;
    let _ = writeln!(
        text,
        "{}, {} cores, {} MB of memory, {}.\n",
        machine.cpu,
        machine.cores,
        thousands(machine.memory_mb),
        machine.kernel
    );
    figures(&mut text, &report.figures);
    text.push_str("\n## Rounds\n\nWith what else the machine was doing: load average when a round began, what other processes used of all\n");
    text.push_str(
        "processors during it, and how many writes of 4 KiB the disk made durable per second just before.\n",
    );
    for figure in report.figures.iter().filter(|figure| !figure.samples.is_empty()) {
        rounds(&mut text, figure);
    }
    text.push('\n');
    text.push_str(notes.trim());
    text.push('\n');
    text
}

fn figures(text: &mut String, figures: &[Figure]) {
    text.push_str("| | median | floor | ratio | target | reached | rounds | others' CPU | fsyncs/s |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for figure in figures {
        let title = match &figure.floor {
            Some(floor) => format!("{}; floor: {floor}", figure.title),
            None => figure.title.clone(),
        };
        if let (Some(reason), true) = (&figure.skipped, figure.samples.is_empty()) {
            let _ = writeln!(
                text,
                "| {title} | skipped: {} | | | {} | | 0 | | |",
                cell(reason),
                targets(figure)
            );
            continue;
        }
        let Some(value) = figure.value() else {
            let _ = writeln!(
                text,
                "| {title} | not measured yet | | | {} | | 0 | | |",
                targets(figure)
            );
            continue;
        };
        let condition = |of: fn(&Conditions) -> f64| {
            median(figure.samples.iter().map(|sample| of(&sample.conditions))).unwrap_or_default()
        };
        let _ = writeln!(
            text,
            "| {title} | {} {} | {} | {} | {} | {} | {} | {:.0} % | {} |",
            number(value),
            figure.unit,
            figure.floor_value().map(number).unwrap_or_default(),
            figure
                .ratio()
                .map(|ratio| format!("{ratio:.3}"))
                .unwrap_or_default(),
            targets(figure),
            reached(figure),
            figure.samples.len(),
            condition(|conditions| conditions.others_percent),
            number(condition(|conditions| conditions.fsyncs_per_s)),
        );
    }
}

fn rounds(text: &mut String, figure: &Figure) {
    let run = figure.run.as_ref().map_or_else(String::new, |run| {
        format!(
            "{}, commit {}, {} connections, {} s of load",
            run.began, run.commit, run.connections, run.seconds
        )
    });
    let _ = writeln!(text, "\n**{}** ({}), {run}\n", figure.title, figure.unit);
    text.push_str(
        "| | floor | ratio | load | others' CPU | fsyncs/s | besides |\n|---|---|---|---|---|---|---|\n",
    );
    for sample in &figure.samples {
        let details: Vec<String> = sample
            .details
            .iter()
            .map(|(name, value)| format!("{name} {}", number(*value)))
            .collect();
        let ratio = sample
            .floor
            .filter(|floor| *floor > 0.0)
            .map(|floor| sample.value / floor);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.1} | {:.0} % | {} | {} |",
            number(sample.value),
            sample.floor.map(number).unwrap_or_default(),
            ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default(),
            sample.conditions.load,
            sample.conditions.others_percent,
            number(sample.conditions.fsyncs_per_s),
            details.join(", "),
        );
    }
}

fn targets(figure: &Figure) -> String {
    let target = |target: &Target| {
        let need = match target.need {
            Need::Must => "must",
            Need::Should => "should",
        };
        match target.bound {
            Bound::RatioAtLeast(bound) => format!("{need}: ratio ≥ {bound}"),
            Bound::AtLeast(bound) => format!("{need} ≥ {}", number(bound)),
            Bound::AtMost(bound) => format!("{need} ≤ {}", number(bound)),
        }
    };
    let all: Vec<String> = figure.targets.iter().map(target).collect();
    all.join("; ")
}

fn reached(figure: &Figure) -> String {
    let each = figure.targets.iter().filter_map(|target| figure.reaches(target));
    let all: Vec<&str> = each
        .map(|reached| if reached { "yes" } else { "**no**" })
        .collect();
    all.join("; ")
}

/// As many digits as are worth reading.
fn number(value: f64) -> String {
    if value >= 1_000.0 {
        thousands(value.round() as u64)
    } else if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A text that fits into a table.
fn cell(text: &str) -> String {
    text.replace('|', "/").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::catalogue;
    use crate::figures::{FORMAT, Machine, Sample};
    use crate::scale::Scale;

    fn report() -> Report {
        let mut figures = catalogue::figures(&Scale::quick());
        figures.truncate(2);
        figures[0].skipped = Some("failed: a | b".to_owned());
        for value in [20_000.0, 30_000.0, 40_000.0] {
            figures[1].samples.push(Sample {
                value,
                floor: Some(100_000.0),
                conditions: Conditions {
                    load: 1.5,
                    others_percent: 12.3,
                    fsyncs_per_s: 2_345.6,
                },
                details: BTreeMap::from([("p99_ms".to_owned(), 4.56)]),
            });
        }
        let machine = Machine {
            cpu: "A processor".to_owned(),
            cores: 2,
            memory_mb: 16_000,
            kernel: "Linux 6".to_owned(),
        };
        Report {
            format: FORMAT,
            machine,
            figures,
        }
    }

    #[test]
    fn the_table_has_median_floor_ratio_and_whether_each_target_is_reached() {
        let text = document(&report(), "## What cost what\n");
        let row = text.lines().find(|line| line.contains("30,000 votes/s")).unwrap();
        assert!(
            row.ends_with("| 30,000 votes/s | 100,000 | 0.300 | must: ratio ≥ 0.17; should: ratio ≥ 0.35 | yes; **no** | 3 | 12 % | 2,346 |"),
            "{row}"
        );
        assert!(text.contains("| 40,000 | 100,000 | 0.400 | 1.5 | 12 % | 2,346 | p99_ms 4.56 |"));
    }

    #[test]
    fn what_was_skipped_says_why_and_notes_are_kept() {
        let text = document(&report(), "## What cost what\n");
        assert!(text.contains("| skipped: failed: a / b |"), "{text}");
        assert!(text.ends_with("\n## What cost what\n"));
    }

    #[test]
    fn the_committed_document_is_what_its_figures_and_notes_give() {
        let report: Report = serde_json::from_str(include_str!("../../docs/benchmarks.json")).unwrap();
        let made = document(&report, include_str!("../notes.md"));
        let message = "change benchmarks/notes.md or measure again, then: scripts/bench render";
        assert!(made == include_str!("../../docs/BENCHMARKS.md"), "{message}");
    }
}
