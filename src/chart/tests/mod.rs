//! Whole charts, from results to bytes.

mod figures;
mod pictures;
mod space_time;
