//! Series: which points of a summary are drawn in one style, and along which axis.

use serde_json::{Map, Value};

use crate::chart::draw::{Axis, Column, LegendEntry, Sample, SeriesStyle, Table, labels, range};
use crate::chart::input::{ChartInput, ChartTrial};
use crate::results::{PointSummary, Summary};

/// A strategy at one choice of all swept keys but the one on the axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series<'a> {
    /// `wait`, or `wait, drop 0.01`.
    pub label: String,
    pub style: SeriesStyle,
    /// In the order of the summary.
    pub points: Vec<&'a PointSummary>,
}

/// The swept key on the axis, and where its values lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SweepAxis {
    /// `None` if nothing was swept; then strategies are on the axis.
    pub key: Option<String>,
    /// Values that are no numbers, each with a place of its own.
    categories: Option<Vec<String>>,
    numbers: Vec<f64>,
}

/// The most series in one chart.
const SERIES_MAX: usize = 8;
/// From this ratio on, one and a half decades, an axis is logarithmic.
const LOG_FROM: f64 = 31.6;
/// Up to this many swept values are the figures of the axis.
const NAMED_VALUES_MAX: usize = 10;

impl SweepAxis {
    /// The axis of the key that is wanted; without one, of the first swept key that has numbers.
    ///
    /// # Errors
    ///
    /// That `wanted` is not swept, as a sentence.
    pub fn of(summary: &Summary, wanted: Option<&str>) -> Result<SweepAxis, String> {
        let keys = keys(summary);
        let numeric = || keys.iter().find(|key| is_numeric(summary, key));
        let Some(key) = wanted_key(&keys, wanted)?.or_else(|| numeric().or(keys.first()).cloned()) else {
            return Ok(SweepAxis { key: None, categories: Some(strategies(summary)), numbers: Vec::new() });
        };
        let names = || distinct(summary.points.iter().map(|point| name(point, &key)));
        let categories = (!is_numeric(summary, &key)).then(names);
        let numbers = summary.points.iter().filter_map(|point| number(point, &key)).collect();
        Ok(SweepAxis { key: Some(key), categories, numbers })
    }

    pub fn value(&self, point: &PointSummary) -> f64 {
        let index = |name: String| {
            let place = self.categories.iter().flatten().position(|category| *category == name);
            place.map_or(f64::NAN, |index| index as f64)
        };
        match &self.key {
            None => index(point.strategy.clone()),
            Some(key) if self.categories.is_some() => index(name(point, key)),
            Some(key) => number(point, key).unwrap_or(f64::NAN),
        }
    }

    pub fn is_categorical(&self) -> bool {
        self.categories.is_some()
    }

    pub fn axis(&self) -> Axis {
        let label = self.key.as_deref().map_or_else(|| "strategy".to_owned(), labels::axis_label);
        if let Some(names) = &self.categories {
            return Axis::categories(&label, names);
        }
        let mut values = distinct(self.numbers.iter().copied());
        values.sort_by(f64::total_cmp);
        let axis = match range(values.iter().copied()) {
            Some((low, high)) if low > 0.0 && high / low > LOG_FROM => Axis::log(&label, [low, high]),
            Some(_) | None => Axis::linear(&label, values.iter().copied()),
        };
        match values.as_slice() {
            [low, .., high] if values.len() <= NAMED_VALUES_MAX => {
                axis.with_ends(*low, *high).with_ticks_at(&values)
            }
            _ => axis,
        }
    }
}

/// The swept key that changes the offered load, if one does: one of the arrivals, unless another is wanted.
///
/// # Errors
///
/// That `wanted` is not swept, as a sentence.
pub(super) fn load_key(summary: &Summary, wanted: Option<&str>) -> Result<Option<String>, String> {
    let keys = keys(summary);
    let of_arrivals = || keys.iter().find(|key| key.contains("arrival") && is_numeric(summary, key)).cloned();
    Ok(wanted_key(&keys, wanted)?.or_else(of_arrivals))
}

/// Every series, if there are not too many; otherwise some, evenly chosen, and a note that says so.
pub(super) fn series<'a>(summary: &'a Summary, key: Option<&str>) -> (Vec<Series<'a>>, Option<String>) {
    let all = strategies(summary);
    let others: Vec<String> =
        varied(summary).into_iter().filter(|other| Some(other.as_str()) != key).collect();
    let rests = distinct(summary.points.iter().map(|point| labels::point(&point.point, &others)));
    let chosen = evenly(rests.len(), (SERIES_MAX / all.len().max(1)).max(1));
    let note = (chosen.len() < rests.len())
        .then(|| format!("Drawn are {} of {} choices of the other swept keys.", chosen.len(), rests.len()));
    let one = |strategy: &String, (shade, &rest): (usize, &usize)| {
        let is_own = |point: &&PointSummary| {
            point.strategy == *strategy && labels::point(&point.point, &others) == rests[rest]
        };
        Series {
            label: [strategy.as_str(), rests[rest].as_str()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
            style: SeriesStyle::of(strategy, &all).shade(shade, chosen.len()),
            points: summary.points.iter().filter(is_own).collect(),
        }
    };
    let series = all.iter().flat_map(|strategy| chosen.iter().enumerate().map(move |rest| (strategy, rest)));
    let series =
        series.map(|(strategy, rest)| one(strategy, rest)).filter(|series| !series.points.is_empty());
    (series.collect(), note)
}

/// A row for each point of all series.
pub(super) fn points_table(summary: &Summary, columns: &[Column<PointSummary>], series: &[Series]) -> Table {
    let points = series.iter().flat_map(|series| &series.points).copied();
    Table::with_rows(keys(summary), columns, points, |point| &point.point)
}

/// Pixels to the right for the `index`-th of `count` series, so that dots at one value do not hide each other.
pub(super) fn shift(index: usize, count: usize) -> f64 {
    let apart = 20.0_f64.min(96.0 / count.max(1) as f64);
    (index as f64 - (count.max(1) - 1) as f64 / 2.0) * apart
}

/// At most `max` of `count` indices, the first and the last among them, evenly spread.
pub(super) fn evenly(count: usize, max: usize) -> Vec<usize> {
    if count <= max {
        return (0..count).collect();
    }
    if max < 2 {
        return vec![0];
    }
    (0..max).map(|n| (n * (count - 1) + (max - 1) / 2) / (max - 1)).collect()
}

/// All strategies in the order of their first appearance, so the baseline comes first.
pub(super) fn strategies(summary: &Summary) -> Vec<String> {
    distinct(summary.points.iter().map(|point| point.strategy.clone()))
}

/// The swept values, each choice once, in the order of the summary.
pub(super) fn points(summary: &Summary) -> Vec<&Map<String, Value>> {
    distinct(summary.points.iter().map(|point| &point.point))
}

/// Keys that have more than one value: what sets points apart.
pub(super) fn varied(summary: &Summary) -> Vec<String> {
    let values = |key: &String| distinct(summary.points.iter().map(|point| point.point.get(key)));
    keys(summary).into_iter().filter(|key| values(key).len() > 1).collect()
}

/// All swept keys.
pub(super) fn keys(summary: &Summary) -> Vec<String> {
    distinct(summary.points.iter().flat_map(|point| point.point.keys().cloned()))
}

/// A strategy and the values that set its point apart from the others.
pub(super) fn label(strategy: &str, point: &Map<String, Value>, keys: &[String]) -> String {
    let point = labels::point(point, keys);
    if point.is_empty() { strategy.to_owned() } else { format!("{strategy}, {point}") }
}

/// The trials of a strategy at a point, by repetition.
pub(super) fn trials_of<'a>(
    input: &ChartInput<'a>,
    point: &Map<String, Value>,
    strategy: &str,
) -> Vec<&'a ChartTrial> {
    let is_own = |trial: &&ChartTrial| trial.point == *point && trial.strategy == strategy;
    let mut trials: Vec<&ChartTrial> = input.trials.iter().filter(is_own).collect();
    trials.sort_by_key(|trial| trial.repetition);
    trials
}

/// The line below a title: experiment, N, repetitions, seed and substrate; and what makes the measurement unfit.
pub(super) fn subtitle(summary: &Summary, n: &str, repetitions: &str) -> String {
    let Summary { experiment, seed, substrate, fitness, .. } = summary;
    let experiment = labels::shortened(experiment, 60);
    let unfit = fitness.mark().map(|mark| format!(" · {mark}")).unwrap_or_default();
    format!("{experiment} · N = {n} · {repetitions} · seed {seed} · {substrate}{unfit}")
}

/// The repetitions of the point that has the most.
pub(super) fn repetitions(summary: &Summary) -> String {
    let most = summary.points.iter().map(|point| point.trials.len()).max().unwrap_or(0);
    labels::counted(most as u64, "repetition")
}

impl Series<'_> {
    pub fn entry(&self, sample: Sample) -> LegendEntry {
        LegendEntry { text: self.label.clone(), colour: self.style.colour, sample }
    }
}

fn wanted_key(keys: &[String], wanted: Option<&str>) -> Result<Option<String>, String> {
    match wanted {
        Some(wanted) if !keys.iter().any(|key| key == wanted) => {
            let swept = if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
            Err(format!("the key {wanted} is not swept, but {swept}"))
        }
        Some(_) | None => Ok(wanted.map(str::to_owned)),
    }
}

/// Whether every point has a number, and not all have the same: one value alone has no scale.
fn is_numeric(summary: &Summary, key: &str) -> bool {
    let numbers: Option<Vec<f64>> = summary.points.iter().map(|point| number(point, key)).collect();
    range(numbers.unwrap_or_default()).is_some_and(|(low, high)| high > low)
}

fn number(point: &PointSummary, key: &str) -> Option<f64> {
    point.point.get(key).and_then(Value::as_f64)
}

fn name(point: &PointSummary, key: &str) -> String {
    point.point.get(key).map_or_else(|| "–".to_owned(), labels::value)
}

/// Each value once, in the order of their first appearance.
pub(super) fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_spread_evenly_and_keeps_both_ends() {
        let rows: [(usize, usize, &[usize]); 5] =
            [(3, 6, &[0, 1, 2]), (64, 3, &[0, 32, 63]), (9, 3, &[0, 4, 8]), (5, 1, &[0]), (0, 6, &[])];
        for (count, max, expected) in rows {
            assert_eq!(evenly(count, max), expected, "{count} {max}");
        }
    }

    #[test]
    fn series_at_one_value_are_beside_each_other() {
        assert_eq!((shift(0, 1), shift(0, 2), shift(1, 2), shift(1, 3)), (0.0, -10.0, 10.0, 0.0));
    }
}
