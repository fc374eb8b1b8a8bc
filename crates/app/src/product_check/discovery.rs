//! Discovery: what people would type leads to the tool.

use hedgerow_agent::core_tools::fit_of_phrase;
use hedgerow_data_api::Taxonomy;

use super::stage::Stage;
use super::{Check, Findings, Subject};

/// A phrase shows its tool among so many results.
const TOP: usize = 3;
/// The share of a phrase's words that the tool says of itself elsewhere: synonyms are welcome, but by the phrase alone
/// anything would be found.
const OWN_WORDS: f64 = 0.33;

pub(super) fn run(stage: &Stage<'_>, subject: &Subject, taxonomy: &Taxonomy, found: &mut Findings) {
    stage.tell("searching for its phrases");
    let registry = stage.app.registry(None);
    for (path, tool) in &subject.tools {
        let name = tool.name.as_deref().unwrap_or_default();
        for phrase in &tool.phrases {
            let fit = fit_of_phrase(&registry, taxonomy, name, phrase);
            if fit.own_words < OWN_WORDS {
                let message = format!("the phrase {phrase:?} has little to do with what {name} says of itself");
                let hint = "write what people would type for this tool, or say in its description what they type";
                found.add(Check::Discovery, path, message, hint);
            } else if fit.rank.is_none_or(|rank| rank > TOP) {
                let at = fit
                    .rank
                    .map_or("not among the results".to_owned(), |rank| format!("at {rank}"));
                let message = format!("the phrase {phrase:?} shows {name} {at}, behind what others bring");
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
