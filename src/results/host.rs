//! The host that a run was made on.

use std::fs;
use std::thread::available_parallelism;

use serde::{Deserialize, Serialize};

/// The facts of a host, as far as the system reports them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Processors that this process may use.
    pub cores: usize,
    /// The model of its first processor.
    pub processor: Option<String>,
    /// The release of its kernel.
    pub kernel: Option<String>,
    /// All memory.
    pub memory_bytes: Option<u64>,
    /// Load average over the last minute, of all cores together.
    pub load_average: Option<f64>,
}

impl Host {
    /// This host, now, from the files of Linux below `/proc`; elsewhere little is known but the cores.
    pub fn current() -> Host {
        let file = |name: &str| fs::read_to_string(format!("/proc/{name}")).ok();
        Host {
            cores: available_parallelism().map_or(1, usize::from),
            processor: file("cpuinfo").and_then(|text| processor(&text)),
            kernel: file("sys/kernel/osrelease").map(|text| text.trim().to_owned()),
            memory_bytes: file("meminfo").and_then(|text| memory_bytes(&text)),
            load_average: file("loadavg").and_then(|text| load_average(&text)),
        }
    }
}

fn processor(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn load_average(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_found_in_the_files_of_the_system() {
        let cpuinfo =
            "processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC\nprocessor\t: 1\nmodel name\t: other\n";
        assert_eq!(processor(cpuinfo).as_deref(), Some("AMD EPYC"));
        assert_eq!(memory_bytes("MemTotal:        8148572 kB\nMemFree: 1 kB\n"), Some(8_344_137_728));
        assert_eq!(load_average("0.42 1.00 2.00 1/234 5678\n"), Some(0.42));
    }

    #[test]
    fn what_a_system_does_not_report_is_unknown() {
        assert_eq!(processor("CPU implementer\t: 0x41\n"), None);
        assert_eq!(memory_bytes("MemTotal: lots\n"), None);
        assert_eq!(load_average(""), None);
    }

    #[test]
    fn this_host_has_a_core() {
        assert!(Host::current().cores >= 1);
    }
}
