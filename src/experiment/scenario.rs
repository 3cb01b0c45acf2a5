//! One trial as it will run, made of a file that is swept no more.

use std::time::Duration;

use serde_json::Value;

use super::order::trial_seed;
use super::parts::seconds;
use super::written::{ArrivalTable, Spec, StrategyName, SubstrateName};
use super::wrong::{KeyPath, Within, Wrong};
use super::{cluster, crashes, fault, guarantee, network, workload};
use crate::history::Substrate;
use crate::scenario::{BranchFaultError, Scenario, ScenarioError};

/// Seconds that the parts of a trial may last.
const DURATION_MAX_S: f64 = 86_400.0;
const AROUND_MAX_S: f64 = 3_600.0;

/// The file with the defaults filled in that depend on other keys.
pub(super) fn filled(mut spec: Spec) -> Result<Spec, Wrong> {
    let (warm_up, measured, _) = lengths(&spec).within("run")?;
    match spec.workload.arrival {
        ArrivalTable::PoissonPerS(_) | ArrivalTable::ConstantPerS(_) => {}
        ArrivalTable::Closed { .. } | ArrivalTable::WriteThenRead { .. } => {
            let each = workload::operations_per_session(&spec.workload, warm_up + measured);
            spec.workload.operations_per_session = Some(each);
        }
    }
    Ok(spec)
}

/// The scenario of a filled file with a trial and one strategy. All checks but [`check`]'s are made here.
pub(super) fn scenario(spec: &Spec, strategy: StrategyName) -> Result<Scenario, Wrong> {
    let (warm_up, measured, drain_max) = lengths(spec).within("run")?;
    let load_ends = warm_up + measured;
    let substrate = match spec.run.substrate {
        SubstrateName::Live => Substrate::Live,
        SubstrateName::Sim => Substrate::Sim,
    };
    let branches = cluster::branches(&spec.cluster, substrate).within("cluster")?;
    let (trial, repetition) = spec.trial.as_ref().map_or(("", 1), |trial| (&trial.id, trial.repetition));
    let seed = trial_seed(spec.run.seed, repetition);
    let (faults, accidents) = fault::windows(&spec.fault, seed)?;
    let (sync_time, service_time) = cluster::virtual_times(&spec.cluster).within("cluster")?;
    Ok(Scenario {
        trial: trial.to_owned(),
        seed,
        substrate,
        policy: guarantee::policy(&spec.guarantee, strategy).within("guarantee")?,
        limits: cluster::limits(&spec.cluster).within("cluster")?,
        timing: cluster::timing(&spec.cluster).within("cluster")?,
        network: network::plan(&spec.network, faults, &branches, Some(load_ends))?,
        workload: workload::plan(&spec.workload, &branches, load_ends)?,
        warm_up,
        measured,
        queued_max: usize::try_from(spec.workload.queued_max).unwrap_or(usize::MAX),
        isolated_writes: spec.workload.isolated_writes,
        drain_max,
        processes: spec.cluster.processes,
        durability: cluster::durability(&spec.cluster),
        group_max: cluster::group_max(&spec.cluster).within("cluster")?,
        accidents,
        service_time,
        sync_time,
        plan: without_nulls(serde_json::to_value(spec).expect("a file without strange numbers is JSON")),
    })
}

/// What only the whole scenario tells: whether its parts fit together, and whether its accounts suffice.
pub(super) fn check(scenario: &Scenario, spec: &Spec) -> Result<(), Wrong> {
    let error = match scenario.check() {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let path = match &error {
        ScenarioError::Workload(error) => {
            return Err(workload::wrong(error, &spec.workload, &scenario.workload.branches));
        }
        ScenarioError::Policy(_) => KeyPath::of(["guarantee"]),
        ScenarioError::Network(_) => KeyPath::of(["network"]),
        ScenarioError::StrangeBranch(_) => KeyPath::of(["cluster", "branches"]),
        ScenarioError::NothingMeasured | ScenarioError::UnequalEnds { .. } => {
            KeyPath::of(["run", "duration_s"])
        }
        ScenarioError::BranchFault { id, error } => {
            let id = crashes::table_of(*id).to_string();
            let path = KeyPath::of(["fault", &id, accident_key(error)]);
            return Err(Wrong { path, message: format!("`{}`: {error}", accident_key(error)) });
        }
        ScenarioError::NeedsProcesses | ScenarioError::IsolatedProcesses => {
            KeyPath::of(["cluster", "processes"])
        }
        ScenarioError::NeedsDisk => KeyPath::of(["cluster", "durability"]),
        ScenarioError::IsolatedArrivals => KeyPath::of(["workload", "isolated_writes"]),
    };
    let key = path.0.last().cloned().unwrap_or_default();
    Err(Wrong { path, message: format!("`{key}`: {error}") })
}

/// The key of a fault's table that is to blame.
fn accident_key(error: &BranchFaultError) -> &'static str {
    match error {
        BranchFaultError::EndsBeforeStart { .. } | BranchFaultError::OutsideLoad { .. } => "until_s",
        BranchFaultError::UnknownBranch(_) => "branch",
        BranchFaultError::IdTaken
        | BranchFaultError::Overlaps { .. }
        | BranchFaultError::OverlapsPause { .. } => "from_s",
    }
}

/// Warm-up, measured time, and drain.
fn lengths(spec: &Spec) -> Result<(Duration, Duration, Duration), Wrong> {
    let (duration_s, drain_s) = (spec.run.duration_s, spec.run.drain_s);
    let warm_up = at_most("warm_up_s", spec.run.warm_up_s, AROUND_MAX_S)?;
    let measured = above_zero("duration_s", duration_s, at_most("duration_s", duration_s, DURATION_MAX_S)?)?;
    let drain = above_zero("drain_s", drain_s, at_most("drain_s", drain_s, AROUND_MAX_S)?)?;
    Ok((warm_up, measured, drain))
}

fn at_most(key: &str, value: f64, most: f64) -> Result<Duration, Wrong> {
    let span = seconds(key, value)?;
    if value > most { Err(Wrong::value(key, value, &format!("give at most {most}"))) } else { Ok(span) }
}

fn above_zero(key: &str, value: f64, span: Duration) -> Result<Duration, Wrong> {
    if span.is_zero() { Err(Wrong::value(key, value, "write seconds above zero")) } else { Ok(span) }
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
