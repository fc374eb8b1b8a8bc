//! The request line: method, target, and the target's path and query.
//!
//! Anything may stand here, since a probe can send what it likes. Only a request that starts with
//! a method has one, and only then a target; the event is kept either way.

/// A request line, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Request<'a> {
    pub method: Option<&'a str>,
    /// As sent.
    pub target: Option<&'a str>,
    /// The target without query and fragment, and without scheme and host where it has them.
    pub path: Option<&'a str>,
    /// What stands between `?` and `#`; empty where there is none.
    pub query: &'a str,
}

impl<'a> Request<'a> {
    /// Reads a request line like `GET /path?query HTTP/1.1`; the protocol may be missing.
    pub(super) fn read(line: &'a str) -> Self {
        let (method, rest) = line.split_once(' ').unwrap_or((line, ""));
        if !is_method(method) {
            return Self::default();
        }
        let rest = match rest.rsplit_once(' ') {
            Some((target, protocol)) if is_protocol(protocol) => target,
            _ => rest,
        };
        let target = Some(rest.trim_matches(' ')).filter(|target| !target.is_empty());
        let mut request = Self {
            method: Some(method),
            target,
            path: None,
            query: "",
        };
        // A CONNECT names a host and a port, which is no path.
        if let Some(target) = target.filter(|_| method != "CONNECT") {
            let (path, query) = path_and_query(target);
            request.path = Some(path).filter(|path| !path.is_empty());
            request.query = query;
        }
        request
    }
}

fn is_method(word: &str) -> bool {
    let starts_well = word.starts_with(|first: char| first.is_ascii_alphabetic());
    starts_well
        && word.len() <= 32
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_protocol(word: &str) -> bool {
    word.split_once('/').is_some_and(|(name, version)| {
        let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        named && version.starts_with(|first: char| first.is_ascii_digit())
    })
}

fn path_and_query(target: &str) -> (&str, &str) {
    let (target, has_host) = after_host(target);
    let path_end = target.find(['?', '#']).unwrap_or(target.len());
    let (path, rest) = target.split_at(path_end);
    let path = if has_host && path.is_empty() { "/" } else { path };
    let query = rest.strip_prefix('?').unwrap_or_default();
    (path, query.split('#').next().unwrap_or_default())
}

/// Takes `http://host` off a target, and says whether it was there.
fn after_host(target: &str) -> (&str, bool) {
    let Some((scheme, rest)) = target.split_once("://") else {
        return (target, false);
    };
    let is_scheme = scheme
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if scheme.is_empty() || !is_scheme {
        return (target, false);
    }
    (rest.find(['/', '?', '#']).map_or("", |at| &rest[at..]), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_reads_as_method_target_path_and_query() {
        let cases = [
            ("GET / HTTP/1.1", Some("GET"), Some("/"), Some("/"), ""),
            (
                "GET /a?b=c#d HTTP/2.0",
                Some("GET"),
                Some("/a?b=c#d"),
                Some("/a"),
                "b=c",
            ),
            ("GET /a#d?e HTTP/1.1", Some("GET"), Some("/a#d?e"), Some("/a"), ""),
            ("GET /", Some("GET"), Some("/"), Some("/"), ""),
            (
                "GET /a b.html HTTP/1.1",
                Some("GET"),
                Some("/a b.html"),
                Some("/a b.html"),
                "",
            ),
            ("GET /a b", Some("GET"), Some("/a b"), Some("/a b"), ""),
            ("GET  /a  HTTP/1.1", Some("GET"), Some("/a"), Some("/a"), ""),
            ("get / HTTP/1.1", Some("get"), Some("/"), Some("/"), ""),
            (
                "GET http://host/p?q HTTP/1.1",
                Some("GET"),
                Some("http://host/p?q"),
                Some("/p"),
                "q",
            ),
            (
                "GET http://host HTTP/1.1",
                Some("GET"),
                Some("http://host"),
                Some("/"),
                "",
            ),
            (
                "GET /r?to=http://x/y HTTP/1.1",
                Some("GET"),
                Some("/r?to=http://x/y"),
                Some("/r"),
                "to=http://x/y",
            ),
            ("OPTIONS * HTTP/1.0", Some("OPTIONS"), Some("*"), Some("*"), ""),
            ("CONNECT host:443 HTTP/1.1", Some("CONNECT"), Some("host:443"), None, ""),
            ("GET", Some("GET"), None, None, ""),
            ("-", None, None, None, ""),
            ("", None, None, None, ""),
            (r"\x16\x03\x01 /x HTTP/1.1", None, None, None, ""),
            ("GET ?q=1 HTTP/1.1", Some("GET"), Some("?q=1"), None, "q=1"),
        ];
        for (line, method, target, path, query) in cases {
            assert_eq!(
                Request::read(line),
                Request {
                    method,
                    target,
                    path,
                    query
                },
                "{line:?}"
            );
        }
    }

    #[test]
    fn host_with_a_query_alone_has_the_query() {
        assert_eq!(Request::read("GET http://host?q=1 HTTP/1.1").query, "q=1");
        assert_eq!(Request::read("GET http://host?q=1 HTTP/1.1").path, Some("/"));
    }
}
