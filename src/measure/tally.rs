//! Counts of measured operations, and how stale the stale ones are.

use crate::model::Time;
use crate::results::{HitBlock, ReadCounts, ShadowReads, Spread, Staleness, WriteCounts};

use super::clusters::{BLOCKS, block_of, clustered_rate};
use super::observed_operation::{Ending, ObservedOperation, ReadFacts};
use super::period::Period;

/// Counts that grow with every measured operation.
pub(super) struct Tally {
    pub reads: ReadCounts,
    pub writes: WriteCounts,
    pub shadow: ShadowReads,
    versions_max: u64,
    versions: u64,
    /// In nanoseconds.
    ages: Vec<u64>,
    blocks: Blocks,
}

/// The measured time in parts of equal length.
struct Blocks {
    period: Period,
    blocks: Vec<HitBlock>,
}

impl Blocks {
    fn count(&mut self, intended: Time, is_hit: bool) {
        let block = &mut self.blocks[block_of(intended, &self.period)];
        block.n += 1;
        block.hits += u64::from(is_hit);
    }
}

impl Tally {
    pub fn new(period: &Period) -> Tally {
        Tally {
            reads: ReadCounts::default(),
            writes: WriteCounts::default(),
            shadow: ShadowReads::default(),
            versions_max: 0,
            versions: 0,
            ages: Vec::new(),
            blocks: Blocks { period: *period, blocks: vec![HitBlock::default(); BLOCKS] },
        }
    }

    /// Counts a measured operation.
    pub fn count(&mut self, operation: &ObservedOperation) {
        let is_parked = operation.parked_ns() > 0;
        let Some(read) = &operation.read else { return self.count_write(operation.ending, is_parked) };
        self.count_read(read, operation.ending, is_parked);
        if read.is_eligible && operation.ending == Ending::Ok {
            self.blocks.count(operation.invoke.intended, read.is_stale());
        }
        if is_parked {
            self.count_shadow(read);
        }
        if read.is_stale() {
            self.count_stale(read);
        }
    }

    fn count_write(&mut self, ending: Ending, is_parked: bool) {
        let writes = &mut self.writes;
        writes.total += 1;
        writes.parked += u64::from(is_parked);
        *match ending {
            Ending::Ok => &mut writes.ok,
            Ending::Refused => &mut writes.refused,
            Ending::TimedOut | Ending::Failed => &mut writes.failed,
            Ending::Unknown => &mut writes.unknown,
        } += 1;
    }

    fn count_read(&mut self, read: &ReadFacts, ending: Ending, is_parked: bool) {
        let reads = &mut self.reads;
        reads.total += 1;
        reads.parked += u64::from(is_parked);
        reads.eligible += u64::from(read.is_eligible);
        reads.opportunities += u64::from(read.is_opportunity());
        reads.stale += u64::from(read.is_stale());
        *match ending {
            Ending::Ok => &mut reads.ok,
            Ending::TimedOut => &mut reads.timed_out,
            Ending::Refused | Ending::Failed => &mut reads.failed,
            Ending::Unknown => &mut reads.unknown,
        } += 1;
    }

    fn count_shadow(&mut self, read: &ReadFacts) {
        let shadow = &mut self.shadow;
        *match read.arrival.as_ref().map(|arrival| arrival.on_account) {
            Some(true) => &mut shadow.prevented,
            Some(false) => &mut shadow.false_waits,
            None => &mut shadow.undecided,
        } += 1;
    }

    fn count_stale(&mut self, read: &ReadFacts) {
        let Some(missed) = &read.missed else { return };
        self.versions += missed.versions;
        self.versions_max = self.versions_max.max(missed.versions);
        if let Some((arrival, oldest)) = read.arrival.as_ref().zip(missed.oldest) {
            self.ages.push(arrival.t.0.saturating_sub(oldest.0));
        }
    }

    pub fn stale(&self) -> Staleness {
        let stale = self.reads.stale;
        Staleness {
            rate: clustered_rate(&[&self.blocks.blocks], None),
            blocks: self.blocks.blocks.clone(),
            versions_max: self.versions_max,
            versions_mean: (stale > 0).then(|| self.versions as f64 / stale as f64),
            age_ms: Spread::of_samples(self.ages.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::CauseWord;
    use crate::measure::measure;
    use crate::measure::testing::{HistoryScript, Op, near};
    use crate::results::Measures;

    fn measured(script: HistoryScript) -> Measures {
        measure(&script.history(1_000), true).0
    }

    /// A customer has written at branch 1, at 10.
    fn written() -> HistoryScript {
        let mut script = HistoryScript::new(3);
        script.run(Op::deposit(0, 1).invoked(9).ok(10));
        script
    }

    #[test]
    fn a_read_is_eligible_if_a_write_elsewhere_was_not_yet_shown_here() {
        type Row = (&'static str, fn(&mut HistoryScript), u64);
        let rows: [Row; 7] = [
            ("at another branch", |_| {}, 1),
            (
                "shown by this branch before",
                |script| {
                    script.apply(20, 2, 1, 1..=1);
                    script.run(Op::query(0, 2).warm_up().invoked(30).shows(31, &[1]));
                },
                0,
            ),
            (
                "this branch has answered before, without it",
                |script| script.run(Op::query(0, 2).warm_up().invoked(30).shows(31, &[0])),
                1,
            ),
            (
                "shown by a third branch",
                |script| {
                    script.apply(20, 3, 1, 1..=1);
                    script.run(Op::query(0, 3).warm_up().invoked(30).shows(31, &[1]));
                },
                1,
            ),
            (
                "shown, and written again since",
                |script| {
                    script.apply(20, 2, 1, 1..=1);
                    script.run(Op::query(0, 2).warm_up().invoked(30).shows(31, &[1]));
                    script.run(Op::deposit(0, 1).invoked(40).ok(41));
                },
                1,
            ),
            (
                "a session that was reopened and kept its token",
                |script| {
                    script.follow(40, 1, 0, true);
                },
                1,
            ),
            (
                "a session that was reopened without",
                |script| {
                    script.follow(40, 1, 0, false);
                },
                0,
            ),
        ];
        for (name, story, expected) in rows {
            let mut script = written();
            story(&mut script);
            let session = u32::from(name.contains("reopened"));
            script.run(Op::query(session, 2).invoked(50).fails(51, CauseWord::GivenUp));
            assert_eq!(measured(script).reads.eligible, expected, "{name}");
        }
    }

    #[test]
    fn own_writes_that_are_not_ok_or_were_accepted_here_make_no_read_eligible() {
        let mut script = written();
        script.run(Op::query(0, 1).invoked(20).shows(21, &[1]));
        script.run(Op::query(1, 2).invoked(20).shows(21, &[0]));
        script.run(Op::deposit(2, 1).invoked(30).unknown(31));
        script.run(Op::query(2, 2).invoked(40).shows(41, &[0]));
        script.run(Op::withdraw(3, 1).invoked(50).fails(51, CauseWord::InsufficientFunds));
        script.run(Op::query(3, 2).invoked(60).shows(61, &[0]));
        let measures = measured(script);
        assert_eq!(measures.reads, ReadCounts { total: 4, ok: 4, ..ReadCounts::default() });
        assert_eq!(
            measures.writes,
            WriteCounts { total: 3, ok: 1, refused: 1, unknown: 1, ..WriteCounts::default() }
        );
        assert_eq!(measures.stale.rate.value, None, "nothing was put to the test");
    }

    #[test]
    fn stale_reads_have_the_number_of_writes_they_miss_and_their_age() {
        let mut script = written();
        script.run(Op::deposit(0, 1).account(7).invoked(19).ok(20));
        script.run(Op::deposit(0, 3).invoked(29).ok(30));
        // Misses three, the oldest for 40 ms.
        script.run(Op::query(0, 2).invoked(50).shows(50, &[0, 0, 0]));
        script.apply(60, 2, 1, 1..=1);
        script.apply(60, 2, 3, 1..=1);
        // Misses one, though of another account, for 50 ms.
        script.run(Op::query(0, 2).invoked(70).shows(70, &[1, 0, 1]));
        script.apply(80, 2, 1, 2..=2);
        // Misses nothing.
        script.run(Op::query(0, 2).invoked(90).shows(90, &[2, 0, 1]));
        let measures = measured(script);
        let ReadCounts { eligible, stale, opportunities, .. } = measures.reads;
        assert_eq!((eligible, stale, opportunities), (3, 2, 2));
        let staleness = measures.stale;
        assert_eq!((staleness.rate.hits, staleness.rate.n, staleness.versions_max), (2, 3, 3));
        assert_eq!(staleness.versions_mean, Some(2.0));
        assert_eq!(staleness.age_ms.n, 2);
        near(staleness.age_ms.mean, 45.0);
        near(staleness.age_ms.max, 50.0);
    }

    #[test]
    fn an_eligible_read_that_is_not_answered_is_no_trial_of_the_stale_rate() {
        let mut script = written();
        script.run(Op::query(0, 2).invoked(20).fails(21, CauseWord::Deadline));
        script.run(Op::query(0, 2).invoked(30).fails(31, CauseWord::GivenUp));
        script.run(Op::query(0, 2).invoked(40).shows(41, &[0]));
        let measures = measured(script);
        assert_eq!((measures.reads.eligible, measures.reads.ok), (3, 1));
        let rate = measures.stale.rate;
        assert_eq!((rate.hits, rate.n), (1, 1), "only what was answered could be stale");
    }

    #[test]
    fn stale_reads_are_kept_by_time_so_that_their_dependence_can_be_judged() {
        let mut script = written();
        // The measured time is 1,000 ms in 48 parts: 125 ms are 6 of them.
        let stale = |t| Op::query(0, 2).invoked(t).shows(t, &[0]);
        [125, 126, 500].into_iter().for_each(|t| script.run(stale(t)));
        script.run(Op::query(0, 3).invoked(501).fails(502, CauseWord::GivenUp));
        script.run(stale(999));
        let blocks = measured(script).stale.blocks;
        let found: Vec<_> = blocks.iter().enumerate().filter(|(_, block)| block.n > 0).collect();
        let expected = [(6, 2), (24, 1), (47, 1)].map(|(index, n)| (index, HitBlock { hits: n, n }));
        assert_eq!(found.into_iter().map(|(index, block)| (index, *block)).collect::<Vec<_>>(), expected);
        assert_eq!(blocks.len(), BLOCKS);
    }

    #[test]
    fn an_opportunity_is_a_branch_that_was_behind_on_arrival_even_if_the_answer_is_not() {
        let mut script = written();
        // Arrives at 40, is held until the write is there at 60.
        script.apply(60, 2, 1, 1..=1);
        script.run(Op::query(0, 2).invoked(40).parked(20).shows(60, &[1]));
        // The same at branch 3, where the write was in time.
        script.apply(65, 3, 1, 1..=1);
        script.run(Op::query(0, 3).invoked(65).shows(66, &[1]));
        let ReadCounts { eligible, opportunities, parked, stale, .. } = measured(script).reads;
        assert_eq!((eligible, opportunities, parked, stale), (2, 1, 1, 0));
    }

    #[test]
    fn an_answer_that_misses_a_write_proves_an_opportunity_whatever_was_applied() {
        let mut script = written();
        script.apply(20, 2, 1, 1..=1);
        script.run(Op::query(0, 2).invoked(30).shows(31, &[0]));
        // Even if it is not known when the request came.
        script.run(Op::query(0, 2).invoked(40).shows(41, &[0]).without_answer_time());
        let ReadCounts { opportunities, stale, .. } = measured(script).reads;
        assert_eq!((opportunities, stale), (2, 2));
    }

    #[test]
    fn waits_are_false_if_the_account_was_fresh() {
        let mut script = HistoryScript::new(2);
        script.run(Op::deposit(0, 1).account(7).invoked(9).ok(10));
        script.run(Op::deposit(0, 1).account(8).invoked(19).ok(20));
        script.apply(30, 2, 1, 1..=1);
        script.apply(90, 2, 1, 2..=2);
        // Account 7 is there already, and the token names the write of account 8.
        script.run(Op::query(0, 2).account(7).invoked(40).parked(10).fails(50, CauseWord::Deadline));
        script.run(Op::query(0, 2).account(8).invoked(60).parked(30).shows(90, &[2]));
        script.run(
            Op::query(0, 2)
                .account(8)
                .invoked(95)
                .parked(5)
                .fails(100, CauseWord::ShuttingDown)
                .without_answer_time(),
        );
        let shadow = measured(script).shadow;
        assert_eq!(shadow, ShadowReads { prevented: 1, false_waits: 1, undecided: 1 });
    }
}
