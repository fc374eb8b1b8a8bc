//! Requests, and programs to send them to.

use std::path::PathBuf;

use hedgerow_agent_api::{DeltaSink, Message, ModelProvider, ModelReply, ModelRequest};
use hedgerow_errors::Result;
use hedgerow_models::ExecModel;

struct NoDeltas;

impl DeltaSink for NoDeltas {
    fn delta(&self, _: &str) {}
}

pub(crate) fn request(messages: Vec<Message>) -> ModelRequest {
    let (system, tools, now) = (
        vec!["Be exact.".to_owned()],
        Vec::new(),
        "2015-05-20T12:00:00Z".to_owned(),
    );
    ModelRequest {
        version: 1,
        system,
        messages,
        tools,
        now,
        repair: None,
    }
}

pub(crate) fn user(content: &str) -> Message {
    Message::User {
        content: content.to_owned(),
    }
}

pub(crate) async fn ask(model: &ExecModel, request: &ModelRequest) -> Result<ModelReply> {
    model.reply(request, &NoDeltas).await
}

/// A folder with a program in it.
pub(crate) struct Program {
    pub(crate) folder: tempfile::TempDir,
    command: String,
}

impl Program {
    /// A script for `sh`; `$1` is the folder.
    pub(crate) fn sh(script: &str) -> Self {
        Self::new("sh", script)
    }

    /// A Python program; `sys.argv[1]` is the folder.
    pub(crate) fn python(source: &str) -> Self {
        Self::new("python3", source)
    }

    fn new(interpreter: &str, source: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("the program");
        fs_err::write(&file, source).unwrap();
        let command = format!("{interpreter} '{}' '{}'", file.display(), folder.path().display());
        Self { folder, command }
    }

    pub(crate) fn model(&self) -> ExecModel {
        ExecModel::new(&self.command).unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
