//! Results of an experiment: the types of its files, and its folder.
//!
//! ```text
//! results/EXPERIMENT/START/
//!   manifest.json               the origin of all results, before anything runs
//!   trials/ID/  plan.toml  history.jsonl.gz  observed.json
//!               histograms.hlog  *.hgrm  verdict.json  measures.json  seconds.csv  reads.csv.gz
//!   summary.csv  summary.json
//!   charts/     NAME.svg  NAME.png  NAME.csv
//! results/floor/START/
//!   floor.json  CASE-LOAD-rN.hgrm
//!   charts/     NAME.svg  NAME.png  NAME.csv
//! results/verify/SEED/
//!   case.json  history.jsonl.gz  page.txt  diagram.svg  diagram.png
//! ```
//!
//! | type | file | made by |
//! |---|---|---|
//! | [`Folder`] | all of it | |
//! | [`Manifest`] | `manifest.json` | the driver, before anything runs |
//! | [`TrialFolder`] | `trials/ID/` | |
//! | [`HistoryFile`] | `trials/ID/history.jsonl.gz` | the substrate, while it runs |
//! | [`Observed`] | `trials/ID/observed.json` | the substrate: observations that are in no history |
//! | [`Histograms`] | `trials/ID/*.hgrm`, `histograms.hlog` | substrate and measures |
//! | [`Judgement`] | `trials/ID/verdict.json` | the checkers |
//! | [`Measures`] | `trials/ID/measures.json`, `seconds.csv` | the measures |
//! | [`ReadLatency`] | `trials/ID/reads.csv.gz`, a row each | the measures |
//! | [`Summary`] | `summary.json`, `summary.csv` | the measures, over all trials |
//! | [`Floor`] | `floor.json` | the bench `floor` |
//! | [`Counterexample`] | `results/verify/SEED/` | a swarm that found a failure |
//!
//! **Invariants.** A file is whole or not there: it is written under another name, and renamed when it is on the
//! disk. A trial is complete once its history and `observed.json` are there, and judges read only saved files. A run
//! that was killed keeps its complete trials; a history that was cut off stays as `.part`, and is not read. Equal
//! values give equal bytes. Figures are finite numbers: JSON has no others.
//!
//! **Names.** Every file of a trial names it: the plan and the history, `observed.json`, `verdict.json` and
//! `measures.json` by the key `trial`, `histograms.hlog` by a comment. A file in another trial's folder is refused by
//! its name. So are a summary that is not of its manifest's run, and a folder that is none of its trials. A file that
//! follows from others is compared with them when it is made again: each that differs is a [`Difference`].
//!
//! **Keys** are stable: one that changes its meaning gets another name, and [`SCHEMA`] another number. A key ends with
//! its unit, and after that with its statistic (`_max`). A figure with too few samples is `null`. A file of another
//! schema, and a key that is not known, are refused; but files of release 0.1 are read by reports, in today's keys.
//!
//! **Absent.** Nothing here judges, measures, draws or runs; no clock: times are passed in. No history either, but its
//! bytes.
//!
//! **Caveats.** A [`Host`] is read from `/proc`, so elsewhere than on Linux little more than its cores is known.
//! Whether the sources were clean is known at the time of the build. Folders have no locks: two programs that write
//! into the same one overwrite each other's files, each of them whole.
//!
//! # `summary.json`
//!
//! A summary has a point for each strategy at each combination of swept values, and a comparison for each but the
//! first strategy, the baseline. `summary.csv` has a row for each point, with the same keys as paths.
//!
//! | key | is | meaning, unit, denominator |
//! |---|---|---|
//! | `schema` | text | [`SCHEMA`]: what these keys mean |
//! | `experiment` | text | the experiment file's name, without folder and ending |
//! | `question` | text | which the experiment answers |
//! | `seed` | count | from which everything drawn follows |
//! | `substrate` | text | `live` (gRPC and real time), `sim` (virtual time) or `live and sim` |
//! | `started` | text | when the run began: RFC 3339, in UTC |
//! | `verdict` | text | `valid`, `unknown` or `violated`, of the whole run |
//! | `reasons` | list | why it is not valid, in sentences; empty if it is |
//! | `fitness` | fitness | whether the figures can be believed |
//! | `expectations` | list | those of the experiment's file, in its order |
//! | `expectations[].expected` | text | a measure, a strategy, a point and a comparison: [`Expectation`] |
//! | `expectations[].holds` | flag | whether it holds at all of its points |
//! | `expectations[].value` | number or null | the first figure that fails it, or else the last one |
//! | `expectations[].place` | text | where that figure is; empty if it is of the whole run |
//! | `expectations[].is_agreement` | flag | whether it is about agreement with theory or between substrates |
//! | `guaranteed` | rate | stale reads of eligible ones that ended `ok`, where the strategy promises the guarantee |
//! | `points` | list | a strategy at a point, all repetitions together |
//! | `points[].point` | object | the swept values, by their keys in the experiment file; empty if nothing was swept |
//! | `points[].strategy` | text | `none` or `wait` |
//! | `points[].trials` | list | ids, one for each repetition; their folders' names |
//! | `points[].reads` | object | reads that were measured, summed over repetitions |
//! | `points[].reads.total` | count | invoked; each of the following is a part of these |
//! | `points[].reads.ok` | count | answered |
//! | `points[].reads.eligible` | count | with an own `ok` write elsewhere that this branch has not shown it before |
//! | `points[].reads.stale` | count | eligible, answered, and the answer misses an own `ok` write |
//! | `points[].reads.opportunities` | count | whose branch was provably behind the session's writes on arrival |
//! | `points[].reads.parked` | count | held by the branch for some time |
//! | `points[].reads.timed_out` | count | ended because the wait reached its bound |
//! | `points[].reads.failed` | count | ended `fail` for any other reason |
//! | `points[].reads.unknown` | count | without a known end |
//! | `points[].stale_rate` | rate | stale reads of eligible ones that ended `ok` |
//! | `points[].wait_ms` | spread | the wait of eligible reads, zeros included |
//! | `points[].wait_parked_ms` | spread | the wait of reads that were parked |
//! | `points[].excess_wait_ms` | spread | the wait of parked reads beyond the injected network delay |
//! | `points[].latency_ms` | spread | from intended start to end; of `never_began` arrivals to the load's end |
//! | `points[].read_latency_ms` | spread | the same of reads |
//! | `points[].eligible_read_latency_ms` | spread | the same of eligible reads |
//! | `points[].write_latency_ms` | spread | the same of writes |
//! | `points[].service_ms` | spread | from the time when an operation was sent to its end |
//! | `points[].injection_error_ms` | spread | injection error of messages, all legs together |
//! | `points[].throughput_ops_s` | interval | operations that ended `ok`, per second |
//! | `points[].offered_ops_s` | number or null | arrivals per second, median of repetitions; `null` in a closed loop |
//! | `points[].is_saturated` | flag or null | whether less than 95 % of it was achieved; `null` in a closed loop |
//! | `points[].cpu_us_per_op` | interval or null | processor time of all sides per operation, in microseconds |
//! | `points[].peer_messages_per_write` | interval or null | per `ok` write; `null` without one, or after a kill |
//! | `points[].peer_bytes_per_write` | interval or null | bytes of these messages per `ok` write |
//! | `points[].token_bytes_max` | count | bytes of the largest token that a session carried |
//! | `points[].memory_bytes_max` | count or null | of the process in a trial, what earlier ones left included |
//! | `points[].records_per_sync` | interval or null | of a durable log; `null` without a real disk |
//! | `points[].bare_syncs_per_s` | interval or null | of the bare device, one after another |
//! | `points[].parked_peak` | count | the most requests that were parked at once |
//! | `points[].unknown_writes` | count | that ended `info`: whether they happened is unknown |
//! | `points[].recoveries` | object or null | branches that came back; `null` if none did |
//! | `points[].recoveries.count` | count | processes that were started again |
//! | `points[].recoveries.took_ms_p50` | number | from a process's start until its branch ran, the median |
//! | `points[].recoveries.took_ms_max` | number | and the longest |
//! | `points[].recoveries.records_max` | count | the most records that were read from a log and replayed |
//! | `points[].recoveries.replay_ms_max` | number | and what that took at most |
//! | `points[].by_fault` | list | reads by intended start, inside each fault's windows and outside; else empty |
//! | `points[].by_fault[].kind` | text or null | of the fault; `null` outside all windows |
//! | `points[].by_fault[].text` | text | the fault; windows with the same text count together |
//! | `points[].by_fault[].windows` | count | in the measured time, of all repetitions |
//! | `points[].by_fault[].measured_s` | number | their time together |
//! | `points[].by_fault[].read_latency_ms` | spread | from a read's intended start to its end |
//! | `points[].by_fault[].wait_ms` | spread | the wait of eligible reads, zeros included |
//! | `points[].by_fault[].stale_rate` | rate | stale reads of eligible ones that ended `ok` |
//! | `points[].others_cpu_share_max` | number or null | of all processors, what others used in a trial, 0 to 1 |
//! | `points[].late_generators` | count | trials whose generator of load was late |
//! | `points[].refused` | count | arrivals that were never begun, since their session's queue was full |
//! | `points[].never_began` | count | arrivals that still queued when the load ended |
//! | `points[].expected` | object or null | the closed form, where it applies: [`ClosedForm`] |
//! | `points[].expected.a_per_ms` | number | rate of the exponential replication delay |
//! | `points[].expected.m_per_ms` | number or null | rate of the exponential customer legs; `null`: instant |
//! | `points[].expected.t_ms` | number | from a write's acknowledgement to the read's invocation |
//! | `points[].expected.floor_ms` | number | what the measured floor of the legs adds to it |
//! | `points[].expected.stale_rate` | number | of reads on arrival, from 0 to 1 |
//! | `points[].expected.wait_mean_ms` | number | over all reads |
//! | `points[].expected.stale_rate_agrees` | flag or null | whether the measured interval holds it |
//! | `points[].expected.wait_mean_agrees` | flag or null | whether the measured interval holds it |
//! | `points[].expected.wait_mean_measured_ms` | interval or null | over all reads |
//! | `points[].expected.stale_rate_interval` | list or null | from and to: by it `stale_rate_agrees` is decided |
//! | `points[].expected.wait_mean_interval_ms` | list or null | from and to: by it `wait_mean_agrees` is decided |
//! | `points[].verdict` | text | the worst of its trials |
//! | `points[].fitness` | fitness or null | of its trials |
//! | `comparisons` | list | a strategy against the baseline at the same point, repetition by repetition |
//! | `comparisons[].point` | object | as in `points[]` |
//! | `comparisons[].baseline` | text | the first strategy |
//! | `comparisons[].strategy` | text | the one whose figure is divided by the baseline's |
//! | `comparisons[].pairs` | count | repetitions |
//! | `comparisons[].load` | text | `open`, `closed_with_think_time`, `closed_without_think_time` (worst case) |
//! | `comparisons[].throughput_ratio` | interval or null | of `throughput_ops_s`; `null` where a loop ran out |
//! | `comparisons[].latency_p50_ratio` | interval or null | of `latency_ms.p50` |
//! | `comparisons[].latency_p99_ratio` | interval or null | of `latency_ms.p99` |
//! | `comparisons[].read_cost` | object | the strategy's read latencies less the baseline's: [`ReadCost`] |
//! | `comparisons[].read_cost.all` | difference | over all measured reads |
//! | `comparisons[].read_cost.eligible` | difference | over eligible reads |
//! | `comparisons[].read_cost.paired` | object or null | read by read: [`PairedDifference`]; in milliseconds |
//! | `comparisons[].read_cost.paired.n` | count | pairs of all repetitions |
//! | `comparisons[].read_cost.paired.unpaired` | count | measured reads of the strategy without a partner |
//! | `comparisons[].read_cost.paired.mean_ms` | interval or null | the mean difference over all pairs |
//! | `comparisons[].read_cost.paired.p1_ms` | interval or null | 1 % of the reads differ by no more |
//! | `comparisons[].read_cost.paired.p10_ms` | interval or null | 10 % |
//! | `comparisons[].read_cost.paired.p50_ms` | interval or null | half of them |
//! | `comparisons[].read_cost.paired.p90_ms` | interval or null | 90 % |
//! | `comparisons[].read_cost.paired.p99_ms` | interval or null | 99 % |
//! | `comparisons[].read_cost.paired.p999_ms` | interval or null | 99.9 % |
//! | `comparisons[].read_cost.paired.slower_share` | rate | slower by more than 1 ms, of all pairs |
//! | `comparisons[].read_cost.paired.curve` | list | the quantile function, for a chart |
//! | `comparisons[].read_cost.paired.curve[].share` | number | of the reads, from 0 to 1 |
//! | `comparisons[].read_cost.paired.curve[].ms` | number | they differ by no more; median over repetitions |
//! | `comparisons[].cpu_per_op_ratio` | interval or null | of `cpu_us_per_op` |
//! | `comparisons[].is_saturated` | flag | whether the system limits throughput, so that its ratio is a cost |
//! | `saturation` | list | where loads vary by a tenth: from which one on each strategy falls behind |
//! | `saturation[].strategy` | text | |
//! | `saturation[].from_offered_ops_s` | number or null | least offered load that saturates; `null`: none did |
//! | `saturation[].throughput_max_ops_s` | number | the most that was achieved in an open loop |
//! | `agreements` | list | live beside simulated figures; empty unless `run.substrate` was swept |
//! | `agreements[].point` | object | the swept values but the substrate |
//! | `agreements[].strategy` | text | |
//! | `agreements[].figure` | text | `stale_rate`, `wait_p99_ms` and so on, as in `points[]` |
//! | `agreements[].live` | number | median over repetitions in real time |
//! | `agreements[].sim` | number | the same in virtual time |
//! | `agreements[].tolerance` | number | how far apart they may be; `measure` says why |
//! | `agreements[].agrees` | flag | whether they are not farther apart |
//!
//! [`Judgement`] explains the keys of a trial's `verdict.json`.
//!
//! A [*spread*](Spread), an [*interval*](Interval), a [*difference*](LatencyDifference) and a [*rate*](Rate) are
//! objects:
//!
//! | key | is | meaning, unit, denominator |
//! |---|---|---|
//! | `spread.p50` | number or null | median over repetitions of the percentile, in milliseconds, as are these: |
//! | `spread.p90` | number or null | |
//! | `spread.p99` | number or null | |
//! | `spread.p999` | number or null | 99.9 % |
//! | `spread.p9999` | number or null | 99.99 %; a percentile q is `null` where a repetition has n (1 - q) < 10 |
//! | `spread.max` | number or null | the largest of all repetitions |
//! | `spread.mean` | number or null | of all samples |
//! | `spread.n` | count | samples of all repetitions |
//! | `interval.value` | number | median over repetitions; of `read_cost`, means are of all reads |
//! | `interval.low` | number | |
//! | `interval.high` | number | |
//! | `interval.method` | text | `range`, `order_statistics`, `blocks` or `repetitions`: [`Method`] |
//! | `interval.level` | number or null | confidence, from 0 to 1; `null` for a bare range |
//! | `interval.n` | count | repetitions; by `blocks`, of these |
//! | `difference.p50_ms` | interval or null | of the medians, strategy less baseline, over repetitions |
//! | `difference.p99_ms` | interval or null | of the 99th percentiles |
//! | `difference.p999_ms` | interval or null | of the percentiles 99.9 |
//! | `difference.mean_ms` | interval or null | of the means over all reads |
//! | `fitness.is_fit` | flag | whether nothing speaks against the measurement; apart from the verdict |
//! | `fitness.reasons` | list | what speaks against it, one of each kind |
//! | `fitness.reasons[].kind` | text | a stable word: [`UnfitKind`] |
//! | `fitness.reasons[].text` | text | for people, with a remedy |
//! | `rate.value` | number or null | hits of n, from 0 to 1; `null` if n is 0 |
//! | `rate.low` | number or null | Wilson's interval for `effective_n` reads |
//! | `rate.high` | number or null | |
//! | `rate.level` | number | its confidence, from 0 to 1 |
//! | `rate.hits` | count | |
//! | `rate.n` | count | the denominator |
//! | `rate.effective_n` | number or null | independent reads that weigh as much; `null` if there are none |
//! | `rate.method` | text | `independent`, `blocks` or `repetitions`: [`RateMethod`] |
//! | `rate.rule_of_three` | number or null | 3/`effective_n`, the bound at 95 % where nothing was hit; else `null` |
//! | `rate.repetitions` | list or null | smallest and largest rate of a repetition |
//!
//! | file | contents |
//! |---|---|
//! | `folder`, `trial_folder`, `file` | the folders, and files that are whole or not there |
//! | `manifest`, `code`, `host` | the origin of results |
//! | `observed`, `judgement`, `measures`, `histograms`, `read_latencies` | one trial |
//! | `fitness`, `expectation` | whether a measurement can be believed, and is what was expected |
//! | `summary`, `read_cost`, `statistics` | the outcome, and figures with their basis |
//! | `chart_spec` | which charts an experiment asks for |
//! | `floor` | calls beside a bare call |
//! | `difference` | saved values that are not what they should be |
//! | `release_1` | files of release 0.1 in the keys of this one |
//! | `counterexample`, `space_time` | a failure's folder, and a trial as a diagram |
//! | `hgrm`, `hlog`, `tables`, `json` | histograms, figures and swept values as text |

mod chart_spec;
mod code;
mod counterexample;
mod difference;
mod expectation;
mod file;
mod fitness;
mod floor;
mod folder;
mod hgrm;
mod histograms;
mod hlog;
mod host;
mod json;
mod judgement;
mod manifest;
mod measures;
mod observed;
mod read_cost;
mod read_latencies;
mod release_1;
mod space_time;
mod statistics;
mod summary;
mod tables;
#[cfg(test)]
mod testing;
mod trial_folder;

pub use chart_spec::{ChartKind, ChartSpec};
pub use code::Code;
pub use counterexample::Counterexample;
pub use difference::{Difference, KeyDifference, first_difference};
pub use expectation::{Bound, Expectation, ExpectationOutcome, substrate_agreement, theory_agreement};
pub use file::{FolderError, SCHEMA};
pub use fitness::{Fitness, UnfitKind, UnfitReason};
pub use floor::{CoreFigure, Floor, FloorLane, FloorLoad, SpectrumPoint};
pub use folder::Folder;
pub use histograms::{Histograms, Span};
pub use host::Host;
pub use json::plain_text;
pub use judgement::{BlackBoxCounts, BreachCounts, Judgement, Verdict, Violation};
pub use manifest::Manifest;
pub use measures::{
    FaultFigures, FaultPeriod, FreshBin, GeneratorHealth, LinkLag, Measures, OperationTotals, ReadCounts,
    ShadowReads, Staleness, TimeBin, WaitParts, WriteCounts,
};
pub use observed::{BranchObserved, Observed, RecoveryObserved};
pub use read_cost::{DifferenceQuantile, LatencyDifference, PairedDifference, ReadCost};
pub use read_latencies::ReadLatency;
pub use space_time::{Lane, MessageArrow, MessageKind, Moment, SpaceTime, TimedBar, TimedBarKind, Weight};
pub use statistics::{HitBlock, Interval, Method, Rate, RateMethod, Spread, SumBlock};
pub use summary::{
    Agreement, ClosedForm, Comparison, LoadKind, PointSummary, Recoveries, Saturation, Summary,
};
pub use trial_folder::{HistoryFile, TrialFolder};
