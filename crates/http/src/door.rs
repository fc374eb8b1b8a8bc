//! Who asks, and whether a route lets them in.
//!
//! A key in the header `Authorization: Bearer hr_...` says who asks; without one it is whoever sits at this
//! machine, unless the server wants a key from everybody. A route that states no access lets nobody in, and
//! the use cases behind a route check once more, with the project.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hedgerow_agent_api::{Access, Principal};
use hedgerow_app::App;
use hedgerow_errors::{Code, Error};

use crate::api_error::{ApiError, ApiResult};

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
}

/// What a route asks of whoever calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nothing was stated, so nobody gets in.
    Unstated,
    /// Everybody may, with or without a key.
    Open,
    /// A right: `resource:level`, or one that only the use case can name, such as `{kind}:read` (of the
    /// object's kind) and `{tool}` (the tool's own).
    Right(&'static str),
}

impl Entry {
    /// Refuses those who lack the right in every project.
    fn check(self, principal: &Principal) -> Result<(), Error> {
        match self {
            Self::Open => Ok(()),
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
        // Only the door puts it there, so a route without a door has no caller.
        let principal = parts.extensions.get::<Principal>().cloned();
        let principal =
            principal.ok_or_else(|| Error::internal("a request reached its handler without a principal"))?;
        Ok(Self(server.app.as_principal(principal)))
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
    let entered = principal(&server, request.headers()).await.and_then(|principal| {
        entry.check(&principal)?;
        Ok(principal)
    });
    match entered {
        Ok(principal) => {
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn principal(server: &Server, headers: &HeaderMap) -> ApiResult<Principal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let given = match (values.next(), values.next()) {
        (None, _) => None,
        (Some(value), None) => Some(bearer(value).ok_or_else(|| {
            unauthorized(
                Error::new(Code::Denied, "the header Authorization holds no key")
                    .with_hint("send Authorization: Bearer hr_..."),
            )
        })?),
        (Some(_), Some(_)) => {
            let error = Error::new(Code::Denied, "the request has several headers Authorization");
            return Err(unauthorized(error.with_hint("send one")));
        }
    };
    match (given, server.without_key) {
        (Some(key), _) => match server.app.principal_of_key(key).await {
            Err(error) if error.code() == Code::Denied => Err(unauthorized(error)),
            found => Ok(found?),
        },
        (None, WithoutKey::Local) => Ok(server.app.principal().clone()),
        (None, WithoutKey::Nobody) => Err(unauthorized(
            Error::new(Code::Denied, "this server wants a key")
                .with_hint("make one with hedgerow keys create, and send Authorization: Bearer hr_..."),
        )),
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
