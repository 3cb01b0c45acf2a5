//! The keys of `summary.json` are those of the documentation.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{SUMMARY, judgement, summary};
use crate::results::file::json;

const DOCUMENTATION: &str = include_str!("../mod.rs");
const OF_VERDICTS: &str = include_str!("../judgement.rs");

#[test]
fn a_summary_reads_and_is_written_again_as_it_was() {
    assert_eq!(json(&summary()), SUMMARY);
}

#[test]
fn every_key_is_documented_and_every_documented_key_is_there() {
    let sample: Value = serde_json::from_str(SUMMARY).unwrap();
    assert_eq!(documented(DOCUMENTATION), keys(&sample));
}

#[test]
fn every_key_of_a_verdict_is_documented_and_every_documented_key_is_there() {
    let sample = serde_json::to_value(judgement()).unwrap();
    assert_eq!(documented(OF_VERDICTS), keys(&sample));
}

#[test]
fn a_key_that_the_documentation_lacks_is_noticed() {
    let sample: Value = serde_json::from_str(SUMMARY).unwrap();
    for lost in ["| `seed`", "| `points[].wait_ms`", "| `rate.rule_of_three`"] {
        let lacking: String = DOCUMENTATION
            .lines()
            .filter(|line| !line.contains(lost))
            .map(|line| line.to_owned() + "\n")
            .collect();
        assert_ne!(documented(&lacking), keys(&sample), "{lost}");
    }
}

#[test]
fn a_key_that_is_strange_or_missing_is_refused() {
    let strange = SUMMARY.replacen("\"seed\"", "\"sead\"", 1);
    let error = serde_json::from_str::<crate::results::Summary>(&strange).unwrap_err();
    assert!(error.to_string().contains("unknown field `sead`"), "{error}");
}

#[test]
fn a_seed_may_be_text() {
    let text = SUMMARY.replacen("\"seed\": 1,", "\"seed\": \"1\",", 1);
    assert_ne!(text, SUMMARY);
    assert_eq!(serde_json::from_str::<crate::results::Summary>(&text).unwrap(), summary());
}

/// The keys in the tables of a module's documentation. A key that is a spread, an interval or a rate has theirs too.
fn documented(documentation: &str) -> BTreeSet<String> {
    let rows: Vec<(&str, &str)> = documentation.lines().filter_map(row).collect();
    let is_kind = |key: &str| KINDS.iter().any(|kind| key.starts_with(&format!("{kind}.")));
    let mut keys = BTreeSet::new();
    for (key, is) in rows.iter().filter(|(key, _)| !is_kind(key)) {
        insert(&rows, (*key).to_owned(), is, &mut keys);
    }
    keys
}

/// A key, and those of its parts if it is of a kind that has parts.
fn insert(rows: &[(&str, &str)], key: String, is: &str, keys: &mut BTreeSet<String>) {
    let kind = format!("{}.", word(is));
    for (part, is) in rows.iter().filter_map(|(part, is)| Some((part.strip_prefix(&kind)?, is))) {
        insert(rows, format!("{key}.{part}"), is, keys);
    }
    keys.insert(key);
}

const KINDS: [&str; 6] = ["spread", "interval", "difference", "rate", "fitness", "broken"];
const WORDS: [&str; 6] = ["text", "count", "number", "flag", "list", "object"];

/// Key and what it is, of a row of a table of keys.
fn row(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.strip_prefix("//! | `")?.split_once("` | ")?;
    let (is, _) = rest.split_once(" | ")?;
    (KINDS.contains(&word(is)) || WORDS.contains(&word(is))).then_some((key, is))
}

fn word(is: &str) -> &str {
    is.strip_suffix(" or null").unwrap_or(is)
}

/// The paths of all keys, but those of swept values, which are the experiment's.
fn keys(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, "", &mut found);
    found
}

fn collect(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if key != "point" {
                    collect(value, &path, found);
                }
                found.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, &format!("{path}[]"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
