//! Why a file cannot be run: the first problem, its place, and what to do about it.

use std::fmt;
use std::ops::Range;

/// The first problem of a file or of an option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct SpecError {
    /// Where it was written.
    pub place: SpecPlace,
    /// The key, and what to do.
    pub message: String,
}

/// Where a problem was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecPlace {
    /// In the file.
    File {
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// In an option of the command line, as it was typed: `--set run.seed=x`.
    Option(String),
}

impl SpecError {
    /// One line that names the file.
    pub fn in_file(&self, path: &str) -> String {
        match &self.place {
            SpecPlace::File { .. } => format!("{path}:{self}"),
            SpecPlace::Option(_) => format!("{path} with {self}"),
        }
    }
}

impl SpecPlace {
    /// The place of a part of `text`, given in bytes; without one, of its beginning.
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

#[cfg(test)]
mod tests {
    use super::*;

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
