//! A branch handles one message at a time, if there is a processor at all.

use readback::model::BranchId;
use readback::results::Verdict;
use readback::scenario::Scenario;
use readback::workload::Roam;

use super::trials::{MS, closed, open, run};

#[test]
fn an_open_loop_without_a_processor_says_so() {
    let notes = |scenario: &Scenario| run(scenario).notes().join(" ");
    assert!(notes(&open(100.0)).contains("no processor is modelled"));
    assert_eq!(notes(&Scenario { service_time: MS, ..open(100.0) }), "");
    assert_eq!(notes(&closed(MS)), "");
}

#[test]
fn a_processor_bounds_what_a_branch_answers() {
    let mut scenario = closed(std::time::Duration::ZERO);
    scenario.workload.sessions = 64;
    scenario.workload.roam = Roam::Sticky;
    let answered = |scenario: &Scenario| {
        let trial = run(scenario);
        assert_eq!(trial.judgement.verdict, Verdict::Valid, "{:?}", trial.judgement.reasons);
        let at_one = trial.history.operations.iter().filter(|o| o.invoke.event.branch == BranchId(1));
        at_one.filter(|operation| operation.complete.is_some()).count()
    };
    // 600 ms of load, a message each millisecond, peers' messages among them; and what is in flight at the end.
    let bounded = answered(&Scenario { service_time: MS, ..scenario.clone() });
    assert!((100..=600 + 64).contains(&bounded), "{bounded}");
    let free = answered(&scenario);
    assert!(free > 3_000, "{free}");
}
