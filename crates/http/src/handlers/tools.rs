//! The registry's tools, and the products that brought them.

use axum::Json;
use axum::extract::State;
use hedgerow_agent_api::{Progress, Surface};
use hedgerow_app::{App, ProductInfo, ToolCall, ToolCallResult, ToolInfo};
use hedgerow_ids::ProjectId;
use serde_json::Value;

use super::List;
use crate::api_error::ApiResult;
use crate::params::{Body, PathParams};

pub(crate) async fn list(State(app): State<App>) -> Json<List<ToolInfo>> {
    Json(List { data: app.tools() })
}

pub(crate) async fn products(State(app): State<App>) -> ApiResult<Json<List<ProductInfo>>> {
    Ok(Json(List { data: app.products()? }))
}

pub(crate) async fn call(
    State(app): State<App>,
    PathParams((project, name)): PathParams<(ProjectId, String)>,
    Body(arguments): Body<Value>,
) -> ApiResult<Json<ToolCallResult>> {
    let call = ToolCall {
        project,
        name,
        arguments,
        surface: Surface::Http,
        progress: Progress::ignore(),
    };
    Ok(Json(app.call_tool(&call).await?))
}
