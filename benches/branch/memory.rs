//! The memory that makes retries harmless, by how many sessions it holds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion};
use readback::branch::Limits;
use readback::model::Reply;

use crate::requests::written;
use crate::rig::{Rig, deposit, scattered};
use crate::scales;

/// A branch with room for twice as many sessions as it remembers.
struct Roomy {
    filled: Rig,
    /// A copy that remembers more and more. Before that makes a difference, a fresh one takes its place.
    used: Rig,
    /// Sessions in `filled`.
    sessions: u64,
    /// Sessions in `used`.
    opened: u64,
}

pub fn bench(criterion: &mut Criterion) {
    for sessions in scales(&[1_000, 100_000, 1_000_000]) {
        with_room(criterion, sessions);
        without_room(criterion, sessions);
    }
}

fn with_room(criterion: &mut Criterion, sessions: u64) {
    let mut roomy = None;
    let mut group = criterion.benchmark_group("dedup");
    group.bench_function(BenchmarkId::new("recall", sessions), |b| {
        let rig = &mut roomy.get_or_insert_with(|| Roomy::new(sessions)).filled;
        let mut retries = 0;
        let retry = || {
            retries += 1;
            deposit(scattered(retries, sessions))
        };
        b.iter_batched(retry, |request| rig.request(request), BatchSize::SmallInput);
    });
    group.bench_function(BenchmarkId::new("remember", sessions), |b| {
        let roomy = roomy.get_or_insert_with(|| Roomy::new(sessions));
        b.iter_custom(|rounds| roomy.remember(rounds));
    });
    group.finish();
}

fn without_room(criterion: &mut Criterion, sessions: u64) {
    let (mut rig, mut opened) = (None, sessions);
    let mut group = criterion.benchmark_group("dedup");
    group.bench_function(BenchmarkId::new("forget", sessions), |b| {
        let rig = rig.get_or_insert_with(|| filled(sessions, sessions));
        let next = || {
            opened += 1;
            deposit(opened - 1)
        };
        b.iter_batched(next, |request| rig.request(request), BatchSize::SmallInput);
    });
    group.finish();
    let forgotten = rig.map_or(opened - sessions, |rig: Rig| rig.core.counters().forgotten_sessions);
    assert_eq!(forgotten, opened - sessions, "every new session takes an old one's place");
}

impl Roomy {
    fn new(sessions: u64) -> Roomy {
        let filled = filled(sessions, sessions * 2);
        Roomy { used: filled.clone(), filled, sessions, opened: sessions }
    }

    /// How long the first deposits of so many new sessions take.
    fn remember(&mut self, rounds: u64) -> Duration {
        let (mut spent, mut left) = (Duration::ZERO, rounds);
        while left > 0 {
            let end = self.sessions + self.sessions / 10;
            if self.opened == end {
                self.used = self.filled.clone();
                self.opened = self.sessions;
            }
            let next = self.opened..end.min(self.opened + left);
            left -= next.end - next.start;
            self.opened = next.end;
            let requests: Vec<_> = next.map(deposit).collect();
            let began = Instant::now();
            for request in requests {
                black_box(self.used.request(request));
            }
            spent += began.elapsed();
            let executed: u64 = self.used.core.applied().iter().map(|(_, counter)| counter).sum();
            assert_eq!(executed, self.opened, "every session has one deposit");
        }
        spent
    }
}

/// A branch alone, which remembers so many sessions and has room for `sessions_max`.
fn filled(sessions: u64, sessions_max: u64) -> Rig {
    let sessions_max = usize::try_from(sessions_max).expect("sessions fit into memory");
    let mut rig = Rig::new(1, Limits { sessions_max, ..Limits::default() });
    let first: Vec<Option<Reply>> = (0..sessions).map(|session| rig.request(deposit(session))).collect();
    assert_eq!(first.last().and_then(Option::as_ref).and_then(written), Some(sessions));
    let session = scattered(1, sessions);
    let again = rig.request(deposit(session));
    assert_eq!(again.as_ref().and_then(written), Some(session + 1), "a retry gets the first answer");
    assert_eq!(rig.core.counters().recalled, 1);
    rig
}
