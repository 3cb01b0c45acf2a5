//! Requests that are answered at once, and writes that come from a peer.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use readback::branch::{Limits, WriteBatch};
use readback::model::{Answer, BranchId, Guarantees, Reply, Time, VersionVector};

use crate::rig::{Rig, deposit, origin, query, run};

const BRANCHES: u32 = 3;
/// Sessions that the branch remembers; `memory` varies their number.
const SESSIONS: usize = 1_000;

pub fn bench(criterion: &mut Criterion) {
    queries(criterion);
    deposits(criterion);
    runs(criterion);
}

fn queries(criterion: &mut Criterion) {
    let mut rig = rig();
    rig.request(deposit(0)).expect("a deposit is not parked");
    rig.receive(run(1, 1, Time::default()));
    let token: VersionVector = [1, 2].map(|branch| (origin(BranchId(branch)), 1)).into_iter().collect();
    assert_eq!(*rig.core.applied(), token, "the token is just dominated");
    let cases = [
        ("unguarded", Guarantees::NONE, VersionVector::new()),
        ("satisfied", Guarantees::READ_YOUR_WRITES, token),
    ];
    let mut group = criterion.benchmark_group("query");
    for (name, guarantees, token) in cases {
        // As if it had come in a message, each shares its token's entries with no other.
        let query = || query(1, guarantees, token.iter().collect());
        let reply = rig.request(query()).expect("nothing has to be waited for");
        assert!(matches!(reply.outcome, Ok(Answer::Balance { .. })), "{reply:?}");
        let mut step = |query| rig.request(query);
        group.bench_function(name, |b| b.iter_batched(query, &mut step, BatchSize::SmallInput));
    }
    group.finish();
}

fn deposits(criterion: &mut Criterion) {
    let mut rig = rig();
    let mut sessions = 0_u64;
    let mut next = || {
        sessions += 1;
        deposit(sessions)
    };
    let mut step = |request| {
        let reply = rig.request(request).expect("a deposit is not parked");
        rig.pass(1);
        reply
    };
    // Many heartbeats long: peers acknowledge, so that nothing piles up.
    for counter in 1..=50_000 {
        assert_eq!(written(&step(next())), Some(counter));
    }
    criterion.bench_function("deposit", |b| b.iter_batched(&mut next, &mut step, BatchSize::SmallInput));
    assert!(rig.core.retained() <= 20_000, "{} writes are kept for the peers", rig.core.retained());
}

fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("replicate/apply");
    for length in [1, 64] {
        let mut rig = rig();
        let mut received = 0;
        let mut next = || {
            received += length;
            run(received - length + 1, length, Time::default())
        };
        let mut step = |run: WriteBatch| {
            let last = run.last();
            rig.receive(run);
            rig.pass(length);
            assert_eq!(rig.core.applied().get(origin(crate::rig::PEER)), last, "the run is applied");
        };
        group.throughput(Throughput::Elements(length));
        group.bench_function(BenchmarkId::from_parameter(length), |b| {
            b.iter_batched(&mut next, &mut step, BatchSize::SmallInput);
        });
        assert!(rig.core.retained() <= 20_000, "{} writes are kept for the peers", rig.core.retained());
    }
    group.finish();
}

fn rig() -> Rig {
    Rig::new(BRANCHES, Limits { sessions_max: SESSIONS, ..Limits::default() })
}

/// The counter of the write that a reply confirms.
pub fn written(reply: &Reply) -> Option<u64> {
    match &reply.outcome {
        Ok(Answer::Written { dot }) => Some(dot.counter),
        Ok(Answer::Refused(_) | Answer::Balance { .. }) | Err(_) => None,
    }
}
