//! Version vectors, which every token, witness and ack is made of.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion};
use readback::live::{token_from_bytes, token_to_bytes};
use readback::model::{BranchId, SessionToken, VersionVector};

use crate::rig::origin;

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("vector");
    for branches in [3, 16, 100, 1_000] {
        let (ahead, behind) = (vector(branches, 1), vector(branches, 0));
        assert!(ahead.dominates(&behind) && !behind.dominates(&ahead));
        group.bench_function(BenchmarkId::new("dominates", branches), |b| {
            b.iter(|| black_box(&ahead).dominates(black_box(&behind)));
        });
        let mut merged = behind.clone();
        merged.merge(&ahead);
        assert_eq!(merged, ahead);
        let merge = |vector: &mut VersionVector| vector.merge(black_box(&ahead));
        group.bench_function(BenchmarkId::new("merge", branches), |b| {
            b.iter_batched_ref(|| behind.clone(), merge, BatchSize::SmallInput);
        });
    }
    group.finish();
}

/// As long as a query that needs nothing but its own writes carries it.
pub fn tokens(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("token");
    for branches in [3, 16, 100, 1_000] {
        let token = SessionToken { writes: vector(branches, 0), reads: VersionVector::new() };
        let bytes = token_to_bytes(&token);
        assert_eq!(token_from_bytes(&bytes).as_ref(), Some(&token));
        group.bench_function(BenchmarkId::new("encode", branches), |b| {
            b.iter(|| token_to_bytes(black_box(&token)));
        });
        group.bench_function(BenchmarkId::new("decode", branches), |b| {
            b.iter(|| token_from_bytes(black_box(&bytes)));
        });
    }
    group.finish();
}

/// Every other entry is higher by `lead`.
fn vector(branches: u32, lead: u64) -> VersionVector {
    let counter = |branch| 1_000 + u64::from(branch % 2) * lead;
    (1..=branches).map(|branch| (origin(BranchId(branch)), counter(branch))).collect()
}
