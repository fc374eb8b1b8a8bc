//! The tools that are always there, one file each.
//!
//! The content of `read_taxonomy` and `search` is the JSON of their result; the loop puts it into a
//! fence, and `Tainted::unfenced` takes it out again for programs.

mod ask_user;
mod enable_mode;
mod lists;
mod make_filters;
mod phrases;
mod read_data;
mod read_taxonomy;
mod search;
mod todo_write;

use std::sync::Arc;

pub use search::{PhraseFit, fit_of_phrase, found_nothing};

use hedgerow_agent_api::{ObjectStore, Registry, ToolOutput, Views, erase};
use hedgerow_data_api::Data;
use hedgerow_errors::{Error, Result};
use serde::Serialize;

pub use lists::filter_fields;
#[cfg(test)]
pub(crate) use lists::flag_keys;

/// Adds the core tools. Call it after the products: `search` and `enable_mode` know what is
/// installed by then.
pub fn install(registry: &mut Registry, data: Data, objects: Arc<dyn ObjectStore>) -> Result<()> {
    let lists = lists::Lists {
        data: data.clone(),
        objects: objects.clone(),
    };
    registry.add_core_tool(erase(read_taxonomy::ReadTaxonomy::new(lists.clone())))?;
    let read_data = read_data::ReadData::new(registry, data.clone(), Arc::clone(&objects));
    registry.add_core_tool(erase(read_data))?;
    registry.add_core_tool(erase(make_filters::MakeFilters::new(lists)))?;
    let views = Views::of(Arc::new(registry.clone()));
    registry.add_core_tool(erase(enable_mode::EnableMode::new(views)))?;
    registry.add_core_tool(erase(todo_write::TodoWrite))?;
    registry.add_core_tool(erase(ask_user::AskUser))?;
    let views = Views::of(Arc::new(registry.clone()));
    registry.add_core_tool(erase(search::Search::new(&views, data, objects)))
}

/// A result whose content is its JSON.
fn json_output<T: Serialize>(result: T) -> Result<ToolOutput<T>> {
    let content =
        serde_json::to_string(&result).map_err(|error| Error::internal(format!("a result is not JSON: {error}")))?;
    Ok(ToolOutput::text(result, content))
}
