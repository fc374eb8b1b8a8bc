//! Calls of functions: each of HogQL's names becomes what DataFusion has for it, or a function of this crate.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    LambdaFunction, LambdaFunctionParameter, LambdaSyntax, OneOrManyWithParens, Value, WindowType,
    visit_expressions_mut,
};
use hedgerow_errors::{Error, Result};

use super::build::{call, expression, fill, name, nested, text};
use super::dialect::{GIVEN, IN_COHORT, single};
use super::given::{listed, literal};
use super::names::tuple_element;
use super::rewrite::{Clause, Rewriter, normal};
use super::templates::{AGGREGATES, OWN, SCALARS};

/// What a lambda's parameter is called where it stands for several.
const TOGETHER: &str = "together";

/// The arguments of a call, which are values.
pub(super) fn arguments(function: &Function) -> Result<Vec<Expr>> {
    let called = || function.name.to_string().replace('"', "");
    match &function.args {
        FunctionArguments::None => Ok(Vec::new()),
        FunctionArguments::Subquery(query) => Ok(vec![Expr::Subquery(query.clone())]),
        FunctionArguments::List(list) => {
            let values = list.args.iter().map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Ok(value.clone()),
                other => Err(Error::invalid(format!("{} does not take {other}", called()))),
            });
            values.collect()
        }
    }
}

/// A name without the `If` of the form with a condition.
fn without_if(called: &str) -> Option<&str> {
    let base = called.strip_suffix("If")?;
    let known = AGGREGATES.iter().any(|(name, _, _)| *name == base) || PLAIN.contains(&base);
    known.then_some(base)
}

/// Aggregates that DataFusion calls the same.
const PLAIN: [&str; 7] = ["count", "sum", "avg", "min", "max", "quantiles", "uniqExact"];

impl Rewriter<'_> {
    /// Whether a function folds many rows into one.
    pub(super) fn is_aggregate(&self, function: &Function) -> bool {
        let Some(ident) = single(&function.name) else {
            return false;
        };
        let called = ident.value.as_str();
        AGGREGATES.iter().any(|(known, _, _)| *known == called)
            || PLAIN.contains(&called)
            || without_if(called).is_some()
            || self.facts.aggregates.contains(&called.to_lowercase())
    }

    /// What a call becomes; `None` where DataFusion takes it as it stands.
    pub(super) fn call(&mut self, function: Function) -> Result<Option<Expr>> {
        let Some(ident) = single(&function.name) else {
            return Err(self.unknown(&function.name.to_string()));
        };
        let called = ident.value.clone();
        if called == GIVEN {
            return self.given(&Expr::Function(function)).map(Some);
        }
        if called == "COLUMNS" {
            return Err(super::rewrite::refused(
                "COLUMNS",
                "name the columns, or take * EXCLUDE (...)",
            ));
        }
        let parts = match arguments(&function) {
            Ok(parts) => parts,
            // `count(*)` and the like.
            Err(_) if self.facts.functions.contains(&called.to_lowercase()) => return Ok(None),
            Err(error) => return Err(error),
        };
        if self.is_aggregate(&function) || AGGREGATES.iter().any(|(known, _, _)| *known == called) {
            return self.aggregate(&called, function, parts);
        }
        if let Some(made) = self.special(&called, &function, &parts)? {
            return Ok(Some(made));
        }
        let mut of_name = SCALARS.iter().filter(|(known, _, _)| *known == called).peekable();
        if of_name.peek().is_some() {
            let found = of_name.find(|(_, count, _)| *count == parts.len());
            let Some((_, _, template)) = found else {
                let takes = SCALARS.iter().filter(|(known, _, _)| *known == called);
                let takes: Vec<String> = takes.map(|(_, count, _)| count.to_string()).collect();
                return Err(Error::invalid(format!(
                    "{called} takes {} arguments, not {}",
                    takes.join(" or "),
                    parts.len()
                )));
            };
            let mut made = expression(template, &parts)?;
            if let Expr::Function(inner) = &mut made {
                inner.over.clone_from(&function.over);
                inner.null_treatment = function.null_treatment;
            }
            return Ok(Some(nested(made)));
        }
        if let Some((_, own)) = OWN.iter().find(|(known, _)| *known == called) {
            return Ok(Some(call(own, parts)));
        }
        if self.facts.functions.contains(&called.to_lowercase()) {
            return Ok(None);
        }
        Err(self.unknown(&called))
    }

    /// Counts different persons by their keys in place of their ids, which are texts and come from another table.
    pub(super) fn count_keys(&self, function: &mut Function) {
        let Some(called) = single(&function.name).map(|ident| ident.value.clone()) else {
            return;
        };
        let FunctionArguments::List(list) = &mut function.args else {
            return;
        };
        let is_distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        let counts = match called.to_lowercase().as_str() {
            "count" => is_distinct,
            "uniq" | "uniqexact" => true,
            _ => false,
        };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_mut_slice() else {
            return;
        };
        let path: Vec<String> = match argument {
            Expr::Identifier(ident) => vec![normal(ident)],
            Expr::CompoundIdentifier(path) => path.iter().map(normal).collect(),
            _ => return,
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if counts && self.is_person_of_events(&path) {
            *argument = Expr::Identifier(name("person_key"));
        }
    }

    fn unknown(&self, called: &str) -> Error {
        let called = called.replace('"', "");
        let of_table = SCALARS
            .iter()
            .map(|(name, _, _)| *name)
            .chain(AGGREGATES.iter().map(|(name, _, _)| *name));
        let own = OWN.iter().map(|(name, _)| *name);
        let functions = self.facts.functions.iter().map(String::as_str);
        let functions = functions.filter(|name| !OWN.iter().any(|(_, own)| own == name));
        Error::unknown("function", &called, of_table.chain(own).chain(functions))
    }

    fn special(&mut self, called: &str, function: &Function, parts: &[Expr]) -> Result<Option<Expr>> {
        let wrong = |takes: &str| Error::invalid(format!("{called} takes {takes}"));
        let made = match (called, parts) {
            (IN_COHORT, [value, cohort]) => {
                let reference = literal(cohort).unwrap_or_default();
                let Some(known) = self.facts.cohorts.get(&reference) else {
                    return Err(Error::unknown("cohort", &reference, []));
                };
                call("in_cohort", vec![value.clone(), text(&known.id)])
            }
            ("matchesAction", [action]) => {
                let reference = literal(action).unwrap_or_default();
                let Some(known) = self.facts.actions.get(&reference) else {
                    return Err(Error::unknown("action", &reference, []));
                };
                self.action(known)?
            }
            ("and" | "or", [_, _, ..]) => {
                let op = if called == "and" {
                    BinaryOperator::And
                } else {
                    BinaryOperator::Or
                };
                let mut parts = parts.iter().cloned();
                let first = parts.next().ok_or_else(|| wrong("two conditions"))?;
                nested(parts.fold(first, |whole, part| Expr::BinaryOp {
                    left: Box::new(nested(whole)),
                    op: op.clone(),
                    right: Box::new(nested(part)),
                }))
            }
            ("in" | "notIn", [value, list]) => {
                let negated = called == "notIn";
                if let Expr::Subquery(subquery) = list {
                    let (expr, subquery) = (Box::new(value.clone()), subquery.clone());
                    return Ok(Some(Expr::InSubquery {
                        expr,
                        subquery,
                        negated,
                    }));
                }
                let list = listed(list).ok_or_else(|| wrong("a list that is written out, or a subquery"))?;
                let expr = Box::new(value.clone());
                nested(Expr::InList { expr, list, negated })
            }
            ("multiIf", [_, _, _, ..]) if parts.len() % 2 == 1 => {
                let mut sql = "CASE".to_owned();
                for at in 0..parts.len() / 2 {
                    sql.push_str(&format!(" WHEN ${} THEN ${}", 2 * at + 1, 2 * at + 2));
                }
                sql.push_str(&format!(" ELSE ${} END", parts.len()));
                expression(&sql, parts)?
            }
            ("multiIf", _) => return Err(wrong("an odd number of arguments, three at least")),
            ("transform", [value, from, to, rest @ ..]) => {
                let (Some(from), Some(to)) = (listed(from), listed(to)) else {
                    return Err(wrong("lists that are written out"));
                };
                if from.len() != to.len() || from.is_empty() {
                    return Err(wrong("two lists of the same length"));
                }
                let otherwise = rest.first().unwrap_or(value).clone();
                let mut sql = "CASE $1".to_owned();
                let mut all = vec![value.clone()];
                for (from, to) in from.into_iter().zip(to) {
                    sql.push_str(&format!(" WHEN ${} THEN ${}", all.len() + 1, all.len() + 2));
                    all.extend([from, to]);
                }
                all.push(otherwise);
                sql.push_str(&format!(" ELSE ${} END", all.len()));
                expression(&sql, &all)?
            }
            ("concat", [_, ..]) => {
                let parts = parts.iter().map(|part| match part {
                    Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)) => part.clone(),
                    other => call("tostring", vec![other.clone()]),
                });
                call("concat", parts.collect())
            }
            // DataFusion's check of plans fails on rows that are sorted by the absolute value of another function.
            ("abs", [value]) if self.clause == Clause::OrderBy => {
                nested(expression("greatest($1, -$1)", std::slice::from_ref(value))?)
            }
            ("arrayJoin", [list]) => self.array_join(list)?,
            ("tuple", _) => call("struct", parts.to_vec()),
            ("tupleElement", [tuple, index]) => {
                let index = literal(index).and_then(|index| index.parse().ok());
                tuple_element(tuple.clone(), index.ok_or_else(|| wrong("the number of a member"))?)?
            }
            ("toTimeZone", [time, zone]) => {
                let zone = literal(zone).ok_or_else(|| wrong("the name of a zone that is written out"))?;
                if zone.parse::<datafusion::arrow::array::timezone::Tz>().is_err() {
                    return Err(Error::invalid(format!("unknown time zone {zone:?}"))
                        .with_hint("zones are called as in Europe/Berlin"));
                }
                let kind = format!("Timestamp(Microsecond, Some(\"{zone}\"))");
                let time = call("moment", vec![text("toTimeZone"), time.clone()]);
                call("arrow_cast", vec![time, text(&kind)])
            }
            ("dateAdd" | "dateSub", [unit, number, time]) => {
                let Expr::Identifier(unit) = unit else {
                    return Err(wrong("a unit, a number and a time"));
                };
                let interval = call("intervalof", vec![text(&unit.value.to_lowercase()), number.clone()]);
                let op = if called == "dateAdd" { "+" } else { "-" };
                let time = call("moment", vec![text(called), time.clone()]);
                nested(expression(&format!("$1 {op} $2"), &[time, interval])?)
            }
            ("round" | "log" | "substr" | "substring", _) if function.over.is_none() => match (called, parts) {
                ("log", [value]) => call("logof", vec![value.clone()]),
                ("substring", [_, _] | [_, _, _]) => call("substringof", parts.to_vec()),
                _ => return Ok(None),
            },
            (
                "arrayMap" | "arrayFilter" | "arrayExists" | "arrayAll" | "arrayCount" | "arrayFirst" | "arraySum"
                | "arrayAvg" | "arrayMax" | "arrayMin" | "arraySort" | "arrayReverseSort",
                [Expr::Lambda(lambda), lists @ ..],
            ) if !lists.is_empty() => with_lambda(called, lambda, lists)?,
            _ => return Ok(None),
        };
        Ok(Some(made))
    }

    /// A list whose elements become rows: hoisted into FROM where one table stands there.
    fn array_join(&mut self, list: &Expr) -> Result<Expr> {
        let scope = self.top()?;
        let has_one = scope.is_single;
        if !has_one {
            return Ok(call("unnest", vec![list.clone()]));
        }
        if let Some((_, alias)) = scope.array_joins.iter().find(|(known, _)| known == list) {
            return Ok(Expr::Identifier(name(alias)));
        }
        let alias = format!("element {}", scope.array_joins.len() + 1);
        scope.array_joins.push((list.clone(), alias.clone()));
        Ok(Expr::Identifier(name(&alias)))
    }

    fn aggregate(&mut self, called: &str, function: Function, mut parts: Vec<Expr>) -> Result<Option<Expr>> {
        let (base, of_if) = match without_if(called) {
            Some(base) => (base, true),
            None => (called, false),
        };
        let mut condition = function.filter.as_deref().cloned();
        if of_if {
            let last = parts
                .pop()
                .ok_or_else(|| Error::invalid(format!("{called} takes a condition as its last argument")))?;
            condition = Some(match condition {
                Some(one) => super::expressions::and(one, last),
                None => last,
            });
        }
        let needs_numbers = matches!(
            base,
            "sum" | "avg" | "median" | "stddevPop" | "stddevSamp" | "varPop" | "varSamp"
        ) || base.starts_with("quantile");
        if needs_numbers && let Some(key) = parts.first().and_then(|part| self.text_property(part)) {
            return Err(Error::invalid(format!("{called} takes numbers, and {key} is text"))
                .with_hint(format!("{called}(toFloat(properties.{key})) makes numbers of texts")));
        }
        let is_distinct = matches!(&function.args, FunctionArguments::List(list)
            if list.duplicate_treatment == Some(DuplicateTreatment::Distinct));
        let parameters = match &function.parameters {
            FunctionArguments::List(list) => {
                let inner = Function {
                    args: FunctionArguments::List(list.clone()),
                    ..function.clone()
                };
                arguments(&inner)?
            }
            _ => Vec::new(),
        };
        let template = match (base, parts.len()) {
            ("count", 0) => "count(*)".to_owned(),
            ("uniq" | "uniqExact", 2..) => {
                let all: Vec<String> = (1..=parts.len()).map(|at| format!("${at}")).collect();
                let missing: Vec<String> = all.iter().map(|part| format!("{part} IS NULL")).collect();
                format!(
                    "count(DISTINCT CASE WHEN {} THEN NULL ELSE struct({}) END)",
                    missing.join(" OR "),
                    all.join(", ")
                )
            }
            ("groupArray", 1) if is_distinct => template_of("groupUniqArray", 1).unwrap_or_default(),
            ("groupArray", 1) => {
                let order = self.scopes.last().map(|scope| scope.order.clone()).unwrap_or_default();
                let order: Vec<String> = order.iter().map(ToString::to_string).collect();
                let order = if order.is_empty() {
                    String::new()
                } else {
                    format!(" ORDER BY {}", order.join(", "))
                };
                format!("orempty(array_agg($1{order}) FILTER (WHERE $1 IS NOT NULL))")
            }
            ("count" | "sum" | "avg" | "min" | "max", 1) if of_if && is_distinct => format!("{base}(DISTINCT $1)"),
            ("count" | "sum" | "avg" | "min" | "max", 1) if of_if => format!("{base}($1)"),
            _ => match template_of(base, parts.len()) {
                Some(template) => template,
                None if AGGREGATES.iter().any(|(known, _, _)| *known == base) => {
                    return Err(Error::invalid(format!(
                        "{called} does not take {} arguments",
                        parts.len()
                    )));
                }
                None => return Ok(None),
            },
        };
        let template = match (base, parameters.as_slice()) {
            ("quantiles", levels @ [_, ..]) => {
                let levels: Result<Vec<String>> = levels.iter().map(|level| level_of(called, level)).collect();
                template.replace("LEVELS", &levels?.join(", "))
            }
            ("quantile" | "quantileExact", [level]) => template.replace("LEVEL", &level_of(called, level)?),
            ("quantile" | "quantileExact", []) => template.replace("LEVEL", "0.5"),
            ("topK", [count]) => template.replace("COUNT", &count_of(called, count)?),
            ("groupArray", [count]) => format!("arrayslice({template}, 1, {})", count_of(called, count)?),
            (_, []) if base != "quantiles" => template.replace("COUNT", "10"),
            _ => {
                return Err(Error::invalid(format!(
                    "{called} takes other parameters in its first brackets"
                )));
            }
        };
        let mut made = with_condition(&template, &parts, condition, function.over.as_ref())?;
        if let Expr::Function(inner) = &mut made
            && function.null_treatment.is_some()
        {
            inner.null_treatment = function.null_treatment;
        }
        Ok(Some(made))
    }
}

fn template_of(base: &str, count: usize) -> Option<String> {
    let found = AGGREGATES
        .iter()
        .find(|(known, takes, _)| *known == base && *takes == count);
    found.map(|(_, _, template)| (*template).to_owned())
}

fn level_of(called: &str, level: &Expr) -> Result<String> {
    let text = literal(level).and_then(|level| level.parse::<f64>().ok());
    match text {
        Some(level) if (0.0..=1.0).contains(&level) => Ok(format!("{level:?}")),
        _ => Err(Error::invalid(format!(
            "{called} takes levels from 0 to 1, not {level}"
        ))),
    }
}

fn count_of(called: &str, count: &Expr) -> Result<String> {
    let text = literal(count).and_then(|count| count.parse::<u32>().ok());
    let count = text.ok_or_else(|| Error::invalid(format!("{called} takes a whole number, not {count}")))?;
    Ok(count.to_string())
}

/// An aggregate from its template, over the rows that fulfil a condition, as a window where it is one.
fn with_condition(template: &str, parts: &[Expr], condition: Option<Expr>, over: Option<&WindowType>) -> Result<Expr> {
    const FOLDING: [&str; 9] = [
        "count",
        "sum",
        "avg",
        "min",
        "max",
        "array_agg",
        "first_value",
        "last_value",
        "stddev_pop",
    ];
    let all: Vec<Expr> = (1..=parts.len())
        .map(|at| Expr::Value(Value::Placeholder(format!("${at}")).into()))
        .collect();
    let mut made = expression(template, &all)?;
    let at_condition = Expr::Value(Value::Placeholder(format!("${}", parts.len() + 1)).into());
    let _: ControlFlow<()> = visit_expressions_mut(&mut made, |inner| {
        if let Expr::Function(function) = inner
            && FOLDING.contains(&function.name.to_string().as_str())
        {
            if condition.is_some() {
                function.filter = Some(Box::new(match function.filter.take() {
                    Some(own) => super::expressions::and(*own, at_condition.clone()),
                    None => at_condition.clone(),
                }));
            }
            function.over = over.cloned();
        }
        ControlFlow::Continue(())
    });
    let mut parts = parts.to_vec();
    parts.extend(condition);
    fill(&mut made, &parts)?;
    Ok(made)
}

/// A function over lists with a lambda. Several lists are zipped to one of tuples first.
fn with_lambda(called: &str, lambda: &LambdaFunction, lists: &[Expr]) -> Result<Expr> {
    let params: Vec<Ident> = lambda.params.iter().map(|param| param.name.clone()).collect();
    if params.len() != lists.len() {
        return Err(Error::invalid(format!(
            "{called} has {} lists for the {} parameters of its lambda",
            lists.len(),
            params.len()
        )));
    }
    let (list, lambda) = match lists {
        [list] => (list.clone(), lambda.clone()),
        lists => {
            let together = Ident::new(TOGETHER);
            let mut body = (*lambda.body).clone();
            let _: ControlFlow<()> = visit_expressions_mut(&mut body, |inner| {
                if let Expr::Identifier(ident) = inner
                    && let Some(at) = params.iter().position(|param| param == ident)
                {
                    *inner = call(
                        "get_field",
                        vec![Expr::Identifier(together.clone()), text(&format!("c{at}"))],
                    );
                }
                ControlFlow::Continue(())
            });
            (call("arrayzip", lists.to_vec()), lambda_of(together, body))
        }
    };
    let of_first = |list: Expr| {
        if lists.len() == 1 {
            return Ok(list);
        }
        expression("array_transform($1, $2)", &[list, first_of_tuple()])
    };
    let parts = [list.clone(), Expr::Lambda(lambda.clone())];
    let made = match called {
        "arrayMap" => expression("array_transform($1, $2)", &parts)?,
        "arrayFilter" => of_first(expression("array_filter($1, $2)", &parts)?)?,
        "arrayExists" => expression("coalesce(lengthof(array_filter($1, $2)) > 0, false)", &parts)?,
        "arrayCount" => expression("lengthof(array_filter($1, $2))", &parts)?,
        "arrayAll" => expression("lengthof(array_filter($1, $2)) = lengthof($1)", &parts)?,
        "arrayFirst" => {
            let filtered = of_first(expression("array_filter($1, $2)", &parts)?)?;
            expression("array_element($1, 1)", &[filtered])?
        }
        "arraySum" => expression("arraysum(array_transform($1, $2))", &parts)?,
        "arrayAvg" => expression("arrayavg(array_transform($1, $2))", &parts)?,
        "arrayMax" => expression("array_max(array_transform($1, $2))", &parts)?,
        "arrayMin" => expression("array_min(array_transform($1, $2))", &parts)?,
        "arraySort" => {
            let sorted = expression("arraysortby($1, array_transform($1, $2), 'asc')", &parts)?;
            of_first(sorted)?
        }
        _ => {
            let sorted = expression("arraysortby($1, array_transform($1, $2), 'desc')", &parts)?;
            of_first(sorted)?
        }
    };
    Ok(nested(made))
}

fn lambda_of(param: Ident, body: Expr) -> LambdaFunction {
    LambdaFunction {
        params: OneOrManyWithParens::One(LambdaFunctionParameter {
            name: param,
            data_type: None,
        }),
        body: Box::new(body),
        syntax: LambdaSyntax::Arrow,
    }
}

fn first_of_tuple() -> Expr {
    let together = Ident::new(TOGETHER);
    let first = call("get_field", vec![Expr::Identifier(together.clone()), text("c0")]);
    Expr::Lambda(lambda_of(together, first))
}
