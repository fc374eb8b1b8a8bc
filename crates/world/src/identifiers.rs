//! The ids of events, sessions, devices, accounts, workspaces and notes.

use uuid::Uuid;

use crate::random::{Random, mix};

/// A version 7 uuid with the millisecond of `timestamp` and 74 random bits.
pub(crate) fn uuid_at(timestamp: i64, random: &mut Random) -> Uuid {
    let (high, low) = (random.bits(), random.bits());
    let time = (timestamp / 1_000) as u64;
    let first = (time << 16) | 0x7000 | (high & 0x0fff);
    let second = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    Uuid::from_u64_pair(first, second)
}

/// The distinct id of the account with this number.
pub(crate) fn account_id(seed: u64, number: u32) -> String {
    coded("u_", mix(seed.rotate_left(17) ^ u64::from(number)), 16)
}

/// The distinct id of a member's forgotten first account, which `$merge_dangerously` joins.
pub(crate) fn old_account_id(seed: u64, number: u32) -> String {
    coded("old_", mix(seed.rotate_left(17) ^ u64::from(number)), 16)
}

/// What the customer database calls a member; joined with `$create_alias`.
pub(crate) fn customer_id(seed: u64, number: u32) -> String {
    coded("crm_", mix(seed.rotate_left(17) ^ u64::from(number)), 16)
}

/// The key of a workspace, which is a group.
pub(crate) fn workspace_key(number: u32) -> String {
    format!("ws_{number:06}")
}

/// The id of a member's nth note; 40 bits, so that chance repetitions are rare and harmless.
pub(crate) fn note_id(member: u32, note: u16) -> String {
    coded("n", mix((u64::from(member) << 16) | u64::from(note)), 10)
}

fn coded(prefix: &str, value: u64, digits: usize) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(prefix.len() + digits);
    text.push_str(prefix);
    for digit in 0..digits {
        text.push(char::from(HEX[(value >> (60 - 4 * digit)) as usize & 15]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::uuid_at;
    use crate::random::Random;

    #[test]
    fn uuid_has_version_variant_and_time() {
        let uuid = uuid_at(1_775_088_000_123_000, &mut Random::new(1));
        assert_eq!(uuid.get_version_num(), 7);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(uuid.get_timestamp().unwrap().to_unix(), (1_775_088_000, 123_000_000));
    }
}
