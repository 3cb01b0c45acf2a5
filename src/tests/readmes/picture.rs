//! The picture of a read that waits is what a simulation of two branches draws.

use std::fs;

use readback::chart;
use readback::experiment::{Overrides, read};
use readback::results::{SpaceTime, TimedBarKind};
use readback::verify;

use super::{is_update, repository};

const PICTURE: &str = "results/read-that-waits.svg";

/// One session, a deposit and then a read at the other branch, which is 20 ms away.
const EXPERIMENT: &str = r#"
question = "How does a read wait for its session's own write?"

[run]
substrate = "sim"
duration_s = 0.02
warm_up_s = 0
repetitions = 1

[cluster]
branches = 2

[guarantee]
strategy = ["none", "wait"]

[workload]
sessions = 1
arrival = { write_then_read = { gap = { constant_ms = 0 } } }
roam = "alternate"
mix = { deposit = 0.5, withdraw = 0, query = 0.5 }

[network.between_branches]
delay = { constant_ms = 20 }

[network.customer_to_branch]
delay = { constant_ms = 2 }
"#;

fn diagram(strategy: &str) -> SpaceTime {
    let plan = read("picture", EXPERIMENT, &Overrides::default()).expect("the experiment is sound");
    let trial = plan.trials.into_iter().find(|trial| trial.strategy.to_string() == strategy);
    let trial = trial.expect("the strategy is compared");
    verify::illustrate(
        trial.scenario,
        "A read waits for its session's own write".to_owned(),
        "The session deposits at branch 1 and then reads at branch 2, to which writes take 20 ms. Branch 2 lacks the \
         write that the read's token names, parks the read, applies the write, and answers."
            .to_owned(),
    )
    .expect("a small trial runs")
}

fn has_parked(diagram: &SpaceTime) -> bool {
    diagram.bars.iter().any(|bar| bar.kind == TimedBarKind::Parked)
}

#[test]
fn the_picture_of_a_read_that_waits_is_what_a_simulation_draws() {
    let diagram = diagram("wait");
    assert!(has_parked(&diagram), "{:#?}", diagram.moments);
    let svg = chart::space_time(&diagram).svg;
    let path = repository().join(PICTURE);
    if is_update() {
        fs::write(path, svg).expect("a picture can be written");
    } else {
        let saved = fs::read_to_string(path).expect("the picture is there");
        assert!(saved == svg, "{PICTURE} differs from what is drawn now; write it with UPDATE_READMES=1");
    }
}

#[test]
fn without_the_guarantee_no_read_is_parked() {
    assert!(!has_parked(&diagram("none")));
}
