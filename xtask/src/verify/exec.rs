//! `cargo xtask verify exec`: a program as the model. The questions and the right answers are those
//! of the benchmark; the queries are made here from its truths.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::server::Data;
use crate::setup;
use crate::shell::{Profile, Shell, python, root};

/// What the benchmark's truths read, out of the table of events.
const LOG: &str = "WITH log AS (SELECT timestamp AS ts, CAST(timestamp AS DATE) AS day, event = '$pageview' AS pageview, \
    distinct_id AS visitor, session_id AS session, \"$pathname\" AS path, \"$referrer\" AS referrer, \"$browser\" AS browser, \
    \"$os\" AS os, \"$is_bot\" AS bot, method, status, bytes FROM events) ";
/// At least so many questions, so that a change of the file's form is noticed.
const LEAST: usize = 20;

/// A question with the query that answers it.
struct Case {
    id: String,
    question: String,
    now: Option<String>,
    expected: Value,
    mode: &'static str,
    plan: Value,
    /// The reference to the answer, with HANDLE for the result's name.
    reference: String,
}

/// Runs each question three times: with the right reference, a wrong one, and a literal.
pub(crate) fn run(profile: Profile) -> Result<()> {
    setup::python_tools()?;
    let data = Data::with_sample(&profile.build()?)?;
    let cases = cases()?;
    if cases.len() < LEAST {
        bail!("only {} questions could be made into queries", cases.len());
    }
    let folder = tempfile::tempdir()?;
    let plan_file = folder.path().join("plan.json");
    for case in &cases {
        check(&data, case, &plan_file).with_context(|| format!("{}: {}", case.id, case.question))?;
    }
    let typed = cases.iter().filter(|case| case.mode == "product_analytics").count();
    println!(
        "{} questions ({typed} typed, {} SQL): answered and verified; with a wrong reference or a literal never verified",
        cases.len(),
        cases.len() - typed
    );
    Ok(())
}

/// The questions whose truth is one count, with their queries.
fn cases() -> Result<Vec<Case>> {
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let questions = Shell::new(python())
        .args(["-c", script, "evals/site/questions.yaml"])
        .folder(root())
        .output()?;
    let questions: Value = serde_json::from_str(&questions)?;
    let questions = questions.as_array().context("questions.yaml is no list")?;
    Ok(questions.iter().filter_map(case).collect())
}

fn case(question: &Value) -> Option<Case> {
    let truth = question["truth"].as_str()?;
    let (count, rest) = truth.strip_prefix("SELECT ")?.split_once(" FROM log")?;
    let is_count = count.starts_with("count(") && count.ends_with(')') && !count.contains(' ')
        || count.starts_with("count(DISTINCT ");
    if question["expect"]["outcome"] != "answered" || !is_count {
        return None;
    }
    let typed = (count == "count(*)").then(|| typed_query(rest)).flatten();
    let (mode, tool, arguments, column) = match typed {
        Some(query) => ("product_analytics", "query_trends", query, "page_views"),
        None => (
            "sql",
            "execute_sql",
            json!({"query": format!("{LOG}SELECT {count} AS answer FROM log{}", with_seconds(rest))}),
            "answer",
        ),
    };
    Some(Case {
        id: question["id"].as_str()?.to_owned(),
        question: question["question"].as_str()?.to_owned(),
        now: question["now"].as_str().map(str::to_owned),
        expected: question["expect"]["value"].clone(),
        mode,
        plan: json!({"tool": tool, "arguments": arguments}),
        reference: format!("HANDLE[0].{column}"),
    })
}

/// The condition with whole times: the truths leave out seconds, which our SQL wants.
fn with_seconds(condition: &str) -> String {
    let is_minute = |text: &str| text.len() == 16 && text.as_bytes()[10] == b' ' && text.as_bytes()[13] == b':';
    let parts = condition.split('\'').map(|part| {
        if is_minute(part) {
            format!("{part}:00")
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("'")
}

/// The typed query for page views on a day or in a range of days.
fn typed_query(condition: &str) -> Option<Value> {
    let day = condition.strip_prefix(" WHERE pageview AND day ")?;
    let dates: Vec<&str> = day.split('\'').skip(1).step_by(2).collect();
    let (from, to) = match (day.split(' ').next()?, dates.as_slice()) {
        ("=", [day]) => (day, day),
        ("BETWEEN", [from, to]) => (from, to),
        _ => return None,
    };
    Some(json!({
        "series": [{"event": "$pageview"}],
        "dateRange": {"date_from": from, "date_to": to},
        "trendsFilter": {"display": "BoldNumber"},
    }))
}

fn check(data: &Data, case: &Case, plan_file: &Path) -> Result<()> {
    let reference = &case.reference;
    let right = ask(
        data,
        case,
        plan_file,
        &format!("The answer is {{{{{reference}}}}}."),
        reference,
    )?;
    if right["outcome"] != "answered" {
        bail!("outcome {}: {right}", right["outcome"]);
    }
    let headline = &right["headline"];
    if headline["value"].as_f64() != case.expected.as_f64() || headline["status"] != "verified" {
        bail!("{} expected, verified; got {headline}", case.expected);
    }
    if let Some(figure) = figures(&right)?.iter().find(|figure| figure["status"] != "verified") {
        bail!("not verified: {figure}");
    }

    let wrong_row = reference.replace("[0]", "[7]");
    let broken = ask(
        data,
        case,
        plan_file,
        &format!("The answer is {{{{{wrong_row}}}}}."),
        &wrong_row,
    )?;
    never_verified(&broken).context("with a wrong reference")?;

    // One more than the truth, and never a number of the question.
    let literal = case.expected.as_u64().context("a count is a number")? + 1;
    let spoken = ask(data, case, plan_file, &format!("The answer is {literal}."), reference)?;
    let shown = spoken["answer"].as_str().unwrap_or_default();
    if !shown.contains("[unverified]") {
        bail!("the literal {literal} is shown without the mark: {shown}");
    }
    let lie = |figure: &&Value| figure["value"].as_f64() == Some(literal as f64) && figure["status"] != "unverified";
    if let Some(figure) = figures(&spoken)?.iter().find(lie) {
        bail!("the literal {literal} is shown as fact: {figure}");
    }
    Ok(())
}

fn ask(data: &Data, case: &Case, plan_file: &Path, text: &str, headline: &str) -> Result<Value> {
    let mut plan = case.plan.clone();
    plan["text"] = json!(text);
    plan["headline"] = json!(headline);
    fs_err::write(plan_file, plan.to_string())?;
    let program = root().join("xtask/src/verify/model.py");
    let model = format!(
        "exec:'{}' '{}' '{}'",
        python().display(),
        program.display(),
        plan_file.display()
    );
    let mut arguments = vec!["ask", &case.question, "--model", &model, "--mode", case.mode, "--json"];
    if let Some(now) = &case.now {
        arguments.extend(["--now", now]);
    }
    let (_, output) = data.hedgerow(&arguments).exit_code()?;
    serde_json::from_str(&output).with_context(|| format!("ask --json printed {output}"))
}

fn figures(report: &Value) -> Result<&Vec<Value>> {
    report["figures"]
        .as_array()
        .with_context(|| format!("ask --json has no figures: {report}"))
}

fn never_verified(report: &Value) -> Result<()> {
    let all = figures(report)?.iter().chain(Some(&report["headline"]));
    match all.into_iter().find(|figure| figure["status"] == "verified") {
        Some(figure) => bail!("shown as verified: {figure}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{case, never_verified, typed_query};

    #[test]
    fn truths_become_queries() {
        let query = typed_query(" WHERE pageview AND day BETWEEN '2015-05-01' AND '2015-05-31'").unwrap();
        assert_eq!(
            query["dateRange"],
            json!({"date_from": "2015-05-01", "date_to": "2015-05-31"})
        );
        assert!(typed_query(" WHERE pageview AND day = '2015-05-18'").is_some());
        for other in [
            " WHERE day = '2015-05-18'",
            " WHERE pageview AND path = '/'",
            " WHERE pageview AND day > '2015-05-18'",
        ] {
            assert!(typed_query(other).is_none(), "{other}");
        }
        let question = |truth: &str, outcome: &str| json!({"id": "a", "question": "How many?", "truth": truth, "expect": {"outcome": outcome, "value": 3}});
        let sql = case(&question(
            "SELECT count(DISTINCT visitor) FROM log WHERE status = 404",
            "answered",
        ))
        .unwrap();
        let expected = "SELECT count(DISTINCT visitor) AS answer FROM log WHERE status = 404";
        assert!(sql.plan["arguments"]["query"].as_str().unwrap().ends_with(expected));
        assert!(case(&question("SELECT count(*) FROM log WHERE status = 404", "refused")).is_none());
        assert!(case(&question("SELECT path FROM log QUALIFY count(*) = 1", "answered")).is_none());
        assert!(
            case(&question(
                "SELECT 100.0 * count(*) FILTER (bot) / count(*) FROM log",
                "answered"
            ))
            .is_none()
        );
    }

    #[test]
    fn verified_figure_of_a_broken_reference_is_found() {
        let figure = |status: &str| json!({"figures": [{"status": status}], "headline": null});
        assert!(never_verified(&figure("unverified")).is_ok());
        assert!(never_verified(&figure("verified")).is_err());
        assert!(never_verified(&json!({"figures": [], "headline": {"status": "verified"}})).is_err());
        assert!(never_verified(&json!({})).is_err());
    }
}
