//! Owns how old something is that was read from a store. By two clocks: a process that is frozen between requests,
//! as a function is, may find that its own one stood still meanwhile; and the calendar's is set now and then.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// When something was asked for.
#[derive(Clone, Copy)]
pub(crate) struct ReadingTime {
    own: Instant,
    calendar: SystemTime,
}

impl ReadingTime {
    pub(crate) fn now() -> Self {
        Self {
            own: Instant::now(),
            calendar: SystemTime::now(),
        }
    }

    /// Whether it is less than this ago, for sure.
    pub(crate) fn is_within(&self, age: Duration) -> bool {
        self.own.elapsed() < age && self.calendar.elapsed().is_ok_and(|passed| passed < age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn it_ages_by_the_process_s_own_clock() {
        let read = ReadingTime::now();
        assert!(read.is_within(AGE));
        tokio::time::advance(AGE).await;
        assert!(!read.is_within(AGE));
    }

    #[tokio::test(start_paused = true)]
    async fn it_ages_by_the_calendar_while_the_process_stands_still() {
        let mut read = ReadingTime::now();
        read.calendar -= AGE;
        assert!(!read.is_within(AGE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_calendar_that_was_set_back_proves_nothing() {
        let mut read = ReadingTime::now();
        read.calendar += AGE * 60;
        assert!(!read.is_within(AGE));
    }
}
