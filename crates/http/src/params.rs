//! Path, query and body of requests, read with errors in the API's own form.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use hedgerow_errors::{Code, Error};
use serde::de::DeserializeOwned;

use crate::api_error::ApiError;

/// Parts of the path.
pub(crate) struct PathParams<T>(pub(crate) T);

/// Parameters after the question mark.
pub(crate) struct QueryParams<T>(pub(crate) T);

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(Error::invalid(rejection.body_text()).into()),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for QueryParams<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Error::invalid(rejection.body_text()).into()),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(body_error(&rejection)),
        }
    }
}

fn body_error(rejection: &JsonRejection) -> ApiError {
    let text = rejection.body_text();
    match rejection.status() {
        status @ StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            let error =
                Error::invalid("the body is not announced as JSON").with_hint("send content-type: application/json");
            ApiError::with_status(status, error)
        }
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::with_status(status, Error::new(Code::LimitExceeded, "the body is larger than 1 MB"))
        }
        // The framework tells bad syntax from bad content; for a client both are one thing.
        _ => Error::invalid(text).into(),
    }
}
