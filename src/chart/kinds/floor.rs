//! How close the bank's calls come to the floor, a bare call: ratios to it, and latencies towards the last nines.

use serde_json::Map;

use super::series::{distinct, shift};
use crate::chart::draw::{
    Axis, Chart, FRAME, LegendEntry, Mark, Panel, Picture, RuleLine, Sample, SeriesStyle, Sketch, Stroke,
    Table, labels, number, pale,
};
use crate::results::{Floor, FloorLane, FloorLoad, Interval, SpectrumPoint};

type CaseRatio = fn(&FloorLane) -> Interval;

const RATIOS: [(&str, CaseRatio); 2] = [
    ("throughput, of the bare call's", |lane| lane.throughput_ratio),
    ("processor time per operation, of the bare call's", |lane| lane.cpu_per_op_ratio),
];

/// The two charts of the bench `floor`, `ratios` and `spectrum`.
pub fn floor(floor: &Floor) -> Vec<Chart> {
    [("ratios", ratios(floor)), ("spectrum", spectrum(floor))]
        .into_iter()
        .map(|(name, sketch)| sketch.draw(name.to_owned()))
        .collect()
}

fn ratios(floor: &Floor) -> Sketch {
    let loads = loads(floor, is_closed);
    let panels = RATIOS.map(|(label, ratio)| ratio_panel(floor, &loads, label, ratio)).to_vec();
    let entry = |(index, &load): (usize, &FloorLoad)| {
        let style = load_style(index);
        LegendEntry::new(load.to_string(), style.colour, Sample::Dot(style.marker))
    };
    let legend = loads.iter().enumerate().map(entry).collect();
    let note = "Dashed: the bare call. Medians of ratios to it, of the same round. Bars: intervals.";
    let picture = Picture::new("How much of a bare call's throughput is left?", subtitle(floor));
    let picture = Picture { legend, panels, notes: vec![note.to_owned()], height: HEIGHT, ..picture };
    Sketch { picture, table: ratio_table(floor) }
}

/// One ratio of all cases but the floor, with a dot for each load.
fn ratio_panel(floor: &Floor, loads: &[FloorLoad], label: &str, ratio: CaseRatio) -> Panel {
    let names = cases(floor);
    let lanes = || floor.lanes.iter().filter(|lane| lane.case != Floor::CASE && is_closed(lane.load));
    let ends = lanes().map(ratio).flat_map(|Interval { low, high, .. }| [low, high]);
    let y = Axis::from_zero(label, ends.chain([1.0]));
    let mut marks =
        vec![Mark::Rule(RuleLine { at: 1.0, is_upright: false, colour: FRAME, label: String::new() })];
    for (index, &load) in loads.iter().enumerate() {
        let (style, shift) = (load_style(index), shift(index, loads.len()));
        let figures: Vec<(f64, Interval)> = lanes()
            .filter(|lane| lane.load == load)
            .filter_map(|lane| Some((place(&names, &lane.case)?, ratio(lane))))
            .collect();
        let spans = figures.iter().map(|&(x, Interval { low, high, .. })| (x, low, high)).collect();
        let points = figures.iter().map(|&(x, ratio)| (x, ratio.value)).collect();
        marks.extend([Mark::bars(spans, style.colour, shift), Mark::dots(points, style, shift)]);
    }
    Panel::new(Axis::categories("", &names), y, marks)
}

fn ratio_table(floor: &Floor) -> Table {
    let mut table = Table::new(Vec::new(), &["case", "load", "figure", "ratio", "ratio_low", "ratio_high"]);
    for (figure, ratio) in RATIOS {
        for lane in floor.lanes.iter().filter(|lane| is_closed(lane.load)) {
            let Interval { value, low, high, .. } = ratio(lane);
            let [value, low, high] = [value, low, high].map(number);
            let fields = vec![lane.case.clone(), lane.load.to_string(), figure.to_owned(), value, low, high];
            table.push(&Map::new(), fields);
        }
    }
    table
}

fn spectrum(floor: &Floor) -> Sketch {
    // Latency under saturation is the length of queues, so those loads are left out.
    let loads = loads(floor, |load| !matches!(load, FloorLoad::Closed { in_flight: 2.. }));
    let lanes: Vec<&FloorLane> =
        loads.iter().flat_map(|&load| floor.lanes.iter().filter(move |lane| lane.load == load)).collect();
    let ends = lanes.iter().flat_map(|lane| &lane.spectrum).flat_map(|point| [point.ms_low, point.ms_high]);
    let y = Axis::log("latency (µs)", ends.map(|ms| ms * 1e3));
    let panel = |load: &FloorLoad| {
        let marks = lanes.iter().filter(|lane| lane.load == *load).flat_map(|lane| spectrum_marks(lane));
        Panel {
            heading: load.to_string(),
            ..Panel::new(Axis::nines("percentile"), y.clone(), marks.collect())
        }
    };
    let panels: Vec<Panel> = loads.iter().map(panel).collect();
    let entry = |case: &String| LegendEntry::new(case, style(case).colour, Sample::Line(Stroke::Thick));
    let legend = [Floor::CASE.to_owned()].iter().chain(&cases(floor)).map(entry).collect();
    let note = "Thick: median of the rounds. Thin: its interval. In the open loop \
                latency counts from the intended start.";
    let picture = Picture::new("How long does a call take, towards the last nines?", subtitle(floor));
    let notes = vec![note.to_owned()];
    let picture = Picture { legend, panels, notes, columns: 2, height: HEIGHT, ..picture };
    Sketch { picture, table: spectrum_table(&lanes) }
}

/// The latencies of a lane, between the ends of their intervals.
fn spectrum_marks(lane: &FloorLane) -> [Mark; 3] {
    let colour = style(&lane.case).colour;
    let line = |of: fn(&SpectrumPoint) -> f64, colour, stroke| {
        let points = lane.spectrum.iter().map(|point| (Axis::nines_at(point.quantile), of(point) * 1e3));
        Mark::line(points.collect(), colour, stroke)
    };
    [
        line(|point| point.ms_low, pale(colour), Stroke::Thin),
        line(|point| point.ms_high, pale(colour), Stroke::Thin),
        line(|point| point.ms, colour, Stroke::Thick),
    ]
}

fn spectrum_table(lanes: &[&FloorLane]) -> Table {
    let columns = ["case", "load", "quantile", "latency_us", "latency_low_us", "latency_high_us"];
    let mut table = Table::new(Vec::new(), &columns);
    for lane in lanes {
        for SpectrumPoint { quantile, ms, ms_low, ms_high } in &lane.spectrum {
            let [quantile, us, low, high] = [*quantile, ms * 1e3, ms_low * 1e3, ms_high * 1e3].map(number);
            table.push(&Map::new(), vec![lane.case.clone(), lane.load.to_string(), quantile, us, low, high]);
        }
    }
    table
}

const HEIGHT: u32 = 900;

/// All cases but the floor, in their order.
fn cases(floor: &Floor) -> Vec<String> {
    distinct(floor.lanes.iter().map(|lane| lane.case.clone()).filter(|case| case != Floor::CASE))
}

fn place(names: &[String], case: &str) -> Option<f64> {
    names.iter().position(|name| name == case).map(|index| index as f64)
}

fn is_closed(load: FloorLoad) -> bool {
    matches!(load, FloorLoad::Closed { .. })
}

/// The loads that are wanted, in their order.
fn loads(floor: &Floor, is_wanted: impl Fn(FloorLoad) -> bool) -> Vec<FloorLoad> {
    distinct(floor.lanes.iter().map(|lane| lane.load).filter(|&load| is_wanted(load)))
}

/// The style of a case; a read has that of its strategy.
fn style(case: &str) -> SeriesStyle {
    let all = [Floor::CASE, "deposit", "query waiting", "echo tuned"].map(str::to_owned);
    match case {
        "query none" => SeriesStyle::of("none", &all),
        "query satisfied" => SeriesStyle::of("wait", &all),
        other => SeriesStyle::of(other, &all),
    }
}

/// One style for each load, since each case has a place of its own.
fn load_style(index: usize) -> SeriesStyle {
    let all = ["one", "many"].map(str::to_owned);
    SeriesStyle::of(&all[index % all.len()], &all)
}

fn subtitle(floor: &Floor) -> String {
    let processor = floor.machine.processor.as_deref().unwrap_or("unknown processor");
    format!(
        "{} cores of {processor} · {} · messages of {} and {} bytes",
        floor.machine.cores,
        labels::counted(floor.rounds as u64, "round"),
        floor.request_bytes,
        floor.reply_bytes
    )
}
