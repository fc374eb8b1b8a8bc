//! Sending: the host is checked, its name resolved, its addresses checked, and these connected to.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use hedgerow_agent_api::egress::{self, Egress, EgressRequest, EgressResponse, EgressStream};
use hedgerow_errors::{Code, Error, Result};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use reqwest::{Client, Method, Response, redirect};
use url::{Host, Url};

use crate::answer::Answer;
use crate::secrets::{Filled, Secrets};

/// Redirects that are followed, all on the same host.
const REDIRECTS: usize = 3;
/// Bytes of a request's body at most.
const MOST_SENT: usize = 256 * 1024;

/// What the operator sets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Hosts within private networks that products may declare and reach all the same.
    pub allow_private: Vec<String>,
    /// Bytes of an answer at most.
    pub most_bytes: usize,
    /// Time for a request with its redirects and its whole answer.
    pub timeout: Duration,
}

impl Default for Settings {
    /// No private host, 2 MiB, 20 seconds.
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            most_bytes: 2 * 1024 * 1024,
            timeout: Duration::from_secs(20),
        }
    }
}

/// The client.
#[derive(Debug)]
pub struct HttpEgress {
    settings: Settings,
    secrets: Secrets,
}

impl HttpEgress {
    /// A client with the operator's settings and secrets.
    #[must_use]
    pub fn new(settings: Settings, secrets: Secrets) -> Self {
        // A second client finds the provider in its place, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { settings, secrets }
    }

    /// The answer, of which only the head has come.
    async fn answer(&self, request: &EgressRequest) -> Result<Answer> {
        let mut url = Url::parse(&request.url)
            .map_err(|error| Error::caused(Code::InvalidArgument, "the address can't be read", error))?;
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| Error::invalid(format!("{:?} is no method", request.method)))?;
        if request.body.as_ref().is_some_and(|body| body.len() > MOST_SENT) {
            return Err(Error::new(
                Code::LimitExceeded,
                format!("the body has more than {MOST_SENT} bytes"),
            ));
        }
        let target = self.target(&url, &request.hosts).await?;
        let (headers, used) = self.headers(request)?;
        if !used.is_empty() && url.scheme() != "https" && !target.is_private {
            return Err(Error::new(Code::Denied, "a secret is sent over https only")
                .with_hint("write https in the servers of the document"));
        }
        let client = self.client(&target)?;
        for _ in 0..=REDIRECTS {
            let mut sending = client.request(method.clone(), url.clone()).headers(headers.clone());
            if let Some(body) = &request.body {
                sending = sending.header(CONTENT_TYPE, "application/json").body(body.clone());
            }
            let response = sending
                .send()
                .await
                .map_err(|error| unreachable_host(&shown(&url), error))?;
            let Some(next) = redirection(&method, &url, &response)? else {
                return Ok(Answer::new(response, used, self.settings.most_bytes, shown(&url)));
            };
            url = next;
        }
        Err(Error::new(
            Code::LimitExceeded,
            format!("{} redirects more than {REDIRECTS} times", shown(&url)),
        ))
    }

    /// The host of an address and where it is, if a product with these hosts may reach it.
    async fn target(&self, url: &Url, hosts: &[String]) -> Result<Target> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::new(
                Code::Denied,
                format!("{} is neither http nor https", url.scheme()),
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::new(Code::Denied, "the address holds a name or a password")
                .with_hint("refer to a secret in a header: ${secret:NAME}"));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        if !egress::is_declared(&host, hosts) {
            return Err(
                Error::new(Code::Denied, format!("the product does not declare the host {host}"))
                    .with_hint("add it to `hosts` of product.toml"),
            );
        }
        let port = url.port_or_known_default().unwrap_or(443);
        let addresses: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![SocketAddr::from((address, port))],
            Some(Host::Ipv6(address)) => vec![SocketAddr::from((address, port))],
            _ => tokio::net::lookup_host((host.as_str(), port))
                .await
                .map_err(|error| Error::caused(Code::Unavailable, format!("{host} can't be found"), error))?
                .collect(),
        };
        if addresses.is_empty() {
            return Err(Error::new(Code::Unavailable, format!("{host} has no address")));
        }
        let is_opened = egress::is_declared(&host, &self.settings.allow_private);
        let mut is_private = false;
        for address in &addresses {
            let Some(what) = egress::address_problem(address.ip()) else {
                continue;
            };
            if !is_opened || egress::is_link_local(address.ip()) {
                let message = format!("{host} is at {what}, which products may not reach");
                return Err(Error::new(Code::Denied, message)
                    .with_hint("whoever runs the server can open a host: HEDGEROW_ALLOW_PRIVATE=HOST"));
            }
            is_private = true;
        }
        Ok(Target {
            host,
            addresses,
            is_private,
        })
    }

    /// A client for one request: it knows the addresses and asks no name server, no proxy and no other host.
    fn client(&self, target: &Target) -> Result<Client> {
        Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(self.settings.timeout)
            .resolve_to_addrs(&target.host, &target.addresses)
            .build()
            .map_err(|error| {
                Error::caused(Code::Unavailable, "a client can't be made", error.without_url())
                    .with_hint("it takes the system's certificates, of the package ca-certificates")
            })
    }

    fn headers(&self, request: &EgressRequest) -> Result<(HeaderMap, Vec<(String, String)>)> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static("hedgerow"));
        let mut used = Vec::new();
        for (name, value) in &request.headers {
            let filled: Filled = self.secrets.fill(&request.product, value)?;
            let is_secret = !filled.used.is_empty();
            // The value may hold a secret, so it is not said.
            let wrong = || Error::invalid(format!("the header {name:?} can't be sent"));
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let mut value = HeaderValue::from_str(&filled.value).map_err(|_| wrong())?;
            value.set_sensitive(is_secret);
            headers.insert(header, value);
            used.extend(filled.used);
        }
        Ok((headers, used))
    }

    /// Does not wait longer than there is time.
    async fn in_time<T>(&self, sending: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = self.settings.timeout;
        match tokio::time::timeout(limit, sending).await {
            Ok(sent) => sent,
            Err(_) => Err(Error::new(
                Code::LimitExceeded,
                format!("no answer within {} ms", limit.as_millis()),
            )),
        }
    }
}

#[async_trait]
impl Egress for HttpEgress {
    async fn send(&self, request: &EgressRequest) -> Result<EgressResponse> {
        self.in_time(async { self.answer(request).await?.whole().await }).await
    }

    async fn open(&self, request: &EgressRequest) -> Result<EgressStream> {
        // The time that is left for the rest is the client's, which counts from the start.
        let answer = self.in_time(self.answer(request)).await?;
        Ok(EgressStream {
            status: answer.status(),
            headers: answer.headers(),
            lines: answer.lines().boxed(),
        })
    }
}

struct Target {
    host: String,
    addresses: Vec<SocketAddr>,
    is_private: bool,
}

/// Where an answer sends on to, if it does: on the same host, and only what changes nothing is sent again.
fn redirection(method: &Method, url: &Url, response: &Response) -> Result<Option<Url>> {
    if !response.status().is_redirection() {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    let next = url
        .join(location)
        .map_err(|_| Error::new(Code::Unavailable, format!("{} redirects to no address", shown(url))))?;
    let same = next.scheme() == url.scheme() && next.host_str() == url.host_str() && next.port() == url.port();
    if !same || !matches!(*method, Method::GET | Method::HEAD) {
        let message = format!("{} redirects to {}, which is not followed", shown(url), shown(&next));
        return Err(Error::new(Code::Denied, message).with_hint("write the address that answers into the document"));
    }
    Ok(Some(next))
}

/// Scheme and host: paths and queries hold arguments.
fn shown(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}

pub(crate) fn unreachable_host(host: &str, error: reqwest::Error) -> Error {
    let code = if error.is_timeout() {
        Code::LimitExceeded
    } else {
        Code::Unavailable
    };
    Error::caused(code, format!("{host} does not answer"), error.without_url())
}
