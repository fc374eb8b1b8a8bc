//! Programs that answer, and programs that don't.

use std::path::Path;
use std::time::{Duration, Instant};

use hedgerow_agent_api::{ModelProvider, Outcome, ToolCallRequest};
use hedgerow_errors::{Code, Error};
use hedgerow_models::ExecModel;
use serde_json::{Value, json};

use crate::sample::{Program, ask, request, user};

async fn failure(program: &Program) -> Error {
    let error = ask(&program.model(), &request(vec![user("q")])).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    assert!(
        error.hint().unwrap().contains("docs/guides/models.md"),
        "the hint shows the shape: {error:?}"
    );
    error
}

#[tokio::test]
async fn program_gets_the_request_and_gives_the_reply() {
    let program = Program::python(
        r#"
import json, os, sys
request = json.loads(sys.stdin.read())
json.dump({"request": request, "protocol": os.environ["HEDGEROW_PROTOCOL"]}, open(sys.argv[1] + "/seen.json", "w"))
print(json.dumps({
    "text": request["messages"][-1]["content"].upper() + " caf\u00e9",
    "tool_calls": [{"id": "1", "name": "read_taxonomy", "arguments": {"a": [1, None]}}],
    "outcome": "refused",
    "headline": "r1[0].page_views",
}))
"#,
    );
    let request = request(vec![user("old"), user("how many?")]);
    let reply = ask(&program.model(), &request).await.unwrap();
    assert_eq!(reply.text, "HOW MANY? caf\u{e9}");
    let arguments = json!({"a": [1, null]});
    assert_eq!(
        reply.tool_calls,
        [ToolCallRequest {
            id: "1".into(),
            name: "read_taxonomy".into(),
            arguments
        }]
    );
    assert_eq!(
        (reply.outcome, reply.headline.as_deref()),
        (Outcome::Refused, Some("r1[0].page_views"))
    );
    let seen: Value = serde_json::from_str(&fs_err::read_to_string(program.file("seen.json")).unwrap()).unwrap();
    assert_eq!(seen, json!({"request": request, "protocol": "1"}));
    assert!(program.model().name().starts_with("exec:python3 "));
}

#[tokio::test]
async fn program_may_ignore_a_large_request_and_talk_on_stderr() {
    let program = Program::sh("exec <&-\nhead -c 300000 /dev/zero | tr '\\0' 'x' >&2\necho '{\"text\": \"hello\"}'");
    let large = request(vec![user(&"x".repeat(2_000_000))]);
    assert_eq!(ask(&program.model(), &large).await.unwrap().text, "hello");
}

#[tokio::test]
async fn program_may_leave_a_child_behind_that_holds_stderr() {
    let program = Program::sh("sleep 20 >/dev/null &\necho $! > \"$1/pid\"\necho '{\"text\": \"hello\"}'");
    let started = Instant::now();
    assert_eq!(
        ask(&program.model(), &request(vec![user("q")])).await.unwrap().text,
        "hello"
    );
    assert!(started.elapsed() < Duration::from_secs(10));
    let left = pid(&program.file("pid")).await;
    assert!(rustix::process::test_kill_process(left).is_ok(), "it was not killed");
    rustix::process::kill_process(left, rustix::process::Signal::KILL).unwrap();
}

#[tokio::test]
async fn wrong_output_is_refused_with_the_shape() {
    let outputs = [
        ("", "printed nothing"),
        ("  \n", "printed nothing"),
        ("218 page views", "printed no reply"),
        ("{\"text\": \"a\"", "printed no reply: EOF"),
        ("{\"text\": \"a\"} {\"text\": \"b\"}", "trailing characters"),
        ("{\"text\": \"a\", \"toolcalls\": []}", "unknown field `toolcalls`"),
        (
            "{\"tool_calls\": [{\"name\": \"a\", \"args\": {}}]}",
            "unknown field `args`",
        ),
        ("{\"text\": 5}", "invalid type"),
        ("{\"text\": \"a\", \"outcome\": \"asked\"}", "unknown variant `asked`"),
        ("{}", "neither text nor tool_calls"),
        ("{\"text\": \"  \"}", "neither text nor tool_calls"),
    ];
    for (output, problem) in outputs {
        let program = Program::sh(&format!("cat > /dev/null\nprintf '%s' '{output}'"));
        let error = failure(&program).await;
        assert!(error.message().contains(problem), "{output}: {error}");
    }
}

#[tokio::test]
async fn failed_program_is_quoted() {
    let program = Program::sh(
        "echo '{\"text\": \"hello\"}'\nfor n in 1 2 3 4 5 6 7 8 9; do echo line $n >&2; done\nprintf 'no\\033[31m key' >&2\nexit 3",
    );
    let error = failure(&program).await;
    assert!(error.message().contains("exit status: 3"), "{error}");
    assert!(
        error.message().ends_with("line 8 / line 9 / no\u{fffd}[31m key"),
        "{error}"
    );
    assert!(!error.message().contains("line 2"), "only the tail: {error}");
    let killed = failure(&Program::sh("kill -9 $$")).await;
    assert!(killed.message().contains("signal: 9"), "{killed}");
}

#[tokio::test]
async fn endless_output_is_cut_off() {
    let program = Program::sh("cat > /dev/null\necho starting >&2\nexec cat /dev/zero");
    let started = Instant::now();
    let error = failure(&program).await;
    assert!(error.message().contains("more than 8 MB; it said: starting"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn slow_program_is_killed_with_its_children() {
    let program = Program::sh("sleep 30 &\necho $! > \"$1/pid\"\necho thinking >&2\nwait");
    let model = program.model().with_timeout(Duration::from_millis(700));
    let error = ask(&model, &request(vec![user("q")])).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(
        error.message().contains("no reply within 700ms; it said: thinking"),
        "{error}"
    );
    assert_gone(pid(&program.file("pid")).await).await;
}

#[tokio::test]
async fn cancelled_reply_kills_the_program_and_its_children() {
    let program = Program::sh("sleep 30 &\necho $! > \"$1/pid\"\nwait");
    let model = program.model();
    let task = tokio::spawn(async move { ask(&model, &request(vec![user("q")])).await });
    let child = pid(&program.file("pid")).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_gone(child).await;
}

#[tokio::test]
async fn missing_program_is_named() {
    for command in ["hedgerow-no-such-program --x", "/nowhere/model", "/"] {
        let error = ask(&ExecModel::new(command).unwrap(), &request(vec![user("q")]))
            .await
            .unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        assert!(error.message().contains(command), "{error}");
        assert!(error.hint().unwrap().contains("PATH"), "{error:?}");
    }
    for command in ["", "  ", "''", "a | b"] {
        assert_eq!(
            ExecModel::new(command).unwrap_err().code(),
            Code::InvalidArgument,
            "{command:?}"
        );
    }
}

/// The process id that a program has written to a file, as soon as it is there.
async fn pid(file: &Path) -> rustix::process::Pid {
    for _ in 0..500 {
        let text = fs_err::read_to_string(file).unwrap_or_default();
        if let Some(id) = text.strip_suffix('\n').and_then(|id| id.parse().ok()) {
            return rustix::process::Pid::from_raw(id).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no process id in {}", file.display());
}

async fn assert_gone(process: rustix::process::Pid) {
    for _ in 0..250 {
        if !runs(process) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
    panic!("process {process:?} was left running");
}

/// A killed process whose parent is gone may wait as a zombie where nobody collects it.
fn runs(process: rustix::process::Pid) -> bool {
    let stat = fs_err::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    rustix::process::test_kill_process(process).is_ok() && state != Some('Z')
}
