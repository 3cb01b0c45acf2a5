//! Scenarios under test, and what became of them.

use std::io::BufReader;
use std::ops::ControlFlow;
use std::time::Duration;

use readback::checker;
use readback::history::{History, Milestone, PairedOperation, Reader, RecordedOutcome, RecordedSuccess};
use readback::model::{BranchId, Strategy};
use readback::network::{Distribution, Leg, NetworkPlan, Order, Route, RouteEnd, Rule};
use readback::results::{Judgement, Observed};
use readback::scenario::{Scenario, TrialOutput};
use readback::session::Policy;
use readback::sim::run_trial;
use readback::workload::{Arrivals, Load, ThinkTime, WorkloadPlan};

pub const MS: Duration = Duration::from_millis(1);

/// A trial that has run.
pub struct Trial {
    pub history: History,
    pub observed: Observed,
    pub judgement: Judgement,
}

/// Three branches, 20 ms apart on average, and customers 1 ms away; half a second of load after a tenth.
pub fn scenario(load: Load) -> Scenario {
    let branches = [1, 2, 3].map(BranchId);
    let mut network = NetworkPlan::new(branches, 600 * MS);
    network.rules.push(Rule {
        route: Route { from: RouteEnd::Branches, to: RouteEnd::Branches, both_ways: true },
        delay: Some(Distribution::exponential(20 * MS).unwrap()),
        order: Some(Order::Fifo),
        ..Rule::on(&[Leg::Replicate, Leg::Ack])
    });
    network
        .rules
        .push(Rule { delay: Some(Distribution::constant(MS)), ..Rule::on(&[Leg::Request, Leg::Reply]) });
    let workload = WorkloadPlan::new(branches, 8, load);
    Scenario { warm_up: 100 * MS, ..Scenario::new(network, workload, 500 * MS) }
}

pub fn open(rate_per_s: f64) -> Scenario {
    scenario(Load::Open { arrivals: Arrivals::Poisson { rate_per_s }, duration: 600 * MS })
}

pub fn closed(think: Duration) -> Scenario {
    scenario(Load::Closed { think: ThinkTime::Constant(think), operations_per_session: 5_000 })
}

pub fn under(strategy: Strategy, scenario: Scenario) -> Scenario {
    Scenario { policy: Policy { strategy, ..scenario.policy }, ..scenario }
}

/// The scenario for so much longer.
pub fn lasting(measured: Duration, mut scenario: Scenario) -> Scenario {
    scenario.measured = measured;
    scenario.network.duration = scenario.load_ends();
    if let Load::Open { duration, .. } = &mut scenario.workload.load {
        *duration = scenario.warm_up + measured;
    }
    scenario
}

/// The history as it is written.
pub fn bytes(scenario: &Scenario) -> Vec<u8> {
    ran(scenario).out
}

pub fn ran(scenario: &Scenario) -> TrialOutput<Vec<u8>> {
    let workload = scenario.check().unwrap();
    run_trial(scenario, &workload, Vec::new(), &mut |_| ControlFlow::Continue(())).unwrap()
}

pub fn run(scenario: &Scenario) -> Trial {
    let TrialOutput { out, observed, .. } = ran(scenario);
    let history = History::load(Reader::new(BufReader::new(&out[..])).unwrap()).unwrap();
    let judgement = checker::judge(&history, scenario.check().unwrap().accounts());
    Trial { history, observed, judgement }
}

impl Trial {
    pub fn milestones(&self) -> Vec<Milestone> {
        self.history.phases.iter().map(|phase| phase.event.reached).collect()
    }

    pub fn has_drained(&self) -> bool {
        self.milestones().last() == Some(&Milestone::Drained)
    }

    pub fn notes(&self) -> Vec<&str> {
        self.history.notes.iter().map(|note| note.event.text.as_str()).collect()
    }
}

/// Whether a write was accepted.
pub fn is_written(operation: &PairedOperation) -> bool {
    let complete = operation.complete.as_ref().map(|complete| &complete.event.outcome);
    matches!(complete, Some(RecordedOutcome::Ok(RecordedSuccess::Written { .. })))
}
