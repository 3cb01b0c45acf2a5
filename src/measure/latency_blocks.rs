//! Latencies of reads by time, so that the dependence of reads can be judged in the interval of a mean.

use crate::history::{History, Invoke};
use crate::model::Time;
use crate::results::SumBlock;

use super::clusters::{BLOCKS, block_of};
use super::load_counts::arrivals;
use super::observed_operation::ObservedOperation;
use super::period::Period;
use super::spans::between;

/// The reads of the histograms `read_latency` and `eligible_read_latency`.
pub(super) struct LatencyBlocks {
    period: Period,
    pub reads: Vec<SumBlock>,
    pub eligible: Vec<SumBlock>,
}

impl LatencyBlocks {
    pub fn new(period: &Period) -> LatencyBlocks {
        let [reads, eligible] = [(); 2].map(|()| vec![SumBlock::default(); BLOCKS]);
        LatencyBlocks { period: *period, reads, eligible }
    }

    /// Adds a measured operation, if it is a read. One that has not ended has its age at the trial's end.
    pub fn count(&mut self, operation: &ObservedOperation) {
        let Some(read) = &operation.read else { return };
        let Invoke { intended, .. } = *operation.invoke;
        let ended = operation.complete.map_or(self.period.ended, |complete| complete.t);
        add(&mut self.reads, &self.period, intended, ended);
        if read.is_eligible {
            add(&mut self.eligible, &self.period, intended, ended);
        }
    }

    /// Adds reads that still queued when the load was over, at their age then.
    pub fn count_left_over(&mut self, history: &History) {
        let period = self.period;
        let reads = arrivals(history, &period)
            .filter(|refused| period.left_over(refused) && !refused.operation.is_write());
        reads.for_each(|read| add(&mut self.reads, &period, read.intended, period.until));
    }
}

fn add(blocks: &mut [SumBlock], period: &Period, intended: Time, ended: Time) {
    blocks[block_of(intended, period)].record(between(intended, ended));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{CauseWord, Milestone};
    use crate::measure::measure;
    use crate::measure::testing::{HistoryScript, Op};

    #[test]
    fn latencies_are_summed_by_intended_start_over_all_reads_of_the_histograms() {
        let mut script = HistoryScript::new(2);
        // The measured time is 480 ms from 100 on: 48 parts of 10 ms.
        script.phase(100, Milestone::WarmUpOver);
        script.phase(580, Milestone::LoadOver);
        script.run(Op::query(0, 1).warm_up().invoked(90).shows(130, &[0, 0]));
        script.run(Op::deposit(0, 1).invoked(140).ok(150));
        // Eligible, and each in the part of its intended start: two in part 10, one in part 47 that never ends.
        script.run(Op::query(0, 2).intended(201).invoked(205).shows(206, &[0, 0]));
        script.run(Op::query(0, 2).invoked(209).fails(219, CauseWord::GivenUp));
        script.run(Op::query(0, 2).invoked(579));
        // Not eligible, and one that never began.
        script.run(Op::query(1, 2).invoked(100).shows(103, &[0, 0]));
        script.left_over(580, 0, 1, 579);
        let measures = measure(&script.history(600), true).0;
        let found = |blocks: &[SumBlock]| -> Vec<(usize, u64, u64)> {
            assert_eq!(blocks.len(), BLOCKS);
            let some = blocks.iter().enumerate().filter(|(_, block)| block.n > 0);
            some.map(|(part, block)| (part, block.sum_ns / 1_000_000, block.n)).collect()
        };
        assert_eq!(found(&measures.read_latency_blocks), [(0, 3, 1), (10, 15, 2), (47, 22, 2)]);
        assert_eq!(found(&measures.eligible_read_latency_blocks), [(10, 15, 2), (47, 21, 1)]);
    }
}
