//! One program, started, fed, read and, where it takes too long or nobody waits any more, killed
//! with everything it started.

use std::collections::VecDeque;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// Bytes of standard output taken at most.
pub(crate) const OUTPUT_LIMIT: u64 = 8 * 1024 * 1024;
/// Bytes of one line of standard error taken at most; the rest of the line becomes the next.
const STDERR_LINE: u64 = 1024;
/// Lines of standard error kept for the error.
const STDERR_LINES: usize = 8;
/// How long standard error may stay open after the program's end: a child of it may hold it.
const STDERR_GRACE: Duration = Duration::from_millis(200);

/// How a program ended.
pub(crate) enum Ended {
    /// By itself, with its whole output.
    Exited(ExitStatus, Vec<u8>),
    /// It wrote more than [`OUTPUT_LIMIT`].
    TooMuchOutput,
    /// It took too long.
    TimedOut,
}

/// A program's end with the last lines of its standard error.
pub(crate) struct Outcome {
    pub(crate) ended: Ended,
    pub(crate) stderr: String,
}

/// Runs a program: `input` and then the end of file on standard input, all of standard output back.
/// It runs in `folder`, or in this process's own.
pub(crate) async fn run(
    words: &[String],
    folder: Option<&Path>,
    input: Vec<u8>,
    timeout: Duration,
) -> std::io::Result<Outcome> {
    let mut child = start(words, folder)?;
    let mut group = Group::of(&child);
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tail = Tail::default();
    let listener = stderr.map(|stderr| AbortOnDrop(tokio::spawn(listen(stderr, tail.clone()))));
    let talk = async {
        // All three at once: a program may answer before it has read everything, or read nothing.
        let (fed, output) = tokio::join!(feed(stdin, input), read(stdout));
        fed?;
        match output? {
            None => Ok(Ended::TooMuchOutput),
            Some(output) => child.wait().await.map(|status| Ended::Exited(status, output)),
        }
    };
    let ended = match tokio::time::timeout(timeout, talk).await {
        Ok(ended) => ended?,
        Err(_) => Ended::TimedOut,
    };
    match ended {
        // What a program leaves running after its reply is its own choice, e.g. a server.
        Ended::Exited(..) => group.release(),
        Ended::TooMuchOutput | Ended::TimedOut => drop(group),
    }
    if let Some(mut listener) = listener {
        let _ = tokio::time::timeout(STDERR_GRACE, &mut listener.0).await;
    }
    Ok(Outcome {
        ended,
        stderr: tail.text(),
    })
}

fn start(words: &[String], folder: Option<&Path>) -> std::io::Result<Child> {
    let (program, arguments) = words.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    #[expect(clippy::disallowed_methods, reason = "the one place that starts a model's program")]
    let mut command = Command::new(program);
    command.args(arguments).env("HEDGEROW_PROTOCOL", "1").kill_on_drop(true);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

async fn feed(stdin: Option<ChildStdin>, input: Vec<u8>) -> std::io::Result<()> {
    let Some(mut stdin) = stdin else { return Ok(()) };
    match stdin.write_all(&input).await {
        // The program did not want to read all of it, which is no fault.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// All of standard output, or nothing where it is too much.
async fn read(stdout: Option<ChildStdout>) -> std::io::Result<Option<Vec<u8>>> {
    let mut output = Vec::new();
    let Some(stdout) = stdout else { return Ok(Some(output)) };
    let size = stdout.take(OUTPUT_LIMIT + 1).read_to_end(&mut output).await?;
    Ok((size as u64 <= OUTPUT_LIMIT).then_some(output))
}

/// Passes standard error on, line by line, and keeps the last lines.
async fn listen(stderr: ChildStderr, tail: Tail) {
    let mut reader = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(STDERR_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let line = printable(&String::from_utf8_lossy(&line));
                tracing::info!(target: "hedgerow_models::exec", "{line}");
                tail.push(line);
            }
        }
    }
}

/// A program's text must not move the reader's cursor or colour the terminal.
fn printable(line: &str) -> String {
    let line = line.trim_end();
    line.chars()
        .map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c })
        .collect()
}

/// The last lines of standard error.
#[derive(Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !line.is_empty() {
            lines.push_back(line);
        }
        if lines.len() > STDERR_LINES {
            lines.pop_front();
        }
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join(" / ")
    }
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Kills the program's process group when dropped, so that a cancelled run leaves nothing behind.
struct Group(Option<u32>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id())
    }

    fn release(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self
            .0
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            // It fails only where nothing is left to kill.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}
