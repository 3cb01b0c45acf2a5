//! Words that the benches of calls share.

use std::io::{IsTerminal as _, stderr};

use readback::results::Interval;

/// Above it, others took so much of the machine that the figures are in doubt.
const OTHERS_MAX: f64 = 0.10;

/// On a terminal only: what goes into a pipe is the result.
pub fn progress(line: &str) {
    if stderr().is_terminal() {
        eprintln!("{line}");
    }
}

/// Of all processors, what others used.
pub fn others(share: Option<f64>) -> String {
    match share {
        None => "share of the CPU used by others meanwhile: unknown".to_owned(),
        Some(share) => {
            let verdict = if share > OTHERS_MAX { ", too much: measure again" } else { "" };
            format!("share of the CPU used by others meanwhile: {:.1} %{verdict}", share * 100.0)
        }
    }
}

/// To three digits or the unit, whichever is more.
pub fn figure(value: f64) -> String {
    match value {
        value if value < 9.995 => format!("{value:.2}"),
        value if value < 99.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// Milliseconds as microseconds.
pub fn us(ms: Option<f64>) -> String {
    ms.map_or_else(|| "-".to_owned(), |ms| figure(ms * 1e3))
}

/// The median and its interval.
pub fn ratio(Interval { value, low, high, .. }: Interval) -> String {
    format!("{value:.2} ({low:.2}-{high:.2})")
}
