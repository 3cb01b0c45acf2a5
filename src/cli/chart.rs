//! Draws a run's charts and puts them into its folder.

use std::error::Error;
use std::path::PathBuf;

use crate::chart::{self, ChartInput, ChartTrial, TheoryCurve};
use crate::experiment::{self, Plan, SavedTrial, Trial, theory};
use crate::measure::Theory;
use crate::results::{Difference, Folder, Histograms, Span, Summary};

/// Points of a curve, and the span of times that it covers, in milliseconds.
const CURVE_POINTS: u32 = 200;
const CURVE_FROM_MS: f64 = 0.01;
const CURVE_UNTIL_MS: f64 = 10_000.0;

/// Spans that charts show, beside the injection errors.
const SHOWN: [Span; 3] = [Span::Wait, Span::ReadLatency, Span::EligibleReadLatency];

/// The files of the charts.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    pub paths: Vec<PathBuf>,
    /// Those that were saved otherwise before.
    pub differences: Vec<Difference>,
}

/// Draws all charts that the plan asks for.
pub(super) fn draw(folder: &Folder, plan: &Plan, summary: &Summary) -> Result<Drawn, Box<dyn Error>> {
    let (mut curves, mut trials) = (Vec::new(), Vec::new());
    for saved in experiment::saved(folder)? {
        let saved = saved?;
        add_curve(&mut curves, &saved.trial);
        trials.push(trial(saved));
    }
    let mut drawn = Drawn::default();
    for chart in chart::charts(&plan.charts, &ChartInput { summary, trials: &trials, curves: &curves }) {
        let files = [("svg", chart.svg.as_bytes()), ("png", &chart.png), ("csv", chart.csv.as_bytes())];
        for (ending, bytes) in files {
            let name = format!("{}.{ending}", chart.name);
            drawn.differences.extend(folder.write_chart(&name, bytes)?);
            drawn.paths.push(folder.path().join("charts").join(name));
        }
    }
    Ok(drawn)
}

fn trial(saved: SavedTrial) -> ChartTrial {
    let SavedTrial { trial, measures, histograms, .. } = saved;
    // Histograms are large, and no chart shows the others.
    let shown =
        histograms.iter().filter(|(span, _)| SHOWN.contains(span) || Span::INJECTION_ERRORS.contains(span));
    let mut kept = Histograms::default();
    shown.for_each(|(span, histogram)| kept.insert(span, histogram.clone()));
    ChartTrial {
        id: trial.id,
        point: trial.point,
        strategy: trial.strategy.to_string(),
        repetition: trial.repetition as usize,
        warm_up_ends_s: Some(trial.scenario.warm_up.as_secs_f64()),
        load_ends_s: Some(trial.scenario.load_ends().as_secs_f64()),
        measures,
        histograms: kept,
    }
}

/// One for each point for which theory has something to say.
fn add_curve(curves: &mut Vec<TheoryCurve>, trial: &Trial) {
    let Some(form) = theory(&trial.scenario) else { return };
    if curves.iter().all(|curve| curve.point != trial.point) {
        let label = "closed form".to_owned();
        curves.push(TheoryCurve { point: trial.point.clone(), label, points: points(&form) });
    }
}

fn points(form: &Theory) -> Vec<(f64, f64)> {
    let decades = libm::log10(CURVE_UNTIL_MS / CURVE_FROM_MS);
    let time = |step| CURVE_FROM_MS * libm::exp10(decades * f64::from(step) / f64::from(CURVE_POINTS));
    (0..=CURVE_POINTS).map(time).map(|t_ms| (t_ms, form.fresh_at(t_ms))).collect()
}
