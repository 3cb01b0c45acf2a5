//! Measures what read-your-writes costs.

pub mod branch;
pub mod model;
pub mod network;
