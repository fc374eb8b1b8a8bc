//! Where verbs write: data to one stream, everything else to the other.

use std::fmt;
use std::io;
use std::sync::Arc;

use hedgerow_errors::{Code, Error, Report, Result};
use serde::Serialize;

/// Takes bytes: a stream of the process, or the way to one over a socket.
pub trait Sink: Send + Sync {
    /// Writes all bytes and flushes them.
    fn write(&self, bytes: &[u8]) -> io::Result<()>;
}

/// The two streams of a verb. Texts from outside (names, values, answers) lose their control
/// characters on the way, so that data can't steer a terminal.
#[derive(Clone)]
pub struct Printer {
    out: Arc<dyn Sink>,
    err: Arc<dyn Sink>,
    out_is_terminal: bool,
    err_is_terminal: bool,
    width: u16,
}

impl Printer {
    /// A printer; `width` is the terminal's, in columns.
    #[must_use]
    pub fn new(
        (out, out_is_terminal): (Arc<dyn Sink>, bool),
        (err, err_is_terminal): (Arc<dyn Sink>, bool),
        width: u16,
    ) -> Self {
        Self {
            out,
            err,
            out_is_terminal,
            err_is_terminal,
            width,
        }
    }

    /// True where a person reads the data.
    #[must_use]
    pub fn out_is_terminal(&self) -> bool {
        self.out_is_terminal
    }

    /// True where a person reads the notes, so that progress may be drawn.
    #[must_use]
    pub fn err_is_terminal(&self) -> bool {
        self.err_is_terminal
    }

    /// The terminal's width, in columns.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// A line of data.
    pub fn line(&self, text: &str) -> Result<()> {
        self.write_out(&format!("{}\n", clean(text)))
    }

    /// Data as it is, for programs. On a terminal control characters are taken out.
    pub fn raw(&self, text: &str) -> Result<()> {
        if self.out_is_terminal {
            self.write_out(&clean(text))
        } else {
            self.write_out(text)
        }
    }

    /// Data that is no text.
    pub fn bytes(&self, bytes: &[u8]) -> Result<()> {
        self.write_bytes(bytes)
    }

    /// A value as one line of JSON.
    pub fn json(&self, value: &impl Serialize) -> Result<()> {
        let text =
            serde_json::to_string(value).map_err(|error| Error::internal(format!("output is no JSON: {error}")))?;
        // JSON escapes the control characters of ASCII itself; the others mean nothing to it.
        self.raw(&format!("{text}\n"))
    }

    /// A line beside the data. There is no way to tell that it can't be told, so a failure is dropped.
    pub fn note(&self, text: &str) {
        let _ = self.err.write(format!("{}\n", clean(text)).as_bytes());
    }

    /// Terminal control, for progress.
    pub(crate) fn control(&self, text: &str) -> io::Result<()> {
        self.err.write(text.as_bytes())
    }

    /// An error: what and why on one line, and the way out on another.
    pub fn error(&self, report: &Report) {
        self.note(&format!("error: {}", report.message.replace('\n', " ")));
        if let Some(hint) = &report.hint {
            self.note(&format!("hint: {}", hint.replace('\n', " ")));
        }
    }

    /// Data from another process's printer, which has cleaned it already.
    pub fn relay_out(&self, bytes: &[u8]) -> Result<()> {
        self.write_bytes(bytes)
    }

    /// Notes from another process's printer. Progress is among them, so nothing is taken out.
    pub fn relay_err(&self, text: &str) -> Result<()> {
        self.err
            .write(text.as_bytes())
            .map_err(|error| Error::caused(Code::Io, "writing notes", error))
    }

    fn write_out(&self, text: &str) -> Result<()> {
        self.write_bytes(text.as_bytes())
    }

    fn write_bytes(&self, bytes: &[u8]) -> Result<()> {
        match self.out.write(bytes) {
            // The reader has seen enough, e.g. `head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Error::caused(Code::Io, "writing the output", error)),
            Ok(()) => Ok(()),
        }
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Printer")
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}

/// Without control characters (but line breaks and tabs) and without those that turn the writing
/// direction, which show text in another order than it has.
pub(crate) fn clean(text: &str) -> String {
    let harmful = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|c| !harmful(*c)).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Keeps what was written.
    #[derive(Default)]
    pub(crate) struct Memory(Mutex<Vec<u8>>);

    impl Memory {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Sink for Memory {
        fn write(&self, bytes: &[u8]) -> io::Result<()> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(())
        }
    }

    struct Broken(io::ErrorKind);

    impl Sink for Broken {
        fn write(&self, _: &[u8]) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn lines_lose_what_steers_a_terminal() {
        let (out, err) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
        let printer = Printer::new((out.clone(), false), (err.clone(), false), 80);
        printer.line("a\u{1b}[2Jb\r\u{9b}c\u{202e}d\te").unwrap();
        printer.note("x\u{7}y");
        assert_eq!(out.text(), "a[2Jbcd\te\n");
        assert_eq!(err.text(), "xy\n");
    }

    #[test]
    fn a_closed_pipe_is_no_error_but_a_full_disk_is() {
        for (kind, fine) in [(io::ErrorKind::BrokenPipe, true), (io::ErrorKind::StorageFull, false)] {
            let printer = Printer::new(
                (Arc::new(Broken(kind)), false),
                (Arc::new(Memory::default()), false),
                80,
            );
            assert_eq!(printer.line("x").is_ok(), fine, "{kind}");
        }
    }
}
