//! Whether a point puts its guarantee to the test: its control must show what the guarantee prevents.

use crate::model::Strategy;
use crate::results::{Rate, Verdict};

use super::strategy_runs::StrategyRuns;

/// The evidence behind the verdict on one strategy at one point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Evidence {
    /// The strategy promises nothing.
    NotNeeded,
    /// The control was stale.
    Given,
    /// Why it could not have failed.
    Lacking(String),
}

impl Evidence {
    pub fn of(runs: &StrategyRuns, all: &[StrategyRuns]) -> Evidence {
        if !runs.trials.iter().any(|trial| trial.judgement.read_your_writes_binds) {
            return Evidence::NotNeeded;
        }
        let control = Strategy::None.to_string();
        let (place, strategy) = (runs.place(), runs.strategy);
        let Some(beside) = runs.beside(all, &control) else {
            return Evidence::Lacking(format!(
                "no evidence for `{strategy}` at {place}: there is no control; add `{control}` to the strategies"
            ));
        };
        let count = |of: fn(&Rate) -> u64| -> u64 {
            beside.trials.iter().map(|trial| of(&trial.measures.stale.rate)).sum()
        };
        let (stale, eligible) = (count(|rate| rate.hits), count(|rate| rate.n));
        if stale > 0 {
            return Evidence::Given;
        }
        Evidence::Lacking(format!(
            "no evidence for `{strategy}` at {place}: its control, `{control}`, has no stale read among {eligible} \
             eligible ones; make replication slower or reads sooner"
        ))
    }

    pub fn verdict(&self) -> Verdict {
        match self {
            Evidence::NotNeeded | Evidence::Given => Verdict::Valid,
            Evidence::Lacking(_) => Verdict::Unknown,
        }
    }
}

/// The verdict of the whole run: unknown if something was promised and nowhere put to the test.
pub(super) fn verdict_of_run(evidence: &[Evidence]) -> Verdict {
    let is_lacking = evidence.iter().any(|evidence| matches!(evidence, Evidence::Lacking(_)));
    let is_given = evidence.contains(&Evidence::Given);
    if is_lacking && !is_given { Verdict::Unknown } else { Verdict::Valid }
}
