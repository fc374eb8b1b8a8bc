//! `cargo xtask bench values`: look-ups among a million values of one property, and what the value
//! index costs an import. It lies in a bench of the lake, which needs no binary of its own.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::shell::{Profile, Shell, cargo};

/// Fails where the p99 of the look-ups is 5 ms or more.
pub(crate) fn run(profile: Profile, arguments: &[&str]) -> Result<()> {
    let seed = match arguments {
        [] => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
        ["--seed", seed] => seed.parse().with_context(|| format!("{seed:?} is no number"))?,
        other => bail!("bench values takes --seed N, not {}", other.join(" ")),
    };
    println!("the same again: cargo xtask bench values --seed {seed}");
    Shell::new(cargo())
        .args([
            "bench",
            "--workspace",
            "--bench",
            "value_speed",
            "--profile",
            profile.name(),
            "--",
        ])
        .arg(seed.to_string())
        .run()
}
