//! The JSON form of types whose own serde form is another one: `#[serde(with = "json")]` writes any of them.
//!
//! Spans are whole nanoseconds; ids that are made of two 64-bit numbers are text in hexadecimal, as they
//! are displayed everywhere, since many readers of JSON keep only 53 bits of a number.

use std::time::Duration;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

use crate::model::wide_integer::WideInteger;
use crate::model::{AccountId, Guarantees, Incarnation, SessionId};

use super::{OriginIndex, Witness};

pub fn serialize<T: JsonForm, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.form().serialize(serializer)
}

pub fn deserialize<'de, T: JsonForm, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::parse(T::Form::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A type that has a form of its own in the JSON of a history.
pub trait JsonForm: Sized {
    type Form: Serialize + DeserializeOwned;

    fn form(&self) -> Self::Form;

    /// The inverse of [`JsonForm::form`]; says what is wrong with a form that no value has.
    fn parse(form: Self::Form) -> Result<Self, String>;
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuaranteeWord {
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
}

/// Two 64-bit numbers, as in `18f3.9c`.
macro_rules! hexadecimal_pair {
    ($($type:ident { $first:ident, $second:ident }),*) => {$(
        impl JsonForm for $type {
            type Form = String;

            fn form(&self) -> String {
                self.to_string()
            }

            fn parse(form: String) -> Result<$type, String> {
                let parts = form.split_once('.').and_then(|(first, second)| {
                    Some($type { $first: hexadecimal(first)?, $second: hexadecimal(second)? })
                });
                parts.filter(|parsed| parsed.to_string() == form).ok_or_else(|| {
                    format!("`{form}` is not two hexadecimal numbers with a dot between them")
                })
            }
        }
    )*};
}

hexadecimal_pair!(Incarnation { started_at, nonce }, SessionId { opened_at, nonce });

impl<T: JsonForm> JsonForm for Option<T> {
    type Form = Option<T::Form>;

    fn form(&self) -> Self::Form {
        self.as_ref().map(T::form)
    }

    fn parse(form: Self::Form) -> Result<Self, String> {
        form.map(T::parse).transpose()
    }
}

/// Integers that may lie beyond 2^53.
macro_rules! wide_integers {
    ($($type:ty),*) => {$(
        impl JsonForm for $type {
            type Form = WideInteger<$type>;

            fn form(&self) -> Self::Form {
                WideInteger(*self)
            }

            fn parse(form: Self::Form) -> Result<$type, String> {
                Ok(form.0)
            }
        }
    )*};
}

wide_integers!(u64, i64);

impl JsonForm for Vec<(u64, i64)> {
    type Form = Vec<(u64, WideInteger<i64>)>;

    fn form(&self) -> Self::Form {
        self.iter().map(|&(account, balance)| (account, WideInteger(balance))).collect()
    }

    fn parse(form: Self::Form) -> Result<Self, String> {
        Ok(form.into_iter().map(|(account, balance)| (account, balance.0)).collect())
    }
}

impl JsonForm for Duration {
    type Form = u64;

    /// A span of more than 584 years is written as 584 years.
    fn form(&self) -> u64 {
        u64::try_from(self.as_nanos()).unwrap_or(u64::MAX)
    }

    fn parse(form: u64) -> Result<Duration, String> {
        Ok(Duration::from_nanos(form))
    }
}

impl JsonForm for SmallVec<[Duration; 1]> {
    type Form = Vec<u64>;

    fn form(&self) -> Vec<u64> {
        self.iter().map(Duration::form).collect()
    }

    fn parse(form: Vec<u64>) -> Result<Self, String> {
        form.into_iter().map(Duration::parse).collect()
    }
}

impl JsonForm for Witness {
    type Form = Vec<(OriginIndex, u64)>;

    fn form(&self) -> Self::Form {
        self.iter().collect()
    }

    fn parse(form: Self::Form) -> Result<Witness, String> {
        let witness: Witness = form.iter().copied().collect();
        let is_canonical = witness.iter().eq(form);
        is_canonical
            .then_some(witness)
            .ok_or_else(|| "a vector has rising origins and no counter of 0".to_owned())
    }
}

impl JsonForm for Vec<(AccountId, i128)> {
    type Form = Vec<(u64, WideInteger<i128>)>;

    fn form(&self) -> Self::Form {
        self.iter().map(|&(account, balance)| (account.0, WideInteger(balance))).collect()
    }

    fn parse(form: Self::Form) -> Result<Self, String> {
        Ok(form.into_iter().map(|(account, balance)| (AccountId(account), balance.0)).collect())
    }
}

impl JsonForm for Guarantees {
    type Form = Vec<GuaranteeWord>;

    fn form(&self) -> Self::Form {
        let words = [
            (self.read_your_writes, GuaranteeWord::ReadYourWrites),
            (self.monotonic_reads, GuaranteeWord::MonotonicReads),
            (self.monotonic_writes, GuaranteeWord::MonotonicWrites),
            (self.writes_follow_reads, GuaranteeWord::WritesFollowReads),
        ];
        words.into_iter().filter_map(|(asked, word)| asked.then_some(word)).collect()
    }

    fn parse(form: Self::Form) -> Result<Guarantees, String> {
        let mut guarantees = Guarantees::NONE;
        for word in form {
            *match word {
                GuaranteeWord::ReadYourWrites => &mut guarantees.read_your_writes,
                GuaranteeWord::MonotonicReads => &mut guarantees.monotonic_reads,
                GuaranteeWord::MonotonicWrites => &mut guarantees.monotonic_writes,
                GuaranteeWord::WritesFollowReads => &mut guarantees.writes_follow_reads,
            } = true;
        }
        Ok(guarantees)
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}
