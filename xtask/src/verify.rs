//! `cargo xtask verify ...`: the claims of the documentation, checked from outside.

pub(crate) mod exec;
pub(crate) mod figures;
pub(crate) mod import;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::server::Data;
use crate::setup;
use crate::shell::{Profile, Shell, python, root};

/// The question benchmarks about the sample log.
const SUITES: [&str; 3] = ["site", "site_wording", "site_people"];

/// The truths of the question benchmarks, by a program that shares no code with the product.
pub(crate) fn truths() -> Result<()> {
    setup::python_tools()?;
    for suite in SUITES {
        Shell::new(python())
            .arg(root().join("evals/site/truth.py"))
            .arg("--check")
            .arg("--questions")
            .arg(root().join("evals").join(suite).join("questions.yaml"))
            .run()?;
    }
    Ok(())
}

/// The shape of both sets of labelled figure sentences.
pub(crate) fn figure_set() -> Result<()> {
    setup::python_tools()?;
    for set in ["evals/figures", "evals/figures_more"] {
        Shell::new(python())
            .arg(root().join("evals/figures/check.py"))
            .arg(root().join(set))
            .run()?;
    }
    Ok(())
}

const EVAL_RIGHT: u64 = 32;
const EVAL_REFUSED: u64 = 12;

/// The question benchmark against its bar: enough right, all unanswerable ones refused or asked
/// back, none wrong.
pub(crate) fn eval(profile: Profile) -> Result<()> {
    let data = Data::with_sample(&profile.build()?)?;
    let (_, output) = data.hedgerow(&["eval", "site", "--json"]).exit_code()?;
    let suite: Value = serde_json::from_str(&output).with_context(|| format!("eval --json printed {output}"))?;
    let number = |key: &str| {
        suite[key]
            .as_u64()
            .with_context(|| format!("eval --json has no number `{key}`"))
    };
    let (right, wrong, refused) = (number("right")?, number("wrong")?, number("refused_right")?);
    for case in suite["cases"].as_array().into_iter().flatten() {
        if case["verdict"] != "right" && case["verdict"] != "refused_right" {
            println!("{}: {}: {}", case["id"], case["verdict"], case["answer"]);
        }
    }
    println!("{right} right, {wrong} wrong, {refused} refused or asked back as they should be");
    if right < EVAL_RIGHT || wrong > 0 || refused < EVAL_REFUSED {
        bail!("the bar is {EVAL_RIGHT} right, 0 wrong, {EVAL_REFUSED} refused or asked back");
    }
    Ok(())
}
