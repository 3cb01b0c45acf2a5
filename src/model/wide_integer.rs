//! Integers in JSON that may lie beyond 2^53, where many readers of JSON round: read as a number or as text.
//!
//! These can: the seeds of a manifest, a summary, a history's header and a saved failure; amounts and balances in a
//! history, since those of digit and radix accounts hold a place for each write. Times cannot (2^53 ns are 104 days,
//! and a trial lasts at most a day), and neither can counts of what a trial did.
//!
//! `#[serde(with = "wide_integer")]` serves a field, [`WideInteger`] a part of one. Both are written as numbers.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An integer that is read as a number or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WideInteger<T>(pub T);

struct EitherForm<T>(PhantomData<T>);

/// Writes an integer as a number.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize(serializer)
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

impl<T: Serialize> Serialize for WideInteger<T> {
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
    fn an_integer_is_written_as_a_number() {
        assert_eq!(serde_json::to_string(&WideInteger(u64::MAX)).unwrap(), "18446744073709551615");
    }
}
