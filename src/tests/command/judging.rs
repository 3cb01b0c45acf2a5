//! Judging that is broken off: what is whole stays, and nothing is saved in part.

use std::ops::ControlFlow;

use readback::experiment::{self, Ended, JudgeProgress, Progress};
use readback::results::{Folder, TrialFolder, Verdict};

use super::damages::begun;

fn judged(folder: &Folder) -> Vec<bool> {
    let trials = folder.complete_trials().expect("the folder is sound");
    trials.iter().map(|(_, place)| place.is_judged()).collect()
}

#[test]
fn a_run_that_is_broken_off_while_it_judges_keeps_the_trial_and_says_that_it_has_no_verdict() {
    let (_root, plan, folder) = begun();
    let mut begun = 0;
    let ended = experiment::perform(&plan, &folder, &mut |progress| match progress {
        Progress::Begins { number, .. } => {
            begun = number;
            ControlFlow::Continue(())
        }
        Progress::Judges if begun == 2 => ControlFlow::Break(()),
        Progress::Judges | Progress::Runs(_) | Progress::Ended { .. } => ControlFlow::Continue(()),
    });
    assert_eq!(ended.expect("it can be run"), Ended::BrokenOff);
    assert_eq!((begun, judged(&folder)), (2, vec![true, false]));
    let summary = experiment::sum_up(&folder).expect("what is judged can be summed up").summary;
    assert!(summary.verdict >= Verdict::Unknown, "{summary:#?}");
    let reasons = [
        "the run was broken off: 2 of 4 trials are missing",
        "judging was broken off: 1 of 4 trials have no verdict; `readback check` judges them",
    ];
    for reason in reasons {
        assert!(summary.reasons.iter().any(|found| found == reason), "{:#?}", summary.reasons);
    }

    let again = experiment::judge(&folder, &plan, &mut |_| ControlFlow::Continue(()));
    assert_eq!(again.expect("all of it is there"), Ended::Complete);
    assert_eq!(judged(&folder), [true, true]);
    let summary = experiment::sum_up(&folder).expect("all of it is there").summary;
    assert!(!summary.reasons.iter().any(|found| found == reasons[1]), "{:#?}", summary.reasons);
}

#[test]
fn judging_again_that_is_broken_off_leaves_the_outcome_as_it_was() {
    let (_root, plan, folder) = begun();
    experiment::perform(&plan, &folder, &mut |_| ControlFlow::Continue(())).expect("it can be run");
    let trials = folder.complete_trials().expect("the folder is sound");
    let saved = || -> Vec<_> {
        let outcome = |place: &TrialFolder| (place.judgement().unwrap(), place.measures().unwrap());
        trials.iter().map(|(_, place)| outcome(place)).collect()
    };
    let before = saved();
    let mut whole = 0;
    let ended = experiment::judge(&folder, &plan, &mut |progress| match progress {
        JudgeProgress::Judges => ControlFlow::Break(()),
        JudgeProgress::Ended { .. } => {
            whole += 1;
            ControlFlow::Continue(())
        }
    });
    assert_eq!((ended.expect("all of it is there"), whole), (Ended::BrokenOff, 0));
    assert_eq!(saved(), before);
}
