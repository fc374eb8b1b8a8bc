//! Lines that could not be read: counted by reason, and kept in a file.
//!
//! The rejects file has a line `line number<TAB>reason<TAB>raw line` each, after a line
//! `# path of the log` whenever the log changes. Of a line over 1 MB it has the start.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use fs_err::File;
use hedgerow_errors::{Code, Error, Result};

use super::line::Reject;
use super::summary::RejectReason;

/// The rejects of an import.
#[derive(Default)]
pub(super) struct Rejects {
    /// Where they are written to, if anywhere.
    path: Option<PathBuf>,
    /// Made with the first reject.
    writer: Option<BufWriter<File>>,
    current_log: Option<PathBuf>,
    reasons: BTreeMap<Reject, RejectReason>,
}

impl Rejects {
    /// Writes rejects to a file that must not be there yet.
    pub(super) fn to_file(path: Option<&Path>) -> Result<Self> {
        if let Some(taken) = path.filter(|path| path.exists()) {
            return Err(Error::new(
                Code::Conflict,
                format!("write rejects to {}: the file exists", taken.display()),
            )
            .with_hint("name another file, or move this one away"));
        }
        Ok(Self {
            path: path.map(Path::to_owned),
            ..Self::default()
        })
    }

    /// Takes a reject in.
    pub(super) fn record(&mut self, log: &Path, line_number: u64, reject: Reject, raw: &[u8]) -> Result<()> {
        let reason = self.reasons.entry(reject).or_insert_with(|| RejectReason {
            reason: reject.as_str().to_owned(),
            count: 0,
            first_file: log.display().to_string(),
            first_line: line_number,
        });
        reason.count += 1;
        let Some(path) = &self.path else { return Ok(()) };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            empty => {
                if let Some(folder) = path.parent() {
                    fs_err::create_dir_all(folder)?;
                }
                empty.insert(BufWriter::new(File::create_new(path)?))
            }
        };
        if self.current_log.as_deref() != Some(log) {
            writeln!(writer, "# {}", log.display())?;
            self.current_log = Some(log.to_owned());
        }
        write!(writer, "{line_number}\t{}\t", reject.as_str())?;
        writer.write_all(raw)?;
        writer.write_all(b"\n")?;
        Ok(())
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.reasons.values().map(|reason| reason.count).sum()
    }

    /// Why, the most frequent reason first.
    pub(super) fn reasons(&self) -> Vec<RejectReason> {
        let mut reasons: Vec<_> = self.reasons.values().cloned().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        reasons
    }

    /// Completes the file and names it, if there is one.
    pub(super) fn finish(&mut self) -> Result<Option<String>> {
        let Some(writer) = &mut self.writer else {
            return Ok(None);
        };
        writer.flush()?;
        Ok(self.path.as_ref().map(|path| path.display().to_string()))
    }
}
