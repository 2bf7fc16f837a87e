//! Owns every error that the API answers with: RFC 9457 problem documents with a stable code. What the
//! public reads here holds nothing of the request; what went wrong inside is in the log only.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use election_core::content::SelectionError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::enqueuer::CastError;
use crate::ports::PortError;

/// How long a client should wait before it tries again, in seconds.
const RETRY_AFTER_SECONDS: u16 = 2;

/// One field of a request that can't be accepted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Where, as `selections.president[1]`.
    #[schema(example = "selections.president[1]")]
    pub field: String,
    /// What is wrong there.
    #[schema(example = "candidate-unknown")]
    pub code: &'static str,
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The HTTP status.
    #[schema(value_type = u16, example = 409)]
    #[serde(serialize_with = "status_number")]
    pub status: StatusCode,
    /// The stable code.
    #[schema(example = "already-voted")]
    pub code: &'static str,
    /// What happened.
    pub title: &'static str,
    /// What to do.
    pub detail: &'static str,
    /// For 422: every wrong field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    #[serde(skip)]
    retry_after: Option<u16>,
}

fn status_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    const fn new(status: StatusCode, code: &'static str, title: &'static str, detail: &'static str) -> Self {
        Self {
            status,
            code,
            title,
            detail,
            errors: Vec::new(),
            retry_after: None,
        }
    }

    const fn retry_after(mut self, seconds: u16) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The body isn't `application/json`.
    pub const MEDIA_TYPE: Self = Self::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "media-type-unsupported",
        "The body must be JSON",
        "Send the body with Content-Type: application/json.",
    );
    /// The body is over the limit.
    pub const TOO_LARGE: Self = Self::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        "The body is too large",
        "A request has at most 64 KiB.",
    );
    /// The body isn't strict JSON.
    pub const JSON: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "json-malformed",
        "The body is not well-formed JSON",
        "Send one JSON document in UTF-8 whose objects have no key twice.",
    );
    /// The body's JSON has another shape.
    pub const SHAPE: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "request-malformed",
        "The request has a wrong shape",
        "Send exactly the fields that /openapi.json describes, with their types.",
    );
    /// The voter id is mistyped.
    pub const VOTER_ID: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "voter-id-malformed",
        "This is not a voter id",
        "A voter id has 15 letters and digits. Compare it with the letter.",
    );
    /// The ballot id isn't a UUID.
    pub const BALLOT_ID: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "ballot-id-malformed",
        "This is not a ballot id",
        "A ballot id is a UUID in its form of 36 characters.",
    );
    /// The receipt is mistyped.
    pub const RECEIPT: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "receipt-malformed",
        "This is not a receipt",
        "A receipt has nine groups of four letters and digits and starts with 1.",
    );
    /// Nothing is recorded for the receipt.
    pub const NOT_RECORDED: Self = Self::new(
        StatusCode::NOT_FOUND,
        "not-recorded",
        "No ballot is recorded for this receipt yet",
        "Try again in a minute. If it stays so after the polls close, tell the election office.",
    );
    /// A query parameter isn't known.
    pub const QUERY: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "query-parameter-unknown",
        "The address has a query parameter that does not exist here",
        "GET /votes takes jurisdiction and contest, each once; nothing else takes any.",
    );
    /// A jurisdiction isn't the election's.
    pub const JURISDICTION: Self = Self::new(
        StatusCode::NOT_FOUND,
        "jurisdiction-unknown",
        "The election has no such jurisdiction",
        "GET /election lists the jurisdictions.",
    );
    /// A contest isn't the election's.
    pub const CONTEST: Self = Self::new(
        StatusCode::NOT_FOUND,
        "contest-unknown",
        "The election has no such contest",
        "GET /election lists the contests.",
    );
    /// Nothing is at this path.
    pub const NOT_FOUND: Self = Self::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "There is nothing at this address",
        "/openapi.json lists what there is.",
    );
    /// The path doesn't take this method.
    pub const METHOD: Self = Self::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "This address does not take this method",
        "/openapi.json lists what there is.",
    );
    /// No region has this name.
    pub const REGION_UNKNOWN: Self = Self::new(
        StatusCode::NOT_FOUND,
        "region-unknown",
        "There is no region of this name",
        "GET /election lists the regions.",
    );
    /// The region is failed or lost.
    pub const REGION_UNAVAILABLE: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "region-unavailable",
        "This region is out of service",
        "Try the same ballot in another region.",
    )
    .retry_after(RETRY_AFTER_SECONDS);
    /// Something that is needed can't be reached.
    pub const UNAVAILABLE: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "This can't be done right now",
        "Try again with the same ballot id, here or in another region.",
    )
    .retry_after(RETRY_AFTER_SECONDS);
    /// The server has too much to do.
    pub const OVERLOADED: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        "Too many people vote at this moment",
        "Try again with the same ballot id, here or in another region.",
    )
    .retry_after(RETRY_AFTER_SECONDS);
    /// A source tried too many voter ids.
    pub const RATE_LIMITED: Self = Self::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-refused",
        "Too many voter ids from this connection were refused",
        "Wait a minute, compare the voter id with the letter, then try again.",
    )
    .retry_after(60);
}

impl From<CastError> for Problem {
    fn from(error: CastError) -> Self {
        match error {
            CastError::VoterNotFound => Self::new(
                StatusCode::NOT_FOUND,
                "voter-not-found",
                "This voter id is not on the roll",
                "Compare it with the letter. If it is right, call the election office.",
            ),
            CastError::VoterIdRevoked => Self::new(
                StatusCode::NOT_FOUND,
                "voter-id-revoked",
                "This voter id was replaced",
                "Use the voter id on the newest letter.",
            ),
            CastError::PollsNotOpen => Self::new(
                StatusCode::FORBIDDEN,
                "polls-not-open",
                "The polls are not open yet",
                "Come back when they open.",
            ),
            CastError::PollsClosed => Self::new(
                StatusCode::FORBIDDEN,
                "polls-closed",
                "The polls are closed",
                "No ballot is accepted any more.",
            ),
            CastError::AlreadyVoted => Self::new(
                StatusCode::CONFLICT,
                "already-voted",
                "A ballot of this voter is recorded already",
                "The recorded ballot counts. If you didn't cast it, call the election office.",
            ),
            CastError::BallotChanged => Self::new(
                StatusCode::CONFLICT,
                "ballot-changed",
                "This ballot is recorded with other selections",
                "The recorded ballot counts; it can't be changed.",
            ),
            CastError::OtherDefinition => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "other-definition",
                "This ballot was made for another election",
                "Load the page again and start over.",
            ),
            CastError::Selections(errors) => Self {
                errors: errors.iter().map(field_problem).collect(),
                ..Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "selections-invalid",
                    "The selections do not fit this voter's ballot",
                    "See errors for each field; POST /eligibility tells the voter's ballot.",
                )
            },
            CastError::KeysDestroyed => Self::new(
                StatusCode::GONE,
                "keys-destroyed",
                "The election is over",
                "The keys that link voter ids to this election are destroyed.",
            ),
            CastError::Unavailable(error) => error.into(),
        }
    }
}

fn field_problem(error: &SelectionError) -> FieldProblem {
    FieldProblem {
        field: error.field.clone(),
        code: error.problem.code(),
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        tracing::warn!(%error, "a request is answered with 503");
        match error {
            PortError::Overloaded => Self::OVERLOADED,
            PortError::Unavailable(_) | PortError::Corrupt(_) => Self::UNAVAILABLE,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        // Also where no region answers, and nothing else adds them.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
