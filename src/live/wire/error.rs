//! What can be wrong with a message from the wire.

use std::convert::Infallible;

/// A message breaks a rule of the package `readback.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{field} {problem}")]
pub struct WireError {
    /// Path from the message to the field: `header.token.writes.entries[2].counter`.
    pub field: String,
    pub problem: FieldProblem,
}

/// The rule that the field breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum FieldProblem {
    /// Absent, or the default of a number or an enum that has no such value.
    #[error("is missing")]
    Missing,
    /// A number that starts at 1.
    #[error("is zero")]
    Zero,
    /// A value that this version of the enum does not have.
    #[error("is {0}, which is none of its values")]
    UnknownValue(i32),
    /// A list beyond its bound.
    #[error("has {count} entries, more than {most}")]
    TooMany { count: usize, most: usize },
    /// A range that begins before its predecessor ended, or ends before it begins.
    #[error("does not rise")]
    NotRising,
    /// A counter that would not fit 64 bits.
    #[error("goes beyond the last counter")]
    BeyondLastCounter,
    /// A branch's number that would not fit 32 bits.
    #[error("goes beyond the last branch")]
    BeyondLastBranch,
    /// A version vector whose last entry is not whole.
    #[error("has {words} words, and an entry has four")]
    BrokenEntry { words: usize },
    /// An index that is none of so many.
    #[error("goes beyond the last piece")]
    BeyondLastPiece,
}

impl WireError {
    pub(super) fn new(field: &str, problem: FieldProblem) -> WireError {
        WireError { field: field.to_owned(), problem }
    }

    pub(super) fn missing(field: &str) -> WireError {
        WireError::new(field, FieldProblem::Missing)
    }

    /// The same error, as seen from the message that holds the message in which it was found.
    pub(super) fn within(self, parent: &str) -> WireError {
        WireError { field: format!("{parent}.{}", self.field), problem: self.problem }
    }

    pub(super) fn within_entry(self, list: &str, index: usize) -> WireError {
        self.within(&format!("{list}[{index}]"))
    }
}

/// Lets `required` and `optional` take conversions that cannot fail.
impl From<Infallible> for WireError {
    fn from(never: Infallible) -> WireError {
        match never {}
    }
}

/// A message field that must be there.
pub(super) fn required<P, M>(field: Option<P>, name: &str) -> Result<M, WireError>
where
    M: TryFrom<P>,
    WireError: From<M::Error>,
{
    optional(field, name)?.ok_or_else(|| WireError::missing(name))
}

/// A message field that may be absent.
pub(super) fn optional<P, M>(field: Option<P>, name: &str) -> Result<Option<M>, WireError>
where
    M: TryFrom<P>,
    WireError: From<M::Error>,
{
    field.map(M::try_from).transpose().map_err(|error| WireError::from(error).within(name))
}

/// A list of messages, in its order.
pub(super) fn each<P, M>(
    list: impl IntoIterator<Item = P>,
    name: &str,
    convert: impl Fn(P) -> Result<M, WireError>,
) -> Result<Vec<M>, WireError> {
    let list = list.into_iter();
    // Collecting results would not know how many there are.
    let mut converted = Vec::with_capacity(list.size_hint().0);
    for (index, entry) in list.enumerate() {
        converted.push(convert(entry).map_err(|error| error.within_entry(name, index))?);
    }
    Ok(converted)
}

/// A number that starts at 1.
pub(super) fn positive(number: u64, name: &str) -> Result<u64, WireError> {
    if number == 0 { Err(WireError::new(name, FieldProblem::Zero)) } else { Ok(number) }
}
