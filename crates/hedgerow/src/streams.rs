//! The process's own streams: the one place that prints.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use hedgerow_cli::{Printer, Sink};

struct Out;
struct Err;

impl Sink for Out {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = io::stdout().lock();
        stream.write_all(bytes)?;
        stream.flush()
    }
}

impl Sink for Err {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = io::stderr().lock();
        stream.write_all(bytes)?;
        stream.flush()
    }
}

/// A printer on this process's streams.
pub(crate) fn printer() -> Printer {
    let out = (Arc::new(Out) as Arc<dyn Sink>, io::stdout().is_terminal());
    let err = (Arc::new(Err) as Arc<dyn Sink>, io::stderr().is_terminal());
    Printer::new(out, err, width())
}

/// The terminal's width as the shell tells it, or the classic one.
#[expect(
    clippy::disallowed_methods,
    reason = "the shell tells it this way, and the binary is where it is read"
)]
fn width() -> u16 {
    let columns = std::env::var_os("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
    columns.filter(|width| (20..=500).contains(width)).unwrap_or(80)
}
