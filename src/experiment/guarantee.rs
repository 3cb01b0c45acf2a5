//! What customers are promised, as it will run.

use std::time::Duration;

use super::parts::span;
use super::written::{GuaranteeTable, StrategyName, StrategyTable};
use super::wrong::Wrong;
use crate::model::{Guarantees, Strategy};
use crate::session::{Policy, PolicyError};

/// A branch's own bound is as long.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The strategies to compare, the baseline first.
pub(super) fn strategies(table: &GuaranteeTable) -> Result<Vec<StrategyName>, Wrong> {
    let listed = match &table.strategy {
        StrategyTable::One(one) => vec![*one],
        StrategyTable::Several(several) => several.clone(),
    };
    if listed.is_empty() {
        return Err(Wrong::at("strategy", "`strategy` is empty; name at least one"));
    }
    let again = (1..listed.len()).find(|&index| listed[..index].contains(&listed[index]));
    match again {
        Some(index) => {
            let name = strategy(listed[index]);
            Err(Wrong::at("strategy", format!("`strategy` names \"{name}\" twice; name each once")))
        }
        None => Ok(listed),
    }
}

pub(super) fn strategy(name: StrategyName) -> Strategy {
    match name {
        StrategyName::None => Strategy::None,
        StrategyName::Wait => Strategy::Wait,
    }
}

/// How customers ask under one strategy.
pub(super) fn policy(table: &GuaranteeTable, name: StrategyName) -> Result<Policy, Wrong> {
    let policy = Policy {
        strategy: strategy(name),
        guarantees: Guarantees {
            read_your_writes: table.read_your_writes,
            monotonic_reads: table.monotonic_reads,
            monotonic_writes: table.monotonic_writes,
            writes_follow_reads: table.writes_follow_reads,
        },
        max_wait: span("max_wait_ms", table.max_wait_ms)?,
        attempt_timeout: span("attempt_timeout_ms", table.attempt_timeout_ms)?,
        backoff_initial: span("backoff_initial_ms", table.backoff_initial_ms)?,
        backoff_max: span("backoff_max_ms", table.backoff_max_ms)?,
        attempts_max: table.attempts_max,
        #[cfg(feature = "mutants")]
        mutant: None,
    };
    if policy.max_wait > WAIT_MAX {
        return Err(Wrong::value("max_wait_ms", table.max_wait_ms, "give at most 60000"));
    }
    policy.check().map_err(|error| wrong(error, table))?;
    Ok(policy)
}

fn wrong(error: PolicyError, table: &GuaranteeTable) -> Wrong {
    match error {
        PolicyError::NoAttempts => Wrong::value("attempts_max", 0, "an operation needs at least one attempt"),
        PolicyError::NoTime => {
            let (key, value) = ("attempt_timeout_ms", table.attempt_timeout_ms);
            Wrong::value(key, value, "an attempt would be given up as it is made")
        }
        PolicyError::BackoffInverted { .. } => {
            let remedy = format!("`backoff_max_ms` is {}, and must not be less", table.backoff_max_ms);
            Wrong::value("backoff_initial_ms", table.backoff_initial_ms, &remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> GuaranteeTable {
        toml::from_str(text).expect("the table is well-formed")
    }

    #[test]
    fn what_is_not_written_is_the_session_s_own_default() {
        assert_eq!(policy(&table(""), StrategyName::Wait), Ok(Policy::default()));
        assert_eq!(strategies(&table("")), Ok(vec![StrategyName::None, StrategyName::Wait]));
    }

    #[test]
    fn strategies_are_one_or_several() {
        let rows = [
            ("strategy = \"wait\"", Ok(vec![StrategyName::Wait])),
            ("strategy = [\"wait\", \"none\"]", Ok(vec![StrategyName::Wait, StrategyName::None])),
            ("strategy = []", Err("`strategy` is empty; name at least one")),
            ("strategy = [\"none\", \"none\"]", Err("`strategy` names \"none\" twice; name each once")),
        ];
        for (text, expected) in rows {
            let found = strategies(&table(text)).map_err(|wrong| wrong.message);
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_key() {
        let rows = [
            ("max_wait_ms = -1", "`max_wait_ms` is -1; write milliseconds, from zero to a year"),
            ("max_wait_ms = 60001", "`max_wait_ms` is 60001; give at most 60000"),
            ("attempts_max = 0", "`attempts_max` is 0; an operation needs at least one attempt"),
            (
                "attempt_timeout_ms = 0",
                "`attempt_timeout_ms` is 0; an attempt would be given up as it is made",
            ),
            (
                "backoff_initial_ms = 5000",
                "`backoff_initial_ms` is 5000; `backoff_max_ms` is 1000, and must not be less",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(policy(&table(text), StrategyName::Wait).expect_err(text).message, expected);
        }
    }
}
