//! A share of all messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How likely something is: from 0, never, to 1, always.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(inline, extend("minimum" = 0, "maximum" = 1))]
pub struct Probability(f64);

/// A number that is no probability.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a probability lies from 0 to 1, and {0} does not")]
pub struct ProbabilityError(pub f64);

impl Probability {
    /// Zero.
    pub const NEVER: Probability = Probability(0.0);
    /// One.
    pub const ALWAYS: Probability = Probability(1.0);

    /// A probability of this value.
    ///
    /// # Errors
    ///
    /// A value that does not lie from 0 to 1.
    pub fn new(value: f64) -> Result<Probability, ProbabilityError> {
        match (0.0..=1.0).contains(&value) {
            true => Ok(Probability(value)),
            false => Err(ProbabilityError(value)),
        }
    }

    /// Its value, from 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = ProbabilityError;

    fn try_from(value: f64) -> Result<Probability, ProbabilityError> {
        Probability::new(value)
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> f64 {
        probability.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_lies_from_zero_to_one() {
        let rows = [(0.0, true), (0.3, true), (1.0, true), (-1e-9, false), (1.1, false), (f64::NAN, false)];
        for (value, expected) in rows {
            assert_eq!(Probability::new(value).is_ok(), expected, "{value}");
        }
    }
}
