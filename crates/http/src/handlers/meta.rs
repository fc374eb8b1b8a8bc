//! What the server says of itself.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::door::Server;

pub(crate) async fn health() -> &'static str {
    "ok"
}

pub(crate) async fn openapi(State(server): State<Server>) -> Json<Value> {
    Json(crate::openapi(&server.app.registry(None)))
}
