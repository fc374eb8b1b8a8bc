//! Cohorts: people under a name.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use hedgerow_agent_api::{Object, ObjectKind, ObjectNote, ObjectStore, ToolContext, refuse_while_used};
use hedgerow_data_api::{
    CohortDefinition, CohortMembers, Column, Data, FilterGroup, PropertyType, Role, Table, Unit, cohort_reference,
    filters_by_ids,
};
use hedgerow_errors::{Code, Error, Result};
use serde_json::json;

/// The most people that are listed one by one.
const MOST_PERSONS: usize = 10_000;

/// The kind `cohort`.
pub struct Cohorts {
    data: Data,
    objects: Arc<dyn ObjectStore>,
}

impl Cohorts {
    /// The kind over engines and a store.
    #[must_use]
    pub fn new(data: Data, objects: Arc<dyn ObjectStore>) -> Self {
        Self { data, objects }
    }

    /// Refuses a cohort that rests on itself: on another one that, perhaps over others, rests on the one with
    /// this name.
    async fn check_cycle(&self, ctx: &ToolContext, name: &str, cohort: &CohortDefinition) -> Result<()> {
        let mut seen = BTreeSet::new();
        let mut pending = references(&cohort.filters)?;
        while let Some(reference) = pending.pop() {
            let below = self.data.definitions.cohort(&ctx.project, &reference).await?;
            if below.name == name {
                return Err(Error::invalid(format!("the cohort {name:?} would rest on itself"))
                    .with_hint("take the condition on a cohort out"));
            }
            if seen.insert(below.id) {
                pending.extend(references(&below.body.filters)?);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl ObjectKind for Cohorts {
    type Body = CohortDefinition;

    const KIND: &'static str = "cohort";
    const NOUN: &'static str = "cohort";

    /// Other cohorts are kept by their ids, so that renaming one changes nothing.
    async fn settle(&self, ctx: &ToolContext, name: &str, mut cohort: CohortDefinition) -> Result<CohortDefinition> {
        match (cohort.filters.is_empty(), cohort.persons.is_empty()) {
            (true, true) => {
                return Err(Error::invalid("a cohort of nobody in particular")
                    .with_hint("give conditions in filters, or distinct ids in persons"));
            }
            (false, false) => {
                return Err(Error::invalid("a cohort has filters or persons, not both").with_hint("make two cohorts"));
            }
            _ => {}
        }
        if cohort.persons.len() > MOST_PERSONS {
            return Err(
                Error::invalid(format!("{} persons are more than {MOST_PERSONS}", cohort.persons.len()))
                    .with_hint("describe them by conditions"),
            );
        }
        let distinct: BTreeSet<&str> = cohort.persons.iter().map(String::as_str).collect();
        if distinct.contains("") {
            return Err(Error::invalid("an empty text is no distinct id"));
        }
        cohort.persons = distinct.into_iter().map(str::to_owned).collect();
        check_types(&cohort.filters)?;
        cohort.filters = filters_by_ids(self.data.definitions.as_ref(), &ctx.project, cohort.filters).await?;
        self.check_cycle(ctx, name, &cohort).await?;
        match self.data.queries.cohort(&ctx.project, &cohort, 0, &ctx.clock).await {
            // What no person has yet some may have later.
            Err(error) if !matches!(error.code(), Code::UnknownName | Code::Unavailable) => Err(error),
            _ => Ok(cohort),
        }
    }

    /// How many are in it now, or why nobody is.
    async fn note(&self, ctx: &ToolContext, name: &str, cohort: &CohortDefinition) -> Result<Option<ObjectNote>> {
        match self.data.queries.cohort(&ctx.project, cohort, 0, &ctx.clock).await {
            Ok(members) => {
                let (text, table) = size(name, cohort, &members);
                Ok(Some(ObjectNote {
                    text,
                    table: Some(table),
                }))
            }
            Err(error) if error.code() == Code::UnknownName => {
                let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
                let nobody = format!("Nobody is in it now: {}{hint}.", error.message());
                Ok(Some(nobody.into()))
            }
            Err(error) if error.code() == Code::Unavailable => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn check_deletion(&self, ctx: &ToolContext, object: &Object) -> Result<()> {
        refuse_while_used(self.objects.as_ref(), &ctx.project, object).await
    }
}

/// How many persons a cohort has: as a sentence, with the cells that its numbers are from.
pub(crate) fn size(name: &str, cohort: &CohortDefinition, members: &CohortMembers) -> (String, Table) {
    let measure = |name: &str, title: &str, unit| Column {
        name: name.to_owned(),
        title: title.to_owned(),
        role: Role::Measure,
        unit,
    };
    let label = Column {
        role: Role::Label,
        ..measure("cohort", "cohort", Unit::None)
    };
    let mut table = Table {
        title: format!("persons in the cohort {name:?} now"),
        columns: vec![label, measure("persons", "persons", Unit::Persons)],
        rows: vec![vec![json!(name), json!(members.persons)]],
        rows_cut: 0,
    };
    // The cohort is named, since a figure holds only beside the label of its row.
    let persons = match members.persons {
        1 => format!("1 person is in {name:?} now."),
        count => format!("{count} persons are in {name:?} now."),
    };
    let (missing, listed) = (members.ids_without_person, cohort.persons.len());
    if missing == 0 {
        return (persons, table);
    }
    let columns = [
        ("distinct_ids", "distinct ids listed", json!(listed)),
        ("ids_without_person", "distinct ids of no person", json!(missing)),
    ];
    for (column, title, cell) in columns {
        table.columns.push(measure(column, title, Unit::None));
        table.rows[0].push(cell);
    }
    let ids = format!("{listed} distinct ids are listed in {name:?}, {missing} distinct ids of no person.");
    (format!("{persons} {ids}"), table)
}

fn references(filters: &FilterGroup) -> Result<Vec<String>> {
    let mut filters = filters.filters();
    filters.retain(|filter| filter.property_type == PropertyType::Cohort);
    filters
        .into_iter()
        .map(|filter| cohort_reference(filter).map(str::to_owned))
        .collect()
}

/// Refuses conditions on anything but people.
fn check_types(group: &FilterGroup) -> Result<()> {
    let of_people = [
        PropertyType::Person,
        PropertyType::PersonField,
        PropertyType::Cohort,
        PropertyType::Behavioral,
    ];
    let mut filters = group.filters().into_iter();
    match filters.find(|filter| !of_people.contains(&filter.property_type)) {
        Some(filter) => Err(Error::invalid(format!("{} is not a condition on people", filter.key))
            .with_hint("give it the type person, cohort for another cohort, or behavioral for what they did")),
        None => Ok(()),
    }
}
