//! Whole swarms, and failures made by hand that are shrunk and reported.

use std::ops::ControlFlow;

use super::shrink::shrink_by;
use super::*;
use crate::history::{Event, History, RecordedOutcome, RecordedSuccess, Substrate};
use crate::results::Weight;

fn sim(seed: u64) -> Case {
    Case::whole(seed, Substrate::Sim)
}

fn ran(case: &Case, keep: Keep) -> SeedTrial {
    run(case, keep, &mut |_| ControlFlow::Continue(())).expect("a whole case runs")
}

fn many(jobs: usize, seeds: u64) -> SwarmReport {
    let seeds = Swarm { first: sim(1), seeds, jobs };
    swarm(&seeds, &mut |_| ControlFlow::Continue(())).expect("every seed runs")
}

#[test]
fn a_few_dozen_seeds_are_clean_whatever_the_number_of_threads() {
    let (one, two) = (many(1, 48), many(2, 48));
    assert!(one.failed.is_none(), "{:?}", one.failed.map(|failed| (failed.case.seed, failed.failure)));
    assert_eq!(one.unknown, [], "every seed decides");
    assert_eq!((one.trials, one.operations), (two.trials, two.operations));
    assert_eq!(one.coverage, two.coverage);
    let missing = one.coverage.missing();
    assert!(missing.len() * 3 < CoverageRow::expected().len(), "48 seeds come across most rows: {missing:?}");
}

#[test]
fn a_swarm_ends_when_its_caller_breaks_it_off() {
    let mut seen = 0;
    let seeds = Swarm { first: sim(1), seeds: u64::MAX, jobs: 2 };
    let swarmed = swarm(&seeds, &mut |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(swarmed.expect("every seed runs").trials >= 3);
}

#[test]
fn equal_cases_give_equal_histories() {
    for seed in 1..4 {
        let bytes = |case: &Case| ran(case, Keep::All).evidence.bytes().expect("a history has bytes");
        assert!(bytes(&sim(seed)) == bytes(&sim(seed)), "seed {seed}");
    }
}

/// The first answered read of a history that shows an own write of the same account, and the lines of both.
fn read_of_own_write(history: &History) -> Option<(u64, u64)> {
    history.operations.iter().find_map(|read| {
        let complete = read.complete.as_ref()?;
        let RecordedOutcome::Ok(RecordedSuccess::Balance { witness, .. }) = &complete.event.outcome else {
            return None;
        };
        let invoke = &read.invoke.event;
        let owed = history.operations.iter().find_map(|write| {
            let ended = write.complete.as_ref()?;
            let RecordedOutcome::Ok(RecordedSuccess::Written { dot }) = ended.event.outcome else {
                return None;
            };
            let own = write.invoke.event.session == invoke.session && ended.line < read.invoke.line;
            let same = write.invoke.event.operation.account() == invoke.operation.account();
            (own && same && write.invoke.event.branch != invoke.branch && witness.contains(dot))
                .then_some(ended.line)
        });
        Some((owed?, complete.line))
    })
}

/// Takes such a read for a failure, so that there is one to shrink.
fn with_a_failure(mut trial: SeedTrial) -> SeedTrial {
    let found = trial.evidence.history.as_ref().and_then(read_of_own_write);
    trial.failure = found.map(|(owed, line)| {
        let text = "a read shows an own write that was accepted elsewhere".to_owned();
        TrialFailure::new("doctored", text, vec![owed, line])
    });
    trial
}

#[test]
fn a_failure_is_shrunk_to_the_operations_that_it_takes_and_reported() {
    let case = (1..100).map(sim).find(|case| with_a_failure(ran(case, Keep::Nothing)).failure.is_some());
    let case = case.expect("most seeds have a session that reads what it wrote");
    let trial = with_a_failure(ran(&case, Keep::Nothing));
    let failure = trial.failure.clone().expect("the case was chosen for it");
    let mut runs = 0;
    let mut run = |case: &Case, keep| {
        runs += 1;
        super::run(case, keep, &mut |_| ControlFlow::Continue(())).map(with_a_failure)
    };
    let shrunk = shrink_by(&case, failure, &trial, &mut run, &mut |_| ControlFlow::Continue(()));
    let shrunk = shrunk.expect("every candidate runs or does not fit");
    assert_eq!(shrunk.end, ShrinkEnd::Minimal);
    assert_eq!(shrunk.runs + 1, runs, "every run counts, and the last one is for the report");
    assert_eq!(shrunk.trial.operations, 2, "a write and its read: {:?}", shrunk.case);
    assert_eq!(shrunk.trial.evidence.scenario.network.branches.len(), 2);
    assert!(shrunk.trial.evidence.scenario.accidents.is_empty());

    let report = render(&shrunk);
    let page = &report.page;
    for part in ["doctored: seed", "a read shows an own write", "What happened", &case.command()] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
    assert_eq!(page.lines().filter(|line| line.starts_with("* ")).count(), 2, "{page}");
    let diagram = report.diagram.expect("there is a history");
    let weights = |wanted| diagram.moments.iter().filter(|moment| moment.weight == wanted).count();
    assert_eq!((weights(Weight::Owed), weights(Weight::Guilty)), (1, 1));
    assert!(diagram.messages.iter().any(|message| message.arrived.is_some()));
    assert_eq!(diagram.lanes.len(), 3, "a session and two branches");
}

#[test]
fn a_case_is_read_as_it_was_written_and_runs_the_same() {
    let trial = ran(&sim(3), Keep::All);
    let text = serde_json::to_string(&sim(3)).expect("a case is JSON");
    let again: Case = serde_json::from_str(&text).expect("and is read again");
    assert_eq!(again, sim(3));
    let bytes = |trial: &SeedTrial| trial.evidence.bytes().expect("a history has bytes");
    assert!(bytes(&ran(&again, Keep::All)) == bytes(&trial));
}

#[test]
fn a_history_without_one_of_its_lines_is_malformed_or_fails() {
    let trial = ran(&sim(2), Keep::All);
    let events = trial.evidence.events;
    let apply =
        events.iter().position(|event| matches!(event, Event::Apply(_))).expect("something is applied");
    let without =
        events.iter().enumerate().filter(|&(index, _)| index != apply).map(|(_, event)| event.clone());
    assert!(History::of(without).is_err());
    assert!(History::of(events.clone()).is_ok());
}

#[cfg(not(feature = "mutants"))]
#[test]
fn a_build_without_mutants_says_how_to_build_one_with_them() {
    let error = "token-not-merged".parse::<Mutation>().expect_err("this build has none").to_string();
    assert!(error.contains("--features mutants"), "{error}");
}
