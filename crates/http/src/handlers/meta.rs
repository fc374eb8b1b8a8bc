//! What the server says of itself.

use axum::Json;
use axum::extract::State;
use hedgerow_ids::ProjectId;
use serde_json::Value;

use crate::api_error::ApiResult;
use crate::door::{Caller, Server};
use crate::params::PathParams;

pub(crate) async fn health() -> &'static str {
    "ok"
}

pub(crate) async fn openapi(State(server): State<Server>) -> Json<Value> {
    Json(crate::openapi(&server.app.registry(None)))
}

pub(crate) async fn project_openapi(
    Caller(app): Caller,
    PathParams(project): PathParams<ProjectId>,
) -> ApiResult<Json<Value>> {
    let seen = app.seen_in_list(Some(&project)).await?;
    Ok(Json(crate::openapi(&seen)))
}
