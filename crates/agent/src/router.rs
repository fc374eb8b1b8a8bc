//! Proposes the mode that a run starts with. The agent can turn on others at any time, so a wrong
//! proposal costs a round and nothing else.

use bm25::{Document, Language, SearchEngineBuilder};
use hedgerow_agent_api::{Mode, Registry};

/// The mode whose routing text, tools and jobs are most like the question; the default where no
/// word fits or two fit equally, if there is one.
pub(crate) fn propose(registry: &Registry, question: &str) -> Option<String> {
    let modes: Vec<&Mode> = registry.modes().collect();
    let documents: Vec<Document<usize>> = modes
        .iter()
        .enumerate()
        .map(|(position, mode)| Document::new(position, describe(registry, mode)))
        .collect();
    if documents.is_empty() {
        return None;
    }
    let engine = SearchEngineBuilder::<usize>::with_documents(Language::English, documents).build();
    let mut found: Vec<(f32, &str)> = engine
        .search(question, None)
        .into_iter()
        .filter_map(|hit| modes.get(hit.document.id).map(|mode| (hit.score, mode.name.as_str())))
        .collect();
    let default = registry.default_mode();
    let rank = |name: &str| (Some(name) != default, name.to_owned());
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| rank(a.1).cmp(&rank(b.1))));
    found.first().map(|(_, name)| *name).or(default).map(str::to_owned)
}

fn describe(registry: &Registry, mode: &Mode) -> String {
    let mut text = format!("{} {}", mode.name.replace('_', " "), mode.when);
    for tool in mode.tools.iter().filter_map(|tool| registry.tool(tool).ok()) {
        let declaration = tool.declaration();
        text.push_str(&format!(
            " {} {}",
            declaration.name.replace('_', " "),
            declaration.title
        ));
    }
    for trajectory in &mode.trajectories {
        text.push(' ');
        text.push_str(&trajectory.job);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(name: &str, when: &str) -> Mode {
        let (name, when) = (name.to_owned(), when.to_owned());
        Mode {
            name,
            when,
            tools: Vec::new(),
            prompt: String::new(),
            trajectories: Vec::new(),
        }
    }

    #[test]
    fn propose_takes_the_mode_whose_words_the_question_has() {
        let mut registry = Registry::default();
        assert_eq!(propose(&registry, "anything"), None);
        let counts = "How many, how often, how many people or sessions, which page, browser or referrer leads.";
        registry.add_mode(mode("product_analytics", counts)).unwrap();
        registry
            .add_mode(mode(
                "sql",
                "The user wants SQL, or columns and joins that no typed query offers.",
            ))
            .unwrap();
        registry.set_default_mode("product_analytics").unwrap();
        let cases = [
            ("How many sessions did we have?", "product_analytics"),
            ("Which browsers lead?", "product_analytics"),
            ("Write a SQL query that joins both columns", "sql"),
            ("xyzzy", "product_analytics"),
            ("", "product_analytics"),
        ];
        for (question, expected) in cases {
            assert_eq!(propose(&registry, question).as_deref(), Some(expected), "{question}");
        }
    }
}
