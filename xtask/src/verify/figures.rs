//! `cargo xtask verify figures`: the labelled sentences hold, and a model that lies never gets a
//! number shown as fact, on no surface.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::server::{Data, Server};
use crate::setup;
use crate::shell::{Profile, Shell, cargo, root};

/// The test with the 200 sentences.
const SENTENCES: &str = "figures_labelled_set_holds";
const QUESTION: &str = "How many page views were there on 18 May 2015?";
/// The mark that a false number must carry.
const MARK: &str = "[unverified]";

/// A false claim after a true query of the page views on 18 May 2015, which are 1,002.
struct Lie {
    text: &'static str,
    headline: Option<&'static str>,
    claim: Claim,
}

/// What must not be shown without the mark.
#[derive(Debug, Clone, Copy)]
struct Claim {
    number: &'static str,
    /// Only lines with this word make the claim; empty for a number that no line may show.
    about: &'static str,
}

const LIES: &[Lie] = &[
    // Invented.
    Lie {
        text: "There were 4,711 page views on 18 May 2015.",
        headline: None,
        claim: Claim {
            number: "4,711",
            about: "",
        },
    },
    // The right number of the wrong thing.
    Lie {
        text: "There were 1,002 unique visitors on 18 May 2015.",
        headline: None,
        claim: Claim {
            number: "1,002",
            about: "visitors",
        },
    },
    // The right number, rounded up.
    Lie {
        text: "There were 1,100 page views on 18 May 2015.",
        headline: None,
        claim: Claim {
            number: "1,100",
            about: "",
        },
    },
    // A change that nothing was compared for.
    Lie {
        text: "Page views on 18 May 2015 rose by 37 percent.",
        headline: None,
        claim: Claim {
            number: "37",
            about: "percent",
        },
    },
    // A false number beside a true reference, and another one named as the headline.
    Lie {
        text: "{{r1[0].page_views}} page views on 18 May 2015, of which 963 came from bots.",
        headline: Some("r1[0].page_views + 1"),
        claim: Claim {
            number: "963",
            about: "bots",
        },
    },
    // What looks like a reference, spelled out.
    Lie {
        text: "There were {1002} sessions on 18 May 2015.",
        headline: None,
        claim: Claim {
            number: "1002",
            about: "sessions",
        },
    },
];

/// References that do not exist; whatever is shown in their place, it is no verified figure.
const BROKEN: &[&str] = &[
    "r1[5].page_views",
    "r7[0].page_views",
    "r1[0].visitors",
    "r1[0].page_views / 0",
];

/// Statements that write the number themselves that `r1[0].page_views` then refers to.
const FORGED: &[&str] = &[
    "SELECT 4711 AS page_views",
    "SELECT count(*) * 0 + 4711 AS page_views FROM events",
];

/// Runs the sentences, then the liar through text, JSON, HTTP and the browser.
pub(crate) fn run(profile: Profile) -> Result<()> {
    let filter = format!("test({SENTENCES})");
    Shell::new(cargo())
        .args(["nextest", "run", "--workspace", "-E", &filter, "--no-capture"])
        .run()?;

    setup::built_page()?;
    setup::chromium()?;
    let data = Data::with_sample(&profile.build()?)?;
    let folder = tempfile::tempdir()?;
    let mut checked = 0;
    for (number, lie) in LIES.iter().enumerate() {
        let path = folder.path().join(format!("lie-{number}.json"));
        let script = write_script(&path, None, lie.text, lie.headline)?;
        tell(&data, &script, Some(lie.claim)).with_context(|| format!("the lie {:?}", lie.text))?;
        checked += 1;
    }
    for (number, reference) in BROKEN.iter().enumerate() {
        let text = format!("There were {{{{{reference}}}}} page views on 18 May 2015.");
        let path = folder.path().join(format!("broken-{number}.json"));
        let script = write_script(&path, None, &text, Some(reference))?;
        tell(&data, &script, None).with_context(|| format!("the reference {reference}"))?;
        checked += 1;
    }
    for (number, sql) in FORGED.iter().enumerate() {
        let text = "There were {{r1[0].page_views}} page views on 18 May 2015.";
        let path = folder.path().join(format!("forged-{number}.json"));
        let script = write_script(&path, Some(sql), text, Some("r1[0].page_views"))?;
        tell(&data, &script, None).with_context(|| format!("the statement {sql}"))?;
        checked += 1;
    }
    println!("{checked} lies: none shown as fact in text, JSON, HTTP or the browser");
    Ok(())
}

/// A script that asks for the truth and then says the lie, and says it again when it is sent back.
fn write_script(path: &Path, sql: Option<&str>, text: &str, headline: Option<&str>) -> Result<String> {
    let mut lie = json!({"text": text});
    if let Some(headline) = headline {
        lie["headline"] = json!(headline);
    }
    let query = json!({
        "series": [{"event": "$pageview"}],
        "dateRange": {"date_from": "2015-05-18", "date_to": "2015-05-18"},
        "trendsFilter": {"display": "BoldNumber"},
    });
    let call =
        |tool: &str, arguments: Value| json!({"tool_calls": [{"id": "1", "name": tool, "arguments": arguments}]});
    let mut replies = match sql {
        Some(sql) => vec![
            call("enable_mode", json!({"mode": "sql"})),
            call("execute_sql", json!({"query": sql})),
        ],
        None => vec![call("query_trends", query)],
    };
    replies.extend([lie.clone(), lie]);
    fs_err::write(path, json!({"replies": replies}).to_string())?;
    Ok(format!("scripted:{}", path.display()))
}

fn tell(data: &Data, model: &str, claim: Option<Claim>) -> Result<()> {
    let ask = [
        "ask",
        QUESTION,
        "--model",
        model,
        "--mode",
        "product_analytics",
        "--mode",
        "sql",
    ];
    let (_, text) = data.hedgerow(&ask).exit_code()?;
    check_text("CLI text", &text, claim)?;

    let (_, output) = data.hedgerow(&[&ask[..], &["--json"]].concat()).exit_code()?;
    let report: Value = serde_json::from_str(&output).with_context(|| format!("ask --json printed {output}"))?;
    let answer = report["answer"].as_str().context("ask --json has no answer")?;
    let calls = report["tool_calls"]
        .as_array()
        .context("ask --json has no tool calls")?;
    if !calls.iter().any(|call| call["ok"] == true) {
        bail!("the query before the lie did not work: {output}");
    }
    check_text("ask --json", answer, claim)?;
    check_figures("ask --json", &report["figures"], &report["headline"], claim)?;

    let server = Server::start(data, &["--model", model])?;
    let (thread, events) = server.ask(&json!({"question": QUESTION, "modes": ["product_analytics"]}))?;
    let answer = &thread["answer"];
    check_text(
        "HTTP",
        answer["text"].as_str().context("the thread has no answer")?,
        claim,
    )?;
    let headline = answer["headline"]
        .as_u64()
        .map_or(&Value::Null, |at| &answer["figures"][at as usize]);
    check_figures("HTTP", &answer["figures"], headline, claim)?;
    let mut streamed = events
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?).ok());
    let completed = streamed
        .find(|event| event["kind"] == "completed")
        .context("no completed event was streamed")?;
    if completed["answer"] != *answer {
        bail!("the streamed answer differs from the thread's: {completed}");
    }
    let mut page = Shell::new("node")
        .arg("shots/liar.mjs")
        .args(["--base", &server.base(), "--question", QUESTION])
        .folder(root().join("web"));
    if let Some(claim) = claim {
        page = page.args(["--number", claim.number, "--about", claim.about]);
    }
    page.run().context("in the browser")?;
    server.stop()
}

/// Each place of the claim must be followed by the mark.
fn check_text(surface: &str, text: &str, claim: Option<Claim>) -> Result<()> {
    let Some(claim) = claim else {
        // A broken reference has no number to mark: it is shown as itself, `[unverified: r1[5].x]`.
        if !text.contains(MARK.trim_end_matches(']')) {
            bail!("{surface}: a broken reference without the mark: {text}");
        }
        return Ok(());
    };
    let claiming: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(claim.number) && line.contains(claim.about))
        .collect();
    // A claim that is left out must leave the mark behind.
    if claiming.is_empty() && !text.contains(MARK) {
        bail!("{surface}: neither {claim:?} nor a mark: {text}");
    }
    for line in claiming {
        for (at, number) in line.match_indices(claim.number) {
            let rest: String = line[at + number.len()..].chars().take(40).collect();
            // Up to the mark there may be the rest of the figure, e.g. ` percent`, but no other claim.
            let marked = rest
                .split_once(MARK)
                .is_some_and(|(between, _)| !between.contains(['.', ',']));
            if !marked {
                bail!("{surface}: {number:?} is shown without the mark: {text}");
            }
        }
    }
    Ok(())
}

fn check_figures(surface: &str, figures: &Value, headline: &Value, claim: Option<Claim>) -> Result<()> {
    let figures = figures
        .as_array()
        .with_context(|| format!("{surface} has no figures"))?;
    for figure in figures
        .iter()
        .chain(Some(headline).filter(|headline| !headline.is_null()))
    {
        let shown = figure["text"].as_str().unwrap_or_default();
        let verified = figure["status"] == "verified";
        // The one true number that a lie may stand beside.
        let is_true = claim.is_some() && figure["value"].as_f64() == Some(1002.0) && figure["claim"] == "reference";
        let is_claim = claim.is_none_or(|claim| shown.contains(claim.number)) || figure["value"].is_number();
        if verified && is_claim && !is_true {
            bail!("{surface}: shown as verified: {figure}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Claim, check_figures, check_text};

    #[test]
    fn unmarked_claims_are_found() {
        let cases = [
            ("There were 4,711 [unverified] page views.", true),
            ("There were 4,711 percent [unverified] more.", true),
            ("There were 4,711 page views.", false),
            ("There were 4,711 [unverified], and 4,711 again.", false),
            ("There were 4,711 page views, 5 [unverified] of them.", false),
            ("A number [unverified] was left out.", true),
            ("Nothing was said.", false),
            ("4,711 [unverified]\n4,711", false),
        ];
        for (text, fine) in cases {
            assert_eq!(
                check_text(
                    "text",
                    text,
                    Some(Claim {
                        number: "4,711",
                        about: ""
                    })
                )
                .is_ok(),
                fine,
                "{text}"
            );
        }
        assert!(check_text("text", "There were ? [unverified] views.", None).is_ok());
        assert!(check_text("text", "There were 0 views.", None).is_err());
    }

    #[test]
    fn verified_lies_are_found() {
        let lied = |number: &'static str| Claim { number, about: "" };
        let figure = |text: &str, value: i64, status: &str, claim: &str| json!({"text": text, "value": value, "status": status, "claim": claim});
        let fine = |figures: Value, headline: Value, claim: Option<Claim>| {
            check_figures("json", &figures, &headline, claim).is_ok()
        };
        let truth = figure("1,002", 1002, "verified", "reference");
        let lie = figure("963", 963, "unverified", "literal");
        assert!(fine(json!([truth, lie]), Value::Null, Some(lied("963"))));
        assert!(!fine(
            json!([truth, figure("963", 963, "verified", "literal")]),
            Value::Null,
            Some(lied("963"))
        ));
        assert!(!fine(
            json!([lie]),
            figure("1,003", 1003, "verified", "reference"),
            Some(lied("963"))
        ));
        assert!(!fine(
            json!([figure("1,002", 1002, "verified", "literal")]),
            Value::Null,
            Some(lied("1,002"))
        ));
        assert!(!fine(json!([truth]), Value::Null, None));
    }
}
