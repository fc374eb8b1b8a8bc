//! `ask_user`: ends the run with a question.

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Control, Declaration, Display, Effect, Example, Question, Tool, ToolContext, ToolOutput};
use hedgerow_errors::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;

/// Answers to choose from.
const MOST_OPTIONS: usize = 6;

/// What was asked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct AskUserOutput {
    /// The question.
    question: String,
}

/// The tool.
pub(super) struct AskUser;

fn check(question: &Question) -> Result<()> {
    if question.question.trim().is_empty() {
        return Err(Error::invalid("the question is empty"));
    }
    let options = question.options.len();
    if options > MOST_OPTIONS {
        return Err(Error::invalid(format!(
            "a question has at most {MOST_OPTIONS} options, these are {options}"
        )));
    }
    Ok(())
}

#[async_trait]
impl Tool for AskUser {
    type Args = Question;
    type Output = AskUserOutput;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "ask_user".into(),
            title: "Ask the user".into(),
            description: "Asks the user one question and ends the run; the answer starts the next one. Only when the \
                answer depends on something that neither the question nor the data tells. Up to 6 options.".into(),
            display: Display::new("Asking", "Asked"),
            expected: Duration::from_millis(5),
            progress: None,
            access: "run:write".into(),
            examples: const { &[Example::new("A word with two meanings", r#"{"question": "Do you mean page views or all requests?", "options": ["page views", "all requests"]}"#)] }.into(),
        }
    }

    async fn effect(&self, _: &ToolContext, args: &Question) -> Result<Effect> {
        check(args).map(|()| Effect::Draft)
    }

    async fn run(&self, _: &ToolContext, args: Question) -> Result<ToolOutput<AskUserOutput>> {
        check(&args)?;
        let mut content = format!("the user was asked: {}", args.question);
        if !args.options.is_empty() {
            content.push_str(&format!(" ({})", args.options.join(" / ")));
        }
        let output = ToolOutput::text(
            AskUserOutput {
                question: args.question.clone(),
            },
            content,
        );
        Ok(output.with_control(Control::Ask(args)))
    }
}
