//! What is wrong with a file, where, and what to do about it.

use std::ops::Range;

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct SpecError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub message: String,
}

impl SpecError {
    /// At a place of `text`, given in bytes.
    pub(super) fn at(text: &str, span: Option<Range<usize>>, message: impl Into<String>) -> SpecError {
        let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        SpecError { line, column, message: message.into() }
    }

    /// What the parser says, with the known key that is nearest to an unknown one.
    pub(super) fn parsing(text: &str, error: &toml::de::Error) -> SpecError {
        let message = &plainly(error.message());
        let nearest = nearest_known(message).map(|known| format!("; did you mean `{known}`?"));
        SpecError::at(text, error.span(), format!("{message}{}", nearest.unwrap_or_default()))
    }

    /// One line that names the file.
    pub fn in_file(&self, path: &str) -> String {
        format!("{path}:{self}")
    }
}

/// The parser has words of its own for an unknown key of a table that is one variant of several.
fn plainly(message: &str) -> String {
    let parts = message
        .strip_prefix("unexpected keys in table: ")
        .and_then(|rest| rest.split_once(", available keys: "));
    let Some((unknown, known)) = parts else { return message.to_owned() };
    let known: Vec<String> = known.split(", ").map(|key| format!("`{key}`")).collect();
    format!("unknown key `{unknown}`, expected {}", known.join(", "))
}

/// Of serde's message "unknown field `a`, expected one of `b`, `c`": the one of `b` and `c` that looks like `a`.
fn nearest_known(message: &str) -> Option<&str> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown"))?;
    let likeness = |known: &str| strsim::jaro_winkler(unknown, known);
    let nearest = quoted.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) > 0.7).then_some(nearest)
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
    fn a_place_is_counted_in_lines_and_characters() {
        let text = "a = 1\nä = 2\n";
        let error = SpecError::at(text, Some(11..12), "here");
        assert_eq!((error.line, error.column), (2, 5));
    }
}
