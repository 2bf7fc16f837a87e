//! Owns what an error of SQS or KMS becomes to a port's caller. A text names the service and its code for the
//! error, never the service's own words: those quote parameters, handles and keys among them.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use election_service::ports::PortError;

/// What services answer when they are asked too much at once.
const OVERLOADED: [&str; 6] = [
    "KmsThrottled",
    "LimitExceededException",
    "OverLimit",
    "RequestThrottled",
    "Throttling",
    "ThrottlingException",
];

const UNREADABLE: &str = "answered what can't be read";

/// Maps an SDK's error. `service` is its name, as in `SQS`.
pub(crate) fn port_error<E: ProvideErrorMetadata, R>(service: &str, error: &SdkError<E, R>) -> PortError {
    let text = match error {
        SdkError::ServiceError(answer) => return of_code(service, answer.err().code()),
        SdkError::TimeoutError(_) => "didn't answer in time",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "can't be reached in time",
        SdkError::DispatchFailure(failure) if failure.is_io() => "can't be reached",
        SdkError::DispatchFailure(_) => "can't be called: are there credentials?",
        SdkError::ResponseError(_) => UNREADABLE,
        _ => "can't be called: are there credentials?",
    };
    unavailable(service, text)
}

fn of_code(service: &str, code: Option<&str>) -> PortError {
    let is_code = |code: &&str| {
        code.len() <= 80
            && code
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    };
    match code.filter(is_code) {
        Some(code) if OVERLOADED.contains(&code) => PortError::Overloaded,
        Some(code) => unavailable(service, &format!("refused: {code}")),
        None => unavailable(service, UNREADABLE),
    }
}

pub(crate) fn unavailable(service: &str, text: &str) -> PortError {
    PortError::Unavailable(format!("{service} {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_is_overload_and_the_rest_names_the_code() {
        assert_eq!(of_code("SQS", Some("RequestThrottled")), PortError::Overloaded);
        let text = of_code("KMS", Some("AccessDeniedException")).to_string();
        assert_eq!(text, "unavailable: KMS refused: AccessDeniedException");
    }

    #[test]
    fn what_is_no_code_is_not_shown() {
        for code in [None, Some("the handle AQEB/secret== is invalid")] {
            let text = of_code("SQS", code).to_string();
            assert_eq!(text, "unavailable: SQS answered what can't be read");
        }
    }
}
