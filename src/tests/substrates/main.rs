//! The same file on both substrates: both verdicts are equal, and the figures about the same.
//!
//! How long a machine takes for anything is asserted nowhere: what is compared are shares of stale reads, and waits
//! that the network makes. The experiment `sim-against-live` compares more, more closely.

use readback::experiment::{Overrides, Plan, perform, read, sum_up};
use readback::results::{Agreement, Code, Folder, Host, Manifest, SCHEMA, Summary, Verdict};

const FILE: &str = r#"
question = "Do both substrates measure the same?"

[run]
duration_s = 1.5
warm_up_s = 0.2
repetitions = 1
seed = 3

[guarantee]
strategy = ["none", "wait"]

[workload]
arrival = { poisson_per_s = 400 }
sessions = 16
mix = { deposit = 0.5, withdraw = 0.0, query = 0.5 }
roam = "alternate"

[network.between_branches]
delay = { uniform = { from_ms = 30, to_ms = 60 } }
order = "fifo"

[network.customer_to_branch]
delay = { constant_ms = 2 }

[[fault]]
kind = "partition"
from_s = 0.6
until_s = 0.8
groups = [[1], [2, 3]]

[sweep]
"run.substrate" = ["live", "sim"]
"#;

fn plan() -> Plan {
    read("both", FILE, &Overrides::default()).expect("the file is sound")
}

fn manifest(plan: &Plan) -> Manifest {
    Manifest {
        schema: SCHEMA.to_owned(),
        experiment: plan.name.clone(),
        question: plan.question.clone(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        seed: plan.seed,
        spec: plan.text.clone(),
        command_line: Vec::new(),
        code: Code::current(),
        machine: Host::current(),
        points: plan.points.clone(),
        trials: plan.trials.iter().map(|trial| trial.id.clone()).collect(),
    }
}

fn summary() -> Summary {
    let (plan, root) = (plan(), tempfile::tempdir().expect("a folder can be made"));
    let folder = Folder::create_at(&root.path().join("both")).expect("it is empty");
    folder.write_manifest(&manifest(&plan)).expect("it can be written");
    perform(&plan, &folder, &mut |_| std::ops::ControlFlow::Continue(())).expect("every trial runs");
    sum_up(&folder).expect("all of it can be read").summary
}

fn find<'a>(summary: &'a Summary, strategy: &str, figure: &str) -> &'a Agreement {
    let is_it = |agreement: &&Agreement| agreement.strategy == strategy && agreement.figure == figure;
    summary.agreements.iter().find(is_it).expect("both substrates have the figure")
}

#[test]
fn both_substrates_judge_a_file_alike_and_tell_about_the_same() {
    let summary = summary();
    assert_eq!(summary.substrate, "live and sim");
    let verdicts: Vec<Verdict> = summary.points.iter().map(|point| point.verdict).collect();
    assert_eq!(verdicts, [Verdict::Valid; 4], "{:?}", summary.reasons);
    assert_eq!((summary.guaranteed.hits, summary.guaranteed.n > 50), (0, true), "{:?}", summary.guaranteed);
    // The control shows on both that there was something to keep.
    let stale = find(&summary, "none", "stale_rate");
    assert!(stale.live > 0.1 && stale.sim > 0.1, "{stale:?}");
    assert!((stale.live - stale.sim).abs() < 0.1, "{stale:?}");
    let wait = find(&summary, "wait", "wait_mean_ms");
    assert!(wait.sim / wait.live > 0.67 && wait.sim / wait.live < 1.5, "{wait:?}");
}

#[test]
fn equal_seeds_meet_the_same_arrivals_on_both_substrates() {
    let plan = plan();
    let operations = |trial: &readback::experiment::Trial| {
        let workload = trial.scenario.check().expect("the scenario fits");
        match workload.sequence() {
            readback::workload::Sequence::Open(schedule) => schedule.collect::<Vec<_>>(),
            readback::workload::Sequence::Closed(_) => Vec::new(),
        }
    };
    let [first, others @ ..] = &plan.trials[..] else { panic!("the plan has trials") };
    let expected = operations(first);
    assert!(expected.len() > 500, "{}", expected.len());
    assert!(others.iter().all(|trial| operations(trial) == expected));
}
