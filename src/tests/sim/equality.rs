//! The same scenario gives the same bytes.

use std::hash::Hasher as _;
use std::io::Read as _;
use std::time::Duration;

use readback::history::Milestone;
use readback::model::BranchId;
use readback::network::{Fault, FaultWindow, Leg, Probability, Rule};
use readback::scenario::{BranchFault, BranchFaultKind, Durability, Scenario};

use super::trials::{MS, bytes, closed, open, run};

/// A bit of everything: losses, duplicates, a partition, a pause, a crash, a slow disk, a processor.
fn eventful(scenario: Scenario) -> Scenario {
    let mut scenario = Scenario {
        durability: Durability::Durable,
        service_time: Duration::from_micros(20),
        sync_time: Duration::from_micros(300),
        accidents: vec![
            BranchFault {
                id: 10,
                from: 150 * MS,
                until: 250 * MS,
                branch: BranchId(2),
                kind: BranchFaultKind::Crash,
            },
            BranchFault {
                id: 11,
                from: 300 * MS,
                until: 400 * MS,
                branch: BranchId(3),
                kind: BranchFaultKind::SlowDisk { extra: 5 * MS },
            },
        ],
        ..scenario
    };
    scenario.network.rules.push(Rule {
        loss: Some(readback::network::Loss::Independent(Probability::new(0.05).unwrap())),
        duplication: Some(Probability::new(0.05).unwrap()),
        ..Rule::on(&Leg::ALL)
    });
    let groups = vec![[BranchId(1)].into(), [BranchId(2), BranchId(3)].into()];
    scenario.network.faults = vec![
        FaultWindow { id: 0, from: 200 * MS, until: 350 * MS, fault: Fault::Partition { groups } },
        FaultWindow { id: 1, from: 420 * MS, until: 470 * MS, fault: Fault::Pause { branch: BranchId(1) } },
    ];
    scenario
}

/// SipHash-2-4 of all lines but the header, with a key of zeros: what compresses them, and what a header says of a
/// plan, may change.
fn digest(compressed: &[u8]) -> u64 {
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(compressed).read_to_end(&mut text).unwrap();
    let header = text.iter().position(|&byte| byte == b'\n').unwrap();
    let mut hasher = siphasher::sip::SipHasher24::new();
    hasher.write(&text[header..]);
    hasher.finish()
}

#[test]
fn the_same_scenario_gives_the_same_bytes_and_another_seed_gives_others() {
    for scenario in [eventful(open(800.0)), eventful(closed(2 * MS))] {
        let first = bytes(&scenario);
        assert!(first.len() > 10_000, "{}", first.len());
        assert_eq!(first, bytes(&scenario));
        assert_ne!(first, bytes(&Scenario { seed: 2, ..scenario }));
    }
}

#[test]
fn a_seed_means_what_it_always_meant() {
    let rows = [
        ("open", open(500.0), 0x45b8_9709_9a75_d211),
        ("eventful", eventful(closed(5 * MS)), 0xac8e_9d8b_42db_85a8),
    ];
    for (name, scenario, expected) in rows {
        let found = digest(&bytes(&scenario));
        assert_eq!(found, expected, "{name}: {found:#018x}");
    }
}

#[test]
fn an_eventful_trial_is_eventful() {
    let trial = run(&eventful(closed(2 * MS)));
    assert_eq!(
        trial.milestones(),
        [Milestone::WarmUpOver, Milestone::LoadOver, Milestone::Healed, Milestone::Drained]
    );
    assert_eq!(trial.history.faults.len(), 8);
    assert!(trial.history.sent.iter().any(|sent| sent.event.delays.is_empty()));
    assert!(trial.history.sent.iter().any(|sent| sent.event.delays.len() == 2));
    assert!(trial.observed.branches.iter().any(|branch| branch.batches_retransmitted > 0));
}
