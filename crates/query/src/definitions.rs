//! The actions and cohorts that a query names, looked up, and who is in the cohorts.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, not};
use hedgerow_data_api::{
    ActionDefinition, CohortDefinition, Defined, Definitions, EventsNode, EventsNodeKind, FilterGroup, Operator,
    PropertyFilter, PropertyType, QuerySettings, Taxonomy, Warning, cohort_reference,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::{ObjectId, ProjectId};

use crate::behaviors::Behaviors;
use crate::dates::Local;
use crate::engine::{Engine, Session};
use crate::expressions::names_persons;
use crate::fields::PersonFields;
use crate::filters;
use crate::persons::{Moment, Needs, PersonSet, Persons};
use crate::scope::Selection;
use crate::test_accounts;

/// The actions and cohorts of a query, as they are defined at this moment.
#[derive(Default)]
pub(crate) struct Named {
    /// By what the query calls them: an id or a name.
    actions: BTreeMap<String, Defined<ActionDefinition>>,
    /// The same for cohorts, those on which others rest included.
    cohorts: BTreeMap<String, Defined<CohortDefinition>>,
    /// What all but test accounts meet, where these are left out.
    test_accounts: Option<FilterGroup>,
    /// What the cohorts say that persons did, once it is computed.
    behaviors: Behaviors,
}

impl Named {
    /// What a query names. Refuses what is not defined, and cohorts that rest on themselves.
    pub(crate) async fn of(
        definitions: &dyn Definitions,
        project: &ProjectId,
        selection: Selection<'_>,
        settings: &QuerySettings,
    ) -> Result<Self> {
        let test_accounts = test_accounts::conditions(settings, selection.filter_test_accounts)?;
        let mut named = Self {
            test_accounts: test_accounts.cloned(),
            ..Self::default()
        };
        for node in selection.series {
            check_form(node)?;
            if let Some(reference) = node.action() {
                let action = definitions.action(project, reference).await?;
                named.actions.insert(reference.to_owned(), action);
            }
        }
        let groups: Vec<FilterGroup> = named.groups(selection).cloned().collect();
        named.add_cohorts(definitions, project, groups).await?;
        Ok(named)
    }

    /// What filters alone name.
    pub(crate) async fn of_filters(
        definitions: &dyn Definitions,
        project: &ProjectId,
        filters: &FilterGroup,
    ) -> Result<Self> {
        let mut named = Self::default();
        named.add_cohorts(definitions, project, vec![filters.clone()]).await?;
        Ok(named)
    }

    /// Computes what the cohorts say that persons did, and what some filters of a cohort say.
    pub(crate) async fn behave(
        &mut self,
        own: &FilterGroup,
        place: (&Engine, &ProjectId),
        at: (&Session, &Moment),
        now: Local,
    ) -> Result<()> {
        for cohort in self.cohorts.values() {
            let added = self.behaviors.add(&cohort.body.filters.filters(), place, at, now).await;
            added.map_err(|error| of_named("cohort", &cohort.name, &error))?;
        }
        self.behaviors.add(&own.filters(), place, at, now).await
    }

    async fn add_cohorts(
        &mut self,
        definitions: &dyn Definitions,
        project: &ProjectId,
        mut groups: Vec<FilterGroup>,
    ) -> Result<()> {
        while let Some(group) = groups.pop() {
            for filter in of_cohorts(&group) {
                let reference = cohort_reference(filter)?;
                if !self.cohorts.contains_key(reference) {
                    let cohort = definitions.cohort(project, reference).await?;
                    groups.push(cohort.body.filters.clone());
                    self.cohorts.insert(reference.to_owned(), cohort);
                }
            }
        }
        self.cohorts
            .values()
            .try_for_each(|cohort| self.check_cycles(cohort, &mut Vec::new()))
    }

    fn check_cycles<'a>(
        &'a self,
        cohort: &'a Defined<CohortDefinition>,
        path: &mut Vec<&'a Defined<CohortDefinition>>,
    ) -> Result<()> {
        if let Some(first) = path.iter().position(|above| above.id == cohort.id) {
            let names = path[first..]
                .iter()
                .chain([&cohort])
                .map(|cohort| format!("{:?}", cohort.name));
            let names = names.collect::<Vec<_>>().join(", which rests on ");
            return Err(Error::new(Code::Conflict, format!("a cohort rests on itself: {names}"))
                .with_hint("take the condition on a cohort out of one of them"));
        }
        path.push(cohort);
        for filter in of_cohorts(&cohort.body.filters) {
            if let Some(below) = self.cohorts.get(cohort_reference(filter)?) {
                self.check_cycles(below, path)?;
            }
        }
        path.pop();
        Ok(())
    }

    /// Refuses actions that count events which are not there.
    pub(crate) fn validate(&self, taxonomy: &Taxonomy) -> Result<()> {
        for action in self.actions.values() {
            let events = action.body.steps.iter().filter_map(|step| step.event.as_deref());
            if let Some(unknown) = events.into_iter().find(|name| taxonomy.event(name).is_none()) {
                let known = taxonomy.events.iter().map(|event| event.name.as_str());
                return Err(of_named(
                    "action",
                    &action.name,
                    &Error::unknown("event", unknown, known),
                ));
            }
        }
        Ok(())
    }

    /// The action of a series.
    pub(crate) fn action(&self, node: &EventsNode) -> Option<&Defined<ActionDefinition>> {
        self.actions.get(node.action()?)
    }

    /// All filters on events of a query: its own, those of its series, and those of its actions' steps.
    pub(crate) fn groups<'a>(&'a self, selection: Selection<'a>) -> impl Iterator<Item = &'a FilterGroup> {
        let of_series = selection.series.iter().map(|node| &node.properties);
        let of_actions = self.actions.values().flat_map(|action| &action.body.steps);
        let of_actions = of_actions.map(|step| &step.properties);
        let own = of_series.chain([selection.properties]);
        own.chain(self.test_accounts.as_ref()).chain(of_actions)
    }

    /// What all but test accounts meet, where these are left out.
    pub(crate) fn test_accounts(&self) -> Option<&FilterGroup> {
        self.test_accounts.as_ref()
    }

    /// What a query needs of the persons.
    pub(crate) fn needs(&self, selection: Selection<'_>) -> Needs {
        let mut maths = selection.series.iter().filter_map(|node| node.math_hogql.as_deref());
        match self.needs_of_filters(self.groups(selection)) {
            Needs::Nothing if maths.any(names_persons) => self.needs_of_cohorts(),
            needs => needs,
        }
    }

    /// What filters need of the persons.
    pub(crate) fn needs_of_filters<'a>(&self, groups: impl IntoIterator<Item = &'a FilterGroup>) -> Needs {
        let of_persons = [PropertyType::Person, PropertyType::PersonField, PropertyType::Cohort];
        let needs_persons = |filter: &PropertyFilter| match filter.property_type {
            PropertyType::Hogql => names_persons(&filter.key),
            property_type => of_persons.contains(&property_type),
        };
        if !groups.into_iter().flat_map(FilterGroup::filters).any(needs_persons) {
            return Needs::Nothing;
        }
        self.needs_of_cohorts()
    }

    /// What the cohorts need of the persons.
    pub(crate) fn needs_of_cohorts(&self) -> Needs {
        if self.cohorts.values().any(|cohort| !cohort.body.persons.is_empty()) {
            return Needs::DistinctIds;
        }
        Needs::Persons
    }

    /// A group with cohorts by their names, to be described.
    pub(crate) fn with_names(&self, group: &FilterGroup) -> FilterGroup {
        let mut group = group.clone();
        for filter in group.filters_mut() {
            let cohort = match filter.property_type {
                PropertyType::Cohort => cohort_reference(filter)
                    .ok()
                    .and_then(|reference| self.cohorts.get(reference)),
                _ => None,
            };
            if let Some(cohort) = cohort {
                filter.value = Some(cohort.name.as_str().into());
            }
        }
        group
    }

    /// The actions, as provenance says them.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let actions: BTreeMap<ObjectId, &Defined<ActionDefinition>> =
            self.actions.values().map(|action| (action.id, action)).collect();
        let sentence = |action: &&Defined<_>| format!("action {:?} (version {})", action.name, action.version);
        actions.values().map(sentence).collect()
    }
}

/// Refuses a series that says both an event and an action, or neither where it must.
fn check_form(node: &EventsNode) -> Result<()> {
    let by_action = node.kind == EventsNodeKind::ActionsNode;
    let problem = match (
        by_action,
        node.event.is_some(),
        node.id.is_some() || node.name.is_some(),
    ) {
        (true, true, _) => "an ActionsNode takes id or name, not event",
        (true, false, false) => "an ActionsNode names no action: give its id or name",
        (false, _, true) => "id and name are those of an ActionsNode; an EventsNode takes event",
        _ => return Ok(()),
    };
    Err(Error::invalid(problem)
        .with_hint(r#"{"kind": "ActionsNode", "name": "..."}, or {"event": "..."}; a label goes into custom_name"#))
}

/// The filters on cohorts in a group and all groups within it.
fn of_cohorts(group: &FilterGroup) -> Vec<&PropertyFilter> {
    let mut filters = group.filters();
    filters.retain(|filter| filter.property_type == PropertyType::Cohort);
    filters
}

/// Who is in a cohort.
struct Members {
    set: PersonSet,
    /// How many persons.
    persons: u64,
    /// Listed distinct ids that no person has, and how many are listed.
    without_person: usize,
}

/// The cohorts of a query with who is in them.
#[derive(Default)]
pub(crate) struct Cohorts {
    known: BTreeMap<String, (Defined<CohortDefinition>, Members)>,
    /// What they say that persons did.
    pub(crate) behaviors: Behaviors,
}

impl Cohorts {
    /// Computes who is in the cohorts that are named.
    pub(crate) fn compute(named: &Named, persons: &Persons, state: &SessionState, now: Local) -> Result<Self> {
        let mut cohorts = Self {
            behaviors: named.behaviors.clone(),
            ..Self::default()
        };
        // Each comes after those on which it rests; there is no cycle, so that each round has one that can come.
        while cohorts.known.len() < named.cohorts.len() {
            for (reference, cohort) in &named.cohorts {
                let below = of_cohorts(&cohort.body.filters);
                let can_come = below
                    .iter()
                    .all(|filter| cohort_reference(filter).is_ok_and(|below| cohorts.known.contains_key(below)));
                if can_come && !cohorts.known.contains_key(reference) {
                    let members = cohorts.members(&cohort.body, persons, state, now);
                    let members = members.map_err(|error| of_named("cohort", &cohort.name, &error))?;
                    cohorts.known.insert(reference.clone(), (cohort.clone(), members));
                }
            }
        }
        Ok(cohorts)
    }

    fn members(
        &self,
        cohort: &CohortDefinition,
        persons: &Persons,
        state: &SessionState,
        now: Local,
    ) -> Result<Members> {
        if !cohort.persons.is_empty() {
            let (set, without_person) = persons.with_ids(&cohort.persons)?;
            return Ok(Members {
                persons: set.len(),
                set,
                without_person,
            });
        }
        let fields = PersonFields {
            taxonomy: &persons.taxonomy,
            cohorts: self,
        };
        let condition = filters::group(&fields, now, &cohort.filters)?;
        let condition =
            condition.ok_or_else(|| Error::new(Code::Corrupt, "a cohort has neither conditions nor persons"))?;
        let set = persons.holding(state, &condition)?.of_persons(persons)?;
        Ok(Members {
            persons: set.len(),
            set,
            without_person: 0,
        })
    }

    /// Who is in a cohort that may rest on these: the set, and how many of its distinct ids no person has.
    pub(crate) fn who(
        &self,
        cohort: &CohortDefinition,
        persons: &Persons,
        state: &SessionState,
        now: Local,
    ) -> Result<(PersonSet, usize)> {
        let members = self.members(cohort, persons, state, now)?;
        Ok((members.set, members.without_person))
    }

    /// A filter's condition on the rows of `events` or `persons`: both have the key of the person.
    pub(crate) fn condition(&self, filter: &PropertyFilter) -> Result<Expr> {
        let reference = cohort_reference(filter)?;
        let known = self.known.get(reference);
        let (cohort, members) =
            known.ok_or_else(|| Error::internal(format!("cohort {reference:?} was not looked up")))?;
        let is_among = members.set.condition(&format!("cohort {:?}", cohort.name));
        match filter.operator {
            Operator::Exact | Operator::In => Ok(is_among),
            Operator::IsNot | Operator::NotIn => Ok(not(is_among)),
            other => {
                let message = format!(
                    "a filter of type cohort has the operator in or not_in, not {}",
                    other.as_str()
                );
                Err(Error::invalid(message))
            }
        }
    }

    /// The name of a cohort.
    pub(crate) fn name(&self, reference: &str) -> Option<&str> {
        self.known.get(reference).map(|(cohort, _)| cohort.name.as_str())
    }

    /// The cohorts, as provenance says them.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let sentence = |(cohort, members): &(Defined<CohortDefinition>, Members)| {
            let persons = if members.persons == 1 { "person" } else { "persons" };
            format!(
                "cohort {:?} (version {}): {} {persons}",
                cohort.name, cohort.version, members.persons
            )
        };
        let sentences: BTreeSet<String> = self.known.values().map(sentence).collect();
        sentences.into_iter().collect()
    }

    /// What a reader must know of them.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let told: BTreeMap<ObjectId, String> = self
            .known
            .values()
            .filter(|(_, members)| members.without_person > 0)
            .map(|(cohort, members)| {
                let message = format!(
                    "{} of the {} distinct ids that the cohort {:?} lists belong to no person, and count nothing",
                    members.without_person,
                    cohort.body.persons.len(),
                    cohort.name
                );
                (cohort.id, message)
            })
            .collect();
        told.into_values()
            .map(|message| Warning::new("cohort_ids_without_person", message))
            .collect()
    }
}

/// What is wrong with a cohort or an action, with its name.
pub(crate) fn of_named(kind: &str, name: &str, error: &Error) -> Error {
    let hint = error.hint().map(str::to_owned);
    let named = Error::new(error.code(), format!("{kind} {name:?}: {}", error.message()));
    match hint {
        Some(hint) => named.with_hint(hint),
        None => named,
    }
}
