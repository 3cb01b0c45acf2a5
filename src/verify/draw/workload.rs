//! The workload: a few hundred to two thousand operations.

use std::time::Duration;

use super::ClusterDraw;
use super::purpose::DrawPurpose;
use crate::rng::KeyedRng;
use crate::workload::{
    Arrivals, Digit, Families, Homes, Load, Mix, Natural, Queries, Radix, Roam, ThinkTime, WorkloadPlan,
};

pub(super) fn draw(cluster: &ClusterDraw) -> WorkloadPlan {
    let mut rng = DrawPurpose::Workload.rng(cluster.seed);
    let crowd = rng.between(0, 99);
    let (sessions, operations) = match crowd {
        // Now and then many, so that counters come to where few trials take them.
        0..=3 => (rng.pick(&[32, 64]), rng.between(6_000, 9_000)),
        // Customers who come back after a long time.
        4..=13 => (rng.pick(&[16, 32]), rng.between(150, 300)),
        _ => (rng.pick(&[1, 2, 3, 4, 6, 8, 8, 12, 16, 24]), rng.between(200, 1_500)),
    };
    let homes = if rng.chance(0.8) {
        Homes::RoundRobin
    } else {
        Homes::Listed(vec![rng.pick(&cluster.branches), rng.pick(&cluster.branches)])
    };
    let roam = match rng.between(0, 9) {
        0..=4 => Roam::Uniform,
        5..=7 => Roam::Alternate,
        8 => Roam::Home(rng.share(0.1, 0.9)),
        _ => Roam::Sticky,
    };
    WorkloadPlan {
        branches: cluster.branches.clone(),
        sessions,
        homes,
        roam,
        load: load(cluster, &mut rng, sessions, operations),
        mix: mix(&mut rng),
        queries: rng.pick(&[Queries::Written, Queries::Written, Queries::LastWritten, Queries::Anyones]),
        families: families(&mut rng),
        accounts_max: 100_000,
    }
}

/// So that about as many operations fill the load.
fn load(cluster: &ClusterDraw, rng: &mut KeyedRng, sessions: usize, operations: u64) -> Load {
    let each = operations.div_ceil(sessions as u64);
    let apart = cluster.load_ends / u32::try_from(each).unwrap_or(u32::MAX);
    match rng.between(0, 9) {
        0..=4 => Load::Closed { think: pause(rng, apart), operations_per_session: each },
        5..=7 => {
            let rate_per_s = operations as f64 / cluster.load_ends.as_secs_f64();
            let arrivals = if rng.chance(0.7) {
                Arrivals::Poisson { rate_per_s }
            } else {
                Arrivals::Constant { rate_per_s }
            };
            Load::Open { arrivals, duration: cluster.load_ends }
        }
        _ => Load::WriteThenRead {
            think: pause(rng, apart),
            gap: pause(rng, apart / 4),
            pairs_per_session: each.div_ceil(2),
        },
    }
}

/// Customers who hurry, and customers who take their time.
fn pause(rng: &mut KeyedRng, most: Duration) -> ThinkTime {
    match rng.between(0, 3) {
        0 => ThinkTime::Constant(Duration::ZERO),
        1 => ThinkTime::Constant(most / 2),
        2 => ThinkTime::Uniform { from: Duration::ZERO, to: most },
        _ => ThinkTime::Exponential { mean: most / 2 },
    }
}

fn mix(rng: &mut KeyedRng) -> Mix {
    let query = rng.pick(&[0.2, 0.4, 0.5, 0.5, 0.7]);
    let withdraw = if rng.chance(0.2) { 0.0 } else { rng.pick(&[0.05, 0.1, 0.2]) };
    Mix { deposit: 1.0 - query - withdraw, withdraw, query }
}

/// Each family is there or not.
fn families(rng: &mut KeyedRng) -> Families {
    let shares = rng.pick(&[
        [0.4, 0.3, 0.3],
        [0.4, 0.3, 0.3],
        [1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        [0.0, 0.5, 0.5],
        [0.5, 0.5, 0.0],
    ]);
    Families {
        natural: Natural {
            share: shares[0],
            accounts_per_session: rng.pick(&[1, 1, 2]),
            opening_balance_minor_units: rng.pick(&[0, 1_000, 50_000, 50_000]),
            ..Natural::default()
        },
        digit: Digit { share: shares[1], accounts_per_session: rng.pick(&[1, 1, 3]) },
        radix: Radix {
            share: shares[2],
            sharers: rng.pick(&[2, 4, 4, 6]),
            accounts_per_group: rng.pick(&[1, 1, 2]),
            ..Radix::default()
        },
    }
}
