//! How criterion measures what takes less than some microseconds.

use std::time::Duration;

use criterion::Criterion;

/// Short, since there are many; and as the command line says.
pub fn criterion() -> Criterion {
    Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(700))
        .sample_size(30)
        .nresamples(10_000)
        .configure_from_args()
}
