//! Expressions of SQL in typed queries, over the columns of events alone: what they read of persons, sessions and groups is
//! looked up by the event's own keys, so that no join changes how many rows there are.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::functions::expr_fn::coalesce;
use datafusion::logical_expr::{Expr, cast, ident, lit};
use hedgerow_errors::{Code, Error, Result};
use hedgerow_ids::ProjectId;

use crate::dates::Local;
use crate::engine::{Engine, Session};
use crate::fields::json_text;
use crate::lookups::value_of;
use crate::people::{self, PeopleKind};
use crate::persons::Moment;
use crate::sql::{self, Alone, Purpose};

/// The id of an event's person, which visitors who are no persons have, too.
const PERSON_ID: &str = "person_id";

/// Whether an expression may read something of persons: by itself, or by an action's conditions.
pub(crate) fn names_persons(text: &str) -> bool {
    text.to_lowercase().contains("person") || text.contains("matchesAction")
}

/// What an expression reads beside events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Person,
    Session,
    /// With the index of the type.
    Group(i64),
}

impl Of {
    /// Whose field it is, and which.
    fn read(extra: &str) -> Option<(Self, &str)> {
        let (whose, field) = extra.split_once('.')?;
        let whose = match whose {
            "person" => Self::Person,
            "session" => Self::Session,
            group => Self::Group(group.strip_prefix("group_")?.parse().ok()?),
        };
        Some((whose, field))
    }
}

/// Rows with what an expression reads of them.
struct Table {
    batches: Vec<RecordBatch>,
    schema: Schema,
    /// The column that calls the rows, and the same of an event.
    key: (String, Expr),
}

/// Where expressions are resolved: the project at the moment of a query.
pub(crate) struct Resolver<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) project: &'a ProjectId,
    pub(crate) session: &'a Session,
    /// With the persons where an expression may name them.
    pub(crate) moment: &'a Moment,
    pub(crate) now: Local,
}

/// An expression on the rows of `events`.
pub(crate) struct Resolved {
    pub(crate) expression: Expr,
    pub(crate) data_type: DataType,
    /// Whether it reads fields of sessions, and properties of groups.
    pub(crate) reads: (bool, bool),
    /// Rows that were read to resolve it.
    pub(crate) rows_read: u64,
}

impl Resolver<'_> {
    /// Resolves an expression. What has no meaning is refused; `kind` says in errors what it is.
    pub(crate) async fn resolve(&self, text: &str, purpose: Purpose, kind: &str) -> Result<Resolved> {
        let resolved = self.resolved(text, purpose).await;
        resolved.map_err(|error| crate::definitions::of_named(kind, text, &error))
    }

    async fn resolved(&self, text: &str, purpose: Purpose) -> Result<Resolved> {
        let place = (self.session, self.now);
        let alone = Alone::read(self.engine, self.project, place, text, purpose).await?;
        let mut rows_read = 0;
        let mut wanted: BTreeMap<Of, BTreeSet<&str>> = BTreeMap::new();
        for (of, field) in alone.extras.iter().filter_map(|extra| Of::read(extra)) {
            wanted.entry(of).or_default().insert(field);
        }
        let mut tables = BTreeMap::new();
        for (of, fields) in &wanted {
            let table = match of {
                Of::Person => continue,
                Of::Session => self.sessions(fields, &mut rows_read).await?,
                Of::Group(index) => self.groups(*index, &alone).await?,
            };
            tables.insert(*of, table);
        }
        let mut extras = Vec::new();
        for extra in &alone.extras {
            let (of, field) = match Of::read(extra) {
                Some(found) => found,
                None if extra == PERSON_ID => (Of::Person, PERSON_ID),
                None => return Err(Error::internal(format!("{extra} is no column of events"))),
            };
            let of_persons = PeopleKind::Persons.schema();
            let schema = tables.get(&of).map_or(of_persons.as_ref(), |table| &table.schema);
            let found = schema.field_with_name(field);
            let found = found.map_err(|_| Error::internal(format!("{extra} has no type")))?;
            extras.push(Field::new(extra, found.data_type().clone(), true));
        }
        let planned = alone.planned(self.session, extras.clone()).await?;
        let data_type = self.type_of(&planned, &extras).await?;
        Ok(Resolved {
            data_type,
            expression: self.looked_up(planned, &alone.extras, &tables)?,
            reads: (
                wanted.contains_key(&Of::Session),
                wanted.keys().any(|of| matches!(of, Of::Group(_))),
            ),
            rows_read,
        })
    }

    async fn type_of(&self, expression: &Expr, extras: &[Field]) -> Result<DataType> {
        use datafusion::common::DFSchema;
        use datafusion::logical_expr::ExprSchemable as _;
        let failed = |error| sql::explain(&error, &self.session.view);
        let events = self.session.context.table("events").await.map_err(failed)?;
        let fields = events.schema().fields().iter().map(|field| field.as_ref().clone());
        let schema = Schema::new(fields.chain(extras.iter().cloned()).collect::<Vec<_>>());
        let schema = DFSchema::try_from(schema).map_err(failed)?;
        expression.get_type(&schema).map_err(failed)
    }

    /// Sessions with some fields.
    async fn sessions(&self, fields: &BTreeSet<&str>, rows_read: &mut u64) -> Result<Table> {
        let failed = |error| sql::explain(&error, &self.session.view);
        let fields: Vec<&str> = fields.iter().copied().collect();
        let key = cast(ident("session_id"), DataType::Utf8).alias(KEY);
        let columns = fields.iter().map(|field| ident(*field)).chain([key]);
        let sessions = self.session.sessions_with(&fields).await?;
        let sessions = sessions.select(columns.collect::<Vec<_>>()).map_err(failed)?;
        let schema = sessions.schema().as_arrow().clone();
        let plan = sessions.into_optimized_plan().map_err(failed)?;
        let done = self.session.run(&plan).await?;
        *rows_read += done.rows_read;
        Ok(Table {
            schema,
            batches: done.batches,
            key: (KEY.to_owned(), cast(ident("session_id"), DataType::Utf8)),
        })
    }

    /// The groups of a type.
    async fn groups(&self, index: i64, alone: &Alone) -> Result<Table> {
        let failed = |error| sql::explain(&error, &self.session.view);
        let mut reader = self.engine.lake.people(self.project).await?;
        let batches = people::read(&mut reader, PeopleKind::Groups, None).await?;
        drop(reader);
        let groups = self.session.context.read_batches(batches);
        let groups = groups
            .and_then(|groups| groups.filter(ident("group_type_index").eq(lit(index))))
            .map_err(failed)?;
        let schema = groups.schema().as_arrow().clone();
        let plan = groups.into_optimized_plan().map_err(failed)?;
        let done = self.session.run(&plan).await?;
        let group_type = alone.group_types.get(&index);
        let group_type = group_type.ok_or_else(|| Error::internal("a type of groups has no name"))?;
        Ok(Table {
            schema,
            batches: done.batches,
            key: ("group_key".to_owned(), key_of_group(group_type)),
        })
    }

    /// The same with look-ups in place of what is no column of events: each as large a part of the expression as reads
    /// nothing else, so that it is computed once for each person, session or group.
    fn looked_up(&self, planned: Expr, extras: &BTreeSet<String>, tables: &BTreeMap<Of, Table>) -> Result<Expr> {
        let mut failure = None;
        let replaced = planned.transform_down(|part| {
            let whose = match whose(&part, extras) {
                Whose::Extra(of) => of,
                Whose::Several => return Ok(Transformed::no(part)),
                Whose::Nothing => return Ok(Transformed::new(part, false, TreeNodeRecursion::Jump)),
            };
            match self.look_up(whose, &part, tables) {
                Ok(found) => Ok(Transformed::new(found, true, TreeNodeRecursion::Jump)),
                Err(error) => {
                    failure.get_or_insert(error);
                    Ok(Transformed::new(part, false, TreeNodeRecursion::Stop))
                }
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        let replaced = replaced.map_err(|error| sql::explain(&error, &self.session.view));
        replaced.map(|done| done.data)
    }

    fn look_up(&self, whose: Option<Of>, part: &Expr, tables: &BTreeMap<Of, Table>) -> Result<Expr> {
        let state = &self.session.state;
        let said = part.to_string();
        let persons = || {
            let persons = self.moment.persons.as_deref();
            persons.ok_or_else(|| Error::internal("an expression names persons, which were not read"))
        };
        let Some(of) = whose else {
            let known = persons()?.values(state, &ident(PERSON_ID), PERSON_ID)?;
            let udfs = self.session.context.state();
            let of_id = udfs.scalar_functions().get("person_of").cloned();
            let of_id = of_id.ok_or_else(|| Error::internal("person_of is not registered"))?;
            return Ok(coalesce(vec![known, of_id.call(vec![ident("distinct_id")])]));
        };
        let own = part.clone().transform(|inner| {
            Ok(match inner {
                Expr::Column(column) => {
                    let field = column.name.split_once('.').map_or("", |(_, field)| field);
                    Transformed::yes(ident(field))
                }
                other => Transformed::no(other),
            })
        });
        let own = own.map(|done| done.data);
        let own = own.map_err(|error| Error::caused(Code::Internal, "an expression can't be changed", error))?;
        if of == Of::Person {
            // Which keys are read of all properties is known too late to read their values over time.
            let reads_properties = own.column_refs().iter().any(|column| column.name == "properties");
            if reads_properties && self.moment.history.is_some() {
                return Err(Error::invalid(
                    "an expression reads properties of persons as they are now, and the query wants them as they were \
                     right after each event",
                )
                .with_hint(
                    "take a filter or breakdown of type person, or the modifier personsOnEventsMode with \
                     person_id_override_properties_joined",
                ));
            }
            return persons()?.values(state, &own, &said);
        }
        let table = tables.get(&of);
        let table = table.ok_or_else(|| Error::internal("a table of an expression was not read"))?;
        let (key, of_event) = &table.key;
        value_of(
            state,
            &table.batches,
            &table.schema,
            (key, of_event.clone()),
            &own,
            &said,
        )
    }
}

/// The key of an event's group of a type.
pub(crate) fn key_of_group(group_type: &str) -> Expr {
    json_text(json_text(ident("rest"), "$groups"), group_type)
}

/// The column that calls sessions in tables of them; the name can't be that of a field.
const KEY: &str = "expressions::key";

/// Whose fields an expression reads.
enum Whose {
    /// Nobody's but the event's.
    Nothing,
    /// Those of one: of a person, a session or a group, or the id of the person (`None`).
    Extra(Option<Of>),
    /// Those of several, or an aggregate of them.
    Several,
}

fn whose(part: &Expr, extras: &BTreeSet<String>) -> Whose {
    let mut found = BTreeSet::new();
    let (mut of_events, mut is_alone) = (false, true);
    let walked = part.apply(|inner| {
        match inner {
            Expr::Column(column) if extras.contains(&column.name) => {
                found.insert(Of::read(&column.name).map(|(of, _)| of));
            }
            Expr::Column(_) => of_events = true,
            Expr::AggregateFunction(_) => is_alone = false,
            Expr::ScalarFunction(function)
                if function.func.signature().volatility == datafusion::logical_expr::Volatility::Volatile =>
            {
                is_alone = false;
            }
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    });
    if walked.is_err() {
        return Whose::Several;
    }
    let of_id = matches!(part, Expr::Column(_));
    match (found.len(), found.pop_first()) {
        (0, _) => Whose::Nothing,
        (1, Some(of)) if is_alone && !of_events && (of.is_some() || of_id) => Whose::Extra(of),
        _ => Whose::Several,
    }
}
