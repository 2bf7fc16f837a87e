//! Simulated days: no accepted vote is lost, the same seed gives the same day, and limits show where they should.

use election_planner::curve::Curve;
use election_planner::demand::Demand;
use election_planner::simulation::{Loss, LossError, Minute, NOTICE, Report, Scenario, plot};
use proptest::prelude::*;

fn scenario(voters: u64, regions: usize) -> Scenario {
    Scenario {
        demand: Demand::new(voters, 12, 4_450, regions).unwrap(),
        curve: Curve::election_day(),
        loss: None,
        seed: 1,
    }
}

fn run(scenario: &Scenario) -> Report {
    scenario.run(&mut |_, _| {}).unwrap()
}

fn lost(region: usize, at_seconds: u64) -> Option<Loss> {
    Some(Loss { region, at_seconds })
}

/// Each voter was accepted or is told otherwise, and each accepted vote is recorded.
fn account(report: &Report) {
    let totals = &report.totals;
    assert_eq!(totals.accepted, totals.recorded);
    let mut after_the_close = report.minutes.iter().skip(60 * report.demand.hours as usize);
    assert!(after_the_close.all(|minute| minute.accepted == 0));
    assert_eq!(
        totals.accepted + totals.gave_up + totals.too_late,
        report.demand.voters
    );
    let sum = |of: fn(&Minute) -> u64| report.minutes.iter().map(of).sum::<u64>();
    assert_eq!(sum(|minute| minute.accepted), totals.accepted);
    assert_eq!(sum(|minute| minute.recorded), totals.accepted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_accepted_vote_is_lost_whichever_region_is(
        voters in 1..30_000_u64, hours in 1..14_u64, peak in 1_000..20_000_u64, regions in 2..6_usize,
        region in 0..2_usize, at in 0.0..1.0_f64, seed: u64,
    ) {
        let demand = Demand::new(voters, hours, peak, regions).unwrap();
        let at_seconds = (demand.seconds() as f64 * at) as u64;
        for loss in [None, lost(region, at_seconds)] {
            let scenario = Scenario { demand, loss, seed, ..scenario(1, 2) };
            let report = run(&scenario);
            account(&report);
            prop_assert_eq!(serde_json::to_string(&report).unwrap(), serde_json::to_string(&run(&scenario)).unwrap());
        }
    }
}

#[test]
fn a_calm_day_is_recorded_within_seconds_and_another_seed_is_another_day() {
    let calm = scenario(100_000, 3);
    let report = run(&calm);
    account(&report);
    assert_eq!(report.totals.accepted, 100_000);
    assert_eq!(report.totals.refusals, 0);
    assert!(
        report.waiting_ms.max < 3_000 && report.waiting_ms.p50 > 60,
        "{:?}",
        report.waiting_ms
    );
    let other = run(&Scenario { seed: 2, ..calm });
    assert_ne!(
        serde_json::to_string(&report).unwrap(),
        serde_json::to_string(&other).unwrap()
    );
}

#[test]
fn a_nations_opening_waits_for_the_tables_and_the_last_hour_does_not() {
    let report = run(&scenario(160_000_000, 3));
    account(&report);
    let of = |minutes: std::ops::Range<usize>| {
        report.minutes[minutes]
            .iter()
            .map(|minute| minute.longest_wait_ms)
            .max()
            .unwrap()
    };
    assert!(of(0..20) > 60_000, "{}", of(0..20));
    assert!(of(675..720) < 5_000, "{}", of(675..720));
    // What is recorded at the opening is what the tables take.
    let limit = report.provision.warm_writes * 60;
    let busiest = report.minutes.iter().map(|minute| minute.recorded).max().unwrap();
    assert!(
        busiest <= limit + limit / 50 && busiest > limit * 9 / 10,
        "{busiest} of {limit}"
    );
}

#[test]
fn a_day_provisioned_for_its_opening_has_no_such_wait() {
    let mut day = scenario(160_000_000, 3);
    day.demand = Demand::new(160_000_000, 12, 10_000, 3).unwrap();
    let report = run(&day);
    account(&report);
    assert!(report.waiting_ms.max < 5_000, "{:?}", report.waiting_ms);
    assert_eq!(report.totals.refusals, 0);
}

/// Units of several batches are an approximation: they must not change the answer.
#[test]
fn the_size_of_a_unit_does_not_matter_much() {
    let rate = |voters, hours| Scenario {
        demand: Demand::new(voters, hours, 4_450, 3).unwrap(),
        ..scenario(1, 2)
    };
    // The same rates, so the same provision, in units of ten and of several tens.
    let (short, long) = (run(&rate(12_000_000, 1)), run(&rate(144_000_000, 12)));
    assert!(short.votes_in_a_unit < long.votes_in_a_unit);
    assert_eq!(short.provision, long.provision);
    let near = |one: u64, other: u64| one.abs_diff(other) * 5 <= one.max(other) + 500;
    assert!(
        near(short.waiting_ms.p50, long.waiting_ms.p50),
        "{:?} {:?}",
        short.waiting_ms,
        long.waiting_ms
    );
}

#[test]
fn a_lost_region_costs_retries_and_the_wait_of_a_second_copy_but_no_vote() {
    let mut day = scenario(1_000_000, 3);
    day.loss = lost(1, 6 * 3_600);
    let report = run(&day);
    account(&report);
    assert_eq!(report.totals.accepted, 1_000_000);
    assert!(report.totals.refused_at_first > 0 && report.totals.gave_up == 0);
    assert!(report.totals.lost_messages > 0);
    assert_eq!(report.lost, Some(("us-east-2", 21_600)));
}

#[test]
fn two_regions_without_one_take_no_more_votes() {
    let mut day = scenario(100_000, 2);
    day.loss = lost(0, 6 * 3_600);
    let report = run(&day);
    account(&report);
    assert!(report.totals.gave_up > 20_000, "{:?}", report.totals);
    // Who came last is still refused when the polls close, and let in by nobody afterwards.
    assert!(report.totals.too_late > 0, "{:?}", report.totals);
    assert_eq!(
        report.minutes[370..720]
            .iter()
            .map(|minute| minute.accepted)
            .sum::<u64>(),
        0
    );
}

#[test]
fn a_lost_region_is_named_and_falls_within_the_day() {
    let demand = scenario(1, 3).demand;
    let parse = |text: &str| Loss::parse(text, &demand);
    assert_eq!(
        parse("us-west-2@11:59"),
        Ok(lost(2, 11 * 3_600 + 59 * 60).unwrap())
    );
    for time in ["1:30", "1h30m", "90m", "5400s", "5400"] {
        assert_eq!(
            parse(&format!("us-west-2@{time}")),
            Ok(lost(2, 5_400).unwrap()),
            "{time}"
        );
    }
    for late in ["us-east-1@12:00", "us-east-1@12h", "us-east-1@9999:00"] {
        assert_eq!(parse(late), Err(LossError::Time(12)), "{late}");
    }
    assert!(
        matches!(parse("mars@01:00"), Err(LossError::Region(name, known)) if name == "mars" && known.contains("us-east-2"))
    );
    assert!(matches!(parse("us-west-1@01:00"), Err(LossError::Region(..))));
    for text in [
        "",
        "us-east-1",
        "us-east-1@",
        "us-east-1@1:60",
        "us-east-1@1m1h",
        "us-east-1@h",
        "us-east-1@1d",
        "us-east-1@-1:00",
        "us-east-1@1:00:00",
        "us-east-1@+1:00",
        "us-east-1@-1h",
    ] {
        assert_eq!(parse(text), Err(LossError::Malformed), "{text}");
    }
}

#[test]
fn whatever_is_written_of_a_simulation_says_that_it_is_one() {
    let report = run(&scenario(1_000, 2));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["simulation"], true);
    assert_eq!(json["notice"], NOTICE);
    let svg = plot(&report);
    assert!(svg.contains(&format!("<title>{NOTICE}")) && svg.matches(NOTICE).count() == 2);
    let document = report.document();
    assert!(document.to_text().starts_with(NOTICE) && document.to_markdown().contains(NOTICE));
}
