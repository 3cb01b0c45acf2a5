//! Messages of the TOML parser in plain words, with a suggestion for a key or a word that is unknown.

use super::invalid::KeyPath;

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

/// The one of `known` that looks like `unknown`, if any does.
pub(super) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(unknown, known);
    let nearest = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(nearest) > 0.7).then_some(nearest)
}

/// The parser has messages of its own for the keys of a table that is one variant of several.
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

/// The message without the names of Rust's types.
fn with_plain_types(message: &str) -> String {
    let plain = [("f64", "a number"), ("u32", "a whole number from 0"), ("u64", "a whole number from 0")];
    let expected = plain.iter().find_map(|(name, plain)| {
        let before = message.strip_suffix(&format!("expected {name}"))?;
        Some(format!("{before}expected {plain}"))
    });
    expected.unwrap_or_else(|| message.to_owned())
}

/// In serde's message "unknown field `a`, expected one of `b`, `c`", the one of `b` and `c` that looks like `a`.
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
    fn messages_of_the_parser_become_plain() {
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
}
