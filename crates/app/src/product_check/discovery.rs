//! Discovery: what people would type leads to the tool.

use hedgerow_agent::core_tools::rank_of_tool;
use hedgerow_data_api::Taxonomy;

use super::stage::Stage;
use super::{Check, Findings, Subject};

/// A phrase shows its tool among so many results.
const TOP: usize = 3;

pub(super) fn run(stage: &Stage<'_>, subject: &Subject, taxonomy: &Taxonomy, found: &mut Findings) {
    stage.tell("searching for its phrases");
    let registry = stage.app.registry(None);
    for (path, tool) in &subject.tools {
        let name = tool.name.as_deref().unwrap_or_default();
        for phrase in &tool.phrases {
            let ranks = rank_of_tool(&registry, taxonomy, name, phrase);
            if ranks.without_phrase.is_none() {
                // It would be found by the phrase alone, which says nothing of what the tool does.
                let message = format!("the phrase {phrase:?} has nothing to do with what {name} says of itself");
                let hint = "write what people would type for this tool, or say in its description what they type";
                found.add(Check::Discovery, path, message, hint);
            } else if ranks.with_phrase.is_none_or(|rank| rank > TOP) {
                let at = ranks
                    .with_phrase
                    .map_or("not among the results".to_owned(), |rank| format!("at {rank}"));
                let message = format!("the phrase {phrase:?} shows {name} {at}, behind others");
                found.add(
                    Check::Discovery,
                    path,
                    message,
                    "write what people would type for this tool alone",
                );
            }
        }
    }
}
