//! The document's shared schemas: each schema's own definitions, moved to one place.

use std::collections::BTreeMap;

use schemars::Schema;
use serde_json::{Map, Value, json};

use crate::routes::Named;

const DEFINITIONS: &str = "$defs";
const TARGET: &str = "#/components/schemas/";

/// Schemas by name. Two of the same name share it where they are equal, else one gets a number.
#[derive(Default)]
pub(super) struct Components {
    /// Beside each schema the form in which it came, to tell equal from different.
    schemas: BTreeMap<String, (Value, Value)>,
}

impl Components {
    /// Adds a type and gives back a reference to it.
    pub(super) fn add_named(&mut self, named: &Named) -> Value {
        self.add(&named.name, named.schema.as_value())
    }

    /// Adds a schema under a name and gives back a reference to it.
    pub(super) fn add(&mut self, name: &str, schema: &Value) -> Value {
        let mut root = schema.clone();
        let Some(fields) = root.as_object_mut() else {
            return root;
        };
        fields.remove("$schema");
        // Only a root has its name as a title, and it is the same type as a member without.
        fields.remove("title");
        let definitions = fields.remove(DEFINITIONS);
        let name = self.free_name(name, &root);
        let names = self.add_definitions(&name, definitions.as_ref());
        let moved = moved(&root, &name, &names);
        self.schemas.insert(name.clone(), (root, moved));
        reference(&name)
    }

    /// Adds only a schema's definitions and gives back the schema itself.
    pub(super) fn add_root(&mut self, name: &str, schema: &Schema) -> Value {
        let names = self.add_definitions(name, schema.get(DEFINITIONS));
        moved(schema.as_value(), name, &names)
    }

    pub(super) fn into_schemas(self) -> Map<String, Value> {
        self.schemas
            .into_iter()
            .map(|(name, (_, schema))| (name, schema))
            .collect()
    }

    /// Adds definitions and tells which name each one got.
    fn add_definitions(&mut self, root: &str, definitions: Option<&Value>) -> BTreeMap<String, String> {
        let definitions = definitions.and_then(Value::as_object);
        let names: BTreeMap<String, String> = definitions
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), self.free_name(name, schema)))
            .collect();
        for (name, schema) in definitions.into_iter().flatten() {
            let moved = moved(schema, root, &names);
            self.schemas.insert(names[name].clone(), (schema.clone(), moved));
        }
        names
    }

    /// The name itself where it is free or stands for an equal schema, else the name with a number.
    fn free_name(&self, name: &str, schema: &Value) -> String {
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let fits = |name: &String| self.schemas.get(name).is_none_or(|(known, _)| known == schema);
        names.find(fits).unwrap_or_else(|| name.to_owned())
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("{TARGET}{name}")})
}

/// The schema with its references pointing into the document.
fn moved(schema: &Value, root: &str, names: &BTreeMap<String, String>) -> Value {
    match schema {
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| match value {
                Value::String(target) if key == "$ref" => (key.clone(), moved_reference(target, root, names)),
                _ => (key.clone(), moved(value, root, names)),
            };
            Value::Object(
                fields
                    .iter()
                    .filter(|(key, _)| *key != DEFINITIONS)
                    .map(field)
                    .collect(),
            )
        }
        Value::Array(members) => members.iter().map(|member| moved(member, root, names)).collect(),
        other => other.clone(),
    }
}

fn moved_reference(target: &str, root: &str, names: &BTreeMap<String, String>) -> Value {
    let name = match target.strip_prefix("#/$defs/") {
        Some(name) => names.get(name).map_or(name, String::as_str),
        // A type that contains itself refers to the whole schema.
        None if target == "#" => root,
        None => return Value::from(target),
    };
    Value::from(format!("{TARGET}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn add_keeps_equal_schemas_apart_from_different_ones() {
        let mut components = Components::default();
        let with = |inner: &str| json!({"$ref": "#/$defs/Inner", "$defs": {"Inner": {"type": inner}}});
        assert_eq!(
            components.add("A", &with("string")),
            json!({"$ref": "#/components/schemas/A"})
        );
        components.add("A", &with("string"));
        components.add("B", &with("number"));
        components.add("Tree", &json!({"items": {"$ref": "#"}}));
        let schemas = Value::Object(components.into_schemas());
        let expected = json!({
            "A": {"$ref": "#/components/schemas/Inner"},
            "B": {"$ref": "#/components/schemas/Inner2"},
            "Inner": {"type": "string"},
            "Inner2": {"type": "number"},
            "Tree": {"items": {"$ref": "#/components/schemas/Tree"}},
        });
        assert_eq!(schemas, expected);
    }
}
