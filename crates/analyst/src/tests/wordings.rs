//! Other words for the same questions, and questions that only look alike.

use hedgerow_data_api::TrendsQuery;

use super::project::{Ended, Project};
use super::{NOW, brief, shown};

/// A question with its rewordings.
struct Group {
    plain: &'static str,
    reworded: Vec<&'static str>,
}

/// The groups of the list, and the questions that must not be answered.
fn wordings() -> (Vec<Group>, Vec<&'static str>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut unanswered = None;
    for line in include_str!("wordings.txt").lines() {
        if let Some(plain) = line.strip_prefix("= ") {
            let reworded = Vec::new();
            groups.push(Group { plain, reworded });
        } else if line == "!" {
            unanswered = Some(Vec::new());
        } else if line.is_empty() || (line.starts_with("# ") && groups.is_empty()) {
            // A blank line, or what the list is for.
        } else if let Some(unanswered) = &mut unanswered {
            unanswered.push(line);
        } else if let Some(group) = groups.last_mut() {
            group.reworded.push(line);
        }
    }
    (groups, unanswered.unwrap_or_default())
}

fn queries(project: &Project, question: &str) -> Result<Vec<TrendsQuery>, String> {
    match project.ask(question, NOW) {
        Ended::Answered(queries, _) => Ok(queries),
        other => Err(shown(&other)),
    }
}

#[test]
fn rewordings_of_a_question_lead_to_its_queries() {
    let project = Project::access_log();
    let mut wrong = Vec::new();
    let mut plain = String::new();
    for group in wordings().0 {
        let expected: Vec<String> = match queries(&project, group.plain) {
            Ok(queries) => queries.iter().map(brief).collect(),
            Err(other) => {
                wrong.push(format!("{}\n{other}", group.plain));
                continue;
            }
        };
        plain.push_str(&format!("{}\n{}\n", group.plain, expected.join("\n")));
        for question in group.reworded {
            let got = match queries(&project, question) {
                Ok(queries) => queries.iter().map(brief).collect::<Vec<_>>().join("\n"),
                Err(other) => other,
            };
            if got != expected.join("\n") {
                wrong.push(format!("{question}\n{got}"));
            }
        }
    }
    insta::assert_snapshot!("wordings", plain);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn questions_that_only_look_alike_are_not_answered() {
    let project = Project::access_log();
    let mut wrong = Vec::new();
    for question in wordings().1 {
        let ended = project.ask(question, NOW);
        if matches!(ended, Ended::Answered(..)) {
            wrong.push(format!("{question}\n{}", shown(&ended)));
        }
    }
    assert!(wrong.is_empty(), "{} answered:\n{}", wrong.len(), wrong.join("\n"));
}

/// What was assumed about a spelling is said.
#[test]
fn corrected_spelling_is_said() {
    let project = Project::access_log();
    let cases = [
        ("How many people used crome?", "I read \"crome\" as Chrome"),
        ("hits from Fire fox", "I read \"Fire fox\" as Firefox"),
        ("reqeusts on 18 May 2015", "I read \"reqeusts\" as requests"),
    ];
    for (question, note) in cases {
        let got = shown(&project.ask(question, NOW));
        assert!(got.contains(note), "{question}\n{got}");
    }
}
