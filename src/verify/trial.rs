//! One trial: run, loaded, judged.

use std::any::Any;
use std::io::{self, BufReader};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::case::Case;
use super::coverage::{Coverage, TrialFacts};
use super::failure::TrialFailure;
use super::message::MessageTrace;
use crate::branch::Counters;
use crate::checker;
use crate::history::{Event, History, HistoryEnd, Milestone, Note, Reader, Substrate, Unfit, Writer};
use crate::live;
use crate::model::Time;
use crate::results::{Judgement, Verdict};
use crate::scenario::{Scenario, ScenarioError, TrialProgress};
use crate::sim::{self, DiskSeen, Observer, Passed, RuleBreach};
use crate::workload::Workload;

/// The outcome of one trial.
#[derive(Debug)]
pub struct SeedTrial {
    /// Its failure, if it fails.
    pub failure: Option<TrialFailure>,
    /// Why it proves nothing, if it neither fails nor is valid.
    pub unknown: Option<String>,
    /// No read was answered: no promise was put to the test.
    pub is_idle: bool,
    /// The rows that it came across.
    pub coverage: Coverage,
    /// Operations that were begun.
    pub operations: u64,
    /// Messages that were handed over; 0 in `live`, and if the trial broke off.
    pub messages: u64,
    /// Its events, messages and judgement.
    pub evidence: TrialRecord,
}

/// Everything that a trial leaves for its report.
#[derive(Debug)]
pub struct TrialRecord {
    /// The trial as it ran.
    pub scenario: Scenario,
    /// In order, if they were asked for; without an end if the trial broke off.
    pub events: Vec<Event>,
    /// `None` if it is malformed.
    pub history: Option<History>,
    /// The latest messages, if they were asked for; none in `live`.
    pub messages: MessageTrace,
    /// `None` if the history could not be judged.
    pub judgement: Option<Judgement>,
}

/// Why a trial could not be run.
#[derive(Debug, thiserror::Error)]
pub enum SeedTrialError {
    /// Too much was taken out of its scenario.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The simulator refused it.
    #[error(transparent)]
    Sim(sim::SimTrialError),
    /// The live cluster could not run it.
    #[error(transparent)]
    Live(live::LiveTrialError),
    /// Its history could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The caller broke it off.
    #[error("the trial was broken off")]
    GivenUp,
}

/// How much is kept of a trial beside its history in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: a swarm is in a hurry, and in virtual time a trial can be run again.
    Nothing,
    /// Events and messages, for a report.
    All,
}

type WatchTrial<'a> = &'a mut dyn FnMut(TrialProgress) -> ControlFlow<()>;

/// Runs one case and judges it.
///
/// # Errors
///
/// A refusal of the system, a reduction that has taken out too much, and a trial that was broken off.
pub fn run(case: &Case, keep: Keep, watch: WatchTrial) -> Result<SeedTrial, SeedTrialError> {
    let (scenario, workload) = case.prepare()?;
    match case.substrate {
        Substrate::Sim => run_sim(scenario, &workload, keep, watch),
        Substrate::Live => run_live(scenario, &workload, watch),
    }
}

/// The record of a substrate.
struct Recorded {
    scenario: Scenario,
    events: Vec<Event>,
    messages: MessageTrace,
    broken: Option<RuleBreach>,
    keep: Keep,
}

/// Runs a scenario in virtual time and judges it.
pub(super) fn run_sim(
    scenario: Scenario,
    workload: &Workload,
    keep: Keep,
    watch: WatchTrial,
) -> Result<SeedTrial, SeedTrialError> {
    let mut witness = Collector { events: Vec::new(), messages: MessageTrace::default(), broken: None, keep };
    let ran = catch_unwind(AssertUnwindSafe(|| sim::simulate(&scenario, workload, &mut witness, watch)));
    let Collector { events, messages, broken, keep } = witness;
    let recorded = Recorded { scenario, events, messages, broken, keep };
    match ran {
        Ok(Ok(simulated)) => {
            let seen = Some((simulated.counters, simulated.disks));
            let trial = judge(recorded, workload, seen, watch)?;
            Ok(SeedTrial { messages: simulated.messages, ..trial })
        }
        Ok(Err(sim::SimTrialError::GivenUp)) => Err(SeedTrialError::GivenUp),
        Ok(Err(error)) => Err(SeedTrialError::Sim(error)),
        Err(panic) => Ok(panicked(recorded, &*panic)),
    }
}

fn run_live(scenario: Scenario, workload: &Workload, watch: WatchTrial) -> Result<SeedTrial, SeedTrialError> {
    let ran = match live::run_trial(&scenario, workload, Vec::new(), watch) {
        Ok(ran) => ran,
        Err(live::LiveTrialError::GivenUp) => return Err(SeedTrialError::GivenUp),
        Err(error) => return Err(SeedTrialError::Live(error)),
    };
    let reader = Reader::new(BufReader::new(&ran.out[..]))?;
    let events = reader.map_while(|read| read.ok().map(|(_, event)| event)).collect();
    // It cannot be run again.
    let recorded =
        Recorded { scenario, events, messages: MessageTrace::default(), broken: None, keep: Keep::All };
    judge(recorded, workload, None, watch)
}

/// Loads the record, and judges it. A judge that panics has found something, too.
fn judge(
    mut recorded: Recorded,
    workload: &Workload,
    seen: Option<(Counters, DiskSeen)>,
    watch: WatchTrial,
) -> Result<SeedTrial, SeedTrialError> {
    let events = match recorded.keep {
        Keep::Nothing => std::mem::take(&mut recorded.events),
        Keep::All => recorded.events.clone(),
    };
    let history = match History::of(events) {
        Ok(history) => history,
        Err(unfit) => return Ok(malformed(recorded, &unfit)),
    };
    let ended = TrialProgress {
        elapsed: Duration::from_nanos(history.ended_at.map_or(0, |ended| ended.0)),
        operations: history.operations.len() as u64,
        parked: 0,
    };
    let judging = || checker::judge_while(&history, workload.accounts(), &mut || watch(ended));
    let judgement = match catch_unwind(AssertUnwindSafe(judging)) {
        Ok(ControlFlow::Continue(judgement)) => judgement,
        Ok(ControlFlow::Break(())) => return Err(SeedTrialError::GivenUp),
        Err(panic) => return Ok(panicked(recorded, &*panic)),
    };
    let scenario = &recorded.scenario;
    let facts = TrialFacts {
        scenario,
        history: &history,
        judgement: &judgement,
        counters: seen.map(|(counters, _)| counters),
        disks: seen.map(|(_, disks)| disks),
    };
    let coverage = facts.coverage();
    let failure = TrialFailure::of(&judgement).or_else(|| restless(&history));
    let failure = match &recorded.broken {
        Some(broken) => Some(TrialFailure::of_rule(broken, failure)),
        None => failure,
    };
    let is_idle = failure.is_none() && judgement.reads_judged == 0;
    let is_decided = failure.is_some() || is_idle || judgement.verdict == Verdict::Valid;
    Ok(SeedTrial {
        failure,
        unknown: (!is_decided).then(|| judgement.reasons.join("; ")),
        is_idle,
        coverage,
        operations: history.operations.len() as u64,
        messages: 0,
        evidence: recorded.evidence(Some(history), Some(judgement)),
    })
}

/// The drain reached its bound, though every fault had healed long before.
fn restless(history: &History) -> Option<TrialFailure> {
    let bound = history.phases.iter().find(|phase| phase.event.reached == Milestone::DrainBound)?;
    let text =
        format!("the cluster had not come to rest at {}, long after everything had healed", bound.event.t);
    Some(TrialFailure::new(TrialFailure::RESTLESS, text, vec![bound.line]))
}

fn malformed(recorded: Recorded, unfit: &Unfit) -> SeedTrial {
    let lines = match unfit {
        Unfit::Malformed(findings) => findings.iter().map(|finding| finding.line).take(10).collect(),
        Unfit::Unreadable(_) => Vec::new(),
    };
    broken(
        TrialFailure::new(TrialFailure::MALFORMED, unfit.to_string(), lines),
        recorded.evidence(None, None),
    )
}

fn panicked(recorded: Recorded, panic: &(dyn Any + Send)) -> SeedTrial {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
    let text = text.unwrap_or_else(|| "a panic without a message".to_owned());
    let history = cut_off(&recorded.events, &text);
    broken(TrialFailure::new(TrialFailure::PANIC, text, Vec::new()), recorded.evidence(history, None))
}

fn broken(failure: TrialFailure, evidence: TrialRecord) -> SeedTrial {
    let is_invoke = |event: &&Event| matches!(event, Event::Invoke(_));
    let operations = evidence.events.iter().filter(is_invoke).count() as u64;
    SeedTrial {
        failure: Some(failure),
        unknown: None,
        is_idle: false,
        coverage: Coverage::default(),
        operations,
        messages: 0,
        evidence,
    }
}

/// The record up to a panic, as a history that ends with it.
fn cut_off(events: &[Event], why: &str) -> Option<History> {
    let t = events.iter().filter_map(Event::t).max().unwrap_or(Time(0));
    let note = Event::Note(Note { t, text: format!("broken off: {why}") });
    let end = Event::End(HistoryEnd { t, lines: events.len() as u64 + 2 });
    History::of(events.iter().cloned().chain([note, end])).ok()
}

impl TrialRecord {
    /// The history as a file holds it.
    ///
    /// # Errors
    ///
    /// A witness whose counters do not fit into a file.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut writer = Writer::new(Vec::new());
        self.events.iter().try_for_each(|event| writer.append(event))?;
        writer.finish()
    }
}

impl Recorded {
    fn evidence(self, history: Option<History>, judgement: Option<Judgement>) -> TrialRecord {
        let Recorded { scenario, events, messages, broken: _, keep: _ } = self;
        TrialRecord { scenario, events, history, messages, judgement }
    }
}

struct Collector {
    events: Vec<Event>,
    messages: MessageTrace,
    broken: Option<RuleBreach>,
    keep: Keep,
}

impl Observer for Collector {
    fn event(&mut self, event: Event) -> io::Result<()> {
        self.events.push(event);
        Ok(())
    }

    fn broke(&mut self, broken: &RuleBreach) {
        self.broken.get_or_insert_with(|| broken.clone());
    }

    fn wants_rules(&self) -> bool {
        true
    }

    fn passed(&mut self, passed: &Passed) {
        if self.keep == Keep::All {
            self.messages.push(passed);
        }
    }
}
