//! Scripts: order, expectations, and what is refused.

use hedgerow_agent_api::ToolCallRequest;
use serde_json::json;

use super::*;

struct Collected(std::sync::Mutex<Vec<String>>);

impl DeltaSink for Collected {
    fn delta(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

fn script(content: &Value) -> Result<ScriptedModel> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), content.to_string()).unwrap();
    ScriptedModel::load(file.path())
}

fn user(content: &str) -> Message {
    Message::User {
        content: content.to_owned(),
    }
}

fn assistant(content: &str) -> Message {
    Message::Assistant {
        content: content.to_owned(),
        tool_calls: Vec::new(),
    }
}

fn tool(outcome: ToolOutcome) -> Message {
    let (call_id, name, handle) = ("1".to_owned(), "query_trends".to_owned(), None);
    Message::Tool {
        call_id,
        name,
        handle,
        outcome,
        content: "unknown event".to_owned(),
    }
}

fn request(messages: Vec<Message>, repair: Option<&str>) -> ModelRequest {
    let (system, tools, now) = (Vec::new(), Vec::new(), "2015-05-20T12:00:00Z".to_owned());
    ModelRequest {
        version: 1,
        system,
        messages,
        tools,
        now,
        repair: repair.map(str::to_owned),
    }
}

async fn said(model: &ScriptedModel, messages: Vec<Message>, repair: Option<&str>) -> Result<String> {
    let deltas = Collected(std::sync::Mutex::default());
    let reply = model.reply(&request(messages, repair), &deltas).await?;
    assert_eq!(deltas.0.into_inner().unwrap().concat(), reply.text);
    Ok(reply.text)
}

#[tokio::test]
async fn reply_is_chosen_by_the_conversation_alone() {
    let model = script(&json!({"replies": [{"text": "one"}, {"text": "two b"}, {"text": "three"}]})).unwrap();
    let ok = || tool(ToolOutcome::Ok);
    let old = || [user("old"), assistant("x"), ok(), assistant("y")];
    let cases = [
        (vec![user("q")], None, "one"),
        (vec![user("q"), assistant("a"), ok(), ok()], None, "two b"),
        (
            vec![user("q"), assistant("a"), ok(), assistant("b"), ok()],
            None,
            "three",
        ),
        ([&old()[..], &[user("q")]].concat(), None, "one"),
        ([&old()[..], &[user("q"), assistant("a"), ok()]].concat(), None, "two b"),
        // The answer that was sent back stands in the conversation, so the reply after it is next, and
        // calls made to repair it count on from there.
        (vec![user("q"), assistant("wrong")], Some("5 is not in r1"), "two b"),
        (
            vec![user("q"), assistant("wrong"), assistant("b"), ok()],
            Some("5 is not in r1"),
            "three",
        ),
    ];
    for (messages, repair, text) in cases {
        // Twice, because a resumed run asks the same again.
        for _ in 0..2 {
            assert_eq!(
                said(&model, messages.clone(), repair).await.unwrap(),
                text,
                "{messages:?}"
            );
        }
    }
}

#[tokio::test]
async fn running_out_of_replies_names_the_file() {
    let model = script(&json!({"replies": [{"text": "one"}]})).unwrap();
    let error = said(&model, vec![user("q"), assistant("one")], None).await.unwrap_err();
    assert!(error.message().contains(&model.file.display().to_string()), "{error}");
    assert!(
        error.message().contains("reply 2 is wanted, but the script has 1"),
        "{error}"
    );
}

#[tokio::test]
async fn expectations_are_checked() {
    let expect = json!({"question_contains": "Page Views", "last_tool_ok": true});
    let model = script(&json!({"replies": [{"text": "one"}, {"expect": expect, "reply": {"text": "two"}}]})).unwrap();
    let turn = |question: &str, rest: &[Message]| [&[user(question), assistant("one")], rest].concat();
    let views = "how many page views?";
    assert_eq!(
        said(&model, turn(views, &[tool(ToolOutcome::Ok)]), None).await.unwrap(),
        "two"
    );
    let cases = [
        (turn("how many hits?", &[tool(ToolOutcome::Ok)]), "does not contain"),
        (turn(views, &[]), "no tool has answered"),
        (
            turn(views, &[tool(ToolOutcome::Ok), tool(ToolOutcome::Error)]),
            "an error: unknown event",
        ),
    ];
    for (messages, problem) in cases {
        let error = said(&model, messages, None).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(problem), "{error}");
    }
}

#[tokio::test]
async fn calls_are_said_as_written() {
    let call = json!({"id": "a", "name": "query_trends", "arguments": {"series": [{"event": "$pageview"}]}});
    let model = script(&json!({"replies": [{"tool_calls": [call]}]})).unwrap();
    let deltas = Collected(std::sync::Mutex::default());
    let reply = model.reply(&request(vec![user("q")], None), &deltas).await.unwrap();
    let arguments = json!({"series": [{"event": "$pageview"}]});
    assert_eq!(
        reply.tool_calls,
        [ToolCallRequest {
            id: "a".into(),
            name: "query_trends".into(),
            arguments
        }]
    );
}

#[test]
fn load_refuses_what_is_no_script() {
    let cases = [
        (json!([]), ""),
        (json!({}), "replies"),
        (json!({"replies": [], "more": 1}), "more"),
        (
            json!({"replies": [{"text": "a"}, {"txt": "b"}]}),
            "reply 2: unknown field `txt`",
        ),
        (
            json!({"replies": [{"reply": {"txt": "b"}}]}),
            "reply 1: unknown field `txt`",
        ),
        (json!({"replies": [{"expect": {}}]}), "reply 1: missing field `reply`"),
        (
            json!({"replies": [{"expect": {"tool_ok": true}, "reply": {}}]}),
            "reply 1: unknown field `tool_ok`",
        ),
        (
            json!({"replies": [{"tool_calls": [{"name": "a", "args": {}}]}]}),
            "reply 1: unknown field `args`",
        ),
    ];
    for (content, problem) in cases {
        let error = script(&content).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains(problem), "{content}: {error}");
        assert!(error.hint().unwrap().contains("replies"));
    }
    let missing = ScriptedModel::load(Path::new("nowhere/script.json")).unwrap_err();
    assert_eq!(missing.code(), Code::Io);
    assert!(missing.message().contains("nowhere/script.json"), "{missing}");
}
