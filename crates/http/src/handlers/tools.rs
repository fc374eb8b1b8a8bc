//! The registry's tools, and the products that brought them.

use axum::Json;
use hedgerow_agent_api::{Progress, Surface};
use hedgerow_app::{CheckedProduct, ProductList, ToolCall, ToolCallResult, ToolInfo, ToolPreview};
use hedgerow_ids::ProjectId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::List;
use crate::api_error::ApiResult;
use crate::door::Caller;
use crate::params::{Body, PathParams, QueryParams};

/// Whose product.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfProject {
    /// A product of this project, or, when absent or where it has none of the name, of all projects.
    project: Option<ProjectId>,
}

/// Whose view.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenParams {
    /// What the caller sees in this project; when absent, what it sees in any project of what all projects have.
    #[serde(default)]
    project: Option<ProjectId>,
}

pub(crate) async fn list(
    Caller(app): Caller,
    QueryParams(params): QueryParams<SeenParams>,
) -> ApiResult<Json<List<ToolInfo>>> {
    let data = app.tools(params.project.as_ref()).await?;
    Ok(Json(List { data }))
}

pub(crate) async fn products(
    Caller(app): Caller,
    QueryParams(params): QueryParams<SeenParams>,
) -> ApiResult<Json<ProductList>> {
    Ok(Json(app.products(params.project.as_ref()).await?))
}

pub(crate) async fn checked(
    Caller(app): Caller,
    PathParams(name): PathParams<String>,
    QueryParams(params): QueryParams<OfProject>,
) -> ApiResult<Json<CheckedProduct>> {
    Ok(Json(app.checked_product(&name, params.project.as_ref()).await?))
}

/// How a call is made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallParams {
    /// Whether a person has seen what the call does and agrees; needed where the policy asks.
    #[serde(default)]
    approved: bool,
}

pub(crate) async fn call(
    Caller(app): Caller,
    PathParams((project, name)): PathParams<(ProjectId, String)>,
    QueryParams(params): QueryParams<CallParams>,
    Body(arguments): Body<Value>,
) -> ApiResult<Json<ToolCallResult>> {
    let call = tool_call(project, name, arguments, params.approved);
    Ok(Json(app.call_tool(&call).await?))
}

pub(crate) async fn preview(
    Caller(app): Caller,
    PathParams((project, name)): PathParams<(ProjectId, String)>,
    Body(arguments): Body<Value>,
) -> ApiResult<Json<ToolPreview>> {
    let call = tool_call(project, name, arguments, false);
    Ok(Json(app.preview_tool(&call).await?))
}

fn tool_call(project: ProjectId, name: String, arguments: Value, approved: bool) -> ToolCall {
    ToolCall {
        project,
        name,
        arguments,
        surface: Surface::Http,
        approved,
        progress: Progress::ignore(),
    }
}
