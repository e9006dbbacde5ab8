//! Failures as clients see them: RFC 9457 problem documents.
//!
//! The only place where a failure of another room becomes a status. The client gets a code and
//! words; the cause goes to the log.

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::releases::ReleasesError;
use crate::release::database::DatabaseError;

/// What went wrong, as a word programs may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// A query parameter the endpoint does not have.
    UnknownParameter,
    /// A query parameter whose value cannot be used, or that stands twice.
    InvalidParameter,
    /// `limit` is above what one page may hold.
    LimitTooLarge,
    /// The cursor belongs to another release, sort or filter, or was changed.
    CursorMismatch,
    /// No release has that name.
    UnknownRelease,
    /// Nothing is there.
    NotFound,
    /// The record was taken back.
    Gone,
    /// The endpoint is read only.
    MethodNotAllowed,
    /// None of the formats asked for is known.
    NotAcceptable,
    /// The request body is too large.
    PayloadTooLarge,
    /// The address is too long.
    UriTooLong,
    /// The part of the file asked for lies beyond its end.
    RangeNotSatisfiable,
    /// Too many requests from one address.
    RateLimited,
    /// There is no release to answer from yet.
    Unavailable,
    /// A fault of this server.
    Internal,
}

impl Code {
    /// Every code, in the order of the contract.
    pub const ALL: &'static [Self] = &[
        Self::UnknownParameter,
        Self::InvalidParameter,
        Self::LimitTooLarge,
        Self::CursorMismatch,
        Self::UnknownRelease,
        Self::NotFound,
        Self::Gone,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::PayloadTooLarge,
        Self::UriTooLong,
        Self::RangeNotSatisfiable,
        Self::RateLimited,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The word itself.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownParameter => "unknown_parameter",
            Self::InvalidParameter => "invalid_parameter",
            Self::LimitTooLarge => "limit_too_large",
            Self::CursorMismatch => "cursor_mismatch",
            Self::UnknownRelease => "unknown_release",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotAcceptable => "not_acceptable",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UriTooLong => "uri_too_long",
            Self::RangeNotSatisfiable => "range_not_satisfiable",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status, as a number.
    pub(super) fn number(self) -> u16 {
        match self {
            Self::UnknownParameter
            | Self::InvalidParameter
            | Self::LimitTooLarge
            | Self::CursorMismatch => 400,
            Self::UnknownRelease | Self::NotFound => 404,
            Self::Gone => 410,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::PayloadTooLarge => 413,
            Self::UriTooLong => 414,
            Self::RangeNotSatisfiable => 416,
            Self::RateLimited => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    /// The last segment of its page: the word with dashes.
    #[must_use]
    pub fn slug(self) -> String {
        self.as_str().replace('_', "-")
    }

    /// A short title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::UnknownParameter => "Unknown query parameter",
            Self::InvalidParameter => "Invalid query parameter",
            Self::LimitTooLarge => "Limit too large",
            Self::CursorMismatch => "Cursor does not fit the request",
            Self::UnknownRelease => "Unknown release",
            Self::NotFound => "Not found",
            Self::Gone => "Taken back",
            Self::MethodNotAllowed => "Method not allowed",
            Self::NotAcceptable => "Format not available",
            Self::PayloadTooLarge => "Request body too large",
            Self::UriTooLong => "Address too long",
            Self::RangeNotSatisfiable => "Range beyond the end of the file",
            Self::RateLimited => "Too many requests",
            Self::Unavailable => "Not available now",
            Self::Internal => "Internal error",
        }
    }

    /// The HTTP status.
    pub(super) fn status(self) -> StatusCode {
        StatusCode::from_u16(self.number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Characters of what a client wrote that are repeated to it.
const REPEATED: usize = 100;

/// What a client wrote, short enough to be repeated to it.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(REPEATED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A failure on its way to the client.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) detail: String,
    pub(super) faults: Vec<Fault>,
    /// For the log only.
    pub(super) cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Whether the failure is a fact of a release, as lasting as the release.
    pub(super) of_pinned_release: bool,
    /// The size of the file a range lies beyond, in bytes.
    pub(super) file_size: Option<u64>,
    /// Seconds after which it is worth asking again, where that is known.
    pub(super) retry_after: Option<u64>,
}

impl Problem {
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            faults: Vec::new(),
            cause: None,
            of_pinned_release: false,
            file_size: None,
            retry_after: None,
        }
    }

    /// The same, with when to ask again, in seconds.
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// A fault of this server: fixed words for the client, the cause for the log.
    pub(super) fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let detail = "something went wrong on our side; the log has it under this Request-Id";
        Self { cause: Some(cause.into()), ..Self::new(Code::Internal, detail) }
    }

    /// There is no release yet.
    pub(super) fn unavailable() -> Self {
        Self::new(Code::Unavailable, "no release has been published yet")
    }

    /// All faults of a query at once; `more` is how many there are beside these.
    pub(super) fn of_faults(endpoint: &str, faults: Vec<Fault>, more: usize) -> Self {
        let first = faults.first().map_or(Code::InvalidParameter, |fault| fault.code);
        let one_code = faults.iter().all(|fault| fault.code == first);
        // A mixture, like an unknown name alone, is an invalid parameter; each fault has its code.
        let code = if one_code && first != Code::UnknownParameter {
            first
        } else {
            Code::InvalidParameter
        };
        let say = |fault: &Fault| match fault.code {
            Code::UnknownParameter => {
                format!("'{}' is not a parameter of GET {endpoint}", fault.parameter)
            }
            Code::InvalidParameter
            | Code::LimitTooLarge
            | Code::CursorMismatch
            | Code::UnknownRelease
            | Code::NotFound
            | Code::Gone
            | Code::MethodNotAllowed
            | Code::NotAcceptable
            | Code::PayloadTooLarge
            | Code::UriTooLong
            | Code::RangeNotSatisfiable
            | Code::RateLimited
            | Code::Unavailable
            | Code::Internal => format!("'{}': {}", fault.parameter, fault.detail),
        };
        let mut said: Vec<_> = faults.iter().map(say).collect();
        if more > 0 {
            said.push(format!("and {more} more faults"));
        }
        let detail = said.join("; ");
        Self { faults, ..Self::new(code, detail) }
    }

    /// The document a client gets; `instance` is the address it asked for.
    pub(super) fn document(&self, instance: &str) -> ProblemDocument {
        ProblemDocument {
            r#type: format!("/problems/{}", self.code.slug()),
            title: self.code.title(),
            status: self.code.number(),
            code: self.code,
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            errors: self.faults.clone(),
        }
    }
}

impl From<ReleasesError> for Problem {
    fn from(error: ReleasesError) -> Self {
        match error {
            ReleasesError::Database { source, .. } => source.into(),
            // It is there, and can be had again once the storage can be reached.
            ReleasesError::Replica(_) => {
                let detail = "that release cannot be had at the moment; try again";
                Self { cause: Some(error.into()), ..Self::new(Code::Unavailable, detail) }
            }
            ReleasesError::Unreadable { .. }
            | ReleasesError::Manifest { .. }
            | ReleasesError::Misplaced { .. } => Self::internal(error),
        }
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        // No `_ =>`: a new error does not compile until it has a status.
        match &error {
            DatabaseError::Unreadable { .. }
            | DatabaseError::Damaged { .. }
            | DatabaseError::Copy { .. }
            | DatabaseError::Query { .. } => Self::internal(error),
        }
    }
}

/// A failure, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemDocument {
    /// A page that explains this sort of failure.
    #[schema(example = "/problems/invalid-parameter")]
    r#type: String,
    /// What sort of failure it is, in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 400, minimum = 400, maximum = 599)]
    status: u16,
    /// What sort of failure it is, as a word.
    code: Code,
    /// What is wrong with this request.
    detail: String,
    /// The address that was asked for.
    instance: String,
    /// Every fault of the query, up to 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<Fault>,
}

/// One fault of a query.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = ProblemFault)]
pub(super) struct Fault {
    /// The parameter.
    pub(super) parameter: String,
    /// What sort of fault it is.
    pub(super) code: Code,
    /// What is wrong with it.
    pub(super) detail: String,
    /// The nearest name or word that would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) did_you_mean: Option<String>,
    /// Every name or word that would be right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(super) allowed: Vec<String>,
}

impl Fault {
    /// A fault of a parameter, without a better name to offer.
    pub(super) fn new(parameter: &str, code: Code, detail: &str) -> Self {
        Self {
            parameter: cut(parameter),
            code,
            detail: detail.to_owned(),
            did_you_mean: None,
            allowed: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_a_promise() {
        let codes: Vec<_> = Code::ALL
            .iter()
            .map(|code| {
                assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
                format!("{} {}", code.status().as_u16(), code.as_str())
            })
            .collect();
        insta::assert_snapshot!(codes.join("\n"), @r"
        400 unknown_parameter
        400 invalid_parameter
        400 limit_too_large
        400 cursor_mismatch
        404 unknown_release
        404 not_found
        410 gone
        405 method_not_allowed
        406 not_acceptable
        413 payload_too_large
        414 uri_too_long
        416 range_not_satisfiable
        429 rate_limited
        503 unavailable
        500 internal
        ");
    }
}
