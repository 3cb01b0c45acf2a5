//! Whole trials: what is recorded of them can be judged, and says what happened.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::time::Duration;

use readback::history::{
    Apply, At, Edge, History, Milestone, Reader, RecordedOutcome, RecordedSuccess, SessionIndex, Substrate,
};
use readback::live::{LiveTrialError, run_trial};
use readback::model::{BranchId, Operation, Strategy};
use readback::network::{Distribution, Fault, FaultWindow, Leg, NetworkPlan, Route, RouteEnd, Rule};
use readback::results::{Observed, Span};
use readback::scenario::{Durability, Scenario, TrialOutput};
use readback::session::Policy;
use readback::workload::{Arrivals, Load, Sequence, ThinkTime, WorkloadPlan};

const MS: Duration = Duration::from_millis(1);

fn scenario(load: Load) -> Scenario {
    let branches = [1, 2, 3].map(BranchId);
    let mut network = NetworkPlan::new(branches, 400 * MS);
    let delay = Distribution::exponential(5 * MS).unwrap();
    network.rules.push(Rule {
        route: Route { from: RouteEnd::Branches, to: RouteEnd::Branches, both_ways: true },
        legs: vec![Leg::Replicate, Leg::Ack],
        delay: Some(delay),
        loss: None,
        duplication: None,
        order: None,
    });
    let workload = WorkloadPlan::new(branches, 8, load);
    Scenario {
        substrate: Substrate::Live,
        warm_up: 100 * MS,
        queued_max: 10,
        ..Scenario::new(network, workload, 300 * MS)
    }
}

fn open(rate_per_s: f64) -> Scenario {
    scenario(Load::Open { arrivals: Arrivals::Poisson { rate_per_s }, duration: 400 * MS })
}

fn closed() -> Scenario {
    let think = ThinkTime::Constant(Duration::ZERO);
    scenario(Load::Closed { think, operations_per_session: 5_000 })
}

fn ran(scenario: &Scenario) -> (History, TrialOutput<Vec<u8>>) {
    let workload = scenario.check().unwrap();
    let ran = run_trial(scenario, &workload, Vec::new(), &mut |_| ControlFlow::Continue(())).unwrap();
    let history = History::load(Reader::new(BufReader::new(&ran.out[..])).unwrap()).unwrap();
    (history, ran)
}

fn reached(history: &History) -> Vec<Milestone> {
    history.phases.iter().map(|phase| phase.event.reached).collect()
}

#[test]
fn a_trial_with_durable_logs_converges_and_counts_its_syncs() {
    let scenario = Scenario { durability: Durability::Durable, ..closed() };
    let (history, ran) = ran(&scenario);
    assert_eq!(reached(&history), [Milestone::WarmUpOver, Milestone::LoadOver, Milestone::Drained]);
    let written = |operation: &&readback::history::PairedOperation| {
        operation.complete.as_ref().is_some_and(|complete| {
            matches!(complete.event.outcome, RecordedOutcome::Ok(RecordedSuccess::Written { .. }))
        })
    };
    let writes = history.operations.iter().filter(written).count();
    assert!(writes > 0);
    assert!(ran.observed.bare_syncs_per_s.is_some_and(|rate| rate > 0.0));
    let branches = &ran.observed.branches;
    assert!(branches.iter().all(|branch| branch.log_syncs > 0 && branch.log_records >= branch.log_syncs));
    assert!(
        branches.iter().all(|branch| branch.log_records >= writes as u64),
        "every branch logs all writes"
    );
}

#[test]
fn an_open_loop_is_recorded_whole_and_converges() {
    let (history, ran) = ran(&open(1_000.0));
    let expected = {
        let readback::workload::Sequence::Open(schedule) = open(1_000.0).check().unwrap().sequence() else {
            panic!("the load is open")
        };
        schedule.count()
    };
    assert_eq!(history.operations.len() + history.refused.len(), expected);
    assert_eq!(history.open().count(), 0);
    assert_eq!(reached(&history), [Milestone::WarmUpOver, Milestone::LoadOver, Milestone::Drained]);
    assert_eq!(history.finals.len(), 3);
    assert!(history.finals.windows(2).all(|pair| pair[0].event.applied == pair[1].event.applied));
    assert!(history.operations.iter().any(|operation| operation.invoke.event.warm_up));
    assert!(history.sent.iter().any(|sent| sent.event.delays.len() == 1));
    let Observed { branches, token_bytes_max, .. } = ran.observed;
    assert!(branches.iter().all(|branch| branch.batches_sent > 0 && branch.peer_bytes > 0));
    assert!(token_bytes_max > 0);
    assert!(Span::INJECTION_ERRORS.iter().all(|&leg| ran.late.get(leg).is_some_and(|late| !late.is_empty())));
}

#[test]
fn the_same_seed_gives_the_same_operations_under_every_strategy() {
    let asked = |strategy| {
        let scenario = Scenario { policy: Policy { strategy, ..Policy::default() }, ..open(500.0) };
        let (history, _) = ran(&scenario);
        let mut asked: Vec<_> = history
            .operations
            .iter()
            .map(|operation| &operation.invoke.event)
            .map(|invoke| (invoke.session, invoke.number, invoke.branch, invoke.operation))
            .collect();
        asked.sort_by_key(|&(session, number, ..)| (session, number));
        let ids: Vec<_> = history.sessions.iter().map(|session| session.id).collect();
        (asked, ids)
    };
    let ((mut none, ids), (mut wait, other_ids)) = (asked(Strategy::None), asked(Strategy::Wait));
    assert_eq!(ids, other_ids);
    // On a busy machine the last arrivals may still have been waiting for their session when the load was over.
    let names = |asked: &[(SessionIndex, u64, BranchId, Operation)]| -> BTreeSet<(SessionIndex, u64)> {
        asked.iter().map(|&(session, number, ..)| (session, number)).collect()
    };
    let (of_none, of_wait) = (names(&none), names(&wait));
    none.retain(|&(session, number, ..)| of_wait.contains(&(session, number)));
    wait.retain(|&(session, number, ..)| of_none.contains(&(session, number)));
    assert_eq!(none, wait);
    assert!(none.len() > 100, "{}", none.len());
}

#[test]
fn a_closed_loop_runs_until_the_load_is_over_and_tells_when_it_ran_out() {
    let (history, whole) = ran(&closed());
    assert!(!whole.observed.ran_out);
    assert!(history.operations.iter().all(|operation| operation.complete.is_some()));
    let think = ThinkTime::Constant(Duration::ZERO);
    let short = scenario(Load::Closed { think, operations_per_session: 3 });
    let (history, short) = ran(&short);
    assert!(short.observed.ran_out);
    assert_eq!(history.operations.len(), 24);
}

#[test]
fn an_isolated_write_begins_when_the_last_one_of_its_branch_is_applied_everywhere() {
    let load = |isolated_writes| {
        let think = ThinkTime::Constant(Duration::ZERO);
        let load = Load::WriteThenRead { think: think.clone(), gap: think, pairs_per_session: 1_000 };
        Scenario { isolated_writes, ..scenario(load) }
    };
    let overlaps = |history: &History| {
        let written =
            history.operations.iter().filter(|operation| operation.invoke.event.operation.is_write());
        let overlapped = written.filter(|operation| {
            let Some(complete) = &operation.complete else { return false };
            let RecordedOutcome::Ok(RecordedSuccess::Written { dot }) = complete.event.outcome else {
                return false;
            };
            // A branch applied the write before it after this one was begun.
            let before = |apply: &&At<Apply>| {
                apply.event.origin == dot.0 && apply.event.last + 1 >= dot.1 && apply.event.first < dot.1
            };
            history.applies.iter().filter(before).any(|apply| apply.event.t > operation.invoke.event.t)
        });
        overlapped.count()
    };
    let (isolated, _) = ran(&load(true));
    assert!(isolated.operations.len() > 20);
    assert_eq!(overlaps(&isolated), 0);
    let (free, _) = ran(&load(false));
    assert!(overlaps(&free) > 0, "without isolation writes overlap");
}

#[test]
fn fault_windows_stand_in_the_history_and_a_cut_off_branch_sends_in_vain() {
    let mut scenario = open(500.0);
    let groups = vec![[BranchId(1)].into(), [BranchId(2), BranchId(3)].into()];
    let fault = Fault::Partition { groups };
    scenario.network.faults.push(FaultWindow { id: 7, from: 150 * MS, until: 250 * MS, fault });
    let (history, _) = ran(&scenario);
    let edges: Vec<_> = history.faults.iter().map(|fault| (fault.event.fault, fault.event.edge)).collect();
    assert_eq!(edges, [(7, Edge::Begin), (7, Edge::End)]);
    let [begin, end] = [&history.faults[0].event, &history.faults[1].event].map(|fault| fault.t);
    let dropped: Vec<_> =
        history.sent.iter().map(|sent| &sent.event).filter(|sent| sent.delays.is_empty()).collect();
    assert!(!dropped.is_empty());
    assert!(dropped.iter().all(|sent| [sent.from, sent.to].contains(&BranchId(1))));
    assert!(dropped.iter().all(|sent| begin <= sent.t && sent.t < end));
    assert_eq!(
        reached(&history),
        [Milestone::WarmUpOver, Milestone::LoadOver, Milestone::Healed, Milestone::Drained]
    );
}

#[test]
fn a_busy_session_s_arrivals_are_refused_beyond_the_bound_and_what_is_left_at_the_end_too() {
    let mut scenario = open(2_000.0);
    scenario.workload.sessions = 1;
    scenario.queued_max = 2;
    scenario.workload.families.radix.sharers = 1;
    scenario.network.rules.push(Rule {
        route: Route { from: RouteEnd::Customers, to: RouteEnd::Branches, both_ways: true },
        legs: vec![Leg::Request],
        delay: Some(Distribution::constant(5 * MS)),
        loss: None,
        duplication: None,
        order: None,
    });
    let Sequence::Open(planned) = scenario.check().unwrap().sequence() else { panic!("a closed loop") };
    let (history, _) = ran(&scenario);
    let over =
        history.phases.iter().find(|phase| phase.event.reached == Milestone::LoadOver).unwrap().event.t;
    let early = history.refused.iter().filter(|refused| refused.event.t < over).count();
    assert!(early > 100, "{early}");
    assert!(early < history.refused.len(), "the queue is full when the load ends");
    assert_eq!(history.operations.len() + history.refused.len(), planned.count());
}

#[test]
fn a_trial_that_is_broken_off_says_so() {
    let scenario = open(100.0);
    let workload = scenario.check().unwrap();
    let ran = run_trial(&scenario, &workload, Vec::new(), &mut |_| ControlFlow::Break(()));
    assert!(matches!(ran, Err(LiveTrialError::GivenUp)));
}
