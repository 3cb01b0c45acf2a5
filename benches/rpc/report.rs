//! What is printed: two aligned tables.

use readback::measure::{interval_over, spread_over};
use readback::results::Spread;

use crate::measured::Measured;
use crate::plan::Turn;
use crate::rig::Lane;
use crate::session::Stretch;
use crate::words::{figure, ratio, us};

/// One row per lane, each figure the median over the rounds.
pub fn of_lanes(lanes: &[Lane]) -> String {
    let mut rows = vec![lane_header()];
    rows.extend(lanes.iter().map(|lane| lane_row(lane, floor(lanes, lane.turn))));
    aligned(&rows)
}

/// One row per stretch.
pub fn of_session(stretches: &[Stretch]) -> String {
    let header = ["writes", "token entries", "p50 us", "p99 us"].map(str::to_owned).to_vec();
    let row = |stretch: &Stretch| {
        let Stretch { first, last, token_entries, measured } = stretch;
        let Spread { p50, p99, .. } = measured.spread();
        vec![format!("{first} to {last}"), token_entries.to_string(), us(p50), us(p99)]
    };
    let rows: Vec<_> = [header].into_iter().chain(stretches.iter().map(row)).collect();
    aligned(&rows)
}

fn lane_header() -> Vec<String> {
    let figures =
        ["case", "in flight", "parked %", "ops/s", "p50 us", "p90 us", "p99 us", "p99.9 us", "CPU us/op"];
    let ratios = ["ops/s to echo's", "p50 to echo's", "CPU to echo's"];
    figures.into_iter().chain(ratios).map(str::to_owned).collect()
}

fn lane_row(lane: &Lane, floor: &Lane) -> Vec<String> {
    let median_of = |figure: &dyn Fn(&Measured) -> f64| {
        interval_over(&lane.rounds.iter().map(figure).collect::<Vec<_>>()).value
    };
    let mut row = vec![lane.turn.case.name().to_owned(), lane.turn.in_flight.count().to_string()];
    let parked_percent = |round: &Measured| 100.0 * round.waited as f64 / round.operations as f64;
    row.push(format!("{:.0}", median_of(&parked_percent)));
    row.push(figure(median_of(&Measured::operations_per_s)));
    let spreads: Vec<Spread> = lane.rounds.iter().map(Measured::spread).collect();
    let Spread { p50, p90, p99, p999, .. } = spread_over(&spreads);
    row.extend([p50, p90, p99, p999].map(us));
    row.push(figure(median_of(&Measured::cpu_us_per_operation)));
    row.push(to_floor(lane, floor, Measured::operations_per_s));
    row.push(to_floor(lane, floor, |round| round.spread().p50.unwrap_or(f64::NAN)));
    row.push(to_floor(lane, floor, Measured::cpu_us_per_operation));
    row
}

fn floor(lanes: &[Lane], turn: Turn) -> &Lane {
    lanes.iter().find(|lane| lane.turn == turn.floor()).expect("the plan has the floor of each turn")
}

/// The median over the rounds of what one lane has by what the floor has in the same round, and its interval.
fn to_floor(lane: &Lane, floor: &Lane, of: fn(&Measured) -> f64) -> String {
    let pairs = lane.rounds.iter().zip(&floor.rounds);
    ratio(interval_over(&pairs.map(|(of_lane, of_floor)| of(of_lane) / of(of_floor)).collect::<Vec<_>>()))
}

/// The first column to the left, all others to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ") + "\n"
    };
    rows.iter().map(line).collect()
}
