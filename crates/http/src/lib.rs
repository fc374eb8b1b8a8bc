//! The HTTP API, its OpenAPI document, and the web UI embedded in the binary.
//!
//! Every route is declared once, in `routes`; router and document are made from that table.
//! Until keys exist the server answers this machine alone: it binds loopback addresses only, and
//! refuses other hosts and origins, so that no web page elsewhere can reach it through a browser.

mod api_error;
mod guard;
mod handlers;
mod openapi;
mod params;
mod routes;
mod web;

use std::future::Future;
use std::net::SocketAddr;
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

/// The largest request body, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// How long open connections, such as followed runs, may go on after a stop was asked for.
const GRACE: Duration = Duration::from_secs(3);

/// All routes, with checks and headers.
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in routes::all() {
        router = router.route(route.path, route.handler);
    }
    router
        .fallback(web::page)
        .method_not_allowed_fallback(async |method: Method| api_error::ApiError::method_not_allowed(&method))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(axum::middleware::from_fn(guard::same_machine))
        .layer(axum::middleware::from_fn(guard::security_headers))
        .with_state(app)
}

/// The OpenAPI 3.1 document of everything that the API offers, each installed tool with its types.
#[must_use]
pub fn openapi(registry: &Registry) -> Value {
    openapi::document(&routes::all(), registry)
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
pub async fn serve(app: App, listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    require_loopback(listener.local_addr()?)?;
    let (stop, mut stopped) = watch::channel(false);
    let graceful = async move {
        shutdown.await;
        // Nobody listens any more where the server has already ended.
        let _ = stop.send(true);
    };
    let server = axum::serve(listener, router(app)).with_graceful_shutdown(graceful);
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
        format!("{address} can be reached from other machines, and there are no keys yet"),
    )
    .with_hint("listen on 127.0.0.1 or [::1]"))
}
