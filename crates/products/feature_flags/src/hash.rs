//! Who falls into which share: `PostHog`'s hash, bit for bit, so that its SDKs and we agree.
//!
//! The SHA-1 of `<flag key>.<id><salt>`, its first 15 hex digits as a number, over the largest such number.

use sha1_smol::Sha1;

use crate::flag::Variant;

/// 15 hex digits `f`.
const LARGEST: f64 = 0xFFF_FFFF_FFFF_FFFF_u64 as f64;

/// The place of a bucketing value in a flag, from 0 to 1.
#[must_use]
pub fn place(flag_key: &str, bucketing_value: &str) -> f64 {
    number(&[flag_key, ".", bucketing_value])
}

/// The place that decides about a holdout: no flag is in it, so that one holdout holds the same people out of
/// all its flags.
#[must_use]
pub fn holdout_place(bucketing_value: &str) -> f64 {
    number(&["holdout-", bucketing_value])
}

/// The variant of a bucketing value; none where the shares leave it out.
pub fn variant<'a>(
    flag_key: &str,
    bucketing_value: &str,
    variants: impl Iterator<Item = &'a Variant>,
) -> Option<&'a str> {
    let place = number(&[flag_key, ".", bucketing_value, "variant"]);
    let mut from = 0.0;
    for variant in variants {
        let to = from + variant.rollout_percentage / 100.0;
        if place >= from && place < to {
            return Some(&variant.key);
        }
        from = to;
    }
    None
}

fn number(parts: &[&str]) -> f64 {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    let bytes = hash.digest().bytes();
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[..8]);
    // 15 hex digits are 60 of the 64 bits. Both numbers are rounded to the nearest float before dividing, as
    // Python does.
    (u64::from_be_bytes(first) >> 4) as f64 / LARGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_that_of_the_sdks() {
        let cases = [
            ("my-flag", "user-1", 0.163_427_915_624_656_97),
            ("my-flag", "user-2", 0.412_855_568_060_912_3),
            ("my-flag", "distinct_id_7", 0.272_510_530_610_078_7),
            ("my-flag", "anna@example.com", 0.342_760_693_339_970_06),
            (
                "my-flag",
                "0198c000-0000-7000-8000-000000000001",
                0.839_739_532_852_515_7,
            ),
            ("beta-feature", "user-1variant", 0.145_782_183_342_664_93),
            ("beta-feature", "user-2variant", 0.602_274_324_464_383_9),
            ("group-flag", "acme", 0.063_192_501_921_597_55),
        ];
        for (flag, id, expected) in cases {
            assert_eq!(place(flag, id), expected, "{flag} {id}");
        }
        assert_eq!(holdout_place("user-1"), 0.178_055_992_065_730_22);
    }

    #[test]
    fn variant_takes_consecutive_shares_and_may_take_none() {
        let share = |key: &str, rollout_percentage| Variant {
            key: key.into(),
            name: None,
            rollout_percentage,
        };
        let whole = [share("control", 50.0), share("test-a", 30.0), share("test-b", 20.0)];
        assert_eq!(variant("beta-feature", "user-1", whole.iter()), Some("control"));
        assert_eq!(variant("beta-feature", "user-2", whole.iter()), Some("test-a"));
        assert_eq!(variant("beta-feature", "user-2", whole[..1].iter()), None);
    }
}
