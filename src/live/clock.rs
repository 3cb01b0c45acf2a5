//! The clocks: one for spans, shared by all processes of a machine, and the calendar for names.

use std::time::SystemTime;

use rustix::time::{ClockId, clock_gettime};

use crate::model::Time;

/// The machine's monotonic clock. Processes of one machine read the same one, so send times can be compared.
pub fn now() -> Time {
    let reading = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(reading.tv_sec).expect("the monotonic clock is not negative");
    let nanoseconds = u64::try_from(reading.tv_nsec).expect("nanoseconds are not negative");
    Time(seconds * 1_000_000_000 + nanoseconds)
}

/// Nanoseconds since the Unix epoch, for incarnations and session ids; 0 if the calendar is set before it.
pub(super) fn unix_ns() -> u64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}

/// The calendar's time in UTC, as RFC 3339 writes it: `2026-11-23T22:45:01Z`.
pub fn utc_now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
