//! When a trial was measured, and when it ended.

use crate::history::{At, History, Invoke, Milestone, PhaseEvent, Refused};
use crate::model::Time;

/// The measured time of a trial, `from` included and `until` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    /// The end of the warm-up; the base if the history has none.
    pub from: Time,
    /// The end of the load; the end of the trial if the load did not end before.
    pub until: Time,
    /// The end of the trial; of a history that was cut off, its latest time.
    pub ended: Time,
}

impl Period {
    pub fn of(history: &History) -> Period {
        let reached = |milestone| {
            history.phases.iter().map(|at| at.event).find(|phase| phase.reached == milestone).map(|p| p.t)
        };
        let ended = history.ended_at.unwrap_or_else(|| latest(history));
        let until = reached(Milestone::LoadOver).unwrap_or(ended);
        Period { from: reached(Milestone::WarmUpOver).unwrap_or_default().min(until), until, ended }
    }

    pub fn seconds(&self) -> f64 {
        self.until.since(self.from).as_secs_f64()
    }

    /// The rate of a count in the measured time, per second; 0 if nothing was measured.
    pub fn per_second(&self, count: u64) -> f64 {
        let seconds = self.seconds();
        if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
    }

    pub fn contains(&self, t: Time) -> bool {
        (self.from..self.until).contains(&t)
    }

    /// Whether an operation is a measured one: by its intended start.
    pub fn measures(&self, invoke: &Invoke) -> bool {
        !invoke.warm_up && invoke.intended < self.until
    }

    /// Whether an arrival was not refused for a full queue, but still waited in it when the load was over.
    pub fn left_over(&self, refused: &Refused) -> bool {
        refused.t >= self.until
    }

    /// Whether an arrival that was never begun counts, by the same rule.
    pub fn measures_refused(&self, refused: &Refused) -> bool {
        !refused.warm_up && refused.intended < self.until
    }
}

fn latest(history: &History) -> Time {
    let completed = history.operations.iter().filter_map(|operation| operation.complete.as_ref());
    let last = [
        history.operations.last().map(|operation| operation.invoke.event.t),
        completed.map(|complete| complete.event.t).max(),
        history.applies.last().map(|at| at.event.t),
        history.sent.last().map(|at| at.event.t),
        history.phases.last().map(|At { event: PhaseEvent { t, .. }, .. }| *t),
    ];
    last.into_iter().flatten().max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::testing::{HistoryScript, ms};

    #[test]
    fn the_measured_time_runs_from_the_end_of_the_warm_up_to_the_end_of_the_load() {
        let mut script = HistoryScript::new(1);
        script.phase(100, Milestone::WarmUpOver);
        script.phase(600, Milestone::LoadOver);
        let period = Period::of(&script.history(900));
        assert_eq!(period, Period { from: ms(100), until: ms(600), ended: ms(900) });
        assert_eq!((period.seconds(), period.per_second(20)), (0.5, 40.0));
        let held = [99, 100, 599, 600].map(|t| period.contains(ms(t)));
        assert_eq!(held, [false, true, true, false]);
    }

    #[test]
    fn without_milestones_it_runs_from_the_base_to_the_end() {
        let period = Period::of(&HistoryScript::new(1).history(900));
        assert_eq!(period, Period { from: ms(0), until: ms(900), ended: ms(900) });
    }

    #[test]
    fn a_history_without_time_has_no_rates() {
        assert_eq!(Period::of(&HistoryScript::new(1).history(0)).per_second(7), 0.0);
    }
}
