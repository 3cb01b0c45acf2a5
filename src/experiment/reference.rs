//! The keys of an experiment file as a reference in Markdown, made from the JSON Schema.
//!
//! Each table of the file has a section with a row for each key: meaning, type, unit, default and range. After the
//! tables come the forms that several keys share, such as a delay. Everything is the schema's but the unit, which is
//! the suffix of the key. The published round trips of the presets follow.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{presets, schema};

/// The file's tables in the order of the sections. Other tables follow them.
const TABLES: [&str; 10] =
    ["run", "cluster", "guarantee", "workload", "network", "fault", "sweep", "chart", "expect", "trial"];

/// An enum with more values has a section of its own.
const INLINE_VALUES_MAX: usize = 4;

/// All keys of an experiment file and all presets of `network.topology`, as two chapters of a README.
pub fn reference() -> String {
    format!("{}{}", keys(&schema()), presets::presets())
}

fn keys(schema: &Value) -> String {
    let no_definitions = Map::new();
    let definitions = schema["$defs"].as_object().unwrap_or(&no_definitions);
    let mut reference = Reference { definitions, tables: Vec::new(), forms: Vec::new() };
    let mut text = "## Keys\n".to_owned();
    text += &reference.table("The file", "", schema);
    // A form may mention a form that no table mentions, so the list grows meanwhile.
    let mut written = 0;
    while let Some(&name) = reference.forms.get(written) {
        text += &reference.form(name);
        written += 1;
    }
    text
}

/// The definitions of the schema, and which of them the text has mentioned.
struct Reference<'a> {
    definitions: &'a Map<String, Value>,
    /// The definition and the heading of each table that has a section.
    tables: Vec<(&'a str, String)>,
    /// Definitions that several keys share and that are no tables, in the order of their first mention.
    forms: Vec<&'a str>,
}

/// The type of a value, for a reader.
struct ValueType<'a> {
    text: String,
    /// The section that is still to be written, with its heading.
    section: Option<(String, &'a str)>,
}

impl<'a> Reference<'a> {
    /// The section of one table of the file, and those of the tables in it.
    fn table(&mut self, heading: &str, path: &str, schema: &'a Value) -> String {
        let mut text = section(heading, schema);
        let mut inner = Vec::new();
        text += "| key | meaning | type | unit | default | range |\n|---|---|---|---|---|---|\n";
        for (key, property) in properties(schema) {
            let path = joined(path, key);
            let ValueType { text: kind, section } = self.kind(&path, property);
            let is_table = kind.starts_with("table");
            let (meaning, default) = meaning(key, property);
            let values = if is_kind(&path) { Vec::new() } else { self.few_values(property) };
            let each = values.iter().map(|value| format!("<br>{}: {}", constant(value), description(value)));
            let meaning = meaning + &each.collect::<String>();
            let default = match property.get("default") {
                _ if required(schema).any(|required| required == key) => "required".to_owned(),
                _ if is_table => String::new(),
                None | Some(Value::Null) => default.unwrap_or_else(|| "none".to_owned()),
                Some(default) => format!("`{}`", toml(default)),
            };
            let (unit, range) = (unit(key), range(self.resolved(property)));
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| `{key}` | {meaning} | {kind} | {unit} | {default} | {range} |");
            inner.extend(section.map(|(heading, name)| (heading, path, name)));
        }
        text += &self.kinds(schema);
        inner.iter().fold(text, |text, (heading, path, name)| {
            text + &self.table(heading, path, &self.definitions[*name])
        })
    }

    /// The values of the table's key `kind`, each with the keys whose meaning names it.
    fn kinds(&self, schema: &Value) -> String {
        let Some(definition) = self.definition(&schema["properties"]["kind"]) else { return String::new() };
        let mut text = "\n| `kind` | meaning | its keys |\n|---|---|---|\n".to_owned();
        for value in variants(definition) {
            let name = format!("`{}`", value["const"].as_str().unwrap_or_default());
            let its = properties(schema).filter(|(_, property)| description(property).contains(&name));
            let keys: Vec<String> = its.map(|(key, _)| format!("`{key}`")).collect();
            let _ = writeln!(text, "| {} | {} | {} |", constant(value), description(value), keys.join(", "));
        }
        text
    }

    /// The section of a form: a row for each of its variants.
    fn form(&mut self, name: &'a str) -> String {
        let definition = &self.definitions[name];
        let mut text = section(&title(name), definition);
        text += "| write | meaning |\n|---|---|\n";
        let mut explained = Vec::new();
        for variant in variants(definition) {
            let written = match type_of(variant) {
                "object" => format!("`{}`", self.sample(variant)),
                _ if variant.get("const").is_some() => constant(variant),
                _ => self.kind("", variant).text,
            };
            let mut meaning = description(variant);
            for value in self.few_values(variant) {
                if !explained.contains(&value) {
                    explained.push(value);
                    let _ = write!(meaning, "<br>{}: {}", constant(value), description(value));
                }
            }
            for (key, property) in inner_properties(variant) {
                let form = definition_of(property).map(|_| format!(" ({})", self.kind("", property).text));
                let _ = write!(meaning, "<br>`{key}`{}: {}", form.unwrap_or_default(), description(property));
            }
            let _ = writeln!(text, "| {written} | {meaning} |");
        }
        text
    }

    /// The type of the value at `path`, with a link where a section describes it.
    fn kind(&mut self, path: &str, schema: &'a Value) -> ValueType<'a> {
        if let Some(name) = definition_of(schema) {
            return self.defined(path, name, false);
        }
        if let Some(name) = definition_of(&schema["items"]) {
            return self.defined(path, name, true);
        }
        if let Some(some) = some_of(schema) {
            return self.kind(path, some);
        }
        let of = |inner: &'a Value, reference: &mut Self| plural(&reference.kind(path, inner).text);
        let text = match type_of(schema) {
            "boolean" => "true or false".to_owned(),
            "integer" => "whole number".to_owned(),
            "number" => "number".to_owned(),
            "string" => "text".to_owned(),
            "array" => format!("list of {}", of(&schema["items"], self)),
            "object" => format!("table of {}", of(&schema["additionalProperties"], self)),
            _ => "value".to_owned(),
        };
        ValueType { text, section: None }
    }

    /// The type of a value, or of a list of values, that has a definition.
    fn defined(&mut self, path: &str, name: &'a str, is_list: bool) -> ValueType<'a> {
        let definition = &self.definitions[name];
        let of_type =
            |text: &str| if is_list { format!("list of {}", plural(text)) } else { text.to_owned() };
        if variants(definition).next().is_none() && type_of(definition) != "object" {
            let ValueType { text, section } = self.kind(path, definition);
            return ValueType { text: of_type(&text), section };
        }
        if let Some(values) = values_of(definition) {
            if is_kind(path) {
                return ValueType { text: "one of those below".to_owned(), section: None };
            } else if values.len() <= INLINE_VALUES_MAX {
                return ValueType { text: of_type("one of these"), section: None };
            }
        } else if type_of(definition) == "object" {
            if let Some((_, heading)) = self.tables.iter().find(|(known, _)| *known == name) {
                return ValueType { text: format!("table like {}", link(heading)), section: None };
            }
            let heading = if is_list { format!("`[[{path}]]`") } else { format!("`[{path}]`") };
            self.tables.push((name, heading.clone()));
            let text = format!("{} {}", if is_list { "tables" } else { "table" }, link(&heading));
            return ValueType { text, section: Some((heading, name)) };
        }
        if !self.forms.contains(&name) {
            self.forms.push(name);
        }
        let title = title(name);
        let text = of_type(&format!("[{}](#{})", title.to_lowercase(), anchor(&title)));
        ValueType { text, section: None }
    }

    /// The values of a key that takes one of few, or a list of them.
    fn few_values(&self, schema: &Value) -> Vec<&'a Value> {
        let inner = some_of(schema).unwrap_or(schema);
        let definition = self.definition(inner).or_else(|| self.definition(&inner["items"]));
        let values = definition.and_then(values_of).filter(|values| values.len() <= INLINE_VALUES_MAX);
        values.unwrap_or_default()
    }

    /// The schema of a value itself: behind a reference, and without null.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let schema = some_of(schema).unwrap_or(schema);
        self.definition(schema).unwrap_or(schema)
    }

    fn definition(&self, schema: &Value) -> Option<&'a Value> {
        self.definitions.get(definition_of(schema)?)
    }

    /// How a table is written on one line, with dots for its values.
    fn sample(&self, schema: &Value) -> String {
        let schema = self.definition(schema).unwrap_or(schema);
        match type_of(schema) {
            "object" => {
                let keys = properties(schema).map(|(key, value)| format!("{key} = {}", self.sample(value)));
                format!("{{ {} }}", keys.collect::<Vec<_>>().join(", "))
            }
            "array" => format!("[{}, ...]", self.sample(&schema["items"])),
            _ => "...".to_owned(),
        }
    }
}

fn section(heading: &str, schema: &Value) -> String {
    format!("\n### {heading}\n\n{}\n\n", description(schema))
}

/// The keys of a table, required ones first.
fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = schema["properties"].as_object().into_iter().flatten();
    let rank = |key: &str| {
        let place = TABLES.iter().position(|table| *table == key).map_or(0, |place| place + 1);
        (!required(schema).any(|required| required == key), place)
    };
    let mut all: Vec<(&str, &Value)> = all.map(|(key, value)| (key.as_str(), value)).collect();
    all.sort_by_key(|(key, _)| rank(key));
    all.into_iter()
}

/// The keys within a variant such as `{ uniform = { from_ms = 1, to_ms = 2 } }`.
fn inner_properties(variant: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let inner = variant["properties"].as_object().into_iter().flatten();
    inner.flat_map(|(_, value)| properties(value))
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn variants(definition: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].into_iter().filter_map(|key| definition[key].as_array()).flatten()
}

/// The values of a definition that is nothing but words.
fn values_of(definition: &Value) -> Option<Vec<&Value>> {
    let all: Vec<&Value> = variants(definition).collect();
    (!all.is_empty() && all.iter().all(|value| value.get("const").is_some())).then_some(all)
}

fn definition_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        one => one.as_str(),
    }
    .unwrap_or_default()
}

/// The one alternative of an optional value that is not null.
fn some_of(schema: &Value) -> Option<&Value> {
    schema["anyOf"].as_array()?.iter().find(|each| each["type"] != "null")
}

/// Whether a section lists the values of this key below its table.
fn is_kind(path: &str) -> bool {
    path.ends_with(".kind")
}

/// The meaning of a key, and its default where a sentence of the description has it. The unit has a column of its own.
fn meaning(key: &str, property: &Value) -> (String, Option<String>) {
    let description = description(property);
    let unit = match unit(key) {
        "ms" => ", in milliseconds",
        "s" => ", in seconds",
        "minor units" => ", in minor units",
        _ => "\0",
    };
    let description = match description.split_once(unit) {
        // "in seconds from the start" stays whole.
        Some((before, after)) if !after.starts_with(' ') => format!("{before}{after}"),
        Some(_) | None => description,
    };
    let Some((before, after)) = description.split_once("Default: ") else { return (description, None) };
    let (default, rest) = after.split_once('.').unwrap_or((after, ""));
    (format!("{}{rest}", before.trim_end()), Some(default.to_owned()))
}

fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn constant(variant: &Value) -> String {
    format!("`{}`", variant["const"])
}

fn unit(key: &str) -> &'static str {
    let units = [("_minor_units", "minor units"), ("_per_s", "1/s"), ("_ms", "ms"), ("_s", "s")];
    units.iter().find(|(suffix, _)| key.ends_with(suffix)).map_or("", |(_, unit)| unit)
}

fn range(property: &Value) -> String {
    let number = |key: &str| {
        property.get(key).map(|bound| if bound == i64::MAX { "2^63 - 1".to_owned() } else { toml(bound) })
    };
    match (number("minimum"), number("exclusiveMinimum"), number("maximum")) {
        (_, Some(bound), Some(most)) => format!("above {bound}, to {most}"),
        (_, Some(bound), None) => format!("above {bound}"),
        (Some(least), None, Some(most)) => format!("{least} to {most}"),
        (Some(least), None, None) => format!("from {least}"),
        (None, None, Some(most)) => format!("to {most}"),
        (None, None, None) => String::new(),
    }
}

/// A value as a file has it.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let keys = table.iter().map(|(key, value)| format!("{key} = {}", toml(value)));
            format!("{{ {} }}", keys.collect::<Vec<_>>().join(", "))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Number(number) => number.to_string().trim_end_matches(".0").to_owned(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The heading of a form: `ThinkTimeTable` is "Think time".
fn title(name: &str) -> String {
    let mut title = String::new();
    for letter in name.trim_end_matches("Table").trim_end_matches("Name").chars() {
        if letter.is_uppercase() && !title.is_empty() {
            title.push(' ');
            title.extend(letter.to_lowercase());
        } else {
            title.push(letter);
        }
    }
    title
}

fn plural(kind: &str) -> String {
    match kind.strip_prefix("list of ") {
        Some(items) => format!("lists of {items}"),
        None if ["text", "value", "number", "whole number"].contains(&kind) => format!("{kind}s"),
        None => kind.replacen("one of ", "", 1),
    }
}

fn link(heading: &str) -> String {
    format!("[{heading}](#{})", anchor(heading))
}

/// The anchor that a page gives to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || "-_ ".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        serde_json::json!({
            "description": "A file.",
            "required": ["question"],
            "properties": {
                "question": { "description": "One question.", "type": "string" },
                "run": { "description": "How long.", "$ref": "#/$defs/RunTable", "default": { "wait_ms": 5.0 } },
            },
            "$defs": {
                "RunTable": {
                    "description": "How long it takes.",
                    "type": "object",
                    "properties": {
                        "wait_ms": {
                            "description": "Least wait, in milliseconds.",
                            "type": "number", "default": 5.0, "minimum": 0, "maximum": 60000,
                        },
                        "delay": {
                            "description": "One way. Default: none at all. As written.",
                            "anyOf": [{ "$ref": "#/$defs/DelayTable" }, { "type": "null" }], "default": null,
                        },
                        "order": {
                            "description": "Which order.", "$ref": "#/$defs/Order", "default": "fifo",
                        },
                    },
                },
                "DelayTable": {
                    "description": "Exactly one of these.",
                    "oneOf": [
                        { "description": "Always as long.", "type": "object",
                          "properties": { "constant_ms": { "type": "number" } } },
                        { "description": "As drawn.", "type": "object",
                          "properties": { "drawn_ms": { "type": "array", "items": { "type": "number" } } } },
                    ],
                },
                "Order": {
                    "description": "An order.",
                    "oneOf": [
                        { "description": "As sent.", "const": "fifo", "type": "string" },
                        { "description": "Any.", "const": "any", "type": "string" },
                    ],
                },
            },
        })
    }

    #[test]
    fn a_key_has_its_meaning_type_unit_default_and_range() {
        let text = keys(&sample());
        for line in [
            "| `question` | One question. | text |  | required |  |",
            "| `run` | How long. | table [`[run]`](#run) |  |  |  |",
            "### `[run]`",
            "| `wait_ms` | Least wait. | number | ms | `5` | 0 to 60000 |",
            "| `delay` | One way. As written. | [delay](#delay) |  | none at all |  |",
            "| `order` | Which order.<br>`\"fifo\"`: As sent.<br>`\"any\"`: Any. | one of these |  | `\"fifo\"` |  |",
            "### Delay",
            "| `{ constant_ms = ... }` | Always as long. |",
            "| `{ drawn_ms = [..., ...] }` | As drawn. |",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    /// Headings and the anchors that links of `text` lead to.
    fn broken_links(text: &str) -> Vec<&str> {
        let headings: Vec<String> =
            text.lines().filter_map(|line| line.strip_prefix("### ")).map(anchor).collect();
        let links = text.split("](#").skip(1).filter_map(|rest| rest.split(')').next());
        links.filter(|link| !headings.iter().any(|heading| heading == link)).collect()
    }

    #[test]
    fn every_key_of_the_file_is_there_and_every_link_leads_to_a_section() {
        let (schema, text) = (schema(), reference());
        let definitions = schema["$defs"].as_object().expect("there are definitions");
        let tables = definitions.values().chain([&schema]).flat_map(properties);
        let keys: Vec<&str> = tables.map(|(key, _)| key).collect();
        assert!(keys.len() > 100, "only {} keys", keys.len());
        for key in keys {
            let is_there = [format!("| `{key}` |"), format!("`{key}`:"), format!(" {key} =")];
            assert!(is_there.iter().any(|part| text.contains(part)), "`{key}` is missing");
        }
        assert_eq!(broken_links(&text), Vec::<&str>::new());
        assert_eq!(broken_links("### A b\n[x](#a-b) [y](#c)"), ["c"]);
    }
}
