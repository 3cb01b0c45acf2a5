//! Short names of swept keys and values, which together name a trial and its folder.

use serde_json::Value;

use super::invalid::KeyPath;

/// A longer label is cut.
const LABEL_MAX: usize = 56;

/// For each path the fewest of its last keys that no other path ends with.
pub(super) fn short_names<'a>(paths: impl Iterator<Item = &'a KeyPath>) -> Vec<String> {
    let paths: Vec<&KeyPath> = paths.collect();
    let shortest = |path: &KeyPath| {
        let keys = &path.0;
        let is_unique = |count: &usize| {
            let ending = &keys[keys.len() - count..];
            paths.iter().filter(|other| other.0.ends_with(ending)).count() == 1
        };
        let count = (1..=keys.len()).find(is_unique).unwrap_or(keys.len());
        safe(&keys[keys.len() - count..].join("."))
    };
    paths.iter().map(|path| shortest(path)).collect()
}

/// For each value what it looks like, without what a name of a file must not hold; unique among them.
pub(super) fn labels(values: &[Value]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for value in values {
        let label: String = safe(&plain(value, '+')).chars().take(LABEL_MAX).collect();
        let label = if label.is_empty() { "empty".to_owned() } else { label };
        let numbered = (2..).map(|number| format!("{label}~{number}"));
        let free = [label.clone()].into_iter().chain(numbered).find(|label| !labels.contains(label));
        labels.extend(free);
    }
    labels
}

/// Lists with `between` their entries, and `-` further inside; tables as key and value.
fn plain(value: &Value, between: char) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => match value.as_f64() {
            Some(float) if value.is_f64() => float.to_string(),
            _ => value.to_string(),
        },
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let parts: Vec<String> = values.iter().map(|value| plain(value, '-')).collect();
            parts.join(&between.to_string())
        }
        Value::Object(map) => {
            let parts: Vec<String> = map.iter().map(|(key, value)| join(key, &plain(value, '-'))).collect();
            parts.join(&between.to_string())
        }
    }
}

fn join(key: &str, value: &str) -> String {
    if value.is_empty() { key.to_owned() } else { format!("{key}-{value}") }
}

fn safe(text: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "_-+.".contains(c);
    text.chars().map(|c| if is_safe(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_as_short_as_it_can_be() {
        let rows: [(&[&str], &[&str]); 4] = [
            (&["network.delay.mean_ms"], &["mean_ms"]),
            (&["a.x.mean_ms", "a.y.mean_ms"], &["x.mean_ms", "y.mean_ms"]),
            (&["fault.0.until_s", "run.duration_s"], &["until_s", "duration_s"]),
            (&["b", "a.b"], &["b", "a.b"]),
        ];
        for (paths, expected) in rows {
            let paths: Vec<KeyPath> =
                paths.iter().map(|path| KeyPath::parse(path).expect("a sound path")).collect();
            assert_eq!(short_names(paths.iter()), expected);
        }
    }

    #[test]
    fn a_label_is_readable_and_safe() {
        let rows = [
            (json!(20), "20"),
            (json!(0.5), "0.5"),
            (json!(20.0), "20"),
            (json!(true), "true"),
            (json!("sticky"), "sticky"),
            (json!({ "poisson_per_s": 500 }), "poisson_per_s-500"),
            (json!({ "closed": { "think": { "constant_ms": 0 } } }), "closed-think-constant_ms-0"),
            (json!({ "closed": {} }), "closed"),
            (json!({ "deposit": 0.5, "query": 0.5 }), "deposit-0.5+query-0.5"),
            (json!([[1], [2, 3]]), "1+2-3"),
            (json!([]), "empty"),
            (json!("../a b,c=d"), ".._a_b_c_d"),
            (json!("x".repeat(60)), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ];
        for (value, expected) in rows {
            assert_eq!(labels(std::slice::from_ref(&value)), [expected], "{value}");
        }
    }

    #[test]
    fn values_that_look_alike_have_labels_of_their_own() {
        assert_eq!(labels(&[json!(1), json!("1"), json!(1.0), json!(2)]), ["1", "1~2", "1~3", "2"]);
    }
}
