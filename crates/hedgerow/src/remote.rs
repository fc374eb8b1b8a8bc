//! The caller's side of the socket in the data folder.

use std::ffi::OsString;
use std::path::Path;

use hedgerow_cli::Printer;
use hedgerow_errors::{Code, Error, Result};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::socket::{Argument, Call, Frame, address_of};

/// Runs a verb in the process that listens on the socket; `None` where nobody does.
pub(crate) async fn run(
    socket: &Path,
    arguments: &[OsString],
    key: Option<&str>,
    printer: &Printer,
) -> Result<Option<i32>> {
    let (address, _folder) = address_of(socket)?;
    let Ok(stream) = UnixStream::connect(address).await else {
        return Ok(None);
    };
    let failed = |error| Error::caused(Code::Unavailable, "the server did not answer", error);
    let (reader, mut writer) = stream.into_split();
    let cwd =
        std::env::current_dir().map_err(|error| Error::caused(Code::Io, "cannot tell the current folder", error))?;
    let call = Call {
        arguments: arguments.iter().cloned().map(Argument::from).collect(),
        cwd,
        out_is_terminal: printer.out_is_terminal(),
        err_is_terminal: printer.err_is_terminal(),
        width: printer.width(),
        key: key.map(str::to_owned),
    };
    let mut line = serde_json::to_vec(&call).map_err(|error| Error::internal(format!("a call is no JSON: {error}")))?;
    line.push(b'\n');
    writer.write_all(&line).await.map_err(failed)?;
    let mut lines = BufReader::new(reader).lines();
    // Told to stop, this side says so by closing its half; the server then cancels the verb, and what the
    // verb still has to say comes back with its exit code. A second signal ends the process at once.
    let mut writer = Some(writer);
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line.map_err(failed)?,
            true = crate::signalled() => {
                if writer.take().is_none() {
                    return Ok(Some(hedgerow_cli::exit::CANCELLED));
                }
                continue;
            }
        };
        match line {
            None => {
                return Err(Error::new(
                    Code::Unavailable,
                    "the server went away before the verb ended",
                ));
            }
            Some(line) => match serde_json::from_str(&line).map_err(|error| failed(error.into()))? {
                Frame::Out(text) => printer.relay_out(text.as_bytes())?,
                Frame::Bytes(bytes) => printer.relay_out(&bytes)?,
                Frame::Err(text) => printer.relay_err(&text)?,
                Frame::Exit(code) => return Ok(Some(code)),
            },
        }
    }
}
