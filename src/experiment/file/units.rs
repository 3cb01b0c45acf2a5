//! Numbers with a unit and a range. The parser refuses one outside its range, so the error has the number's own line
//! and column, and what is made of a table later has nothing to check.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

const YEAR_S: f64 = 365.0 * 24.0 * 3600.0;
/// The bound of everything that is counted in memory.
const COUNT_MAX: u64 = 1_000_000_000;

/// A length of time, from zero to a year, as the number that was written.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, JsonSchema)]
#[schemars(inline, extend("minimum" = 0))]
pub struct Timespan<const PER_SECOND: u32>(f64);

/// Milliseconds, from zero to a year.
pub type Millis = Timespan<1000>;
/// Seconds, from zero to a year.
pub type Seconds = Timespan<1>;

/// How many, from 1 to 10^9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(inline, extend("minimum" = 1, "maximum" = 1_000_000_000))]
pub struct PositiveCount(u64);

impl<const PER_SECOND: u32> Timespan<PER_SECOND> {
    pub const fn new(number: f64) -> Timespan<PER_SECOND> {
        Timespan(number)
    }

    pub fn get(self) -> f64 {
        self.0
    }

    pub fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0 / f64::from(PER_SECOND))
    }
}

impl<const PER_SECOND: u32> From<Duration> for Timespan<PER_SECOND> {
    fn from(span: Duration) -> Timespan<PER_SECOND> {
        Timespan(span.as_secs_f64() * f64::from(PER_SECOND))
    }
}

impl<'de, const PER_SECOND: u32> Deserialize<'de> for Timespan<PER_SECOND> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timespan<PER_SECOND>, D::Error> {
        deserializer.deserialize_f64(TimespanVisitor)
    }
}

/// Makes the check inside of the visit, where the parser still knows which value fails it.
struct TimespanVisitor<const PER_SECOND: u32>;

impl<const PER_SECOND: u32> Visitor<'_> for TimespanVisitor<PER_SECOND> {
    type Value = Timespan<PER_SECOND>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Timespan<PER_SECOND>, E> {
        if (0.0..=YEAR_S * f64::from(PER_SECOND)).contains(&number) {
            return Ok(Timespan(number));
        }
        let unit = if PER_SECOND == 1 { "seconds" } else { "milliseconds" };
        Err(E::custom(format!("{number} is out of range; write {unit}, from zero to a year")))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Timespan<PER_SECOND>, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Timespan<PER_SECOND>, E> {
        self.visit_f64(number as f64)
    }
}

impl PositiveCount {
    pub fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl From<usize> for PositiveCount {
    fn from(count: usize) -> PositiveCount {
        PositiveCount(count as u64)
    }
}

impl TryFrom<u64> for PositiveCount {
    type Error = String;

    fn try_from(count: u64) -> Result<PositiveCount, String> {
        match count {
            1..=COUNT_MAX => Ok(PositiveCount(count)),
            _ => Err(format!("{count} is out of range; give 1 to {COUNT_MAX}")),
        }
    }
}
