//! Owns a function's life: logs, settings, composition, then one event after the other. A panic costs one
//! invocation, and nobody gets to read its message.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::Arc;

use election_aws::AwsConnection;
use election_aws::settings::Settings;
use futures_util::FutureExt;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::Value;

use crate::failure::Failure;
use crate::invocation::{Answer, NotAnswered};
use crate::metric_lines::Meters;
use crate::settings::Needs;
use crate::telemetry;

/// Runs a function until Lambda ends it: `compose` makes what answers its events.
pub async fn run<A: Answer>(
    name: &'static str,
    needs: Needs,
    compose: impl AsyncFnOnce(AwsConnection, &Arc<Meters>) -> Result<A, Failure>,
) -> ExitCode {
    match start(name, &needs, compose).await {
        Ok((function, meters)) => serve(&function, &meters).await,
        Err(failure) => failure.report(),
    }
}

async fn start<A: Answer>(
    name: &'static str,
    needs: &Needs,
    compose: impl AsyncFnOnce(AwsConnection, &Arc<Meters>) -> Result<A, Failure>,
) -> Result<(A, Arc<Meters>), Failure> {
    let settings = Settings::of_environment();
    telemetry::start(&settings)?;
    needs.check(&settings)?;
    let meters = Arc::new(Meters::new(name));
    let function = compose(AwsConnection::open(settings).await, &meters).await?;
    Ok((function, meters))
}

async fn serve<A: Answer>(function: &A, meters: &Meters) -> ExitCode {
    let answer = |event: LambdaEvent<Value>| answer(function, meters, event.payload);
    // Without its layer of traces, which would put ids of requests into every line of the log.
    match Runtime::new(service_fn(answer)).run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function can't go on");
            ExitCode::from(70)
        }
    }
}

async fn answer<A: Answer>(function: &A, meters: &Meters, event: Value) -> Result<Value, NotAnswered> {
    let answered = AssertUnwindSafe(function.answer(event)).catch_unwind().await;
    meters.write();
    answered.unwrap_or_else(|_| Err(NotAnswered::because("the function panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Panicking;

    impl Answer for Panicking {
        async fn answer(&self, event: Value) -> Result<Value, NotAnswered> {
            panic!("with all of the event: {event}");
        }
    }

    #[tokio::test]
    async fn a_panic_costs_one_invocation_and_its_message_goes_nowhere() {
        let meters = Meters::new("tally");
        for _ in 0..2 {
            let answered = answer(&Panicking, &meters, Value::from("K7RM2-9XQ4T-0WZ34")).await;
            assert_eq!(
                answered.err().map(|error| error.0).as_deref(),
                Some("the function panicked")
            );
        }
    }
}
