//! What the server says of itself.

use axum::Json;
use axum::extract::State;
use hedgerow_app::App;
use serde_json::Value;

pub(crate) async fn health() -> &'static str {
    "ok"
}

pub(crate) async fn openapi(State(app): State<App>) -> Json<Value> {
    Json(crate::openapi(app.registry()))
}
