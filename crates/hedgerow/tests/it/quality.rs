//! Stages, feedback and quality through the real binary: numbers are compared with calls that were made.

use std::path::Path;

use serde_json::{Value, json};

use crate::access::{create_key, json_of, send, with_key};
use crate::declared::{PRODUCT, copy};
use crate::{Server, import, run, text};

/// The evals of the repository.
const EVALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../evals");
const TRENDS: &str = "/api/projects/site/tools/query_trends";

fn post(server: &Server, path: &str, body: &Value, key: Option<&str>) -> (u16, Value) {
    let (status, answer) = send(server, "POST", &(path.to_owned(), body.to_string()), key);
    (status, body_of(&answer))
}

fn get(server: &Server, path: &str, key: Option<&str>) -> Value {
    let (status, answer) = send(server, "GET", &(path.to_owned(), String::new()), key);
    assert_eq!(status, 200, "{path}: {answer}");
    body_of(&answer)
}

fn body_of(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn quality(data: &Path, arguments: &[&str]) -> Value {
    let verb = [
        "product",
        "quality",
        "product_analytics",
        "--project",
        "site",
        "--days",
        "7",
    ];
    json_of(data, &[&verb, arguments].concat())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, whose calls are counted at its end")]
fn quality_is_what_was_called_over_http_by_verbs_and_by_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let good = json!({"series": [{"event": "$pageview"}], "dateRange": {"date_from": "all"}});
    let bad = json!({"series": [{"event": "sign up"}], "dateRange": {"date_from": "all"}});
    let server = Server::start(data);
    for _ in 0..3 {
        let (status, answer) = post(&server, TRENDS, &good, None);
        assert_eq!(status, 200, "{answer}");
    }
    let (status, _) = post(&server, TRENDS, &bad, None);
    assert_eq!(status, 404);
    // A look ahead is no call.
    assert_eq!(post(&server, &format!("{TRENDS}/preview"), &good, None).0, 200);
    let blind = create_key(data, "blind", "member", Some("product:read"), Some("site"));
    assert_eq!(post(&server, TRENDS, &good, Some(&blind)).0, 403);
    for _ in 0..2 {
        let called = run(
            data,
            &["tools", "call", "query_trends", &good.to_string(), "--project", "site"],
        );
        assert!(called.status.success(), "{}", text(&called.stderr));
    }
    let search = r#"{"query": "frobnicators"}"#;
    let found = json_of(data, &["tools", "call", "search", search, "--project", "site"]);
    assert_eq!(found["result"]["found"], json!([]));
    let asked = json_of(
        data,
        &[
            "ask",
            "How many page views did we get on 18 May 2015?",
            "--project",
            "site",
        ],
    );
    let run_id = asked["run_id"].as_str().unwrap();
    let thread = json_of(data, &["runs", "show", run_id]);
    let in_run = thread["calls"].as_array().unwrap().iter();
    let in_run = in_run.filter(|call| call["tool"] == "query_trends").count();
    assert!(in_run > 0, "{thread}");

    let said = json_of(data, &["runs", "feedback", run_id, "bad", "too <b>few</b>"]);
    assert_eq!((&said["rating"], &said["person"]), (&json!("bad"), &json!("local")));
    let (status, said) = post(
        &server,
        &format!("/api/runs/{run_id}/feedback"),
        &json!({"rating": "good", "text": "right"}),
        None,
    );
    assert_eq!(status, 200, "{said}");
    assert_eq!(
        get(&server, &format!("/api/runs/{run_id}/feedback"), None)["given"]["text"],
        "right"
    );
    let wrong = run(data, &["runs", "feedback", run_id, "goof"]);
    assert!(
        text(&wrong.stderr).contains("did you mean good?"),
        "{}",
        text(&wrong.stderr)
    );

    let found = quality(data, &[]);
    let tool = &found["tools"][0];
    let in_run = in_run as u64;
    assert_eq!(tool["tool"], "query_trends");
    assert_eq!(
        tool["surfaces"],
        json!({"agent": in_run, "http": 5, "cli": 2}),
        "{found:#}"
    );
    let totals = &found["totals"];
    assert_eq!(totals["ok"], 5 + in_run);
    assert_eq!(
        (&totals["error"], &totals["denied"], &totals["calls"]),
        (&json!(1), &json!(1), &json!(7 + in_run))
    );
    assert_eq!(totals, &tool["totals"]);
    assert!(tool["p50_ms"].as_u64() <= tool["p95_ms"].as_u64() && tool["p50_ms"].is_u64());
    let codes: Vec<_> = found["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["code"].clone())
        .collect();
    assert!(
        codes.contains(&json!("unknown_name")) && codes.contains(&json!("denied")),
        "{codes:?}"
    );
    let days = found["by_day"].as_array().unwrap();
    assert_eq!(days.len(), 8);
    assert_eq!(days[7]["partial"], true);
    let by_day: u64 = days.iter().map(|day| day["calls"].as_u64().unwrap()).sum();
    assert_eq!(json!(by_day), totals["calls"]);
    assert_eq!(
        (&found["runs"]["runs"], &found["runs"]["failed"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        (&found["feedback"]["good"], &found["feedback"]["bad"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(found["searches"][0]["words"], "frobnicators");
    // The same over HTTP; who may see no runs gets the counts alone.
    let path = "/api/products/product_analytics/quality?project=site&days=7";
    let mut served = get(&server, path, None);
    served["until"] = found["until"].clone();
    assert_eq!(served, found);
    let counts = get(&server, path, Some(&blind));
    assert_eq!((&counts["totals"], &counts["texts_withheld"]), (totals, &json!(true)));
    assert!(!counts.to_string().contains("frobnicators"), "{counts}");
    assert!(!counts.to_string().contains("sign up"), "{counts}");
    let shown = run(
        data,
        &[
            "product",
            "quality",
            "product_analytics",
            "--project",
            "site",
            "--days",
            "7",
        ],
    );
    let shown = text(&shown.stdout);
    assert!(shown.contains("<data>\nfrobnicators\n</data>"), "{shown}");
    assert!(shown.contains("Product analytics (ga)"), "{shown}");

    // What its questions come to is kept beside, and nothing is lost with the process.
    let evals = run(data, &["eval", "product_analytics", "--evals", EVALS]);
    assert!(evals.status.success(), "{}", text(&evals.stdout));
    server.end("TERM");
    let mut later = quality(data, &[]);
    let eval = later["evals"].take();
    let eval = &eval[0];
    assert_eq!(
        (&eval["by"], &eval["model"], &eval["wrong"]),
        (&json!("eval"), &json!("builtin"), &json!(0))
    );
    assert_eq!(
        eval["right"].as_u64().unwrap() + eval["refused"].as_u64().unwrap(),
        eval["total"].as_u64().unwrap()
    );
    later["evals"] = json!([]);
    later["until"] = found["until"].clone();
    assert_eq!(later, found);
}

#[test]
fn members_see_a_product_once_an_admin_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data);
    let member = create_key(data, "member", "member", None, None);
    let admin = create_key(data, "admin", "admin", None, None);
    // It is at the stage beta.
    copy(Path::new(PRODUCT), &data.join("products/activation"));
    let days = r#"{"days": 14}"#;
    let call = ["tools", "call", "count_signups", days, "--project", "site", "--dry-run"];
    let sees = |key: &str| {
        let (code, listed) = with_key(data, key, &["tools", "list", "--project", "site"]);
        assert_eq!(code, Some(0), "{listed}");
        let (_, called) = with_key(data, key, &call);
        let is_refused = called.contains("is at the stage beta");
        assert_eq!(
            is_refused,
            called.contains("hedgerow projects early-access PROJECT beta"),
            "{called}"
        );
        assert_eq!(listed.contains("count_signups"), !is_refused, "{called}");
        !is_refused
    };
    assert_eq!((sees(&member), sees(&admin)), (false, true));
    let server = Server::start(data);
    let names = |path: &str| get(&server, path, Some(&member)).to_string();
    let products = "/api/products?project=site";
    assert!(!names(products).contains("activation") && !names("/api/tools?project=site").contains("count_signups"));
    let check = || {
        let path = "/api/products/activation/check?project=site".to_owned();
        send(&server, "GET", &(path, String::new()), Some(&member)).0
    };
    assert_eq!(check(), 403);
    let path = "/api/projects/site/tools/count_signups";
    let (status, refused) = post(&server, path, &serde_json::from_str(days).unwrap(), Some(&member));
    assert_eq!(
        (status, &refused["error"]["code"]),
        (403, &json!("denied")),
        "{refused}"
    );
    let open = |key: &str| {
        let body = (
            "/api/projects/site/early-access".to_owned(),
            json!({"stage": "beta"}).to_string(),
        );
        send(&server, "PUT", &body, Some(key)).0
    };
    assert_eq!((open(&member), open(&admin)), (403, 200));
    assert!(names(products).contains("activation"));
    assert_eq!(check(), 200);
    server.end("TERM");
    assert!(sees(&member));
    // A backup has the setting.
    let (backup, restored) = (folder.path().join("backup"), folder.path().join("restored"));
    assert!(run(data, &["backup", backup.to_str().unwrap()]).status.success());
    let put_back = run(&restored, &["restore", backup.to_str().unwrap()]);
    assert!(put_back.status.success(), "{}", text(&put_back.stderr));
    let setting = json_of(&restored, &["projects", "early-access", "site"]);
    assert_eq!(setting, json!({"project": "site", "stage": "beta"}));
    let closed = run(data, &["projects", "early-access", "site", "ga"]);
    assert!(text(&closed.stdout).contains("members of site see products at the stage ga"));
    assert!(!sees(&member));
    let wrong = run(data, &["projects", "early-access", "site", "bet"]);
    assert!(text(&wrong.stderr).contains("beta"), "{}", text(&wrong.stderr));
}
