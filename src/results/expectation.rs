//! Expectations of an experiment: what its figures must be.
//!
//! One grammar, in files and as text:
//!
//! ```text
//! MEASURE[@STRATEGY][[KEY=VALUE, ...]] COMPARISON
//! COMPARISON: < NUMBER | <= NUMBER | > NUMBER | >= NUMBER | in NUMBER..NUMBER
//! ```
//!
//! A measure is a column of `summary.csv` that holds numbers: `read_latency_ms.p99`, `comparison.throughput_ratio`.
//! Where a column ends in `.value`, that may be left out. `read_latency_ms` and `write_latency_ms` are other names of
//! `read_latency_ms` and `write_latency_ms`. Two measures are of the whole run, from 0 to 1: `theory_agreement` and
//! `substrate_agreement`, the shares of figures that agree with theory, and on both substrates.
//!
//! An expectation holds if it holds at every point and under every strategy that it does not leave out. A value that is
//! absent fails it, and so does a run without any such point.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::json::plain_text;
use super::summary::{PointSummary, Summary};
use super::tables;

/// What a figure must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    measure: Measure,
    strategy: Option<String>,
    /// Swept values, by key or by the last part of it; all of them must be met.
    point: Map<String, Value>,
    bound: Bound,
}

/// The outcome of an expectation: the worst of its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectationOutcome {
    /// The expectation as text.
    pub expected: String,
    /// Whether it holds everywhere.
    pub holds: bool,
    /// The first figure that fails it, or else the last one; `null` if it is absent.
    pub value: Option<f64>,
    /// Where that figure is; empty if it is of the whole run.
    pub place: String,
    /// Whether it is about agreement with theory or between substrates.
    pub is_agreement: bool,
}

/// What a figure is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// `<`
    Below(f64),
    /// `<=`
    AtMost(f64),
    /// `>`
    Above(f64),
    /// `>=`
    AtLeast(f64),
    /// Both ends included.
    Within(f64, f64),
}

#[derive(Debug, Clone, PartialEq)]
enum Measure {
    /// Of a point: its path in `points[]`, or behind `comparison.` in `comparisons[]`.
    OfPoint(String),
    TheoryAgreement,
    SubstrateAgreement,
}

/// Other names of keys, in the order of words that questions use.
const SYNONYMS: [(&str, &str); 2] =
    [("read_latency_ms", "read_latency_ms"), ("write_latency_ms", "write_latency_ms")];

const COMPARED: &str = "comparison.";

impl Expectation {
    /// An expectation of these parts.
    ///
    /// # Errors
    ///
    /// A measure that is not known, or a bound that nothing meets, with a remedy.
    pub fn new(
        measure: &str,
        strategy: Option<String>,
        point: Map<String, Value>,
        bound: Bound,
    ) -> Result<Expectation, String> {
        let measure = Measure::parse(measure)?;
        let is_of_run = !matches!(measure, Measure::OfPoint(_));
        if is_of_run && (strategy.is_some() || !point.is_empty()) {
            return Err(format!("`{measure}` is of the whole run; leave strategy and point out"));
        }
        let is_met = match bound {
            Bound::Below(end) | Bound::AtMost(end) | Bound::Above(end) | Bound::AtLeast(end) => {
                end.is_finite()
            }
            Bound::Within(from, to) => from.is_finite() && to.is_finite() && from <= to,
        };
        if !is_met {
            return Err(format!("no number is {bound}; give finite numbers, the lower one first"));
        }
        Ok(Expectation { measure, strategy, point, bound })
    }

    /// The expectation held against a run.
    pub fn outcome(&self, summary: &Summary) -> ExpectationOutcome {
        let figures: Vec<(String, Option<f64>)> = match &self.measure {
            Measure::TheoryAgreement => vec![(String::new(), share(theory_agreement(summary)))],
            Measure::SubstrateAgreement => vec![(String::new(), share(substrate_agreement(summary)))],
            Measure::OfPoint(path) => {
                let own = summary.points.iter().filter(|point| self.is_about(summary, point, path));
                own.map(|point| (place(point), figure(summary, point, path))).collect()
            }
        };
        let failing = figures.iter().find(|(_, value)| !value.is_some_and(|value| self.bound.holds(value)));
        let holds = failing.is_none() && !figures.is_empty();
        let (place, value) = failing.or(figures.last()).cloned().unwrap_or_default();
        let is_agreement = !matches!(self.measure, Measure::OfPoint(_));
        ExpectationOutcome { expected: self.to_string(), holds, value, place, is_agreement }
    }

    /// Whether it speaks of this point. A baseline has no comparison, so it is left out of what is compared.
    fn is_about(&self, summary: &Summary, of: &PointSummary, path: &str) -> bool {
        let is_baseline = summary.comparisons.iter().any(|comparison| comparison.baseline == of.strategy);
        let is_left_out = path.starts_with(COMPARED) && is_baseline;
        let meets = |(key, value): (&String, &Value)| {
            let suffix = format!(".{key}");
            let mut known = of.point.iter().filter(|(name, _)| *name == key || name.ends_with(&suffix));
            known.any(|(_, found)| {
                found == value || found.as_f64().is_some_and(|one| Some(one) == value.as_f64())
            })
        };
        let is_strategy = self.strategy.as_ref().is_none_or(|strategy| *strategy == of.strategy);
        !is_left_out && is_strategy && self.point.iter().all(meets)
    }
}

/// How many figures agree with theory, and of how many: stale rates where no read waits, else mean waits.
pub fn theory_agreement(summary: &Summary) -> (usize, usize) {
    let flags = summary.points.iter().filter_map(|point| {
        let expected = point.expected?;
        match expected.wait_mean_measured_ms {
            None => expected.stale_rate_agrees,
            Some(_) => expected.wait_mean_agrees,
        }
    });
    counted(flags)
}

/// How many figures agree on both substrates, and of how many.
pub fn substrate_agreement(summary: &Summary) -> (usize, usize) {
    counted(summary.agreements.iter().map(|agreement| agreement.agrees))
}

fn counted(flags: impl Iterator<Item = bool>) -> (usize, usize) {
    flags.fold((0, 0), |(agree, all), agrees| (agree + usize::from(agrees), all + 1))
}

fn share((agree, all): (usize, usize)) -> Option<f64> {
    (all > 0).then(|| agree as f64 / all as f64)
}

fn figure(summary: &Summary, point: &PointSummary, path: &str) -> Option<f64> {
    let (whole, path) = match path.strip_prefix(COMPARED) {
        None => (tables::to_json(point), path),
        Some(path) => {
            let own = |one: &&super::Comparison| one.point == point.point && one.strategy == point.strategy;
            (tables::to_json(summary.comparisons.iter().find(own)?), path)
        }
    };
    path.split('.').try_fold(&whole, |value, key| value.get(key))?.as_f64()
}

fn place(point: &PointSummary) -> String {
    let pairs: Vec<String> =
        point.point.iter().map(|(key, value)| format!("{key}={}", plain_text(value))).collect();
    let strategy = format!("`{}`", point.strategy);
    [strategy].into_iter().chain(pairs).collect::<Vec<_>>().join(" ")
}

impl Measure {
    fn parse(text: &str) -> Result<Measure, String> {
        let text =
            SYNONYMS.iter().fold(text.to_owned(), |text, (other, key)| match text.strip_prefix(other) {
                Some(rest) => format!("{key}{rest}"),
                None => text,
            });
        let known = tables::figures();
        let is_known = |path: &str| known.iter().any(|column| column == path);
        match text.as_str() {
            "theory_agreement" => Ok(Measure::TheoryAgreement),
            "substrate_agreement" => Ok(Measure::SubstrateAgreement),
            path if is_known(path) => Ok(Measure::OfPoint(path.to_owned())),
            path if is_known(&format!("{path}.value")) => Ok(Measure::OfPoint(format!("{path}.value"))),
            path => {
                Err(format!("`{path}` is no measure; write a column of summary.csv, such as wait_ms.p99"))
            }
        }
    }
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Bound::Below(end) => value < end,
            Bound::AtMost(end) => value <= end,
            Bound::Above(end) => value > end,
            Bound::AtLeast(end) => value >= end,
            Bound::Within(from, to) => (from..=to).contains(&value),
        }
    }
}

impl FromStr for Expectation {
    type Err = String;

    fn from_str(text: &str) -> Result<Expectation, String> {
        const FORM: &str = "write it as MEASURE@STRATEGY < NUMBER, such as wait_ms.p99@wait < 50";
        let at = text.find(['<', '>']).or_else(|| text.find(" in ")).ok_or(FORM)?;
        let (left, right) = text.split_at(at);
        let (left, point) = match left.trim().strip_suffix(']').and_then(|left| left.split_once('[')) {
            None => (left.trim(), Map::new()),
            Some((left, pairs)) => (left, pairs.split(',').map(pair).collect::<Result<_, String>>()?),
        };
        let (measure, strategy) = match left.split_once('@') {
            None => (left, None),
            Some((measure, strategy)) => (measure, Some(strategy.trim().to_owned())),
        };
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| FORM.to_owned());
        let right = right.trim();
        let bound = if let Some(range) = right.strip_prefix("in ") {
            let (from, to) = range.split_once("..").ok_or(FORM)?;
            Bound::Within(number(from)?, number(to)?)
        } else if let Some(end) = right.strip_prefix("<=") {
            Bound::AtMost(number(end)?)
        } else if let Some(end) = right.strip_prefix(">=") {
            Bound::AtLeast(number(end)?)
        } else if let Some(end) = right.strip_prefix('<') {
            Bound::Below(number(end)?)
        } else {
            Bound::Above(number(right.strip_prefix('>').ok_or(FORM)?)?)
        };
        Expectation::new(measure.trim(), strategy, point, bound)
    }
}

/// `KEY=VALUE`; a value that is no JSON is text.
fn pair(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("write a point as KEY=VALUE")?;
    let value = value.trim();
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((key.trim().to_owned(), value))
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Measure::OfPoint(path) => path,
            Measure::TheoryAgreement => "theory_agreement",
            Measure::SubstrateAgreement => "substrate_agreement",
        })
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Below(end) => write!(f, "< {end}"),
            Bound::AtMost(end) => write!(f, "<= {end}"),
            Bound::Above(end) => write!(f, "> {end}"),
            Bound::AtLeast(end) => write!(f, ">= {end}"),
            Bound::Within(from, to) => write!(f, "in {from}..{to}"),
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.measure)?;
        if let Some(strategy) = &self.strategy {
            write!(f, "@{strategy}")?;
        }
        if !self.point.is_empty() {
            let pairs: Vec<String> = self.point.iter().map(|(key, value)| format!("{key}={value}")).collect();
            write!(f, "[{}]", pairs.join(", "))?;
        }
        write!(f, " {}", self.bound)
    }
}

impl fmt::Display for ExpectationOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ExpectationOutcome { expected, holds, value, place, .. } = self;
        let value = value.map_or_else(|| "absent".to_owned(), |value| format!("{value:.4}"));
        let place = if place.is_empty() { String::new() } else { format!(" under {place}") };
        let verb = if *holds { "holds" } else { "fails" };
        write!(f, "expected {expected}: {verb}, {value}{place}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::summary;
    use super::*;

    fn outcome(text: &str) -> (bool, Option<f64>) {
        let expectation: Expectation = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let ExpectationOutcome { holds, value, .. } = expectation.outcome(&summary());
        (holds, value)
    }

    #[test]
    fn an_expectation_holds_if_it_holds_at_all_points_that_it_names() {
        let rows = [
            ("wait_ms.p99@wait < 100", (true, Some(92.0))),
            ("wait_ms.p99@wait < 92", (false, Some(92.0))),
            ("wait_ms.p99@wait <= 92", (true, Some(92.0))),
            ("wait_ms.p99@wait < 50", (false, Some(92.0))),
            ("wait_ms.p99@wait[delay_ms=5] < 50", (true, Some(20.5))),
            ("wait_ms.p99[delay_ms=5, delay_ms=5] >= 0", (true, Some(20.5))),
            ("stale_rate@none in 0.2..0.7", (true, Some(0.6))),
            ("stale_rate.value@none > 0.25", (false, Some(0.25))),
            ("comparison.throughput_ratio > 0.3", (true, Some(0.4))),
            ("theory_agreement >= 1", (true, Some(1.0))),
            ("substrate_agreement >= 1", (true, Some(1.0))),
        ];
        for (text, expected) in rows {
            assert_eq!(outcome(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_absent_fails() {
        for text in ["wait_ms.p9999@none < 1000", "wait_ms.p99@sticky < 50", "wait_ms.p99[delay_ms=7] < 50"] {
            assert_eq!(outcome(text), (false, None), "{text}");
        }
        let mut without = summary();
        without.agreements.clear();
        let expectation: Expectation = "substrate_agreement >= 0".parse().expect("it is well-formed");
        assert!(!expectation.outcome(&without).holds);
    }

    #[test]
    fn an_expectation_is_written_as_it_is_read() {
        for text in
            ["wait_ms.p99@wait[delay_ms=5] < 50", "stale_rate.value in 0..0.5", "theory_agreement >= 0.9"]
        {
            let parsed: Expectation = text.parse().expect(text);
            assert_eq!(parsed.to_string(), text);
        }
        let other: Expectation = "read_latency_ms.p99@wait < 50".parse().expect("it is another name");
        assert_eq!(other.to_string(), "read_latency_ms.p99@wait < 50");
    }

    #[test]
    fn a_slip_is_refused_with_a_remedy() {
        let rows = [
            ("wait_ms.p98 < 5", "`wait_ms.p98` is no measure; write a column of summary.csv"),
            ("wait_ms.p99", "write it as MEASURE@STRATEGY < NUMBER"),
            ("wait_ms.p99 < much", "write it as MEASURE@STRATEGY < NUMBER"),
            ("wait_ms.p99 in 5..1", "no number is in 5..1"),
            ("wait_ms.p99[5] < 1", "write a point as KEY=VALUE"),
            ("theory_agreement@wait > 0.9", "`theory_agreement` is of the whole run"),
            ("strategy > 1", "`strategy` is no measure"),
        ];
        for (text, expected) in rows {
            let error = text.parse::<Expectation>().expect_err(text);
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
