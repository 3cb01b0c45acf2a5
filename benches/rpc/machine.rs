//! Where the figures come from, and who else used that machine.

use std::fs;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use crate::measured::cpu_time;

/// One line: build, cores, processor, kernel.
pub fn facts() -> String {
    let build = if cfg!(debug_assertions) { "unoptimised build, for no comparison" } else { "release build" };
    let cores = available_parallelism().map_or("unknown".to_owned(), |cores| cores.to_string());
    let kernel = first_line("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "readback {}, {build}; cores: {cores}, {}; {} {kernel}",
        env!("CARGO_PKG_VERSION"),
        processor().unwrap_or("processor unknown".to_owned()),
        std::env::consts::OS,
    )
}

/// What runs this again.
pub fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let command = if arguments.iter().any(|argument| argument == "--bench") { "bench" } else { "test" };
    let quoted =
        |argument: &String| if argument.contains(' ') { format!("{argument:?}") } else { argument.clone() };
    let asked: Vec<String> = arguments.iter().filter(|argument| *argument != "--bench").map(quoted).collect();
    let separator = if asked.is_empty() { "" } else { " -- " };
    format!("cargo {command} --bench rpc{separator}{}", asked.join(" "))
}

/// Tells, since it was made, how much of the machine others used.
pub struct Meter {
    start: Instant,
    own: Duration,
    ticks: Option<Ticks>,
}

/// Of all cores, since the machine started.
struct Ticks {
    busy: u64,
    all: u64,
}

impl Meter {
    pub fn start() -> Meter {
        Meter { start: Instant::now(), own: cpu_time(), ticks: Ticks::now() }
    }

    /// From 0 to 1, of all cores; `None` where the system does not tell.
    pub fn share_of_others(&self) -> Option<f64> {
        let (before, after) = (self.ticks.as_ref()?, Ticks::now()?);
        let cores = available_parallelism().ok()?.get() as f64;
        let own = (cpu_time() - self.own).as_secs_f64() / (self.start.elapsed().as_secs_f64() * cores);
        let all = after.all.checked_sub(before.all).filter(|&all| all > 0)?;
        let busy = after.busy.saturating_sub(before.busy) as f64 / all as f64;
        Some((busy - own).max(0.0))
    }
}

impl Ticks {
    /// From the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
    fn now() -> Option<Ticks> {
        let line = first_line("/proc/stat")?;
        let fields: Vec<u64> =
            line.split_whitespace().skip(1).take(8).map_while(|n| n.parse().ok()).collect();
        let idle = fields.get(3)? + fields.get(4)?;
        let all = fields.iter().sum();
        Some(Ticks { busy: all - idle, all })
    }
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

fn first_line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()?.lines().next().map(str::to_owned)
}
