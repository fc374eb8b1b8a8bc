//! Which requests are page views.
//!
//! A page view is a GET that was answered 2xx or 3xx, for neither an asset nor a feed. Assets are
//! told by the extension of the path's last segment. A feed has a path with a segment `feed`,
//! `feeds`, `rss` or `atom`, a path that ends in `.rss`, `.atom`, `.rdf` or `.xml`, or a query
//! with `flav=rss20`, `flav=rss`, `flav=atom` or any `feed=`. The case of a path does not matter,
//! that of a query does. The independent truths in `evals/site` follow the same rules.

use super::request::Request;

const ASSET_EXTENSIONS: &str = " css js mjs map png jpg jpeg gif svg ico webp avif bmp tif tiff woff woff2 ttf otf \
     eot mp3 mp4 webm ogg wav avi mov pdf zip gz tgz bz2 xz tar jar rar 7z rpm deb exe dmg iso img bin swf txt xml \
     json csv ";
const LONGEST_EXTENSION: usize = 5;
const FEED_SEGMENTS: [&str; 4] = ["feed", "feeds", "rss", "atom"];
const FEED_EXTENSIONS: [&str; 4] = ["rss", "atom", "rdf", "xml"];
const FEED_PARAMETERS: [&str; 3] = ["flav=rss20", "flav=rss", "flav=atom"];

/// Whether a request is a page view.
pub(super) fn is_page_view(request: &Request<'_>, status: u16) -> bool {
    let wanted = request.method == Some("GET") && (200..400).contains(&status);
    wanted
        && request
            .path
            .is_some_and(|path| !is_asset(path) && !is_feed(path, request.query))
}

/// What stands after the last dot of the last segment.
fn extension(path: &str) -> Option<&str> {
    let last_segment = path.rsplit('/').next()?;
    last_segment.rsplit_once('.').map(|(_, extension)| extension)
}

fn is_asset(path: &str) -> bool {
    extension(path).is_some_and(|extension| {
        let lower = extension.to_ascii_lowercase();
        let sensible = !lower.is_empty() && lower.len() <= LONGEST_EXTENSION && !lower.contains(' ');
        sensible && ASSET_EXTENSIONS.contains(&format!(" {lower} "))
    })
}

fn is_feed(path: &str, query: &str) -> bool {
    let among = |names: &[&str], word: &str| names.iter().any(|name| name.eq_ignore_ascii_case(word));
    path.split('/').any(|segment| among(&FEED_SEGMENTS, segment))
        || extension(path).is_some_and(|extension| among(&FEED_EXTENSIONS, extension))
        || query
            .split('&')
            .any(|pair| FEED_PARAMETERS.contains(&pair) || pair.starts_with("feed="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_view_is_a_get_that_was_answered_for_a_page() {
        let cases = [
            ("GET / HTTP/1.1", 200, true),
            ("GET /blog/ HTTP/1.1", 304, true),
            ("GET /a HTTP/1.1", 399, true),
            ("GET /a HTTP/1.1", 400, false),
            ("GET /a HTTP/1.1", 199, false),
            ("POST /a HTTP/1.1", 200, false),
            ("HEAD /a HTTP/1.1", 200, false),
            ("get /a HTTP/1.1", 200, false),
            ("GET /a.html HTTP/1.1", 200, true),
            ("GET /logo.PNG HTTP/1.1", 200, false),
            ("GET /logo.png?size=2 HTTP/1.1", 200, false),
            ("GET /a.png/ HTTP/1.1", 200, true),
            ("GET /v1.png/page HTTP/1.1", 200, true),
            ("GET /a. HTTP/1.1", 200, true),
            ("GET /a.css%20js HTTP/1.1", 200, true),
            ("GET /a.css js HTTP/1.1", 200, true),
            ("GET /x.tar.gz HTTP/1.1", 200, false),
            ("GET /.css HTTP/1.1", 200, false),
            ("GET /page?file=a.png HTTP/1.1", 200, true),
            ("GET /Feed/ HTTP/1.1", 200, false),
            ("GET /feedback HTTP/1.1", 200, true),
            ("GET /blog/tags/rss HTTP/1.1", 200, false),
            ("GET /index.RDF HTTP/1.1", 200, false),
            ("GET /?flav=rss20 HTTP/1.1", 200, false),
            ("GET /?a=1&flav=atom HTTP/1.1", 200, false),
            ("GET /?flav=rss21 HTTP/1.1", 200, true),
            ("GET /?FLAV=rss HTTP/1.1", 200, true),
            ("GET /?feed= HTTP/1.1", 200, false),
            ("GET /?newsfeed=1 HTTP/1.1", 200, true),
            ("GET http://host/page HTTP/1.1", 200, true),
            ("GET http://host/a.png HTTP/1.1", 200, false),
            ("GET http://host.css HTTP/1.1", 200, true),
            ("CONNECT host:443 HTTP/1.1", 200, false),
            ("-", 200, false),
        ];
        for (line, status, expected) in cases {
            assert_eq!(is_page_view(&Request::read(line), status), expected, "{line} {status}");
        }
    }

    #[test]
    fn longest_extension_is_the_longest_listed() {
        let longest = ASSET_EXTENSIONS.split_whitespace().map(str::len).max();
        assert_eq!(longest, Some(LONGEST_EXTENSION));
    }
}
