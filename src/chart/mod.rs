//! Charts of what an experiment left behind: SVG and PNG, and with each the CSV that it was drawn from.
//!
//! ```text
//! results::Summary + trials' Measures and Histograms --> Picture + Table --> Chart { svg, png, csv }
//!                                      (one file per kind)   (plain data)   (canvas, paint: plotters)
//! ```
//!
//! In go the results of one experiment ([`ChartInput`]) and what to draw ([`Wish`]); out come bytes. Whoever calls writes
//! them where they belong, in one piece, so that nothing half drawn is ever left behind.
//!
//! **What a chart shows.** Its title is a question. Below stand the experiment, N (of what the chart counts), the
//! number of repetitions, the seed and the substrate. Each strategy has one colour in all charts, and one marker
//! wherever there are markers; the colours are those of Okabe and Ito, which the colour-blind tell apart. Letters are
//! large enough to be read at half the width. The legend stands above the panels, and labels where nothing is drawn,
//! so neither covers data.
//!
//! **Invariants.**
//!
//! * The same results give the same bytes.
//! * A chart without data says so, and why; it is never a failure and never an empty frame.
//! * Percentiles are never pooled over repetitions. Where a curve is drawn over the samples of all of them, the chart
//!   says "pooled".
//! * Values that are no numbers are left out, and so is what has no place, such as 0 on a logarithmic axis, unless a
//!   note says where it stands.
//! * The CSV has what is drawn, theory included, in full precision, and no other figures.
//!
//! **Absent.** Nothing is run, judged or measured here, and no file is opened: intervals and counts come with the
//! results. So does theory: the closed form's parameters with a point of the summary, any other as a [`TheoryCurve`].
//!
//! **Caveats.** An SVG names fonts, and the viewer's own is used if it has none of them; the PNG has the embedded one.
//! A sweep with very many points is thinned, evenly, to what can be told apart, and a note says so.
//!
//! | file | what |
//! |---|---|
//! | `wait_ccdf`, `stale_rate`, `p_fresh`, `load`, `time_line`, `fidelity`, `cost`, `agreement` | one kind each: |
//! | | picture and table |
//! | `floor` | what the bench `floor` measured: ratios to a bare call, and latencies |
//! | `space_time` | a trial as a space-time diagram: no axes, a row for each moment |
//! | `series` | what is on the axis, and what is drawn in one look |
//! | `ccdf` | the curve of a histogram |
//! | `picture` | a chart as plain data |
//! | `table` | its CSV |
//! | `words` | figures and keys as people read them |
//! | `look` | colours and markers |
//! | `axis` | scales and ticks |
//! | `paint`, `panel`, `labels` | where everything is drawn |
//! | `canvas`, `image` | lines and letters in pixels; the bytes of an SVG and a PNG |

mod agreement;
mod axis;
mod canvas;
mod ccdf;
mod cost;
mod fidelity;
mod floor;
mod image;
mod labels;
mod load;
mod look;
mod p_fresh;
mod paint;
mod panel;
mod picture;
mod series;
mod space_time;
mod stale_rate;
mod table;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod time_line;
mod wait_ccdf;
mod words;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::results::{Histograms, Measures, Summary};
pub use floor::floor;
use picture::Picture;
pub use space_time::{Drawing, space_time};
use table::Table;

/// What can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// P(wait > x) over eligible reads, both axes logarithmic.
    WaitCcdf,
    /// The share of stale reads against a swept key.
    StaleRate,
    /// P(fresh) against the time since the write, with theory's curve over it.
    PFresh,
    /// Throughput and latency against the offered load.
    Load,
    /// Rate, latency, stale reads and parked requests over one trial, faults shaded.
    TimeLine,
    /// How much later than drawn messages were delivered, by leg.
    Fidelity,
    /// Messages, bytes and tokens against a swept key.
    Cost,
    /// Simulated against live figures.
    Agreement,
}

/// One chart that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub kind: Kind,
    /// For [`Kind::StaleRate`] and [`Kind::Cost`] the swept key on the axis; without it the first one that has numbers.
    /// For [`Kind::Load`] the swept key that changes the load; without it the first one of the arrivals. No other kind
    /// asks for it.
    pub x: Option<String>,
}

/// The results of one experiment.
#[derive(Debug, Clone, Copy)]
pub struct ChartInput<'a> {
    pub summary: &'a Summary,
    /// In any order; trials without a point in the summary are not drawn.
    pub trials: &'a [ChartTrial],
    pub curves: &'a [TheoryCurve],
}

/// The results of one trial.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartTrial {
    pub id: String,
    /// The swept values by key, as in [`Point::point`](crate::results::Point::point).
    pub point: Map<String, Value>,
    pub strategy: String,
    /// From 0.
    pub repetition: usize,
    /// From the base; `None` if it is not known.
    pub warm_up_ends_s: Option<f64>,
    pub load_ends_s: Option<f64>,
    pub measures: Measures,
    pub histograms: Histograms,
}

/// What theory says of [`Kind::PFresh`] at one point of the sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct TheoryCurve {
    pub point: Map<String, Value>,
    /// For the legend, such as `closed form`.
    pub label: String,
    /// Milliseconds since the write, and P(fresh) from 0 to 1; close enough to each other to look like a curve.
    pub points: Vec<(f64, f64)>,
}

/// A drawn chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// For file names, without ending; no two charts of one call have the same.
    pub name: String,
    pub csv: String,
    pub svg: String,
    pub png: Vec<u8>,
}

/// A chart before it is drawn, and its figures.
#[derive(Debug, Clone, PartialEq)]
struct Sketch {
    picture: Picture,
    table: Table,
}

/// Draws one chart for each wish, in their order.
pub fn charts(wishes: &[Wish], input: &ChartInput) -> Vec<Chart> {
    let mut taken = BTreeSet::new();
    let chart = |wish: &Wish| sketch(wish, input).drawn(free_name(wish, &mut taken));
    wishes.iter().map(chart).collect()
}

impl Sketch {
    fn drawn(self, name: String) -> Chart {
        let Sketch { picture, table } = self;
        Chart { name, csv: table.csv(), svg: image::svg(&picture), png: image::png(&picture) }
    }
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::WaitCcdf,
        Kind::StaleRate,
        Kind::PFresh,
        Kind::Load,
        Kind::TimeLine,
        Kind::Fidelity,
        Kind::Cost,
        Kind::Agreement,
    ];

    /// As in experiment files and file names.
    pub fn name(self) -> &'static str {
        match self {
            Kind::WaitCcdf => "wait_ccdf",
            Kind::StaleRate => "stale_rate",
            Kind::PFresh => "p_fresh",
            Kind::Load => "load",
            Kind::TimeLine => "time_line",
            Kind::Fidelity => "fidelity",
            Kind::Cost => "cost",
            Kind::Agreement => "agreement",
        }
    }
}

fn sketch(wish: &Wish, input: &ChartInput) -> Sketch {
    match wish.kind {
        Kind::WaitCcdf => wait_ccdf::sketch(input),
        Kind::StaleRate => stale_rate::sketch(input, wish.x.as_deref()),
        Kind::PFresh => p_fresh::sketch(input),
        Kind::Load => load::sketch(input, wish.x.as_deref()),
        Kind::TimeLine => time_line::sketch(input),
        Kind::Fidelity => fidelity::sketch(input),
        Kind::Cost => cost::sketch(input, wish.x.as_deref()),
        Kind::Agreement => agreement::sketch(input),
    }
}

/// The kind and, if it was asked for, the last part of the key; numbered if there is one already.
fn free_name(wish: &Wish, taken: &mut BTreeSet<String>) -> String {
    let part = wish.x.as_deref().map(|key| key.rsplit('.').next().unwrap_or(key));
    let part = part.map(|part| part.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_"));
    let name =
        part.map_or_else(|| wish.kind.name().to_owned(), |part| format!("{}-{part}", wish.kind.name()));
    let numbered = (2_u64..).map(|n| format!("{name}-{n}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
    let free = free.expect("there are more numbers than charts");
    taken.insert(free.clone());
    free
}
