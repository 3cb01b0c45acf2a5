//! Draws plain data: pictures in the units of their axes, as SVG and PNG, and their tables as CSV.
//!
//! A [`Sketch`] is a [`Picture`] and its [`Table`]. A picture is a [`Scene`], which paints itself on a canvas; `image`
//! makes the bytes of either medium. Nothing here knows what a figure means, or where results come from.
//!
//! | file | contents |
//! |---|---|
//! | `sketch`, `picture`, `table` | a chart as plain data |
//! | `axis` | scales and ticks |
//! | `labels` | figures and keys as a chart writes them |
//! | `theme`, `text` | colours, markers and text styles |
//! | `page`, `panel`, `plot_area`, `placement` | where everything is drawn |
//! | `image`, `canvas`, `pixels` | bytes of an SVG and a PNG; lines and letters in pixels |

mod axis;
mod canvas;
mod image;
pub(super) mod labels;
mod page;
mod panel;
mod picture;
mod pixels;
mod placement;
mod plot_area;
mod sketch;
mod table;
mod text;
mod theme;

pub(super) use axis::{Axis, Scale, range};
pub(super) use canvas::Canvas;
pub(super) use image::{Scene, png, svg};
pub(super) use picture::{
    Band, Bounds, Dots, LegendEntry, Mark, Panel, Picture, Polyline, RuleLine, Sample, Stroke,
};
pub(super) use pixels::{WIDTH, Xy};
pub use sketch::Chart;
pub(super) use sketch::Sketch;
pub(super) use table::{Column, Table, number};
pub(super) use text::{LabelSide, TextStyle};
pub(super) use theme::{FAULT, FRAME, GRID, INK, LEGS, Marker, QUIET, SeriesStyle, THEORY, VIOLATION, pale};
