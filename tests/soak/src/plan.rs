//! Owns what a soak does to the server, and when: all of it follows from the seed, so that the same seed
//! and goal make the same plan. It must never look at the clock or at what happened.

use fastrand::Rng;

/// One blow to the running election. A `pick` chooses among the regions that live when its time comes.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// `kill -9`, and a restart; perhaps a look at the sums meanwhile, perhaps killed again while it starts.
    Kill {
        down_ms: u64,
        look: bool,
        again_ms: Option<u64>,
    },
    /// SIGTERM, and a restart.
    Terminate { down_ms: u64 },
    /// SIGSTOP and SIGCONT: requests time out, leases run out.
    Stall { for_ms: u64 },
    /// A region out of service until the next `Restore`.
    Fail { pick: usize },
    /// All failed regions back.
    Restore,
    /// A region lost for good, failed before or not.
    Lose {
        pick: usize,
        failed_first: bool,
        killed: Killed,
    },
    /// Not a byte left on the disk; perhaps the server is killed and started there.
    DiskFull { for_ms: u64, kill: bool },
    /// The server's clock set forward or back.
    ClockJump { seconds: i64 },
}

/// When the server is killed as a region is lost.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Killed {
    Never,
    /// Before, in the midst of a burst of votes, so that what was just accepted is still in the queues;
    /// then the region is lost that has most of it.
    BeforeInBurst {
        burst_ms: u64,
    },
    /// So long after the command began.
    AfterMs(u64),
}

/// An event and how long after the one before it comes.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) after_ms: u64,
    pub(crate) event: Event,
}

/// An election from its opening to its certification.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) number: u64,
    /// For the choices of clients and observers.
    pub(crate) seed: u64,
    pub(crate) voters: usize,
    pub(crate) clients: usize,
    pub(crate) second_copy_delay_ms: u64,
    /// Counts are told while votes are cast.
    pub(crate) live: bool,
    /// On a small disk of its own, which can be filled.
    pub(crate) small_disk: bool,
    pub(crate) steps: Vec<Step>,
    /// Kills after the close, in ms after the one before.
    pub(crate) closing_kills: Vec<u64>,
    /// Kills while certifying, in ms after the command began.
    pub(crate) certifying_kills: Vec<u64>,
    /// In the end all regions but one are lost, and nothing may be accepted any more.
    pub(crate) last_stand: bool,
}

/// How much is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    Minutes(u64),
    Blows { kills: u64, losses: u64 },
}

const NOMINAL_ROUND_SECONDS: u64 = 70;
const LOSSES_PER_SHORT_ROUND: u64 = 3;

/// All rounds.
pub(crate) fn plan(seed: u64, goal: Goal) -> Vec<Round> {
    let mut rng = Rng::with_seed(seed);
    match goal {
        Goal::Minutes(minutes) => {
            let rounds = (minutes * 60 / NOMINAL_ROUND_SECONDS).max(1);
            let round = |number| {
                let (kills, losses) = (rng.u64(10..=18), rng.u64(1..=4));
                round(&mut rng, number, kills, losses, 2_400)
            };
            (1..=rounds).map(round).collect()
        }
        Goal::Blows { kills, losses } => {
            let rounds = losses.div_ceil(LOSSES_PER_SHORT_ROUND).max(1);
            let share = |total: u64, number: u64| total * number / rounds - total * (number - 1) / rounds;
            (1..=rounds)
                .map(|number| round(&mut rng, number, share(kills, number), share(losses, number), 700))
                .collect()
        }
    }
}

fn round(rng: &mut Rng, number: u64, kills: u64, losses: u64, longest_gap_ms: u64) -> Round {
    let short = longest_gap_ms < 1_000;
    // Rounds take turns on a small disk; a short soak has one of them at least.
    let small_disk = number % 2 == 1;
    let closing = kills / 8;
    let certifying = kills.div_ceil(8).min(kills - closing);
    let mut events: Vec<Event> = (0..kills - closing - certifying).map(|_| kill(rng)).collect();
    let others = if short { 1 } else { 2 };
    for _ in 0..others {
        events.push(Event::Terminate {
            down_ms: rng.u64(0..300),
        });
        let longest = if short { 1_500 } else { 7_000 };
        events.push(Event::Stall {
            for_ms: rng.u64(200..longest),
        });
        // Some seconds matter to delays and leases, many hours to everything else.
        let unit = if rng.bool() { 1 } else { 3_600 };
        events.push(Event::ClockJump {
            seconds: rng.i64(-30..=30) * unit + 1,
        });
        if small_disk {
            events.push(Event::DiskFull {
                for_ms: rng.u64(300..if short { 1_500 } else { 4_000 }),
                kill: rng.bool(),
            });
        }
    }
    rng.shuffle(&mut events);
    for _ in 0..losses {
        let lose = Event::Lose {
            pick: rng.usize(0..1_000),
            failed_first: rng.u8(0..4) == 0,
            killed: match rng.u8(0..4) {
                0 => Killed::Never,
                1 => Killed::AfterMs(rng.u64(0..40)),
                _ => Killed::BeforeInBurst {
                    burst_ms: rng.u64(100..400),
                },
            },
        };
        events.insert(rng.usize(0..=events.len()), lose);
    }
    for _ in 0..others + 1 {
        let fail = rng.usize(0..=events.len());
        let restore = (fail + 1 + rng.usize(0..4)).min(events.len() + 1);
        let pick = rng.usize(0..1_000);
        events.insert(fail, Event::Fail { pick });
        events.insert(restore, Event::Restore);
    }
    let steps: Vec<Step> = events
        .into_iter()
        .map(|event| Step {
            after_ms: rng.u64(30..longest_gap_ms),
            event,
        })
        .collect();
    Round {
        number,
        seed: rng.u64(..),
        voters: if short {
            rng.usize(1_500..2_500)
        } else {
            rng.usize(4_000..9_000)
        },
        clients: rng.usize(6..=12),
        second_copy_delay_ms: [200, 500, 1_000, 2_000][rng.usize(0..if short { 3 } else { 4 })],
        live: rng.bool(),
        small_disk,
        steps,
        closing_kills: (0..closing).map(|_| rng.u64(0..600)).collect(),
        certifying_kills: (0..certifying).map(|_| rng.u64(0..1_600)).collect(),
        last_stand: rng.bool(),
    }
}

fn kill(rng: &mut Rng) -> Event {
    Event::Kill {
        down_ms: if rng.bool() { 0 } else { rng.u64(0..500) },
        look: rng.u8(0..3) == 0,
        again_ms: (rng.u8(0..5) == 0).then(|| rng.u64(0..400)),
    }
}

impl Round {
    /// About how long the votes are to last.
    pub(crate) fn load_ms(&self) -> u64 {
        self.steps.iter().map(|step| step.after_ms + 300).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_plan_and_another_seed_another() {
        let text = |seed| format!("{:?}", plan(seed, Goal::Minutes(10)));
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
    }

    #[test]
    fn a_bounded_plan_has_all_the_kills_and_losses_asked_for() {
        for (kills, losses) in [(30, 5), (1, 0), (7, 9)] {
            let rounds = plan(1, Goal::Blows { kills, losses });
            let count = |wanted: fn(&Event) -> bool| {
                let events = rounds.iter().flat_map(|round| &round.steps);
                events.filter(|step| wanted(&step.event)).count() as u64
            };
            let after_close: usize = rounds
                .iter()
                .map(|round| round.closing_kills.len() + round.certifying_kills.len())
                .sum();
            assert_eq!(
                count(|event| matches!(event, Event::Kill { .. })) + after_close as u64,
                kills
            );
            assert_eq!(count(|event| matches!(event, Event::Lose { .. })), losses);
        }
    }
}
