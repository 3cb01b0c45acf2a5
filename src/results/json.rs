//! Swept values as plain text.

use serde_json::Value;

/// A swept value without quotes and braces: `{"closed": {"think": {"constant_ms": 0}}}` is `closed think constant_ms
/// 0`, and the entries of a list have commas between them.
pub fn plain_text(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) => value.to_string(),
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |float| float.to_string())
        }
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(plain_text).collect::<Vec<_>>().join(", "),
        Value::Object(table) => {
            let part = |(key, value): (&String, &Value)| {
                format!("{key} {}", plain_text(value)).trim_end().to_owned()
            };
            table.iter().map(part).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_reads_like_words() {
        let rows = [
            (json!(5), "5"),
            (json!(0.1), "0.1"),
            (json!(5.0), "5"),
            (json!("uniform"), "uniform"),
            (json!({"home": 0.5}), "home 0.5"),
            (json!({"closed": {"think": {"constant_ms": 0}}}), "closed think constant_ms 0"),
            (json!({"closed": {}}), "closed"),
            (json!({"drawn_ms": [1, 2.5]}), "drawn_ms 1, 2.5"),
            (json!(true), "true"),
        ];
        for (value, expected) in rows {
            assert_eq!(plain_text(&value), expected, "{value}");
        }
    }
}
