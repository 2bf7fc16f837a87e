//! Owns the events of a simulated day and what each does. The order of events at one time is the order in which they
//! were planned. Waiting ends when a vote's first or second copy is recorded, whichever is earlier.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fastrand::Rng;

use super::limits::{Doubling, Pace};
use super::region::{Message, Region, SECOND, by_functions, servers, unit};
use super::report::{Recorder, Report, Sample};
use super::station::{Micros, Next};
use super::{Loss, Scenario};
use crate::facts::{
    BATCH, COPIES, COPY_DELAY_SECONDS, COPY_MS, FAIL_OVER_SECONDS, POLLER_INVOCATIONS, RECORD_MS,
};
use crate::plan::AwsPlan;
use crate::prices::PricesError;

const MILLISECOND: Micros = 1_000;
// What the page does when it is refused: website/api.js.
const FIRST_PAUSE: Micros = 500 * MILLISECOND;
const LONGEST_PAUSE: Micros = 15 * SECOND;
/// The page goes on for ever; here a voter gives up after about five minutes.
const MOST_TRIES: u32 = 20;

/// A unit of votes on its way to being accepted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Attempt {
    votes: u32,
    tries: u32,
    region: u32,
    first_try: Micros,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival,
    Retry(Attempt),
    /// The first of a region's delayed copies is due.
    Due(usize),
    /// A batch has waited long enough.
    Flush(usize),
    Done(usize),
    Second,
    Lost,
    Rerouted,
}

struct Day<'a> {
    scenario: &'a Scenario,
    regions: Vec<Region>,
    events: BinaryHeap<Reverse<(Micros, u64, Event)>>,
    planned: u64,
    /// Invocations that are treated as one.
    grouped: u64,
    writes: Pace,
    table: Doubling,
    written: u64,
    is_recorded: Vec<bool>,
    retries_due: u64,
    random: Rng,
    recorder: Recorder,
    batch: Vec<Message>,
}

pub(super) fn run(scenario: &Scenario, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, PricesError> {
    let demand = &scenario.demand;
    let plan = AwsPlan::of(*demand)?;
    let provision = plan.provision;
    let (unit_votes, grouped) = unit(demand.voters, &provision);
    let mut day = Day {
        scenario,
        regions: (0..demand.regions)
            .map(|_| Region::new(&provision, unit_votes, grouped))
            .collect(),
        events: BinaryHeap::new(),
        planned: 0,
        grouped,
        writes: Pace::default(),
        table: Doubling::new(provision.warm_writes),
        written: 0,
        is_recorded: Vec::new(),
        retries_due: 0,
        random: Rng::with_seed(scenario.seed),
        recorder: Recorder::new(&plan, unit_votes)?,
        batch: Vec::new(),
    };
    day.pass(unit_votes, progress);
    Ok(day.recorder.report(scenario))
}

impl Day<'_> {
    fn plan(&mut self, at: Micros, event: Event) {
        self.planned += 1;
        self.events.push(Reverse((at, self.planned, event)));
    }

    fn closes_at(&self) -> Micros {
        self.scenario.demand.seconds() * SECOND
    }

    fn pass(&mut self, unit_votes: u64, progress: &mut dyn FnMut(u64, u64)) {
        let voters = self.scenario.demand.voters;
        let units = voters.div_ceil(unit_votes);
        let (mut come, mut piece) = (0_u64, 0);
        // Votes come in the curve's order, each at random within its turn.
        let mut next = |day: &mut Self, come: u64| {
            if come < units {
                let share = (come as f64 + day.random.f64()) / units as f64;
                let at = day.scenario.curve.time_of(share, &mut piece);
                day.plan((at * day.closes_at() as f64) as Micros, Event::Arrival);
            }
        };
        next(self, come);
        self.plan(SECOND, Event::Second);
        if let Some(Loss { at_seconds, .. }) = self.scenario.loss {
            self.plan(at_seconds * SECOND, Event::Lost);
            self.plan((at_seconds + FAIL_OVER_SECONDS) * SECOND, Event::Rerouted);
        }
        while let Some(Reverse((now, _, event))) = self.events.pop() {
            match event {
                Event::Arrival => {
                    let votes = unit_votes.min(voters - come * unit_votes);
                    come += 1;
                    next(self, come);
                    let region = self.home();
                    let attempt = Attempt {
                        votes: votes as u32,
                        tries: 0,
                        region: region as u32,
                        first_try: now,
                    };
                    self.recorder.minute(now).arrived += votes;
                    self.attempt(now, attempt);
                }
                Event::Retry(attempt) => {
                    self.retries_due -= 1;
                    self.recorder.retried(u64::from(attempt.votes));
                    self.attempt(now, attempt);
                }
                Event::Due(region) => self.due(now, region),
                Event::Flush(region) => {
                    self.regions[region].flush_at = None;
                    self.work(now, region);
                }
                Event::Done(region) => {
                    self.regions[region].queue.finish();
                    self.work(now, region);
                }
                Event::Second => {
                    self.second(now, come * unit_votes < voters);
                    progress((come * unit_votes).min(voters), voters);
                }
                Event::Lost => self.lose(),
                Event::Rerouted => {
                    if let Some(loss) = self.scenario.loss {
                        self.regions[loss.region].is_routed = false;
                    }
                }
            }
        }
    }

    /// The region to which the next voter is led.
    fn home(&mut self) -> usize {
        let routed = self.regions.iter().filter(|region| region.is_routed).count();
        let chosen = self.random.usize(..routed.max(1));
        let mut routed = self
            .regions
            .iter()
            .enumerate()
            .filter(|(_, region)| region.is_routed);
        routed.nth(chosen).map_or(0, |(place, _)| place)
    }

    /// The next living region after this one.
    fn peer(&self, region: usize) -> Option<usize> {
        let count = self.regions.len();
        (1..count)
            .map(|step| (region + step) % count)
            .find(|place| self.regions[*place].is_alive)
    }

    fn attempt(&mut self, now: Micros, attempt: Attempt) {
        let votes = u64::from(attempt.votes);
        let place = attempt.region as usize;
        if now >= self.closes_at() {
            self.recorder.too_late(votes);
            return;
        }
        let peer = self.peer(place);
        let region = &mut self.regions[place];
        region.arrived += votes;
        let is_let_in = region.is_alive
            && peer.is_some()
            && region.api.take(now, votes as f64)
            && region.functions.take(now, votes as f64);
        match peer.filter(|_| is_let_in) {
            Some(peer) => self.accept(now, place, peer, &attempt),
            None => self.refuse(now, attempt),
        }
    }

    fn accept(&mut self, now: Micros, place: usize, peer: usize, attempt: &Attempt) {
        let message = Message {
            unit: self.is_recorded.len() as u32,
            votes: attempt.votes,
            is_copy: false,
            accepted: now,
        };
        self.is_recorded.push(false);
        self.recorder
            .accepted(now, u64::from(attempt.votes), now - attempt.first_try);
        self.regions[place].queue.arrive(now, message);
        let due = now + COPY_DELAY_SECONDS * SECOND;
        let delayed = &mut self.regions[peer].delayed;
        let copy = Message {
            is_copy: true,
            ..message
        };
        delayed.push_back((due, copy));
        if delayed.len() == 1 {
            self.plan(due, Event::Due(peer));
        }
        self.work(now, place);
    }

    /// The page waits and asks the next region.
    fn refuse(&mut self, now: Micros, mut attempt: Attempt) {
        let votes = u64::from(attempt.votes);
        self.recorder.refused(now, votes, attempt.tries == 0);
        attempt.tries += 1;
        if attempt.tries > MOST_TRIES {
            self.recorder.gave_up(votes);
            return;
        }
        let doubled = FIRST_PAUSE << (attempt.tries - 1).min(10);
        let pause = doubled.min(LONGEST_PAUSE);
        attempt.region = (attempt.region + 1) % self.regions.len() as u32;
        let pause = pause + self.random.u64(0..=pause / 2);
        self.retries_due += 1;
        self.plan(now + pause, Event::Retry(attempt));
    }

    fn due(&mut self, now: Micros, place: usize) {
        let region = &mut self.regions[place];
        while let Some((due, message)) = region.delayed.front().copied() {
            if due > now {
                self.plan(due, Event::Due(place));
                break;
            }
            region.delayed.pop_front();
            region.queue.arrive(now, message);
        }
        self.work(now, place);
    }

    /// Lets pollers take what waits.
    fn work(&mut self, now: Micros, place: usize) {
        let mut batch = std::mem::take(&mut self.batch);
        loop {
            let region = &mut self.regions[place];
            match region.queue.start(now, &mut batch) {
                Next::Started => self.invoke(now, place, &batch),
                Next::Idle => break,
                Next::At(at) => {
                    if region.flush_at.is_none() {
                        region.flush_at = Some(at);
                        self.plan(at, Event::Flush(place));
                    }
                    break;
                }
            }
        }
        self.batch = batch;
    }

    /// A batch is recorded as soon as the table takes it; a poller is held for a tenth of a second, or while it waits.
    fn invoke(&mut self, now: Micros, place: usize, batch: &[Message]) {
        // A second copy of what is recorded is only read. A first copy of it is tried to be written, and refused.
        let is_written = |message: &&Message| !message.is_copy || !self.is_recorded[message.unit as usize];
        let writes = batch
            .iter()
            .filter(is_written)
            .map(|message| u64::from(message.votes))
            .sum();
        let start = self.writes.reserve(now, writes, self.table.rate());
        self.written += writes;
        let usual = if writes > 0 { RECORD_MS } else { COPY_MS } * MILLISECOND;
        let done = start + usual * 3 / 4 + self.random.u64(0..=usual / 2);
        for message in batch {
            let recorded = &mut self.is_recorded[message.unit as usize];
            if !std::mem::replace(recorded, true) {
                self.recorder
                    .recorded(done, u64::from(message.votes), done - message.accepted);
            }
        }
        // Servers are whole groups of pollers: their time makes up for what the division left over.
        let pollers = self.regions[place].pollers.get();
        let whole = servers(pollers, self.grouped) as f64 * self.grouped as f64;
        let held = (SECOND / POLLER_INVOCATIONS) as f64 * whole / pollers;
        self.plan((now + held as Micros).max(start), Event::Done(place));
    }

    /// Everything that scales does so once a second.
    fn second(&mut self, now: Micros, is_more_to_come: bool) {
        let per_unit = self.recorder.unit_votes();
        for region in self.regions.iter_mut().filter(|region| region.is_alive) {
            let wanted = region.arrived as f64 > 0.8 * by_functions(region.environments.get());
            let environments = region.environments.step(wanted);
            region.functions.set_rate(now, by_functions(environments));
            region.arrived = 0;
            let a_second = region.pollers.get() * (POLLER_INVOCATIONS * BATCH) as f64;
            let is_behind = (region.queue.waiting() as u64 * per_unit) as f64 > a_second;
            let pollers = region.pollers.step(is_behind);
            region.queue.set_servers(servers(pollers, self.grouped));
        }
        for place in 0..self.regions.len() {
            self.work(now, place);
        }
        if now.is_multiple_of(60 * SECOND) {
            self.table.minute(std::mem::take(&mut self.written));
            let count = |of: &dyn Fn(&Region) -> usize| -> u64 {
                self.regions
                    .iter()
                    .map(|region| of(region) as u64 * per_unit)
                    .sum()
            };
            let sample = Sample {
                backlog: count(&|region| region.queue.waiting()),
                delayed: count(&|region| region.delayed.len()),
                pollers: self
                    .regions
                    .iter()
                    .filter(|region| region.is_alive)
                    .map(|region| region.pollers.get() as u64)
                    .sum(),
                write_limit: self.table.rate() as u64,
            };
            self.recorder.sample(now, sample);
        }
        let is_idle = |region: &Region| region.queue.is_empty() && region.delayed.is_empty();
        let is_over = !is_more_to_come && self.retries_due == 0 && self.regions.iter().all(is_idle);
        // The last minute is sampled, too.
        if !is_over || !now.is_multiple_of(60 * SECOND) || now < self.closes_at() {
            self.plan(now + SECOND, Event::Second);
        }
    }

    /// What only the region held is gone; what it was recording at this instant is still recorded.
    fn lose(&mut self) {
        let Some(loss) = self.scenario.loss else { return };
        let per_unit = self.recorder.unit_votes();
        let region = &mut self.regions[loss.region];
        region.is_alive = false;
        let lost = region.queue.lose() + region.delayed.len();
        region.delayed.clear();
        self.recorder.lost_messages(lost as u64 * per_unit);
    }
}

const _: () = assert!(COPIES == 2, "the simulation knows one peer");
