//! One request is parked and woken while many others wait for longer.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};
use readback::branch::Limits;
use readback::model::{Answer, Guarantees, Request, Time};

use crate::rig::{PEER, Rig, origin, query, run, scattered};
use crate::scales;

/// What the others wait for is this far ahead, and never comes.
const FAR: u64 = 1 << 40;

/// What is timed of a round; the rest of it happens beside.
#[derive(Clone, Copy)]
enum Timed {
    Park,
    Wake,
    /// The write, where nothing was parked.
    Unawaited,
}

pub fn bench(criterion: &mut Criterion) {
    let others = scales(&[1, 1_000, 10_000, 100_000]);
    let mut rigs: Vec<(u64, Option<Rig>)> = others.into_iter().map(|others| (others, None)).collect();
    for (name, timed) in [("park", Timed::Park), ("wake", Timed::Wake), ("unawaited", Timed::Unawaited)] {
        let mut group = criterion.benchmark_group(name);
        group.measurement_time(Duration::from_millis(300));
        for (others, rig) in &mut rigs {
            group.bench_function(BenchmarkId::new("others", *others), |b| {
                let rig = rig.get_or_insert_with(|| crowded(*others));
                b.iter_custom(|rounds| (0..rounds).map(|_| round(rig, *others, timed)).sum());
            });
        }
        group.finish();
    }
}

/// A branch where so many wait.
fn crowded(others: u64) -> Rig {
    let mut rig = Rig::new(3, Limits::default());
    for number in 0..others {
        let reply = rig.request(waiting(number, FAR + scattered(number, others)));
        assert_eq!(reply, None, "it has to wait");
    }
    round(&mut rig, others, Timed::Wake);
    round(&mut rig, others, Timed::Unawaited);
    rig
}

/// One request waits for the next write, unless no request is to wait, and the write comes.
fn round(rig: &mut Rig, others: u64, timed: Timed) -> Duration {
    let next = rig.core.applied().get(origin(PEER)) + 1;
    let (request, run) = (waiting(FAR, next), run(next, 1, Time::default()));
    let is_awaited = !matches!(timed, Timed::Unawaited);
    let began = Instant::now();
    if is_awaited {
        rig.request(request);
    }
    let parked = began.elapsed();
    assert_eq!(rig.core.parked() as u64, others + u64::from(is_awaited));
    let began = Instant::now();
    let reply = rig.receive(run);
    let applied = began.elapsed();
    let answer = reply.map(|reply| reply.outcome);
    assert_eq!(matches!(answer, Some(Ok(Answer::Balance { .. }))), is_awaited, "{answer:?}");
    rig.pass(1);
    match timed {
        Timed::Park => parked,
        Timed::Wake | Timed::Unawaited => applied,
    }
}

/// A query that needs the peer's write of this counter.
fn waiting(session: u64, counter: u64) -> Request {
    query(session, Guarantees::READ_YOUR_WRITES, [(origin(PEER), counter)].into_iter().collect())
}
