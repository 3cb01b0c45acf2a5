//! Meters of processor time, this process's and others', and of memory.

use std::fs;
use std::thread::available_parallelism;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::clock;
use crate::model::Time;

/// Measures processor time of this process and of others since its start.
pub struct Meter {
    start: Time,
    own: Duration,
    ticks: Option<Ticks>,
}

/// Clock ticks of all cores since the machine started.
struct Ticks {
    busy: u64,
    all: u64,
}

impl Meter {
    /// Starts a meter.
    pub fn start() -> Meter {
        Meter { start: clock::now(), own: cpu_time(), ticks: Ticks::now() }
    }

    /// Real time since the start.
    pub fn wall(&self) -> Duration {
        clock::now().since(self.start)
    }

    /// Processor time of this process.
    pub fn own(&self) -> Duration {
        cpu_time().saturating_sub(self.own)
    }

    /// The share of all cores' time that other processes used, from 0 to 1; `None` where the system has no count.
    pub fn share_of_others(&self) -> Option<f64> {
        self.share_of_others_than(Duration::ZERO)
    }

    /// The same without `children`, the processor time of processes that belong to this one.
    pub fn share_of_others_than(&self, children: Duration) -> Option<f64> {
        let (before, after) = (self.ticks.as_ref()?, Ticks::now()?);
        let cores = available_parallelism().ok()?.get() as f64;
        let elapsed = clock::now().since(self.start).as_secs_f64();
        let all = after.all.checked_sub(before.all).filter(|&all| all > 0)?;
        let busy = after.busy.saturating_sub(before.busy) as f64 / all as f64;
        let ours = (self.own() + children).as_secs_f64();
        Some((busy - ours / (elapsed * cores)).max(0.0))
    }
}

/// Measures the most memory that this process has at once.
pub struct MemoryMeter {
    _private: (),
}

impl MemoryMeter {
    /// Linux keeps one peak for the whole process, and forgets it when asked to (`man 5 proc`, `clear_refs`). Where
    /// it cannot be asked the peak is that since the start of the process.
    pub fn start() -> MemoryMeter {
        if let Err(error) = fs::write("/proc/self/clear_refs", "5") {
            tracing::debug!(%error, "the peak of memory is that of the whole process");
        }
        MemoryMeter { _private: () }
    }

    /// The most resident bytes since the start; `None` where the system has no count.
    pub fn peak_bytes(&self) -> Option<u64> {
        let text = fs::read_to_string("/proc/self/status").ok()?;
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kib.checked_mul(1024)
    }
}

/// Processor time of this process since its start.
fn cpu_time() -> Duration {
    let reading = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(reading.tv_sec).expect("processor time is not negative");
    Duration::new(seconds, u32::try_from(reading.tv_nsec).expect("nanoseconds are below a second"))
}

/// Processor time of another process since its start; zero where the system has no count.
pub(super) fn cpu_of(pid: u32) -> Duration {
    cpu_in_stat(&format!("/proc/{pid}/stat"), 11).unwrap_or_default()
}

/// Processor time of all children of this process that have ended and were waited for.
pub(super) fn cpu_of_ended_children() -> Duration {
    cpu_in_stat("/proc/self/stat", 13).unwrap_or_default()
}

/// The sum of two fields of clock ticks, in user and in system, counted from behind the name (`man 5 proc_pid_stat`).
fn cpu_in_stat(path: &str, field: usize) -> Option<Duration> {
    let text = fs::read_to_string(path).ok()?;
    let (_, behind_name) = text.rsplit_once(')')?;
    let fields = behind_name.split_whitespace().skip(field).take(2);
    let ticks: u64 = fields.map(|ticks| ticks.parse::<u64>().ok()).sum::<Option<u64>>()?;
    Some(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

impl Ticks {
    /// From the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
    fn now() -> Option<Ticks> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let line = text.lines().next()?;
        let fields: Vec<u64> =
            line.split_whitespace().skip(1).take(8).map_while(|n| n.parse().ok()).collect();
        let idle = fields.get(3)? + fields.get(4)?;
        let all = fields.iter().sum();
        Some(Ticks { busy: all - idle, all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_of_memory_is_that_since_the_meter_was_started() {
        const MUCH: usize = 64 << 20;
        let before = MemoryMeter::start();
        let much = vec![1_u8; MUCH];
        let with = before.peak_bytes().expect("Linux counts it");
        assert!(with >= MUCH as u64, "{with} with {} bytes more", much.len());
        drop(much);
        let after = MemoryMeter::start().peak_bytes().expect("Linux counts it");
        assert!(after + MUCH as u64 / 2 < with, "{after} after {with}");
    }
}
