//! Whole verbs over fakes: what they print and how they exit.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::support::{Fixture, project};
use hedgerow_agent_api::{Control, Effect, Outcome, Question, ToolOutput};
use hedgerow_app::App;
use hedgerow_cli::{Cancel, Canceller, Host, Printer, Sink, VerbContext, cancellation, exit, parse};
use hedgerow_data_api::{Provenance, ResolvedRange, SqlResponse, Warning};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::QueryId;
use hedgerow_testkit::{FakeEngine, FakeTool, call, calls, counts_table, text};
use serde_json::{Value, json};

#[derive(Default)]
struct Memory(Mutex<Vec<u8>>);

impl Sink for Memory {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }
}

impl Memory {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A host whose server listens until it is stopped and whose page has a given status.
struct FakeHost(u16);

#[async_trait::async_trait]
impl Host for FakeHost {
    async fn serve(
        &self,
        _: &App,
        _: SocketAddr,
        _: bool,
        cancel: Cancel,
        ready: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<()> {
        ready("http://127.0.0.1:4747/");
        cancel.cancelled().await;
        Ok(())
    }

    async fn first_page(&self, _: &str) -> Result<u16> {
        Ok(self.0)
    }

    async fn demo_log(&self) -> Result<PathBuf> {
        Err(Error::new(Code::Unavailable, "no log here"))
    }
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

struct Terminal {
    out: Arc<Memory>,
    err: Arc<Memory>,
    canceller: Canceller,
    ctx: VerbContext,
}

fn terminal(fixture: &Fixture) -> Terminal {
    let (out, err) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
    let printer = Printer::new((out.clone(), false), (err.clone(), false), 80);
    let (canceller, cancel) = cancellation();
    let ctx = VerbContext {
        app: fixture.app(),
        cwd: PathBuf::from("/"),
        printer,
        cancel,
        host: Arc::new(FakeHost(200)),
    };
    Terminal {
        out,
        err,
        canceller,
        ctx,
    }
}

async fn run_in(terminal: &Terminal, arguments: &[&str]) -> Ran {
    let arguments = std::iter::once("hedgerow")
        .chain(arguments.iter().copied())
        .map(Into::into);
    let code = match parse(arguments, &terminal.ctx.printer) {
        Ok(cli) => hedgerow_cli::run(cli, &terminal.ctx).await,
        Err(code) => code,
    };
    Ran {
        code,
        out: terminal.out.text(),
        err: terminal.err.text(),
    }
}

pub(crate) async fn run(fixture: &Fixture, arguments: &[&str]) -> Ran {
    run_in(&terminal(fixture), arguments).await
}

pub(crate) fn provenance() -> Provenance {
    Provenance {
        query_id: QueryId::new(),
        project: project(),
        kind: "TrendsQuery".into(),
        plan_hash: "1a".into(),
        snapshot_id: 3,
        time_zone: "UTC".into(),
        range: Some(ResolvedRange {
            date_from: "2015-05-17T00:00:00Z".into(),
            date_to: "2015-05-20T23:59:59.999999Z".into(),
            partial: false,
        }),
        filters: vec!["method is GET".into()],
        definitions: Vec::new(),
        null_semantics: "missing never equals".into(),
        limits: Vec::new(),
        query: "{}".into(),
        memory_rows: 0,
        rows_read: 10,
        cached_at: None,
        elapsed_ms: 1,
    }
}

/// A tool that counts three days, with provenance.
fn days() -> Arc<FakeTool> {
    FakeTool::new("count", Effect::Read, |_, _| async {
        let table = counts_table(&[("2015-05-17", 500), ("2015-05-18", 1002), ("2015-05-19", 0)]);
        let output = ToolOutput::text(json!(null), "counted");
        Ok(ToolOutput {
            table: Some(table),
            provenance: Some(provenance()),
            ..output
        })
    })
}

fn answering(sentence: &str) -> Fixture {
    Fixture::new(vec![calls([call("count", json!({}))]), text(sentence)]).tool(days())
}

const SITE: [&str; 2] = ["--project", "site"];

#[tokio::test]
async fn ask_prints_answer_headline_chart_and_how_it_was_computed() {
    let fixture = answering("On 2015-05-17 there were {{r1[0].events}} events.");
    let ran = run(
        &fixture,
        &[&SITE[..], &["ask", "How many events on 2015-05-17?"]].concat(),
    )
    .await;
    assert_eq!(ran.code, exit::DONE, "{}", ran.err);
    assert!(ran.out.contains("there were 500 events."), "{}", ran.out);
    assert!(ran.out.contains("= 500 events"), "{}", ran.out);
    assert!(ran.out.contains("2015-05-18 1,002 █"), "{}", ran.out);
    let computed = "computed: 2015-05-17 to 2015-05-20 (UTC), filters: method is GET, snapshot 3";
    assert!(ran.out.contains(computed), "{}", ran.out);
    assert!(
        ran.err.contains("· Running") && ran.err.contains("✓ Done") && ran.err.contains("run "),
        "{}",
        ran.err
    );
}

#[tokio::test]
async fn ask_json_is_one_object_with_the_whole_outcome() {
    let fixture = answering("On 2015-05-17 there were {{r1[0].events}} events.");
    let ran = run(
        &fixture,
        &[&SITE[..], &["--json", "ask", "How many events on 2015-05-17?"]].concat(),
    )
    .await;
    assert_eq!(ran.code, exit::DONE, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let keys = [
        "outcome",
        "answer",
        "headline",
        "figures",
        "artifacts",
        "tool_calls",
        "warnings",
        "usage",
        "run_id",
    ];
    assert_eq!(report.as_object().unwrap().keys().collect::<Vec<_>>(), keys);
    assert_eq!(report["outcome"], "answered");
    assert_eq!(report["headline"]["value"], 500);
    assert_eq!(report["headline"]["status"], "verified");
    assert_eq!(report["tool_calls"][0]["name"], "count");
}

#[tokio::test]
async fn a_liar_never_shows_a_number_as_fact() {
    let named = calls([call("there were 9,999 page views", json!({}))]);
    let fixture = Fixture::new(vec![
        named,
        text("There were 9,999 page views."),
        text("There were 9,999 page views."),
    ]);
    let line = [&SITE[..], &["ask", "How many page views?"]].concat();
    let ran = run(&fixture, &line).await;
    for shown in [&ran.out, &ran.err] {
        for (position, _) in shown.match_indices("9,999") {
            let rest = &shown[position..];
            let line = rest.lines().next().unwrap_or_default();
            assert!(line.contains("[unverified]"), "{line}");
        }
    }
    assert!(!ran.out.contains('█'), "{}", ran.out);
    let json = run(&fixture, &[&line[..], &["--json"]].concat()).await;
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert!(
        report["answer"].as_str().unwrap().contains("9,999 [unverified]"),
        "{report}"
    );
    assert!(
        report["figures"]
            .as_array()
            .unwrap()
            .iter()
            .all(|figure| figure["status"] != "verified"),
        "{report}"
    );
}

#[tokio::test]
async fn a_liar_who_asks_back_shows_no_number_as_fact_either() {
    let words = "There were 9,999 page views on this site. Shall I go on?";
    let asking = FakeTool::new("ask_back", Effect::Draft, move |_, _| async move {
        let question = Question {
            question: words.into(),
            options: vec!["There were 9,999 page views.".into()],
        };
        Ok(ToolOutput::text(json!(null), "asked").with_control(Control::Ask(question)))
    });
    let fixture = Fixture::new(vec![calls([call("ask_back", json!({"question": words}))])]).tool(asking);
    for more in [&[][..], &["--json"]] {
        let ran = run(&fixture, &[&SITE[..], &["ask", "How many page views?"], more].concat()).await;
        assert_eq!(ran.code, exit::ASKED, "{}", ran.err);
        assert!(!ran.err.contains("9,999"), "{}", ran.err);
        // The call's arguments are what the model said, shown as such.
        let said = if more.is_empty() { 0 } else { 1 };
        assert_eq!(
            ran.out.matches("9,999").count(),
            ran.out.matches("9,999 [unverified]").count() + said,
            "{}",
            ran.out
        );
    }
}

#[tokio::test]
async fn exit_code_follows_the_outcome() {
    let refusal = hedgerow_agent_api::ModelReply {
        outcome: Outcome::Refused,
        ..text("There is no such event.")
    };
    let asking = FakeTool::new("ask_back", Effect::Draft, |_, _| async {
        let question = Question {
            question: "Which page?".into(),
            options: vec!["/".into(), "/blog".into()],
        };
        Ok(ToolOutput::text(json!(null), "asked").with_control(Control::Ask(question)))
    });
    let cases = [
        (Fixture::new(vec![refusal]), exit::REFUSED, "There is no such event."),
        (
            Fixture::new(vec![calls([call("ask_back", json!({}))])]).tool(asking),
            exit::ASKED,
            "Which page?\n  - /\n",
        ),
        (Fixture::new(Vec::new()), exit::FAILED, ""),
    ];
    for (fixture, code, out) in cases {
        let ran = run(&fixture, &[&SITE[..], &["ask", "How many?"]].concat()).await;
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains(out), "{}", ran.out);
    }
}

#[tokio::test]
async fn ask_that_is_stopped_cancels_its_run() {
    let waiting = Fixture::new(vec![calls([call("wait", json!({"ms": 600_000}))])]).tool(FakeTool::counting("wait"));
    let terminal = terminal(&waiting);
    let stop = async {
        while !terminal.err.text().contains("Running") {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        terminal.canceller.cancel();
    };
    let line = [&SITE[..], &["ask", "How many?"]].concat();
    let (ran, ()) = tokio::join!(run_in(&terminal, &line), stop);
    assert_eq!(ran.code, exit::CANCELLED, "{}", ran.err);
    let runs = terminal.ctx.app.runs(None, 10).await.unwrap();
    assert_eq!(json!(runs[0].status), "cancelled");
}

#[tokio::test]
async fn errors_are_one_line_and_a_hint_and_json_where_wanted() {
    let fixture = Fixture::new(Vec::new());
    let line = ["--project", "sites", "ask", "How many?"];
    let ran = run(&fixture, &line).await;
    assert_eq!(ran.code, exit::FAILED);
    assert_eq!(ran.out, "");
    assert_eq!(ran.err, "error: unknown project \"sites\"\nhint: did you mean site?\n");
    let ran = run(&fixture, &[&line[..], &["--json"]].concat()).await;
    let error: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(error["error"]["code"], "unknown_name");

    for usage in [
        &["ask"][..],
        &["--now", "soon", "projects", "list"],
        &["serve", "--listen", "everywhere"],
    ] {
        assert_eq!(run(&fixture, usage).await.code, exit::USAGE, "{usage:?}");
    }
    let help = run(&fixture, &["ask", "--help"]).await;
    assert_eq!(help.code, exit::DONE);
    assert!(help.out.contains("--continue") && help.err.is_empty(), "{}", help.err);
}

fn sql_engine() -> FakeEngine {
    FakeEngine::default().sql(|_| {
        Ok(SqlResponse {
            written_columns: Vec::new(),
            columns: vec![("path".into(), "VARCHAR".into()), ("events".into(), "BIGINT".into())],
            rows: vec![vec![json!("/a,b\u{1b}[2J"), json!(7)], vec![json!(null), json!(1200)]],
            warnings: vec![Warning::new("row_limit", "only the first 2 rows are shown")],
            provenance: Provenance {
                range: None,
                filters: Vec::new(),
                ..provenance()
            },
        })
    })
}

#[tokio::test]
async fn sql_prints_tables_csv_and_json() {
    let fixture = Fixture::new(Vec::new()).engine(sql_engine());
    let sql = |format: &'static str| [&SITE[..], &["sql", "SELECT 1", "--format", format]].concat();
    let table = run(&fixture, &sql("table")).await;
    let lines = [
        "path     events",
        "-------  ------",
        "/a,b[2J       7",
        "           1200",
        "",
    ];
    assert_eq!(table.out, lines.join("\n"));
    assert!(
        table.err.contains("warning: only the first 2 rows are shown"),
        "{}",
        table.err
    );
    let csv = run(&fixture, &sql("csv")).await;
    assert_eq!(csv.out, "path,events\n\"/a,b\u{1b}[2J\",7\n,1200\n");
    let json = run(&fixture, &sql("json")).await;
    let response: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(response["rows"][1], json!([null, 1200]));
    assert_eq!(
        response.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["columns", "rows", "warnings", "provenance"]
    );
}

#[tokio::test]
async fn tools_call_and_dry_run_follow_the_policy() {
    let deleting = FakeTool::new("drop_events", Effect::Delete, |_, _| async {
        Ok(ToolOutput::text(json!(1), "done"))
    });
    let fixture = Fixture::new(Vec::new()).tool(deleting.clone()).tool(days());
    let call = |name: &'static str, more: &'static [&'static str]| [&SITE[..], &["tools", "call", name], more].concat();
    let counted = run(&fixture, &call("count", &[])).await;
    assert!(counted.out.contains("2015-05-18    1002"), "{}", counted.out);
    let denied = run(&fixture, &call("drop_events", &["{}"])).await;
    assert_eq!(denied.code, exit::FAILED);
    assert!(denied.err.contains("needs approval"), "{}", denied.err);
    let dry = run(&fixture, &call("drop_events", &["{}", "--dry-run"])).await;
    assert_eq!(
        (dry.code, dry.out.as_str()),
        (exit::DONE, "drop_events would delete; the policy says ask\n")
    );
    assert_eq!(deleting.runs(), 0);
    let bad = run(&fixture, &call("count", &["{"])).await;
    assert!(bad.err.contains("not JSON"), "{}", bad.err);
}

#[tokio::test]
async fn serve_ends_well_when_it_is_stopped() {
    let terminal = terminal(&Fixture::new(Vec::new()));
    let stop = async {
        while !terminal.err.text().contains("serving http://127.0.0.1:4747/") {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        terminal.canceller.cancel();
    };
    let (ran, ()) = tokio::join!(run_in(&terminal, &["serve"]), stop);
    assert_eq!(ran.code, exit::DONE, "{}", ran.err);
}

#[tokio::test]
async fn runs_are_shown_and_replayed_without_the_models_own_words() {
    let fixture = Fixture::new(vec![text("There were 9,999 page views."); 3]);
    let asked = run(
        &fixture,
        &[&SITE[..], &["--json", "ask", "How many page views?"]].concat(),
    )
    .await;
    let report: Value = serde_json::from_str(&asked.out).unwrap();
    let run_id = report["run_id"].as_str().unwrap();
    for verb in ["show", "replay"] {
        let ran = run(&fixture, &["runs", verb, run_id]).await;
        assert_eq!(ran.code, exit::DONE, "{}", ran.err);
        assert_eq!(
            ran.out.matches("9,999").count(),
            ran.out.matches("9,999 [unverified]").count(),
            "{}",
            ran.out
        );
    }
    let lines = run(&fixture, &["runs", "replay", run_id, "--json"]).await.out;
    let seqs = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap());
    assert!(seqs.clone().eq(1..=seqs.count() as u64), "{lines}");
    let same = run(&fixture, &["runs", "diff", run_id, run_id]).await;
    assert_eq!(same.out, "no differences\n");
}
