//! The cookie that holds the token of a session.

use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderName, Method};
use chrono::TimeDelta;
use hedgerow_errors::{Code, Error, Result};

/// The name of the cookie. Browsers share cookies between the ports of a host, so the port is part of it:
/// signing in at one server doesn't sign out at another.
fn name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let port = host.and_then(|host| host.parse::<Authority>().ok()?.port_u16());
    port.map_or_else(
        || "hedgerow_session".to_owned(),
        |port| format!("hedgerow_session_{port}"),
    )
}

/// The token that a request brings.
pub(crate) fn read(headers: &HeaderMap) -> Option<&str> {
    let name = name(headers);
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, token)| token)
}

/// The header that gives a browser a token for some time. No script can read it, and it goes along with
/// requests from this server's own pages alone.
pub(crate) fn give(headers: &HeaderMap, token: &str, lasts: TimeDelta) -> Result<(HeaderName, HeaderValue)> {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let secure = if origin.is_some_and(|origin| origin.starts_with(b"https://")) {
        "; Secure"
    } else {
        ""
    };
    let seconds = lasts.num_seconds().max(0);
    let text = format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}",
        name(headers)
    );
    let value =
        HeaderValue::from_str(&text).map_err(|error| Error::caused(Code::Internal, "writing a cookie", error))?;
    Ok((header::SET_COOKIE, value))
}

/// The header that makes a browser forget the token.
pub(crate) fn take_back(headers: &HeaderMap) -> Result<(HeaderName, HeaderValue)> {
    give(headers, "", TimeDelta::zero())
}

/// Refuses what a session may not do unless one of this server's own pages asks for it: a page at another
/// port of this machine is the same site to a browser, so its requests bring the cookie, too. That an origin
/// is this server's was checked before; here it must be there at all.
pub(crate) fn check_origin(method: &Method, headers: &HeaderMap) -> Result<()> {
    if method.is_safe() || headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let message = "a request that changes something by a session must come from this server's own page";
    Err(Error::new(Code::Denied, message).with_hint("send the header Origin, or a key instead of the cookie"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn read_finds_the_cookie_of_this_port_alone() {
        let cases: [(&[&'static str], Option<&str>); 7] = [
            (&["hedgerow_session_4747=a"], Some("a")),
            (&["theme=dark; hedgerow_session_4747=a"], Some("a")),
            (&["theme=dark", "hedgerow_session_4747=a;x=y"], Some("a")),
            (&["hedgerow_session_4748=b"], None),
            (&["hedgerow_session=b"], None),
            (&["hedgerow_session_4747"], None),
            (&[], None),
        ];
        for (cookies, token) in cases {
            let mut all = headers(&[(header::HOST, "localhost:4747")]);
            for cookie in cookies {
                all.append(header::COOKIE, HeaderValue::from_static(cookie));
            }
            assert_eq!(read(&all), token, "{cookies:?}");
        }
        let without_port = headers(&[(header::HOST, "localhost"), (header::COOKIE, "hedgerow_session=c")]);
        assert_eq!(read(&without_port), Some("c"));
    }

    #[test]
    fn give_keeps_scripts_and_other_sites_out_and_plain_http_where_it_came_by_https() {
        for (origin, secure) in [("http://localhost:4747", ""), ("https://localhost:4747", "; Secure")] {
            let headers = headers(&[(header::HOST, "localhost:4747"), (header::ORIGIN, origin)]);
            let (name, value) = give(&headers, "hs_a", TimeDelta::minutes(1)).unwrap();
            let expected = format!("hedgerow_session_4747=hs_a; Path=/; HttpOnly; SameSite=Strict; Max-Age=60{secure}");
            assert_eq!((name, value.to_str().unwrap()), (header::SET_COOKIE, expected.as_str()));
        }
    }

    #[test]
    fn check_origin_wants_one_for_what_changes_something() {
        let with = headers(&[(header::ORIGIN, "http://localhost")]);
        for (method, needs) in [
            (Method::GET, false),
            (Method::HEAD, false),
            (Method::POST, true),
            (Method::DELETE, true),
        ] {
            assert_eq!(check_origin(&method, &HeaderMap::new()).is_err(), needs, "{method}");
            assert!(check_origin(&method, &with).is_ok());
        }
    }
}
