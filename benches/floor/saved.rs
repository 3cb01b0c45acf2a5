//! What is kept of a race.

use std::error::Error;
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;
use readback::chart;
use readback::measure::{interval_over, spread_over};
use readback::results::{
    Code, Floor, FloorLane, FloorLoad, Folder, Host, Interval, SCHEMA, SpectrumPoint, Spread,
};

use crate::core::figures;
use crate::lanes::{Lane, Plan, Race};
use crate::machine;
use crate::measured::Measured;
use crate::worker::Case;

/// Below the folder of results, beside those of experiments.
const NAME: &str = "floor";

/// Each as far from 1 as ten steps towards the next nine.
const STEPS_PER_NINE: i32 = 10;
const NINES: i32 = 4;

pub fn floor(plan: &Plan, race: &Race) -> Floor {
    Floor {
        schema: SCHEMA.to_owned(),
        started: race.started.clone(),
        command_line: machine::command_line(NAME),
        code: Code::current(),
        machine: Host::current(),
        others_cpu_share: race.others_cpu_share,
        request_bytes: race.sizes.request as u64,
        reply_bytes: race.sizes.reply as u64,
        rounds: plan.rounds as usize,
        lanes: race
            .lanes
            .iter()
            .map(|lane| floor_lane(lane, race.lane(Case::Echo, lane.load).expect("every load has its floor")))
            .collect(),
        guarded_to_unguarded: interval_over(&race.guard.satisfied),
        unguarded_to_itself: interval_over(&race.guard.control),
        core: figures(),
    }
}

/// Writes it all and returns where.
pub fn save(root: &Path, floor: &Floor, race: &Race) -> Result<PathBuf, Box<dyn Error>> {
    let folder = Folder::create(root, NAME, &floor.started)?;
    for lane in &race.lanes {
        let load = match lane.load {
            FloorLoad::Closed { in_flight } => format!("{in_flight}-in-flight"),
            FloorLoad::Open { .. } => "half-load".to_owned(),
        };
        for (round, measured) in (1..).zip(&lane.rounds) {
            let name = format!("{}-{load}-r{round}", lane.case.name().replace(' ', "-"));
            folder.write_histogram(&name, &measured.latencies_ns)?;
        }
    }
    folder.write_floor(floor)?;
    for chart in chart::floor(floor) {
        folder.write_chart(&format!("{}.csv", chart.name), chart.csv.as_bytes())?;
        folder.write_chart(&format!("{}.svg", chart.name), chart.svg.as_bytes())?;
        folder.write_chart(&format!("{}.png", chart.name), &chart.png)?;
    }
    Ok(folder.path().to_owned())
}

fn floor_lane(lane: &Lane, floor: &Lane) -> FloorLane {
    let count = |of: fn(&Measured) -> u64| lane.rounds.iter().map(of).sum::<u64>();
    let (waited, operations) = (count(|round| round.waited), count(|round| round.operations));
    let spreads: Vec<Spread> = lane.rounds.iter().map(Measured::spread).collect();
    let lags =
        lane.opened.iter().map(|opened| quantile(opened.lags.iter().map(|lag| lag.as_secs_f64()), 0.99));
    FloorLane {
        case: lane.case.name().to_owned(),
        load: lane.load,
        operations: lane.rounds.iter().map(|round| round.operations).min().unwrap_or_default(),
        throughput_ops_s: figure(lane, Measured::operations_per_s),
        cpu_us_per_op: figure(lane, Measured::cpu_us_per_operation),
        latency_ms: spread_over(&spreads),
        throughput_ratio: ratio(lane, floor, Measured::operations_per_s),
        cpu_per_op_ratio: ratio(lane, floor, Measured::cpu_us_per_operation),
        latency_p50_ratio: ratio(lane, floor, |round| at(&round.latencies_ns, 0.5)),
        spectrum: spectrum(&lane.rounds),
        waited_share: waited as f64 / operations as f64,
        lag_ms_p99: lags.reduce(f64::max).map(|lag_s| lag_s * 1e3),
    }
}

fn figure(lane: &Lane, of: fn(&Measured) -> f64) -> Interval {
    interval_over(&lane.rounds.iter().map(of).collect::<Vec<_>>())
}

/// Round by round.
fn ratio(lane: &Lane, floor: &Lane, of: fn(&Measured) -> f64) -> Interval {
    let pairs = lane.rounds.iter().zip(&floor.rounds);
    interval_over(&pairs.map(|(of_lane, of_floor)| of(of_lane) / of(of_floor)).collect::<Vec<_>>())
}

/// As far as ten operations of each round lie above.
fn spectrum(rounds: &[Measured]) -> Vec<SpectrumPoint> {
    let least = rounds.iter().map(|round| round.operations).min().unwrap_or_default() as f64;
    let steps = (0..=STEPS_PER_NINE * NINES).map(|step| f64::from(step) / f64::from(STEPS_PER_NINE));
    let quantiles = steps.map(|nines| 1.0 - 10_f64.powf(-nines));
    let quantiles = quantiles.filter(|quantile| least * (1.0 - quantile) >= 10.0 - 1e-6);
    let point = |quantile| {
        let of_rounds = rounds.iter().map(|round| at(&round.latencies_ns, quantile));
        let Interval { value: ms, low: ms_low, high: ms_high, .. } =
            interval_over(&of_rounds.collect::<Vec<_>>());
        SpectrumPoint { quantile, ms, ms_low, ms_high }
    };
    quantiles.map(point).collect()
}

/// In milliseconds.
fn at(latencies_ns: &Histogram<u64>, quantile: f64) -> f64 {
    latencies_ns.value_at_quantile(quantile) as f64 / 1e6
}

fn quantile(values: impl Iterator<Item = f64>, quantile: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let index = (values.len() as f64 * quantile) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}
