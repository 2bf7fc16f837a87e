//! Owns the limit on guessing: only voter ids that aren't on the roll count towards a source's limit, so
//! that however many voters share a carrier's or a school's address, voting alone never reaches it. A source
//! over its limit is refused whatever it sends: an answer would tell it which guess was right.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::problem::Problem;

const WINDOW: Duration = Duration::from_secs(60);
const MOST_SOURCES: usize = 100_000;

/// How many voter ids each source had refused in its present minute.
#[derive(Default)]
pub struct Refusals {
    limit: Option<NonZeroU32>,
    sources: Mutex<HashMap<IpAddr, (Instant, u32)>>,
}

impl Refusals {
    /// At most `limit` refused voter ids per source and minute; `None` for no limit.
    pub fn new(limit: Option<NonZeroU32>) -> Self {
        Self {
            limit,
            sources: Mutex::default(),
        }
    }

    /// Whether the source may try another voter id.
    pub(crate) fn check(&self, source: Option<IpAddr>) -> Result<(), Problem> {
        let (Some(limit), Some(source)) = (self.limit, source) else {
            return Ok(());
        };
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        match sources.get(&source) {
            Some((since, refused)) if since.elapsed() < WINDOW && *refused >= limit.get() => {
                Err(Problem::RATE_LIMITED)
            }
            _ => Ok(()),
        }
    }

    /// A voter id of the source was refused.
    pub(crate) fn refused(&self, source: Option<IpAddr>) {
        let (Some(_), Some(source)) = (self.limit, source) else {
            return;
        };
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() >= MOST_SOURCES {
            sources.retain(|_, (since, _)| since.elapsed() < WINDOW);
        }
        let entry = sources.entry(source).or_insert((Instant::now(), 0));
        if entry.0.elapsed() >= WINDOW {
            *entry = (Instant::now(), 0);
        }
        entry.1 = entry.1.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_refused_ids_count_and_only_for_a_minute() {
        let refusals = Refusals::new(NonZeroU32::new(2));
        let (source, other) = (
            Some(IpAddr::from([127, 0, 0, 1])),
            Some(IpAddr::from([127, 0, 0, 2])),
        );
        for _ in 0..2 {
            assert!(refusals.check(source).is_ok());
            refusals.refused(source);
        }
        assert!(refusals.check(source).is_err());
        assert!(refusals.check(other).is_ok());
        tokio::time::advance(WINDOW).await;
        assert!(refusals.check(source).is_ok());
    }

    #[test]
    fn without_a_limit_nothing_is_refused() {
        let (refusals, source) = (Refusals::default(), Some(IpAddr::from([127, 0, 0, 1])));
        (0..1000).for_each(|_| refusals.refused(source));
        assert!(refusals.check(source).is_ok());
    }
}
