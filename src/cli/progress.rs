//! Progress on a terminal, silence in a pipe.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` steps. indicatif hides it where standard error is not a terminal.
pub(super) fn bar(total: usize, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} events, {per_sec}, {eta} left")
        .expect("the template is well-formed");
    ProgressBar::new(total as u64).with_style(style)
}
