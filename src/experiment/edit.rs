//! Values that replace the file's, from `--set` and the points of a sweep.

use toml_edit::{DocumentMut, Item, Table, Value};

use super::error::{SpecError, SpecPlace};
use super::invalid::KeyPath;

/// One value that an option of the command line assigns.
#[derive(Debug, Clone)]
pub(super) struct Assignment {
    pub path: KeyPath,
    pub value: Value,
    /// The option as it was typed.
    pub typed: String,
}

impl Assignment {
    /// `--set key=value`. A value that is no TOML is a string, so that quotes may be left out.
    pub fn set(key: &str, value: &str) -> Result<Assignment, SpecError> {
        let typed = format!("--set {key}={value}");
        let Some(path) = KeyPath::parse(key.trim()) else {
            let message = format!("`{key}` is no path of keys; write one such as `run.duration_s`");
            return Err(SpecError { place: SpecPlace::Option(typed), message });
        };
        let value = value.trim().parse().unwrap_or_else(|_| Value::from(value));
        Ok(Assignment { path, value, typed })
    }

    /// An option for a word of `[run]`.
    pub fn word(option: &str, key: &str, value: &str) -> Assignment {
        let typed = format!("{option} {value}");
        Assignment { path: KeyPath::of(["run", key]), value: Value::from(value), typed }
    }

    /// An option for a number of `[run]`.
    pub fn run(option: &str, key: &str, value: u64) -> Result<Assignment, SpecError> {
        let typed = format!("{option} {value}");
        let Ok(number) = i64::try_from(value) else {
            let message = format!("`{key}` is {value}; give at most {}", i64::MAX);
            return Err(SpecError { place: SpecPlace::Option(typed), message });
        };
        Ok(Assignment { path: KeyPath::of(["run", key]), value: Value::from(number), typed })
    }
}

/// Puts a value at a path, with the tables that lead there.
///
/// # Errors
///
/// A path that leads through something without such a place; the message names it.
pub(super) fn put(document: &mut DocumentMut, path: &KeyPath, value: &Value) -> Result<(), String> {
    let mut value = value.clone();
    value.decor_mut().clear();
    put_in_item(document.as_item_mut(), &path.0, value)
}

fn put_in_item(item: &mut Item, path: &[String], value: Value) -> Result<(), String> {
    let [key, rest @ ..] = path else {
        replace(item, value);
        return Ok(());
    };
    match item {
        Item::ArrayOfTables(tables) => {
            let (index, count) = (index(key)?, tables.len());
            let table = tables.get_mut(index).ok_or_else(|| beyond(index, count))?;
            put_in_keys(table, rest, value)
        }
        Item::Table(table) => put_in_keys(table, path, value),
        Item::Value(inner) => put_in_value(inner, path, value),
        Item::None => Err(no_place(key)),
    }
}

fn put_in_keys(table: &mut dyn toml_edit::TableLike, path: &[String], value: Value) -> Result<(), String> {
    let [key, rest @ ..] = path else {
        return Err("a whole entry cannot be set; set its keys one by one".to_owned());
    };
    if table.get(key).is_none() {
        let item = if rest.is_empty() { Item::Value(value.clone()) } else { implicit() };
        table.insert(key, item);
    }
    let item = table.get_mut(key).expect("the key was just there or made");
    put_in_item(item, rest, value)
}

fn put_in_value(place: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let [key, rest @ ..] = path else {
        replace_value(place, value);
        return Ok(());
    };
    match place {
        Value::Array(values) => {
            let (index, count) = (index(key)?, values.len());
            let inner = values.get_mut(index).ok_or_else(|| beyond(index, count))?;
            put_in_value(inner, rest, value)
        }
        Value::InlineTable(table) => put_in_keys(table, path, value),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            Err(no_place(key))
        }
    }
}

fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

/// Comments and spaces around the old value stay.
fn replace(item: &mut Item, value: Value) {
    match item {
        Item::Value(old) => replace_value(old, value),
        Item::None | Item::Table(_) | Item::ArrayOfTables(_) => *item = Item::Value(value),
    }
}

fn replace_value(old: &mut Value, mut value: Value) {
    *value.decor_mut() = old.decor().clone();
    *old = value;
}

fn no_place(key: &str) -> String {
    format!("there is a plain value in the place of `{key}`; set the whole of it")
}

fn index(key: &str) -> Result<usize, String> {
    key.parse().map_err(|_| format!("`{key}` is no number of an entry of this list; count from 0"))
}

fn beyond(index: usize, count: usize) -> String {
    format!("there is no entry {index}; the list has {count}, counted from 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_text(text: &str, path: &str, value: &str) -> Result<String, String> {
        let mut document: DocumentMut = text.parse().expect("the text is TOML");
        let Assignment { path, value, .. } = Assignment::set(path, value).expect("a sound assignment");
        put(&mut document, &path, &value).map(|()| document.to_string())
    }

    #[test]
    fn a_value_is_put_where_its_path_leads() {
        let rows = [
            ("a = 1 # one\n", "a", "2", "a = 2 # one\n"),
            ("[t]\na = 1\n", "t.a", "x", "[t]\na = \"x\"\n"),
            ("[t]\na = 1\n", "t.b", "[1, 2]", "[t]\na = 1\nb = [1, 2]\n"),
            ("[t]\na = 1\n", "u.v.w", "true", "[t]\na = 1\n\n[u.v]\nw = true\n"),
            ("a = { b = 1 }\n", "a.b", "2.5", "a = { b = 2.5 }\n"),
            ("a = { b = 1 }\n", "a.c.d", "2", "a = { b = 1 , c = { d = 2 } }\n"),
            ("a = [[1], [2]]\n", "a.1.0", "3", "a = [[1], [3]]\n"),
            ("[[f]]\nk = 1\n[[f]]\nk = 2\n", "f.1.k", "3", "[[f]]\nk = 1\n[[f]]\nk = 3\n"),
        ];
        for (text, path, value, expected) in rows {
            assert_eq!(put_text(text, path, value).as_deref(), Ok(expected), "{path}");
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        let rows = [
            ("a = 1\n", "a.b", "there is a plain value in the place of `b`; set the whole of it"),
            ("a = [1]\n", "a.1", "there is no entry 1; the list has 1, counted from 0"),
            ("a = [1]\n", "a.x", "`x` is no number of an entry of this list; count from 0"),
            ("[[f]]\nk = 1\n", "f.2.k", "there is no entry 2; the list has 1, counted from 0"),
            ("[[f]]\nk = 1\n", "f.0", "a whole entry cannot be set; set its keys one by one"),
        ];
        for (text, path, expected) in rows {
            assert_eq!(put_text(text, path, "0"), Err(expected.to_owned()), "{path}");
        }
    }

    #[test]
    fn an_option_that_assigns_nothing_is_refused() {
        let no_path = Assignment::set("a b", "1").expect_err("no path").to_string();
        assert_eq!(no_path, "--set a b=1: `a b` is no path of keys; write one such as `run.duration_s`");
        let large = Assignment::run("--seed", "seed", u64::MAX).expect_err("too large").to_string();
        assert!(large.starts_with("--seed 18446744073709551615: `seed` is"), "{large}");
    }
}
