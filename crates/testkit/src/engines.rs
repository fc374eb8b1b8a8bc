//! Engines without storage: a store with a made-up taxonomy, a query engine of closures.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeZone, Utc};
use hedgerow_data_api::{
    Appended, Clock, Data, EventBatch, EventDefinition, EventSink, EventStore, EventsQuery, EventsResponse,
    NoDefinitions, PersonProperty, PersonTaxonomy, PersonsQuery, PersonsResponse, Progress, ProjectInfo,
    PropertyDefinition, QueryEngine, SqlArrow, SqlQuery, SqlResponse, Taxonomy, TrendsQuery, TrendsResponse,
    TypedQuery, ValueCount, ValueList, ValueType,
};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;

/// A store that holds one project's names and values, and no events.
pub struct FakeStore {
    project: ProjectId,
    taxonomy: Arc<Taxonomy>,
    persons: Arc<PersonTaxonomy>,
    values: BTreeMap<String, Vec<ValueCount>>,
}

impl FakeStore {
    /// A store with one empty project.
    #[must_use]
    pub fn new(project: &str) -> Self {
        let project = project.parse().expect("a project id");
        Self {
            project,
            taxonomy: Arc::new(Taxonomy::default()),
            persons: Arc::default(),
            values: BTreeMap::new(),
        }
    }

    /// Adds an event, seen from 17 to 20 May 2015.
    #[must_use]
    pub fn event(mut self, name: &str, count: u64) -> Self {
        let at =
            |day, hour| -> DateTime<Utc> { Utc.with_ymd_and_hms(2015, 5, day, hour, 0, 0).single().expect("a time") };
        let definition = EventDefinition {
            name: name.to_owned(),
            count,
            first_seen: at(17, 10),
            last_seen: at(20, 21),
        };
        Arc::make_mut(&mut self.taxonomy).events.push(definition);
        self
    }

    /// Adds a property of one person.
    #[must_use]
    pub fn person_property(mut self, key: &str, value: &str) -> Self {
        let persons = Arc::make_mut(&mut self.persons);
        persons.persons = 1;
        persons.properties.push(PersonProperty {
            key: key.to_owned(),
            value_type: ValueType::String,
            count: 1,
            values: vec![ValueCount {
                value: value.to_owned(),
                count: 1,
            }],
            values_complete: true,
        });
        self
    }

    /// Adds a property with its values, most frequent first; all values there are.
    #[must_use]
    pub fn property(mut self, key: &str, value_type: ValueType, values: &[(&str, u64)]) -> Self {
        let column = key.trim_start_matches('$').to_owned();
        let count = values.iter().map(|(_, count)| count).sum();
        let key = key.to_owned();
        let taxonomy = Arc::make_mut(&mut self.taxonomy);
        taxonomy.properties.push(PropertyDefinition {
            key: key.clone(),
            column,
            value_type,
            count,
            values_complete: true,
        });
        taxonomy.properties.sort_by(|a, b| a.key.cmp(&b.key));
        let counted = values.iter().map(|(value, count)| ValueCount {
            value: (*value).to_owned(),
            count: *count,
        });
        self.values.insert(key, counted.collect());
        self
    }

    /// The engines as products and core tools get them, with a query engine that refuses.
    #[must_use]
    pub fn data(self) -> Data {
        Data {
            queries: Arc::new(FakeEngine::default()),
            store: Arc::new(self),
            definitions: Arc::new(NoDefinitions),
        }
    }

    fn check(&self, project: &ProjectId) -> Result<()> {
        if *project == self.project {
            return Ok(());
        }
        Err(Error::unknown("project", project.as_str(), [self.project.as_str()]))
    }
}

#[async_trait]
impl EventSink for FakeStore {
    async fn append(&self, _: &ProjectId, _: EventBatch) -> Result<Appended> {
        Err(Error::new(Code::Denied, "a fake store takes no events"))
    }
}

#[async_trait]
impl EventStore for FakeStore {
    async fn projects(&self) -> Result<Vec<ProjectInfo>> {
        let events = self.taxonomy.events.iter().map(|event| event.count).sum();
        Ok(vec![ProjectInfo {
            id: self.project.clone(),
            events,
            problem: None,
        }])
    }

    async fn create_project(&self, project: &ProjectId) -> Result<()> {
        self.check(project)
    }

    async fn person_taxonomy(&self, project: &ProjectId) -> Result<Arc<PersonTaxonomy>> {
        self.check(project)?;
        Ok(self.persons.clone())
    }

    async fn taxonomy(&self, project: &ProjectId) -> Result<Arc<Taxonomy>> {
        self.check(project)?;
        Ok(self.taxonomy.clone())
    }

    async fn values(&self, project: &ProjectId, key: &str, search: &str, limit: usize) -> Result<ValueList> {
        self.check(project)?;
        let Some(all) = self.values.get(key) else {
            return Err(Error::unknown("property", key, self.values.keys().map(String::as_str)));
        };
        let search = search.to_lowercase();
        let found = all.iter().filter(|value| value.value.to_lowercase().contains(&search));
        let values: Vec<ValueCount> = found.clone().take(limit).cloned().collect();
        Ok(ValueList {
            complete: values.len() == found.count(),
            values,
        })
    }

    async fn has_value(&self, project: &ProjectId, key: &str, value: &str) -> Result<Option<bool>> {
        self.check(project)?;
        let Some(property) = self.taxonomy.property(key) else {
            return Err(Error::unknown("property", key, self.values.keys().map(String::as_str)));
        };
        let equal = |known: &str| match property.value_type {
            ValueType::String | ValueType::Json => known == value,
            ValueType::Boolean => known.eq_ignore_ascii_case(value.trim()),
            ValueType::Integer | ValueType::Double => {
                known == value
                    || known
                        .parse::<f64>()
                        .is_ok_and(|known| value.trim().parse() == Ok(known))
            }
        };
        let listed = self.values.get(key).into_iter().flatten();
        Ok(Some(listed.into_iter().any(|known| equal(&known.value))))
    }
}

type Trends = dyn Fn(&TrendsQuery) -> Result<TrendsResponse> + Send + Sync;
type Events = dyn Fn(&EventsQuery) -> Result<EventsResponse> + Send + Sync;
type Persons = dyn Fn(&PersonsQuery) -> Result<PersonsResponse> + Send + Sync;
type Sql = dyn Fn(&SqlQuery) -> Result<SqlResponse> + Send + Sync;

/// A query engine of closures, one for each kind of query.
pub struct FakeEngine {
    trends: Box<Trends>,
    events: Box<Events>,
    persons: Box<Persons>,
    sql: Box<Sql>,
}

impl Default for FakeEngine {
    /// An engine that refuses every query.
    fn default() -> Self {
        let refusal = || Error::new(Code::Unavailable, "a fake engine without answers");
        Self {
            trends: Box::new(move |_| Err(refusal())),
            events: Box::new(move |_| Err(refusal())),
            persons: Box::new(move |_| Err(refusal())),
            sql: Box::new(move |_| Err(refusal())),
        }
    }
}

impl FakeEngine {
    /// Answers trends queries with a closure.
    #[must_use]
    pub fn trends(mut self, answer: impl Fn(&TrendsQuery) -> Result<TrendsResponse> + Send + Sync + 'static) -> Self {
        self.trends = Box::new(answer);
        self
    }

    /// Answers events queries with a closure.
    #[must_use]
    pub fn events(mut self, answer: impl Fn(&EventsQuery) -> Result<EventsResponse> + Send + Sync + 'static) -> Self {
        self.events = Box::new(answer);
        self
    }

    /// Answers persons queries with a closure.
    #[must_use]
    pub fn persons(
        mut self,
        answer: impl Fn(&PersonsQuery) -> Result<PersonsResponse> + Send + Sync + 'static,
    ) -> Self {
        self.persons = Box::new(answer);
        self
    }

    /// Answers SQL with a closure.
    #[must_use]
    pub fn sql(mut self, answer: impl Fn(&SqlQuery) -> Result<SqlResponse> + Send + Sync + 'static) -> Self {
        self.sql = Box::new(answer);
        self
    }
}

#[async_trait]
impl QueryEngine for FakeEngine {
    async fn trends(&self, _: &ProjectId, query: &TrendsQuery, _: &Clock, _: &Progress) -> Result<TrendsResponse> {
        (self.trends)(query)
    }

    async fn events(&self, _: &ProjectId, query: &EventsQuery, _: &Clock, _: &Progress) -> Result<EventsResponse> {
        (self.events)(query)
    }

    async fn persons(&self, _: &ProjectId, query: &PersonsQuery, _: &Clock, _: &Progress) -> Result<PersonsResponse> {
        (self.persons)(query)
    }

    async fn sql(&self, _: &ProjectId, query: &SqlQuery, _: &Clock, _: &Progress) -> Result<SqlResponse> {
        (self.sql)(query)
    }

    async fn sql_arrow(&self, _: &ProjectId, _: &SqlQuery, _: &Clock) -> Result<SqlArrow> {
        Err(Error::new(Code::Unavailable, "a fake engine has no columns"))
    }

    async fn plan(&self, _: &ProjectId, _: &TypedQuery, _: &Clock) -> Result<String> {
        Err(Error::new(Code::Unavailable, "a fake engine has no plans"))
    }
}
