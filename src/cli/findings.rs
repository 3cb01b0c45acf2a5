//! The two verdicts on a run as lines of text, and what is missing of it.

use super::markdown::SavedRun;
use crate::results::{ExpectationOutcome, Summary, Verdict};

/// The expectations of the experiment's file, a line each, and the fitness with its reasons beneath.
pub(super) fn lines(summary: &Summary) -> Vec<String> {
    let mut lines: Vec<String> = summary.expectations.iter().map(ExpectationOutcome::to_string).collect();
    let because = if summary.fitness.is_fit { "" } else { ", because" };
    lines.push(format!("fitness: {}{because}", fitness(summary)));
    let reasons = summary.fitness.reasons.iter();
    lines.extend(reasons.map(|reason| format!("  {}: {}", reason.kind, reason.text)));
    lines
}

/// Whether something about a saved run speaks against it: it is interrupted, not valid, unfit, or a point lacks its
/// control. A sentence each, for a page that shows its figures.
pub(super) fn against(run: &SavedRun) -> Vec<String> {
    let SavedRun { manifest, summary, lost, .. } = run;
    let named = |id: &&String| !summary.points.iter().any(|point| point.trials.contains(id));
    let missing = manifest.trials.iter().filter(named).count();
    let mut against = Vec::new();
    if summary.verdict != Verdict::Valid {
        against.push(format!("verdict: {}", summary.verdict));
    }
    if missing > 0 {
        let of = manifest.trials.len();
        against.push(format!("interrupted: {missing} of {of} trials are missing"));
    }
    against.extend(summary.reasons.iter().cloned());
    let failed = summary.expectations.iter().filter(|outcome| !outcome.holds);
    against.extend(failed.map(ExpectationOutcome::to_string));
    let reasons = summary.fitness.reasons.iter();
    against.extend(reasons.map(|reason| format!("unfit, {}: {}", reason.kind, reason.text)));
    against.extend(lost.clone());
    against
}

/// The verdict for the cell of a table, with marks for what else speaks against the run.
pub(super) fn in_a_cell(run: &SavedRun) -> String {
    let SavedRun { manifest, summary, lost, .. } = run;
    let ran: usize = summary.points.iter().map(|point| point.trials.len()).sum();
    let mut parts = vec![summary.verdict.to_string()];
    parts.extend((ran < manifest.trials.len()).then(|| "interrupted".to_owned()));
    parts.extend(lost.as_ref().map(|_| "incomplete".to_owned()));
    parts.extend(
        summary.expectations.iter().any(|outcome| !outcome.holds).then(|| "not as expected".to_owned()),
    );
    parts.extend((!summary.fitness.is_fit).then(|| "unfit".to_owned()));
    parts.join(", ")
}

/// Whether the measurement is fit, in a word.
pub(super) fn fitness(summary: &Summary) -> &'static str {
    if summary.fitness.is_fit { "fit" } else { "unfit" }
}

#[cfg(test)]
mod tests {
    use super::super::markdown::tests::sample;
    use super::*;
    use crate::results::Fitness;

    fn fit() -> SavedRun {
        let mut run = sample();
        run.summary.fitness = Fitness::of(Vec::new());
        run
    }

    #[test]
    fn nothing_speaks_against_a_valid_and_fit_run_that_is_whole() {
        assert_eq!(against(&fit()), [""; 0]);
        assert_eq!(in_a_cell(&fit()), "valid");
    }

    #[test]
    fn what_speaks_against_a_run_is_said() {
        type Row = (fn(&mut SavedRun), &'static str, &'static str);
        let rows: [Row; 6] = [
            (|run| run.summary.verdict = Verdict::Violated, "verdict: violated", "violated"),
            (
                |run| run.summary.reasons = vec!["there is no control".to_owned()],
                "there is no control",
                "valid",
            ),
            (
                |run| run.manifest.trials.push("wait,r9".to_owned()),
                "interrupted: 1 of 13 trials",
                "valid, interrupted",
            ),
            (
                |run| run.summary.expectations[0].holds = false,
                "expected wait_ms.p99@wait",
                "valid, not as expected",
            ),
            (
                |run| run.summary.fitness = sample().summary.fitness,
                "unfit, late generator: `none`",
                "valid, unfit",
            ),
            (|run| run.lost = Some("none,r1 is gone".to_owned()), "none,r1 is gone", "valid, incomplete"),
        ];
        for (change, sentence, cell) in rows {
            let mut run = fit();
            change(&mut run);
            let found = against(&run);
            assert!(found.len() == 1 && found[0].starts_with(sentence), "{found:?}");
            assert_eq!(in_a_cell(&run), cell);
        }
    }
}
