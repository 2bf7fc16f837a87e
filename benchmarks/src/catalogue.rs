//! Owns the list of figures: what each is, what its floor is and what it has to reach.

use crate::figures::{Bound, Figure, Need, Target};
use crate::scale::Scale;

const MUST: Need = Need::Must;
const SHOULD: Need = Need::Should;

const AXUM: &str = "bare axum server that parses the same votes and answers 202";

/// Every figure, in the order of the table, without samples.
pub(crate) fn figures(scale: &Scale) -> Vec<Figure> {
    let minutes = scale.steady.as_secs() / 60;
    let [few, many] = scale.stages.map(thousands);
    let (million, exported) = (thousands(scale.demo_voters), thousands(scale.exported));
    vec![
        figure(
            "intake-empty",
            "Votes accepted and counted, none stored before",
            "votes/s",
        )
        .over(AXUM),
        figure("intake-many", &format!("… {few} stored before"), "votes/s")
            .over(AXUM)
            .has(MUST, Bound::RatioAtLeast(0.17))
            .has(SHOULD, Bound::RatioAtLeast(0.35)),
        figure("intake-most", &format!("… {many} stored before"), "votes/s").over(AXUM),
        figure("growth", &format!("Rate with {many} stored"), "votes/s")
            .over("rate with none stored")
            .has(MUST, Bound::RatioAtLeast(0.8)),
        figure("latency", &format!("`POST /votes`, p99 with {few} stored"), "ms")
            .over("the bare axum server's")
            .has(MUST, Bound::AtMost(50.0)),
        figure(
            "waiting",
            "Votes not counted yet at the end of the load, as time of accepting",
            "s",
        )
        .has(MUST, Bound::AtMost(1.0)),
        figure(
            "copies",
            "Second copies waiting at the end of the load, as time of accepting (they wait 5 s)",
            "s",
        )
        .has(MUST, Bound::AtMost(6.0)),
        figure(
            "storage",
            &format!("Votes accepted and counted, {few} stored before, against the disk"),
            "rows/s",
        )
        .over("raw SQLite, `synchronous=FULL`, 1,000 rows per transaction"),
        figure(
            "import",
            &format!("`election voters import` of {}", thousands(scale.imported)),
            "voters/s",
        )
        .over("raw SQLite, as above")
        .has(SHOULD, Bound::AtLeast(100_000.0)),
        figure(
            "recount",
            &format!("`election recount` of {million}"),
            "ballots/s",
        )
        .over("raw SQLite reading as many rows")
        .has(SHOULD, Bound::AtLeast(2_000_000.0)),
        figure("reads", "`GET /votes` with 51 jurisdictions", "requests/s")
            .over("bare axum server with the same bytes in memory")
            .has(SHOULD, Bound::RatioAtLeast(0.5)),
        figure(
            "memory",
            &format!("Memory of `serve`, {million} voters and ballots, after {minutes} minutes"),
            "MB",
        )
        .has(SHOULD, Bound::AtMost(300.0)),
        figure("memory-drift", "… what it grew by since its first minute", "MB")
            .has(SHOULD, Bound::AtMost(15.0)),
        figure(
            "start",
            &format!("`serve` started until its first answer, {million} ballots"),
            "ms",
        )
        .has(SHOULD, Bound::AtMost(1_000.0)),
        figure(
            "verify",
            &format!("`election verify` of {exported} exported ballots"),
            "s",
        )
        .has(SHOULD, Bound::AtMost(10.0)),
        figure(
            "demo",
            &format!("`election demo` of {million} voters who all vote: ballots recorded and recounted"),
            "ballots",
        )
        .has(MUST, Bound::AtLeast(scale.demo_voters as f64)),
        figure(
            "generator",
            "wrk reading prepared votes, against the bare axum server",
            "requests/s",
        )
        .over("wrk repeating one vote"),
        figure(
            "loadtest",
            "loadtest's own rate against the bare axum server",
            "requests/s",
        )
        .over("wrk's")
        .has(MUST, Bound::RatioAtLeast(0.45)),
    ]
}

fn figure(name: &str, title: &str, unit: &str) -> Figure {
    Figure {
        name: name.to_owned(),
        title: title.to_owned(),
        unit: unit.to_owned(),
        floor: None,
        targets: Vec::new(),
        run: None,
        samples: Vec::new(),
        skipped: None,
    }
}

impl Figure {
    fn over(mut self, floor: &str) -> Self {
        self.floor = Some(floor.to_owned());
        self
    }

    fn has(mut self, need: Need, bound: Bound) -> Self {
        self.targets.push(Target { need, bound });
        self
    }
}

/// A number with commas between thousands.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_between_thousands() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(thousands),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
