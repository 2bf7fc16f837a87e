//! Owns that traces end here: the SDK passes an invocation's trace id on with every call that a function makes, and
//! SQS keeps it with the message, where it would join a voter's request to the ballot. Takes that header away.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html>

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

const TRACE: &str = "x-amzn-trace-id";

/// Sends calls without the trace that they are a part of.
#[derive(Debug)]
pub(crate) struct Untraced;

#[dyn_dispatch_hint]
impl Intercept for Untraced {
    fn name(&self) -> &'static str {
        "Untraced"
    }

    /// After the SDK has put the header there; no signature covers it.
    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().remove(TRACE);
        Ok(())
    }
}
