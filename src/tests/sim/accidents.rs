//! Crashes with a log and without, lost logs, slow disks.

use std::collections::BTreeSet;
use std::time::Duration;

use readback::history::{CauseWord, Edge, OriginIndex, RecordedOutcome};
use readback::model::{BranchId, Origin, Time};
use readback::network::{Fault, FaultWindow};
use readback::results::Verdict;
use readback::scenario::{
    BranchFault, BranchFaultError, BranchFaultKind, Durability, Scenario, ScenarioError,
};

use super::trials::{MS, Trial, closed, is_written, lasting, open, run};

const VICTIM: BranchId = BranchId(2);
const FROM: Duration = Duration::from_millis(300);
const UNTIL: Duration = Duration::from_millis(500);

/// The victim crashes in the middle of a second of load, while its log takes its time.
fn crash(durability: Durability, kind: BranchFaultKind) -> Scenario {
    let accidents = vec![BranchFault { id: 4, from: FROM, until: UNTIL, branch: VICTIM, kind }];
    Scenario { durability, accidents, sync_time: 2 * MS, ..lasting(900 * MS, closed(3 * MS)) }
}

fn is_down(t: Time) -> bool {
    Time(0) + FROM <= t && t < Time(0) + UNTIL
}

/// Times at which a branch answered.
fn answers(trial: &Trial) -> impl Iterator<Item = Time> {
    let at_victim = trial.history.operations.iter().filter(|o| o.invoke.event.branch == VICTIM);
    at_victim.filter_map(|operation| operation.complete.as_ref()?.event.answered)
}

#[test]
fn a_crash_with_a_durable_log_loses_nothing_that_was_acknowledged() {
    let trial = run(&crash(Durability::Durable, BranchFaultKind::Crash));
    assert_eq!(trial.judgement.verdict, Verdict::Valid, "{:?}", trial.judgement.reasons);
    assert_eq!(trial.judgement.converged, Some(true));
    assert_eq!(trial.history.origins.len(), 3, "it comes back as what it was");
    let acknowledged_before = trial.history.operations.iter().filter(|operation| {
        let before = operation.complete.as_ref().is_some_and(|c| c.event.t < Time(0) + FROM);
        operation.invoke.event.branch == VICTIM && is_written(operation) && before
    });
    assert!(acknowledged_before.count() > 5);
    assert!(!answers(&trial).any(is_down));
    assert!(answers(&trial).any(|t| t >= Time(0) + UNTIL));
}

#[test]
fn whoever_asks_a_branch_that_is_down_hears_that_the_connection_is_lost() {
    let mut scenario = crash(Durability::Durable, BranchFaultKind::Crash);
    // Longer than the whole trial: only a broken connection ends an attempt.
    scenario.policy.attempt_timeout = Duration::from_secs(100);
    scenario.policy.backoff_initial = 100 * MS;
    scenario.policy.attempts_max = 20;
    let trial = run(&scenario);
    let retried = trial.history.operations.iter().filter(|operation| {
        let complete = operation.complete.as_ref().map(|complete| &complete.event);
        operation.invoke.event.branch == VICTIM && complete.is_some_and(|complete| complete.attempts > 2)
    });
    assert!(retried.count() > 3);
    assert!(trial.history.operations.iter().all(|operation| {
        operation.complete.as_ref().is_some_and(|complete| matches!(complete.event.outcome, RecordedOutcome::Ok(_)))
            || operation.complete.as_ref().is_some_and(|complete| {
                matches!(&complete.event.outcome, RecordedOutcome::Fail(c) if c.word == CauseWord::InsufficientFunds)
            })
    }));
    assert_eq!(trial.judgement.verdict, Verdict::Valid, "{:?}", trial.judgement.reasons);
}

#[test]
fn a_branch_without_its_log_comes_back_as_a_new_incarnation() {
    for (durability, kind) in [
        (Durability::Volatile, BranchFaultKind::Crash),
        (Durability::Volatile, BranchFaultKind::LoseState),
        (Durability::Durable, BranchFaultKind::LoseState),
    ] {
        let trial = run(&crash(durability, kind));
        let origins = &trial.history.origins;
        let all = (0..origins.len() as u32).filter_map(|index| origins.origin(OriginIndex(index)));
        let lives: Vec<Origin> = all.filter(|origin| origin.branch == VICTIM).collect();
        assert_eq!(lives.len(), 2, "{durability:?} {kind:?}");
        assert!(lives[0].incarnation < lives[1].incarnation);
        assert_ne!(lives[0].incarnation.nonce, lives[1].incarnation.nonce);
        let gone = trial.history.operations.iter().filter_map(|operation| operation.complete.as_ref());
        let causes: BTreeSet<CauseWord> = gone.filter_map(|c| cause(&c.event.outcome)).collect();
        assert!(!causes.is_empty(), "writes that named the old incarnation do not end well");
    }
}

fn cause(outcome: &RecordedOutcome) -> Option<CauseWord> {
    match outcome {
        RecordedOutcome::Ok(_) => None,
        RecordedOutcome::Fail(cause) | RecordedOutcome::Info(cause) => Some(cause.word),
    }
}

#[test]
fn accidents_stand_in_the_history_among_the_faults() {
    let mut scenario = crash(Durability::Durable, BranchFaultKind::Crash);
    let fault = Fault::Isolate { branch: BranchId(1), customers: false };
    scenario.network.faults.push(FaultWindow { id: 0, from: 200 * MS, until: 400 * MS, fault });
    let trial = run(&scenario);
    let edges = trial.history.faults.iter().map(|fault| &fault.event);
    let edges: Vec<_> = edges.map(|fault| (fault.fault, fault.edge, fault.text.as_str())).collect();
    assert_eq!(
        edges,
        [
            (0, Edge::Begin, "isolate 1"),
            (4, Edge::Begin, "crash 2"),
            (0, Edge::End, "isolate 1"),
            (4, Edge::End, "crash 2"),
        ]
    );
    assert!(trial.has_drained());
}

#[test]
fn a_branch_that_crashes_while_it_is_paused_stays_still_until_both_are_over() {
    let mut scenario = crash(Durability::Durable, BranchFaultKind::Crash);
    let fault = Fault::Pause { branch: VICTIM };
    scenario.network.faults.push(FaultWindow { id: 0, from: 250 * MS, until: 600 * MS, fault });
    let trial = run(&scenario);
    let still = |t: Time| Time(0) + 250 * MS < t && t < Time(0) + 600 * MS;
    assert!(!answers(&trial).any(still));
    assert!(!trial.history.applies.iter().any(|a| a.event.branch == VICTIM && still(a.event.t)));
    assert_eq!(trial.judgement.verdict, Verdict::Valid, "{:?}", trial.judgement.reasons);
    assert!(trial.has_drained());
}

#[test]
fn a_slow_disk_delays_what_waits_for_it_and_nothing_else() {
    let accident = BranchFault {
        id: 1,
        from: FROM,
        until: UNTIL,
        branch: VICTIM,
        kind: BranchFaultKind::SlowDisk { extra: 50 * MS },
    };
    let scenario = Scenario { accidents: vec![accident], sync_time: MS, ..lasting(900 * MS, closed(3 * MS)) };
    let trial = run(&scenario);
    let took = |branch: BranchId, writes: bool| {
        let all = trial.history.operations.iter().filter(move |operation| {
            let invoke = &operation.invoke.event;
            let settled = FROM + 10 * MS..UNTIL - 60 * MS;
            invoke.branch == branch
                && settled.contains(&(invoke.t - Time(0)))
                && if writes { is_written(operation) } else { !invoke.operation.is_write() }
        });
        let took = all.filter_map(|o| Some(o.complete.as_ref()?.event.t - o.invoke.event.t));
        took.min().unwrap()
    };
    assert!(took(VICTIM, true) >= 51 * MS);
    assert!(took(BranchId(1), true) < 10 * MS);
    assert!(took(VICTIM, false) < 10 * MS);
    assert_eq!(trial.judgement.verdict, Verdict::Valid, "{:?}", trial.judgement.reasons);
}

#[test]
fn accidents_that_make_no_sense_are_refused() {
    let accident = |id, from, until, branch| BranchFault {
        id,
        from: from * MS,
        until: until * MS,
        branch: BranchId(branch),
        kind: BranchFaultKind::Crash,
    };
    let refused = |accidents: Vec<BranchFault>| {
        let mut scenario = Scenario { accidents, ..open(100.0) };
        let fault = Fault::Pause { branch: BranchId(1) };
        scenario.network.faults.push(FaultWindow { id: 3, from: 100 * MS, until: 200 * MS, fault });
        scenario.check().err()
    };
    let load = 600 * MS;
    let rows = [
        (
            vec![accident(1, 200, 200, 1)],
            BranchFaultError::EndsBeforeStart { from: 200 * MS, until: 200 * MS },
        ),
        (vec![accident(1, 200, 601, 1)], BranchFaultError::OutsideLoad { until: 601 * MS, load }),
        (vec![accident(1, 200, 300, 9)], BranchFaultError::UnknownBranch(BranchId(9))),
        (vec![accident(3, 200, 300, 1)], BranchFaultError::IdTaken),
        (vec![accident(1, 200, 300, 1), accident(1, 400, 500, 1)], BranchFaultError::IdTaken),
        (vec![accident(0, 200, 300, 1), accident(1, 299, 500, 1)], BranchFaultError::Overlaps { other: 0 }),
    ];
    for (accidents, expected) in rows {
        let id = accidents.last().unwrap().id;
        assert_eq!(refused(accidents), Some(ScenarioError::BranchFault { id, error: expected }));
    }
    assert_eq!(
        refused(vec![accident(0, 200, 300, 1), accident(1, 300, 600, 1), accident(2, 200, 300, 2)]),
        None
    );
}

#[test]
fn live_refuses_what_it_cannot_do_and_names_the_remedy() {
    use readback::history::Substrate;
    let live =
        |scenario| Scenario { substrate: Substrate::Live, ..scenario }.check().err().unwrap().to_string();
    let rows = [
        (Durability::Volatile, BranchFaultKind::Crash, "write cluster.processes = true"),
        (Durability::Durable, BranchFaultKind::LoseState, "write cluster.processes = true"),
        (Durability::Durable, BranchFaultKind::FailingSync, "write cluster.processes = true"),
        (Durability::Volatile, BranchFaultKind::FullDisk, "write cluster.durability = \"durable\""),
    ];
    for (durability, kind, remedy) in rows {
        let message = live(crash(durability, kind));
        assert!(message.contains(remedy), "{kind:?}: {message}");
    }
}

#[test]
fn a_process_is_not_stopped_and_killed_at_one_time() {
    use readback::history::Substrate;
    use readback::network::{Fault, FaultWindow};
    let paused = |branch: u32, substrate| {
        let mut scenario = crash(Durability::Durable, BranchFaultKind::Crash);
        let BranchFault { from, until, .. } = scenario.accidents[0];
        let fault = Fault::Pause { branch: BranchId(branch) };
        scenario.network.faults.push(FaultWindow { id: 77, from, until, fault });
        Scenario { processes: true, substrate, ..scenario }.check().err()
    };
    let branch = crash(Durability::Durable, BranchFaultKind::Crash).accidents[0].branch.0;
    let refused = paused(branch, Substrate::Live).map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("fault window 77 stops the same process meanwhile"), "{refused}");
    assert_eq!(paused(branch, Substrate::Sim), None);
    assert_eq!(paused(branch % 3 + 1, Substrate::Live), None);
}
