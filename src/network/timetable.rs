//! Fault windows drawn from a seed.

use std::collections::BTreeSet;
use std::time::Duration;

use super::draw::Draws;
use super::key::Key;
use super::{Distribution, Fault, FaultKind, FaultWindow, Loss, Route};
use crate::model::BranchId;

/// What may happen, and how much of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    pub branches: BTreeSet<BranchId>,
    /// Kinds that may be drawn, each as likely as any other.
    pub kinds: BTreeSet<FaultKind>,
    /// How many windows. They may overlap.
    pub windows: u32,
    /// How long a window is, evenly from the least to the most, both included.
    pub length: (Duration, Duration),
    /// When the last window has closed, from the trial's start.
    pub heal_by: Duration,
    /// What a slow link adds.
    pub slow: Distribution,
    /// What a lossy link loses.
    pub loss: Loss,
    /// For how long a flapping link is cut, and then open.
    pub flap: (Duration, Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimetableError {
    #[error("`kinds` is empty; at least one kind of fault must be allowed")]
    NoKinds,
    #[error("{kind:?} among `kinds` needs {least} branches, and there are {branches}")]
    TooFewBranches { kind: FaultKind, least: usize, branches: usize },
    #[error(
        "`length` is {least:?} to {most:?}; it must be above zero and rise, and fit before `heal_by`, {heal_by:?}"
    )]
    Length { least: Duration, most: Duration, heal_by: Duration },
    #[error("`flap` is {cut:?} cut and {open:?} open; both must be above zero")]
    Flap { cut: Duration, open: Duration },
}

impl Timetable {
    /// The windows that `seed` draws, with ids from 0, in order of their ids. A window is the same however
    /// many come after it.
    pub fn draw(&self, seed: u64) -> Result<Vec<FaultWindow>, TimetableError> {
        self.check()?;
        let draws = Draws::new(seed);
        Ok((0..self.windows).map(|id| self.window(id, &mut Dice { draws, window: id, number: 0 })).collect())
    }

    fn check(&self) -> Result<(), TimetableError> {
        let ((least, most), heal_by, (cut, open)) = (self.length, self.heal_by, self.flap);
        if self.kinds.is_empty() {
            return Err(TimetableError::NoKinds);
        }
        let branches = self.branches.len();
        if let Some(&kind) = self.kinds.iter().find(|kind| kind.branches_min() > branches) {
            return Err(TimetableError::TooFewBranches { kind, least: kind.branches_min(), branches });
        }
        if least.is_zero() || least > most || most > heal_by {
            return Err(TimetableError::Length { least, most, heal_by });
        }
        if self.kinds.contains(&FaultKind::Flap) && (cut.is_zero() || open.is_zero()) {
            return Err(TimetableError::Flap { cut, open });
        }
        Ok(())
    }

    fn window(&self, id: u32, dice: &mut Dice) -> FaultWindow {
        let (least, most) = self.length;
        let length = least + dice.span(most - least);
        let from = dice.span(self.heal_by - length);
        let kinds: Vec<FaultKind> = self.kinds.iter().copied().collect();
        let kind = kinds[dice.below(kinds.len())];
        FaultWindow { id, from, until: from + length, fault: self.fault(kind, dice) }
    }

    fn fault(&self, kind: FaultKind, dice: &mut Dice) -> Fault {
        let order = dice.shuffled(&self.branches);
        match kind {
            FaultKind::Partition => {
                let (one, other) = dice.halves(&order);
                Fault::Partition { groups: vec![one, other] }
            }
            FaultKind::Partial => Fault::Partial { pairs: dice.pairs(&order) },
            FaultKind::OneWay => {
                let (from, to) = dice.halves(&order);
                Fault::OneWay { from, to }
            }
            FaultKind::Ring => Fault::Ring { order },
            FaultKind::Bridge => {
                let (left, right) = dice.halves(&order[1..]);
                Fault::Bridge { left, bridge: order[0], right }
            }
            FaultKind::Isolate => Fault::Isolate { branch: order[0], customers: dice.coin() },
            FaultKind::Slow => Fault::Slow { route: dice.route(&order), extra: self.slow.clone() },
            FaultKind::Lossy => Fault::Lossy { route: dice.route(&order), loss: self.loss },
            FaultKind::Flap => {
                let (cut, open) = self.flap;
                Fault::Flap { route: dice.route(&order), cut, open }
            }
            FaultKind::Pause => Fault::Pause { branch: order[0] },
        }
    }
}

/// The draws of one window, one after the other.
struct Dice {
    draws: Draws,
    window: u32,
    number: u64,
}

impl Dice {
    fn draw(&mut self) -> super::Uniform64 {
        self.number += 1;
        self.draws.draw(&Key::Timetable { window: self.window, number: self.number })
    }

    fn below(&mut self, end: usize) -> usize {
        self.draw().below(end as u64) as usize
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// From zero to `most`, both included.
    fn span(&mut self, most: Duration) -> Duration {
        let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.draw().below(nanos.saturating_add(1)))
    }

    /// Durstenfeld's shuffle.
    fn shuffled(&mut self, branches: &BTreeSet<BranchId>) -> Vec<BranchId> {
        let mut order: Vec<BranchId> = branches.iter().copied().collect();
        for last in (1..order.len()).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }

    /// A cut anywhere, so that nobody is alone on purpose and nobody is without company on purpose.
    fn halves(&mut self, order: &[BranchId]) -> (BTreeSet<BranchId>, BTreeSet<BranchId>) {
        let (one, other) = order.split_at(1 + self.below(order.len() - 1));
        (one.iter().copied().collect(), other.iter().copied().collect())
    }

    /// The first pair, and each other one with probability one half.
    fn pairs(&mut self, order: &[BranchId]) -> Vec<(BranchId, BranchId)> {
        let later = |first: usize| order[first + 1..].iter().map(move |&second| (order[first], second));
        let all: Vec<(BranchId, BranchId)> = (0..order.len()).flat_map(later).collect();
        all.iter()
            .enumerate()
            .filter(|(index, _)| *index == 0 || self.coin())
            .map(|(_, &pair)| pair)
            .collect()
    }

    /// From the first to the second, and perhaps back.
    fn route(&mut self, order: &[BranchId]) -> Route {
        Route { both_ways: self.coin(), ..Route::between(order[0], order[1]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{NetworkPlan, Probability};

    fn timetable(branches: u32) -> Timetable {
        let ms = Duration::from_millis;
        Timetable {
            branches: (1..=branches).map(BranchId).collect(),
            kinds: FaultKind::ALL.into(),
            windows: 200,
            length: (ms(50), ms(400)),
            heal_by: ms(1_000),
            slow: Distribution::constant(ms(5)),
            loss: Loss::Independent(Probability::ALWAYS),
            flap: (ms(10), ms(20)),
        }
    }

    #[test]
    fn what_is_drawn_is_a_plan_that_heals_in_time() {
        for (seed, branches) in [(1, 4), (2, 5), (3, 9)] {
            let timetable = timetable(branches);
            let faults = timetable.draw(seed).expect("enough branches");
            assert!(faults.iter().all(|window| window.until <= timetable.heal_by));
            let lengths = faults.iter().map(|window| window.until - window.from);
            assert!(
                lengths.clone().all(|length| timetable.length.0 <= length && length <= timetable.length.1)
            );
            let plan = NetworkPlan { faults, ..NetworkPlan::new(timetable.branches, timetable.heal_by) };
            assert_eq!(plan.check(), Ok(()));
        }
    }

    #[test]
    fn every_allowed_kind_is_drawn_and_no_other() {
        let kinds = |allowed: &[FaultKind]| {
            let timetable = Timetable { kinds: allowed.iter().copied().collect(), ..timetable(4) };
            let faults = timetable.draw(5).expect("enough branches");
            faults.iter().map(|window| window.fault.kind()).collect::<BTreeSet<_>>()
        };
        assert_eq!(kinds(&FaultKind::ALL), FaultKind::ALL.into());
        assert_eq!(kinds(&[FaultKind::Ring, FaultKind::Pause]), [FaultKind::Ring, FaultKind::Pause].into());
    }

    #[test]
    fn a_seed_draws_the_same_again_and_a_window_does_not_know_how_many_follow() {
        let (long, short) = (timetable(5), Timetable { windows: 7, ..timetable(5) });
        let drawn = long.draw(9).expect("enough branches");
        assert_eq!(long.draw(9).as_ref(), Ok(&drawn));
        assert_eq!(short.draw(9).expect("enough branches"), drawn[..7]);
        assert_ne!(long.draw(10), Ok(drawn));
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let ms = Duration::from_millis;
        let rows = [
            (Timetable { kinds: BTreeSet::new(), ..timetable(4) }, "`kinds` is empty; at least one"),
            (timetable(3), "Ring among `kinds` needs 4 branches, and there are 3"),
            (Timetable { length: (ms(0), ms(1)), ..timetable(4) }, "`length` is 0ns to 1ms; it must be"),
            (Timetable { length: (ms(2), ms(1)), ..timetable(4) }, "`length` is 2ms to 1ms; it must be"),
            (Timetable { length: (ms(2), ms(1_001)), ..timetable(4) }, "`length` is 2ms to 1.001s; it must"),
            (Timetable { flap: (ms(0), ms(1)), ..timetable(4) }, "`flap` is 0ns cut and 1ms open; both"),
        ];
        for (timetable, expected) in rows {
            let error = timetable.draw(1).expect_err(expected).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
