//! Who asks, and whether a route lets them in.
//!
//! A key in the header `Authorization: Bearer hr_...` says who asks, or else the cookie of a session that was
//! begun with a key; without either it is whoever sits at this machine, unless the server wants a key from
//! everybody. A route that states no access lets nobody in, and
//! the use cases behind a route check once more, with the project.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{Access, Principal};
use hedgerow_app::App;
use hedgerow_errors::{Code, Error};
use schemars::JsonSchema;
use serde::Serialize;

use crate::api_error::{ApiError, ApiResult};
use crate::attempts::Attempts;
use crate::session_cookie;

/// Who somebody without a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutKey {
    /// Whoever sits at this machine, its owner.
    Local,
    /// Nobody: every route that is not open wants a key.
    Nobody,
}

/// What handlers are given. Not the use cases themselves, which would be those of this machine's owner:
/// handlers get them through [`Caller`].
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) without_key: WithoutKey,
    pub(crate) attempts: Arc<Attempts>,
}

/// What said who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SignedInBy")]
pub(crate) enum By {
    /// Nothing: it is whoever sits at this machine.
    Local,
    /// A key.
    Key,
    /// A session, which was begun with a key.
    Session,
}

/// Whoever got through the door.
#[derive(Debug, Clone)]
pub(crate) struct Entered {
    /// Who it is, with what they may.
    pub(crate) principal: Principal,
    /// What said so.
    pub(crate) by: By,
    /// When a session ends.
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// What a route asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nothing was stated, so nobody gets in.
    Unstated,
    /// Everybody may, with or without a key.
    Open,
    /// Everybody may whom the server knows, whatever their rights.
    Known,
    /// A right: `resource:level`, or one that only the use case can name, such as `{kind}:read` (of the
    /// object's kind) and `{tool}` (the tool's own).
    Right(&'static str),
}

impl Entry {
    /// Refuses those who lack the right in every project.
    fn check(self, principal: &Principal) -> Result<(), Error> {
        match self {
            Self::Open | Self::Known => Ok(()),
            Self::Right("{tool}" | "{kind}:read" | "{kind}:write") => Ok(()),
            Self::Right(text) => principal.check(&text.parse::<Access>()?, None),
            Self::Unstated => Err(Error::new(
                Code::Denied,
                "this route states no access, so nobody has it",
            )),
        }
    }
}

/// The use cases, as whoever sent the request may use them.
pub(crate) struct Caller(pub(crate) App);

impl FromRequestParts<Server> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, ApiError> {
        let entered = Entered::from_request_parts(parts, server).await?;
        Ok(Self(server.app.as_principal(entered.principal)))
    }
}

impl FromRequestParts<Server> for Entered {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, ApiError> {
        // Only the door puts it there, so a route without a door has no caller.
        let entered = parts.extensions.get::<Self>().cloned();
        entered.ok_or_else(|| Error::internal("a request reached its handler without a principal").into())
    }
}

/// Finds out who asks, and lets in whoever the route is for.
pub(crate) async fn enter(
    State((server, entry)): State<(Server, Entry)>,
    mut request: Request,
    next: Next,
) -> Response {
    if entry == Entry::Open {
        // What is open answers the same to everybody: a bad key is no matter, and there is no caller.
        return next.run(request).await;
    }
    let entered = entered(&server, request.method(), request.headers())
        .await
        .and_then(|entered| {
            entry.check(&entered.principal)?;
            Ok(entered)
        });
    match entered {
        Ok(entered) => {
            request.extensions_mut().insert(entered);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn entered(server: &Server, method: &Method, headers: &HeaderMap) -> ApiResult<Entered> {
    if let Some(key) = key_of(headers)? {
        let principal = known(server.app.principal_of_key(key).await)?;
        let (by, expires_at) = (By::Key, None);
        return Ok(Entered {
            principal,
            by,
            expires_at,
        });
    }
    let session = match session_cookie::read(headers) {
        Some(token) => Some(server.app.signed_in(token).await),
        None => None,
    };
    match (session, server.without_key) {
        (Some(Ok(session)), _) => {
            session_cookie::check_origin(method, headers)?;
            Ok(Entered {
                principal: session.principal,
                by: By::Session,
                expires_at: Some(session.expires_at),
            })
        }
        // A browser keeps what is over by now, and where nobody needs a key it is nothing.
        (Some(Err(error)), WithoutKey::Nobody) => known(Err(error)),
        (Some(Err(error)), WithoutKey::Local) if error.code() != Code::Denied => Err(error.into()),
        (_, WithoutKey::Local) => Ok(Entered {
            principal: server.app.principal().clone(),
            by: By::Local,
            expires_at: None,
        }),
        (None, WithoutKey::Nobody) => Err(unauthorized(
            Error::new(Code::Denied, "this server wants a key").with_hint(
                "make one with hedgerow keys create, and sign in with it or send Authorization: Bearer hr_...",
            ),
        )),
    }
}

/// What was found out with a key or a session; one that opens nothing is 401, not 403.
fn known<T>(found: Result<T, Error>) -> ApiResult<T> {
    found.map_err(|error| match error.code() {
        Code::Denied => unauthorized(error),
        _ => error.into(),
    })
}

/// The key that a request brings.
fn key_of(headers: &HeaderMap) -> ApiResult<Option<&str>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => bearer(value).map(Some).ok_or_else(|| {
            unauthorized(
                Error::new(Code::Denied, "the header Authorization holds no key")
                    .with_hint("send Authorization: Bearer hr_..."),
            )
        }),
        (Some(_), Some(_)) => {
            let error = Error::new(Code::Denied, "the request has several headers Authorization");
            Err(unauthorized(error.with_hint("send one")))
        }
    }
}

/// The key of a header `Bearer KEY`; the scheme's name ignores case (RFC 9110).
fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn unauthorized(error: Error) -> ApiError {
    ApiError::with_status(StatusCode::UNAUTHORIZED, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_takes_one_scheme_only() {
        let cases = [
            ("Bearer hr_a", Some("hr_a")),
            ("bearer hr_a", Some("hr_a")),
            ("BEARER  hr_a ", Some("hr_a")),
            ("Basic hr_a", None),
            ("hr_a", None),
            ("Bearer", None),
            ("", None),
        ];
        for (value, key) in cases {
            assert_eq!(bearer(&HeaderValue::from_static(value)), key, "{value:?}");
        }
    }

    #[test]
    fn a_route_that_states_nothing_lets_nobody_in() {
        assert!(Entry::Unstated.check(&Principal::local()).is_err());
        assert!(Entry::Right("nonsense").check(&Principal::local()).is_err());
        assert!(Entry::Right("run:read").check(&Principal::local()).is_ok());
    }
}
