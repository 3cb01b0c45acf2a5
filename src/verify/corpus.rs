//! Saved failures, run again with the tests: trials that a seed found once, whatever seeds draw now.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::history::Substrate;
use crate::scenario::Scenario;

/// The failures of a folder beside this file, by the names of their files.
fn saved(folder: &str) -> Vec<(String, SavedFailure)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verify/corpus").join(folder);
    // Nothing is mended before the first is.
    let files = fs::read_dir(&path).into_iter().flatten();
    let paths = files.map(|file| file.expect("a file has a name").path());
    let mut saved: Vec<(String, SavedFailure)> = paths
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a case is text");
            let failure = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            (path.display().to_string(), failure)
        })
        .collect();
    saved.sort_by(|(one, _), (other, _)| one.cmp(other));
    saved
}

fn failure(case: &Case) -> Option<TrialFailure> {
    run(case, Keep::Nothing, &mut |_| ControlFlow::Continue(())).expect("a saved case runs").failure
}

#[test]
fn a_known_failure_still_fails_as_it_was_saved() {
    let known = saved("known");
    assert!(!known.is_empty(), "an empty folder shows nothing");
    for (name, SavedFailure { kind, case }) in known {
        let failure = failure(&case);
        let kinds = failure.map(|failure| failure.kinds).unwrap_or_default();
        assert!(
            kinds.contains(&kind),
            "{name} was saved for `{kind}`, and ends with {kinds:?}. If it is mended, this test has done its work: \
             move the file to `corpus/mended`, where it must stay clean."
        );
    }
}

#[test]
fn a_mended_failure_stays_clean() {
    for (name, SavedFailure { kind, case }) in saved("mended") {
        let failure = failure(&case);
        assert!(failure.is_none(), "{name} failed once with `{kind}`, and fails again: {failure:?}");
    }
}

#[test]
fn a_saved_case_needs_neither_its_seed_nor_its_reduction() {
    for (name, SavedFailure { case, .. }) in saved("known") {
        assert!(case.scenario.is_some(), "{name} holds its scenario");
        assert_eq!(case.explicit().expect("it fits together"), case, "{name} is whole");
        let scenario = |case: &Case| {
            let (scenario, _) = case.prepare().expect("it fits together");
            Scenario { plan: Value::Null, ..scenario }
        };
        let other = Case { seed: case.seed.wrapping_add(1), ..case.clone() };
        assert_eq!(scenario(&case), scenario(&other), "{name}: the seed is a name and draws nothing");
        let drawn = Case { scenario: None, ..other };
        assert_ne!(
            scenario(&case),
            scenario(&drawn),
            "{name}: without its scenario a case is what its seed draws"
        );
    }
}

#[test]
fn every_drawn_scenario_is_read_as_it_was_written() {
    for seed in 0..300 {
        let explicit = Case::whole(seed, Substrate::Sim).explicit().expect("a drawn scenario fits together");
        let text = serde_json::to_string(&explicit).expect("a case is JSON");
        let again: Case = serde_json::from_str(&text).expect("and is read again");
        assert_eq!(again, explicit, "seed {seed}");
    }
}
