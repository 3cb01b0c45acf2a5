//! JSON values with their places, of which both files of the course are made.
//!
//! A value stays the slice of the text that it is ([`RawValue`]) until it is asked to be something, so that
//! every problem has a place and a number keeps its digits. A value that is not what it should be is reported
//! and read as `None`; reading goes on, and [`JsonReader::finish`] refuses the file in the end. Only requested
//! values are read, so unknown keys may hold anything. In an object that is read no key may occur twice.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::place::{Place, SourceText};
use super::problem::{InputError, Problem, Problems};
use super::syntax;

/// Bytes in the largest file that is read.
const MAX_BYTES: usize = 64 << 20;

pub(super) const ANY_I64: RangeInclusive<i128> = i64::MIN as i128..=i64::MAX as i128;
pub(super) const ANY_U64: RangeInclusive<i128> = 0..=u64::MAX as i128;
pub(super) const POSITIVE_U32: RangeInclusive<i128> = 1..=u32::MAX as i128;

const VALIDATED: &str = "the text was validated as JSON when the file was read";

/// A file being read, and what was found wrong with it so far.
pub(super) struct JsonReader<'a> {
    source: SourceText<'a>,
    problems: Problems,
}

impl<'a> JsonReader<'a> {
    /// Takes the text of a whole file. A byte order mark is skipped.
    pub(super) fn open(text: &'a str) -> Result<JsonReader<'a>, InputError> {
        if text.len() > MAX_BYTES {
            return Err(InputError::from(Problem {
                place: Place { line: 1, column: 1 },
                message: format!(
                    "the file has {} bytes, more than the {MAX_BYTES} that are read",
                    text.len()
                ),
                remedy: "split it into several files".to_string(),
            }));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(JsonReader { source: SourceText::new(text), problems: Problems::default() })
    }

    /// The one value that the file holds.
    pub(super) fn value(&self) -> Result<&'a RawValue, InputError> {
        serde_json::from_str(self.source.text()).map_err(|error| syntax::problem(&self.source, &error).into())
    }

    /// The values that the file holds, one after another without commas.
    pub(super) fn values(&self) -> Result<Vec<&'a RawValue>, InputError> {
        let stream = serde_json::Deserializer::from_str(self.source.text()).into_iter();
        stream.collect::<Result<_, _>>().map_err(|error| syntax::problem(&self.source, &error).into())
    }

    pub(super) fn place_of(&self, value: &RawValue) -> Place {
        self.source.place_of(value.get())
    }

    pub(super) fn report(&mut self, at: &RawValue, message: impl Into<String>, remedy: impl Into<String>) {
        self.report_at(self.place_of(at), message, remedy);
    }

    pub(super) fn report_at(&mut self, place: Place, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.add(Problem { place, message: message.into(), remedy: remedy.into() });
    }

    /// `value`, if nothing was reported.
    pub(super) fn finish<T>(self, value: T) -> Result<T, InputError> {
        self.problems.none_or_error(value)
    }

    /// The elements of an array; `what` names it and `remedy` says what to write.
    pub(super) fn array(
        &mut self,
        value: &'a RawValue,
        what: &str,
        remedy: &str,
    ) -> Option<Vec<&'a RawValue>> {
        if kind(value) == JsonKind::Array {
            return Some(serde_json::from_str(value.get()).expect(VALIDATED));
        }
        self.report(value, format!("{what} is {}, not an array", kind(value)), remedy);
        None
    }

    /// The fields of an object; `what` names it and `remedy` says what to write.
    pub(super) fn object(&mut self, value: &'a RawValue, what: &str, remedy: &str) -> Option<Fields<'a>> {
        if kind(value) != JsonKind::Object {
            self.report(value, format!("{what} is {}, not an object", kind(value)), remedy);
            return None;
        }
        let pairs: Pairs<'a> = serde_json::from_str(value.get()).expect(VALIDATED);
        let mut fields = Fields { object: value, fields: Vec::new() };
        let mut seen = BTreeSet::new();
        for (key, value) in pairs.0 {
            let Some(name) = self.string(key, "the key") else { continue };
            if !seen.insert(name.clone()) {
                self.report(key, format!("the key `{}` occurs twice", shorten(&name)), "keep one of the two");
            }
            fields.fields.push((name, value));
        }
        Some(fields)
    }

    /// The field `key` of `what`, whose absence is a problem; `remedy` says what to add.
    pub(super) fn required(
        &mut self,
        fields: &Fields<'a>,
        key: &str,
        what: &str,
        remedy: &str,
    ) -> Option<&'a RawValue> {
        let value = fields.get(key);
        if value.is_none() {
            self.report(fields.object, format!("{what} has no `{key}`"), remedy);
        }
        value
    }

    pub(super) fn string(&mut self, value: &RawValue, what: &str) -> Option<String> {
        if kind(value) != JsonKind::String {
            self.report(
                value,
                format!("{what} is {}, not a string", kind(value)),
                "write it in double quotes",
            );
            return None;
        }
        // The validation passes over `\ud800` alone, which is no character.
        let text = serde_json::from_str(value.get());
        if text.is_err() {
            self.report(
                value,
                format!("{what} has an escape that is no character"),
                "write the character itself",
            );
        }
        text.ok()
    }

    /// An integer in `range`, which must be within the range of `T`.
    pub(super) fn integer<T>(
        &mut self,
        value: &RawValue,
        what: &str,
        range: RangeInclusive<i128>,
    ) -> Option<T>
    where
        T: TryFrom<i128>,
    {
        let text = value.get();
        let remedy = format!("write an integer from {} to {}", range.start(), range.end());
        if kind(value) != JsonKind::Number {
            let quoted = if kind(value) == JsonKind::String { ", without quotes" } else { "" };
            let message = format!("{what} is {}, not an integer", kind(value));
            self.report(value, message, remedy + quoted);
            return None;
        }
        if text.contains(['.', 'e', 'E']) {
            self.report(value, format!("{what} is {}, not an integer", shorten(text)), remedy);
            return None;
        }
        let number = text.parse().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.report(value, format!("{what} is {}, out of range", shorten(text)), remedy);
        }
        number.and_then(|number| T::try_from(number).ok())
    }
}

/// The fields of one object.
pub(super) struct Fields<'a> {
    /// The object itself, for its place.
    pub(super) object: &'a RawValue,
    fields: Vec<(String, &'a RawValue)>,
}

impl<'a> Fields<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.fields.iter().find(|(name, _)| name == key).map(|&(_, value)| value)
    }
}

/// The kind of a value, by its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonKind {
    Object,
    Array,
    String,
    Boolean,
    Null,
    Number,
}

pub(super) fn kind(value: &RawValue) -> JsonKind {
    match value.get().as_bytes()[0] {
        b'{' => JsonKind::Object,
        b'[' => JsonKind::Array,
        b'"' => JsonKind::String,
        b't' | b'f' => JsonKind::Boolean,
        b'n' => JsonKind::Null,
        _ => JsonKind::Number,
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JsonKind::Object => "an object",
            JsonKind::Array => "an array",
            JsonKind::String => "a string",
            JsonKind::Boolean => "a boolean",
            JsonKind::Null => "null",
            JsonKind::Number => "a number",
        })
    }
}

/// At most 40 characters of `text`, so that a message stays a line.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}

/// The keys and values of an object as written, repeated keys included.
struct Pairs<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs<'de>, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(text: &str) -> Result<Option<i64>, String> {
        let mut reader = JsonReader::open(text).unwrap();
        let value = reader.value().unwrap();
        let number = reader.integer(value, "`money`", -5..=5);
        reader.finish(number).map_err(|error| error.to_string())
    }

    #[test]
    fn an_integer_is_read_from_its_digits_and_never_through_a_float() {
        let refused = |message: &str| Err(format!("1:1: `money` is {message}"));
        let rows = [
            ("5", Ok(Some(5))),
            ("-0", Ok(Some(0))),
            ("6", refused("6, out of range; write an integer from -5 to 5")),
            ("1.0", refused("1.0, not an integer; write an integer from -5 to 5")),
            ("1e0", refused("1e0, not an integer; write an integer from -5 to 5")),
            ("null", refused("null, not an integer; write an integer from -5 to 5")),
            ("\"5\"", refused("a string, not an integer; write an integer from -5 to 5, without quotes")),
        ];
        for (text, expected) in rows {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn a_number_of_many_digits_is_shortened_in_the_message() {
        let digits = "9".repeat(60);
        let message =
            format!("1:1: `money` is {}..., out of range; write an integer from -5 to 5", "9".repeat(40));
        assert_eq!(integer(&digits), Err(message));
    }

    #[test]
    fn a_repeated_key_is_reported_at_its_second_place_even_when_written_differently() {
        let mut reader = JsonReader::open("{\"id\":1,\n\"\\u0069d\":2}").unwrap();
        let value = reader.value().unwrap();
        let fields = reader.object(value, "the entry", "").unwrap();
        assert_eq!(fields.get("id").unwrap().get(), "1");
        let error = reader.finish(()).unwrap_err();
        assert_eq!(error.to_string(), "2:1: the key `id` occurs twice; keep one of the two");
    }

    #[test]
    fn a_file_over_the_bound_is_refused_unread() {
        let error = JsonReader::open(&" ".repeat(MAX_BYTES + 1)).err().unwrap();
        let expected = "1:1: the file has 67108865 bytes, more than the 67108864 that are read; \
                        split it into several files";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_lone_surrogate_is_a_problem_and_not_a_panic() {
        let mut reader = JsonReader::open("\"\\ud800\"").unwrap();
        let value = reader.value().unwrap();
        assert_eq!(reader.string(value, "`interface`"), None);
        let expected = "1:1: `interface` has an escape that is no character; write the character itself";
        assert_eq!(reader.finish(()).unwrap_err().to_string(), expected);
    }
}
