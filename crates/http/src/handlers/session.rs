//! Signing in with a key, out again, and who one is.

use axum::Json;
use axum::extract::State;
use axum::http::header::{self, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use hedgerow_agent_api::{Access, Principal, Role, Scope};
use hedgerow_errors::{Code, Error};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api_error::{ApiError, ApiResult};
use crate::door::{By, Entered, Server, WithoutKey};
use crate::params::Body;
use crate::session_cookie;

/// What somebody signs in with.
// No Debug, so that no key gets into a log.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// A key, as `hedgerow keys create` showed it.
    key: String,
}

/// Who calls, and what they may.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionInfo {
    /// The name, as histories show it: the member's, the key's where it is no member's, or `local` for whoever
    /// sits at this machine.
    name: String,
    /// The role.
    role: Role,
    /// The parts of the role that it has; all of it when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<Scope>>,
    /// The projects that it sees; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    projects: Option<Vec<ProjectId>>,
    /// Every right that it has there, e.g. `feature_flag:write`.
    rights: Vec<Access>,
    /// What said who it is.
    by: By,
    /// Whether this server wants a key from everybody.
    key_required: bool,
    /// When one has to sign in again; absent where nobody has signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    expires_at: Option<DateTime<Utc>>,
}

/// Nobody is signed in any more.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SignedOut {
    /// Whether this server wants a key from everybody, so that one has to sign in again.
    key_required: bool,
}

fn info(server: &Server, entered: Entered) -> SessionInfo {
    let rights = server.app.as_principal(entered.principal.clone()).rights();
    let Principal {
        name,
        role,
        scopes,
        projects,
    } = entered.principal;
    SessionInfo {
        name,
        role,
        scopes,
        projects,
        rights,
        by: entered.by,
        key_required: server.without_key == WithoutKey::Nobody,
        expires_at: entered.expires_at,
    }
}

pub(crate) async fn show(State(server): State<Server>, entered: Entered) -> Json<SessionInfo> {
    Json(info(&server, entered))
}

pub(crate) async fn sign_in(
    State(server): State<Server>,
    headers: HeaderMap,
    Body(SignIn { key }): Body<SignIn>,
) -> ApiResult<Response> {
    let now = server.app.clock().now();
    if let Err(wait) = server.attempts.begin(now) {
        // Whole seconds, and not too few of them.
        let seconds = wait.num_seconds() + 1;
        let error = Error::new(Code::Busy, "too many keys were tried that open nothing")
            .with_hint(format!("try again in {seconds} seconds"));
        let response = ApiError::with_status(StatusCode::TOO_MANY_REQUESTS, error).into_response();
        return Ok(([(header::RETRY_AFTER, seconds.to_string())], response).into_response());
    }
    let signed_in = server.app.sign_in(key.trim()).await;
    let failed = matches!(&signed_in, Err(error) if error.code() == Code::Denied);
    if !failed {
        // A failure of the server's own is no guess at a key.
        server.attempts.succeed();
    }
    let (token, who) = signed_in.map_err(|error| {
        if failed {
            ApiError::with_status(StatusCode::UNAUTHORIZED, error)
        } else {
            error.into()
        }
    })?;
    let cookie = session_cookie::give(&headers, &token, who.expires_at - now)?;
    let entered = Entered {
        principal: who.principal,
        by: By::Session,
        expires_at: Some(who.expires_at),
    };
    Ok(([cookie], Json(info(&server, entered))).into_response())
}

pub(crate) async fn sign_out(State(server): State<Server>, method: Method, headers: HeaderMap) -> ApiResult<Response> {
    if let Some(token) = session_cookie::read(&headers) {
        session_cookie::check_origin(&method, &headers)?;
        server.app.sign_out(token).await?;
    }
    let cookie = session_cookie::take_back(&headers)?;
    let key_required = server.without_key == WithoutKey::Nobody;
    Ok(([cookie], Json(SignedOut { key_required })).into_response())
}
