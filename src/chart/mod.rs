//! Charts of the results of an experiment: SVG and PNG, and with each the CSV that it was drawn from.
//!
//! ```text
//! results::Summary + trials' Measures and Histograms --> Picture + Table --> Chart { svg, png, csv }
//!               (input)                     (kinds: one file per kind)  (draw: plotters)
//! ```
//!
//! In go the results of one experiment ([`ChartInput`]) and what to draw ([`ChartSpec`]); out come bytes. The caller
//! writes them in one piece, so that no half-drawn file is ever left behind.
//!
//! **What a chart shows.** Its title is a question. Below are the experiment, N (of what the chart counts), the
//! number of repetitions, the seed and the substrate. Each strategy has one colour in all charts, and one marker
//! wherever there are markers; the colours are those of Okabe and Ito, which the colour-blind can distinguish. Letters
//! are large enough to be read at half the width. The legend is above the panels, and labels are where nothing is
//! drawn, so neither covers data.
//!
//! **Invariants.**
//!
//! * The same results give the same bytes.
//! * A chart without data says so, and why; it is never a failure and never an empty frame.
//! * Percentiles are never pooled over repetitions. Where a curve is drawn over the samples of all of them, the chart
//!   says "pooled".
//! * Values that are not finite are left out. So is a value without a place, such as 0 on a logarithmic axis, unless a
//!   note says where it is.
//! * The CSV has what is drawn, theory included, in full precision, and no other figures.
//!
//! **Absent.** Nothing is run, judged or measured here, and no file is opened: intervals and counts come with the
//! results. So does theory: the closed form's parameters with a point of the summary, any other as a [`TheoryCurve`].
//!
//! **Caveats.** An SVG names fonts, and the viewer's own is used if it has none of them; the PNG has the embedded one.
//! A sweep with very many points is thinned, evenly, to a number that can be read, and a note says so.
//!
//! | file | contents |
//! |---|---|
//! | `input` | the results that charts are drawn from |
//! | `kinds` | from results to a picture and its table, one file for each kind of chart |
//! | `draw` | from a picture to the bytes of an SVG and a PNG |

mod draw;
mod input;
mod kinds;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::results::ChartSpec;
pub use draw::Chart;
pub use input::{ChartInput, ChartTrial, TheoryCurve};
pub use kinds::{Drawing, floor, space_time};

/// Draws one chart for each spec, in their order.
pub fn charts(specs: &[ChartSpec], input: &ChartInput) -> Vec<Chart> {
    let mut taken = BTreeSet::new();
    let chart = |spec: &ChartSpec| kinds::sketch(spec, input).draw(free_name(spec, &mut taken));
    specs.iter().map(chart).collect()
}

/// The kind and, if it was asked for, the last part of the key; numbered if there is one already.
fn free_name(spec: &ChartSpec, taken: &mut BTreeSet<String>) -> String {
    let part = spec.x.as_deref().map(|key| key.rsplit('.').next().unwrap_or(key));
    let part = part.map(|part| part.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_"));
    let kind = spec.kind.name();
    let name = part.map_or_else(|| kind.to_owned(), |part| format!("{kind}-{part}"));
    let numbered = (2_u64..).map(|n| format!("{name}-{n}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
    let free = free.expect("there are more numbers than charts");
    taken.insert(free.clone());
    free
}
