//! Whole files: the plans that they make, and the errors of those that make none.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::model::{Guarantees, Strategy};
use crate::network::{Distribution, Order};
use crate::results::{ChartKind, ChartSpec};
use crate::scenario::Scenario;
use crate::workload::{Load, Roam};

const BASE: &str = "\
question = \"why?\"
[run]
duration_s = 1
warm_up_s = 0.5
repetitions = 2
[workload]
arrival = { poisson_per_s = 100 }
[network.between_branches]
delay = { exponential = { mean_ms = 20 } }
[[fault]]
kind = \"partition\"
from_s = 0.5
until_s = 1.5
groups = [[1], [2, 3]]
";

fn set(pairs: &[(&str, &str)]) -> Overrides {
    let set = pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    Overrides { set, ..Overrides::default() }
}

fn plan(text: &str, sets: &[(&str, &str)]) -> Plan {
    read("base", text, &set(sets)).unwrap_or_else(|error| panic!("{}", error.in_file("base.toml")))
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.trials.iter().map(|trial| trial.id.as_str()).collect()
}

fn outcome(text: &str, overrides: &Overrides) -> String {
    match read("base", text, overrides) {
        Ok(plan) => format!("fine: {:?}", ids(&plan)),
        Err(error) => error.in_file("base.toml"),
    }
}

/// The file without the one of its parts, or with another instead.
fn changed(part: &str, to: &str) -> String {
    assert!(BASE.contains(part), "{part}");
    BASE.replacen(part, to, 1)
}

#[test]
fn what_is_written_is_what_runs() {
    let plan = plan(BASE, &[]);
    let ms = Duration::from_millis;
    let Scenario { warm_up, measured, policy, network, workload, .. } = &plan.trials[1].scenario;
    assert_eq!((*warm_up, *measured), (ms(500), ms(1000)));
    assert_eq!((policy.strategy, policy.guarantees), (Strategy::Wait, Guarantees::READ_YOUR_WRITES));
    assert_eq!(network.duration, ms(1500));
    assert_eq!(network.rules[0].delay, Distribution::exponential(ms(20)).ok());
    assert_eq!(network.faults[0].until, ms(1500));
    assert!(matches!(workload.load, Load::Open { duration, .. } if duration == ms(1500)));
    assert_eq!((plan.name.as_str(), plan.question.as_str(), plan.seed), ("base", "why?", 1));
    assert_eq!(plan.strategies, [Strategy::None, Strategy::Wait]);
    // Four trials of 1.5 s, and 0.55 s around each.
    assert_eq!(plan.expected, ms(8200));
}

#[test]
fn a_question_is_enough() {
    let plan = plan("question = \"why?\"", &[]);
    assert_eq!(plan.trials.len(), 12);
    assert_eq!(plan.trials[0].scenario.network.rules, []);
    assert_eq!(plan.trials[0].scenario.load_ends(), Duration::from_millis(10_500));
    assert_eq!(plan.charts.len(), 3);
}

/// The five usual slips.
#[test]
fn slips_have_errors_with_file_line_key_and_remedy() {
    let rows = [
        (
            "a wrong key",
            changed("delay =", "delya ="),
            "base.toml:9:1: unknown field `delya`, expected one of `delay`, `drop`, `bursts`, `duplicate`, \
             `order`; did you mean `delay`?",
        ),
        (
            "a wrong unit",
            changed("duration_s", "duration_ms"),
            "base.toml:3:1: unknown field `duration_ms`, expected one of `substrate`, `duration_s`, \
             `warm_up_s`, `repetitions`, `seed`, `seeds`, `drain_s`; did you mean `duration_s`?",
        ),
        (
            "a negative rate",
            changed("100", "-5"),
            "base.toml:7:13: `arrival.poisson_per_s` is -5; give a finite number above 0",
        ),
        (
            "an unknown branch",
            changed("[1]", "[9]"),
            "base.toml:14:1: `groups`: branch 9 is not in this cluster, which has 1, 2, 3",
        ),
        (
            "start after stop",
            changed("from_s = 0.5", "from_s = 2"),
            "base.toml:13:1: `until_s`: the window ends at 1.5s, and it starts at 2s; let it end after it starts",
        ),
    ];
    for (name, text, expected) in rows {
        assert_eq!(outcome(&text, &Overrides::default()), expected, "{name}");
    }
    assert!(outcome(BASE, &Overrides::default()).starts_with("fine"));
}

#[test]
fn other_slips_have_such_errors_as_well() {
    let rows = [
        ("question = \"why?\"", "", "base.toml:1:1: missing field `question`"),
        (
            "\"why?\"",
            "\" \"",
            "base.toml:1:1: `question` is empty; write the question that the experiment answers",
        ),
        (
            "duration_s = 1",
            "duration_s = \"1\"",
            "base.toml:3:14: `run.duration_s`: invalid type: string \"1\", expected a number",
        ),
        ("duration_s = 1", "duration_s = 0", "base.toml:3:1: `duration_s` is 0; write seconds above zero"),
        ("repetitions = 2", "repetitions = 0", "base.toml:5:1: `repetitions` is 0; give 1 to 1000"),
        (
            "repetitions = 2",
            "repetitions = -2",
            "base.toml:5:15: `run.repetitions`: invalid value: integer `-2`, expected a whole number from 0",
        ),
        (
            "mean_ms",
            "mean_s",
            "base.toml:9:27: unknown key `mean_s`, expected `mean_ms`; did you mean `mean_ms`?",
        ),
        (
            "until_s = 1.5",
            "until_s = 1.6",
            "base.toml:13:1: `until_s`: the window ends at 1.6s, and the trial at 1.5s; let it end with the load \
             at the latest",
        ),
        (
            "{ poisson_per_s = 100 }",
            "{ poisson_per_s = 100, constant_per_s = 2 }",
            "base.toml:7:11: `workload.arrival`: a table that says by its key which of several it is has exactly \
             one key",
        ),
    ];
    assert_outcomes(&rows);
}

#[test]
fn what_a_cluster_cannot_do_has_such_an_error_too() {
    let rows = [
        (
            "[workload]",
            "[guarantee]\nstrategy = \"hope\"\n[workload]",
            "base.toml:7:12: `guarantee.strategy`: write \"none\", \"wait\", or a list of them such as [\"none\", \
             \"wait\"]",
        ),
        (
            "[workload]",
            "[cluster]\ngroup_max = 0\n[workload]",
            "base.toml:7:13: `cluster.group_max`: 0 is out of range; give 1 to 1000000000",
        ),
        (
            "[workload]",
            "[cluster]\nprocesses = true\n[workload]\nisolated_writes = true",
            "base.toml:7:1: `processes`: isolated writes look into the branches, which processes do not allow; \
             write cluster.processes = false",
        ),
        (
            "[[fault]]",
            "[cluster]\nprocesses = false\n[[fault]]\nkind = \"crash\"\nfrom_s = 0.6\nuntil_s = 0.8\nbranch = 1\n\
             [[fault]]",
            "base.toml:11:1: `processes`: branches of one process cannot die alone; write cluster.processes = \
             true, or use substrate = \"sim\"",
        ),
        ("duration_s = 1", "duration_s = [", "base.toml:4:11: unexpected `=` in array, expected value, `]`"),
        (
            "[workload]",
            "[workload]\nisolated_writes = true",
            "base.toml:7:1: `isolated_writes`: isolated writes need a closed loop: arrivals of an open one do not \
             wait",
        ),
    ];
    assert_outcomes(&rows);
}

/// What `BASE` gives, with one part of it changed.
fn assert_outcomes(rows: &[(&str, &str, &str)]) {
    for &(part, to, expected) in rows {
        assert_eq!(outcome(&changed(part, to), &Overrides::default()), expected);
    }
}

#[test]
fn an_option_goes_over_the_file_and_into_its_text() {
    let sets = [("run.duration_s", "2.5"), ("workload.roam", "sticky"), ("guarantee.strategy", "wait")];
    let plan = plan(BASE, &sets);
    let Scenario { measured, workload, .. } = &plan.trials[0].scenario;
    assert_eq!((*measured, workload.roam), (Duration::from_millis(2500), Roam::Sticky));
    assert_eq!(ids(&plan), ["wait,r1", "wait,r2"]);
    assert!(plan.text.contains("duration_s = 2.5\n"), "{}", plan.text);
    let again = read("base", &plan.text, &Overrides::default()).expect("the text is a file");
    assert_eq!(format!("{:?}", again.trials), format!("{:?}", plan.trials));
}

#[test]
fn repetitions_and_seed_have_options_of_their_own() {
    let overrides = Overrides { repetitions: Some(3), seed: Some(7), ..set(&[("run.seed", "5")]) };
    let plan = read("base", BASE, &overrides).expect("the options are sound");
    assert_eq!((plan.trials.len(), plan.seed), (6, 7));
    let none = Overrides { repetitions: Some(0), ..Overrides::default() };
    assert_eq!(outcome(BASE, &none), "base.toml with --repetitions 0: `repetitions` is 0; give 1 to 1000");
}

#[test]
fn an_error_that_an_option_causes_names_the_option() {
    let rows = [
        (
            ("workload.sesions", "8"),
            "base.toml with --set workload.sesions=8: unknown field `sesions`, expected one of `arrival`, \
             `sessions`, `mix`, `roam`, `queries`, `homes`, `families`, `isolated_writes`, \
             `operations_per_session`, `queued_max`, `accounts_max`; did you mean `sessions`?",
        ),
        (
            ("workload.sessions", "0"),
            "base.toml with --set workload.sessions=0: `sessions` is 0; give at least 1",
        ),
        (
            ("workload.sessions", "many"),
            "base.toml with --set workload.sessions=many: `workload.sessions`: invalid type: string \"many\", \
             expected a whole number from 0",
        ),
        (
            ("run.duration_s", "0.5"),
            "base.toml:13:1: `until_s`: the window ends at 1.5s, and the trial at 1s; let it end with the load at \
             the latest (with --set run.duration_s=0.5)",
        ),
        (
            ("workload.accounts_max", "10"),
            "base.toml with --set workload.accounts_max=10: the load takes 72 accounts, and `accounts_max` is \
             10; raise it, or ask for fewer operations, sessions or accounts side by side",
        ),
        (
            ("fault.1.until_s", "1"),
            "base.toml with --set fault.1.until_s=1: `fault.1.until_s`: there is no entry 1; the list has 1, \
             counted from 0",
        ),
    ];
    for (pair, expected) in rows {
        assert_eq!(outcome(BASE, &set(&[pair])), expected);
    }
    let spoiled = changed("100", "-5");
    let by_itself = outcome(&spoiled, &set(&[("workload.sessions", "8")]));
    assert_eq!(by_itself, "base.toml:7:13: `arrival.poisson_per_s` is -5; give a finite number above 0");
}

const SWEPT: &str = "\
[sweep]
\"network.between_branches.delay.exponential.mean_ms\" = [5, 10]
\"workload.arrival\" = [{ poisson_per_s = 50 }, { closed = { think = { constant_ms = 5 } } }]
";

#[test]
fn every_point_runs_under_every_strategy_in_every_repetition() {
    let plan = plan(&format!("{BASE}{SWEPT}"), &[]);
    assert_eq!(plan.trials.len(), 2 * 2 * 2 * 2);
    assert_eq!(ids(&plan).into_iter().collect::<BTreeSet<_>>().len(), plan.trials.len());
    let trial = plan.trials.iter().find(|trial| trial.id == "mean_ms=10,arrival=poisson_per_s-50,wait,r2");
    let trial = trial.expect("the trial is there");
    assert_eq!(trial.point["network.between_branches.delay.exponential.mean_ms"], json!(10));
    assert_eq!(trial.point["workload.arrival"], json!({ "poisson_per_s": 50 }));
    assert_eq!((trial.strategy, trial.repetition), (Strategy::Wait, 2));
    let mean = trial.scenario.network.rules[0].delay.as_ref().and_then(Distribution::mean);
    assert_eq!(mean, Some(Duration::from_millis(10)));
    assert_eq!(plan.swept, ["network.between_branches.delay.exponential.mean_ms", "workload.arrival"]);
    assert_eq!(plan.charts[2], ChartSpec { kind: ChartKind::StaleRate, x: Some(plan.swept[0].clone()) });
}

#[test]
fn a_whole_list_of_faults_can_be_swept() {
    let fault = "{ kind = \"pause\", from_s = 0.5, until_s = 1.0, branch = 1 }";
    let plan = plan(&format!("{BASE}[sweep]\nfault = [[], [{fault}]]\n"), &[("run.repetitions", "1")]);
    let faults = |id: &str| {
        let trial =
            plan.trials.iter().find(|trial| trial.id == id).unwrap_or_else(|| panic!("{:?}", ids(&plan)));
        trial.scenario.network.faults.len()
    };
    assert_eq!(faults("fault=empty,none,r1"), 0);
    assert_eq!(faults("fault=branch-1-from_s-0.5-kind-pause-until_s-1,none,r1"), 1);
}

#[test]
fn zipped_keys_go_together() {
    let plan = plan(&format!("{BASE}{}", SWEPT.replace("[sweep]", "[sweep]\nmode = \"zipped\"")), &[]);
    let points: BTreeSet<&str> =
        ids(&plan).into_iter().filter_map(|id| id.strip_suffix(",none,r1")).collect();
    let expected = ["mean_ms=10,arrival=closed-think-constant_ms-5", "mean_ms=5,arrival=poisson_per_s-50"];
    assert_eq!(points, expected.into());
}

#[test]
fn strategies_run_a_b_then_b_a() {
    assert_eq!(ids(&plan(BASE, &[])), ["none,r1", "wait,r1", "wait,r2", "none,r2"]);
}

#[test]
fn an_error_that_a_swept_value_causes_names_the_value() {
    let rows = [
        (
            "\"workload.sessions\" = [8, 0]",
            "base.toml:16:27: `workload.sessions` = 0: `sessions` is 0; give at least 1",
        ),
        (
            "\"workload.sesions\" = [8]",
            "base.toml:16:23: `workload.sesions` = 8: unknown field `sesions`, expected one of `arrival`, \
             `sessions`, `mix`, `roam`, `queries`, `homes`, `families`, `isolated_writes`, \
             `operations_per_session`, `queued_max`, `accounts_max`; did you mean `sessions`?",
        ),
        (
            "\"run.warm_up_s\" = [0.5, 0.25]",
            "base.toml:13:1: `until_s`: the window ends at 1.5s, and the trial at 1.25s; let it end with the load \
             at the latest (at warm_up_s=0.25)",
        ),
        (
            "\"workload.roam.home\" = [1.0]\n\"cluster.branches\" = [3, 0]",
            "base.toml:17:26: `cluster.branches` = 0: `branches` is 0; give 1 to 64",
        ),
        (
            "\"fault.0.until_s\" = [1, \"2\"]",
            "base.toml:16:25: `fault.0.until_s` = \"2\": `fault.0.until_s`: invalid type: string \"2\", expected a \
             number",
        ),
        (
            "\"workload.sessions\" = [\"x\"]\n\"cluster.branches\" = [3]",
            "base.toml:16:24: `workload.sessions` = \"x\": `workload.sessions`: invalid type: string \"x\", \
             expected a whole number from 0",
        ),
        (
            "\"workload.accounts_max\" = [1000, 10]",
            "base.toml:16:34: `workload.accounts_max` = 10: the load takes 72 accounts, and `accounts_max` is \
             10; raise it, or ask for fewer operations, sessions or accounts side by side",
        ),
        (
            "\"workload.accounts_max\" = [10, 1000]",
            "base.toml:16:28: `workload.accounts_max` = 10: the load takes 72 accounts, and `accounts_max` is 10; \
             raise it, or ask for fewer operations, sessions or accounts side by side",
        ),
    ];
    for (sweep, expected) in rows {
        assert_eq!(outcome(&format!("{BASE}[sweep]\n{sweep}\n"), &Overrides::default()), expected);
    }
}

#[test]
fn equal_repetitions_differ_in_strategy_and_point_alone() {
    let plan = plan(&format!("{BASE}[sweep]\n\"guarantee.max_wait_ms\" = [100, 200]\n"), &[]);
    let (first, rest) = plan.trials.split_first().expect("there are trials");
    for trial in rest {
        let of_the_same = trial.repetition == first.repetition;
        assert_eq!(trial.scenario.seed == first.scenario.seed, of_the_same, "{}", trial.id);
        let Scenario { workload, network, .. } = &trial.scenario;
        assert_eq!((workload, network), (&first.scenario.workload, &first.scenario.network), "{}", trial.id);
    }
    let other = read("base", BASE, &Overrides { seed: Some(2), ..Overrides::default() });
    assert_ne!(other.expect("the seed is sound").trials[0].scenario.seed, first.scenario.seed);
}

#[test]
fn the_text_of_a_trial_is_that_trial() {
    let plan = plan(
        &format!("{BASE}{SWEPT}"),
        &[("workload.homes", "[1, 1, 2]"), ("network.regions", "{ 2 = \"ue1\" }"), ("network.rule", RULES)],
    );
    for trial in &plan.trials {
        let again = trial_of(&trial.spec_text).expect("the text is a file");
        assert_eq!(format!("{again:?}"), format!("{trial:?}"));
        let whole = read("again", &trial.spec_text, &Overrides::default()).expect("the text is a file");
        assert_eq!(ids(&whole), [&trial.id]);
        assert_eq!(trial.scenario.plan["trial"]["id"], json!(trial.id));
        assert_eq!(trial.scenario.plan["guarantee"]["strategy"], json!(trial.strategy.to_string()));
    }
    assert_eq!(plan.trials[0].scenario.network.rules[2].order, Some(Order::Fifo));
}

const RULES: &str = "[{ from = 1, to = \"customers\", both_ways = true, legs = [\"reply\"], drop = 0.1 }, \
    { to = { branches_in = \"ue1\" }, order = \"fifo\", bursts = { good_ms = 9.5, bad_ms = 1, drop_in_bad = 1 } }]";

#[test]
fn the_text_of_a_trial_has_its_defaults_filled_in() {
    let arrival = ("workload.arrival", "{ closed = { think = { constant_ms = 5 } } }");
    let plan = plan(BASE, &[arrival]);
    let text = &plan.trials[0].spec_text;
    // 40,000 operations a second for 1.5 seconds, over 32 sessions.
    for line in
        ["operations_per_session = 1875", "strategy = \"none\"", "window_runs = 1024", "drain_s = 10.0"]
    {
        assert!(text.contains(&format!("{line}\n")), "{line} in\n{text}");
    }
    assert!(!text.contains("[sweep]") && !text.contains("[[chart]]"));
}

#[test]
fn a_file_that_is_one_trial_is_nothing_else() {
    let one = |more: &str| format!("{BASE}{more}[trial]\nid = \"none,r2\"\nrepetition = 2\n");
    let none = "[guarantee]\nstrategy = \"none\"\n";
    assert_eq!(ids(&plan(&one(none), &[])), ["none,r2"]);
    assert_eq!(
        plan(&one(none), &[]).trials[0].scenario.seed,
        plan(BASE, &[]).trials.last().expect("there are trials").scenario.seed
    );
    let rows = [
        (one(""), "`strategy` names several; a file with `[trial]` is one trial"),
        (one(&format!("{none}{SWEPT}")), "`sweep`: a file with `[trial]` is one trial; take one of them out"),
        (one(none).replace("none,r2", "../r2"), "`id` is the name of a folder: letters, digits"),
        (one(none).replace("repetition = 2\n", "repetition = 0\n"), "`repetition` is 0; give 1 to 1000"),
    ];
    for (text, expected) in rows {
        let error = read("base", &text, &Overrides::default()).expect_err(expected);
        assert!(error.message.starts_with(expected), "{error}");
    }
    let error = scenario_of(BASE).expect_err("an experiment is not one trial");
    assert!(error.message.starts_with("`trial` is missing"), "{error}");
}

#[test]
fn too_many_trials_are_refused_before_they_are_made() {
    let sweep = format!("{BASE}[sweep]\n\"run.drain_s\" = {:?}\n", (1..=10).collect::<Vec<u32>>());
    assert_eq!(
        outcome(&sweep, &set(&[("run.repetitions", "501")])),
        "base.toml with --set run.repetitions=501: `repetitions` is 501; that makes 10020 trials, and at most \
         10000 are run"
    );
}

#[test]
fn every_experiment_of_the_project_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry can be read").path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let text = fs::read_to_string(&path).expect("the file can be read");
            // Each repetition is a load of its own to run through, and all are alike.
            let plan = read("any", &text, &Overrides { repetitions: Some(1), ..Overrides::default() });
            let plan = plan.unwrap_or_else(|error| panic!("{}", error.in_file(&path.display().to_string())));
            let trial = plan.trials.last().expect("there are trials");
            assert!(scenario_of(&trial.spec_text).is_ok(), "{}", path.display());
            names.push(path.file_stem().expect("a name").to_string_lossy().into_owned());
        }
    }
    assert!(names.contains(&"quickstart".to_owned()), "{names:?}");
}

#[test]
fn the_quickstart_compares_open_and_closed_loops_in_35_seconds() {
    let plan = plan(include_str!("../../experiments/quickstart.toml"), &[]);
    assert_eq!(plan.trials.len(), 3 * 2 * 2);
    assert!(plan.expected <= Duration::from_secs(35), "{:?}", plan.expected);
    let is_closed = |trial: &&Trial| matches!(trial.scenario.workload.load, Load::Closed { .. });
    assert_eq!(plan.trials.iter().filter(is_closed).count(), 6);
    assert!(plan.trials.iter().any(|trial| trial.id == "arrival=poisson_per_s-1800,wait,r1"));
}

#[test]
fn points_share_their_seeds_unless_the_file_gives_each_its_own() {
    let text = format!("{BASE}[sweep]\n\"cluster.branches\" = [3, 4]\n")
        .replace("groups = [[1], [2, 3]]", "branch = 1");
    let text = text.replace("partition", "isolate");
    let seeds = |text: &str| -> BTreeSet<u64> {
        plan(text, &[]).trials.iter().map(|trial| trial.scenario.seed).collect()
    };
    assert_eq!(seeds(&text).len(), 2, "one for each repetition");
    let own = text.replace("duration_s = 1\n", "duration_s = 1\nseeds = \"per_point\"\n");
    assert_eq!(seeds(&own).len(), 4);
    for trial in plan(&own, &[]).trials {
        assert_eq!(scenario_of(&trial.spec_text).expect("the text is a file").seed, trial.scenario.seed);
    }
}
