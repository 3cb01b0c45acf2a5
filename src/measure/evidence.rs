//! Whether a point puts its guarantees to the test: each promised one, in both arms.
//!
//! The control must show what the guarantee prevents, and the guarded arm must have answered enough for it to be seen.
//! Enough is so much that, were the guarantee broken as often as under the control, ten cases would be expected. With
//! three, none would be seen by chance in 5 % of runs, if cases were independent. They cluster, so ten leave room for
//! clusters of three. Where fewer than half of the requests that a guarantee binds are answered, those are the ones
//! that had nothing to wait for, and say little.

use crate::model::Strategy;
use crate::results::{BreachCounts, Verdict};

use super::strategy_runs::{StrategyRuns, place};
use super::trial_result::TrialResult;

/// Cases that a guarded arm would have if its guarantee were broken as under the control.
const EXPECTED_MIN: f64 = 10.0;

/// Of the requests that a guarantee binds, the least share that is answered.
const ANSWERED_MIN: f64 = 0.5;

/// One of the four guarantees, as a sentence names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GuaranteeName {
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
}

/// The evidence behind the verdict on one strategy at one point: of each guarantee that it promises, why it was not
/// put to the test; `None` if it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Evidence {
    pub strategy: String,
    promised: Vec<(GuaranteeName, Option<String>)>,
}

/// What one arm shows of one guarantee.
struct ArmCounts {
    /// Requests that it binds, and those of them that were answered.
    bound: u64,
    answered: u64,
    /// Reads and writes that were judged, and how often they broke it.
    reads: f64,
    writes: f64,
    broken_reads: f64,
    broken_writes: f64,
}

impl Evidence {
    pub fn of(runs: &StrategyRuns, all: &[StrategyRuns]) -> Evidence {
        let is_promised = |name: &GuaranteeName| runs.trials.iter().any(|trial| name.binds(trial));
        let control = runs.beside(all, &Strategy::None.to_string());
        let promised = GuaranteeName::ALL.into_iter().filter(is_promised);
        let judged = promised.map(|name| {
            let lacking = match control {
                None => Some(format!("there is no control; add `{}` to the strategies", Strategy::None)),
                Some(control) => name.lacking(runs, control),
            };
            let (strategy, place) = (runs.strategy, place(runs.point));
            (
                name,
                lacking.map(|why| {
                    format!("no evidence for {} under `{strategy}` at {place}: {why}", name.text())
                }),
            )
        });
        Evidence { strategy: runs.strategy.to_owned(), promised: judged.collect() }
    }

    /// Why a promised guarantee was not put to the test.
    pub fn lacking(&self) -> impl Iterator<Item = &String> {
        self.promised.iter().filter_map(|(_, lacking)| lacking.as_ref())
    }

    /// A promise that was not put to the test.
    #[cfg(test)]
    pub fn lacking_one() -> Evidence {
        let promised = vec![(GuaranteeName::ReadYourWrites, Some("there is no control".to_owned()))];
        Evidence { strategy: "wait".to_owned(), promised }
    }

    /// Unknown if a promised guarantee was not put to the test.
    pub fn verdict(&self) -> Verdict {
        if self.lacking().next().is_some() { Verdict::Unknown } else { Verdict::Valid }
    }
}

/// The verdict of the whole run: unknown if a strategy promises a guarantee that no point puts to the test.
pub(super) fn verdict_of_run(evidence: &[Evidence]) -> Verdict {
    let all: Vec<(&str, GuaranteeName, bool)> = evidence
        .iter()
        .flat_map(|of| {
            of.promised.iter().map(|(name, lacking)| (of.strategy.as_str(), *name, lacking.is_none()))
        })
        .collect();
    let is_given =
        |(strategy, name, _): &(&str, GuaranteeName, bool)| all.contains(&(*strategy, *name, true));
    if all.iter().all(is_given) { Verdict::Valid } else { Verdict::Unknown }
}

impl GuaranteeName {
    const ALL: [GuaranteeName; 4] = [
        GuaranteeName::ReadYourWrites,
        GuaranteeName::MonotonicReads,
        GuaranteeName::MonotonicWrites,
        GuaranteeName::WritesFollowReads,
    ];

    fn text(self) -> &'static str {
        match self {
            GuaranteeName::ReadYourWrites => "read-your-writes",
            GuaranteeName::MonotonicReads => "monotonic reads",
            GuaranteeName::MonotonicWrites => "monotonic writes",
            GuaranteeName::WritesFollowReads => "writes-follow-reads",
        }
    }

    fn binds(self, trial: &TrialResult) -> bool {
        match self.breaches(trial) {
            None => trial.judgement.read_your_writes_binds,
            Some(breaches) => breaches.binds,
        }
    }

    /// How often it was broken; `None` for read-your-writes, which is measured.
    fn breaches(self, trial: &TrialResult) -> Option<BreachCounts> {
        match self {
            GuaranteeName::ReadYourWrites => None,
            GuaranteeName::MonotonicReads => Some(trial.judgement.monotonic_reads),
            GuaranteeName::MonotonicWrites => Some(trial.judgement.monotonic_writes),
            GuaranteeName::WritesFollowReads => Some(trial.judgement.writes_follow_reads),
        }
    }

    /// Why it was not put to the test; `None` if it was.
    fn lacking(self, runs: &StrategyRuns, control: &StrategyRuns) -> Option<String> {
        // What a session was shown of others is what these two add to the other two.
        let is_of_others = matches!(self, GuaranteeName::MonotonicReads | GuaranteeName::WritesFollowReads);
        if is_of_others && runs.trials.iter().all(|trial| trial.sessions < 2) {
            return Some("a lone session sees no writes but its own; give more sessions".to_owned());
        }
        let (own, without) = (self.counts(runs), self.counts(control));
        let requests = match self {
            GuaranteeName::ReadYourWrites => "eligible reads",
            GuaranteeName::MonotonicReads => "reads",
            GuaranteeName::MonotonicWrites | GuaranteeName::WritesFollowReads => "writes",
        };
        let control = Strategy::None;
        if without.broken_reads + without.broken_writes == 0.0 {
            let what = match self {
                GuaranteeName::ReadYourWrites => {
                    format!("has no stale read among {} eligible ones", without.answered)
                }
                _ => format!("broke it in none of {} {requests}", without.answered),
            };
            return Some(format!(
                "its control, `{control}`, {what}; make replication slower or reads sooner"
            ));
        }
        let ArmCounts { bound, answered, .. } = own;
        if (answered as f64) < ANSWERED_MIN * bound as f64 {
            return Some(format!(
                "{answered} of {bound} {requests} were answered; raise guarantee.max_wait_ms"
            ));
        }
        let expected = scaled(without.broken_reads, own.reads, without.reads)
            + scaled(without.broken_writes, own.writes, without.writes);
        (expected < EXPECTED_MIN).then(|| {
            format!(
                "{answered} {requests} were answered; broken as under `{control}`, {expected:.1} cases would be seen, \
                 and {EXPECTED_MIN} are needed; run longer"
            )
        })
    }

    fn counts(self, runs: &StrategyRuns) -> ArmCounts {
        let sum =
            |of: &dyn Fn(&TrialResult) -> u64| -> u64 { runs.trials.iter().map(|trial| of(trial)).sum() };
        let breaches = |of: fn(BreachCounts) -> u64| sum(&|trial| self.breaches(trial).map_or(0, of)) as f64;
        let (bound, answered) = match self {
            GuaranteeName::ReadYourWrites => {
                (sum(&|trial| trial.measures.reads.eligible), sum(&|trial| trial.measures.stale.rate.n))
            }
            GuaranteeName::MonotonicReads => {
                (sum(&|trial| trial.measures.reads.total), sum(&|trial| trial.measures.reads.ok))
            }
            GuaranteeName::MonotonicWrites | GuaranteeName::WritesFollowReads => {
                let answered = |trial: &TrialResult| trial.measures.writes.ok + trial.measures.writes.refused;
                (sum(&|trial| trial.measures.writes.total), sum(&answered))
            }
        };
        if self == GuaranteeName::ReadYourWrites {
            let stale = sum(&|trial| trial.measures.stale.rate.hits) as f64;
            let reads = answered as f64;
            return ArmCounts {
                bound,
                answered,
                reads,
                writes: 0.0,
                broken_reads: stale,
                broken_writes: 0.0,
            };
        }
        ArmCounts {
            bound,
            answered,
            reads: sum(&|trial| trial.judgement.reads_judged) as f64,
            writes: sum(&|trial| trial.measures.totals.ok_writes) as f64,
            broken_reads: breaches(|counts| counts.witnesses.max(counts.balances)),
            broken_writes: breaches(|counts| counts.applies),
        }
    }
}

/// The cases among so many requests, if they are as frequent as in the control.
fn scaled(cases: f64, own: f64, control: f64) -> f64 {
    if control > 0.0 { cases * own / control } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::measure::testing::trial;
    use crate::results::{Histograms, Rate};

    /// Evidence of `wait` beside a control, both as they are changed.
    fn lacking(change: impl FnOnce(&mut TrialResult, &mut TrialResult)) -> Vec<String> {
        let mut trials = ["none", "wait"].map(|strategy| trial(strategy, 0, &Histograms::default()));
        for trial in &mut trials {
            trial.measures.stale.rate = Rate::new(0, 1_000);
            (trial.measures.reads.eligible, trial.judgement.reads_judged) = (1_000, 2_000);
            (trial.measures.reads.total, trial.measures.reads.ok) = (2_000, 2_000);
            (trial.measures.writes.total, trial.measures.writes.ok) = (1_000, 1_000);
            trial.measures.totals.ok_writes = 1_000;
        }
        let [control, guarded] = &mut trials;
        control.measures.stale.rate = Rate::new(400, 1_000);
        guarded.judgement.read_your_writes_binds = true;
        change(control, guarded);
        let (points, strategies) = ([Map::new()], ["none".to_owned(), "wait".to_owned()]);
        let all = StrategyRuns::all(&points, &strategies, &trials);
        let evidence = Evidence::of(&all[1], &all);
        assert_eq!(evidence.verdict() == Verdict::Valid, evidence.lacking().next().is_none());
        assert_eq!(Evidence::of(&all[0], &all).lacking().next(), None, "the control promises nothing");
        evidence.lacking().cloned().collect()
    }

    #[test]
    fn a_guarantee_is_put_to_the_test_by_a_stale_control_and_a_guarded_arm_that_answered_enough() {
        assert_eq!(lacking(|_, _| {}), [""; 0]);
        type Row = (fn(&mut TrialResult, &mut TrialResult), &'static str);
        let rows: [Row; 4] = [
            (
                |control, _| control.measures.stale.rate = Rate::new(0, 1_000),
                "`none`, has no stale read among 1000",
            ),
            (
                |_, guarded| guarded.measures.stale.rate = Rate::new(0, 3),
                "3 of 1000 eligible reads were answered",
            ),
            (
                |_, guarded| {
                    (guarded.measures.stale.rate, guarded.measures.reads.eligible) = (Rate::new(0, 3), 3);
                },
                "3 eligible reads were answered; broken as under `none`, 1.2 cases would be seen, and 10 are needed",
            ),
            (|control, _| control.measures.stale.rate = Rate::new(9, 1_000), "9.0 cases would be seen"),
        ];
        for (change, why) in rows {
            let found = lacking(change);
            assert!(found.len() == 1 && found[0].contains(why), "{found:?}");
            assert!(found[0].starts_with("no evidence for read-your-writes under `wait` at "), "{found:?}");
        }
    }

    #[test]
    fn each_promised_guarantee_needs_evidence_of_its_own() {
        let promise = |counts: fn(&mut TrialResult) -> &mut BreachCounts| {
            move |control: &mut TrialResult, guarded: &mut TrialResult, broken: u64| {
                counts(guarded).binds = true;
                counts(control).witnesses = broken;
            }
        };
        let rows = [
            ("monotonic reads", promise(|trial| &mut trial.judgement.monotonic_reads)),
            ("monotonic writes", promise(|trial| &mut trial.judgement.monotonic_writes)),
            ("writes-follow-reads", promise(|trial| &mut trial.judgement.writes_follow_reads)),
        ];
        for (name, set) in rows {
            let found = lacking(|control, guarded| set(control, guarded, 0));
            assert!(found.len() == 1 && found[0].contains(&format!("for {name} under")), "{found:?}");
            assert!(found[0].contains("broke it in none of"), "{found:?}");
            assert_eq!(lacking(|control, guarded| set(control, guarded, 50)), [""; 0], "{name}");
            let few = lacking(|control, guarded| set(control, guarded, 5));
            assert!(few.len() == 1 && few[0].contains("5.0 cases would be seen"), "{few:?}");
        }
    }

    #[test]
    fn a_lone_session_says_nothing_about_what_it_was_shown_of_others() {
        let found = lacking(|control, guarded| {
            guarded.judgement.monotonic_reads.binds = true;
            control.judgement.monotonic_reads.witnesses = 50;
            guarded.sessions = 1;
        });
        assert!(
            found.len() == 1 && found[0].contains("a lone session sees no writes but its own"),
            "{found:?}"
        );
    }
}
