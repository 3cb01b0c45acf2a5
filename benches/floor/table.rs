//! What is printed.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use readback::results::{Floor, FloorLane, Interval, Spread};

use crate::lanes::SATURATED;
use crate::words::{figure, others, ratio, us};
use crate::worker::Case;

/// A lag above this share of the median latency is the generator's fault, and is reported.
const LAG_MAX: f64 = 0.10;

const COLUMNS: [&str; 12] = [
    "case",
    "load",
    "ops/s",
    "p50 us",
    "p90 us",
    "p99 us",
    "p99.9 us",
    "p99.99 us",
    "CPU us/op",
    "ops/s to echo's",
    "p50 to echo's",
    "CPU to echo's",
];

pub fn text(floor: &Floor) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(COLUMNS);
    table.add_rows(floor.lanes.iter().map(row));
    table.column_iter_mut().skip(2).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    let about = format!(
        "rounds: {}; bytes of a request and a reply: {}, {}",
        floor.rounds, floor.request_bytes, floor.reply_bytes
    );
    let rows: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let guard = guard(floor.guarded_to_unguarded, floor.unguarded_to_itself);
    let parts = [about, rows.join("\n"), guard].into_iter().chain(notes(floor));
    parts.collect::<Vec<_>>().join("\n\n")
}

/// What the comparison of guarded with unguarded queries has given.
pub fn guard(guarded_to_unguarded: Interval, unguarded_to_itself: Interval) -> String {
    let [satisfied, none] = [Case::QuerySatisfied, Case::QueryNone].map(Case::name);
    format!(
        "{satisfied} to {none} in short slices by turns, {SATURATED}, ops/s: {}; {none} to {none}: {}; sets: {}",
        fine(guarded_to_unguarded),
        fine(unguarded_to_itself),
        guarded_to_unguarded.n
    )
}

/// Two hundredths are what it is about.
fn fine(Interval { value, low, high, .. }: Interval) -> String {
    format!("{value:.3} ({low:.3}-{high:.3})")
}

fn row(lane: &FloorLane) -> Vec<String> {
    let Spread { p50, p90, p99, p999, p9999, .. } = lane.latency_ms;
    let mut row = vec![lane.case.clone(), lane.load.to_string(), figure(lane.throughput_ops_s.value)];
    row.extend([p50, p90, p99, p999, p9999].map(us));
    row.push(figure(lane.cpu_us_per_op.value));
    row.extend([lane.throughput_ratio, lane.latency_p50_ratio, lane.cpu_per_op_ratio].map(ratio));
    row
}

/// What speaks against the figures.
fn notes(floor: &Floor) -> Vec<String> {
    let mut notes = vec![others(floor.others_cpu_share)];
    for lane in &floor.lanes {
        let FloorLane { case, load, .. } = lane;
        if let (Some(lag), Some(p50)) = (lane.lag_ms_p99, lane.latency_ms.p50)
            && lag > LAG_MAX * p50
        {
            let lag_us = lag * 1e3;
            notes.push(format!("{case}, {load}: one start in a hundred was {lag_us:.0} us late or more"));
        }
    }
    notes
}
