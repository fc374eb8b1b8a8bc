//! The owner's side of the socket in the data folder: verbs of other processes run here.
//!
//! The form is JSON lines. The caller sends one [`Call`], the owner answers with [`Frame`]s, the last
//! of which is the exit code. A caller that hangs up cancels its verb. The socket is as private as
//! the folder: mode 0600.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use hedgerow_app::App;
use hedgerow_cli::{Command, Printer, Sink, VerbContext, cancellation, exit, parse};
use hedgerow_errors::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::host::LocalHost;

/// A call longer than this is refused.
const MAX_CALL: u64 = 1 << 20;

/// A verb as another process was started with it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    /// The arguments, bytes as they came.
    pub(crate) arguments: Vec<Vec<u8>>,
    /// The folder that relative paths start from.
    pub(crate) cwd: PathBuf,
    /// Whether a person reads the data.
    pub(crate) out_is_terminal: bool,
    /// Whether a person reads the notes.
    pub(crate) err_is_terminal: bool,
    /// The terminal's width.
    pub(crate) width: u16,
}

/// A piece of the answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Frame {
    /// For standard output.
    Out(String),
    /// For standard output, where it is no text.
    Bytes(Vec<u8>),
    /// For standard error.
    Err(String),
    /// The end.
    Exit(i32),
}

pub(crate) fn arguments_of(call: &[Vec<u8>]) -> Vec<OsString> {
    call.iter().map(|bytes| OsString::from_vec(bytes.clone())).collect()
}

pub(crate) fn bytes_of(arguments: &[OsString]) -> Vec<Vec<u8>> {
    arguments.iter().map(|argument| argument.as_bytes().to_vec()).collect()
}

/// Listens until dropped. An old socket is in the way only after a crash, since the folder is ours.
pub(crate) fn listen(path: &Path, app: App) -> Result<tokio::task::JoinHandle<()>> {
    if fs::exists(path)? {
        fs::remove_file(path)?;
    }
    let failed = |error| Error::caused(Code::Io, format!("cannot listen on {}", path.display()), error);
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(answer(stream, app.clone()))),
                Err(error) => {
                    tracing::error!(%error, "cannot accept a caller");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }))
}

async fn answer(stream: UnixStream, app: App) {
    let (reader, writer) = stream.into_split();
    let (frames, queue) = mpsc::unbounded_channel();
    let sending = tokio::spawn(send(queue, writer));
    let mut lines = BufReader::new(reader.take(MAX_CALL)).lines();
    let call = match lines.next_line().await {
        Ok(Some(line)) => serde_json::from_str::<Call>(&line).map_err(io::Error::from),
        Ok(None) => return,
        Err(error) => Err(error),
    };
    match call {
        Ok(call) => {
            let (canceller, cancel) = cancellation();
            let hung_up = async move {
                // Nothing more is expected: the stream's end means that the caller is gone.
                while let Ok(Some(_)) = lines.next_line().await {}
                canceller.cancel();
                std::future::pending::<()>().await;
            };
            let code = tokio::select! {
                code = run(call, app, &frames, cancel) => code,
                () = hung_up => exit::CANCELLED,
            };
            // A caller that is gone needs no exit code.
            let _ = frames.send(Frame::Exit(code));
        }
        Err(error) => tracing::warn!(%error, "a caller sent no call"),
    }
    drop(frames);
    if let Err(error) = sending.await {
        tracing::warn!(%error, "an answer was cut short");
    }
}

async fn run(call: Call, app: App, frames: &mpsc::UnboundedSender<Frame>, cancel: hedgerow_cli::Cancel) -> i32 {
    let sink = |frame: fn(String) -> Frame| {
        Arc::new(Remote {
            frames: frames.clone(),
            frame,
        }) as Arc<dyn Sink>
    };
    let out = (sink(Frame::Out), call.out_is_terminal);
    let printer = Printer::new(out, (sink(Frame::Err), call.err_is_terminal), call.width);
    let cli = match parse(arguments_of(&call.arguments), &printer) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    if matches!(cli.command, Command::Serve(_) | Command::Demo(_)) {
        printer.error(&Error::new(Code::Busy, "a server already serves this folder").report());
        return exit::FAILED;
    }
    let host = Arc::new(LocalHost {
        data_dir: app.data_dir().to_owned(),
    });
    let context = VerbContext {
        app: app.in_folder(&call.cwd),
        cwd: call.cwd,
        printer,
        cancel,
        host,
    };
    hedgerow_cli::run(cli, &context).await
}

async fn send(mut queue: mpsc::UnboundedReceiver<Frame>, mut writer: OwnedWriteHalf) {
    while let Some(frame) = queue.recv().await {
        let Ok(mut line) = serde_json::to_vec(&frame) else {
            continue;
        };
        line.push(b'\n');
        if writer.write_all(&line).await.is_err() {
            return;
        }
    }
}

/// A stream of the caller.
struct Remote {
    frames: mpsc::UnboundedSender<Frame>,
    frame: fn(String) -> Frame,
}

impl Sink for Remote {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let frame = std::str::from_utf8(bytes)
            .map_or_else(|_| Frame::Bytes(bytes.to_vec()), |text| (self.frame)(text.to_owned()));
        self.frames
            .send(frame)
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}
