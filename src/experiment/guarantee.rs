//! The policies of sessions, made of their table.

use std::time::Duration;

use super::file::{GuaranteeTable, StrategyTable};
use super::invalid::Invalid;
use crate::model::{Guarantees, Strategy};
use crate::session::{Policy, PolicyError};

/// The longest wait; a branch's own bound is as long.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The strategies to compare, the baseline first.
pub(super) fn strategies(table: &GuaranteeTable) -> Result<Vec<Strategy>, Invalid> {
    let listed = match &table.strategy {
        StrategyTable::One(one) => vec![*one],
        StrategyTable::Several(several) => several.clone(),
    };
    if listed.is_empty() {
        return Err(Invalid::at("strategy", "`strategy` is empty; name at least one"));
    }
    let again = (1..listed.len()).find(|&index| listed[..index].contains(&listed[index]));
    match again {
        Some(index) => {
            let message = format!("`strategy` names \"{}\" twice; name each once", listed[index]);
            Err(Invalid::at("strategy", message))
        }
        None => Ok(listed),
    }
}

/// The policy of sessions under one strategy.
pub(super) fn policy(table: &GuaranteeTable, strategy: Strategy) -> Result<Policy, Invalid> {
    let policy = Policy {
        strategy,
        guarantees: Guarantees {
            read_your_writes: table.read_your_writes,
            monotonic_reads: table.monotonic_reads,
            monotonic_writes: table.monotonic_writes,
            writes_follow_reads: table.writes_follow_reads,
        },
        max_wait: table.max_wait_ms.duration(),
        attempt_timeout: table.attempt_timeout_ms.duration(),
        backoff_initial: table.backoff_initial_ms.duration(),
        backoff_max: table.backoff_max_ms.duration(),
        attempts_max: table.attempts_max,
        #[cfg(feature = "mutants")]
        mutant: None,
    };
    if policy.max_wait > WAIT_MAX {
        return Err(Invalid::value("max_wait_ms", table.max_wait_ms.get(), "give at most 60000"));
    }
    policy.check().map_err(|error| invalid(error, table))?;
    Ok(policy)
}

fn invalid(error: PolicyError, table: &GuaranteeTable) -> Invalid {
    match error {
        PolicyError::NoAttempts => {
            Invalid::value("attempts_max", 0, "an operation needs at least one attempt")
        }
        PolicyError::NoTime => {
            let (key, value) = ("attempt_timeout_ms", table.attempt_timeout_ms.get());
            Invalid::value(key, value, "an attempt would be given up as it is made")
        }
        PolicyError::BackoffInverted { .. } => {
            let remedy = format!("`backoff_max_ms` is {}, and must not be less", table.backoff_max_ms.get());
            Invalid::value("backoff_initial_ms", table.backoff_initial_ms.get(), &remedy)
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
        assert_eq!(policy(&table(""), Strategy::Wait), Ok(Policy::default()));
        assert_eq!(strategies(&table("")), Ok(vec![Strategy::None, Strategy::Wait]));
    }

    #[test]
    fn strategies_are_one_or_several() {
        let rows = [
            ("strategy = \"wait\"", Ok(vec![Strategy::Wait])),
            ("strategy = [\"wait\", \"none\"]", Ok(vec![Strategy::Wait, Strategy::None])),
            ("strategy = []", Err("`strategy` is empty; name at least one")),
            ("strategy = [\"none\", \"none\"]", Err("`strategy` names \"none\" twice; name each once")),
        ];
        for (text, expected) in rows {
            let found = strategies(&table(text)).map_err(|invalid| invalid.message);
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn an_invalid_policy_is_named_by_its_key() {
        let rows = [
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
            assert_eq!(policy(&table(text), Strategy::Wait).expect_err(text).message, expected);
        }
    }
}
