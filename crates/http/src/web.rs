//! The web UI's files, embedded at build time, and the page that stands in while there are none.

use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use hedgerow_errors::{Code, Error};

use crate::api_error::ApiError;

const INDEX: &str = "index.html";
/// The build tool puts files here whose names change with their content.
const HASHED: &str = "assets/";

/// The page for a build without the UI.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Hedgerow</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }
</style>
</head>
<body>
<main>
<h1>Hedgerow is running</h1>
<p>This build has no web UI in it. To add it, run in the folder <code>web</code>:</p>
<pre><code>npm ci &amp;&amp; npm run build</code></pre>
<p>and build Hedgerow again. The <a href=\"/openapi.json\">HTTP API</a> works without it.</p>
</main>
</body>
</html>
";

mod embedded {
    #![allow(
        clippy::disallowed_methods,
        reason = "in debug builds the derived code reads the files itself"
    )]

    /// The built UI; in debug builds read from the folder, so that a new build shows at once.
    #[derive(rust_embed::RustEmbed)]
    #[folder = "../../web/dist"]
    #[allow_missing = true]
    pub(super) struct Dist;
}

/// A file of the UI with the hash of its content.
struct File {
    content: Vec<u8>,
    hash: [u8; 32],
}

/// Everything that is no route: the UI.
pub(crate) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        let error = Error::new(Code::UnknownName, format!("there is no /{path}")).with_hint("see /openapi.json");
        return ApiError::from(error).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ApiError::method_not_allowed(&method).into_response();
    }
    respond(path, headers.get(header::IF_NONE_MATCH), &|path| {
        let file = embedded::Dist::get(path)?;
        Some(File {
            hash: file.metadata.sha256_hash(),
            content: file.data.into_owned(),
        })
    })
}

/// The file of a path. Paths that are no file belong to the UI's own router, so they get its page;
/// but a missing hashed file is missing, since a page in place of a script would hide the reason.
fn respond(path: &str, known: Option<&HeaderValue>, files: &dyn Fn(&str) -> Option<File>) -> Response {
    let found = if path.is_empty() {
        None
    } else {
        files(path).map(|file| (path, file))
    };
    let found = match found {
        None if path.starts_with(HASHED) => return (StatusCode::NOT_FOUND, "no such file\n").into_response(),
        None => files(INDEX).map(|file| (INDEX, file)),
        found => found,
    };
    let Some((name, file)) = found else {
        return Html(NOT_BUILT).into_response();
    };
    let tag = format!(
        "\"{}\"",
        file.hash
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    );
    let cache = if name.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, cache.to_owned())];
    if known
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| matches_tag(known, &tag))
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, content_type(name))], file.content).into_response()
}

fn matches_tag(known: &str, tag: &str) -> bool {
    known
        .split(',')
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == tag || one == "*")
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(path: &str) -> Option<File> {
        let content = match path {
            "index.html" => "<html>",
            "assets/main-1a.js" => "run()",
            _ => return None,
        };
        Some(File {
            content: content.as_bytes().to_vec(),
            hash: [7; 32],
        })
    }

    #[test]
    fn respond_serves_files_and_the_page_for_the_rest() {
        let cases = [
            ("", 200, Some("text/html; charset=utf-8"), Some("no-cache")),
            ("runs/42", 200, Some("text/html; charset=utf-8"), Some("no-cache")),
            (
                "assets/main-1a.js",
                200,
                Some("text/javascript; charset=utf-8"),
                Some("public, max-age=31536000, immutable"),
            ),
            ("assets/gone.js", 404, Some("text/plain; charset=utf-8"), None),
        ];
        for (path, status, content_type, cache) in cases {
            let response = respond(path, None, &built);
            let header = |name| {
                response
                    .headers()
                    .get(name)
                    .and_then(|value: &HeaderValue| value.to_str().ok())
            };
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(header(header::CONTENT_TYPE), content_type, "{path}");
            assert_eq!(header(header::CACHE_CONTROL), cache, "{path}");
        }
    }

    #[test]
    fn respond_says_not_modified_for_a_known_hash() {
        let tag = respond("", None, &built).headers()[header::ETAG].clone();
        assert_eq!(respond("", Some(&tag), &built).status(), 304);
        assert_eq!(
            respond("", Some(&HeaderValue::from_static("\"other\"")), &built).status(),
            200
        );
    }

    #[test]
    fn respond_tells_how_to_build_where_nothing_is_built() {
        let response = respond("", None, &|_| None);
        assert_eq!(response.status(), 200);
        assert!(NOT_BUILT.contains("npm ci"));
    }
}
