//! The client against a real server on the loopback network.

use std::time::Duration;

use futures::StreamExt as _;
use hedgerow_agent_api::egress::{Egress, EgressRequest};
use hedgerow_errors::Code;
use hedgerow_testkit::{LoopbackServer, Reply};
use serde_json::json;

use super::*;

const SECRET: &str = "s3cr3t-of-the-tests";

fn request(server: &LoopbackServer, path: &str) -> EgressRequest {
    EgressRequest {
        product: "contacts".to_owned(),
        hosts: vec!["127.0.0.1".to_owned()],
        method: "GET".to_owned(),
        url: format!("{}{path}", server.base()),
        headers: vec![("Authorization".to_owned(), "Bearer ${secret:TOKEN}".to_owned())],
        body: None,
    }
}

fn client(allow_private: &[&str], folder: &std::path::Path) -> HttpEgress {
    client_within(allow_private, folder, Duration::from_secs(5))
}

fn client_within(allow_private: &[&str], folder: &std::path::Path, timeout: Duration) -> HttpEgress {
    let settings = Settings {
        allow_private: allow_private.iter().map(|host| (*host).to_owned()).collect(),
        most_bytes: 1_000,
        timeout,
    };
    let environment = |name: &str| (name == "HEDGEROW_SECRET_OTHER").then(|| "of the environment".to_owned());
    HttpEgress::new(settings, Secrets::new(&folder.join("secrets.toml"), environment))
}

fn with_secret() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(
        folder.path().join("secrets.toml"),
        format!("TOKEN = \"of everybody\"\n[contacts]\nTOKEN = \"{SECRET}\"\n"),
    )
    .unwrap();
    folder
}

#[tokio::test]
async fn a_secret_is_sent_and_taken_out_of_what_comes_back() {
    let server = LoopbackServer::start(|received| Reply {
        status: 200,
        body: format!("you sent {}", received.header("authorization").unwrap_or_default()),
        ..Reply::default()
    })
    .await;
    let folder = with_secret();
    let client = client(&["127.0.0.1"], folder.path());
    let answer = client.send(&request(&server, "/x?a=b%20c")).await.unwrap();
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, "you sent Bearer ${secret:TOKEN}")
    );
    let received = &server.received()[0];
    assert_eq!(received.target, "/x?a=b%20c");
    assert_eq!(
        received.header("authorization"),
        Some(format!("Bearer {SECRET}").as_str())
    );
    // Another product gets its own or everybody's, never this one.
    let other = EgressRequest {
        product: "other".to_owned(),
        ..request(&server, "/")
    };
    client.send(&other).await.unwrap();
    assert_eq!(
        server.received()[1].header("authorization"),
        Some("Bearer of everybody")
    );
    let environment = EgressRequest {
        headers: vec![("X-Key".to_owned(), "${secret:OTHER}".to_owned())],
        ..request(&server, "/")
    };
    client.send(&environment).await.unwrap();
    assert_eq!(server.received()[2].header("x-key"), Some("of the environment"));
}

#[tokio::test]
async fn what_is_not_declared_or_not_public_is_not_reached() {
    let server = LoopbackServer::start(|_| Reply::json(200, &json!({}))).await;
    let folder = with_secret();
    let url = |url: &str, hosts: &[&str]| EgressRequest {
        url: url.to_owned(),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        ..request(&server, "/")
    };
    let port = server.base().rsplit(':').next().unwrap().to_owned();
    let cases = [
        (request(&server, "/"), &[][..], "127.0.0.1 is at a loopback address"),
        (
            url(&server.base(), &["a.example"]),
            &["127.0.0.1"],
            "does not declare the host 127.0.0.1",
        ),
        (
            url(&format!("http://localhost:{port}/"), &["localhost"]),
            &[],
            "localhost is at a loopback address",
        ),
        (
            url(&format!("http://2130706433:{port}/"), &["127.0.0.1"]),
            &[],
            "loopback address",
        ),
        (
            url("http://169.254.169.254/latest", &["169.254.169.254"]),
            &["169.254.169.254"],
            "link-local",
        ),
        (
            url("file:///etc/passwd", &["127.0.0.1"]),
            &["127.0.0.1"],
            "neither http nor https",
        ),
        (
            url(&format!("http://a:b@127.0.0.1:{port}/"), &["127.0.0.1"]),
            &["127.0.0.1"],
            "a name or a password",
        ),
    ];
    for (request, allowed, said) in cases {
        let error = client(allowed, folder.path()).send(&request).await.unwrap_err();
        assert_eq!(error.code(), Code::Denied, "{error:?}");
        assert!(error.chain().contains(said), "{}", error.chain());
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn redirects_stay_on_their_host_and_repeat_no_write() {
    let server = LoopbackServer::start(|received| {
        let to = match received.target.as_str() {
            "/near" => "/there",
            "/far" => "http://127.0.0.2/there",
            "/round" => "/round",
            _ => return Reply::json(200, &json!({"at": received.target})),
        };
        Reply {
            status: 302,
            headers: vec![("location".to_owned(), to.to_owned())],
            ..Reply::default()
        }
    })
    .await;
    let folder = with_secret();
    let client = client(&["127.0.0.1", "127.0.0.2"], folder.path());
    let answer = client.send(&request(&server, "/near")).await.unwrap();
    assert_eq!(answer.body, "{\"at\":\"/there\"}");
    let mut far = request(&server, "/far");
    far.hosts.push("127.0.0.2".to_owned());
    let error = client.send(&far).await.unwrap_err();
    assert!(error.message().contains("redirects to http://127.0.0.2"), "{error}");
    let write = EgressRequest {
        method: "POST".to_owned(),
        body: Some("{}".to_owned()),
        ..request(&server, "/near")
    };
    assert_eq!(client.send(&write).await.unwrap_err().code(), Code::Denied);
    let error = client.send(&request(&server, "/round")).await.unwrap_err();
    assert_eq!(error.code(), Code::LimitExceeded);
}

#[tokio::test]
async fn limits_and_missing_secrets_are_said_without_a_secret() {
    let server = LoopbackServer::start(|_| Reply {
        status: 200,
        body: "x".repeat(1_001),
        ..Reply::default()
    })
    .await;
    let folder = with_secret();
    let client = client(&["127.0.0.1"], folder.path());
    let error = client.send(&request(&server, "/")).await.unwrap_err();
    assert_eq!(error.code(), Code::LimitExceeded);
    assert!(error.message().contains("more than 1000 bytes"), "{error}");
    let unknown = EgressRequest {
        headers: vec![("Authorization".to_owned(), "Bearer ${secret:NOBODY}".to_owned())],
        ..request(&server, "/")
    };
    let error = client.send(&unknown).await.unwrap_err();
    assert_eq!(error.message(), "the secret NOBODY is not set");
    assert!(error.hint().unwrap().contains("HEDGEROW_SECRET_NOBODY"));
    // A broken file, and a secret that no header can hold: neither is quoted.
    let line_break = format!("TOKEN = \"{SECRET}\\n\"");
    for broken in [format!("TOKEN = {SECRET}"), line_break] {
        fs_err::write(folder.path().join("secrets.toml"), broken).unwrap();
        let error = client.send(&request(&server, "/")).await.unwrap_err();
        assert!(!format!("{error:?} {}", error.chain()).contains(SECRET), "{error:?}");
    }
    assert!(!format!("{client:?}").contains(SECRET));
}

#[tokio::test]
async fn an_answer_that_is_read_as_it_comes_has_the_same_limits_and_no_secret() {
    let server = LoopbackServer::start(|received| {
        let secret = received.header("authorization").unwrap_or_default().to_owned();
        let lines = match received.target.as_str() {
            "/long" => "data\n".repeat(300),
            _ => format!("data: {secret}\r\n\ndata: end"),
        };
        Reply {
            status: 200,
            headers: vec![("mcp-session-id".to_owned(), secret)],
            body: lines,
        }
    })
    .await;
    let folder = with_secret();
    let client = client(&["127.0.0.1"], folder.path());
    let answer = client.open(&request(&server, "/")).await.unwrap();
    assert_eq!(answer.header("mcp-session-id"), Some("Bearer ${secret:TOKEN}"));
    assert_eq!(
        answer.text().await.unwrap(),
        "data: Bearer ${secret:TOKEN}\n\ndata: end"
    );
    let long = client.open(&request(&server, "/long")).await.unwrap();
    assert_eq!(long.text().await.unwrap_err().code(), Code::LimitExceeded);
}

#[tokio::test]
async fn an_answer_that_stays_open_is_read_until_there_is_no_time_left() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n")
            .await
            .unwrap();
        // Whoever reads goes away first.
        std::future::pending::<()>().await;
    });
    let folder = with_secret();
    let client = client_within(&["127.0.0.1"], folder.path(), Duration::from_millis(300));
    let request = EgressRequest {
        product: "contacts".to_owned(),
        hosts: vec!["127.0.0.1".to_owned()],
        method: "GET".to_owned(),
        url: format!("http://{address}/"),
        headers: Vec::new(),
        body: None,
    };
    let mut answer = client.open(&request).await.unwrap();
    assert_eq!(answer.lines.next().await.unwrap().unwrap(), "data: 1");
    assert_eq!(answer.lines.next().await.unwrap().unwrap(), "");
    let error = answer.lines.next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::LimitExceeded, "{error:?}");
    assert!(answer.lines.next().await.is_none());
    serving.abort();
}

#[tokio::test]
async fn nobody_who_answers_is_said_in_time() {
    let folder = with_secret();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let slow = client_within(&["127.0.0.1"], folder.path(), Duration::from_millis(50));
    let request = EgressRequest {
        product: "contacts".to_owned(),
        hosts: vec!["127.0.0.1".to_owned()],
        method: "GET".to_owned(),
        url: format!("http://{}/", listener.local_addr().unwrap()),
        headers: Vec::new(),
        body: None,
    };
    let error = slow.send(&request).await.unwrap_err();
    assert_eq!(error.code(), Code::LimitExceeded, "{error:?}");
    drop(listener);
    let error = slow.send(&request).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
}
