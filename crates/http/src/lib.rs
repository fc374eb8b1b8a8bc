//! The HTTP API, its OpenAPI document, and the web UI embedded in the binary.
//!
//! Every route is declared once, in `routes`; router and document are made from that table.
//! The server answers this machine alone: it binds loopback addresses only, and refuses other hosts and
//! origins, so that no web page elsewhere can reach it through a browser.

mod api_error;
mod attempts;
mod door;
mod guard;
mod handlers;
mod openapi;
mod params;
mod routes;
mod session_cookie;
mod web;

pub use door::WithoutKey;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use hedgerow_agent_api::Registry;
use hedgerow_app::App;
use hedgerow_errors::{Code, Error, Result};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::door::{Entry, Server};

/// The largest request body, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// How long open connections, such as followed runs, may go on after a stop was asked for.
const GRACE: Duration = Duration::from_secs(3);

/// All routes, with checks and headers, where whoever sends no key is this machine's owner.
pub fn router(app: App) -> Router {
    router_with(app, WithoutKey::Local)
}

/// All routes, with checks and headers.
pub fn router_with(app: App, without_key: WithoutKey) -> Router {
    let server = Server {
        app,
        without_key,
        attempts: Arc::default(),
    };
    let mut router = Router::new();
    for route in routes::all() {
        let door = axum::middleware::from_fn_with_state((server.clone(), route.entry), door::enter);
        router = router.route(route.path, route.handler.layer(door));
    }
    router
        .fallback(web::page)
        .method_not_allowed_fallback(async |method: Method| api_error::ApiError::method_not_allowed(&method))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(axum::middleware::from_fn(guard::same_machine))
        .layer(axum::middleware::from_fn(guard::security_headers))
        .with_state(server)
}

/// The OpenAPI 3.1 document of everything that the API offers, each installed tool with its types.
#[must_use]
pub fn openapi(registry: &Registry) -> Value {
    openapi::document(&routes::all(), registry)
}

/// What a route asks of whoever calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteAccess {
    /// The method, e.g. `GET`.
    pub method: String,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// The right: `resource:level`, `{kind}:level` for that of the object's kind, `{tool}` for the tool's own;
    /// `known` where everybody may whom the server knows, `open` where everybody may; absent where nothing is stated, which lets nobody in.
    pub access: Option<&'static str>,
}

/// What each route asks of whoever calls it.
#[must_use]
pub fn route_access() -> Vec<RouteAccess> {
    let of = |route: routes::Route| RouteAccess {
        method: route.method.to_string(),
        path: route.path,
        access: match route.entry {
            Entry::Unstated => None,
            Entry::Open => Some("open"),
            Entry::Known => Some("known"),
            Entry::Right(right) => Some(right),
        },
    };
    routes::all().into_iter().map(of).collect()
}

/// Listens on a loopback address; others are refused.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    require_loopback(address)?;
    TcpListener::bind(address).await.map_err(|error| {
        Error::caused(Code::Unavailable, format!("can't listen on {address}"), error)
            .with_hint("choose another port with --listen")
    })
}

/// Serves until `shutdown` is ready, then lets running requests end for a moment.
pub async fn serve(
    app: App,
    listener: TcpListener,
    without_key: WithoutKey,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    require_loopback(listener.local_addr()?)?;
    let (stop, mut stopped) = watch::channel(false);
    let graceful = async move {
        shutdown.await;
        // Nobody listens any more where the server has already ended.
        let _ = stop.send(true);
    };
    let server = axum::serve(listener, router_with(app, without_key)).with_graceful_shutdown(graceful);
    let deadline = async move {
        // An error means that the server is gone, and with it the need for a deadline.
        if stopped.wait_for(|stop| *stop).await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = server => Ok(ended?),
        () = deadline => Ok(()),
    }
}

fn require_loopback(address: SocketAddr) -> Result<()> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(Error::new(
        Code::Denied,
        format!("{address} can be reached from other machines, where a key could be read on its way"),
    )
    .with_hint("listen on 127.0.0.1 or [::1]"))
}
