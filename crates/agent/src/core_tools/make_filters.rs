//! `make_filters`: checks a filter tree for a list and gives it back in its normal form.

mod check;
mod contradictions;
mod sentences;
mod values;

use std::time::Duration;

use async_trait::async_trait;
use hedgerow_agent_api::{Declaration, Display, Effect, Example, Tool, ToolContext, ToolOutput};
use hedgerow_data_api::{FilterGroup, FilterList, Warning};
use hedgerow_errors::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json_output;
use super::lists::Lists;

/// The list and its filter.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MakeFiltersArgs {
    /// The list.
    list: FilterList,
    /// The conditions: every one with key, type, operator and value as `read_taxonomy` with kind `fields` gives them.
    filters: FilterGroup,
}

/// The filter as a page takes it over.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct MakeFiltersOutput {
    /// The list.
    list: FilterList,
    /// The same conditions in their normal form, values in the data's spelling.
    filters: FilterGroup,
    /// What was understood: one short sentence for each condition, in the order of the tree.
    understood: Vec<String>,
}

/// The tool.
pub(super) struct MakeFilters {
    lists: Lists,
}

impl MakeFilters {
    pub(super) fn new(lists: Lists) -> Self {
        Self { lists }
    }
}

#[async_trait]
impl Tool for MakeFilters {
    type Args = MakeFiltersArgs;
    type Output = MakeFiltersOutput;

    fn declaration(&self) -> Declaration {
        Declaration {
            name: "make_filters".into(),
            title: "Make filters".into(),
            description: "Checks the filter tree of a list (events, persons, sessions, flags) and hands it to the page \
                that shows the list. Fill it from the user's wish, every word of it; ask with ask_user where a word \
                fits no field or several. Unknown keys and values are refused with the nearest."
                .into(),
            display: Display::new("Making filters", "Made filters"),
            expected: Duration::from_millis(100),
            progress: None,
            access: "taxonomy:read".into(),
            examples: const {
                &[
                    Example::new(
                        "Sessions with errors",
                        r#"{"list": "sessions", "filters": [{"key": "errors", "value": 1, "operator": "gte", "type": "session"}]}"#,
                    ),
                    Example::new(
                        "Page views",
                        r#"{"list": "events", "filters": {"type": "AND", "values": [{"key": "event", "value": "$pageview", "operator": "exact", "type": "event_field"}]}}"#,
                    ),
                ]
            }
            .into(),
        }
    }

    async fn effect(&self, _: &ToolContext, args: &MakeFiltersArgs) -> Result<Effect> {
        check::shape(&args.filters).map(|()| Effect::Read)
    }

    async fn run(&self, ctx: &ToolContext, args: MakeFiltersArgs) -> Result<ToolOutput<MakeFiltersOutput>> {
        check::shape(&args.filters)?;
        let store = self.lists.data.store.as_ref();
        let data = self.lists.read(ctx, args.list).await?;
        let mut checked = check::Checker::new(store, &ctx.project, &data, ctx.clock.now());
        let filters = checked.group(&args.filters).await?;
        contradictions::check(&data.fields, &filters, ctx.clock.now())?;
        let understood = sentences::of(&data.fields, &filters);
        let unsure = std::mem::take(&mut checked.unsure);
        let mut output = json_output(MakeFiltersOutput {
            list: args.list,
            filters,
            understood,
        })?;
        output.warnings = unsure
            .into_iter()
            .map(|message| Warning::new("unchecked_value", message))
            .collect();
        Ok(output)
    }
}
