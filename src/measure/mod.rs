//! Measures: the figures of one trial and of an experiment, as pure functions of what was recorded.
//!
//! ```text
//! History ---------------> measure ----> Measures, Histograms        one trial
//! histograms of lateness, Observed, Judgement, Theory
//!   + those of all trials -> summarize -> Summary                    an experiment
//! ```
//!
//! Each figure has one definition. *Measured* operations are those that are not of the warm-up and whose intended
//! start lies before the end of the load; *own* writes are the customer's writes that ended `ok`.
//!
//! | figure | definition | of |
//! |---|---|---|
//! | eligible | has an own write accepted at another branch that no earlier reply | measured reads |
//! | | of this branch has shown the customer | |
//! | stale | the witness lacks an own write | eligible reads that ended `ok` |
//! | opportunity | the branch lacked an own write on arrival, by its applies or by | eligible reads |
//! | | the witness of a stale answer | |
//! | arrival | when the branch answered, less how long it held the request | answered requests |
//! | staleness, k | own writes that are missing | stale reads |
//! | staleness, t | from the oldest missing one's acknowledgement to the arrival | stale reads |
//! | wait | how long the branch held the read: zeros included, timeouts and | eligible reads that were answered |
//! | | other held failures at what they waited | or held |
//! | wait, parked | the same | measured reads that were held |
//! | wait, writes | the same | measured writes that were held |
//! | excess wait | the answer, less the physical bound (below) | `ok` reads, held for own writes |
//! | | | none of whose first copies was dropped |
//! | parts of a wait | below | `ok` reads, held for own writes |
//! | latency | end less intended start; never ended: age at the trial's end; | measured, however they ended, and |
//! | | never began: age at the load's end | arrivals that never began |
//! | never began | still queued behind their session's operation when the load ended | measured arrivals |
//! | latency, eligible | the same | eligible reads, however they ended |
//! | cost of reads | percentiles of latency under a strategy, less the | measured reads, and eligible ones |
//! | | baseline's in the same repetition; means over all repetitions | |
//! | cost, paired | latency less that of the same planned read under the baseline | measured reads of both arms |
//! | service | end less invocation; the same | measured, however they ended |
//! | lag | invocation less intended start | measured, of customers with nothing |
//! | | | in flight at the intended start |
//! | throughput | operations that ended `ok` meanwhile, whenever they began | measured seconds; of a loop that ran |
//! | | | out, until its first session did |
//! | offered | measured operations, and measured arrivals that were refused | measured seconds |
//! | in flight | operations in flight, on the average | measured time |
//! | by Little's law | rate of ends x mean service | what ended in the measured time |
//! | prevented | an own write on the account that is read was missing on arrival | measured reads that were held |
//! | false wait | none was | measured reads that were held |
//! | P(fresh) | no own write was missing on arrival, by applies and witness | measured reads with a known arrival |
//! | | | and an own write elsewhere |
//! | propagation | first applied at the peer, less applied at the origin | writes that became visible at the |
//! | | | origin in the measured time |
//! | inside a fault | latency, wait, stale reads; windows with one text together; | measured reads, by intended start |
//! | | the rest is outside | those that never began: latency alone |
//! | a bin of time | what ended in it, warm-up and drain included | all operations |
//!
//! **Physical bound.** The end of a wait that the network alone would have caused. It is the latest, over the own
//! writes missing on arrival *and all their predecessors at their origins*, of visible at the origin + drawn delay of
//! the first copy from there, and not before the arrival. Vectors have no gaps, so a late predecessor holds its
//! successors. A relay may be faster, and then the excess is 0. Where a first copy was dropped there is no bound.
//!
//! **Parts.** A wait is divided along the missing write that was applied last. Its marks follow one another: the read's
//! arrival; the write's first copy leaves its origin (*queue*); the copy that arrives first leaves its sender
//! (*recovery*); it arrives, as drawn (*transport*); the last predecessor has arrived too (*predecessor*); the write
//! is applied (*apply*); the read is answered (*wake-up*). A mark before its predecessor is moved up to it, one after
//! the apply back to that, and an unknown one falls together with the one before. So the parts are never negative and
//! add up to the wait exactly.
//!
//! **Dependence.** Reads cluster: those that come while one write is under way are stale together. `clusters` says how
//! many independent reads weigh as much. The intervals of stale rates and of the share of slower reads, and the bound
//! where no read was stale, are those of so many (Wilson's, by W. G. Cochran's variance between clusters). The interval
//! of a difference of means is Student's t by the same variance. Clusters are the repetitions where there are six or
//! more, and else blocks of the trials' time. P(fresh), and a fault's rate in one trial, take reads as independent and
//! say so. A median over repetitions has their order statistics as its interval from six on (W. J. Conover); what
//! depends within a trial is in each of its values.
//!
//! **Customers.** A session that was reopened with its token continues as the same customer. One that lost its token is
//! a new customer, who is owed nothing.
//!
//! **Invariants.** The same input gives the same output, to the last digit. Vectors are compared by this module's own
//! code, not by the protocol's. Percentiles are samples of their rank, and never pooled over trials; those of injection
//! errors, of which there are histograms alone, are ends of buckets. A trial of n events takes time in proportion to
//! n log n.
//!
//! **Absent.** No clock, no file, no branch code, no drawing; nothing that ran or judged.
//!
//! **Caveats.** Histories lack the causal dependencies of a write, so the bound and the parts know predecessors at one
//! origin alone. They lack the time when a branch lost its state, too: until its first apply of another life it counts
//! as having what it had. A copy that reached a branch while that was down counts as arrived, and the rest as apply.
//! Arrivals that still queued when the load ended are `refused` in the history. They count in latency, not in service,
//! throughput or any count of reads and writes; where all latencies are theirs, `never_began` says so.
//!
//! | file | contents |
//! |---|---|
//! | `period` | the measured time |
//! | `samples` | the values of all spans, and their percentiles |
//! | `apply_times`, `deliveries`, `range_max` | when branches had which writes, and how these came to them |
//! | `customers`, `observed_operation` | what customers wrote and were shown; one operation with all facts about it |
//! | `tally`, `spans`, `latency_blocks`, `waits`, `fresh_bins`, `load_counts` | figures of a trial |
//! | `propagation`, `timeline`, `fault_windows` | the same: over links and over time |
//! | `fault_figures` | the same: inside the windows of each fault, and outside |
//! | `paired_reads` | reads of two trials with equal arrivals, read by read |
//! | `clusters` | rates and means over reads that depend on one another |
//! | `repetitions`, `strategy_runs`, `trial_result` | repetitions put together |
//! | `theory`, `oracle` | the closed form for two branches, and whether a point agrees with it |
//! | `evidence`, `fitness` | whether guarantees were put to the test, and whether the figures can be believed |
//! | `point`, `comparison`, `summarize` | the figures of an experiment |
//! | `saturation`, `agreement` | from which load on it falls behind; live beside simulated figures |

mod agreement;
mod apply_times;
mod clusters;
mod comparison;
mod customers;
mod deliveries;
mod evidence;
mod fault_figures;
mod fault_windows;
mod fitness;
mod fresh_bins;
mod latency_blocks;
mod load_counts;
mod observed_operation;
mod oracle;
mod paired_reads;
mod period;
mod point;
mod propagation;
mod range_max;
mod repetitions;
mod samples;
mod saturation;
mod spans;
mod strategy_runs;
mod summarize;
mod tally;
#[cfg(test)]
mod testing;
mod theory;
mod timeline;
mod trial_result;
mod waits;

pub use clusters::mean_difference;
pub use comparison::paired_trials;
pub use load_counts::count_until_it_ran_out;
pub use paired_reads::{PairedReads, read_latencies};
pub use repetitions::{interval_over, spread_over};
pub use strategy_runs::{stale_design_effect, stale_rate_of};
pub use summarize::{Heading, summarize};
pub use theory::Theory;
pub use trial_result::{Spreads, TrialResult};

use std::ops::ControlFlow;

use crate::history::History;
use crate::results::{Histograms, Measures};

use apply_times::ApplyTimes;
use deliveries::Deliveries;
use fault_figures::FaultTally;
use fault_windows::fault_windows;
use fresh_bins::FreshBins;
use latency_blocks::LatencyBlocks;
use load_counts::LoadCounts;
use observed_operation::observed_operations;
use period::Period;
use samples::Samples;
use tally::Tally;
use timeline::Timeline;
use waits::Waits;

/// The figures of one trial. In an open loop (`is_open`) operations arrive at intended times, so there is an offered
/// rate. The histograms lack those of injection errors by leg, which only the substrate knows.
///
/// Takes time in proportion to n log n, where n is the number of the history's events.
pub fn measure(history: &History, is_open: bool) -> (Measures, Histograms) {
    match measure_while(history, is_open, &mut || ControlFlow::Continue(())) {
        ControlFlow::Continue(measured) => measured,
        ControlFlow::Break(()) => unreachable!("no caller breaks off"),
    }
}

/// The same, unless `watch` breaks off. It is called for every operation, so it must be quick.
pub fn measure_while(
    history: &History,
    is_open: bool,
    watch: &mut dyn FnMut() -> ControlFlow<()>,
) -> ControlFlow<(), (Measures, Histograms)> {
    let period = Period::of(history);
    let applied = ApplyTimes::of(history);
    let deliveries = Deliveries::of(history, &applied);
    let (mut tally, mut load, mut fresh) = (Tally::new(&period), LoadCounts::default(), FreshBins::new());
    let (mut timeline, mut waits) = (Timeline::new(&period), Waits::new(&applied, &deliveries));
    let faults = fault_windows(history, &period);
    let mut by_fault = FaultTally::new(&faults, &period);
    let mut latencies = LatencyBlocks::new(&period);
    let mut samples = Samples::default();
    // One pass over the operations, in the order of their invocations.
    for operation in observed_operations(history, &period, &applied) {
        watch()?;
        load.count(&operation, &period);
        timeline.count(&operation);
        if operation.is_measured {
            tally.count(&operation);
            latencies.count(&operation);
            by_fault.count(&operation, &period);
            fresh.count(&operation);
            waits.count(&operation, &mut samples);
            spans::record(&mut samples, &operation, &period);
        }
    }
    load_counts::record_left_over(&mut samples, &mut by_fault, history, &period);
    latencies.count_left_over(history);
    let histograms = samples.histograms();
    let measures = Measures {
        trial: history.header.trial.clone(),
        measured_s: period.seconds(),
        reads: tally.reads,
        writes: tally.writes,
        totals: load.totals,
        spreads: samples.spreads(),
        throughput_ops_s: load.throughput(&period),
        throughput_over_s: None,
        offered_ops_s: is_open.then(|| load.offered(history, &period)),
        stale: tally.stale(),
        read_latency_blocks: latencies.reads,
        eligible_read_latency_blocks: latencies.eligible,
        shadow: tally.shadow,
        generator: load_counts::generator(history, &period, &histograms),
        fresh: fresh.finish(),
        wait_parts: waits.parts_mean(),
        propagation: propagation::propagation(&applied, &period),
        seconds: timeline.finish(),
        faults,
        by_fault: by_fault.finish(),
        in_flight_mean: load.in_flight_mean(&period),
        in_flight_by_little: load.in_flight_by_little(&period),
    };
    ControlFlow::Continue((measures, histograms))
}
