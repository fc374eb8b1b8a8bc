//! The owner's side of the socket in the data folder: verbs of other processes run here.
//!
//! The form is JSON lines. The caller sends one [`Call`], the owner answers with [`Frame`]s, the last
//! of which is the exit code; a call that can't be run is answered with its error. A caller that hangs
//! up cancels its verb. The socket is as private as the folder: mode 0600.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use hedgerow_app::App;
use hedgerow_cli::{Command, ImportCommand, Printer, Sink, VerbContext, cancellation, exit, parse};
use hedgerow_errors::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::host::LocalHost;

/// A call longer than this is refused. Systems pass arguments of a few megabytes at most, and text
/// grows up to sixfold as JSON.
const MAX_CALL: u64 = 16 << 20;

/// Paths longer than this don't fit in a socket's address on any system.
const LONGEST_ADDRESS: usize = 100;

/// Where a process finds its own open files: in another process these names mean other files.
const OPEN_FILES: [&str; 5] = ["/dev/stdin", "/dev/fd", "/proc/self", "/proc/thread-self", "/dev/tty"];

/// A verb as another process was started with it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    /// The arguments as they came.
    pub(crate) arguments: Vec<Argument>,
    /// The folder that relative paths start from.
    pub(crate) cwd: PathBuf,
    /// Whether a person reads the data.
    pub(crate) out_is_terminal: bool,
    /// Whether a person reads the notes.
    pub(crate) err_is_terminal: bool,
    /// The terminal's width.
    pub(crate) width: u16,
    /// The key to act with, be it from the caller's environment.
    #[serde(default)]
    pub(crate) key: Option<String>,
}

/// An argument: text as text, which is short, and anything else byte by byte.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Argument {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<OsString> for Argument {
    fn from(argument: OsString) -> Self {
        argument
            .into_string()
            .map_or_else(|other| Self::Bytes(other.into_vec()), Self::Text)
    }
}

impl From<Argument> for OsString {
    fn from(argument: Argument) -> Self {
        match argument {
            Argument::Text(text) => text.into(),
            Argument::Bytes(bytes) => Self::from_vec(bytes),
        }
    }
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

/// A path by which a socket can be bound or reached, whose address holds about a hundred bytes. A
/// longer path goes by its folder, which stays open as long as the path is needed.
pub(crate) fn address_of(path: &Path) -> Result<(PathBuf, Option<fs::File>)> {
    if path.as_os_str().len() <= LONGEST_ADDRESS {
        return Ok((path.to_owned(), None));
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(Error::internal(format!("{} is no socket in a folder", path.display())));
    };
    let folder = fs::File::open(folder)?;
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    if !short.is_dir() {
        let message = format!("the path {} is too long for a socket", path.display());
        return Err(Error::invalid(message).with_hint("take a data folder with a shorter path, by --data"));
    }
    Ok((short.join(name), Some(folder)))
}

/// Listens until dropped. An old socket is in the way only after a crash, since the folder is ours.
pub(crate) fn listen(path: &Path, app: App) -> Result<tokio::task::JoinHandle<()>> {
    if fs::exists(path)? {
        fs::remove_file(path)?;
    }
    let failed = |error| Error::caused(Code::Io, format!("cannot listen on {}", path.display()), error);
    let (address, _folder) = address_of(path)?;
    let listener = UnixListener::bind(address).map_err(failed)?;
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
    let mut reader = BufReader::new(reader);
    match read_call(&mut reader).await {
        Ok(Some(call)) => {
            let (canceller, cancel) = cancellation();
            let hung_up = async move {
                // Nothing more is expected: the stream's end means that the caller is gone.
                let mut ignored = [0; 64];
                while matches!(reader.read(&mut ignored).await, Ok(1..)) {}
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
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(%error, "a caller sent no call");
            printer(&frames, (false, false), 80).error(&error.report());
            let _ = frames.send(Frame::Exit(exit::FAILED));
        }
    }
    drop(frames);
    if let Err(error) = sending.await {
        tracing::warn!(%error, "an answer was cut short");
    }
}

/// The call of a caller; none where the caller went away without one.
async fn read_call(reader: &mut BufReader<OwnedReadHalf>) -> Result<Option<Call>> {
    let failed = |error: io::Error| Error::caused(Code::Io, "cannot read the call", error);
    let mut line = Vec::new();
    let read = (&mut *reader).take(MAX_CALL).read_until(b'\n', &mut line).await;
    if read.map_err(failed)? == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && line.len() as u64 == MAX_CALL {
        drop(line);
        // The caller reads the answer only when it has sent everything.
        loop {
            let rest = reader.fill_buf().await.map_err(failed)?;
            let (length, end) = (rest.len(), rest.iter().position(|byte| *byte == b'\n'));
            reader.consume(end.map_or(length, |end| end + 1));
            if length == 0 || end.is_some() {
                break;
            }
        }
        let message = format!("the call is longer than {} MB", MAX_CALL >> 20);
        return Err(Error::new(Code::LimitExceeded, message)
            .with_hint("give fewer arguments at once, or stop the server so that the verb runs here"));
    }
    let call = serde_json::from_slice(&line);
    call.map(Some).map_err(|error| {
        Error::caused(Code::InvalidArgument, "the call can't be read", error)
            .with_hint("the server and this program may be of different versions: restart the server")
    })
}

/// Prints to the caller.
fn printer(frames: &mpsc::UnboundedSender<Frame>, terminals: (bool, bool), width: u16) -> Printer {
    let sink = |frame: fn(String) -> Frame| {
        Arc::new(Remote {
            frames: frames.clone(),
            frame,
        }) as Arc<dyn Sink>
    };
    Printer::new((sink(Frame::Out), terminals.0), (sink(Frame::Err), terminals.1), width)
}

/// Refuses files that only the caller has: its standard input, and pipes of its shell.
fn refuse_open_files(command: &Command) -> Result<()> {
    let Command::Import(ImportCommand::AccessLog(arguments)) = command else {
        return Ok(());
    };
    let theirs = |file: &&PathBuf| OPEN_FILES.iter().any(|open| file.starts_with(open));
    let Some(file) = arguments.files.iter().find(theirs) else {
        return Ok(());
    };
    let message = format!(
        "{} is open in the calling process only, and a server runs the import",
        file.display()
    );
    Err(Error::invalid(message).with_hint("write it to a file first, or stop the server and import again"))
}

async fn run(call: Call, app: App, frames: &mpsc::UnboundedSender<Frame>, cancel: hedgerow_cli::Cancel) -> i32 {
    let printer = printer(frames, (call.out_is_terminal, call.err_is_terminal), call.width);
    let arguments: Vec<OsString> = call.arguments.into_iter().map(OsString::from).collect();
    let mut cli = match parse(arguments, &printer) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    // What was parsed here has the key of this process's environment, which is no matter of the caller's.
    cli.globals.key = call.key;
    if matches!(cli.command, Command::Serve(_) | Command::Demo(_)) {
        printer.error(&Error::new(Code::Busy, "a server already serves this folder").report());
        return exit::FAILED;
    }
    if let Err(error) = refuse_open_files(&cli.command) {
        let report = error.report();
        if cli.globals.json && printer.json(&serde_json::json!({"error": report})).is_err() {
            return exit::FAILED;
        }
        printer.error(&report);
        return exit::FAILED;
    }
    crate::say_problems(&app, cli.globals.project.as_ref(), &printer).await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_out_as_they_went_in() {
        let sent = [
            OsString::from("päge \"views\"\n"),
            OsString::from_vec(vec![b'a', 0xff, b'b']),
        ];
        let arguments: Vec<Argument> = sent.iter().cloned().map(Argument::from).collect();
        let line = serde_json::to_string(&arguments).unwrap();
        assert_eq!(line, r#"["päge \"views\"\n",[97,255,98]]"#);
        let arguments: Vec<Argument> = serde_json::from_str(&line).unwrap();
        let received: Vec<OsString> = arguments.into_iter().map(OsString::from).collect();
        assert_eq!(received, sent);
    }

    #[tokio::test]
    async fn a_long_folder_has_a_socket() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("a".repeat(100)).join("b".repeat(100));
        fs::create_dir_all(&long).unwrap();
        let path = long.join("socket");
        let (address, _folder) = address_of(&path).unwrap();
        let listener = UnixListener::bind(&address).unwrap();
        assert!(path.exists());
        let (address, _folder) = address_of(&path).unwrap();
        let (connected, accepted) = tokio::join!(UnixStream::connect(&address), listener.accept());
        assert!(connected.is_ok() && accepted.is_ok());
    }

    #[tokio::test]
    async fn a_call_that_is_too_long_is_read_to_its_end_and_refused() {
        let (here, there) = UnixStream::pair().unwrap();
        let sending = tokio::spawn(async move {
            let (_reader, mut writer) = there.into_split();
            writer.write_all(&vec![b'x'; (MAX_CALL + 5) as usize]).await.unwrap();
            writer.write_all(b"\n").await.unwrap();
            writer
        });
        let mut reader = BufReader::new(here.into_split().0);
        let error = read_call(&mut reader).await.unwrap_err();
        assert_eq!(error.code(), Code::LimitExceeded);
        drop(sending.await.unwrap());
        assert!(read_call(&mut reader).await.unwrap().is_none());
    }
}
