//! One trial as it will run, made of a file that is swept no more.

use std::time::Duration;

use serde_json::Value;

use super::file::{ArrivalTable, PositiveCount, Seconds, SeedsWord, Spec};
use super::invalid::{Invalid, KeyPath, Within};
use super::order::{point_seed, trial_seed};
use super::{cluster, crashes, fault, guarantee, network, workload};
use crate::model::Strategy;
use crate::scenario::{BranchFaultError, Scenario, ScenarioError};

/// The most seconds that the parts of a trial may last.
const DURATION_MAX_S: f64 = 86_400.0;
const AROUND_MAX_S: f64 = 3_600.0;

/// The file with the defaults filled in that depend on other keys.
pub(super) fn filled(mut spec: Spec) -> Result<Spec, Invalid> {
    let (warm_up, measured, _) = lengths(&spec).within("run")?;
    match spec.workload.arrival {
        ArrivalTable::PoissonPerS(_) | ArrivalTable::ConstantPerS(_) => {}
        ArrivalTable::Closed { .. } | ArrivalTable::WriteThenRead { .. } => {
            let each = workload::operations_per_session(&spec.workload, warm_up + measured);
            spec.workload.operations_per_session = Some(PositiveCount::from(each as usize));
        }
    }
    Ok(spec)
}

/// The scenario of a filled file with a trial and one strategy. All checks but [`check`]'s are made here.
pub(super) fn scenario(spec: &Spec, strategy: Strategy) -> Result<Scenario, Invalid> {
    let (warm_up, measured, drain_max) = lengths(spec).within("run")?;
    let load_ends = warm_up + measured;
    let branches = cluster::branches(&spec.cluster, spec.run.substrate).within("cluster")?;
    let (trial, repetition) = spec.trial.as_ref().map_or(("", 1), |trial| (&trial.id, trial.repetition));
    let seed = match (spec.run.seeds, &spec.trial) {
        (SeedsWord::PerPoint, Some(trial)) => point_seed(spec.run.seed, &trial.point),
        (SeedsWord::PerPoint, None) | (SeedsWord::Equal, _) => spec.run.seed,
    };
    let seed = trial_seed(seed, repetition);
    let (windows, branch_faults) = fault::windows(&spec.fault, seed)?;
    Ok(Scenario {
        trial: trial.to_owned(),
        seed,
        substrate: spec.run.substrate,
        policy: guarantee::policy(&spec.guarantee, strategy).within("guarantee")?,
        limits: cluster::limits(&spec.cluster),
        timing: cluster::timing(&spec.cluster).within("cluster")?,
        network: network::plan(&spec.network, windows, &branches, Some(load_ends))?,
        workload: workload::plan(&spec.workload, &branches, load_ends)?,
        warm_up,
        measured,
        queued_max: usize::try_from(spec.workload.queued_max).unwrap_or(usize::MAX),
        isolated_writes: spec.workload.isolated_writes,
        drain_max,
        processes: spec.cluster.processes,
        durability: spec.cluster.durability,
        group_max: spec.cluster.group_max.get(),
        accidents: branch_faults,
        service_time: spec.cluster.service_ms.duration(),
        sync_time: spec.cluster.sync_ms.duration(),
        plan: without_nulls(serde_json::to_value(spec).expect("a file without strange numbers is JSON")),
    })
}

/// The checks that need the whole scenario: whether its parts fit together, and whether its accounts suffice.
pub(super) fn check(scenario: &Scenario, spec: &Spec) -> Result<(), Invalid> {
    let error = match scenario.check() {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let path = match &error {
        ScenarioError::Workload(error) => {
            return Err(workload::invalid(error, &spec.workload, &scenario.workload.branches));
        }
        ScenarioError::Policy(_) => KeyPath::of(["guarantee"]),
        ScenarioError::Network(_) => KeyPath::of(["network"]),
        ScenarioError::StrangeBranch(_) => KeyPath::of(["cluster", "branches"]),
        ScenarioError::NothingMeasured | ScenarioError::UnequalEnds { .. } => {
            KeyPath::of(["run", "duration_s"])
        }
        ScenarioError::BranchFault { id, error } => {
            let id = crashes::table_of(*id).to_string();
            let path = KeyPath::of(["fault", &id, branch_fault_key(error)]);
            return Err(Invalid { path, message: format!("`{}`: {error}", branch_fault_key(error)) });
        }
        ScenarioError::NeedsProcesses | ScenarioError::IsolatedProcesses => {
            KeyPath::of(["cluster", "processes"])
        }
        ScenarioError::NeedsDisk => KeyPath::of(["cluster", "durability"]),
        ScenarioError::IsolatedArrivals => KeyPath::of(["workload", "isolated_writes"]),
    };
    let key = path.0.last().cloned().unwrap_or_default();
    Err(Invalid { path, message: format!("`{key}`: {error}") })
}

/// The key of a fault's table that is to blame.
fn branch_fault_key(error: &BranchFaultError) -> &'static str {
    match error {
        BranchFaultError::EndsBeforeStart { .. } | BranchFaultError::OutsideLoad { .. } => "until_s",
        BranchFaultError::UnknownBranch(_) => "branch",
        BranchFaultError::IdTaken
        | BranchFaultError::Overlaps { .. }
        | BranchFaultError::OverlapsPause { .. } => "from_s",
    }
}

/// Warm-up, measured time, and drain.
fn lengths(spec: &Spec) -> Result<(Duration, Duration, Duration), Invalid> {
    let run = &spec.run;
    let warm_up = at_most("warm_up_s", run.warm_up_s, AROUND_MAX_S)?;
    let measured = above_zero("duration_s", at_most("duration_s", run.duration_s, DURATION_MAX_S)?)?;
    let drain = above_zero("drain_s", at_most("drain_s", run.drain_s, AROUND_MAX_S)?)?;
    Ok((warm_up, measured, drain))
}

fn at_most(key: &str, length: Seconds, most_s: f64) -> Result<Duration, Invalid> {
    if length.get() > most_s {
        return Err(Invalid::value(key, length.get(), &format!("give at most {most_s}")));
    }
    Ok(length.duration())
}

fn above_zero(key: &str, length: Duration) -> Result<Duration, Invalid> {
    if length.is_zero() { Err(Invalid::value(key, 0, "write seconds above zero")) } else { Ok(length) }
}

/// TOML has no null: what is absent stays absent.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let present = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(present.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(without_nulls).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
