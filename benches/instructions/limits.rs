//! What each benchmark may take.

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig};

/// Instructions that were counted with rustc 1.95 and glibc on x86-64. What each benchmark does: see `main`.
pub const QUERY_WITHOUT_TOKEN: u64 = 427;
pub const QUERY_OF_3_ORIGINS: u64 = 631;
pub const QUERY_OF_16_ORIGINS: u64 = 904;
pub const DEPOSIT: u64 = 5_683;
pub const RUN_OF_1: u64 = 5_377;
pub const RUN_OF_64: u64 = 109_550;
pub const PARK_AND_WAKE: u64 = 11_681;
pub const DOMINATES_OF_3: u64 = 10_529;
pub const DOMINATES_OF_16: u64 = 37_829;
pub const MERGE_OF_3: u64 = 20_341;
pub const MERGE_OF_16: u64 = 50_241;
pub const MERGE_OF_16_INTO_8: u64 = 535_900;
pub const SESSION: u64 = 961;
pub const FATE: u64 = 251_389;

/// A tenth more than `counted` fails.
pub fn limit(counted: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    callgrind.hard_limits([(EventKind::Ir, counted + counted / 10)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}
