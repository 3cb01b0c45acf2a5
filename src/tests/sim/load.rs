//! Open and closed loops: what starts, what is refused, what is isolated.

use std::ops::ControlFlow;
use std::time::Duration;

use readback::history::{Apply, At, History, Milestone, RecordedOutcome, RecordedSuccess};
use readback::model::Strategy;
use readback::results::Span;
use readback::scenario::{Scenario, TrialProgress};
use readback::sim::{SimTrialError, run_trial};
use readback::workload::{Load, Sequence, ThinkTime};

use super::trials::{MS, closed, open, ran, run, scenario, under};

#[test]
fn every_arrival_of_an_open_loop_is_begun_or_refused() {
    let scenario = open(1_000.0);
    let Sequence::Open(planned) = scenario.check().unwrap().sequence() else { panic!("a closed loop") };
    let trial = run(&scenario);
    assert_eq!(trial.history.operations.len() + trial.history.refused.len(), planned.count());
    assert_eq!(trial.history.open().count(), 0);
    assert_eq!(trial.milestones(), [Milestone::WarmUpOver, Milestone::LoadOver, Milestone::Drained]);
    assert_eq!(trial.history.finals.len(), 3);
    assert_eq!(trial.judgement.converged, Some(true));
    assert!(trial.history.operations.iter().any(|operation| operation.invoke.event.warm_up));
    assert!(trial.history.operations.iter().all(|operation| {
        let (invoke, complete) = (&operation.invoke.event, &operation.complete.as_ref().unwrap().event);
        invoke.intended <= invoke.t && complete.answered.is_some_and(|at| invoke.t < at && at < complete.t)
    }));
}

#[test]
fn a_busy_session_s_arrivals_are_refused_beyond_the_bound_and_what_is_left_at_the_end_too() {
    let mut scenario = open(2_000.0);
    scenario.workload.sessions = 1;
    scenario.queued_max = 2;
    scenario.workload.families.radix.sharers = 1;
    let trial = run(&scenario);
    let over = trial.history.phases.iter().find(|phase| phase.event.reached == Milestone::LoadOver);
    let over = over.unwrap().event.t;
    let early = trial.history.refused.iter().filter(|refused| refused.event.t < over).count();
    assert!(early > 100, "{early}");
    assert!(early < trial.history.refused.len(), "the queue is full when the load ends");
}

#[test]
fn nothing_is_late_and_every_leg_is_counted() {
    let ran = ran(&open(1_000.0));
    for leg in Span::INJECTION_ERRORS {
        let late = ran.late.get(leg).unwrap();
        assert!(late.len() > 100 && late.max() <= 1, "{leg:?}: {} up to {}", late.len(), late.max());
    }
    assert!(ran.observed.branches.iter().all(|branch| branch.batches_sent > 0 && branch.peer_bytes > 0));
    assert!(ran.observed.token_bytes_max > 0);
}

#[test]
fn a_closed_loop_runs_until_the_load_is_over_and_tells_when_it_ran_out() {
    let whole = run(&closed(MS));
    assert!(!whole.observed.ran_out);
    assert!(whole.history.operations.iter().all(|operation| operation.complete.is_some()));
    let think = ThinkTime::Constant(Duration::ZERO);
    let short = run(&scenario(Load::Closed { think, operations_per_session: 3 }));
    assert!(short.observed.ran_out);
    assert_eq!(short.history.operations.len(), 24);
    assert_eq!(short.notes(), ["a session ran out of planned operations before the load was over"]);
}

#[test]
fn the_same_seed_gives_the_same_operations_under_every_strategy() {
    let asked = |strategy| {
        let trial = run(&under(strategy, open(500.0)));
        let invoked = trial.history.operations.iter().map(|operation| &operation.invoke.event);
        let invoked =
            invoked.map(|invoke| (invoke.session, invoke.intended, invoke.branch, invoke.operation));
        let refused = trial.history.refused.iter().map(|refused| &refused.event);
        let refused =
            refused.map(|refused| (refused.session, refused.intended, refused.branch, refused.operation));
        let mut asked: Vec<_> = invoked.chain(refused).collect();
        asked.sort_by_key(|&(session, intended, ..)| (session, intended));
        asked
    };
    assert!(asked(Strategy::None) == asked(Strategy::Wait));
}

#[test]
fn an_isolated_write_begins_when_the_last_one_of_its_branch_is_applied_everywhere() {
    let think = ThinkTime::Constant(Duration::ZERO);
    let load = Load::WriteThenRead { think: think.clone(), gap: think, pairs_per_session: 1_000 };
    let overlaps = |isolated_writes| {
        let trial = run(&Scenario { isolated_writes, ..scenario(load.clone()) });
        assert!(trial.history.operations.len() > 20);
        overlapping(&trial.history)
    };
    assert_eq!(overlaps(true), 0);
    assert!(overlaps(false) > 0, "without isolation writes overlap");
}

/// Writes that began before every branch had applied the one before them.
fn overlapping(history: &History) -> usize {
    let overlapped = history.operations.iter().filter(|operation| {
        let Some(complete) = &operation.complete else { return false };
        let RecordedOutcome::Ok(RecordedSuccess::Written { dot }) = complete.event.outcome else {
            return false;
        };
        let before = |apply: &&At<Apply>| {
            apply.event.origin == dot.0 && apply.event.last + 1 >= dot.1 && apply.event.first < dot.1
        };
        history.applies.iter().filter(before).any(|apply| apply.event.t > operation.invoke.event.t)
    });
    overlapped.count()
}

#[test]
fn a_trial_that_is_broken_off_says_so() {
    let scenario = open(100.0);
    let workload = scenario.check().unwrap();
    let mut looks = 0;
    let ran = run_trial(&scenario, &workload, Vec::new(), &mut |standing: TrialProgress| {
        looks += 1;
        assert_eq!(standing.parked, 0);
        ControlFlow::Break(())
    });
    assert!(matches!(ran, Err(SimTrialError::GivenUp)));
    assert_eq!(looks, 1);
}
