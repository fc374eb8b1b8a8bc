//! Any program as the model: request JSON on standard input, reply JSON on standard output.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{DeltaSink, ModelProvider, ModelReply, ModelRequest};
use hedgerow_errors::{Code, Error, Result};

use crate::command_line;
use crate::process::{self, Ended, OUTPUT_LIMIT, Outcome};

/// How long a reply may take.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Characters of a wrong output that an error shows.
const EXCERPT: usize = 200;
/// What helps where a program does not get as far as a reply.
const RUN_IT: &str = "run the command by itself to see what is wrong; docs/guides/models.md shows a request to feed it";
/// What a program must print.
const SHAPE: &str = r#"the program prints one JSON object on standard output and nothing else: {"tool_calls": [{"id": "1", "name": "query_trends", "arguments": {...}}]} to call tools, or {"text": "{{r1[0].page_views}} page views", "outcome": "answered", "headline": "r1[0].page_views"} to answer; see docs/guides/models.md"#;

/// Starts a program for each reply.
#[derive(Debug)]
pub struct ExecModel {
    command: String,
    words: Vec<String>,
    folder: Option<PathBuf>,
    timeout: Duration,
}

impl ExecModel {
    /// A program with its arguments, split at white space and by quotes like in a shell; no shell runs
    /// it. A reply may take 120 seconds.
    ///
    /// # Errors
    ///
    /// `invalid_argument` where the command is empty or can't be split.
    pub fn new(command: &str) -> Result<Self> {
        let words = command_line::split(command)?;
        if words.first().is_none_or(String::is_empty) {
            return Err(
                Error::invalid("the command of the exec model is empty").with_hint("say exec:PROGRAM [ARGUMENT]...")
            );
        }
        Ok(Self {
            command: command.trim().to_owned(),
            words,
            folder: None,
            timeout: TIMEOUT,
        })
    }

    /// The same run in another folder than this process's.
    #[must_use]
    pub fn in_folder(mut self, folder: Option<&Path>) -> Self {
        self.folder = folder.map(Path::to_owned);
        self
    }

    /// The same with another limit on the time of a reply.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn parse(&self, outcome: Outcome) -> Result<ModelReply> {
        let Outcome { ended, stderr } = outcome;
        let output = match ended {
            Ended::TimedOut => {
                let problem = format!("gave no reply within {:?}", self.timeout);
                return Err(self.failed(&problem, &stderr).with_hint(RUN_IT));
            }
            Ended::TooMuchOutput => {
                let problem = format!("printed more than {} MB", OUTPUT_LIMIT / 1024 / 1024);
                return Err(self.failed(&problem, &stderr));
            }
            // An exit status prints as "exit status: 1" or "signal: 9 (SIGKILL)".
            Ended::Exited(status, _) if !status.success() => {
                let problem = format!("failed with {status}");
                return Err(self.failed(&problem, &stderr).with_hint(RUN_IT));
            }
            Ended::Exited(_, output) => output,
        };
        if output.iter().all(u8::is_ascii_whitespace) {
            return Err(self.failed("printed nothing", &stderr));
        }
        let reply: ModelReply = serde_json::from_slice(&output).map_err(|error| {
            let problem = format!("printed no reply: {error}, in {:?}", excerpt(&output));
            self.failed(&problem, &stderr)
        })?;
        if reply.text.trim().is_empty() && reply.tool_calls.is_empty() {
            return Err(self.failed("printed a reply with neither text nor tool_calls", &stderr));
        }
        Ok(reply)
    }

    fn failed(&self, problem: &str, stderr: &str) -> Error {
        let said = if stderr.is_empty() {
            String::new()
        } else {
            format!("; it said: {stderr}")
        };
        Error::new(
            Code::Unavailable,
            format!("exec model {:?} {problem}{said}", self.command),
        )
        .with_hint(SHAPE)
    }
}

fn excerpt(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let mut start: String = text.chars().take(EXCERPT).collect();
    if start.len() < text.len() {
        start.push_str("...");
    }
    start
}

#[async_trait]
impl ModelProvider for ExecModel {
    fn name(&self) -> String {
        format!("exec:{}", self.command)
    }

    async fn reply(&self, request: &ModelRequest, _deltas: &dyn DeltaSink) -> Result<ModelReply> {
        let as_json = |error| Error::caused(Code::Internal, "writing the model's request as JSON", error);
        let mut input = serde_json::to_vec(request).map_err(as_json)?;
        // Programs that read lines get a whole one.
        input.push(b'\n');
        let outcome = process::run(&self.words, self.folder.as_deref(), input, self.timeout)
            .await
            .map_err(|error| {
                Error::caused(
                    Code::Unavailable,
                    format!("exec model {:?} could not be run", self.command),
                    error,
                )
                .with_hint("the first word is a program on the PATH or a path to one; no shell reads the command")
            })?;
        self.parse(outcome)
    }
}
