//! Partitions heal, paused branches catch up, duplicates and losses do no harm.

use std::time::Duration;

use readback::history::{Edge, Milestone};
use readback::model::{BranchId, Strategy, Time};
use readback::network::{Distribution, Fault, FaultWindow, Leg, Loss, Probability, Rule};
use readback::results::Verdict;

use super::trials::{MS, closed, lasting, open, run, under};

#[test]
fn a_partition_heals_and_the_branches_converge() {
    let mut scenario = lasting(900 * MS, open(500.0));
    let groups = vec![[BranchId(1)].into(), [BranchId(2), BranchId(3)].into()];
    let fault = Fault::Partition { groups };
    scenario.network.faults.push(FaultWindow { id: 7, from: 150 * MS, until: 450 * MS, fault });
    let trial = run(&scenario);
    let edges: Vec<_> =
        trial.history.faults.iter().map(|fault| (fault.event.fault, fault.event.edge)).collect();
    assert_eq!(edges, [(7, Edge::Begin), (7, Edge::End)]);
    let dropped: Vec<_> =
        trial.history.sent.iter().map(|sent| &sent.event).filter(|sent| sent.delays.is_empty()).collect();
    assert!(dropped.len() > 10);
    assert!(dropped.iter().all(|sent| [sent.from, sent.to].contains(&BranchId(1))));
    let (from, until) = (Time(0) + 150 * MS, Time(0) + 450 * MS);
    assert!(dropped.iter().all(|sent| from <= sent.t && sent.t < until));
    assert_eq!(
        trial.milestones(),
        [Milestone::WarmUpOver, Milestone::LoadOver, Milestone::Healed, Milestone::Drained]
    );
    assert_eq!(trial.judgement.verdict, Verdict::Valid, "{:?}", trial.judgement.reasons);
    assert_eq!(trial.judgement.converged, Some(true));
}

#[test]
fn a_paused_branch_says_nothing_and_catches_up() {
    let mut scenario = open(500.0);
    let branch = BranchId(2);
    let (from, until) = (200 * MS, 350 * MS);
    scenario.network.faults.push(FaultWindow { id: 0, from, until, fault: Fault::Pause { branch } });
    let trial = run(&scenario);
    let asleep = |t: Time| Time(0) + from < t && t < Time(0) + until;
    assert!(!trial.history.applies.iter().any(|a| a.event.branch == branch && asleep(a.event.t)));
    assert!(!trial.history.sent.iter().any(|sent| sent.event.from == branch && asleep(sent.event.t)));
    let answered = trial.history.operations.iter().filter(|o| o.invoke.event.branch == branch);
    let answered = answered.filter_map(|operation| operation.complete.as_ref()?.event.answered);
    assert!(answered.clone().all(|t| !asleep(t)));
    let resumed = answered.filter(|&t| t == Time(0) + until).count();
    assert!(resumed > 3, "{resumed} requests were waiting");
    assert_eq!(trial.judgement.verdict, Verdict::Valid, "{:?}", trial.judgement.reasons);
    assert!(trial.has_drained());
}

#[test]
fn lost_and_duplicated_messages_do_no_harm() {
    let mut scenario = lasting(2 * Duration::from_secs(1), closed(5 * MS));
    scenario.network.rules.push(Rule {
        loss: Some(Loss::Independent(Probability::new(0.1).unwrap())),
        duplication: Some(Probability::new(0.1).unwrap()),
        ..Rule::on(&Leg::ALL)
    });
    for strategy in [Strategy::None, Strategy::Wait] {
        let trial = run(&under(strategy, scenario.clone()));
        assert_eq!(trial.judgement.verdict, Verdict::Valid, "{:?}", trial.judgement.reasons);
        assert_eq!(trial.judgement.converged, Some(true));
        let repeated = trial.history.operations.iter().filter_map(|operation| operation.complete.as_ref());
        assert!(repeated.filter(|complete| complete.event.attempts > 2).count() > 5);
        assert!(trial.observed.branches.iter().any(|branch| branch.batches_duplicated > 0));
    }
}

#[test]
fn a_cluster_that_cannot_converge_ends_at_the_bound_of_the_drain_and_is_not_blamed() {
    let lost = Rule { loss: Some(Loss::Independent(Probability::ALWAYS)), ..Rule::on(&[Leg::Replicate]) };
    let far = Rule {
        delay: Some(Distribution::constant(Duration::from_secs(3_600))),
        ..Rule::on(&[Leg::Replicate])
    };
    for rule in [lost, far] {
        let mut scenario = open(200.0);
        scenario.network.rules.push(rule);
        let trial = run(&under(Strategy::None, scenario));
        assert_eq!(trial.milestones().last(), Some(&Milestone::DrainBound));
        assert_eq!(trial.history.ended_at, Some(trial.history.phases.last().unwrap().event.t));
        let judgement = trial.judgement;
        assert_eq!((judgement.verdict, judgement.converged), (Verdict::Unknown, None), "{judgement:#?}");
        let reasons = judgement.reasons.join("; ");
        assert!(reasons.contains("`run.drain_s`") && reasons.contains("still on its way"), "{reasons}");
    }
}
