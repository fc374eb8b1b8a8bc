//! The example program, driven as the loop drives it.

use hedgerow_agent_api::{Message, ModelReply, Outcome, ToolOutcome};
use hedgerow_models::ExecModel;
use serde_json::{Value, json};

use crate::sample::{ask, request, root, user};

/// The messages after a question was asked.
struct Turn {
    messages: Vec<Message>,
    repair: Option<String>,
}

impl Turn {
    fn asks(question: &str) -> Self {
        let earlier = vec![
            user("Hello?"),
            Message::Assistant {
                content: "Hello.".to_owned(),
                tool_calls: Vec::new(),
            },
        ];
        Self {
            messages: [earlier, vec![user(question)]].concat(),
            repair: None,
        }
    }

    async fn reply(&mut self) -> ModelReply {
        let program = root().join("examples/exec-model.py");
        let model = ExecModel::new(&format!("python3 '{}'", program.display())).unwrap();
        let mut request = request(self.messages.clone());
        request.repair.clone_from(&self.repair);
        let reply = ask(&model, &request).await.unwrap();
        let (content, tool_calls) = (reply.text.clone(), reply.tool_calls.clone());
        self.messages.push(Message::Assistant { content, tool_calls });
        reply
    }

    /// The reply is one call of a tool; answers it and gives its arguments.
    async fn calls(&mut self, tool: &str, handle: Option<&str>, outcome: ToolOutcome, content: &str) -> Value {
        let reply = self.reply().await;
        assert_eq!(reply.tool_calls.len(), 1, "{reply:?}");
        let call = &reply.tool_calls[0];
        assert_eq!(call.name, tool);
        let (call_id, name, handle) = (call.id.clone(), call.name.clone(), handle.map(str::to_owned));
        self.messages.push(Message::Tool {
            call_id,
            name,
            handle,
            outcome,
            content: content.to_owned(),
        });
        call.arguments.clone()
    }
}

const TAXONOMY: &str = "events: $pageview, $request";

#[tokio::test]
async fn example_answers_by_reference() {
    let cases = [
        (
            "How many page views were there?",
            json!({"date_from": "all"}),
            "{{r3[0].page_views}} page views.",
        ),
        (
            "how many page views on 2015-05-18",
            json!({"date_from": "2015-05-18", "date_to": "2015-05-18"}),
            "{{r3[0].page_views}} page views on 2015-05-18.",
        ),
        (
            "How many page views were there from 2015-05-17 to 2015-05-19?",
            json!({"date_from": "2015-05-17", "date_to": "2015-05-19"}),
            "{{r3[0].page_views}} page views from 2015-05-17 to 2015-05-19.",
        ),
    ];
    for (question, range, text) in cases {
        let mut turn = Turn::asks(question);
        turn.calls("read_taxonomy", None, ToolOutcome::Ok, TAXONOMY).await;
        let query = turn
            .calls("query_trends", Some("r3"), ToolOutcome::Ok, "row\tpage_views\n0\t1002")
            .await;
        assert_eq!(query["dateRange"], range, "{question}");
        assert_eq!(query["series"], json!([{"event": "$pageview"}]));
        assert_eq!(query["trendsFilter"], json!({"display": "BoldNumber"}));
        let answer = turn.reply().await;
        assert_eq!(
            (answer.text.as_str(), answer.outcome),
            (text, Outcome::Answered),
            "{question}"
        );
        assert_eq!(answer.headline.as_deref(), Some("r3[0].page_views"));
    }
}

#[tokio::test]
async fn example_refuses_what_it_does_not_understand() {
    for question in [
        "How many page views by bots?",
        "Which page is the best?",
        "How many page views yesterday?",
    ] {
        let reply = Turn::asks(question).reply().await;
        assert_eq!(
            (reply.outcome, reply.tool_calls.len()),
            (Outcome::Refused, 0),
            "{question}"
        );
        assert!(reply.text.contains("page views"), "{}", reply.text);
    }
}

#[tokio::test]
async fn example_refuses_where_the_tools_give_no_number() {
    let mut missing = Turn::asks("How many page views were there?");
    missing
        .calls("read_taxonomy", None, ToolOutcome::Ok, "events: $request")
        .await;
    let mut failed = Turn::asks("How many page views on 2019-01-01?");
    failed.calls("read_taxonomy", None, ToolOutcome::Ok, TAXONOMY).await;
    failed
        .calls(
            "query_trends",
            None,
            ToolOutcome::Error,
            "no data; data exists from 2015-05-17",
        )
        .await;
    let mut repaired = Turn::asks("How many page views were there?");
    repaired.calls("read_taxonomy", None, ToolOutcome::Ok, TAXONOMY).await;
    repaired.calls("query_trends", Some("r1"), ToolOutcome::Ok, "").await;
    repaired.reply().await;
    repaired.repair = Some("r1 has no column page_views".to_owned());
    for mut turn in [missing, failed, repaired] {
        let reply = turn.reply().await;
        assert_eq!(
            (reply.outcome, reply.tool_calls.len(), reply.headline),
            (Outcome::Refused, 0, None)
        );
        assert!(
            !reply.text.contains(|c: char| c.is_ascii_digit()),
            "no number of its own: {}",
            reply.text
        );
    }
}
