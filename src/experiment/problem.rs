//! What is wrong with a file, where, and what to do about it.

use std::fmt;
use std::ops::Range;

use super::source::key_at;
use super::wrong::KeyPath;

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct SpecError {
    pub place: SpecPlace,
    /// Names the key, and what to do.
    pub message: String,
}

/// Where something wrong was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecPlace {
    /// In the file; both from 1, the column in characters.
    File { line: usize, column: usize },
    /// In an option of the command line, as it was typed: `--set run.seed=x`.
    Option(String),
}

impl SpecError {
    /// What the parser says, with the known key that is nearest to an unknown one.
    pub(super) fn parsing(text: &str, error: &toml::de::Error) -> SpecError {
        let message = with_nearest(error.message());
        let key = error.span().and_then(|span| key_at(text, span.start));
        SpecError { place: SpecPlace::of(text, error.span()), message: naming(key.as_ref(), &message) }
    }

    /// One line that names the file.
    pub fn in_file(&self, path: &str) -> String {
        match &self.place {
            SpecPlace::File { .. } => format!("{path}:{self}"),
            SpecPlace::Option(_) => format!("{path} with {self}"),
        }
    }
}

impl SpecPlace {
    /// Of a part of `text`, given in bytes; without one, its beginning.
    pub(super) fn of(text: &str, span: Option<Range<usize>>) -> SpecPlace {
        let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        SpecPlace::File { line, column }
    }
}

impl fmt::Display for SpecPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpecPlace::File { line, column } => write!(f, "{line}:{column}"),
            SpecPlace::Option(option) => f.write_str(option),
        }
    }
}

/// A message of the parser in plain words, with the known key that is nearest to an unknown one.
pub(super) fn with_nearest(message: &str) -> String {
    let message = plainly(message);
    match nearest_known(&message) {
        Some(known) => format!("{message}; did you mean `{known}`?"),
        None => message,
    }
}

/// A message with the key that it is about, unless it names the key itself.
pub(super) fn naming(path: Option<&KeyPath>, message: &str) -> String {
    let names_key = ["unknown ", "missing "].iter().any(|start| message.starts_with(start));
    match path {
        Some(path) if !names_key => format!("`{path}`: {message}"),
        Some(_) | None => message.to_owned(),
    }
}

/// Which of `known` looks like `unknown`, if one does.
pub(super) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(unknown, known);
    let nearest = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) > 0.7).then_some(nearest)
}

/// The parser has words of its own for the keys of a table that is one variant of several.
fn plainly(message: &str) -> String {
    if message.starts_with("wanted exactly 1 element, ") {
        return "a table that says by its key which of several it is has exactly one key".to_owned();
    }
    let parts = message
        .strip_prefix("unexpected keys in table: ")
        .and_then(|rest| rest.split_once(", available keys: "));
    let Some((unknown, known)) = parts else { return with_plain_types(message) };
    let known: Vec<String> = known.split(", ").map(|key| format!("`{key}`")).collect();
    format!("unknown key `{unknown}`, expected {}", known.join(", "))
}

/// What is expected, without the names of Rust's types.
fn with_plain_types(message: &str) -> String {
    let plain = [("f64", "a number"), ("u32", "a whole number from 0"), ("u64", "a whole number from 0")];
    let expected = plain.iter().find_map(|(name, plain)| {
        let before = message.strip_suffix(&format!("expected {name}"))?;
        Some(format!("{before}expected {plain}"))
    });
    expected.unwrap_or_else(|| message.to_owned())
}

/// Of serde's message "unknown field `a`, expected one of `b`, `c`": the one of `b` and `c` that looks like `a`.
fn nearest_known(message: &str) -> Option<&str> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown"))?;
    nearest(unknown, quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_key_is_suggested_if_it_is_near() {
        let rows = [
            ("unknown field `delya`, expected one of `delay`, `drop`", Some("delay")),
            ("unknown variant `mean_s`, expected `mean_ms`", Some("mean_ms")),
            ("unknown field `zzz`, expected one of `delay`, `drop`", None),
            ("invalid type: string \"x\", expected f64", None),
        ];
        for (message, expected) in rows {
            assert_eq!(nearest_known(message), expected, "{message}");
        }
    }

    #[test]
    fn words_of_the_parser_become_plain() {
        let rows = [
            (
                "unexpected keys in table: mean_s, available keys: mean_ms",
                "unknown key `mean_s`, expected `mean_ms`; did you mean `mean_ms`?",
            ),
            ("invalid type: string \"x\", expected f64", "invalid type: string \"x\", expected a number"),
            (
                "wanted exactly 1 element, more than 1 element",
                "a table that says by its key which of several it is has exactly one key",
            ),
            ("missing field `question`", "missing field `question`"),
        ];
        for (message, expected) in rows {
            assert_eq!(with_nearest(message), expected);
        }
    }

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        let text = "a = 1\nä = 2\n";
        assert_eq!(SpecPlace::of(text, Some(11..12)), SpecPlace::File { line: 2, column: 5 });
        assert_eq!(SpecPlace::of(text, None), SpecPlace::File { line: 1, column: 1 });
    }

    #[test]
    fn an_error_names_its_file() {
        let message = || "`seed` is x".to_owned();
        let there = SpecError { place: SpecPlace::File { line: 2, column: 5 }, message: message() };
        let typed = SpecError { place: SpecPlace::Option("--set run.seed=x".to_owned()), message: message() };
        assert_eq!(there.in_file("a.toml"), "a.toml:2:5: `seed` is x");
        assert_eq!(typed.in_file("a.toml"), "a.toml with --set run.seed=x: `seed` is x");
    }
}
