//! Who may talk to this server, and what a browser may do with its answers.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hedgerow_errors::{Code, Error};

use crate::api_error::ApiError;

/// The UI's own files only; styles may stand in the page because chart libraries set them.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; frame-ancestors 'none'";

/// Refuses requests for another host (a name that an attacker points at this machine) and from
/// another origin (a page elsewhere that sends its reader's browser here).
pub(crate) async fn same_machine(request: Request, next: Next) -> Response {
    let target = request.uri().authority().map(Authority::as_str);
    match check(target, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Adds the headers that keep a browser from doing more than the UI needs.
pub(crate) async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let set: [(HeaderName, &'static str); 3] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Answers are the state of this moment; files of the UI say otherwise themselves.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn check(target: Option<&str>, headers: &HeaderMap) -> Result<(), Error> {
    let denied = |message: String| {
        Err(Error::new(Code::Denied, message).with_hint("use http://localhost with the port that serve printed"))
    };
    let Some(host) = single(headers, &header::HOST) else {
        return denied("the request names no host, or several".to_owned());
    };
    for named in target.iter().copied().chain([host]) {
        if !is_this_machine(named) {
            return denied(format!("host {named:?} is not this machine"));
        }
    }
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    match single(headers, &header::ORIGIN) {
        Some(origin)
            if origin
                .strip_prefix("http://")
                .is_some_and(|rest| rest.eq_ignore_ascii_case(host)) =>
        {
            Ok(())
        }
        Some(origin) => denied(format!("origin {origin:?} is not this server")),
        None => denied("the request has an unreadable origin, or several".to_owned()),
    }
}

/// A header's text where it is there exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn is_this_machine(authority: &str) -> bool {
    let Ok(parsed) = authority.parse::<Authority>() else {
        return false;
    };
    let host = parsed.host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let names_this = host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback());
    // A user name in front of the host has no place here.
    names_this && !authority.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_lets_this_machine_in_and_nobody_else() {
        let none: Option<&str> = None;
        let cases = [
            (none, Some("localhost:4747"), none, true),
            (None, Some("LOCALHOST:4747"), None, true),
            (None, Some("127.0.0.1:4747"), None, true),
            (None, Some("[::1]:4747"), None, true),
            (None, Some("localhost"), None, true),
            (None, Some("127.0.0.2:4747"), Some("http://127.0.0.2:4747"), true),
            (None, Some("[::2]:4747"), None, false),
            (None, None, None, false),
            (None, Some(""), None, false),
            (None, Some("example.com:4747"), None, false),
            (None, Some("localhost.example.com"), None, false),
            (None, Some("127.0.0.1.example.com"), None, false),
            (None, Some("0.0.0.0:4747"), None, false),
            (None, Some("localhost:4747@example.com"), None, false),
            (None, Some("me@localhost:4747"), None, false),
            (Some("example.com"), Some("localhost:4747"), None, false),
            (Some("localhost:4747"), Some("localhost:4747"), None, true),
            (None, Some("localhost:4747"), Some("http://localhost:4747"), true),
            (None, Some("localhost:4747"), Some("http://localhost:4748"), false),
            (None, Some("localhost:4747"), Some("http://127.0.0.1:4747"), false),
            (None, Some("localhost:4747"), Some("https://localhost:4747"), false),
            (None, Some("localhost:4747"), Some("null"), false),
            (None, Some("localhost:4747"), Some("http://example.com"), false),
        ];
        for (target, host, origin, allowed) in cases {
            let mut headers = HeaderMap::new();
            let named = [(header::HOST, host), (header::ORIGIN, origin)];
            for (name, value) in named.into_iter().filter_map(|(name, value)| Some((name, value?))) {
                headers.insert(name, HeaderValue::from_static(value));
            }
            assert_eq!(
                check(target, &headers).is_ok(),
                allowed,
                "{target:?} {host:?} {origin:?}"
            );
        }
    }

    #[test]
    fn check_refuses_two_hosts_and_two_origins() {
        for name in [header::HOST, header::ORIGIN] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("localhost"));
            headers.insert(header::ORIGIN, HeaderValue::from_static("http://localhost"));
            assert!(check(None, &headers).is_ok());
            headers.append(name, HeaderValue::from_static("http://example.com"));
            assert!(check(None, &headers).is_err());
        }
    }
}
