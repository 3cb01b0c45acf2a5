//! An invalid value: the path of its key, and the problem.

use std::fmt;

/// Keys and places in lists, from the outermost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct KeyPath(pub Vec<String>);

/// A value that cannot be used. The code that finds it knows its key; the callers add the keys around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invalid {
    pub path: KeyPath,
    /// Names the last key.
    pub message: String,
}

/// Adds a key in front, on the way out.
pub(super) trait Within {
    fn within(self, key: impl ToString) -> Self;
}

impl KeyPath {
    pub fn of<const N: usize>(keys: [&str; N]) -> KeyPath {
        KeyPath(keys.map(str::to_owned).to_vec())
    }

    /// A path such as `a.b.0.c`; keys may be quoted as in TOML.
    pub fn parse(text: &str) -> Option<KeyPath> {
        let keys = toml_edit::Key::parse(text).ok()?;
        Some(KeyPath(keys.iter().map(|key| key.get().to_owned()).collect()))
    }

    /// Whether one contains the other, or they are the same.
    pub fn meets(&self, other: &KeyPath) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

impl Invalid {
    pub fn at(key: &str, message: impl Into<String>) -> Invalid {
        Invalid { path: KeyPath::of([key]), message: message.into() }
    }

    /// `key` has a value that it cannot have; `remedy` says which it can.
    pub fn value(key: &str, value: impl fmt::Display, remedy: &str) -> Invalid {
        Invalid::at(key, format!("`{key}` is {value}; {remedy}"))
    }
}

impl<T> Within for Result<T, Invalid> {
    fn within(self, key: impl ToString) -> Result<T, Invalid> {
        self.map_err(|mut invalid| {
            invalid.path.0.insert(0, key.to_string());
            invalid
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_with_its_quotes_and_displayed_without() {
        let rows = [
            ("run.seed", Some("run.seed")),
            ("fault.0.until_s", Some("fault.0.until_s")),
            ("sweep.\"run.seed\"", Some("sweep.run.seed")),
            ("a b", None),
            ("", None),
        ];
        for (text, expected) in rows {
            assert_eq!(KeyPath::parse(text).map(|path| path.to_string()).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn paths_meet_if_one_holds_the_other() {
        let rows = [("a.b", "a.b", true), ("a", "a.b", true), ("a.b.c", "a.b", true), ("a.b", "a.c", false)];
        for (one, other, expected) in rows {
            let [one, other] = [one, other].map(|text| KeyPath::parse(text).expect("a sound path"));
            assert_eq!((one.meets(&other), other.meets(&one)), (expected, expected), "{one} {other}");
        }
    }

    #[test]
    fn keys_are_added_on_the_way_out() {
        let invalid: Result<(), Invalid> = Err(Invalid::value("mean_ms", -1, "write more"));
        let invalid = invalid.within("exponential").within(0).within("part").expect_err("it is invalid");
        assert_eq!(invalid.path.to_string(), "part.0.exponential.mean_ms");
        assert_eq!(invalid.message, "`mean_ms` is -1; write more");
    }
}
