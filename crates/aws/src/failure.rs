//! Owns the mapping of DynamoDB's refusals and of the SDK's errors to the ports' errors. Their texts are fixed but
//! for the service's error code: its messages could name what is stored.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use election_service::ports::PortError;

use crate::settings::Table;

/// Why DynamoDB didn't do what it was asked.
pub(crate) enum Failure {
    /// The write's condition isn't met.
    ConditionFailed,
    /// Somebody wrote the same item at the same instant, in this region or another. Nothing was written, and
    /// nothing is known of the condition: the call is to be made again.
    Conflict,
    /// Everything else.
    Port(PortError),
}

impl Failure {
    /// Reads an error of a call on a table.
    pub(crate) fn of<E: ProvideErrorMetadata, R>(table: Table, error: &SdkError<E, R>) -> Self {
        match error {
            SdkError::ServiceError(answer) => Self::of_code(table, answer.err().code()),
            SdkError::TimeoutError(_) => unavailable("DynamoDB didn't answer in time").into(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                unavailable("DynamoDB can't be reached in time").into()
            }
            SdkError::DispatchFailure(_) => unavailable("DynamoDB can't be reached").into(),
            SdkError::ResponseError(_) => unavailable("DynamoDB's answer can't be read").into(),
            _ => unavailable("no request to DynamoDB could be made").into(),
        }
    }

    fn of_code(table: Table, code: Option<&str>) -> Self {
        let text = match code.unwrap_or_default() {
            "ConditionalCheckFailedException" => return Self::ConditionFailed,
            "ReplicatedWriteConflictException"
            | "TransactionConflictException"
            | "TransactionInProgressException" => return Self::Conflict,
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "Throttling" => return PortError::Overloaded.into(),
            "ResourceNotFoundException" => format!("the table that {} names doesn't exist", table.variable()),
            // No words of the service, but its code, if it looks like one.
            code if (1..=60).contains(&code.len())
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                format!("DynamoDB answered {code}")
            }
            _ => "DynamoDB answered with an error that can't be read".to_owned(),
        };
        PortError::Unavailable(text).into()
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<Failure> for PortError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Port(error) => error,
            Failure::Conflict => unavailable("others kept writing the same item at the same time"),
            Failure::ConditionFailed => unavailable("DynamoDB named a condition where there is none"),
        }
    }
}

pub(crate) fn corrupt(text: &str) -> PortError {
    PortError::Corrupt(text.to_owned())
}

pub(crate) fn unavailable(text: &str) -> PortError {
    PortError::Unavailable(text.to_owned())
}

/// How often and how long something is tried again that the SDK doesn't, or not often enough.
const MOST_TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// The pauses between the tries of one call, each of random length, so that those who met don't meet again.
#[derive(Default)]
pub(crate) struct Pauses(u32);

impl Pauses {
    /// Waits before another try; false once there were enough.
    pub(crate) async fn pause(&mut self) -> bool {
        self.0 += 1;
        if self.0 >= MOST_TRIES {
            return false;
        }
        let longest = FIRST_PAUSE.saturating_mul(1 << self.0.min(10)).min(LONGEST_PAUSE);
        // Without randomness it is the longest one.
        let share = getrandom::u32().unwrap_or(u32::MAX);
        tokio::time::sleep(longest.mul_f64(f64::from(share) / f64::from(u32::MAX))).await;
        true
    }
}

/// Makes a call again while it meets others' writes of the same item.
pub(crate) async fn despite_conflicts<T, F>(mut call: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut pauses = Pauses::default();
    loop {
        match call().await {
            Err(Failure::Conflict) if pauses.pause().await => {}
            result => return result,
        }
    }
}
