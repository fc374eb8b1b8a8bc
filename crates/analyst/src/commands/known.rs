//! What the tools said so far, and what has to be asked of them next.

use chrono::NaiveDateTime;
use hedgerow_agent_api::Tainted;
use hedgerow_data_api::{FilterGroup, FilterList, TrendsQuery};
use serde::Deserialize;
use serde_json::{Value, json};

use super::grammar::{Kind, Part};
use crate::analyst::{name_lookups, value_lookups};
use crate::conversation::{Called, READ_TAXONOMY, calendar, knowledge_of};
use crate::dates::Calendar;
use crate::filters;
use crate::follow_up::understand;
use crate::intent::{Ask, Edit, Intent, Trouble};
use crate::parser::refuse;
use crate::plan::queries;

/// The tool that checks conditions.
const MAKE_FILTERS: &str = "make_filters";
/// The tool that reads objects.
const READ_DATA: &str = "read_data";

/// Why a command can't be carried out, or not yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Halt {
    /// Calls whose results are needed first.
    Calls(Vec<(&'static str, Value)>),
    /// It is asked or refused.
    Trouble(Trouble),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// An object as `read_data` gives it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) body: Value,
}

#[derive(Deserialize)]
struct Objects {
    objects: Vec<Object>,
    left_out: usize,
}

/// The calls of a run with what came of them.
pub(super) struct Known<'a> {
    pub(super) calls: &'a [Called<'a>],
    pub(super) now: NaiveDateTime,
}

impl<'a> Known<'a> {
    pub(super) fn find(&self, name: &str, arguments: &Value) -> Option<&'a Called<'a>> {
        self.calls
            .iter()
            .find(|call| call.name == name && call.arguments == arguments)
    }

    /// Asks for the calls that were not made, and refuses where one of them failed.
    fn made(&self, wanted: &[(&'static str, Value)]) -> Result<(), Halt> {
        let missing: Vec<_> = wanted
            .iter()
            .filter(|(name, arguments)| self.find(name, arguments).is_none())
            .cloned()
            .collect();
        if !missing.is_empty() {
            return Err(Halt::Calls(missing));
        }
        let failed = wanted
            .iter()
            .filter_map(|(name, arguments)| self.find(name, arguments))
            .find(|call| !call.ok);
        match failed {
            Some(call) => Err(refuse(format!("What is needed could not be looked up: {}.", reason(call))).into()),
            None => Ok(()),
        }
    }

    fn objects(&self, kind: Kind, search: Option<&str>) -> Result<Objects, Halt> {
        let mut arguments = json!({"kind": "objects", "of": kind.as_str()});
        if let Some(search) = search {
            arguments["search"] = json!(search);
        }
        self.made(&[(READ_DATA, arguments.clone())])?;
        let content = self
            .find(READ_DATA, &arguments)
            .map_or("", |call| Tainted::unfenced(call.content));
        serde_json::from_str(content)
            .map_err(|_| refuse(format!("The {}s of the project could not be read.", kind.noun())).into())
    }

    /// The object of this name; where its case is another, the only one of it.
    pub(super) fn named(&self, kind: Kind, name: &str) -> Result<Option<Object>, Halt> {
        let found = self.objects(kind, Some(name))?;
        if let Some(exact) = found.objects.iter().find(|object| object.name == name) {
            return Ok(Some(exact.clone()));
        }
        let lower = name.to_lowercase();
        let mut same = found
            .objects
            .into_iter()
            .filter(|object| object.name.to_lowercase() == lower);
        match (same.next(), same.next()) {
            (Some(only), None) => Ok(Some(only)),
            // More of them mention the name than are shown.
            (None, _) if found.left_out > 0 => {
                Err(refuse(format!("There are too many {}s to find that one.", kind.noun())).into())
            }
            _ => Ok(None),
        }
    }

    /// The object that a part of the command names; otherwise it is asked which one is meant.
    pub(super) fn object(&self, kind: Kind, name: &Part) -> Result<Object, Halt> {
        match self.named(kind, &name.text)? {
            Some(object) => Ok(object),
            None => Err(self.unknown(kind, name)?),
        }
    }

    pub(super) fn unknown(&self, kind: Kind, name: &Part) -> Result<Halt, Halt> {
        let all = self.objects(kind, None)?;
        let noun = kind.noun();
        if all.objects.is_empty() {
            return Ok(refuse(format!("There is no {noun} \"{}\"; the project has none.", name.text)).into());
        }
        let quoted = |name: &String| {
            if name.contains(' ') {
                format!("\"{name}\"")
            } else {
                name.clone()
            }
        };
        let mut names: Vec<String> = all.objects.into_iter().map(|object| object.name).collect();
        let start = name
            .text
            .chars()
            .next()
            .map(|c| c.to_lowercase().to_string())
            .unwrap_or_default();
        names.sort_by_key(|other| !other.to_lowercase().starts_with(&start));
        Ok(Trouble::Ask(Ask {
            question: format!("There is no {noun} \"{}\". Which one do you mean?", name.text),
            options: names.iter().map(quoted).collect(),
            edit: Edit::Replace {
                start: name.start,
                end: name.end,
            },
        })
        .into())
    }

    /// Refuses a name that another object of the kind has.
    pub(super) fn check_free(&self, kind: Kind, name: &str) -> Result<(), Halt> {
        match self.named(kind, name)? {
            None => Ok(()),
            Some(object) => {
                let reason = format!(
                    "There is {} \"{}\" already. Choose another name, or say what to change of it.",
                    kind.a_noun(),
                    object.name
                );
                Err(refuse(reason).into())
            }
        }
    }

    /// A question, understood in full, and its query; what has no end goes on with the data.
    pub(super) fn question(&self, part: &Part) -> Result<(Intent, TrendsQuery), Halt> {
        self.made(&name_lookups(&part.text))?;
        let knowledge = knowledge_of(self.calls);
        let calendar = calendar(&knowledge, self.now);
        let intent = match understand(&[], &part.text, &knowledge, &calendar) {
            Ok(intent) => intent,
            Err(Trouble::Lookup(lookups)) => {
                let wanted = value_lookups(&lookups);
                self.made(&wanted)?;
                return Err(refuse("The values of the question could not be looked up.").into());
            }
            Err(trouble) => return Err(within(trouble, part).into()),
        };
        let query = queries(&intent, &calendar).into_iter().next();
        let mut query = query.ok_or_else(|| refuse("The question has no query."))?;
        if intent.span.to.is_none() && intent.span.relative.is_none() {
            query.date_range.date_to = None;
        }
        Ok((intent, query))
    }

    /// Conditions on people, as the list of persons is filtered by the same words.
    pub(super) fn people(&self, part: &Part) -> Result<FilterGroup, Halt> {
        self.look_up(part)?;
        let calendar = Calendar {
            now: self.now,
            data: None,
        };
        let words = filters::conditions(FilterList::Persons, &part.text, self.calls, &calendar);
        self.checked(&words.map_err(|trouble| within(trouble, part))?)
    }

    /// Conditions on people in their normal form: each has a value that is there, and somebody can meet them all.
    pub(super) fn checked(&self, tree: &FilterGroup) -> Result<FilterGroup, Halt> {
        #[derive(Deserialize)]
        struct Made {
            filters: FilterGroup,
        }
        let arguments = json!({"list": FilterList::Persons, "filters": tree});
        match self.find(MAKE_FILTERS, &arguments) {
            None => Err(Halt::Calls(vec![(MAKE_FILTERS, arguments)])),
            Some(call) if !call.ok => Err(refuse(format!("These people can't be picked: {}.", reason(call))).into()),
            Some(call) => serde_json::from_str::<Made>(Tainted::unfenced(call.content))
                .map(|made| made.filters)
                .map_err(|_| refuse("The conditions could not be checked.").into()),
        }
    }

    /// The fields of persons whose value a text is.
    pub(super) fn fields_with(&self, part: &Part, value: &str) -> Result<Vec<String>, Halt> {
        self.look_up(part)?;
        Ok(filters::fields_with(FilterList::Persons, self.calls, value))
    }

    fn look_up(&self, part: &Part) -> Result<(), Halt> {
        let lookups = filters::lookups(FilterList::Persons, &part.text);
        self.made(&lookups.map(|arguments| (READ_TAXONOMY, arguments)))
    }
}

/// The same trouble about a part of the command, with the place that an answer takes in the whole.
fn within(trouble: Trouble, part: &Part) -> Trouble {
    let Trouble::Ask(Ask {
        question,
        options,
        edit,
    }) = trouble
    else {
        return trouble;
    };
    let edit = match edit {
        Edit::Replace { start, end } => Edit::Replace {
            start: part.start + start,
            end: part.start + end,
        },
        Edit::Append => Edit::Replace {
            start: part.end,
            end: part.end,
        },
    };
    Trouble::Ask(Ask {
        question,
        options,
        edit,
    })
}

/// Why a call failed, on one line without a full stop.
pub(super) fn reason(call: &Called<'_>) -> String {
    let (first, rest) = call.content.split_once('\n').unwrap_or((call.content, ""));
    let reason = Tainted::unfenced(rest);
    let reason = if reason.is_empty() { first } else { reason };
    reason.replace('\n', "; ").trim_end_matches('.').to_owned()
}
