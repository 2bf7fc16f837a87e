//! Owns what an invocation is to a function: a JSON event, and its JSON answer or why there is none. What it
//! says of a failure never holds a part of the event.

use std::fmt;

use lambda_runtime::Diagnostic;
use serde_json::Value;

/// Answers events.
pub trait Answer {
    /// The event's answer. An error makes whoever sent the event send it again, or the client get a 502.
    fn answer(&self, event: Value) -> impl Future<Output = Result<Value, NotAnswered>>;
}

/// Why an event wasn't answered.
pub struct NotAnswered(pub(crate) String);

impl NotAnswered {
    pub(crate) fn because(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

/// The runtime logs it so: the one time that it is logged.
impl fmt::Debug for NotAnswered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<NotAnswered> for Diagnostic {
    fn from(error: NotAnswered) -> Self {
        Self {
            error_type: "NotAnswered".to_owned(),
            error_message: error.0,
        }
    }
}
