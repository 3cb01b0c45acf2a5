//! The JSON Schema of an experiment file, for editors and for the reference.

use serde_json::Value;

use super::file::Spec;

/// The JSON Schema (draft 2020-12) of an experiment file: every key with what it means, its type, its default, and
/// its range where it has one that does not depend on other keys.
pub fn schema() -> Value {
    schemars::schema_for!(Spec).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `properties` object below `schema`, with its path.
    fn properties<'a>(schema: &'a Value, path: &str, found: &mut Vec<(String, &'a Value)>) {
        match schema {
            Value::Object(map) => {
                for (key, value) in map {
                    let path = format!("{path}/{key}");
                    if key == "properties" {
                        let each = value.as_object().expect("properties are an object").iter();
                        found.extend(each.map(|(key, value)| (format!("{path}/{key}"), value)));
                    }
                    properties(value, &path, found);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| properties(value, path, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Without the names of variants, which are described as variants.
    fn undescribed(schema: &Value) -> Vec<String> {
        let mut found = Vec::new();
        properties(schema, "", &mut found);
        let bare = found.into_iter().filter(|(path, value)| {
            !path.contains("/oneOf/properties/") && value.get("description").is_none()
        });
        bare.map(|(path, _)| path).collect()
    }

    #[test]
    fn every_key_says_what_it_means() {
        let schema = schema();
        assert_eq!(undescribed(&schema), Vec::<String>::new());
        let bare = serde_json::json!({ "properties": { "a": { "type": "number" } } });
        assert_eq!(undescribed(&bare), ["/properties/a"]);
    }

    #[test]
    fn every_variant_says_what_it_means() {
        let schema = schema();
        let definitions = schema["$defs"].as_object().expect("there are definitions");
        let mut variants = 0;
        for (name, definition) in definitions {
            let list = definition.get("oneOf").or_else(|| definition.get("anyOf"));
            for variant in list.and_then(Value::as_array).into_iter().flatten() {
                variants += 1;
                assert!(variant.get("description").is_some(), "{name}: {variant}");
            }
        }
        assert!(variants > 40, "only {variants} variants were looked at");
    }

    /// Path, and values just outside, of every number of the file that has a range.
    fn outside(schema: &Value, table: &Value, path: &str, found: &mut Vec<(String, f64)>) {
        let definition = |value: &Value| {
            let name = value["$ref"].as_str()?.strip_prefix("#/$defs/")?;
            schema["$defs"].get(name).cloned()
        };
        for (key, property) in table["properties"].as_object().into_iter().flatten() {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let property = definition(property).unwrap_or_else(|| property.clone());
            outside(schema, &property, &path, found);
            let bounds = [("minimum", -1.0), ("exclusiveMinimum", 0.0), ("maximum", 1.0)];
            let beyond = bounds.map(|(bound, step)| Some(property[bound].as_f64()? + step));
            found.extend(beyond.into_iter().flatten().map(|value| (path.clone(), value)));
        }
    }

    #[test]
    fn a_value_outside_its_range_is_refused() {
        let (schema, mut all) = (schema(), Vec::new());
        outside(&schema, &schema, "", &mut all);
        all.retain(|(path, _)| {
            ["run.", "cluster.", "guarantee.", "workload."].iter().any(|table| path.starts_with(table))
        });
        assert!(all.len() > 40, "only {} values", all.len());
        for (path, value) in all {
            let set = vec![(path.clone(), value.to_string())];
            let read = crate::experiment::read(
                "range",
                "question = \"?\"",
                &crate::experiment::Overrides { set, ..Default::default() },
            );
            assert!(read.is_err(), "`{path}` may be {value}");
        }
    }

    #[test]
    fn keys_of_all_tables_are_there() {
        let mut found = Vec::new();
        let schema = schema();
        properties(&schema, "", &mut found);
        for key in [
            "question",
            "duration_s",
            "window_runs",
            "strategy",
            "poisson_per_s",
            "zipf_exponent",
            "mean_ms",
            "until_s",
            "both_ways",
            "mode",
            "x",
        ] {
            assert!(found.iter().any(|(path, _)| path.ends_with(&format!("/{key}"))), "{key}");
        }
        assert!(!found.iter().any(|(path, _)| path.ends_with("/duration_ms")));
    }
}
