//! The text that was read, and the places of its keys, in the text or on the command line.

use std::ops::Range;

use toml_edit::{Array, ArrayOfTables, Document, Item, TableLike, Value};

use super::edit::Assignment;
use super::error::{SpecError, SpecPlace};
use super::invalid::{Invalid, KeyPath};
use super::message::{naming, with_nearest};

/// A file and what options assign over it.
pub(super) struct Source<'a> {
    document: Document<&'a str>,
    assigned: &'a [Assignment],
}

impl<'a> Source<'a> {
    /// # Errors
    ///
    /// A text that is not TOML.
    pub fn new(text: &'a str, assigned: &'a [Assignment]) -> Result<Source<'a>, SpecError> {
        let document = Document::parse(text).map_err(|error| SpecError {
            place: SpecPlace::of(text, error.span()),
            message: with_nearest(error.message()),
        })?;
        Ok(Source { document, assigned })
    }

    /// The file without what options assign.
    pub fn alone(&self) -> Source<'a> {
        Source { document: self.document.clone(), assigned: &[] }
    }

    /// The error for an invalid value, with its place.
    pub fn error(&self, invalid: Invalid) -> SpecError {
        SpecError { place: self.place(&invalid.path), message: invalid.message }
    }

    /// The place of a key, or of what is nearest around it: an option that assigns it goes before the file.
    pub fn place(&self, path: &KeyPath) -> SpecPlace {
        let assigned = self.assigned.iter().rev().find(|assigned| assigned.path.meets(path));
        if let Some(assigned) = assigned {
            return SpecPlace::Option(assigned.typed.clone());
        }
        let text = self.document.raw();
        let mut found = SpecPlace::of(text, None);
        let mut node = Node::Keys(self.document.as_table());
        for key in &path.0 {
            let Some((span, next)) = node.step(key) else { break };
            if span.is_some() {
                found = SpecPlace::of(text, span);
            }
            node = next;
        }
        found
    }
}

/// An error of the parser, with its place in `text`.
pub(super) fn parse_error(text: &str, error: &toml::de::Error) -> SpecError {
    SpecError { place: SpecPlace::of(text, error.span()), message: parse_message(text, error) }
}

/// The same without its place: its key, and the known key that is nearest to an unknown one.
pub(super) fn parse_message(text: &str, error: &toml::de::Error) -> String {
    let key = error.span().and_then(|span| key_at(text, span.start));
    naming(key.as_ref(), &with_nearest(error.message()))
}

/// The key whose value holds this byte of the text; the innermost, if the text is TOML.
fn key_at(text: &str, byte: usize) -> Option<KeyPath> {
    let document = Document::parse(text).ok()?;
    let mut path = Node::Keys(document.as_table()).key_at(byte)?;
    path.reverse();
    Some(KeyPath(path))
}

/// A step of a path.
enum Node<'a> {
    Keys(&'a dyn TableLike),
    Tables(&'a ArrayOfTables),
    Values(&'a Array),
    Leaf,
}

impl<'a> Node<'a> {
    /// The place of `key` here, and its value.
    fn step(&self, key: &str) -> Option<(Option<Range<usize>>, Node<'a>)> {
        match *self {
            Node::Keys(table) => {
                let (key, item) = table.get_key_value(key)?;
                Some((key.span().or_else(|| item.span()), Node::of_item(item)))
            }
            Node::Tables(tables) => {
                let table = tables.get(key.parse().ok()?)?;
                Some((table.span(), Node::Keys(table)))
            }
            Node::Values(values) => {
                let value = values.get(key.parse().ok()?)?;
                Some((value.span(), Node::of_value(value)))
            }
            Node::Leaf => None,
        }
    }

    /// Keys from the innermost to the outermost.
    fn key_at(&self, byte: usize) -> Option<Vec<String>> {
        self.entries().into_iter().find_map(|(key, span, node)| {
            let is_here = || span.is_some_and(|span| span.contains(&byte)).then(Vec::new);
            let mut path = node.key_at(byte).or_else(is_here)?;
            path.push(key);
            Some(path)
        })
    }

    fn entries(&self) -> Vec<(String, Option<Range<usize>>, Node<'a>)> {
        match *self {
            Node::Keys(table) => {
                table.iter().map(|(key, item)| (key.to_owned(), item.span(), Node::of_item(item))).collect()
            }
            Node::Tables(tables) => {
                let each = tables.iter().enumerate();
                each.map(|(index, table)| (index.to_string(), table.span(), Node::Keys(table))).collect()
            }
            Node::Values(values) => {
                let each = values.iter().enumerate();
                each.map(|(index, value)| (index.to_string(), value.span(), Node::of_value(value))).collect()
            }
            Node::Leaf => Vec::new(),
        }
    }

    fn of_item(item: &'a Item) -> Node<'a> {
        match item {
            Item::None => Node::Leaf,
            Item::Value(value) => Node::of_value(value),
            Item::Table(table) => Node::Keys(table),
            Item::ArrayOfTables(tables) => Node::Tables(tables),
        }
    }

    fn of_value(value: &'a Value) -> Node<'a> {
        match value {
            Value::InlineTable(table) => Node::Keys(table),
            Value::Array(values) => Node::Values(values),
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_) => Node::Leaf,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
question = \"why?\"
[network.between_branches]
delay = { exponential = { mean_ms = 20 } }
[[fault]]
kind = \"pause\"
[[fault]]
kind = \"partition\"
groups = [[1], [2, 3]]
[sweep]
\"run.duration_s\" = [1, -2]
";

    #[test]
    fn a_key_is_found_or_the_nearest_around_it() {
        let source = Source::new(TEXT, &[]).expect("the text is TOML");
        let rows = [
            ("question", 1, 1),
            ("network.between_branches", 2, 10),
            ("network.between_branches.delay.exponential.mean_ms", 3, 27),
            ("network.between_branches.drop", 2, 10),
            ("fault.0.kind", 5, 1),
            ("fault.1", 6, 1),
            ("fault.1.groups.1.0", 8, 17),
            ("fault.2", 4, 3),
            ("sweep.\"run.duration_s\".1", 10, 24),
            ("workload.sessions", 1, 1),
        ];
        for (path, line, column) in rows {
            let found = source.place(&KeyPath::parse(path).expect("a sound path"));
            assert_eq!(found, SpecPlace::File { line, column }, "{path}");
        }
    }

    #[test]
    fn the_key_at_a_place_is_the_innermost() {
        let rows = [
            ("\"why?\"", Some("question")),
            ("20 }", Some("network.between_branches.delay.exponential.mean_ms")),
            ("\"partition\"", Some("fault.1.kind")),
            ("3]]", Some("fault.1.groups.1.1")),
            ("-2]", Some("sweep.run.duration_s.1")),
        ];
        for (there, expected) in rows {
            let byte = TEXT.find(there).expect(there);
            let found = key_at(TEXT, byte).map(|path| path.to_string());
            assert_eq!(found.as_deref(), expected, "{there}");
        }
        assert_eq!(key_at("a = [", 0), None);
    }

    #[test]
    fn the_place_of_an_assigned_key_is_the_option() {
        let assigned = [Assignment::set("fault.1.groups", "[[1, 2], [3]]").expect("a sound assignment")];
        let source = Source::new(TEXT, &assigned).expect("the text is TOML");
        let place = |path| source.place(&KeyPath::parse(path).expect("a sound path")).to_string();
        assert_eq!(place("fault.1.groups.0"), "--set fault.1.groups=[[1, 2], [3]]");
        assert_eq!(place("fault.0.kind"), "5:1");
    }
}
