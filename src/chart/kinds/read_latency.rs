//! How long reads take under each strategy, towards the last nines: what the guarantee costs at every percentile.
//!
//! All panels have the axis of percentiles. Two show latencies, of all reads and of the eligible ones, on one scale.
//! Where reads have partners, a third shows how much longer the *same* read takes than under the baseline.

use hdrhistogram::Histogram;
use plotters::style::RGBColor;
use serde_json::{Map, Value};

use super::ccdf::pooled;
use super::series::{evenly, keys, label, points, repetitions, strategies, subtitle, trials_of, varied};
use crate::chart::draw::{
    Axis, FRAME, LegendEntry, Mark, Panel, Picture, RuleLine, Sample, SeriesStyle, Sketch, Stroke, Table,
    labels, number, pale,
};
use crate::chart::input::ChartInput;
use crate::results::{Comparison, DifferenceQuantile, Span, Summary};

/// More points of a sweep than this look alike.
const POINTS_MAX: usize = 3;

/// Percentiles of a curve in each nine.
const STEPS_A_NINE: f64 = 20.0;

/// Populations of reads: the span of their latencies, the heading, and the word of the table.
const POPULATIONS: [(Span, &str, &str); 2] =
    [(Span::ReadLatency, "all reads", "all"), (Span::EligibleReadLatency, "eligible reads", "eligible")];

/// The percentiles of one population, as shares and milliseconds.
type Percentiles = Vec<(f64, f64)>;

/// One strategy at one point.
struct ReadCurve<'a> {
    point: &'a Map<String, Value>,
    strategy: String,
    colour: RGBColor,
    populations: [PopulationCurve; 2],
}

/// The latencies of one population, of all repetitions together and of each.
struct PopulationCurve {
    n: u64,
    pooled: Percentiles,
    repetitions: Vec<(usize, Percentiles)>,
}

pub(super) fn sketch(input: &ChartInput) -> Sketch {
    let summary = input.summary;
    let (curves, left_out) = curves(input);
    let n: u64 = curves.iter().map(|curve| curve.populations[0].n).sum();
    let reads = labels::counted(n, "read");
    let picture = Picture::new(
        "How long do reads take, with the guarantee and without?",
        subtitle(summary, &reads, &repetitions(summary)),
    );
    let mut table = Table::new(keys(summary), &["strategy", "reads", "repetition", "share", "ms"]);
    if curves.iter().all(|curve| curve.populations[0].pooled.is_empty()) {
        return Sketch::without_data(picture, table, "too few reads for a percentile");
    }
    curves.iter().for_each(|curve| tabulate(curve, &mut table));
    let differences = differences(summary, &curves);
    for (_, comparison, curve) in &differences {
        tabulate_differences(comparison, curve, &mut table);
    }
    let mut panels = latency_panels(&curves);
    panels.extend(difference_panel(&differences));
    let keys = varied(summary);
    let entry = |curve: &ReadCurve| {
        let text = label(&curve.strategy, curve.point, &keys);
        LegendEntry::new(text, curve.colour, Sample::Line(Stroke::Thick))
    };
    let legend = curves.iter().map(entry).collect();
    let notes = notes(&curves, left_out, !differences.is_empty());
    let height = if panels.len() > 2 { 1250 } else { 750 };
    Sketch { picture: Picture { legend, panels, notes, columns: 2, height, ..picture }, table }
}

/// The strategies at the points that are drawn, and how many points are left out.
fn curves<'a>(input: &ChartInput<'a>) -> (Vec<ReadCurve<'a>>, usize) {
    let summary = input.summary;
    let (strategies, points) = (strategies(summary), points(summary));
    let chosen = evenly(points.len(), POINTS_MAX);
    let mut curves = Vec::new();
    for (shade, &index) in chosen.iter().enumerate() {
        for strategy in &strategies {
            let style = SeriesStyle::of(strategy, &strategies).shade(shade, chosen.len());
            let population =
                |(span, ..): (Span, &str, &str)| population(input, points[index], strategy, span);
            curves.push(ReadCurve {
                point: points[index],
                strategy: strategy.clone(),
                colour: style.colour,
                populations: POPULATIONS.map(population),
            });
        }
    }
    (curves, points.len() - chosen.len())
}

fn population(input: &ChartInput, point: &Map<String, Value>, strategy: &str, span: Span) -> PopulationCurve {
    let trials = trials_of(input, point, strategy);
    let of_trials =
        || trials.iter().filter_map(|trial| Some((trial.repetition, trial.histograms.get(span)?)));
    let all = pooled(of_trials().map(|(_, histogram)| histogram));
    PopulationCurve {
        n: all.len(),
        pooled: percentiles(&all),
        repetitions: of_trials().map(|(repetition, own)| (repetition, percentiles(own))).collect(),
    }
}

/// Up to the last percentile that ten samples lie beyond, and without the least sample, which would stretch the axis.
fn percentiles(histogram: &Histogram<u64>) -> Percentiles {
    let n = histogram.len() as f64;
    let shares = (1_u32..).map(|step| 1.0 - libm::exp10(-f64::from(step) / STEPS_A_NINE));
    let carried = shares.take_while(|share| n * (1.0 - share) >= 10.0);
    carried.map(|share| (share, histogram.value_at_quantile(share) as f64 / 1e6)).collect()
}

/// The paired differences of the curves that are drawn: colour, comparison, quantiles.
fn differences<'a>(
    summary: &'a Summary,
    curves: &[ReadCurve],
) -> Vec<(RGBColor, &'a Comparison, &'a [DifferenceQuantile])> {
    let of_curve = |curve: &ReadCurve| {
        let is_own = |found: &&Comparison| found.point == *curve.point && found.strategy == curve.strategy;
        let comparison = summary.comparisons.iter().find(is_own)?;
        let paired = comparison.read_cost.paired.as_ref()?;
        (!paired.curve.is_empty()).then_some((curve.colour, comparison, paired.curve.as_slice()))
    };
    curves.iter().filter_map(of_curve).collect()
}

fn latency_panels(curves: &[ReadCurve]) -> Vec<Panel> {
    let latencies = curves.iter().flat_map(|curve| &curve.populations);
    let values = latencies.flat_map(|population| &population.pooled).map(|&(_, ms)| ms);
    let y = Axis::log("latency (ms)", values);
    let panel = |(index, (_, heading, _)): (usize, &(Span, &str, &str))| {
        // Repetitions undermost, so that no line of theirs hides a pooled one.
        let thin = curves.iter().flat_map(|curve| {
            let own = &curve.populations[index].repetitions;
            let several = own.iter().filter(|_| own.len() > 1);
            several.map(|(_, points)| line(points, pale(curve.colour), Stroke::Thin))
        });
        let thick =
            curves.iter().map(|curve| line(&curve.populations[index].pooled, curve.colour, Stroke::Thick));
        let marks = thin.chain(thick).collect();
        Panel { heading: (*heading).to_owned(), ..Panel::new(Axis::nines("percentile"), y.clone(), marks) }
    };
    POPULATIONS.iter().enumerate().map(panel).collect()
}

/// How much longer the same read takes; `None` where no reads are paired.
fn difference_panel(differences: &[(RGBColor, &Comparison, &[DifferenceQuantile])]) -> Option<Panel> {
    let values = || differences.iter().flat_map(|(.., curve)| *curve).map(|point| point.ms);
    let y = Axis::from_zero("longer than the baseline's (ms)", values());
    let zero = Mark::Rule(RuleLine { at: 0.0, is_upright: false, colour: FRAME, label: String::new() });
    let lines = differences.iter().map(|&(colour, _, curve)| {
        let points: Percentiles = curve.iter().map(|point| (point.share, point.ms)).collect();
        line(&points, colour, Stroke::Thick)
    });
    let marks: Vec<Mark> = [zero].into_iter().chain(lines).collect();
    let heading = "the same read, under both".to_owned();
    let panel = Panel { heading, ..Panel::new(Axis::nines("percentile of the differences"), y, marks) };
    (!differences.is_empty()).then_some(panel)
}

fn line(points: &[(f64, f64)], colour: RGBColor, stroke: Stroke) -> Mark {
    Mark::line(points.iter().map(|&(share, ms)| (Axis::nines_at(share), ms)).collect(), colour, stroke)
}

fn tabulate(curve: &ReadCurve, table: &mut Table) {
    for (population, (.., word)) in curve.populations.iter().zip(POPULATIONS) {
        let pooled = [("pooled".to_owned(), &population.pooled)];
        let each = population.repetitions.iter().map(|(repetition, own)| (repetition.to_string(), own));
        for (repetition, points) in pooled.into_iter().chain(each) {
            for &(share, ms) in points {
                let [share, ms] = [share, ms].map(number);
                let fields = vec![curve.strategy.clone(), word.to_owned(), repetition.clone(), share, ms];
                table.push(curve.point, fields);
            }
        }
    }
}

fn tabulate_differences(comparison: &Comparison, curve: &[DifferenceQuantile], table: &mut Table) {
    for &DifferenceQuantile { share, ms } in curve {
        let [share, ms] = [share, ms].map(number);
        let [strategy, reads, repetition] =
            [comparison.strategy.as_str(), "difference", "median"].map(str::to_owned);
        table.push(&comparison.point, vec![strategy, reads, repetition, share, ms]);
    }
}

fn notes(curves: &[ReadCurve], left_out: usize, has_differences: bool) -> Vec<String> {
    let most = curves.iter().map(|curve| curve.populations[0].repetitions.len()).max().unwrap_or(0);
    let mut notes = Vec::new();
    if most > 1 {
        notes.push(format!("Thick: pooled over {most} repetitions. Thin: each repetition."));
    }
    if has_differences {
        notes.push("Differences: medians over repetitions.".to_owned());
    }
    if left_out > 0 {
        notes.push(format!("{} of the sweep are not drawn.", labels::counted(left_out as u64, "point")));
    }
    if notes.is_empty() { notes } else { vec![notes.join(" ")] }
}
