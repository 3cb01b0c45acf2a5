//! What each benchmark may take.

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig};

/// Instructions that were counted with rustc 1.95 and glibc on x86-64. What each benchmark does: see `main`.
pub const QUERY_WITHOUT_TOKEN: u64 = 440;
pub const QUERY_OF_3_ORIGINS: u64 = 628;
pub const QUERY_OF_16_ORIGINS: u64 = 976;
pub const DEPOSIT: u64 = 6_005;
pub const RUN_OF_1: u64 = 5_412;
pub const RUN_OF_64: u64 = 110_131;
pub const PARK_AND_WAKE: u64 = 11_582;
pub const DOMINATES_OF_3: u64 = 9_715;
pub const DOMINATES_OF_16: u64 = 37_015;
pub const MERGE_OF_3: u64 = 15_438;
pub const MERGE_OF_16: u64 = 67_438;
pub const SESSION: u64 = 1_176;
pub const FATE: u64 = 245_607;

/// A tenth more than `counted` fails.
pub fn limit(counted: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, counted + counted / 10)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}
