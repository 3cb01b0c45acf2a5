//! A trial's result in which nothing happened, for tests that change what they are about.

use serde_json::Map;

use super::HistoryScript;
use crate::measure::measure;
use crate::measure::trial_result::{Spreads, TrialResult};
use crate::results::{
    BlackBoxCounts, BreachCounts, Histograms, Judgement, LoadKind, Observed, Spread, Verdict,
};

/// Valid, without a promise, and in a closed loop; its id is `strategy-repetition`.
pub(in crate::measure) fn trial(strategy: &str, repetition: usize, histograms: &Histograms) -> TrialResult {
    let mut measures = measure(&HistoryScript::new(1).history(1), false).0;
    // Tests set the rate alone.
    measures.stale.blocks.clear();
    TrialResult {
        point: Map::new(),
        strategy: strategy.to_owned(),
        repetition,
        id: format!("{strategy}-{repetition}"),
        load: LoadKind::ClosedWithoutThinkTime,
        sessions: 8,
        spreads: spreads(histograms),
        measures,
        observed: Observed {
            trial: String::new(),
            wall_s: 1.0,
            cpu_s: 0.0,
            others_cpu_share: None,
            load_average: None,
            memory_bytes_max: Some(52_000_000),
            bare_syncs_per_s: None,
            token_bytes_max: 0,
            ran_out: false,
            branches: Vec::new(),
            recoveries: Vec::new(),
        },
        judgement: Judgement {
            trial: String::new(),
            verdict: Verdict::Valid,
            reasons: Vec::new(),
            violations: Vec::new(),
            violations_total: 0,
            read_your_writes_binds: false,
            reads_judged: 0,
            stale_white_box: 0,
            stale_withdrawals: 0,
            black_box: BlackBoxCounts::default(),
            monotonic_reads: BreachCounts::default(),
            monotonic_writes: BreachCounts::default(),
            writes_follow_reads: BreachCounts::default(),
            lost_writes: 0,
            overdrawn_accounts: 0,
            converged: Some(true),
        },
        expectation: None,
    }
}

/// The spreads as if a histogram's values were all samples.
pub(in crate::measure) fn spreads(histograms: &Histograms) -> Spreads {
    let measured = histograms.iter().map(|(span, histogram)| (span, Spread::of(histogram))).collect();
    Spreads::of(&measured, histograms)
}
