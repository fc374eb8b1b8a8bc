//! How a state lies in the catalog: a version byte, the distinct stamps, and the two kinds of
//! registers, each with a key, the number of its stamp and a value.
//!
//! Most registers of an id were written by its first and its last event, and most values did not
//! change between them, so stamps and values are kept once each; keys that every web event has are
//! kept as numbers. That makes the usual state a third as large as JSON, and it is read without a
//! parser.

use std::collections::HashMap;
use std::sync::LazyLock;

use hedgerow_errors::{Code, Error, Result};
use uuid::Uuid;

use super::{Keep, Registers, Stamp, State, Text, Written};
use crate::people::mapped::{MAPPED, initial};

const VERSION: u8 = 1;

/// In place of a value: there is none.
const UNSET: u64 = 0;
/// A value that was not there before follows.
const NEW: u64 = 1;
/// The first of the values that were there before; the others have the numbers after it.
const FIRST_KNOWN: u64 = 2;

/// Keys that are kept as numbers, from 1 on: each mapped key and the key of its first value.
static NUMBERED: LazyLock<(Vec<Text>, HashMap<Text, u64>)> = LazyLock::new(|| {
    let keys = MAPPED.iter().flat_map(|key| [Text::from(*key), initial(key).into()]);
    let keys: Vec<Text> = keys.collect();
    let numbers = keys.iter().cloned().zip(1..).collect();
    (keys, numbers)
});

/// The registers of a state as bytes. The rest of it has columns of its own.
pub(crate) fn encode(state: &State) -> Vec<u8> {
    let mut stamps: Vec<Stamp> = Vec::new();
    let mut numbers: HashMap<Stamp, u64> = HashMap::new();
    let mut values: HashMap<&str, u64> = HashMap::new();
    let mut body = Vec::with_capacity(1_024);
    for registers in [&state.set, &state.once] {
        number(&mut body, registers.written.len() as u64);
        for written in registers.iter() {
            match NUMBERED.1.get(&written.key) {
                Some(key) => number(&mut body, *key),
                None => {
                    number(&mut body, 0);
                    text(&mut body, &written.key);
                }
            }
            let at = *numbers.entry(written.stamp).or_insert_with(|| {
                stamps.push(written.stamp);
                stamps.len() as u64 - 1
            });
            number(&mut body, at);
            let Some(value) = &written.value else {
                number(&mut body, UNSET);
                continue;
            };
            let next = values.len() as u64;
            match *values.entry(value).or_insert(next) {
                known if known < next => number(&mut body, FIRST_KNOWN + known),
                _ => {
                    number(&mut body, NEW);
                    text(&mut body, value);
                }
            }
        }
    }
    let mut bytes = Vec::with_capacity(body.len() + 24 * stamps.len() + 4);
    bytes.push(VERSION);
    number(&mut bytes, stamps.len() as u64);
    for stamp in stamps {
        bytes.extend(stamp.timestamp.to_le_bytes());
        bytes.extend(stamp.uuid.as_bytes());
    }
    bytes.extend(body);
    bytes
}

/// The registers that [`encode`] wrote.
pub(crate) fn decode(bytes: &[u8]) -> Result<State> {
    let damaged = || {
        Error::new(
            Code::Corrupt,
            "the catalog has a person's state that this version did not write",
        )
    };
    Reader { bytes }.state().ok_or_else(damaged)
}

fn number(bytes: &mut Vec<u8>, mut number: u64) {
    // Seven bits a byte, the lowest first; the eighth says that more follow.
    while number >= 0x80 {
        bytes.push((number as u8) | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn state(&mut self) -> Option<State> {
        if self.take(1)? != [VERSION] {
            return None;
        }
        let count = self.number()?;
        let mut stamps = Vec::new();
        for _ in 0..count {
            stamps.push(Stamp {
                timestamp: i64::from_le_bytes(self.take(8)?.try_into().ok()?),
                uuid: Uuid::from_slice(self.take(16)?).ok()?,
            });
        }
        let mut values = Vec::new();
        let set = self.registers(Keep::Latest, &stamps, &mut values)?;
        let once = self.registers(Keep::Earliest, &stamps, &mut values)?;
        self.bytes.is_empty().then(|| State {
            set,
            once,
            ..State::default()
        })
    }

    fn registers(&mut self, keep: Keep, stamps: &[Stamp], values: &mut Vec<Text>) -> Option<Registers> {
        let count = self.number()?;
        // A register takes at least three bytes: a damaged count may not ask for all memory.
        let mut written = Vec::with_capacity(usize::try_from(count).ok()?.min(self.bytes.len() / 3));
        for _ in 0..count {
            let key = match self.number()?.checked_sub(1) {
                Some(number) => NUMBERED.0.get(usize::try_from(number).ok()?)?.clone(),
                None => self.text()?,
            };
            let stamp = *stamps.get(usize::try_from(self.number()?).ok()?)?;
            let value = match self.number()? {
                UNSET => None,
                NEW => {
                    let value = self.text()?;
                    values.push(value.clone());
                    Some(value)
                }
                known => {
                    let known = usize::try_from(known - FIRST_KNOWN).ok()?;
                    Some(values.get(known)?.clone())
                }
            };
            written.push(Written { key, stamp, value });
        }
        Some(Registers { keep, written })
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<Text> {
        let length = usize::try_from(self.number()?).ok()?;
        std::str::from_utf8(self.take(length)?).ok().map(Text::from)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }
}
