//! Owns what voters do: cast, lose the answer, try the next region with the same ballot, cast twice. It
//! keeps what it was told, so that the checks know what must be true.

use std::sync::atomic::Ordering;
use std::time::Duration;

use fastrand::Rng;

use crate::ballots::Ballot;
use crate::http::{Answer, Http};
use crate::state::{State, one};

/// Browsers heed Retry-After up to 15 s; soaks are in a hurry.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// Somebody on the roll.
#[derive(Clone)]
pub(crate) struct Voter {
    pub(crate) id: String,
    pub(crate) jurisdiction: &'static str,
}

/// A voter who has voted, or tried to.
pub(crate) struct Cast {
    pub(crate) voter: Voter,
    pub(crate) ballots: Vec<Ballot>,
}

/// One browser after the other.
pub(crate) struct Client<'a> {
    state: &'a State,
    http: Http,
    rng: Rng,
    /// On average between two voters.
    pause: Duration,
    cast: Vec<Cast>,
}

/// What was done with a ballot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Accepted,
    Refused,
    /// The client gave up.
    Unknown,
}

impl<'a> Client<'a> {
    pub(crate) fn new(state: &'a State, port: u16, seed: u64, pause: Duration) -> anyhow::Result<Self> {
        Ok(Self {
            state,
            http: Http::new(port)?,
            rng: Rng::with_seed(seed),
            pause,
            cast: Vec::new(),
        })
    }

    /// Lets all these voters vote; when they are through, they ask again for what they have, until the end.
    pub(crate) fn run(mut self, voters: Vec<Voter>) -> Vec<Cast> {
        for voter in voters {
            if self.state.is_over() {
                break;
            }
            let cast = self.vote(voter);
            self.cast.push(cast);
            self.think();
        }
        while !self.state.is_over() && !self.cast.is_empty() {
            let place = self.rng.usize(..self.cast.len());
            let mut cast = self.cast.swap_remove(place);
            self.repeat(&mut cast);
            self.cast.push(cast);
            self.think();
        }
        self.cast
    }

    fn think(&mut self) {
        if self.state.burst.load(Ordering::SeqCst) {
            return;
        }
        let pause = self.pause.mul_f64(self.rng.f64() * 2.0);
        std::thread::sleep(pause.min(Duration::from_millis(500)));
    }

    fn vote(&mut self, voter: Voter) -> Cast {
        let first = Ballot::new(voter.jurisdiction, &mut self.rng);
        let mut cast = Cast {
            voter,
            ballots: vec![first],
        };
        match self.rng.u8(0..100) {
            0..8 => self.cast_two_at_once(&mut cast),
            8..12 => {
                // A second ballot after the first: too late, or a conflict.
                self.settle(&mut cast, 0, u32::MAX);
                self.add_other_ballot(&mut cast);
                self.settle(&mut cast, 1, u32::MAX);
            }
            12..20 => {
                self.settle(&mut cast, 0, u32::MAX);
                self.repeat(&mut cast);
            }
            // Gives up after one attempt, whatever came of it.
            20..24 => drop(self.settle(&mut cast, 0, 1)),
            _ => drop(self.settle(&mut cast, 0, u32::MAX)),
        }
        cast
    }

    fn add_other_ballot(&mut self, cast: &mut Cast) {
        one(&self.state.counters.doubles);
        let other = Ballot::new(cast.voter.jurisdiction, &mut self.rng);
        cast.ballots.push(other);
    }

    fn cast_two_at_once(&mut self, cast: &mut Cast) {
        self.add_other_ballot(cast);
        let regions = self.state.regions();
        let place = self.rng.usize(..regions.len());
        let other = (place + self.rng.usize(1..regions.len().max(2))) % regions.len();
        let bodies = [0, 1].map(|index| cast.ballots[index].request(&cast.voter.id));
        let votes = [
            (Some(regions[place].as_str()), bodies[0].as_str()),
            (Some(regions[other].as_str()), bodies[1].as_str()),
        ];
        let answers = {
            let _going = self.state.gate.read();
            one(&self.state.counters.sent);
            one(&self.state.counters.sent);
            cast.ballots.iter_mut().for_each(|ballot| ballot.sent = true);
            self.http.cast_both(votes)
        };
        for (index, answer) in answers.iter().enumerate() {
            if self.take(cast, index, answer).is_none() {
                self.settle(cast, index, u32::MAX);
            }
        }
    }

    /// Sends a ballot that had its 202 once more: it gets the same 202.
    fn repeat(&mut self, cast: &mut Cast) {
        if let [ballot] = cast.ballots.as_slice()
            && ballot.receipt.is_some()
        {
            one(&self.state.counters.repeats);
            self.settle(cast, 0, u32::MAX);
        }
    }

    /// Sends a ballot, in one region after the other, until the service has said what becomes of it.
    fn settle(&mut self, cast: &mut Cast, index: usize, attempts: u32) -> Ended {
        let body = cast.ballots[index].request(&cast.voter.id);
        let home = self.rng.usize(..1_000);
        for attempt in 0..attempts {
            if self.state.is_over() {
                break;
            }
            let regions = self.state.regions();
            let region = (attempt > 0 || self.rng.bool())
                .then(|| regions[(home + attempt as usize) % regions.len()].clone());
            let hangs_up = self.rng.u8(0..100) < 4;
            let hang_up = hangs_up.then(|| Duration::from_micros(self.rng.u64(100..12_000)));
            let answer = {
                let _going = self.state.gate.read();
                one(&self.state.counters.sent);
                cast.ballots[index].sent = true;
                self.http.cast(region.as_deref(), &body, hang_up)
            };
            if let Some(ended) = self.take(cast, index, &answer) {
                return ended;
            }
            let doubling = Duration::from_millis(20 << attempt.min(5));
            let pause = doubling.max(answer.retry_after).min(LONGEST_PAUSE);
            std::thread::sleep(pause.mul_f64(0.5 + self.rng.f64() / 2.0));
        }
        Ended::Unknown
    }

    /// Notes an answer; `None` if it doesn't settle the matter.
    fn take(&mut self, cast: &mut Cast, index: usize, answer: &Answer) -> Option<Ended> {
        let counters = &self.state.counters;
        match answer.status {
            0 if answer.unsent => one(&counters.unreachable),
            0 => one(&counters.lost_answers),
            202 => one(&counters.accepted),
            409 => one(&counters.c409),
            503 => one(&counters.c503),
            _ => one(&counters.other_refusals),
        }
        if !answer.settles() {
            return None;
        }
        let is_only = cast.ballots.len() == 1;
        let ballot = &mut cast.ballots[index];
        if answer.status == 202 {
            let receipt = answer.body["receipt"].as_str().unwrap_or_default().to_owned();
            if ballot.receipt.as_ref().is_some_and(|known| *known != receipt) {
                self.state
                    .violation("a retry of the same ballot got another receipt".to_owned());
            }
            if answer.body["ballot_id"] != *ballot.id {
                self.state.violation("a 202 names another ballot".to_owned());
            }
            ballot.receipt = Some(receipt);
            return Some(Ended::Accepted);
        }
        let is_in_order = match (answer.status, answer.code()) {
            (409, "already-voted") => !is_only,
            (403, "polls-closed") => self.state.is_closing(),
            _ => false,
        };
        if !is_in_order {
            let (status, code) = (answer.status, answer.code());
            let whose = if is_only {
                "a voter's only ballot"
            } else {
                "a ballot"
            };
            self.state
                .violation(format!("{whose} was refused: {status} {code} {}", answer.body));
        }
        Some(Ended::Refused)
    }
}
