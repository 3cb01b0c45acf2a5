//! Values that the tests of results share: one of every type that has a file.

mod folders;
mod keys;
mod text;
mod trials;

use std::collections::BTreeMap;

use super::{
    BlackBoxCounts, BranchObserved, BreachCounts, Code, FaultPeriod, GeneratorHealth, Histograms, Host,
    Judgement, LinkLag, Manifest, Measures, Observed, OperationTotals, Rate, ReadCounts, ShadowReads, Span,
    Spread, Staleness, Summary, TimeBin, Verdict, Violation, WaitParts, WriteCounts,
};
use crate::model::BranchId;

/// Two points with a baseline and a guarantee each; every key that can be `null` is something else somewhere.
pub(super) const SUMMARY: &str = include_str!("summary.json");

/// The trial that all samples are of.
const TRIAL: &str = "none.r1";

pub(super) fn summary() -> Summary {
    serde_json::from_str(SUMMARY).expect("the sample is a summary")
}

pub(super) fn manifest(trials: &[&str]) -> Manifest {
    let code = Code {
        version: "0.1.0".to_owned(),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        is_clean: Some(true),
        toolchain: "rustc 1.88.0".to_owned(),
        profile: "release".to_owned(),
    };
    let machine = Host {
        cores: 2,
        processor: Some("AMD EPYC".to_owned()),
        kernel: None,
        memory_bytes: Some(8 << 30),
        load_average: Some(0.25),
    };
    Manifest {
        schema: super::SCHEMA.to_owned(),
        experiment: "quickstart".to_owned(),
        question: "What does it cost?".to_owned(),
        started: "2026-11-23T22:45:01Z".to_owned(),
        seed: u64::MAX,
        spec: "question = \"What does it cost?\"\n".to_owned(),
        command_line: vec!["readback".to_owned(), "run".to_owned(), "quickstart.toml".to_owned()],
        code,
        machine,
        points: summary().points.into_iter().step_by(2).map(|point| point.point).collect(),
        trials: trials.iter().map(|&id| id.to_owned()).collect(),
    }
}

fn observed() -> Observed {
    let branch = BranchObserved {
        branch: BranchId(1),
        batches_sent: 10,
        acks_sent: 9,
        peer_bytes: 800,
        batches_retransmitted: 1,
        batches_relayed: 0,
        batches_duplicated: 0,
        overdrafts: 0,
        log_records: 0,
        log_syncs: 0,
        lost_by_the_machine: 0,
    };
    Observed {
        trial: TRIAL.to_owned(),
        wall_s: 2.5,
        cpu_s: 0.75,
        others_cpu_share: Some(0.02),
        load_average: None,
        memory_bytes_max: Some(52_000_000),
        bare_syncs_per_s: None,
        token_bytes_max: 96,
        ran_out: false,
        branches: vec![branch],
        recoveries: Vec::new(),
    }
}

fn judgement() -> Judgement {
    let violation = Violation {
        kind: "balance_witness_mismatch".to_owned(),
        text: "branch 2 lies".to_owned(),
        lines: vec![3, 9],
    };
    Judgement {
        trial: TRIAL.to_owned(),
        verdict: Verdict::Violated,
        reasons: vec!["a branch lies".to_owned()],
        violations: vec![violation],
        violations_total: 1,
        read_your_writes_binds: true,
        reads_judged: 100,
        stale_white_box: 0,
        stale_withdrawals: 2,
        black_box: BlackBoxCounts {
            decided: 90,
            stale: 1,
            undecided: 10,
            corrupt: 0,
            balance_witness_mismatches: 1,
        },
        monotonic_reads: BreachCounts { binds: true, applies: 0, witnesses: 3, balances: 2 },
        monotonic_writes: BreachCounts { applies: 4, ..BreachCounts::default() },
        writes_follow_reads: BreachCounts::default(),
        lost_writes: 5,
        overdrawn_accounts: 1,
        converged: None,
    }
}

fn measures() -> Measures {
    let second = TimeBin { from_s: 0.0, width_s: 1.0, ok: 500, not_ok: 2, stale: 1, parked_max: 3, ..rest() };
    let last = TimeBin { from_s: 1.0, width_s: 0.5, latency_p99_ms: None, ..second };
    Measures {
        trial: TRIAL.to_owned(),
        measured_s: 1.5,
        reads: ReadCounts { total: 400, ok: 398, eligible: 200, stale: 1, ..ReadCounts::default() },
        writes: WriteCounts { total: 110, ok: 100, refused: 10, ..WriteCounts::default() },
        spreads: [(Span::Latency, Spread { p50: Some(4.5), max: Some(9.0), n: 510, ..Spread::default() })]
            .into(),
        totals: OperationTotals { ended: 600, ok_writes: 120, unknown_writes: 0 },
        throughput_ops_s: 332.0,
        throughput_over_s: None,
        offered_ops_s: Some(340.0),
        stale: Staleness {
            rate: Rate::new(1, 200),
            blocks: Vec::new(),
            versions_max: 2,
            versions_mean: Some(2.0),
            age_ms: Spread::default(),
        },
        read_latency_blocks: Vec::new(),
        eligible_read_latency_blocks: Vec::new(),
        shadow: ShadowReads { prevented: 5, false_waits: 1, undecided: 0 },
        generator: GeneratorHealth { is_late: false, refused: 0, never_began: 0 },
        fresh: Vec::new(),
        wait_parts: WaitParts { transport_ms: 20.5, n: 6, ..WaitParts::default() },
        propagation: vec![LinkLag { from: BranchId(1), to: BranchId(2), lag_ms: Spread::default() }],
        seconds: vec![second, last],
        faults: vec![FaultPeriod {
            fault: 0,
            kind: "partition".to_owned(),
            text: "1 | 2 3".to_owned(),
            from_s: 0.25,
            until_s: 0.5,
        }],
        by_fault: Vec::new(),
        in_flight_mean: 0.2,
        in_flight_by_little: 0.2,
    }
}

fn rest() -> TimeBin {
    TimeBin {
        latency_p50_ms: Some(0.25),
        latency_p99_ms: Some(12.5),
        latency_max_ms: Some(20.0),
        ..TimeBin::default()
    }
}

fn histograms(spans: &[Span]) -> Histograms {
    let mut histograms = Histograms::default();
    spans.iter().for_each(|&span| histograms.record(span, 1_000_000));
    histograms
}

/// The files below a folder and how long they are, by their paths in it.
fn files(folder: &std::path::Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder of this test") {
        let entry = entry.expect("an entry of a folder");
        let name = entry.file_name().into_string().expect("a name of this room");
        let metadata = entry.metadata().expect("a file of this test");
        if metadata.is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|(path, n)| (format!("{name}/{path}"), n)));
        } else {
            found.insert(name, metadata.len());
        }
    }
    found
}
