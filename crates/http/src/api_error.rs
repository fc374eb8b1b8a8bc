//! Errors as HTTP answers: a status for each code, and internal texts kept inside.

use axum::Json;
use axum::http::header::{self, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hedgerow_errors::{Code, Error, Report};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ErrorBody {
    /// What failed.
    pub(crate) error: Report,
}

/// What handlers fail with.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    error: Error,
}

pub(crate) type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error whose status says more than its code, e.g. 413.
    pub(crate) fn with_status(status: StatusCode, error: Error) -> Self {
        Self { status, error }
    }

    pub(crate) fn method_not_allowed(method: &Method) -> Self {
        let error = Error::invalid(format!("this address does not take {method}")).with_hint("see /openapi.json");
        Self::with_status(StatusCode::METHOD_NOT_ALLOWED, error)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self {
            status: status_of(error.code()),
            error,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(ErrorBody {
            error: shown(&self.error),
        });
        let mut response = (self.status, body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// What a client gets to see. Failures of the machine or the program name paths and internals, so
/// those go to the server's own log, under an id that the client gets.
fn shown(error: &Error) -> Report {
    if !matches!(error.code(), Code::Io | Code::Corrupt | Code::Internal) {
        return error.report();
    }
    let id = Uuid::new_v4();
    tracing::error!(%id, code = error.code().as_str(), error = error.chain(), "a request failed");
    Error::new(error.code(), format!("the server failed, error {id}"))
        .with_hint("the server's log tells more under this id")
        .report()
}

fn status_of(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument => StatusCode::BAD_REQUEST,
        Code::UnknownName => StatusCode::NOT_FOUND,
        Code::NoData | Code::LimitExceeded => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Conflict => StatusCode::CONFLICT,
        Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Code::Denied => StatusCode::FORBIDDEN,
        // What web servers log for a request that its client gave up.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::Unavailable => StatusCode::BAD_GATEWAY,
        Code::Io | Code::Corrupt | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_follows_the_code() {
        let cases = [
            (Code::InvalidArgument, 400),
            (Code::UnknownName, 404),
            (Code::NoData, 422),
            (Code::Conflict, 409),
            (Code::Busy, 503),
            (Code::Denied, 403),
            (Code::LimitExceeded, 422),
            (Code::Cancelled, 499),
            (Code::Unavailable, 502),
            (Code::Io, 500),
            (Code::Corrupt, 500),
            (Code::Internal, 500),
        ];
        for (code, status) in cases {
            assert_eq!(
                ApiError::from(Error::new(code, "x")).into_response().status(),
                status,
                "{code:?}"
            );
        }
    }

    #[test]
    fn internal_texts_are_masked_and_others_are_not() {
        let secret = Error::caused(Code::Io, "reading /home/me/secret", "disk on fire");
        let report = shown(&secret);
        assert!(
            !report.message.contains("secret") && !report.message.contains("fire"),
            "{report}"
        );
        assert_eq!(report.code, Code::Io);
        assert_eq!(shown(&Error::invalid("limit 0")).message, "limit 0");
    }
}
