//! The tables as DataFusion reads them: with what an event says of its person, session and groups joined on, and
//! with lists turned into rows.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, JoinConstraint, JoinOperator, Select, SetExpr, TableFactor, TableFunctionArgs,
    TableWithJoins, Value,
};
use hedgerow_errors::{Error, Result};

use super::build::{fill, name, quoted, quoted_text, table};
use super::dialect::single;
use super::facts::Facts;
use super::rewrite::{Clause, Rewriter, Scope, normal, refused, table_alias};
use super::sessions;
use super::tables::{Kind, Source};

/// Rows that `numbers` makes at most.
const MOST_NUMBERS: u64 = 10_000_000;

impl Rewriter<'_> {
    /// Puts the tables into FROM as DataFusion reads them, with all that the expressions turned out to need.
    pub(super) fn sources(&mut self, select: &mut Select, scope: Scope) -> Result<()> {
        let Scope {
            sources, array_joins, ..
        } = scope;
        // Conditions of joins name columns of all the tables before and beside them.
        self.scopes.push(Scope {
            sources: sources.clone(),
            ..Scope::default()
        });
        let walked = self.constraints(select);
        let joined = self.scopes.pop().unwrap_or_default();
        walked?;
        let sources = joined.sources;
        let mut made = sources.iter();
        for from in &mut select.from {
            self.put(&mut from.relation, &mut made)?;
            for join in &mut from.joins {
                self.put(&mut join.relation, &mut made)?;
            }
        }
        if array_joins.is_empty() {
            return Ok(());
        }
        let (lists, names): (Vec<Expr>, Vec<String>) = array_joins.into_iter().unzip();
        let columns: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(at, alias)| format!("unnest(${}) AS {}", at + 1, quoted(alias)))
            .collect();
        let columns = columns.join(", ");
        let called = sources.first().map_or("", |source| source.name.as_str());
        let called = if called.is_empty() { "rows" } else { called };
        let sql = if select.from.is_empty() {
            format!("(SELECT {columns}) AS {}", quoted(called))
        } else {
            format!("(SELECT *, {columns} FROM \"rows\") AS {}", quoted(called))
        };
        let mut relation = table(&sql)?;
        if let TableFactor::Derived { subquery, .. } = &mut relation {
            fill(subquery.as_mut(), &lists)?;
            if let SetExpr::Select(inner) = subquery.body.as_mut()
                && let (Some(inner), Some(outer)) = (inner.from.first_mut(), select.from.first())
            {
                inner.relation = outer.relation.clone();
            }
        }
        if select.from.is_empty() {
            select.from.push(TableWithJoins {
                relation,
                joins: Vec::new(),
            });
        } else if let Some(from) = select.from.first_mut() {
            from.relation = relation;
        }
        Ok(())
    }

    fn constraints(&mut self, select: &mut Select) -> Result<()> {
        self.clause = Clause::Where;
        for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
            let constraint = match &mut join.join_operator {
                JoinOperator::AsOf { .. } => {
                    return Err(refused(
                        "ASOF",
                        "join on a condition on the times, and take the nearest with argMax",
                    ));
                }
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::Right(constraint)
                | JoinOperator::RightOuter(constraint)
                | JoinOperator::FullOuter(constraint)
                | JoinOperator::Semi(constraint)
                | JoinOperator::LeftSemi(constraint)
                | JoinOperator::RightSemi(constraint)
                | JoinOperator::Anti(constraint)
                | JoinOperator::LeftAnti(constraint)
                | JoinOperator::RightAnti(constraint) => constraint,
                _ => continue,
            };
            match constraint {
                JoinConstraint::On(condition) => *condition = self.expression(condition.clone())?,
                JoinConstraint::Using(columns) => {
                    for column in columns {
                        if let Some(ident) = single(column)
                            && normal(ident) == "person_id"
                        {
                            for source in &mut self.top()?.sources {
                                if source.kind == Kind::Events {
                                    source.extras.insert("person_id".to_owned());
                                }
                            }
                        }
                    }
                }
                JoinConstraint::Natural | JoinConstraint::None => {}
            }
        }
        Ok(())
    }

    fn put<'s>(&self, factor: &mut TableFactor, sources: &mut impl Iterator<Item = &'s Source>) -> Result<()> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            self.put(&mut table_with_joins.relation, sources)?;
            for join in &mut table_with_joins.joins {
                self.put(&mut join.relation, sources)?;
            }
            return Ok(());
        }
        let Some(source) = sources.next() else { return Ok(()) };
        let sql = match source.kind {
            Kind::Events if !source.extras.is_empty() => self.events(&source.extras)?,
            Kind::Sessions => {
                let all = source.extras.is_empty();
                sessions::sql(&self.facts.view, (!all).then_some(&source.extras))
            }
            Kind::Numbers => {
                let TableFactor::Table { args: Some(args), .. } = &*factor else {
                    return Ok(());
                };
                let (start, count) = numbers(self.facts, args)?;
                if count == 0 {
                    "(SELECT value AS number FROM generate_series(0, 0) WHERE false)".to_owned()
                } else {
                    format!(
                        "(SELECT value AS number FROM generate_series({start}, {}))",
                        start + count - 1
                    )
                }
            }
            Kind::Cohorts => self.cohorts(),
            Kind::CohortPeople => self.cohort_people(),
            _ => return Ok(()),
        };
        let mut new = table(&sql)?;
        if let TableFactor::Derived { alias, .. } = &mut new {
            *alias = Some(table_alias(name(&source.name)));
        }
        *factor = new;
        Ok(())
    }

    /// The events with what is wanted of their persons, sessions and groups.
    fn events(&self, extras: &BTreeSet<String>) -> Result<String> {
        let mut columns = vec!["\"events\".*".to_owned()];
        let mut joins = String::new();
        let of_persons = extras.iter().any(|extra| extra.starts_with("person"));
        if of_persons {
            joins.push_str(
                " LEFT JOIN hedgerow.project.persons AS \"person\" ON \"person\".person_key = \"events\".person_key",
            );
        }
        let of_session: BTreeSet<String> = extras
            .iter()
            .filter_map(|extra| extra.strip_prefix("session."))
            .map(str::to_owned)
            .collect();
        if !of_session.is_empty() {
            let sessions = sessions::sql(&self.facts.view, Some(&of_session));
            joins.push_str(&format!(
                " LEFT JOIN {sessions} AS \"session\" ON \"session\".session_id = \"events\".session_id"
            ));
        }
        let mut groups = BTreeSet::new();
        for extra in extras {
            let of = match extra.split_once('.') {
                None => "coalesce(\"person\".person_id, person_of(\"events\".distinct_id))".to_owned(),
                Some((of, field)) => {
                    if of.starts_with("group_") {
                        groups.insert(of.to_owned());
                    }
                    format!("{}.{}", quoted(of), quoted(field))
                }
            };
            columns.push(format!("{of} AS {}", quoted(extra)));
        }
        for group in groups {
            let index: i64 = group.trim_start_matches("group_").parse().unwrap_or(-1);
            let of_type = self.facts.group_types.iter().find(|(_, known)| *known == index);
            let Some((group_type, _)) = of_type else {
                return Err(Error::unknown("type of groups", &group, []));
            };
            joins.push_str(&format!(
                " LEFT JOIN (SELECT group_key, properties FROM hedgerow.project.groups WHERE group_type_index = {index}) AS {} ON {}.group_key = jsonextractstring(\"events\".rest, '$groups', {})",
                quoted(&group),
                quoted(&group),
                quoted_text(group_type)
            ));
        }
        Ok(format!(
            "(SELECT {} FROM hedgerow.project.events AS \"events\"{joins})",
            columns.join(", ")
        ))
    }

    fn cohorts(&self) -> String {
        let rows = self.facts.cohorts.values().map(|cohort| {
            let (id, name) = (quoted_text(&cohort.id), quoted_text(&cohort.name));
            format!("({id}, {name})")
        });
        of_rows(rows.collect(), ["id", "name"])
    }

    fn cohort_people(&self) -> String {
        let rows = self.facts.cohorts.values().flat_map(|cohort| {
            cohort
                .persons
                .iter()
                .map(|person| format!("({}, {})", quoted_text(&cohort.id), quoted_text(person)))
        });
        of_rows(rows.collect(), ["cohort_id", "person_id"])
    }
}

fn of_rows(rows: Vec<String>, columns: [&str; 2]) -> String {
    let [one, other] = columns;
    if rows.is_empty() {
        return format!("(SELECT '' AS {one}, '' AS {other} WHERE false)");
    }
    format!(
        "(SELECT column1 AS {one}, column2 AS {other} FROM (VALUES {}))",
        rows.join(", ")
    )
}

/// The first number and how many.
pub(super) fn numbers(facts: &Facts, args: &TableFunctionArgs) -> Result<(u64, u64)> {
    let wrong = || {
        Error::invalid(format!(
            "numbers takes a number of rows, at most {MOST_NUMBERS}, or a start and a number"
        ))
        .with_hint("numbers(30) counts from 0 to 29")
    };
    let values = args.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => match &value.value {
            Value::Number(number, _) => number.parse::<u64>().ok(),
            _ => None,
        },
        FunctionArg::Unnamed(FunctionArgExpr::Expr(given)) => {
            super::given::value_of(facts, given).and_then(|value| value.as_u64())
        }
        _ => None,
    });
    let values: Option<Vec<u64>> = values.collect();
    let (start, count) = match values.ok_or_else(wrong)?.as_slice() {
        [count] => (0, *count),
        [start, count] => (*start, *count),
        _ => return Err(wrong()),
    };
    if count > MOST_NUMBERS || start > u64::from(u32::MAX) {
        return Err(wrong());
    }
    Ok((start, count))
}
