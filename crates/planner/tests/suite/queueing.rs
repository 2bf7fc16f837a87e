//! The station of the simulation against queueing theory, where theory has an answer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use election_planner::needs::drain_seconds;
use election_planner::simulation::station::{Micros, Next, Station};
use fastrand::Rng;

const SECOND: f64 = 1e6;

/// Seconds until the next event of a Poisson process.
fn exponential(random: &mut Rng, rate: f64) -> f64 {
    -(1.0 - random.f64()).ln() / rate
}

/// The probability that a customer of an M/M/c queue waits (Erlang 1917; Kleinrock, Queueing Systems I, 3.39):
/// by Erlang B's recursion, which doesn't overflow.
fn erlang_c(servers: usize, load: f64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |blocked, server| {
        load * blocked / (server as f64 + load * blocked)
    });
    let busy = load / servers as f64;
    blocked / (1.0 - busy * (1.0 - blocked))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival,
    Done,
}

/// The share that waited, and the mean wait in seconds.
fn simulate(
    servers: usize,
    arrivals_per_second: f64,
    services_per_second: f64,
    customers: u32,
) -> (f64, f64) {
    let mut random = Rng::with_seed(7);
    let mut station = Station::new(servers, 1, 0);
    let (mut events, mut batch) = (BinaryHeap::new(), Vec::new());
    let (mut come, mut waited, mut waits) = (0, 0_u32, 0.0);
    events.push(Reverse((0, Event::Arrival)));
    while let Some(Reverse((now, event))) = events.pop() {
        match event {
            Event::Arrival if come < customers => {
                come += 1;
                station.arrive(now, now);
                let next = now + (exponential(&mut random, arrivals_per_second) * SECOND) as Micros;
                events.push(Reverse((next, Event::Arrival)));
            }
            Event::Arrival => {}
            Event::Done => station.finish(),
        }
        while station.start(now, &mut batch) == Next::Started {
            let wait = now - batch[0];
            waited += u32::from(wait > 0);
            waits += wait as f64 / SECOND;
            let service = exponential(&mut random, services_per_second) * SECOND;
            events.push(Reverse((now + service as Micros, Event::Done)));
        }
    }
    assert!(station.is_empty());
    (
        f64::from(waited) / f64::from(customers),
        waits / f64::from(customers),
    )
}

#[test]
fn a_station_waits_as_erlang_says() {
    for (servers, arrivals, services) in [(1, 5.0, 10.0), (3, 24.0, 10.0), (20, 170.0, 10.0)] {
        let load = arrivals / services;
        let expected = erlang_c(servers, load);
        let mean = expected / (servers as f64 * services - arrivals);
        let (share, wait) = simulate(servers, arrivals, services, 400_000);
        assert!(
            (share / expected - 1.0).abs() < 0.05,
            "{servers}: {share} waited, {expected} by theory"
        );
        assert!(
            (wait / mean - 1.0).abs() < 0.1,
            "{servers}: {wait} s, {mean} by theory"
        );
    }
}

#[test]
fn a_backlog_drains_as_a_fluid_does() {
    // 50 a second go out while 30 come in: 1,000 are gone after 50 s.
    assert_eq!(drain_seconds(1_000, 50, 30), Some(50));
    assert_eq!(drain_seconds(1_000, 30, 30), None);
    let mut station = Station::new(5, 1, 0);
    let mut events = BinaryHeap::new();
    for customer in 0..1_000 {
        station.arrive(0, customer);
    }
    events.push(Reverse((0, Event::Arrival)));
    let (mut batch, mut empty_at) = (Vec::new(), None);
    while let Some(Reverse((now, event))) = events.pop() {
        match event {
            Event::Arrival => {
                station.arrive(now, 0);
                events.push(Reverse((now + 33_333, Event::Arrival)));
            }
            Event::Done => station.finish(),
        }
        while station.start(now, &mut batch) == Next::Started {
            events.push(Reverse((now + 100_000, Event::Done)));
        }
        if station.waiting() == 0 {
            empty_at = Some(now as f64 / SECOND);
            break;
        }
    }
    let empty_at = empty_at.unwrap();
    assert!((empty_at - 50.0).abs() < 1.0, "{empty_at}");
}

#[test]
fn a_batch_starts_when_it_is_full_or_has_waited_long_enough() {
    let mut station = Station::new(1, 3, 100);
    let mut batch = Vec::new();
    station.arrive(0, 'a');
    assert_eq!(station.start(0, &mut batch), Next::At(100));
    station.arrive(10, 'b');
    station.arrive(20, 'c');
    station.arrive(20, 'd');
    assert_eq!(station.start(20, &mut batch), Next::Started);
    assert_eq!(batch, ['a', 'b', 'c']);
    assert_eq!(station.start(200, &mut batch), Next::Idle);
    station.finish();
    assert_eq!(station.start(119, &mut batch), Next::At(120));
    assert_eq!(station.start(120, &mut batch), Next::Started);
    assert_eq!(batch, ['d']);
}
