//! The outcome of an experiment, from all of its trials.

use serde_json::{Map, Value};

use crate::results::{Comparison, PointSummary, SCHEMA, Summary, Verdict};

use super::agreement::agreements;
use super::comparison::comparison;
use super::evidence::{self, Evidence};
use super::fitness;
use super::point::point;
use super::saturation::saturation;
use super::strategy_runs::{StrategyRuns, guaranteed};
use super::trial_result::TrialResult;

/// The identity of an experiment, and the order of its points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The name of its file, without folder and ending.
    pub experiment: String,
    /// The question that it answers.
    pub question: String,
    /// The seed of everything random.
    pub seed: u64,
    /// `live`, `sim` or `live and sim`.
    pub substrate: String,
    /// RFC 3339, in UTC.
    pub started: String,
    /// The swept values of all points, in the order of the summary.
    pub points: Vec<Map<String, Value>>,
}

/// Points, comparisons and the verdict of a run. Strategies are in the order of their first trials, and the first is
/// the baseline. Repetitions follow their numbers, and a point that the heading does not name comes last.
///
/// The run's verdict is the worst of its trials; a run that promises a guarantee and nowhere puts it to the test is
/// `unknown`. A point of which that is true is `unknown` in any case.
pub fn summarize(heading: Heading, trials: &[TrialResult]) -> Summary {
    let Heading { experiment, question, seed, substrate, started, mut points } = heading;
    let mut strategies: Vec<String> = Vec::new();
    for trial in trials {
        if !strategies.contains(&trial.strategy) {
            strategies.push(trial.strategy.clone());
        }
        if !points.contains(&trial.point) {
            points.push(trial.point.clone());
        }
    }
    // Group by point and strategy, judge, then put the figures together.
    let all = StrategyRuns::all(&points, &strategies, trials);
    let evidence: Vec<Evidence> = all.iter().map(|runs| Evidence::of(runs, &all)).collect();
    let (verdict, reasons) = judged(&all, &evidence);
    let mut points: Vec<PointSummary> =
        all.iter().zip(&evidence).map(|(runs, evidence)| point(runs, &all, evidence)).collect();
    let saturation = saturation(&points);
    for (point, runs) in points.iter_mut().zip(&all) {
        point.fitness = fitness::of_point(runs, !saturation.is_empty());
    }
    Summary {
        schema: SCHEMA.to_owned(),
        experiment,
        question,
        seed,
        substrate,
        started,
        verdict,
        reasons,
        guaranteed: guaranteed(&all),
        fitness: fitness::of_run(&points),
        expectations: Vec::new(),
        saturation,
        agreements: agreements(&points),
        points,
        comparisons: compared(&all, &strategies),
    }
}

/// The verdict of the run, and why it or one of its points is not valid.
fn judged(all: &[StrategyRuns], evidence: &[Evidence]) -> (Verdict, Vec<String>) {
    if all.is_empty() {
        return (Verdict::Unknown, vec!["no trial has a result".to_owned()]);
    }
    let worst = all.iter().map(StrategyRuns::verdict).fold(Verdict::Valid, Verdict::max);
    let of_trials = all
        .iter()
        .flat_map(|runs| &runs.trials)
        .flat_map(|trial| trial.judgement.reasons.iter().map(|reason| format!("{}: {reason}", trial.id)));
    let of_evidence = evidence.iter().flat_map(|evidence| evidence.lacking().cloned());
    (worst.max(evidence::verdict_of_run(evidence)), of_trials.chain(of_evidence).collect())
}

/// Every strategy but the first against the first.
fn compared(all: &[StrategyRuns], strategies: &[String]) -> Vec<Comparison> {
    let Some(first) = strategies.first() else { return Vec::new() };
    let others = all.iter().filter(|runs| runs.strategy != first);
    others.filter_map(|runs| comparison(runs.beside(all, first)?, runs)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::measure::testing::trial;
    use crate::results::{Histograms, Rate};

    /// A trial at a point, with so many stale reads of a hundred.
    fn at(point: u64, strategy: &str, stale: u64) -> TrialResult {
        let mut trial = trial(strategy, 0, &Histograms::default());
        trial.point = Map::from_iter([("delay_ms".to_owned(), json!(point))]);
        trial.id = format!("{point}-{strategy}");
        trial.judgement.read_your_writes_binds = strategy != "none";
        trial.measures.stale.rate = Rate::new(stale, 100);
        trial.measures.throughput_ops_s = 1.0;
        trial.observed.cpu_s = 1.0;
        trial
    }

    fn summary(trials: &[TrialResult]) -> Summary {
        let heading = Heading {
            experiment: "quickstart".to_owned(),
            question: "What does it cost?".to_owned(),
            seed: 7,
            substrate: "sim".to_owned(),
            started: "2026-01-02T03:04:05Z".to_owned(),
            points: vec![Map::from_iter([("delay_ms".to_owned(), json!(1))])],
        };
        summarize(heading, trials)
    }

    fn verdicts(summary: &Summary) -> Vec<Verdict> {
        summary.points.iter().map(|point| point.verdict).collect()
    }

    #[test]
    fn a_guarantee_is_proved_only_beside_a_control_that_was_stale() {
        use Verdict::{Unknown, Valid};
        type Row = (&'static str, Vec<TrialResult>, Verdict, Vec<Verdict>, usize);
        let rows: [Row; 6] = [
            ("a stale control", vec![at(1, "none", 30), at(1, "wait", 0)], Valid, vec![Valid, Valid], 0),
            ("a fresh control", vec![at(1, "none", 0), at(1, "wait", 0)], Unknown, vec![Valid, Unknown], 1),
            ("no control", vec![at(1, "wait", 0)], Unknown, vec![Unknown], 1),
            ("no promise", vec![at(1, "none", 0)], Valid, vec![Valid], 0),
            (
                "one point of two with evidence",
                vec![at(1, "none", 0), at(1, "wait", 0), at(2, "none", 30), at(2, "wait", 0)],
                Valid,
                vec![Valid, Unknown, Valid, Valid],
                1,
            ),
            (
                "a control of another point",
                vec![at(1, "none", 30), at(2, "wait", 0)],
                Unknown,
                vec![Valid, Unknown],
                1,
            ),
        ];
        for (name, trials, verdict, points, reasons) in rows {
            let summary = summary(&trials);
            assert_eq!((summary.verdict, verdicts(&summary)), (verdict, points), "{name}");
            assert_eq!(summary.reasons.len(), reasons, "{name}: {:?}", summary.reasons);
        }
    }

    #[test]
    fn a_reason_names_the_place_that_lacks_evidence_and_a_remedy() {
        let reasons = summary(&[at(5, "none", 0), at(5, "wait", 0)]).reasons;
        let expected = "no evidence for read-your-writes under `wait` at delay_ms=5: its control, `none`, \
                        has no stale read among 100 eligible ones; make replication slower or reads sooner";
        assert_eq!(reasons, [expected]);
    }

    #[test]
    fn the_worst_trial_decides_and_its_reasons_name_its_id() {
        let mut trials = [at(1, "none", 30), at(1, "wait", 0), at(1, "wait", 1)];
        trials[2].repetition = 1;
        trials[2].judgement.verdict = Verdict::Violated;
        trials[2].judgement.reasons = vec!["a read is stale".to_owned()];
        let summary = summary(&trials);
        assert_eq!((summary.verdict, verdicts(&summary)[1]), (Verdict::Violated, Verdict::Violated));
        assert_eq!(summary.reasons, ["1-wait: a read is stale"]);
        let guaranteed = summary.guaranteed;
        assert_eq!((guaranteed.hits, guaranteed.n), (1, 200), "the control promises nothing");
    }

    #[test]
    fn every_strategy_is_compared_with_the_first_in_the_order_of_their_trials() {
        let trials =
            [at(2, "none", 1), at(2, "wait", 0), at(2, "sticky", 0), at(1, "wait", 0), at(1, "none", 1)];
        let summary = summary(&trials);
        let points = summary.points.iter().map(|point| (point.point["delay_ms"].clone(), &*point.strategy));
        let expected = [(1, "none"), (1, "wait"), (2, "none"), (2, "wait"), (2, "sticky")];
        assert_eq!(points.collect::<Vec<_>>(), expected.map(|(delay, strategy)| (json!(delay), strategy)));
        let compared = summary.comparisons.iter().map(|comparison| &*comparison.strategy);
        assert_eq!(compared.collect::<Vec<_>>(), ["wait", "wait", "sticky"]);
        assert!(summary.comparisons.iter().all(|comparison| comparison.baseline == "none"));
    }

    #[test]
    fn without_a_trial_nothing_is_known() {
        let summary = summary(&[]);
        assert_eq!((summary.verdict, summary.points.len()), (Verdict::Unknown, 0));
        assert_eq!(summary.guaranteed.value, None);
        assert_eq!(summary.reasons, ["no trial has a result"]);
    }

    #[test]
    fn a_summary_survives_its_file() {
        let summary = summary(&[at(1, "none", 30), at(1, "wait", 0)]);
        let text = serde_json::to_string(&summary).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary);
    }
}
