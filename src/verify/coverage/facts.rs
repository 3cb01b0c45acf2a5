//! Coverage of one trial, from its scenario, its history, and the counters of its branches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Coverage, CoverageRow, Sometimes};
use crate::branch::Counters;
use crate::history::{Complete, Edge, History, PairedOperation, RecordedOutcome, RecordedSuccess, Sent};
use crate::model::{BranchId, Strategy, Time};
use crate::network::FaultKind;
use crate::results::Judgement;
use crate::scenario::{BranchFaultKind, Scenario};
use crate::sim::DiskSeen;

/// Everything that is known of a trial.
#[derive(Debug, Clone, Copy)]
pub struct TrialFacts<'a> {
    pub scenario: &'a Scenario,
    pub history: &'a History,
    pub judgement: &'a Judgement,
    /// Sums over all incarnations of all branches; `None` where the substrate does not count.
    pub counters: Option<Counters>,
    pub disks: Option<DiskSeen>,
}

impl TrialFacts<'_> {
    /// Counts every row.
    pub fn coverage(self) -> Coverage {
        let mut coverage = Coverage::default();
        faults(self, &mut coverage);
        outcomes(self.history, &mut coverage);
        requests(self, &mut coverage);
        batches(self.history, &mut coverage);
        incarnations(self.history, &mut coverage);
        unknown_writes(self.history, &mut coverage);
        if let Some(counters) = self.counters {
            counted(counters, &mut coverage);
        }
        if let Some(disks) = self.disks {
            disk_crashes(disks, &mut coverage);
        }
        let mut note = |row, times| coverage.note(CoverageRow::Sometimes(row), times);
        note(Sometimes::ArrivalRefused, self.history.refused.len() as u64);
        note(Sometimes::WriteLost, self.judgement.lost_writes);
        if self.history.header.strategy == Strategy::None {
            note(Sometimes::StaleUnpromised, self.judgement.stale_white_box);
        }
        coverage
    }
}

fn faults(facts: TrialFacts, coverage: &mut Coverage) {
    for begun in facts.history.faults.iter().filter(|fault| fault.event.edge == Edge::Begin) {
        let id = begun.event.fault;
        let window = facts.scenario.network.faults.iter().find(|window| window.id == id);
        let accident = facts.scenario.accidents.iter().find(|accident| accident.id == id);
        let row = match (window, accident.map(|accident| accident.kind)) {
            (Some(window), _) => CoverageRow::Fault(window.fault.kind()),
            (None, Some(kind @ BranchFaultKind::Crash)) if kind.loses_log(facts.scenario.durability) => {
                CoverageRow::CrashLost
            }
            (None, Some(BranchFaultKind::Crash)) => CoverageRow::CrashKept,
            (None, Some(BranchFaultKind::LoseState)) => CoverageRow::LoseState,
            (None, Some(BranchFaultKind::SlowDisk { .. })) => CoverageRow::SlowDisk,
            (None, Some(BranchFaultKind::FullDisk)) => CoverageRow::FullDisk,
            (None, Some(BranchFaultKind::FailingSync)) => CoverageRow::FailingSync,
            (None, None) => continue,
        };
        coverage.note(row, 1);
    }
}

fn outcomes(history: &History, coverage: &mut Coverage) {
    for operation in &history.operations {
        let Some(complete) = &operation.complete else { continue };
        let is_write = operation.invoke.event.operation.is_write();
        let row = match &complete.event.outcome {
            RecordedOutcome::Ok(RecordedSuccess::Written { .. }) => CoverageRow::Written,
            RecordedOutcome::Ok(RecordedSuccess::Balance { .. }) => CoverageRow::Read,
            RecordedOutcome::Fail(cause) if is_write => CoverageRow::WriteFailed(cause.word),
            RecordedOutcome::Fail(cause) => CoverageRow::ReadFailed(cause.word),
            RecordedOutcome::Info(cause) => CoverageRow::WriteUnknown(cause.word),
        };
        coverage.note(row, 1);
    }
}

/// The time for which a request was parked, if it was.
fn parked(complete: &Complete) -> Option<(Time, Time)> {
    let until = complete.answered.unwrap_or(complete.t);
    let from = Time(until.0.saturating_sub(u64::try_from(complete.parked.as_nanos()).unwrap_or(u64::MAX)));
    (!complete.parked.is_zero()).then_some((from, until))
}

fn requests(facts: TrialFacts, coverage: &mut Coverage) {
    let cuts = cuts(facts.scenario);
    let away = away(facts.scenario);
    let returns: Vec<(BranchId, Time)> = away.iter().map(|&(branch, _, until)| (branch, until)).collect();
    let overlaps = |(from, until): (Time, Time), (a, b): (Time, Time)| from < b && a < until;
    let mut note = |row| coverage.note(CoverageRow::Sometimes(row), 1);
    for PairedOperation { invoke, complete } in &facts.history.operations {
        let (Some(complete), invoke) = (complete, &invoke.event) else { continue };
        let complete = &complete.event;
        let is_write = invoke.operation.is_write();
        // A write's first attempt may be a greeting.
        if complete.attempts > 1 + u32::from(is_write) {
            note(Sometimes::Retried);
        }
        if away
            .iter()
            .any(|&(branch, from, until)| branch == invoke.branch && from <= invoke.t && invoke.t < until)
        {
            note(Sometimes::AskedWhileAway);
        }
        let Some(span) = parked(complete) else { continue };
        if !is_write && cuts.iter().any(|&cut| overlaps(span, cut)) {
            note(Sometimes::ParkedInPartition);
        }
        if returns.iter().any(|&(branch, at)| branch != invoke.branch && span.0 < at && at < span.1) {
            note(Sometimes::ParkedOverReturn);
        }
    }
}

/// When some branches were cut off from each other.
fn cuts(scenario: &Scenario) -> Vec<(Time, Time)> {
    let windows = scenario.network.faults.iter().filter(|window| match window.fault.kind() {
        FaultKind::Partition
        | FaultKind::Partial
        | FaultKind::OneWay
        | FaultKind::Ring
        | FaultKind::Bridge
        | FaultKind::Isolate => true,
        FaultKind::Slow | FaultKind::Lossy | FaultKind::Flap | FaultKind::Pause => false,
    });
    windows.map(|window| (time(window.from), time(window.until))).collect()
}

/// Branches that were down or paused, and when.
fn away(scenario: &Scenario) -> Vec<(BranchId, Time, Time)> {
    let down = scenario.accidents.iter().filter(|accident| accident.kind.may_end_it());
    let down = down.map(|accident| (accident.branch, time(accident.from), time(accident.until)));
    let still = scenario
        .network
        .faults
        .iter()
        .filter_map(|window| Some((window.fault.stopped()?, time(window.from), time(window.until))));
    down.chain(still).collect()
}

fn batches(history: &History, coverage: &mut Coverage) {
    let mut note = |row| coverage.note(CoverageRow::Sometimes(row), 1);
    let mut lost = BTreeSet::new();
    for sent in &history.sent {
        let Sent { from, to, origin, first, copy, delays, .. } = &sent.event;
        if delays.is_empty() {
            note(Sometimes::Lost);
            lost.insert((*to, *origin, *first));
        } else if lost.remove(&(*to, *origin, *first)) && *copy > 0 {
            note(Sometimes::SentAgain);
        }
        if delays.len() > 1 {
            note(Sometimes::Duplicated);
        }
        if history.origins.origin(*origin).is_some_and(|origin| origin.branch != *from) {
            note(Sometimes::Relayed);
        }
    }
}

fn incarnations(history: &History, coverage: &mut Coverage) {
    let born = history.origins.len().saturating_sub(history.header.branches.len());
    coverage.note(CoverageRow::Sometimes(Sometimes::BornAgain), born as u64);
    for session in &history.sessions {
        let row = match session.follows {
            Some(follows) if follows.token_kept => Sometimes::SessionForgotten,
            Some(_) => Sometimes::TokenLost,
            None => continue,
        };
        coverage.note(CoverageRow::Sometimes(row), 1);
    }
}

/// Writes without an acknowledgement, and whether some branch has them at the end.
fn unknown_writes(history: &History, coverage: &mut Coverage) {
    let (mut acknowledged, mut unknown) = (BTreeSet::new(), 0_u64);
    for operation in &history.operations {
        match operation.complete.as_ref().map(|complete| &complete.event.outcome) {
            Some(RecordedOutcome::Ok(RecordedSuccess::Written { dot })) => {
                acknowledged.insert(*dot);
            }
            Some(RecordedOutcome::Info(_)) => unknown += 1,
            Some(RecordedOutcome::Ok(RecordedSuccess::Balance { .. }) | RecordedOutcome::Fail(_)) | None => {}
        }
    }
    let mut present = BTreeMap::new();
    for (origin, counter) in history.finals.iter().flat_map(|at_end| at_end.event.applied.iter()) {
        let most = present.entry(origin).or_insert(0);
        *most = counter.max(*most);
    }
    let all: u64 = present.values().sum();
    let named =
        acknowledged.iter().filter(|dot| present.get(&dot.0).is_some_and(|&most| dot.1 <= most)).count();
    let happened = all.saturating_sub(named as u64).min(unknown);
    coverage.note(CoverageRow::Sometimes(Sometimes::UnknownHappened), happened);
    coverage.note(CoverageRow::Sometimes(Sometimes::UnknownDidNot), unknown - happened);
}

fn disk_crashes(disks: DiskSeen, coverage: &mut Coverage) {
    let DiskSeen { unwritten, unsynced, unreported, torn, checkpoints } = disks;
    let rows = [
        (Sometimes::CrashUnwritten, unwritten),
        (Sometimes::CrashUnsynced, unsynced),
        (Sometimes::CrashUnreported, unreported),
        (Sometimes::TornTail, torn),
        (Sometimes::Checkpoint, checkpoints),
    ];
    rows.into_iter().for_each(|(row, times)| coverage.note(CoverageRow::Sometimes(row), times));
}

fn counted(counters: Counters, coverage: &mut Coverage) {
    let rows = [
        (Sometimes::Overdraft, counters.overdrafts),
        (Sometimes::BatchTwice, counters.batches_duplicated),
        (Sometimes::EarlyGivenUp, counters.early_given_up),
        (Sometimes::Joined, counters.joined),
        (Sometimes::Recalled, counters.recalled),
        (Sometimes::LogFull, counters.log_full),
        (Sometimes::DiskFull, counters.disk_full),
        (Sometimes::Snapshot, counters.installed_snapshots),
        (Sometimes::TransferBroken, counters.broken_transfers),
        (Sometimes::ParkedFull, counters.parked_full),
        (Sometimes::CopiesFull, counters.copies_full),
    ];
    rows.into_iter().for_each(|(row, times)| coverage.note(CoverageRow::Sometimes(row), times));
}

fn time(at: Duration) -> Time {
    Time(0) + at
}
