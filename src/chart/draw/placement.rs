//! Label placement: which figures of an axis have room, and where the labels of lines do.

use plotters::prelude::DrawingBackend;

use super::axis::{Axis, Tick};
use super::canvas::{Canvas, MARKER_RADIUS};
use super::picture::{Dots, Mark, Polyline};
use super::pixels::{Rect, Xy};
use super::plot_area::PlotArea;
use super::text::{LabelSide, TextStyle, bold};

/// The ticks whose figures are written: the main ones, every second or fourth of them if need be, and then all others
/// if all of these have room.
pub(super) fn with_room<'a>(
    axis: &Axis,
    ticks: impl Iterator<Item = (&'a Tick, f64)>,
    extent: impl Fn(&Tick, f64) -> Option<(f64, f64)>,
) -> Vec<(&'a Tick, f64)> {
    let (main, others): (Vec<_>, Vec<_>) = ticks.partition(|(tick, _)| tick.is_main);
    let is_free = |ticks: &[(&Tick, f64)]| {
        let mut extents: Vec<_> = ticks.iter().filter_map(|&(tick, share)| extent(tick, share)).collect();
        extents.sort_by(|a, b| a.0.total_cmp(&b.0));
        extents.windows(2).all(|pair| pair[0].1 <= pair[1].0)
    };
    let every = |n: usize| main.iter().copied().step_by(n).collect::<Vec<_>>();
    let thinned =
        (0..axis.ticks.len()).map(|halvings| every(1 << halvings.min(20))).find(|ticks| is_free(ticks));
    let written = thinned.unwrap_or_default();
    let all: Vec<_> = written.iter().chain(&others).copied().collect();
    if written.len() == main.len() && is_free(&all) { all } else { written }
}

/// Writes the label of each line beside it, in its colour, where it touches no line and no other label. One that finds
/// no such place is left to the legend.
pub(super) fn label_lines<DB: DrawingBackend>(area: &PlotArea, canvas: &Canvas<DB>) {
    let lines: Vec<&Polyline> = area.panel.marks.iter().filter_map(line_of).collect();
    let drawn: Vec<Vec<Xy>> = lines.iter().map(|line| samples(line, area)).collect();
    let dots = area.panel.marks.iter().filter_map(dots_of).flat_map(|dots| marker_corners(dots, area));
    let mut occupied: Vec<Xy> = dots.collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.label.is_empty()) {
        let style = TextStyle { em: LABEL_EM, colour: line.colour, ..bold(LabelSide::Right) };
        let size = (style.width(&line.label), LABEL_EM);
        let others =
            lines.iter().enumerate().filter(|&(other, line)| other != index && !line.label.is_empty());
        let others: Vec<Xy> = others.flat_map(|(other, _)| &drawn[other]).copied().collect();
        let is_free = |&corner: &Xy| {
            // Further from other lines with labels, so that it is clear which line is meant.
            is_within(corner, size, area.rect)
                && drawn.iter().all(|places| is_clear(corner, size, 5.0, places))
                && is_clear(corner, size, 5.0, &occupied)
                && is_clear(corner, size, 13.0, &others)
        };
        if let Some(corner) = corners_beside(&drawn[index], size).find(is_free) {
            canvas.text(&line.label, (corner.0, corner.1 + size.1 / 2.0), style);
            occupied.extend(points_of(corner, size));
        }
    }
}

fn line_of(mark: &Mark) -> Option<&Polyline> {
    if let Mark::Line(line) = mark { Some(line) } else { None }
}

fn dots_of(mark: &Mark) -> Option<&Dots> {
    if let Mark::Dots(dots) = mark { Some(dots) } else { None }
}

/// The corners of the squares that hold the markers.
fn marker_corners(dots: &Dots, area: &PlotArea) -> Vec<Xy> {
    let places = dots.points.iter().filter_map(|&point| area.place(point));
    let ends = [-MARKER_RADIUS, MARKER_RADIUS];
    let square = |(x, y): Xy| ends.map(|dx| ends.map(|dy| (x + dots.shift + dx, y + dy)));
    places.flat_map(|place| square(place).into_iter().flatten()).collect()
}

const SAMPLE_STEP: f64 = 4.0;
const LABEL_EM: f64 = 20.0;

/// Points along the drawn part of a line, close to each other.
fn samples(line: &Polyline, area: &PlotArea) -> Vec<Xy> {
    let mut samples = Vec::new();
    for run in area.runs(line) {
        samples.extend(run.first());
        for pair in run.windows(2) {
            let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            let steps = (libm::hypot(dx, dy) / SAMPLE_STEP).ceil().max(1.0) as usize;
            let at = |step: usize| step as f64 / steps as f64;
            samples.extend((1..=steps).map(|step| (pair[0].0 + dx * at(step), pair[0].1 + dy * at(step))));
        }
    }
    samples
}

/// Upper left corners of places right and left of the line, those near to two thirds of its length first.
fn corners_beside(own: &[Xy], (width, height): Xy) -> impl Iterator<Item = Xy> {
    let target = own.len() * 2 / 3;
    let mut from_target: Vec<usize> = (0..own.len()).step_by(3).collect();
    from_target.sort_by_key(|&index| index.abs_diff(target));
    let beside = move |index: usize| {
        let (x, y) = own[index];
        [(x + 10.0, y - height), (x - 10.0 - width, y), (x + 10.0, y), (x - 10.0 - width, y - height)]
    };
    from_target.into_iter().flat_map(beside)
}

fn is_within((x, y): Xy, (width, height): Xy, rect: Rect) -> bool {
    let is_across = x > rect.left + 4.0 && x + width < rect.right - 4.0;
    is_across && y > rect.top + 2.0 && y + height < rect.bottom - 2.0
}

/// Whether none of `places` lies in the rectangle, or nearer than `apart` to its sides.
fn is_clear((x, y): Xy, (width, height): Xy, apart: f64, places: &[Xy]) -> bool {
    let (across, down) = (x - apart..x + width + apart, y - 3.0..y + height + 3.0);
    !places.iter().any(|(px, py)| across.contains(px) && down.contains(py))
}

/// Points all over a written label, which the next ones must not touch.
fn points_of((x, y): Xy, (width, height): Xy) -> impl Iterator<Item = Xy> {
    let steps = |length: f64| (0..=(length / SAMPLE_STEP) as i32).map(|n| f64::from(n) * SAMPLE_STEP);
    steps(width).flat_map(move |dx| steps(height).map(move |dy| (x + dx, y + dy)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures of an axis that is `length` long, where each needs 40.
    fn written(axis: &Axis, length: f64) -> Vec<&str> {
        let ticks = axis.ticks.iter().filter_map(|tick| Some((tick, axis.place(tick.at)?)));
        let extent = |_: &Tick, share: f64| Some((share * length - 20.0, share * length + 20.0));
        with_room(axis, ticks, extent).into_iter().map(|(tick, _)| tick.text.as_str()).collect()
    }

    #[test]
    fn figures_are_left_out_evenly_where_there_is_no_room() {
        let axis = Axis::log("x", [1.0, 1000.0]);
        let rows: [(f64, &[&str]); 4] = [
            (600.0, &["1", "10", "100", "1,000", "2", "5", "20", "50", "200", "500"]),
            (300.0, &["1", "10", "100", "1,000"]),
            (90.0, &["1", "100"]),
            (10.0, &["1"]),
        ];
        for (length, expected) in rows {
            assert_eq!(written(&axis, length), expected, "{length}");
        }
    }

    #[test]
    fn a_place_is_clear_if_nothing_lies_in_it_or_near_its_sides() {
        let size = (30.0, 20.0);
        let rows = [
            ("inside", (110.0, 110.0), false),
            ("near the right side", (134.0, 110.0), false),
            ("further right", (136.0, 110.0), true),
            ("below", (110.0, 124.0), true),
        ];
        for (name, place, expected) in rows {
            assert_eq!(is_clear((100.0, 100.0), size, 5.0, &[(0.0, 0.0), place]), expected, "{name}");
        }
    }
}
