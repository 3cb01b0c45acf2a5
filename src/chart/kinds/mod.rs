//! One file for each kind of chart: from results to a sketch, a picture and its table.
//!
//! | file | contents |
//! |---|---|
//! | `read_latency` | latencies of reads under each strategy |
//! | `wait_ccdf`, `stale_rate`, `p_fresh`, `load`, `time_line`, `injection_error`, `cost`, `agreement` | one kind each |
//! | `floor` | the charts of the bench `floor`: ratios to a bare call, and latencies |
//! | `space_time` | a trial as a space-time diagram: no axes, a row for each moment |
//! | `series` | which points are drawn in one style, and along which axis |
//! | `ccdf` | the curve of a histogram |

mod agreement;
mod ccdf;
mod cost;
mod floor;
mod injection_error;
mod load;
mod p_fresh;
mod read_latency;
mod series;
mod space_time;
mod stale_rate;
mod time_line;
mod wait_ccdf;

pub use floor::floor;
pub use space_time::{Drawing, space_time};

use super::draw::Sketch;
use super::input::ChartInput;
use crate::results::{ChartKind, ChartSpec};

/// One chart before it is drawn.
pub(super) fn sketch(spec: &ChartSpec, input: &ChartInput) -> Sketch {
    let x = spec.x.as_deref();
    match spec.kind {
        ChartKind::ReadLatency => read_latency::sketch(input),
        ChartKind::WaitCcdf => wait_ccdf::sketch(input),
        ChartKind::StaleRate => stale_rate::sketch(input, x),
        ChartKind::PFresh => p_fresh::sketch(input),
        ChartKind::Load => load::sketch(input, x),
        ChartKind::TimeLine => time_line::sketch(input),
        ChartKind::InjectionError => injection_error::sketch(input),
        ChartKind::Cost => cost::sketch(input, x),
        ChartKind::Agreement => agreement::sketch(input),
    }
}
