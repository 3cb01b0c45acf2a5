//! One simulation from beginning to end, and the history that it leaves.

use std::io::{self, Write};
use std::ops::ControlFlow;

use super::log::DiskSeen;
use super::onlooker::Observer;
use super::world::World;
use crate::branch::{ConfigError, Counters};
use crate::history::{Event, Writer};
use crate::network::{InjectionError, NetworkPlanError};
use crate::results::{BranchObserved, Observed};
use crate::scenario::{Scenario, TrialOutput, TrialProgress, UnknownOrigin, lateness};
use crate::workload::Workload;

/// Why a simulation came to nothing.
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
    /// By whoever watches.
    #[error("the trial was given up")]
    GivenUp,
}

/// What is known of a simulation beside its history.
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
    pub branches: Vec<BranchObserved>,
    /// What happened to all disks together.
    pub disks: DiskSeen,
    /// Of all lives of all branches together.
    pub counters: Counters,
    /// By leg, messages handed over while measured, none of them late.
    pub fidelity: InjectionError,
}

/// Runs `scenario` in virtual time and writes its history to `out`. `workload` is what [`Scenario::check`] gave.
/// `watch` is told now and then how it stands, and may break it off.
///
/// What only a clock tells of the run, such as processor time, is left for the caller to fill in.
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
    let Simulated { token_bytes_max, ran_out, branches, fidelity, .. } = simulated;
    let observed = Observed {
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
    Ok(TrialOutput { out, observed, late: lateness(&fidelity) })
}

/// Runs `scenario` in virtual time before the eyes of `onlooker`.
///
/// # Errors
///
/// An onlooker's own, and a trial that was broken off.
pub fn simulate(
    scenario: &Scenario,
    workload: &Workload,
    onlooker: &mut dyn Observer,
    watch: &mut dyn FnMut(TrialProgress) -> ControlFlow<()>,
) -> Result<Simulated, SimTrialError> {
    let mut world = World::new(scenario, workload, onlooker)?;
    world.run(watch)?;
    Ok(world.simulated())
}

/// Writes what it sees.
struct SimRecorder<W: Write> {
    writer: Writer<W>,
}

impl<W: Write> Observer for SimRecorder<W> {
    fn event(&mut self, event: Event) -> io::Result<()> {
        self.writer.append(&event)
    }
}
