//! JSON lines: events as PostHog exports them, requests to its capture endpoints, or plain objects.
//!
//! The form is that of the file's first line. In PostHog's, a line is an event, or a batch of them as
//! clients send it. In the plain form a line is an event, some of whose keys say who did what and when,
//! as the columns of a table would. No tree of a line is built: values are slices of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

use hedgerow_errors::{Code, Error, Result};

use crate::chunks::Chunk;
use crate::columns;
use crate::draft::{Draft, label};
use crate::events::{EventOptions, EventReader, Tally};
use crate::json_text::{Part, entries, items, nested_entries};
use crate::posthog;
use crate::rejects::Reject;
use crate::source::{Source, Stream};

/// The longest line that is read, in bytes without its end.
const LONGEST_LINE: usize = 20_000_000;
/// How much of a longer line goes to the rejects file, in bytes.
const SHOWN_OF_LONG_LINE: usize = 1_000;
/// How many lines say which keys there are.
const LOOKED_AT: usize = 1_000;
/// Bytes at which the look at a file's first lines ends, once it has a whole one.
const LOOKED_AT_BYTES: usize = 1 << 20;
/// Bytes of lines between two reports of progress.
const TURN: usize = 8 << 20;

/// What the lines of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// Events or batches of them, as PostHog writes or takes them.
    PostHog,
    /// Objects whose keys are columns.
    Plain(Keys),
}

/// The keys of plain objects that are not properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    event: Option<String>,
    distinct_id: String,
    timestamp: String,
    session: Option<String>,
    uuid: Option<String>,
}

impl Form {
    /// The form of a file, which is said in a note.
    pub(crate) fn of(source: &mut Source, options: &EventOptions, notes: &mut Vec<String>) -> Result<Self> {
        let head = source.peek(head_end)?;
        let lines = head
            .split(|byte| *byte == b'\n')
            .filter_map(|line| std::str::from_utf8(line).ok());
        let first = lines.clone().find(|line| starts_event(line)).unwrap_or_default();
        let shown = &source.shown;
        if first.is_empty() || (options.columns.is_empty() && options.event_name.is_none() && is_posthog(first)) {
            notes.push(format!("{shown}: events in PostHog's form"));
            return Ok(Self::PostHog);
        }
        let mut seen = BTreeSet::new();
        let mut keys = Vec::new();
        for line in lines {
            // A line that can't be read is rejected later; its keys say nothing.
            let _ = entries(line, |key, _| {
                if seen.insert(key.clone()) {
                    keys.push(key);
                }
            });
        }
        let columns: Vec<&str> = keys.iter().map(Cow::as_ref).collect();
        let mut found = Vec::new();
        let roles = columns::find(
            &columns,
            &options.columns,
            options.event_name.as_deref(),
            shown,
            &mut found,
        )?;
        notes.extend(found.iter().map(|note| format!("plain objects in {note}")));
        let name = |at: usize| columns.get(at).copied().unwrap_or_default().to_owned();
        Ok(Self::Plain(Keys {
            event: roles.event.map(name),
            distinct_id: name(roles.distinct_id),
            timestamp: name(roles.timestamp),
            session: roles.session.map(name),
            uuid: roles.uuid.map(name),
        }))
    }
}

/// Where the lines end that are looked at. Blank ones don't count, as they say nothing.
fn head_end(head: &[u8]) -> Option<usize> {
    let (mut begun, mut lines) = (0, 0);
    for end in memchr::memchr_iter(b'\n', head).take_while(|end| *end < LONGEST_LINE) {
        lines += usize::from(head.get(begun..end).is_some_and(|line| !line.trim_ascii().is_empty()));
        begun = end + 1;
        if lines >= LOOKED_AT || begun >= LOOKED_AT_BYTES {
            return Some(begun);
        }
    }
    (head.len() > LONGEST_LINE).then_some(LONGEST_LINE)
}

fn starts_event(line: &str) -> bool {
    line.trim_ascii_start().starts_with(['{', '['])
}

/// Whether a line is an event with its properties apart, or a batch of such.
fn is_posthog(line: &str) -> bool {
    let (mut has_event, mut has_properties, mut is_batch) = (false, false, false);
    let whole = entries(line, |key, text| match key.as_ref() {
        "event" => has_event = true,
        "properties" => has_properties = text.starts_with(['{', '"']),
        "batch" => is_batch = text.starts_with('['),
        _ => {}
    });
    line.trim_ascii_start().starts_with('[') || (whole.is_ok() && ((has_event && has_properties) || is_batch))
}

/// Reads the lines of a file.
pub(crate) struct Reader {
    shown: String,
    form: Form,
    event_name: Option<String>,
    lines: BufReader<Stream>,
    line: Vec<u8>,
    number: u64,
}

enum Reading {
    End,
    Line { bytes: usize },
    TooLong { bytes: usize },
}

impl Reader {
    pub(crate) fn open(source: &mut Source, form: Form, options: &EventOptions, tally: &Tally) -> Result<Self> {
        Ok(Self {
            shown: source.shown.clone(),
            form,
            event_name: options.event_name.clone(),
            lines: BufReader::with_capacity(256 << 10, source.stream(&tally.bytes)?),
            line: Vec::new(),
            number: 0,
        })
    }

    fn read_line(&mut self) -> Result<Reading> {
        self.line.clear();
        let most = LONGEST_LINE + b"\r\n".len();
        let mut bytes = (&mut self.lines).take(most as u64).read_until(b'\n', &mut self.line)?;
        if bytes == 0 {
            return Ok(Reading::End);
        }
        self.number += 1;
        if self.line.last() != Some(&b'\n') && bytes == most {
            bytes += self.lines.skip_until(b'\n')?;
        }
        let length = self.line.trim_ascii_end().len();
        self.line.truncate(length);
        if length > LONGEST_LINE {
            self.line.truncate(SHOWN_OF_LONG_LINE);
            return Ok(Reading::TooLong { bytes });
        }
        Ok(Reading::Line { bytes })
    }

    /// Takes in the line that was read.
    fn take_line(&mut self, chunk: &mut Chunk, tally: &mut Tally) -> Result<()> {
        let (form, event_name) = (&self.form, self.event_name.as_deref());
        let Ok(line) = std::str::from_utf8(&self.line) else {
            tally.lines += 1;
            return tally.reject(&self.shown, self.number, Reject::NotUtf8, &self.line);
        };
        let batch = if *form == Form::PostHog {
            batch_of(line)
        } else {
            Ok(None)
        };
        let (events, sent_at) = match batch {
            Ok(Some(batch)) => batch,
            Ok(None) => (vec![line], None),
            Err(reject) => {
                tally.lines += 1;
                return tally.reject(&self.shown, self.number, reject, &self.line);
            }
        };
        if events.is_empty() {
            tally.lines += 1;
            tally.blank += 1;
        }
        for event in events {
            tally.lines += 1;
            if let Err(reject) = take_event(form, event_name, event, sent_at, chunk, tally) {
                tally.reject(&self.shown, self.number, reject, event.as_bytes())?;
            }
        }
        Ok(())
    }
}

impl EventReader for Reader {
    fn read(&mut self, chunk: &mut Chunk, tally: &mut Tally) -> Result<bool> {
        let mut taken = 0;
        while taken < TURN {
            let read = self.read_line().map_err(|error| {
                let message = format!("read {}, at line {}", self.shown, self.number + 1);
                Error::caused(Code::Io, message, error).with_hint("if the file is compressed, check that it is whole")
            });
            let bytes = match read? {
                Reading::End => return Ok(false),
                Reading::TooLong { bytes } => {
                    tally.lines += 1;
                    tally.reject(&self.shown, self.number, Reject::TooLong, &self.line)?;
                    bytes
                }
                Reading::Line { bytes } => {
                    if self.line.is_empty() {
                        tally.lines += 1;
                        tally.blank += 1;
                    } else {
                        self.take_line(chunk, tally)?;
                    }
                    bytes
                }
            };
            taken += bytes;
            if chunk.took(bytes) {
                break;
            }
        }
        Ok(true)
    }
}

/// The events of a line that is a batch, and when it was sent; none where it is an event.
fn batch_of(line: &str) -> Result<Option<(Vec<&str>, Option<&str>)>, Reject> {
    let (mut events, mut sent_at) = (Vec::new(), None);
    if line.starts_with('[') {
        items(line, |event| events.push(event))?;
        return Ok(Some((events, None)));
    }
    // Only a line that names a batch is read twice.
    if memchr::memmem::find(line.as_bytes(), b"\"batch\"").is_none() {
        return Ok(None);
    }
    let (mut batch, mut is_event) = (None, false);
    entries(line, |key, text| match key.as_ref() {
        "batch" => batch = Some(text),
        "sent_at" | "sentAt" => sent_at = Some(text),
        "event" => is_event = true,
        _ => {}
    })?;
    let Some(batch) = batch.filter(|text| !is_event && text.starts_with('[')) else {
        return Ok(None);
    };
    items(batch, |event| events.push(event))?;
    Ok(Some((events, sent_at)))
}

/// Takes in the text of one event.
fn take_event(
    form: &Form,
    event_name: Option<&str>,
    text: &str,
    sent_at: Option<&str>,
    chunk: &mut Chunk,
    tally: &mut Tally,
) -> Result<(), Reject> {
    let unescaped;
    let mut draft = Draft::default();
    let (counts, ignored) = (&mut tally.counts, &mut tally.ignored);
    match form {
        Form::PostHog => nested_entries(text, posthog::PROPERTIES, |key, part| {
            posthog::field(&mut draft, key, part, counts, ignored);
        })?,
        Form::Plain(keys) => entries(text, |key, text| {
            let is = |name: &Option<String>| name.as_deref() == Some(key.as_ref());
            if keys.timestamp == key {
                draft.timestamp = draft.label(text);
            } else if keys.distinct_id == key {
                draft.distinct_id = draft.label(text);
            } else if is(&keys.event) {
                draft.event = draft.label(text);
            } else if is(&keys.session) {
                draft.session = draft.label(text);
            } else if is(&keys.uuid) {
                draft.uuid = draft.label(text);
            } else if key == "properties" && (text.starts_with('{') || text.starts_with("\"{")) {
                draft.spread = Some(Part::Text(text));
            } else {
                draft.property(key, text, counts);
            }
        })?,
    }
    if draft.sent_at.is_none() {
        draft.sent_at = sent_at.map(label).transpose()?.flatten();
    }
    match draft.spread.take() {
        None | Some(Part::Text("null")) => {}
        Some(Part::Entries(properties)) => {
            for (key, text) in properties {
                posthog::property(&mut draft, key, text, counts, ignored);
            }
        }
        Some(Part::Text(quoted)) if quoted.starts_with('"') => {
            unescaped = label(quoted)?.unwrap_or_default();
            if !unescaped.trim_ascii().is_empty() {
                posthog::properties(&mut draft, &unescaped, counts, ignored);
            }
        }
        Some(Part::Text(text)) => posthog::properties(&mut draft, text, counts, ignored),
    }
    let identity = draft.identity();
    draft.finish(
        identity,
        event_name,
        text.as_bytes(),
        &mut tally.identities,
        counts,
        chunk,
    )
}
