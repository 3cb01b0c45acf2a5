//! Whether the measured figures agree with the closed form.

use crate::model::Strategy;
use crate::results::{ClosedForm, Interval, Rate, Span, Spread};

use super::repetitions::{interval_over, spread_over};
use super::strategy_runs::StrategyRuns;
use super::theory::Theory;

/// Theory against all repetitions of one strategy at one point.
///
/// The measured probability of being stale on arrival is stale reads of eligible `ok` ones where nothing waits, and
/// opportunities of eligible reads otherwise. It agrees if the expected one lies in the wider of Wilson's interval
/// and the repetitions' range. The mean wait agrees if the expected one lies in the wider of the interval over
/// repetitions and 1.96 standard errors of the mean of all samples. Each of the two alone is too narrow: one where
/// repetitions are few, the other where reads depend on one another.
///
/// `None` if the reads' times vary.
pub(super) fn expected(theory: &Theory, runs: &StrategyRuns) -> Option<ClosedForm> {
    let t_ms = theory.t_ms?;
    let floor_ms = floor_ms(runs);
    let stale_rate = theory.stale_at(t_ms + floor_ms);
    // An exponential has no memory. Reads that do not wait count as zeros.
    let wait_mean_ms = stale_rate / theory.a_per_ms;
    let waits = runs.strategy != Strategy::None.to_string();
    let wait = if waits { mean_wait(runs) } else { None };
    let stale = stale_interval(runs, waits);
    Some(ClosedForm {
        a_per_ms: theory.a_per_ms,
        m_per_ms: theory.m_per_ms,
        t_ms,
        floor_ms,
        stale_rate,
        wait_mean_ms,
        stale_rate_agrees: stale.map(|interval| holds(interval, stale_rate)),
        wait_mean_agrees: wait.map(|(_, interval)| holds(interval, wait_mean_ms)),
        wait_mean_measured_ms: wait.map(|(measured, _)| measured),
        stale_rate_interval: stale,
        wait_mean_interval_ms: wait.map(|(_, interval)| interval),
    })
}

/// The measured addition to the think time: injection errors of reply and request, and the customer's own lag between
/// the acknowledgement and the invocation; less the injection error of replication.
fn floor_ms(runs: &StrategyRuns) -> f64 {
    let mean = |span| runs.spread(span).mean.unwrap_or_default();
    mean(Span::InjectionErrorReply) + mean(Span::InjectionErrorRequest) + mean(Span::Lag)
        - mean(Span::InjectionErrorReplicate)
}

fn stale_interval(runs: &StrategyRuns, waits: bool) -> Option<[f64; 2]> {
    let rates = runs.trials.iter().map(|trial| {
        let (reads, stale) = (&trial.measures.reads, &trial.measures.stale.rate);
        if waits { (reads.opportunities, reads.eligible) } else { (stale.hits, stale.n) }
    });
    let Rate { low, high, repetitions, .. } = Rate::over(&rates.collect::<Vec<_>>());
    Some(wider([low?, high?], repetitions?))
}

/// The mean wait over repetitions, and the interval by which it agrees or not; `None` if a repetition has no eligible
/// read.
fn mean_wait(runs: &StrategyRuns) -> Option<(Interval, [f64; 2])> {
    let spreads = runs.spreads(Span::Wait);
    let means: Vec<f64> = spreads.iter().map(|spread| spread.mean).collect::<Option<_>>()?;
    let measured = interval_over(&means);
    let Spread { mean, n, .. } = spread_over(&spreads);
    let (mean, n) = (mean?, n as f64);
    let squares = runs.trials.iter().zip(&spreads).map(|(trial, spread)| {
        let deviation = trial.spreads.wait_deviation_ms();
        let own = spread.mean.unwrap_or_default() - mean;
        spread.n as f64 * (deviation * deviation + own * own)
    });
    let half = Rate::Z * (squares.sum::<f64>() / n / n).sqrt();
    Some((measured, wider([mean - half, mean + half], [measured.low, measured.high])))
}

fn wider(one: [f64; 2], other: [f64; 2]) -> [f64; 2] {
    if other[1] - other[0] > one[1] - one[0] { other } else { one }
}

fn holds([low, high]: [f64; 2], value: f64) -> bool {
    (low..=high).contains(&value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::{near, trial};
    use crate::measure::trial_result::TrialResult;
    use crate::results::Histograms;

    fn theory(a: f64, m: Option<f64>, t: f64) -> Theory {
        Theory { a_per_ms: a, m_per_ms: m, t_ms: Some(t) }
    }

    /// The nine rows that are published for t = 0: rates a and m, P(stale), mean wait in milliseconds.
    #[test]
    fn the_closed_form_has_its_published_values() {
        let rows = [
            (0.05, 0.1, 0.4444, 8.889),
            (0.05, 0.2, 0.64, 12.8),
            (0.05, 0.5, 0.8264, 16.53),
            (0.1, 0.1, 0.25, 2.5),
            (0.1, 0.2, 0.4444, 4.444),
            (0.1, 0.5, 0.6944, 6.944),
            (0.2, 0.1, 0.1111, 0.556),
            (0.2, 0.2, 0.25, 1.25),
            (0.2, 0.5, 0.5102, 2.551),
        ];
        for (a, m, stale_rate, wait) in rows {
            let found = expected_of(theory(a, Some(m), 0.0), &[result("wait", 0, 0, 0, &[0; 10])]);
            near(Some(found.stale_rate), stale_rate);
            near(Some(found.wait_mean_ms), wait);
        }
    }

    #[test]
    fn think_time_and_floor_add_up_and_instant_legs_leave_the_exponential() {
        // e^-1, e^-2 and 4/9 e^-1.
        let rows = [
            (theory(0.1, None, 10.0), 0.0, 0.36788),
            (theory(0.1, None, 10.0), 10.0, 0.13534),
            (theory(0.1, Some(0.2), 4.0), 6.0, 0.16350),
            (theory(0.1, None, 0.0), -5.0, 1.0),
        ];
        for (theory, floor, expected) in rows {
            near(theory.t_ms.map(|t| theory.stale_at(t + floor)), expected);
        }
        near(Some(theory(0.1, None, 3.0).fresh_at(10.0)), 0.63212);
    }

    /// A trial of `strategy` with stale reads, opportunities and waits of milliseconds, of as many eligible reads as
    /// there are waits.
    fn result(strategy: &str, repetition: usize, stale: u64, behind: u64, waits: &[u64]) -> TrialResult {
        let mut histograms = Histograms::default();
        waits.iter().for_each(|ms| histograms.record(Span::Wait, ms * 1_000_000));
        let mut trial = trial(strategy, repetition, &histograms);
        let eligible = waits.len() as u64;
        trial.measures.reads.eligible = eligible;
        trial.measures.reads.opportunities = behind;
        trial.measures.stale.rate = Rate::new(stale, eligible);
        trial
    }

    fn expected_of(theory: Theory, trials: &[TrialResult]) -> ClosedForm {
        let strategy = &trials[0].strategy;
        let runs = StrategyRuns { point: &trials[0].point, strategy, trials: trials.iter().collect() };
        expected(&theory, &runs).expect("the time does not vary")
    }

    #[test]
    fn where_nothing_waits_stale_reads_are_compared_and_no_wait() {
        // P = e^-1 = 0.37; Wilson's interval of 4 of 10 is 0.17 to 0.69, and of 9 of 10 it is 0.60 to 0.98.
        for (stale, agrees) in [(4, true), (9, false)] {
            let found = expected_of(theory(0.1, None, 10.0), &[result("none", 0, stale, 0, &[0; 10])]);
            assert_eq!(found.stale_rate_agrees, Some(agrees), "{stale} of 10");
            assert_eq!((found.wait_mean_agrees, found.wait_mean_measured_ms), (None, None));
            near(Some(found.wait_mean_ms), 3.6788);
        }
    }

    #[test]
    fn where_reads_wait_opportunities_and_the_mean_wait_are_compared() {
        // Means of 3 and 4 ms with an expected 3.68; of 10 and 11 ms not.
        let near_waits = [[0, 0, 0, 0, 0, 0, 5, 5, 10, 10], [0, 0, 0, 0, 0, 0, 10, 10, 10, 10]];
        let far_waits = near_waits.map(|waits| waits.map(|wait| wait + 7));
        for (waits, agrees) in [(near_waits, true), (far_waits, false)] {
            let trials = [0, 1].map(|repetition| result("wait", repetition, 0, 4, &waits[repetition]));
            let found = expected_of(theory(0.1, None, 10.0), &trials);
            assert_eq!(found.stale_rate_agrees, Some(true));
            assert_eq!(found.wait_mean_agrees, Some(agrees), "{waits:?}");
        }
    }

    #[test]
    fn repetitions_that_differ_widen_the_interval() {
        // 10 of 100 and 60 of 100 are 0.28 to 0.42 by Wilson, and e^-2 = 0.135 lies only within their range.
        let trials = [(0, 10), (1, 60)].map(|(number, stale)| result("none", number, stale, 0, &[0; 100]));
        let found = expected_of(theory(0.1, None, 20.0), &trials);
        assert_eq!(found.stale_rate_agrees, Some(true));
        let alike = [(0, 35), (1, 35)].map(|(number, stale)| result("none", number, stale, 0, &[0; 100]));
        assert_eq!(expected_of(theory(0.1, None, 20.0), &alike).stale_rate_agrees, Some(false));
    }

    #[test]
    fn differences_between_repetitions_widen_the_standard_error_too() {
        // One wait of 0 and one of 2 ms: 1 ms and 1.96 standard errors of 0.71 ms end at 2.39, their range at 2.
        let trials = [(0, 0), (1, 2)].map(|(number, wait)| result("wait", number, 0, 1, &[wait]));
        for (t, wait, agrees) in [(14.7, 2.3, true), (13.8, 2.52, false)] {
            let found = expected_of(theory(0.1, None, t), &trials);
            near(Some((found.wait_mean_ms * 100.0).round() / 100.0), wait);
            assert_eq!(found.wait_mean_agrees, Some(agrees), "{wait} ms");
        }
    }

    #[test]
    fn the_floor_is_what_the_legs_add_less_what_replication_does() {
        let mut histograms = Histograms::default();
        let late = [
            (Span::InjectionErrorReply, 3),
            (Span::InjectionErrorRequest, 2),
            (Span::Lag, 6),
            (Span::InjectionErrorReplicate, 1),
        ];
        late.iter().for_each(|&(span, ms)| histograms.record(span, ms * 1_000_000));
        histograms.record(Span::InjectionErrorAck, 50_000_000);
        let found = expected_of(theory(0.1, None, 10.0), &[trial("none", 0, &histograms)]);
        near(Some(found.floor_ms), 10.0);
        near(Some(found.stale_rate), 0.13534);
        assert_eq!(found.stale_rate_agrees, None, "there was no eligible read");
    }
}
