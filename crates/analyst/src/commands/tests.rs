//! What is a command, and what its words are.

use hedgerow_agent_api::{Message, ModelRequest, ToolOutcome};
use serde_json::json;

use super::grammar::{CohortWish, Command, Kind, command};
use super::pieces::pieces;
use super::reply;
use crate::intent::Trouble;

fn shown(text: &str) -> String {
    match command(text) {
        None => "none".to_owned(),
        Some(Err(Trouble::Ask(ask))) => format!("asks {}", ask.question),
        Some(Err(Trouble::Refuse(reason))) => format!("refuses {reason}"),
        Some(Err(Trouble::Lookup(_))) => "looks up".to_owned(),
        Some(Ok(command)) => match command {
            Command::Create { kind, name, rest } => {
                format!(
                    "create {} [{}] {:?}",
                    kind.as_str(),
                    name.text,
                    rest.map(|rest| rest.text)
                )
            }
            Command::CreateFlag { name, audience, on } => {
                let audience = audience.map(|who| (who.share, who.people.map(|people| people.text)));
                format!("flag [{}] {audience:?} {on}", name.text)
            }
            Command::Delete { kind, name } => format!("delete {} [{}]", kind.as_str(), name.text),
            Command::Rename { kind, readings } => {
                let readings: Vec<_> = readings
                    .iter()
                    .map(|(old, new)| format!("{}|{}", old.text, new.text))
                    .collect();
                format!("rename {} {readings:?}", kind.as_str())
            }
            Command::Switch { name, on } => format!("switch [{}] {on}", name.text),
            Command::Share { name, audience, way } => format!("share [{}] {} {way:?}", name.text, audience.share),
            Command::AddTiles { insights, dashboard } => format!("add [{}] to [{}]", insights.text, dashboard.text),
            Command::Cohort(wish) => match wish {
                CohortWish::Create { name, people, form, .. } => {
                    format!("cohort [{}] of [{}] {form:?}", name.text, people.text)
                }
                CohortWish::Add { cohort, people } => format!("[{}] to [{}]", people.text, cohort.text),
                CohortWish::Remove { cohort, people } => format!("[{}] from [{}]", people.text, cohort.text),
                CohortWish::Describe { readings, narrows } => {
                    let readings = readings
                        .iter()
                        .map(|(name, people)| format!("{}|{}", name.text, people.text));
                    format!("describe {:?} {narrows}", readings.collect::<Vec<_>>())
                }
            },
        },
    }
}

#[test]
fn a_command_is_verb_kind_name_and_rest() {
    let cases = [
        (
            "create a feature flag new-editor for 20 % of people on plan pro",
            r#"flag [new-editor] Some((20.0, Some("people on plan pro"))) false"#,
        ),
        (
            "Please create a flag called x for everybody.",
            "flag [x] Some((100.0, None)) false",
        ),
        (
            "create a flag x for 10% of users and turn it on",
            "flag [x] Some((10.0, None)) true",
        ),
        ("create a flag x", "flag [x] None false"),
        (
            "create a flag x tomorrow",
            r#"refuses I could not use these words: "tomorrow"."#,
        ),
        ("create a flag for everybody", "asks What is the feature flag called?"),
        ("turn off the flag new-editor", "switch [new-editor] false"),
        ("switch new-editor on please", "switch [new-editor] true"),
        (
            "turn off the flag a in Berlin",
            r#"refuses I could not use these words: "in Berlin"."#,
        ),
        ("raise new-editor to 50 %", "share [new-editor] 50 Up"),
        ("roll new-editor out to everybody", "share [new-editor] 100 RollOut"),
        (
            "roll out new-editor to 5 percent of users",
            "share [new-editor] 5 RollOut",
        ),
        ("delete the flag new-editor", "delete feature_flag [new-editor]"),
        (
            "delete the flag new-editor next Tuesday",
            "delete feature_flag [new-editor next Tuesday]",
        ),
        (
            "save page views by day of the last 30 days as an insight called Traffic",
            r#"create insight [Traffic] Some("page views by day of the last 30 days")"#,
        ),
        (
            "save page views by day as an insight",
            "asks What is the insight called?",
        ),
        (
            "rename the insight Traffic to Site traffic",
            r#"rename insight ["Traffic|Site traffic"]"#,
        ),
        (
            "rename the notebook Things to do to Done",
            r#"rename notebook ["Things|do to Done", "Things to do|Done"]"#,
        ),
        (
            "create a dashboard Growth with the insights Traffic and Sign-ups",
            r#"create dashboard [Growth] Some("the insights Traffic and Sign-ups")"#,
        ),
        (
            "add the insight Sign-ups to the dashboard Growth",
            "add [Sign-ups] to [Growth]",
        ),
        (
            "define an action Not found as page views with status 404",
            r#"create action [Not found] Some("page views with status 404")"#,
        ),
        ("make a notebook “What we saw”", "create notebook [What we saw] None"),
        ("How many flags are there?", "none"),
        ("make a chart of page views", "none"),
        ("set bots to zero", "none"),
        ("turn off bots in Berlin", "none"),
        ("delete everything", "none"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
    }
    assert_eq!(Kind::Flag.noun(), "feature flag");
}

#[test]
fn a_cohort_has_its_name_in_front_or_behind() {
    let cases = [
        (
            "Create a cohort of people on the pro plan called Pros",
            "cohort [Pros] of [people on the pro plan] None",
        ),
        (
            "create a cohort Pros of people with more than 5 seats",
            "cohort [Pros] of [people with more than 5 seats] None",
        ),
        (
            "create a cohort Pros: designers in Berlin",
            "cohort [Pros] of [designers in Berlin] None",
        ),
        (
            "create a static cohort “Two of us” with the distinct ids a1 and b2",
            "cohort [Two of us] of [the distinct ids a1 and b2] Some(Static)",
        ),
        (
            "put people in Berlin into a new cohort and call it Berliners",
            "cohort [Berliners] of [people in Berlin] None",
        ),
        (
            "put people in Berlin into a new cohort called Berliners",
            "cohort [Berliners] of [people in Berlin] None",
        ),
        (
            "create a cohort of people in Berlin and call it Berliners",
            "cohort [Berliners] of [people in Berlin] None",
        ),
        ("create a cohort of people in Berlin", "asks What is the cohort called?"),
        (
            "create a cohort Friends of Berlin with plan pro",
            "asks Which words are the name of the cohort? Say it again with the name in quotes.",
        ),
        (
            "create a cohort of designers called Pros in Berlin",
            "asks Which words are the name of the cohort? Say it again with the name in quotes.",
        ),
        (
            "create a dashboard for the cohort Pros",
            "asks Which words are the name of the dashboard? Put it in quotes.",
        ),
        (
            "build me a cohort Pros consisting of people on plan pro",
            "cohort [Pros] of [people on plan pro] None",
        ),
        (
            "make a cohort out of the students in New York and call it Students",
            "cohort [Students] of [the students in New York] None",
        ),
        (
            "make a cohort just for people on plan pro",
            "asks What is the cohort called?",
        ),
        ("get rid of the Power users cohort", "delete cohort [Power users]"),
        ("take ben-2 out of the Friends cohort", "[ben-2] from [Friends]"),
        (
            "the cohort Pros should be people on plan team",
            r#"describe ["Pros|be people on plan team"] false"#,
        ),
        ("make a cohort retention chart", "none"),
        ("add user-3 to the cohort Testers", "[user-3] to [Testers]"),
        ("take user-2 out of the cohort Testers", "[user-2] from [Testers]"),
        ("delete the cohort Testers", "delete cohort [Testers]"),
        (
            "change the cohort Pros to people on plan team",
            r#"describe ["Pros|people on plan team"] false"#,
        ),
        (
            "narrow the cohort Pros down to people in Berlin",
            r#"describe ["Pros|to people in Berlin", "Pros down|people in Berlin"] true"#,
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn words_that_say_something_are_no_name_of_a_cohort() {
    for text in [
        "create a cohort Paid except for people on plan free",
        "create a cohort Paid not for people on plan free",
        "create a cohort not for people on plan free",
        "create a cohort Pros instead of people on plan pro",
        "create a cohort similar to Pros for people in Berlin",
        "create a cohort named after Berlin of people in Berlin",
        "create a cohort again for people on plan pro",
        "create a cohort today with people in Berlin",
        "create a cohort called A or B of people in Berlin",
    ] {
        let expected = "asks Which words are the name of the cohort? Say it again with the name in quotes.";
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn pieces_lie_where_they_say() {
    let text = "raise “A b”, c-d to 50%.";
    let found = pieces(text);
    let shown: Vec<&str> = found.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(shown, ["raise", "A b", "c-d", "to", "50", "%"]);
    let lying: Vec<&str> = found.iter().map(|piece| &text[piece.start..piece.end]).collect();
    assert_eq!(lying, ["raise", "“A b”", "c-d", "to", "50", "%"]);
    assert!(found[1].comma && !found[2].comma);
}

/// What is said once a call was decided on.
fn after(words: &str, messages: Vec<Message>) -> Option<String> {
    let user = |content: &str| Message::User {
        content: content.to_owned(),
    };
    let mut all = vec![user("delete the flag a")];
    // A call that was agreed to comes after the yes, one that was not stays in its own run.
    if words == "yes" {
        all.push(user(words));
        all.extend(messages);
    } else {
        all.extend(messages);
        all.push(user(words));
    }
    let request: ModelRequest = serde_json::from_value(json!({
        "version": 1, "system": [], "messages": all, "tools": [], "now": "2026-01-15T12:00:00Z",
    }))
    .unwrap();
    reply(&request).unwrap().map(|reply| reply.text)
}

fn called(outcome: ToolOutcome, content: &str) -> Vec<Message> {
    let call = json!({"id": "1", "name": "delete_feature_flag", "arguments": {"name": "a"}});
    vec![
        Message::Assistant {
            content: String::new(),
            tool_calls: vec![serde_json::from_value(call).unwrap()],
        },
        Message::Tool {
            call_id: "1".into(),
            name: "delete_feature_flag".into(),
            handle: None,
            outcome,
            content: content.into(),
        },
    ]
}

#[test]
fn what_was_done_or_not_is_said() {
    let done = called(
        ToolOutcome::Ok,
        "<data>\n{\"done\":\"Deleted the feature flag \\\"a\\\".\",\"objects\":[]}\n</data>",
    );
    let said = after("yes", done).unwrap();
    assert!(
        said.starts_with("Deleted the feature flag \"a\". It can be undone"),
        "{said}"
    );
    let failed = called(ToolOutcome::Error, "failed (conflict)\n<data>\nit was changed\n</data>");
    assert_eq!(
        after("yes", failed).unwrap(),
        "The change was not made: it was changed."
    );
    let rejected = called(
        ToolOutcome::Error,
        "rejected: the user was asked and did not approve; do not",
    );
    assert_eq!(after("no", rejected.clone()).unwrap(), "The change was not made.");
    assert_eq!(after("How many page views were there?", rejected), None);
}
