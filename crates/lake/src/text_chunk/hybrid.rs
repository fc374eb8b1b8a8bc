//! Numbers as Parquet's hybrid of runs and packed bits has them.
//!
//! Eight equal numbers or more, beginning where packed bits may end, are a run; all others are packed in
//! groups of eight.

use crate::varint;

/// Numbers of a group of packed bits.
const GROUP: usize = 8;

/// Appends numbers of so many bits each, 1 to 32.
pub(super) fn encode(numbers: &[u32], width: u32, into: &mut Vec<u8>) {
    let (mut packed, mut at) = (0, 0);
    while let Some(rest) = numbers.get(at..).filter(|rest| !rest.is_empty()) {
        let run = rest.iter().take_while(|number| Some(*number) == rest.first()).count();
        if run < GROUP {
            at += GROUP;
            continue;
        }
        pack(numbers.get(packed..at).unwrap_or_default(), width, into);
        varint::put(into, (run as u64) << 1);
        let value = rest.first().copied().unwrap_or_default().to_le_bytes();
        into.extend(value.iter().take(width.div_ceil(8) as usize));
        at += run;
        packed = at;
    }
    pack(numbers.get(packed..).unwrap_or_default(), width, into);
}

/// Packs groups; the last one is filled up with zeros.
fn pack(numbers: &[u32], width: u32, into: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    varint::put(into, (numbers.len().div_ceil(GROUP) as u64) << 1 | 1);
    for group in numbers.chunks(GROUP) {
        let (mut bits, mut held) = (0_u64, 0);
        for at in 0..GROUP {
            bits |= u64::from(group.get(at).copied().unwrap_or_default()) << held;
            held += width;
            while held >= 8 {
                into.push(bits as u8);
                bits >>= 8;
                held -= 8;
            }
        }
    }
}
