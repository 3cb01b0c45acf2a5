//! Integers in JSON that may lie beyond 2^53, where many readers of JSON round: numbers up to there, and text beyond.
//!
//! These can: the seeds of a manifest, a summary, a history's header and a saved failure; amounts and balances in a
//! history, since those of digit and radix accounts hold a place for each write; whatever a plan holds. Times cannot
//! (2^53 ns are 104 days, and a trial lasts at most a day), and neither can counts of what a trial did.
//!
//! `#[serde(with = "wide_integer")]` serves a field, [`WideInteger`] a part of one, and [`in_value`] what has no type.
//! All read either form.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The largest integer up to which a 64-bit float holds all (RFC 8259, section 6).
const EXACT_MAX: i128 = 1 << 53;

/// An integer that is read as a number or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WideInteger<T>(pub T);

struct EitherForm<T>(PhantomData<T>);

/// Writes an integer as a number, or as text beyond 2^53.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Copy + Into<i128> + Serialize,
    S: Serializer,
{
    let whole: i128 = (*value).into();
    if is_exact(whole) { value.serialize(serializer) } else { serializer.collect_str(&whole) }
}

/// The same value, in which integers beyond 2^53 are text.
pub fn in_value(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_i128() {
            Some(whole) if !is_exact(whole) => Value::String(whole.to_string()),
            Some(_) | None => Value::Number(number),
        },
        Value::Array(parts) => parts.into_iter().map(in_value).collect(),
        Value::Object(parts) => parts.into_iter().map(|(key, part)| (key, in_value(part))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

fn is_exact(whole: i128) -> bool {
    (-EXACT_MAX..=EXACT_MAX).contains(&whole)
}

/// Reads an integer that is a number or text.
///
/// # Errors
///
/// Anything else, and an integer that the type does not hold.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<u64> + TryFrom<i64> + FromStr,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(EitherForm(PhantomData))
}

impl<T: Copy + Into<i128> + Serialize> Serialize for WideInteger<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

impl<'de, T: TryFrom<u64> + TryFrom<i64> + FromStr> Deserialize<'de> for WideInteger<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WideInteger<T>, D::Error> {
        deserialize(deserializer).map(WideInteger)
    }
}

impl<T: TryFrom<u64> + TryFrom<i64> + FromStr> Visitor<'_> for EitherForm<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer, or one as text")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        T::try_from(value).map_err(|_| E::custom(format!("{value} is out of range")))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        T::try_from(value).map_err(|_| E::custom(format!("{value} is out of range")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        value.parse().map_err(|_| E::custom(format!("`{value}` is no integer, or it is out of range")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsigned(text: &str) -> Result<u64, String> {
        serde_json::from_str::<WideInteger<u64>>(text).map(|read| read.0).map_err(|error| error.to_string())
    }

    fn signed(text: &str) -> Result<i64, String> {
        serde_json::from_str::<WideInteger<i64>>(text).map(|read| read.0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_number_and_its_text_are_the_same_integer() {
        for text in ["18446744073709551615", "\"18446744073709551615\""] {
            assert_eq!(unsigned(text), Ok(u64::MAX));
        }
        for text in ["-9223372036854775808", "\"-9223372036854775808\""] {
            assert_eq!(signed(text), Ok(i64::MIN));
        }
        assert_eq!((unsigned("\"5\""), signed("7")), (Ok(5), Ok(7)));
    }

    #[test]
    fn what_is_no_integer_or_too_large_is_refused() {
        for text in ["-1", "\"-1\"", "1.5", "\"1.5\"", "\"\"", "null", "\"18446744073709551616\"", "\" 5\""] {
            unsigned(text).expect_err(text);
        }
        let error = signed("18446744073709551615").expect_err("it is out of range");
        assert!(error.starts_with("18446744073709551615 is out of range"), "{error}");
    }

    #[test]
    fn an_integer_is_written_as_a_number_where_every_reader_keeps_it_and_else_as_text() {
        let written = |value: i64| serde_json::to_string(&WideInteger(value)).unwrap();
        let exact = 9_007_199_254_740_992;
        assert_eq!([written(exact), written(-exact)], ["9007199254740992", "-9007199254740992"]);
        assert_eq!(
            [written(exact + 1), written(-exact - 1)],
            ["\"9007199254740993\"", "\"-9007199254740993\""]
        );
        assert_eq!(serde_json::to_string(&WideInteger(u64::MAX)).unwrap(), "\"18446744073709551615\"");
        let plan = serde_json::json!({ "run": { "seed": u64::MAX }, "sweep": [exact, exact + 1, 1e300, -7] });
        let sweep = r#"[9007199254740992,"9007199254740993",1e+300,-7]"#;
        let expected = format!(r#"{{"run":{{"seed":"18446744073709551615"}},"sweep":{sweep}}}"#);
        assert_eq!(in_value(plan).to_string(), expected);
    }
}
