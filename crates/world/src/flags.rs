//! The product's feature flags and the experiment behind one of them.

use crate::calendar::{DAY, HOUR, START};

/// The experiment's flag: variants `control` and `test`, half each, for everybody who signs up.
pub const EXPERIMENT_FLAG: &str = "onboarding-checklist";

/// The chance that a sign-up creates a note within seven days, by variant: control, test.
pub const EXPERIMENT_CONVERSION: [f64; 2] = [0.40, 0.52];

/// By what the conversion of a sign-up during the bad release is multiplied.
pub const BAD_RELEASE_CONVERSION: f64 = 0.80;

/// A boolean flag for 30 % of the accounts.
pub const EDITOR_FLAG: &str = "new-editor";

/// A boolean flag that is off until [`PALETTE_SINCE`] and on for everybody after.
pub const PALETTE_FLAG: &str = "command-palette";

/// 18 May 2026, 08:00 UTC, in microseconds since 1970-01-01 UTC.
pub const PALETTE_SINCE: i64 = START + 46 * DAY + 8 * HOUR;

/// A variant of the experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    Control,
    Test,
}

impl Variant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Test => "test",
        }
    }

    pub(crate) fn conversion(self) -> f64 {
        EXPERIMENT_CONVERSION[self as usize]
    }

    /// The variant that PostHog's evaluation gives to a distinct id.
    pub(crate) fn of(distinct_id: &str) -> Self {
        if position(EXPERIMENT_FLAG, distinct_id, "variant") < 0.5 {
            Self::Control
        } else {
            Self::Test
        }
    }
}

pub(crate) fn has_new_editor(distinct_id: &str) -> bool {
    position(EDITOR_FLAG, distinct_id, "") <= 0.30
}

/// PostHog's hash of a flag and an id to `[0, 1]`: the first 15 hexadecimal digits of a SHA-1. Following it
/// means that an evaluation of the same flags elsewhere agrees with the recorded one.
fn position(flag: &str, distinct_id: &str, salt: &str) -> f64 {
    let mut sha = sha1_smol::Sha1::new();
    for part in [flag, ".", distinct_id, salt] {
        sha.update(part.as_bytes());
    }
    let bytes = sha.digest().bytes();
    let number = bytes[..8]
        .iter()
        .fold(0u64, |number, byte| (number << 8) | u64::from(*byte))
        >> 4;
    number as f64 / 1_152_921_504_606_846_975_f64
}

/// `$active_feature_flags`: the flags that are on, as a JSON array.
pub(crate) fn active_flags(in_experiment: bool, new_editor: bool, palette: bool) -> &'static str {
    match (in_experiment, new_editor, palette) {
        (false, false, false) => "[]",
        (false, false, true) => r#"["command-palette"]"#,
        (false, true, false) => r#"["new-editor"]"#,
        (false, true, true) => r#"["new-editor","command-palette"]"#,
        (true, false, false) => r#"["onboarding-checklist"]"#,
        (true, false, true) => r#"["onboarding-checklist","command-palette"]"#,
        (true, true, false) => r#"["onboarding-checklist","new-editor"]"#,
        (true, true, true) => r#"["onboarding-checklist","new-editor","command-palette"]"#,
    }
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn position_agrees_with_the_examples_of_posthog() {
        let cases = [
            ("my-flag", "user-1", "", 0.163_427_915_624_656_97),
            (
                "my-flag",
                "0198c000-0000-7000-8000-000000000001",
                "",
                0.839_739_532_852_515_7,
            ),
            ("beta-feature", "user-1", "variant", 0.145_782_183_342_664_93),
        ];
        for (flag, id, salt, expected) in cases {
            assert!((position(flag, id, salt) - expected).abs() < 1e-15, "{flag} {id}");
        }
    }
}
