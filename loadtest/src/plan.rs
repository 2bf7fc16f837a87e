//! Owns the plan of a run: who votes, in which order, and when.

use std::time::Duration;

use election_planner::curve::Curve;
use fastrand::Rng;

use crate::agenda::Agenda;
use crate::arguments::Profile;
use crate::ballots::mix;
use crate::curve::{Due, schedule};

/// Votes per second of the hostile profile unless it is told otherwise: what matters there is the rest.
const HOSTILE_RATE: f64 = 200.0;

/// All voters in an order that the seed decides, so that jurisdictions come mixed.
pub(crate) fn order(voters: usize, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(voters).unwrap_or(u32::MAX)).collect();
    Rng::with_seed(mix(seed, 0x0123_4567)).shuffle(&mut order);
    order
}

/// How many of `letters` vote.
pub(crate) fn votes(profile: &Profile, letters: usize) -> u32 {
    let (_, options) = profile.parts();
    let letters = u32::try_from(letters).unwrap_or(u32::MAX);
    let rate = match profile {
        Profile::Hostile(_) => Some(options.rate.unwrap_or(HOSTILE_RATE)),
        Profile::Readers(_) => Some(options.rate.unwrap_or(0.0)),
        _ => options.rate,
    };
    let by_rate = rate.map_or(u32::MAX, |rate| {
        (rate * profile.time().as_secs_f64()).round() as u32
    });
    options.votes.unwrap_or(u32::MAX).min(letters).min(by_rate)
}

/// Ballots per voter.
pub(crate) fn variants(profile: &Profile) -> u8 {
    if matches!(profile, Profile::Hostile(_)) {
        2
    } else {
        1
    }
}

/// When `count` voters vote.
pub(crate) fn agenda(profile: &Profile, count: u32, seed: u64) -> Agenda {
    let (time, (_, options)) = (profile.time(), profile.parts());
    // With fewer letters than the rate asks for in the whole time, the rate holds and the time is shorter.
    let paced_time = match options.rate {
        Some(rate) if !matches!(profile, Profile::Readers(_) | Profile::Hostile(_)) => {
            time.min(Duration::from_secs_f64(f64::from(count) / rate))
        }
        _ => time,
    };
    match profile {
        Profile::Generator(_) => Agenda::unpaced(count, true, time),
        Profile::Steady(_) if options.rate.is_none() => Agenda::unpaced(count, false, time),
        Profile::Steady(_) | Profile::Soak(_) => Agenda::paced(
            schedule(&Curve::steady(), count, paced_time, seed),
            Duration::ZERO,
        ),
        Profile::Spike(_) => {
            Agenda::paced(schedule(&Curve::spike(), count, paced_time, seed), Duration::ZERO)
        }
        Profile::ElectionDay(_) => {
            let day = schedule(&Curve::election_day(), count, paced_time, seed);
            Agenda::paced(with_retry_storm(day, paced_time, seed), Duration::ZERO)
        }
        Profile::Readers(_) | Profile::Hostile(_) => {
            Agenda::paced(schedule(&Curve::steady(), count, time, seed), time)
        }
    }
}

/// In the afternoon, one in twenty of those who have voted sends the ballot once more, all within a fiftieth of
/// the day: as if a proxy had lost their answers.
fn with_retry_storm(mut day: Vec<Due>, time: Duration, seed: u64) -> Vec<Due> {
    let day_us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let (begins_us, lasts_us) = (day_us / 100 * 60, (day_us / 50).max(1));
    let voted = day.partition_point(|due| due.at_us < begins_us);
    let mut random = Rng::with_seed(mix(seed, 0x5701_2345));
    for _ in 0..voted / 20 {
        let place = day[random.usize(..voted)].place;
        day.push(Due {
            at_us: begins_us + random.u64(..lasts_us),
            place,
        });
    }
    day.sort_by_key(|due| due.at_us);
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_has_every_voter_once_and_is_the_seeds() {
        let mut one = order(1_000, 7);
        assert!(one == order(1_000, 7) && one != order(1_000, 8));
        one.sort_unstable();
        assert!(one.into_iter().eq(0..1_000));
    }

    #[test]
    fn a_retry_storm_repeats_votes_that_were_due_before() {
        let time = Duration::from_secs(100);
        let day = schedule(&Curve::election_day(), 10_000, time, 1);
        let stormy = with_retry_storm(day.clone(), time, 1);
        assert!(stormy.len() > day.len() && stormy.is_sorted_by_key(|due| due.at_us));
        let mut seen = std::collections::HashSet::new();
        let again: Vec<&Due> = stormy.iter().filter(|due| !seen.insert(due.place)).collect();
        assert!(
            again
                .iter()
                .all(|due| (60_000_000..62_000_000).contains(&due.at_us))
        );
        // Exactly the votes of the day, and the repeats beside them.
        assert_eq!(seen.len(), 10_000);
    }
}
