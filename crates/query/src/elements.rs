//! Conditions on the elements that were clicked: the chain from the target outwards that events of autocapture have.

mod chain;
mod selector;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, AsArray as _, BooleanArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast, ident, lit,
};
use hedgerow_data_api::{Operator, PropertyFilter, Taxonomy};
use hedgerow_errors::{Error, Result};
use regex::Regex;
use serde_json::Value;

use crate::describe;
use chain::Element;
use selector::Selector;

/// What of an element a filter of type `element` can be about.
const KEYS: [&str; 4] = ["text", "tag_name", "href", "selector"];
/// The properties in which events have their elements, the first as text and the second as JSON.
const PROPERTIES: [&str; 2] = ["$elements_chain", "$elements"];

/// What one element is compared with.
#[derive(Debug)]
enum Wanted {
    Any,
    Texts(Vec<String>),
    Parts(Vec<String>),
    Patterns(Vec<Regex>),
    Selectors(Vec<Selector>),
}

/// A filter, ready to be asked of chains.
#[derive(Debug)]
struct Test {
    key: &'static str,
    wanted: Wanted,
    /// Whether it holds where no element fits.
    negated: bool,
}

/// The condition on the rows of `events`. It holds of an event if it does of one of its elements; a negative one if it does
/// of none of them, and so of events without elements.
pub(crate) fn condition(filter: &PropertyFilter, taxonomy: &Taxonomy) -> Result<Expr> {
    let known = PROPERTIES.map(|key| taxonomy.property(key));
    if known.iter().all(Option::is_none) {
        let message = format!("the filter on {:?} of type element asks for clicks", filter.key);
        return Err(Error::invalid(format!("{message}, and no event has {}", PROPERTIES[0]))
            .with_hint("autocapture of the SDK sends it with $autocapture"));
    }
    let function = ElementsFit {
        test: Arc::new(Test::new(filter)?),
        signature: Signature::exact(
            vec![DataType::Utf8, DataType::Utf8, DataType::Utf8],
            Volatility::Immutable,
        ),
    };
    let columns = known.iter().map(|property| match property {
        Some(property) => cast(ident(&property.column), DataType::Utf8),
        None => lit(ScalarValue::Utf8(None)),
    });
    let said = lit(describe::condition(filter));
    Ok(ScalarUDF::from(function).call(columns.chain([said]).collect()))
}

impl Test {
    fn new(filter: &PropertyFilter) -> Result<Self> {
        let known = KEYS.into_iter().find(|key| *key == filter.key);
        let key = known.ok_or_else(|| Error::unknown("part of elements", &filter.key, KEYS))?;
        let refuse = |why: &str, hint: &str| {
            let message = format!(
                "filter on the element's {key} with operator {} {why}",
                filter.operator.as_str()
            );
            Error::invalid(message).with_hint(hint.to_owned())
        };
        let texts = || {
            let values = match &filter.value {
                Some(Value::Array(values)) if !values.is_empty() => values.iter().collect::<Vec<_>>(),
                Some(value @ Value::String(_)) => vec![value],
                _ => {
                    return Err(refuse(
                        "needs a text, or a list of them",
                        "to find events with elements, take is_set",
                    ));
                }
            };
            let texts = values.into_iter().map(|value| value.as_str().map(str::to_owned));
            let texts: Option<Vec<String>> = texts.collect();
            texts.ok_or_else(|| refuse("compares texts only", "write numbers in quotes"))
        };
        let negated = matches!(
            filter.operator,
            Operator::IsNot | Operator::NotIn | Operator::NotIcontains | Operator::NotRegex | Operator::IsNotSet
        );
        let wanted = match filter.operator {
            Operator::IsSet | Operator::IsNotSet => {
                if filter.value.as_ref().is_some_and(|value| !value.is_null()) {
                    return Err(refuse("takes no value", "leave the value out"));
                }
                Wanted::Any
            }
            Operator::Exact | Operator::IsNot | Operator::In | Operator::NotIn if key == "selector" => {
                let selectors = texts()?.into_iter().map(|text| Selector::parse(&text));
                Wanted::Selectors(selectors.collect::<Result<_>>()?)
            }
            Operator::Exact | Operator::IsNot | Operator::In | Operator::NotIn => Wanted::Texts(texts()?),
            _ if key == "selector" => {
                return Err(refuse("does not go with selectors", "take exact or is_not"));
            }
            Operator::Icontains | Operator::NotIcontains => {
                Wanted::Parts(texts()?.into_iter().map(|text| text.to_lowercase()).collect())
            }
            Operator::Regex | Operator::NotRegex => {
                let patterns = texts()?.into_iter().map(|pattern| {
                    Regex::new(&pattern).map_err(|error| {
                        let message = format!("{pattern:?} is no regular expression");
                        Error::caused(hedgerow_errors::Code::InvalidArgument, message, error)
                    })
                });
                Wanted::Patterns(patterns.collect::<Result<_>>()?)
            }
            _ => {
                return Err(refuse(
                    "compares no texts",
                    "take exact, is_not, icontains, not_icontains, regex, not_regex, is_set or is_not_set",
                ));
            }
        };
        if key == "selector" && matches!(wanted, Wanted::Any) {
            return Err(refuse("needs a selector", "take exact or is_not"));
        }
        Ok(Self { key, wanted, negated })
    }

    /// Whether it holds of an event with some elements.
    fn holds(&self, elements: &[Element]) -> bool {
        let part = |element: &Element| match self.key {
            "tag_name" => Some(element.tag.clone()),
            key => element.attribute(key).map(str::to_owned),
        };
        let fits = |test: &dyn Fn(&str) -> bool| elements.iter().filter_map(part).any(|text| test(&text));
        let found = match &self.wanted {
            Wanted::Any => fits(&|_| true),
            Wanted::Texts(texts) => fits(&|text| texts.iter().any(|wanted| wanted == text)),
            Wanted::Parts(parts) => fits(&|text| {
                let text = text.to_lowercase();
                parts.iter().any(|part| text.contains(part))
            }),
            Wanted::Patterns(patterns) => fits(&|text| patterns.iter().any(|pattern| pattern.is_match(text))),
            Wanted::Selectors(selectors) => selectors.iter().any(|selector| selector.fits(elements)),
        };
        found != self.negated
    }
}

/// `elements_fit(chain, json, said)`: whether the elements of an event are as wanted; the last says how.
#[derive(Debug, Clone)]
struct ElementsFit {
    test: Arc<Test>,
    signature: Signature,
}

/// Whether a function tests elements.
pub(crate) fn is_fit(function: &ScalarUDF) -> bool {
    function.inner().is::<ElementsFit>()
}

// Two are the same where they have the same test.
impl PartialEq for ElementsFit {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.test, &other.test)
    }
}

impl Eq for ElementsFit {}

impl Hash for ElementsFit {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.test).hash(state);
    }
}

impl ScalarUDFImpl for ElementsFit {
    fn name(&self) -> &'static str {
        "elements_fit"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> datafusion::common::Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> datafusion::common::Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays = args.args.into_iter().take(2).map(|column| column.into_array(rows));
        let arrays = arrays.collect::<datafusion::common::Result<Vec<_>>>()?;
        let texts: Option<Vec<_>> = arrays.iter().map(|array| array.as_string_opt::<i32>()).collect();
        let Some([chains, lists]) = texts.as_deref() else {
            return datafusion::common::internal_err!("elements are no texts");
        };
        let of_nothing = self.test.holds(&[]);
        let fits = (0..rows).map(|row| {
            if chains.is_valid(row) {
                self.test.holds(&chain::read(chains.value(row)))
            } else if lists.is_valid(row) {
                self.test.holds(&chain::of_json(lists.value(row)))
            } else {
                of_nothing
            }
        });
        let fits: Vec<bool> = fits.collect();
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::from(fits))))
    }
}
