//! One simulation from beginning to end, and the history that it leaves.

use std::io::{self, Write};
use std::ops::ControlFlow;

use super::log::DiskSeen;
use super::observer::Observer;
use super::world::World;
use crate::branch::{ConfigError, Counters};
use crate::history::{Event, Writer};
use crate::network::{InjectionError, NetworkPlanError};
use crate::results::{BranchObserved, Observed};
use crate::scenario::{Scenario, TrialOutput, TrialProgress, UnknownOrigin, lateness};
use crate::workload::Workload;

/// Why a simulation did not end.
#[allow(missing_docs, reason = "each message says what went wrong")]
#[derive(Debug, thiserror::Error)]
pub enum SimTrialError {
    #[error(transparent)]
    Network(#[from] NetworkPlanError),
    #[error(transparent)]
    Branch(#[from] ConfigError),
    #[error("the history cannot be written: {0}; check the disk's room and rights")]
    Record(#[source] io::Error),
    #[error(transparent)]
    UnknownOrigin(#[from] UnknownOrigin),
    /// `watch` broke it off.
    #[error("the trial was given up")]
    GivenUp,
}

/// The results of a simulation beside its history.
#[derive(Debug)]
pub struct Simulated {
    /// Operations that have ended.
    pub operations: u64,
    /// Messages that were handed over, on all legs.
    pub messages: u64,
    /// Bytes of the largest token that a session carried at the end, as on the wire.
    pub token_bytes_max: u64,
    /// A session made all its planned operations before the load was over.
    pub ran_out: bool,
    /// Messages and counters of each branch.
    pub branches: Vec<BranchObserved>,
    /// Events of all disks together.
    pub disks: DiskSeen,
    /// The counters of all lives of all branches together.
    pub counters: Counters,
    /// By leg, messages handed over while measured, none of them late.
    pub injection_error: InjectionError,
}

/// Runs `scenario` in virtual time and writes its history to `out`. `workload` is what [`Scenario::check`] gave.
/// `watch` receives its progress now and then, and may break it off.
///
/// Figures that need a clock, such as processor time, are left for the caller to fill in.
///
/// # Errors
///
/// A history that cannot be written, and a trial that was broken off.
pub fn run_trial<W: Write>(
    scenario: &Scenario,
    workload: &Workload,
    out: W,
    watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
) -> Result<TrialOutput<W>, SimTrialError> {
    let mut recorder = SimRecorder { writer: Writer::new(out) };
    let simulated = simulate(scenario, workload, &mut recorder, watch)?;
    let out = recorder.writer.finish().map_err(SimTrialError::Record)?;
    let Simulated { token_bytes_max, ran_out, branches, injection_error, .. } = simulated;
    let observed = Observed {
        trial: scenario.trial.clone(),
        wall_s: 0.0,
        cpu_s: 0.0,
        others_cpu_share: None,
        load_average: None,
        memory_bytes_max: None,
        bare_syncs_per_s: None,
        token_bytes_max,
        ran_out,
        branches,
        recoveries: Vec::new(),
    };
    Ok(TrialOutput { out, observed, late: lateness(&injection_error) })
}

/// Runs `scenario` in virtual time and shows it to `observer`.
///
/// # Errors
///
/// The observer's own, and a trial that was broken off.
pub fn simulate(
    scenario: &Scenario,
    workload: &Workload,
    observer: &mut dyn Observer,
    watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
) -> Result<Simulated, SimTrialError> {
    let mut world = World::new(scenario, workload, observer)?;
    world.run(watch)?;
    Ok(world.simulated())
}

/// Writes every event to a history.
struct SimRecorder<W: Write> {
    writer: Writer<W>,
}

impl<W: Write> Observer for SimRecorder<W> {
    fn event(&mut self, event: Event) -> io::Result<()> {
        self.writer.append(&event)
    }
}
