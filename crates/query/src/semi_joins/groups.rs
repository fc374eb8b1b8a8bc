//! Conditions on the properties of groups, as they are now.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array as _, AsArray as _};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::logical_expr::{Expr, ident, lit};
use datafusion::prelude::DataFrame;
use hedgerow_data_api::{PropertyFilter, ValueType};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;
use hedgerow_lake::Lake;
use serde_json::{Map, Value};

use super::among::{Among, holds_of_nothing, texts_of};
use crate::dates::Local;
use crate::describe;
use crate::engine::Session;
use crate::fields::{FieldType, Fields, Found, json_text, json_value};
use crate::filters;
use crate::people::{self, PeopleKind};
use crate::sql;

/// The groups of a project at one moment.
pub(super) struct Groups {
    batches: Vec<RecordBatch>,
    /// Names of types with their indexes.
    types: Vec<(String, i64)>,
}

impl Groups {
    pub(super) async fn read(lake: &Lake, project: &ProjectId) -> Result<Self> {
        let mut reader = lake.people(project).await?;
        Ok(Self {
            types: reader.group_types().await?,
            batches: people::read(&mut reader, PeopleKind::Groups, None).await?,
        })
    }

    /// A filter's condition on the rows of `events`.
    pub(super) async fn condition(&self, filter: &PropertyFilter, session: &Session, now: Local) -> Result<Expr> {
        let failed = |error| sql::explain(&error, &session.view);
        let (group_type, index) = self.type_of(filter)?;
        let fields = GroupFields {
            properties: self.properties(*index)?,
            group_type,
        };
        let condition = filters::condition(&fields, now, filter)?;
        let groups = session.context.read_batches(self.batches.iter().cloned());
        let groups = groups
            .and_then(|groups| groups.filter(ident("group_type_index").eq(lit(*index))))
            .map_err(failed)?;
        let of_nothing = holds_of_nothing(groups.schema(), &session.state, &condition)?;
        let wanted = if of_nothing {
            condition.is_not_true()
        } else {
            condition.is_true()
        };
        let keys = groups
            .filter(wanted)
            .and_then(|groups| groups.select(vec![ident("group_key")]))
            .and_then(DataFrame::into_optimized_plan)
            .map_err(failed)?;
        let done = session.run(&keys).await?;
        let among = Among::new(texts_of(&done.batches)?, of_nothing);
        let of_event = json_text(json_text(ident("rest"), "$groups"), group_type);
        Ok(among.condition(of_event, &describe::condition(filter)))
    }

    fn type_of(&self, filter: &PropertyFilter) -> Result<&(String, i64)> {
        let what = format!("the filter on {:?} of type group", filter.key);
        type_of(&self.types, filter.group_type_index, &what, "group_type_index")
    }

    /// The properties of the groups of a type.
    fn properties(&self, index: i64) -> Result<BTreeMap<String, ValueType>> {
        let mut properties = BTreeMap::new();
        for batch in &self.batches {
            let of_type = batch.column_by_name("group_type_index");
            let indexes = of_type.and_then(|column| column.as_primitive_opt::<Int64Type>());
            let json = batch
                .column_by_name("properties")
                .and_then(|column| column.as_string_opt::<i32>());
            let (Some(indexes), Some(json)) = (indexes, json) else {
                return Err(Error::internal("groups lack a column"));
            };
            for row in (0..batch.num_rows()).filter(|row| indexes.value(*row) == index && json.is_valid(*row)) {
                let members: Map<String, Value> = serde_json::from_str(json.value(row))
                    .map_err(|error| Error::caused(Code::Corrupt, "the properties of a group are no object", error))?;
                for (key, value) in members {
                    sql::add_value_type(&mut properties, key, &value);
                }
            }
        }
        Ok(properties)
    }
}

/// The type of groups with an index; `what` wants it, and `field` names it.
pub(crate) fn type_of<'a>(
    types: &'a [(String, i64)],
    index: Option<u8>,
    what: &str,
    field: &str,
) -> Result<&'a (String, i64)> {
    let known: Vec<String> = types.iter().map(|(name, index)| format!("{index} ({name})")).collect();
    let Some(wanted) = index else {
        let message = format!("{what} does not say of which type of groups");
        return Err(Error::invalid(message).with_hint(format!("give {field}: one of {}", known.join(", "))));
    };
    let found = types.iter().find(|(_, index)| *index == i64::from(wanted));
    found.ok_or_else(|| {
        let message = format!("{what} is on groups of the type {wanted}, which there is not");
        let hint = if known.is_empty() {
            "no event of this project names a group".to_owned()
        } else {
            format!("there are {}", known.join(", "))
        };
        Error::new(Code::UnknownName, message).with_hint(hint)
    })
}

/// Filters on the rows of the table `groups`.
struct GroupFields<'a> {
    properties: BTreeMap<String, ValueType>,
    group_type: &'a str,
}

impl Fields for GroupFields<'_> {
    fn find(&self, filter: &PropertyFilter) -> Result<Found> {
        let value_type = self.properties.get(&filter.key).copied().ok_or_else(|| {
            let of = format!("property of groups of the type {}", self.group_type);
            Error::unknown(&of, &filter.key, self.properties.keys().map(String::as_str))
        })?;
        Ok(Found::Column(
            json_value(&filter.key, value_type),
            FieldType::Value(value_type),
        ))
    }
}
