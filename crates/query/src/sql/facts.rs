//! What a statement may name: the project's columns and properties, its kinds of groups, its cohorts and actions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use hedgerow_data_api::{ActionDefinition, Clock, FilterGroup, PropertyType, QuerySettings, ValueType};
use hedgerow_errors::Result;
use hedgerow_ids::ProjectId;
use hedgerow_lake::LakeView;
use serde_json::{Map, Value};

use crate::dates::Local;
use crate::engine::Engine;
use crate::persons::Needs;

/// A cohort with the ids of its persons.
#[derive(Debug, Clone)]
pub(super) struct Cohort {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) persons: BTreeSet<String>,
}

/// Whether something may stand for groups: neither `GROUP BY` nor functions as `groupArray` do.
fn may_name_groups(tokens: &[TokenWithSpan]) -> bool {
    let tokens = tokens.iter().map(|token| &token.token);
    let mut tokens = tokens.filter(|token| !matches!(token, Token::Whitespace(_))).peekable();
    while let Some(token) = tokens.next() {
        let Token::Word(word) = token else {
            continue;
        };
        let name = word.value.to_lowercase();
        let is_grammar = match tokens.peek() {
            Some(Token::LParen) => true,
            Some(Token::Word(next)) => name == "group" && next.value.eq_ignore_ascii_case("by"),
            _ => false,
        };
        if (name.starts_with("group") || name.starts_with("$group")) && !is_grammar {
            return true;
        }
    }
    false
}

/// What the statement may name. Read only as far as its words ask for it.
pub(super) struct Facts {
    pub(super) view: Arc<LakeView>,
    /// Keys of the properties of persons.
    pub(super) persons: BTreeMap<String, ValueType>,
    /// Types of groups with their indexes.
    pub(super) group_types: Vec<(String, i64)>,
    /// Keys of the properties of groups.
    pub(super) groups: BTreeMap<String, ValueType>,
    /// By what the statement calls them.
    pub(super) cohorts: BTreeMap<String, Cohort>,
    /// By what the statement calls them.
    pub(super) actions: BTreeMap<String, ActionDefinition>,
    /// The values that came with the statement.
    pub(super) parameters: Map<String, Value>,
    /// The functions of the engine, in small letters.
    pub(super) functions: BTreeSet<String>,
    /// What is set for the project's queries.
    pub(super) settings: QuerySettings,
    /// The moment of the question, in the project's zone.
    pub(super) now: Local,
    /// Those of them that fold many rows into one.
    pub(super) aggregates: BTreeSet<String>,
}

impl Facts {
    pub(super) async fn read(
        engine: &Engine,
        project: &ProjectId,
        view: &Arc<LakeView>,
        clock: &Clock,
        tokens: &[TokenWithSpan],
        parameters: &Map<String, Value>,
    ) -> Result<Self> {
        let words: BTreeSet<String> = tokens
            .iter()
            .filter_map(|token| match &token.token {
                Token::Word(word) => Some(word.value.to_lowercase()),
                _ => None,
            })
            .collect();
        let settings = engine.definitions.settings(project).await?;
        let mut facts = Self {
            view: Arc::clone(view),
            persons: BTreeMap::new(),
            group_types: Vec::new(),
            groups: BTreeMap::new(),
            cohorts: BTreeMap::new(),
            actions: BTreeMap::new(),
            parameters: parameters.clone(),
            functions: BTreeSet::new(),
            aggregates: BTreeSet::new(),
            now: clock.now().with_timezone(&settings.timezone.0),
            settings,
        };
        let of_filters = parameters.contains_key("filters");
        if of_filters || words.contains("person") || words.contains("persons") {
            let moment = engine.persons.moment(&engine.lake, project, Needs::Persons).await?;
            if let Some(persons) = &moment.persons {
                let properties = persons.taxonomy.properties.iter();
                facts.persons = properties
                    .map(|property| (property.key.clone(), property.value_type))
                    .collect();
            }
        }
        let given = parameters.get("filters").cloned().unwrap_or_default();
        let names_groups = |filters: &FilterGroup| {
            let filters = filters.filters();
            filters.iter().any(|filter| filter.property_type == PropertyType::Group)
        };
        let of_groups = given.to_string().contains(r#""group""#) || names_groups(&facts.settings.test_account_filters);
        if of_groups || may_name_groups(tokens) {
            facts.read_groups(engine, project).await?;
        }
        for (reference, is_action) in named(tokens) {
            if is_action {
                let action = engine.definitions.action(project, &reference).await?;
                facts.actions.insert(reference, action.body);
            } else {
                let cohort = engine.definitions.cohort(project, &reference).await?;
                facts.add_cohort(engine, project, clock, reference, &cohort).await?;
            }
        }
        if words.contains("cohorts") || words.contains("cohort_people") {
            for cohort in engine.definitions.cohorts(project).await? {
                let reference = cohort.name.clone();
                facts.add_cohort(engine, project, clock, reference, &cohort).await?;
            }
        }
        Ok(facts)
    }

    async fn add_cohort(
        &mut self,
        engine: &Engine,
        project: &ProjectId,
        clock: &Clock,
        reference: String,
        cohort: &hedgerow_data_api::Defined<hedgerow_data_api::CohortDefinition>,
    ) -> Result<()> {
        use hedgerow_data_api::QueryEngine as _;
        let members = engine.cohort(project, &cohort.body, usize::MAX, clock).await?;
        let cohort = Cohort {
            id: cohort.id.to_string(),
            name: cohort.name.clone(),
            persons: members
                .first
                .iter()
                .map(|member| member.person_id.to_string())
                .collect(),
        };
        self.cohorts.insert(reference, cohort);
        Ok(())
    }

    async fn read_groups(&mut self, engine: &Engine, project: &ProjectId) -> Result<()> {
        let mut reader = engine.lake.people(project).await?;
        self.group_types = reader.group_types().await?;
        let mut keys: BTreeMap<String, ValueType> = BTreeMap::new();
        reader
            .groups(|rows| {
                for row in rows {
                    let Ok(Value::Object(properties)) = serde_json::from_str(&row.properties) else {
                        continue;
                    };
                    for (key, value) in properties {
                        add_value_type(&mut keys, key, &value);
                    }
                }
                Ok(())
            })
            .await?;
        self.groups = keys;
        Ok(())
    }
}

/// Widens the type of a key so that it holds a value, too.
pub(crate) fn add_value_type(keys: &mut BTreeMap<String, ValueType>, key: String, value: &Value) {
    if let Some(found) = value_type(value) {
        keys.entry(key)
            .and_modify(|known| *known = common(*known, found))
            .or_insert(found);
    }
}

fn value_type(value: &Value) -> Option<ValueType> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => ValueType::Boolean,
        Value::Number(number) if number.is_i64() => ValueType::Integer,
        Value::Number(_) => ValueType::Double,
        Value::String(_) => ValueType::String,
        Value::Array(_) | Value::Object(_) => ValueType::Json,
    })
}

/// What holds the values of both types.
fn common(one: ValueType, other: ValueType) -> ValueType {
    match (one, other) {
        (one, other) if one == other => one,
        (ValueType::Integer, ValueType::Double) | (ValueType::Double, ValueType::Integer) => ValueType::Double,
        _ => ValueType::String,
    }
}

/// The cohorts (false) and actions (true) that a statement names.
fn named(tokens: &[TokenWithSpan]) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let literal = |at: usize| match tokens.get(at).map(|token| &token.token) {
        Some(Token::SingleQuotedString(text) | Token::Number(text, _)) => Some(text.clone()),
        _ => None,
    };
    for (index, token) in tokens.iter().enumerate() {
        let Token::Word(word) = &token.token else { continue };
        let after_in = index > 0
            && matches!(&tokens[index - 1].token, Token::Word(before) if before.value.eq_ignore_ascii_case("in"));
        if after_in && word.value.eq_ignore_ascii_case("cohort") {
            found.extend(literal(index + 1).map(|name| (name, false)));
        } else if word.value == "matchesAction" {
            found.extend(literal(index + 2).map(|name| (name, true)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::tokenizer::Tokenizer;

    use super::super::dialect::ProjectSql;
    use super::may_name_groups;

    #[test]
    fn groups_are_named_by_words_that_are_no_grammar() {
        let names = |sql: &str| {
            let tokens = Tokenizer::new(&ProjectSql, sql).tokenize_with_location();
            may_name_groups(&tokens.unwrap())
        };
        assert!(!names(
            "SELECT event, groupArray(uuid), groupUniqArray (event) FROM events GROUP\n BY event"
        ));
        assert!(names("SELECT count() FROM groups"));
        assert!(names("SELECT 1 FROM events GROUP BY group_0.properties.plan"));
        assert!(names("SELECT $group_1, count() FROM events GROUP BY $group_1"));
        assert!(names("SELECT \"group\" FROM events"));
    }
}
