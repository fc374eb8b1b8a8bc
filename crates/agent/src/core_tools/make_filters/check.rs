//! A filter tree against the fields and values of its list.

use chrono::{DateTime, Utc};
use hedgerow_data_api::{EventStore, FilterField, FilterGroup, FilterNode, GroupType, Operator, PropertyFilter};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;

use super::super::lists::ListData;
use super::values;

/// How deep groups may be nested, and how many conditions there may be.
const DEEPEST: usize = 6;
const MOST: usize = 100;

/// Refuses a tree without conditions, an empty group within one, and one that is too large.
pub(super) fn shape(group: &FilterGroup) -> Result<()> {
    let conditions = count(group, 1)?;
    if conditions > MOST {
        let message = format!("a filter has at most {MOST} conditions, this one has {conditions}");
        return Err(Error::new(Code::LimitExceeded, message));
    }
    Ok(())
}

fn count(group: &FilterGroup, depth: usize) -> Result<usize> {
    if depth > DEEPEST {
        return Err(Error::new(
            Code::LimitExceeded,
            format!("groups are nested deeper than {DEEPEST}"),
        ));
    }
    if group.values.is_empty() {
        return Err(Error::invalid("a group without conditions filters nothing")
            .with_hint("put a condition into it, or leave it out"));
    }
    let counts = group.values.iter().map(|node| match node {
        FilterNode::Filter(_) => Ok(1),
        FilterNode::Group(group) => count(group, depth + 1),
    });
    counts.sum()
}

/// Checks conditions one after another.
pub(super) struct Checker<'a> {
    pub(super) store: &'a dyn EventStore,
    pub(super) project: &'a ProjectId,
    pub(super) data: &'a ListData,
    pub(super) now: DateTime<Utc>,
    /// What could not be checked, as sentences.
    pub(super) unsure: Vec<String>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        store: &'a dyn EventStore,
        project: &'a ProjectId,
        data: &'a ListData,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            store,
            project,
            data,
            now,
            unsure: Vec::new(),
        }
    }

    /// The group in its normal form: groups of one member and of the same type are spread, repeats are gone.
    pub(super) async fn group(&mut self, group: &FilterGroup) -> Result<FilterGroup> {
        let mut members: Vec<FilterNode> = Vec::new();
        for node in &group.values {
            let node = match node {
                FilterNode::Filter(filter) => FilterNode::Filter(self.condition(filter).await?),
                FilterNode::Group(nested) => FilterNode::Group(Box::pin(self.group(nested)).await?),
            };
            let spread = match node {
                FilterNode::Group(nested) if nested.group_type == group.group_type || nested.values.len() == 1 => {
                    nested.values
                }
                node => vec![node],
            };
            for node in spread {
                if !members.contains(&node) {
                    members.push(node);
                }
            }
        }
        // A single group within is the whole; a single condition is one of which all must hold.
        match members.as_slice() {
            [FilterNode::Group(only)] => Ok(only.clone()),
            [FilterNode::Filter(_)] => Ok(FilterGroup {
                group_type: GroupType::And,
                values: members,
            }),
            _ => Ok(FilterGroup {
                group_type: group.group_type,
                values: members,
            }),
        }
    }

    async fn condition(&mut self, filter: &PropertyFilter) -> Result<PropertyFilter> {
        let field = self.field(filter)?;
        let operators = field.kind.operators();
        if !operators.contains(&filter.operator) {
            let known: Vec<&str> = operators.iter().map(|operator| operator.as_str()).collect();
            let message = format!(
                "operator {} does not go with {:?}, which is {}",
                filter.operator.as_str(),
                field.key,
                field.kind.as_str()
            );
            return Err(Error::invalid(message).with_hint(format!("one of {}", known.join(", "))));
        }
        let value = values::checked(self, field, filter).await?;
        Ok(PropertyFilter {
            key: field.key.clone(),
            value,
            operator: match filter.operator {
                Operator::In => Operator::Exact,
                Operator::NotIn => Operator::IsNot,
                other => other,
            },
            property_type: field.property_type,
            group_type_index: None,
            behavior: None,
        })
    }

    fn field(&self, filter: &PropertyFilter) -> Result<&'a FilterField> {
        let fields = &self.data.fields;
        if let Some(field) = fields.field(filter.property_type, &filter.key) {
            return Ok(field);
        }
        let (list, key, of) = (fields.list, &filter.key, filter.property_type.as_str());
        let others: Vec<&str> = fields
            .fields
            .iter()
            .filter(|field| field.key == *key)
            .map(|field| field.property_type.as_str())
            .collect();
        if !others.is_empty() {
            return Err(Error::new(Code::UnknownName, format!("{list} have no {of} {key:?}"))
                .with_hint(format!("{key} is of type {}", others.join(" or "))));
        }
        let known = fields.fields.iter().map(|field| field.key.as_str());
        Err(Error::unknown(&format!("{of} of {list}"), key, known))
    }
}
