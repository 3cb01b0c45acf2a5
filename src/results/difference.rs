//! Saved values that are not what they should be: the first key or line that differs.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Letters of a value that a message shows.
const SHOWN_MAX: usize = 80;

/// The first key at which a value is not the expected one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDifference {
    /// Its path, as in `points[0].reads.stale`.
    pub key: String,
    /// The value that is there.
    pub found: String,
    /// The value that belongs there.
    pub expected: String,
}

/// A saved file that is not what follows from the files it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub path: PathBuf,
    /// The first key or line that differs, with both values.
    pub what: String,
}

impl Difference {
    pub(super) fn new(path: &Path, what: impl ToString) -> Difference {
        Difference { path: path.to_owned(), what: what.to_string() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.what)
    }
}

impl fmt::Display for KeyDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KeyDifference { key, found, expected } = self;
        write!(f, "`{key}` was saved as {found}, and is {expected}")
    }
}

/// The first key at which `found` is not as `expected`, in the order of `expected`; keys that are unknown there come
/// last. A key that `found` lacks is no difference: another version of the program may have written it.
pub fn first_difference(found: &Value, expected: &Value) -> Option<KeyDifference> {
    differing(String::new(), found, expected)
}

fn differing(key: String, found: &Value, expected: &Value) -> Option<KeyDifference> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
            let known =
                expected.iter().find_map(|(name, value)| differing(below(name), found.get(name)?, value));
            known.or_else(|| {
                let unknown = |(name, _): &(&String, &Value)| !expected.contains_key(*name);
                let (name, value) = found.iter().find(unknown)?;
                Some(difference(below(name), Some(value), None))
            })
        }
        (Value::Array(found), Value::Array(expected)) => {
            (0..found.len().max(expected.len())).find_map(|at| {
                let below = format!("{key}[{at}]");
                match (found.get(at), expected.get(at)) {
                    (Some(found), Some(expected)) => differing(below, found, expected),
                    (found, expected) => Some(difference(below, found, expected)),
                }
            })
        }
        _ => (found != expected).then(|| difference(key, Some(found), Some(expected))),
    }
}

fn difference(key: String, found: Option<&Value>, expected: Option<&Value>) -> KeyDifference {
    let shown =
        |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), |value| cut(&value.to_string()));
    KeyDifference { key, found: shown(found), expected: shown(expected) }
}

/// The first line in which two texts differ.
pub(super) fn first_line(found: &str, expected: &str) -> Option<String> {
    let mut lines = (found.lines(), expected.lines());
    for number in 1.. {
        match (lines.0.next(), lines.1.next()) {
            (None, None) => return None,
            (one, other) if one == other => {}
            (one, other) => {
                let shown = |line: Option<&str>| {
                    line.map_or_else(|| "absent".to_owned(), |line| format!("`{}`", cut(line)))
                };
                return Some(format!("line {number} was saved as {}, and is {}", shown(one), shown(other)));
            }
        }
    }
    None
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_key_that_differs_is_named_with_both_values() {
        let expected = json!({"a": 1, "b": {"c": [1, {"d": true}]}, "e": "text"});
        let rows = [
            (json!({"a": 2, "b": {"c": [1, {"d": true}]}, "e": "text"}), "`a` was saved as 2, and is 1"),
            (json!({"a": 1, "b": {"c": [1, {"d": null}]}}), "`b.c[1].d` was saved as null, and is true"),
            (json!({"a": 1, "b": {"c": [1]}}), "`b.c[1]` was saved as absent, and is {\"d\":true}"),
            (json!({"b": {"c": [1, {"d": true}, 3]}}), "`b.c[2]` was saved as 3, and is absent"),
            (json!({"a": 1, "f": 5}), "`f` was saved as 5, and is absent"),
            (json!({"a": "1"}), "`a` was saved as \"1\", and is 1"),
        ];
        for (found, text) in rows {
            let difference = first_difference(&found, &expected).expect(text);
            assert_eq!(difference.to_string(), text);
        }
    }

    #[test]
    fn equal_values_do_not_differ_and_neither_do_keys_that_an_older_file_lacks() {
        let expected = json!({"a": 1, "b": {"c": [1, 2]}});
        for found in [expected.clone(), json!({"a": 1}), json!({"b": {}}), json!({})] {
            assert_eq!(first_difference(&found, &expected), None, "{found}");
        }
    }

    #[test]
    fn a_long_value_is_cut() {
        let found = first_difference(&json!({"a": "x".repeat(200)}), &json!({"a": 1})).map(|one| one.found);
        assert_eq!(found, Some(format!("\"{}...", "x".repeat(SHOWN_MAX - 1))));
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_line("a\nb\n", "a\nb\n"), None);
        let text = first_line("a\nb\n", "a\nc\n");
        assert_eq!(text.as_deref(), Some("line 2 was saved as `b`, and is `c`"));
        let text = first_line("a\n", "a\nc\n");
        assert_eq!(text.as_deref(), Some("line 2 was saved as absent, and is `c`"));
    }
}
