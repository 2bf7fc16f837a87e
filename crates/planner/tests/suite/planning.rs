//! Properties of plans: more votes never need or cost less, parts add up, and bad numbers are refused.

use election_planner::costs::{Time, sum};
use election_planner::demand::{Demand, DemandError, MOST_VOTERS};
use election_planner::money::Money;
use election_planner::needs::{Need, Outage, Provision, with_headroom};
use election_planner::plan::{AwsPlan, MachinePlan};
use proptest::prelude::*;

fn demands() -> impl Strategy<Value = Demand> {
    let voters = prop_oneof![1..=100_u64, 1..=1_000_000_u64, 1..=MOST_VOTERS];
    (voters, 1..=168_u64, 1_000..=1_000_000_u64, 2..=15_usize)
        .prop_map(|(voters, hours, peak, regions)| Demand::new(voters, hours, peak, regions).unwrap())
}

fn total<K>(parts: &[(K, Money)]) -> Money {
    parts.iter().map(|(_, sum)| *sum).sum()
}

proptest! {
    #[test]
    fn parts_add_up_exactly(demand in demands()) {
        let plan = AwsPlan::of(demand).unwrap();
        let costs = &plan.costs;
        prop_assert_eq!(costs.total, sum(&plan.lines));
        prop_assert_eq!(costs.total, total(&costs.by_time));
        prop_assert_eq!(costs.total, total(&costs.by_purpose));
        prop_assert_eq!(costs.total, total(&costs.by_service));
        prop_assert_eq!(costs.total, total(&costs.by_region));
        let voters: u64 = (0..demand.regions).map(|region| demand.voters_of(region)).sum();
        prop_assert_eq!(voters, demand.voters);
    }

    #[test]
    fn more_voters_never_need_or_cost_less(demand in demands(), more in 0..=1_000_000_u64) {
        let larger = Demand { voters: (demand.voters + more).min(MOST_VOTERS), ..demand };
        let (less, more) = (AwsPlan::of(demand).unwrap(), AwsPlan::of(larger).unwrap());
        prop_assert!(less.costs.total <= more.costs.total);
        for (less, more) in less.lines.iter().zip(&more.lines) {
            prop_assert_eq!((less.service, less.region, less.item), (more.service, more.region, more.item));
            prop_assert!(less.cost <= more.cost && less.quantity <= more.quantity, "{:?} {:?}", less, more);
        }
        for less in &less.needs {
            let is_same = |need: &&Need| (need.service, need.limit) == (less.service, less.limit);
            let more = more.needs.iter().find(is_same).unwrap();
            prop_assert!(less.need <= more.need && less.ask <= more.ask, "{:?} {:?}", less, more);
        }
        prop_assert!(less.peak_votes_per_second <= more.peak_votes_per_second);
    }

    #[test]
    fn longer_days_and_lower_peaks_never_need_more(demand in demands()) {
        prop_assume!(demand.hours < 168 && demand.peak_factor_millis > 1_000);
        let longer = Demand { hours: demand.hours + 1, ..demand };
        let flatter = Demand { peak_factor_millis: demand.peak_factor_millis - 1, ..demand };
        let needed = Provision::of(&demand);
        for easier in [longer, flatter].map(|demand| Provision::of(&demand)) {
            prop_assert!(easier.votes_per_second <= needed.votes_per_second);
            prop_assert!(easier.concurrency <= needed.concurrency && easier.warm_writes <= needed.warm_writes);
        }
    }

    #[test]
    fn a_region_less_is_borne_by_the_others(demand in demands()) {
        let provision = Provision::of(&demand);
        let others = demand.regions as u64 - 1;
        prop_assert!(provision.votes_per_second * others >= with_headroom(demand.peak()));
        prop_assert!(provision.admitted() >= provision.votes_per_second);
        prop_assert!(provision.processor_concurrency >= 10 * provision.maximum_pollers);
        // Terraform has no more pollers than two thousand.
        prop_assert!(provision.worked_off() >= (2 * provision.votes_per_second).min(200_000));
        let outage = Outage::of_half_an_hour(&demand);
        prop_assert!(outage.drain_seconds_at_mean.is_none_or(|mean| outage.drain_seconds_at_peak.is_none_or(|peak| mean <= peak)));
    }

    #[test]
    fn every_demand_can_be_written_down(demand in demands()) {
        for document in [AwsPlan::of(demand).unwrap().document(), MachinePlan::of(demand, true).unwrap().document()] {
            prop_assert!(document.to_text().lines().count() > 10);
            prop_assert!(document.to_markdown().contains("| what | how much |"));
        }
    }
}

#[test]
fn numbers_that_nobody_can_plan_with_are_refused() {
    for (voters, hours, peak, regions, error) in [
        (0, 12, 4_450, 3, DemandError::Voters),
        (MOST_VOTERS + 1, 12, 4_450, 3, DemandError::Voters),
        (1, 0, 4_450, 3, DemandError::Hours),
        (1, 169, 4_450, 3, DemandError::Hours),
        (1, 12, 999, 3, DemandError::PeakFactor),
        (1, 12, u64::MAX, 3, DemandError::PeakFactor),
        (1, 12, 4_450, 1, DemandError::Regions),
        (1, 12, 4_450, 16, DemandError::Regions),
    ] {
        assert_eq!(Demand::new(voters, hours, peak, regions), Err(error));
    }
    assert_eq!(Demand::parse_peak_factor("4.45"), Ok(4_450));
    for text in [
        "",
        "0",
        "0.999",
        "1000.001",
        "-4",
        "4.4501",
        "1e2",
        "NaN",
        "inf",
        "99999999999999999999",
    ] {
        assert_eq!(
            Demand::parse_peak_factor(text),
            Err(DemandError::PeakFactor),
            "{text}"
        );
    }
}

/// Worked out by hand from the pipeline and the prices, for three million voters in three regions.
#[test]
fn the_lines_of_a_bill_are_those_of_the_pipeline() {
    let plan = AwsPlan::of(Demand::new(3_000_000, 12, 4_450, 3).unwrap()).unwrap();
    for (region, item, quantity, micros) in [
        // Three requests of each voter at $3.50 a million.
        ("us-east-1", "requests", 3_000_000, 10_500_000),
        // Each replica takes all ballots, at $0.625 a million; each person is two items of the roll.
        ("us-east-1", "ballots, write units", 3_000_000, 1_875_000),
        ("us-west-2", "ballots, write units", 3_000_000, 1_875_000),
        ("us-east-2", "roll, write units", 6_000_000, 3_750_000),
        // A million sends; a tenth as many receives and as many deletes.
        ("us-east-2", "requests for second copies", 100_000, 20_000),
        ("us-east-2", "second copies to a peer, GB", 1, 20_000),
        // Six reads of a vote, half of each for consistency, at $0.125 a million.
        ("us-west-2", "the strong half of reads", 3_000_000, 375_000),
        ("global", "requests", 57_000_000, 57_000_000),
        ("global", "queries", 3_000_000, 1_800_000),
        ("global", "requests to the website", 57_000_000, 34_200_000),
    ] {
        let line = plan
            .lines
            .iter()
            .find(|line| (line.region, line.item) == (region, item))
            .unwrap();
        assert_eq!(
            (line.quantity, line.cost),
            (quantity, Money(micros)),
            "{region}: {item}"
        );
    }
    let sends = plan
        .lines
        .iter()
        .find(|line| (line.service, line.item) == ("SQS", "requests for second copies"));
    assert_eq!(sends.map(|line| line.quantity), Some(1_200_000));
}

/// The figures of the design: 158.5 million votes in 12 hours are 3,670 a second, and 16,400 in the busiest hour.
#[test]
fn the_busiest_hour_of_a_nation_is_the_designs() {
    let demand = Demand::new(158_500_000, 12, 4_450, 3).unwrap();
    assert_eq!(demand.mean_millis() / 1_000, 3_668);
    assert!(demand.peak().abs_diff(16_400) < 100);
    let plan = AwsPlan::of(demand).unwrap();
    assert_eq!(plan.needs[0].limit, "writes/s of one item (visits)");
    let day = plan.lines.iter().filter(|line| line.time == Time::Day);
    let million = sum(day).0 / 158_500_000;
    // In dollars for a million votes.
    assert!((20..60).contains(&million), "{million}");
}
