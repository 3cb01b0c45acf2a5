//! What criterion said of the core when the bench `branch` ran last.
//!
//! Taken is only what is younger than this program: older figures may be of other code.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use readback::results::CoreFigure;
use serde::Deserialize;

/// What is kept of it: how waking and tokens grow.
const IDS: [&str; 14] = [
    "wake/others/1",
    "wake/others/1000",
    "wake/others/100000",
    "unawaited/others/1",
    "unawaited/others/1000",
    "unawaited/others/100000",
    "token/encode/3",
    "token/encode/16",
    "token/encode/100",
    "token/encode/1000",
    "token/decode/3",
    "token/decode/16",
    "token/decode/100",
    "token/decode/1000",
];

/// The part of a benchmark's `estimates.json` that is read.
#[derive(Deserialize)]
struct Estimates {
    /// Absent where samples are flat.
    slope: Option<Estimate>,
    mean: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Confidence,
}

#[derive(Deserialize)]
struct Confidence {
    lower_bound: f64,
    upper_bound: f64,
}

/// Those that are there and young enough.
pub fn figures() -> Vec<CoreFigure> {
    let built = std::env::current_exe().and_then(fs::metadata).and_then(|program| program.modified());
    let (Some(criterion), Ok(built)) = (criterion_dir(), built) else { return Vec::new() };
    IDS.iter().filter_map(|id| figure(&criterion, id, built)).collect()
}

fn figure(criterion: &Path, id: &str, built: SystemTime) -> Option<CoreFigure> {
    let path = criterion.join(directory(id)).join("new/estimates.json");
    fs::metadata(&path).ok()?.modified().ok().filter(|&made| made > built)?;
    let text = fs::read(path).ok()?;
    let Estimates { slope, mean } = serde_json::from_slice(&text).ok()?;
    let Estimate { point_estimate: ns, confidence_interval: Confidence { lower_bound, upper_bound } } =
        slope.unwrap_or(mean);
    Some(CoreFigure { id: id.to_owned(), ns, ns_low: lower_bound, ns_high: upper_bound })
}

/// Of `group/function/value`, where the function's name has no slash.
fn directory(id: &str) -> PathBuf {
    id.split('/').collect()
}

/// Beside the folder of the profile in which this program lies: `target/release/deps/floor-...`.
fn criterion_dir() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let target = program.ancestors().nth(3)?;
    Some(target.join("criterion")).filter(|dir| dir.is_dir())
}
