//! Owns casting one vote once: what is sent, and what each answer means for the vote. Browsers do the same in
//! website/vote/cast.js.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use election_core::receipt::{PRINTED_BYTES, Receipt};
use fastrand::Rng;

use crate::agenda::Agenda;
use crate::api::{Cast, Clients, Problem, Target, short};
use crate::ballots::{Ballots, mix};
use crate::http::{Answer, Ask, NoAnswer};
use crate::ledger::{Accepted, Ledger, lock};
use crate::measures::Measures;

/// As website/shared/api.js has them.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// What all users of a run share.
pub(crate) struct Run {
    pub(crate) ballots: Ballots,
    pub(crate) ledger: Ledger,
    pub(crate) targets: Vec<Target>,
    pub(crate) agenda: Agenda,
    /// Of votes.
    pub(crate) measures: Measures,
    /// Of polls for results.
    pub(crate) polls: Measures,
    /// What must not happen, in words, and how often it did.
    pub(crate) surprises: Surprises,
    /// How long a request may take.
    pub(crate) timeout: Duration,
    /// Whether it is enough that a 202 is a 202: the generator alone is measured.
    pub(crate) any_202: bool,
}

/// What must not happen, with how often it did. Every one makes the run fail.
#[derive(Default)]
pub(crate) struct Surprises(Mutex<BTreeMap<String, u64>>);

impl Surprises {
    /// Notes one.
    pub(crate) fn note(&self, what: String) {
        self.note_many(what, 1);
    }

    /// Notes `count` of a kind. Kinds have no end where a server makes them up: some are enough.
    pub(crate) fn note_many(&self, what: String, count: u64) {
        let mut kinds = lock(&self.0);
        if kinds.len() < 100 || kinds.contains_key(&what) {
            *kinds.entry(what).or_default() += count;
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> BTreeMap<String, u64> {
        lock(&self.0).clone()
    }
}

/// What a request came to, for goose and for what is done next.
pub(crate) struct Sent {
    /// 0 without an answer.
    pub(crate) status: u16,
    pub(crate) service: Duration,
    /// What was wrong with it.
    pub(crate) fault: Option<String>,
    /// `None` if the vote has its answer; else how long the server wants it to wait.
    pub(crate) again_after: Option<Duration>,
}

impl Run {
    /// A voter's nearest region, at random by weight, and the same one for the same seed; each further attempt
    /// goes to the next.
    pub(crate) fn target(&self, vote: u32, attempt: u32) -> usize {
        let total: u64 = self.targets.iter().map(|target| u64::from(target.weight)).sum();
        let mut number = mix(self.ballots.seed ^ 0x4e75_7461, u64::from(vote)) % total.max(1);
        let mut home = 0;
        for (place, target) in self.targets.iter().enumerate() {
            let weight = u64::from(target.weight);
            if number < weight {
                home = place;
                break;
            }
            number -= weight;
        }
        (home + attempt as usize) % self.targets.len().max(1)
    }

    /// Sends a vote once and notes what came of it.
    pub(crate) async fn cast(&self, clients: &mut Clients, user: usize, vote: u32, place: usize) -> Sent {
        let target = &self.targets[place];
        let (body, id) = self.ballots.request(self.ledger.which(vote));
        self.ledger.sending(vote);
        let began = Instant::now();
        let answer = clients.send(target, &Ask::post(&target.votes, body)).await;
        let service = began.elapsed();
        let (fault, again_after) = match &answer {
            Ok(answer) if answer.status == 202 => match self.receipt(answer, &id.printed()) {
                Some(receipt) => {
                    self.note_202(user, place, vote, receipt);
                    (None, None)
                }
                None if self.any_202 => {
                    self.measures.note(user, place, |measured| measured.accepted += 1);
                    (None, None)
                }
                None => (Some(("202 garbage".to_owned(), true)), Some(Duration::ZERO)),
            },
            Ok(answer) => self.not_accepted(vote, answer),
            Err(NoAnswer::Unreachable) => (Some(("not reached".to_owned(), true)), Some(Duration::ZERO)),
            Err(NoAnswer::TimedOut) => (Some(("no answer in time".to_owned(), true)), Some(Duration::ZERO)),
            Err(NoAnswer::Lost) => (Some(("connection lost".to_owned(), true)), Some(Duration::ZERO)),
            Err(NoAnswer::Garbage) => (Some(("garbage".to_owned(), true)), Some(Duration::ZERO)),
        };
        if fault.as_ref().is_some_and(|(name, _)| name.ends_with("garbage")) {
            self.surprises
                .note("POST /votes was answered with garbage".to_owned());
        }
        self.measures.note(user, place, |measured| {
            let fault = fault.as_ref().map(|(name, is_error)| (name.as_str(), *is_error));
            measured.request(answer.is_ok().then_some(service), fault);
        });
        Sent {
            status: answer.map_or(0, |answer| answer.status),
            service,
            fault: fault.map(|(name, _)| name),
            again_after,
        }
    }

    fn receipt(&self, answer: &Answer, ballot_id: &str) -> Option<Receipt> {
        let cast: Cast<'_> = serde_json::from_slice(&answer.body).ok()?;
        let printed: &[u8; PRINTED_BYTES] = cast.receipt.as_bytes().try_into().ok()?;
        (cast.ballot_id == ballot_id)
            .then(|| Receipt::parse_printed(printed).ok())
            .flatten()
    }

    fn note_202(&self, user: usize, place: usize, vote: u32, receipt: Receipt) {
        match self.ledger.accepted(vote, receipt) {
            Accepted::First => self.measures.note(user, place, |measured| measured.accepted += 1),
            Accepted::Again => self.measures.note(user, place, |measured| measured.repeats += 1),
            Accepted::OtherReceipt => {
                self.surprises
                    .note("the same ballot got another receipt".to_owned());
            }
        }
    }

    /// What isn't a 202: a refusal, which is final, or something that one asks again after.
    fn not_accepted(&self, vote: u32, answer: &Answer) -> (Option<(String, bool)>, Option<Duration>) {
        let problem: Option<Problem> = serde_json::from_slice(&answer.body).ok();
        let status = answer.status;
        match problem.map(|problem| short(problem.code)) {
            Some(code) if matches!(status, 400..500) && !matches!(status, 408 | 429) => {
                let name = format!("{status} {code}");
                self.ledger.refused(vote, &name);
                (Some((name, false)), None)
            }
            Some(code) if status >= 400 => {
                (Some((format!("{status} {code}"), true)), Some(answer.retry_after))
            }
            // A proxy's page, for example.
            None if status >= 500 => (Some((format!("{status}"), true)), Some(answer.retry_after)),
            _ => (
                Some((format!("{status} garbage"), true)),
                Some(answer.retry_after),
            ),
        }
    }
}

/// How long a browser waits before its next attempt: doubling, at least what the server asked for, and up to
/// half as much more, so that voters who failed together don't come back together.
pub(crate) fn pause(attempt: u32, retry_after: Duration, random: &mut Rng) -> Duration {
    let doubling = FIRST_PAUSE * 2_u32.pow(attempt.min(10));
    let wanted = doubling.max(retry_after).min(LONGEST_PAUSE);
    wanted.mul_f64(1.0 + random.f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_at_least_what_the_server_asks_for_and_has_jitter() {
        let mut random = Rng::with_seed(1);
        let asked = Duration::from_secs(2);
        let pauses: Vec<_> = (0..100).map(|_| pause(0, asked, &mut random)).collect();
        assert!(
            pauses
                .iter()
                .all(|pause| *pause >= asked && *pause <= asked.mul_f64(1.5))
        );
        assert!(pauses.windows(2).any(|pair| pair[0] != pair[1]));
        assert!(pause(30, Duration::ZERO, &mut random) >= LONGEST_PAUSE);
        assert!(pause(1, Duration::ZERO, &mut random) >= FIRST_PAUSE * 2);
        assert!(pause(0, Duration::from_secs(3_600), &mut random) < LONGEST_PAUSE * 2);
    }
}
