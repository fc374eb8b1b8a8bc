//! `cargo xtask crash`: the lake's crash harness at length. It lies in the lake's tests, so that it
//! needs no binary of its own, and prints its table and its result there.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::shell::{Shell, cargo};

/// Rounds where the caller names none.
const ROUNDS: u64 = 200;

pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (mut rounds, mut seed) = (ROUNDS, None);
    for pair in arguments.chunks(2) {
        let number = |text: &str| text.parse::<u64>().with_context(|| format!("{text:?} is no number"));
        match pair {
            ["--rounds", value] => rounds = number(value)?,
            ["--seed", value] => seed = Some(number(value)?),
            other => bail!("crash takes --rounds N and --seed N, not {}", other.join(" ")),
        }
    }
    let seed = match seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    println!("{rounds} rounds with seed {seed}; the same again: cargo xtask crash --rounds {rounds} --seed {seed}");
    Shell::new(cargo())
        .args(["nextest", "run", "--workspace", "--no-capture", "-E"])
        .arg("package(hedgerow-lake) & test(appends_that_were_acknowledged_outlive_crashes)")
        .env("HEDGEROW_CRASH_ROUNDS", rounds.to_string())
        .env("HEDGEROW_CRASH_SEED", seed.to_string())
        .run()
}
