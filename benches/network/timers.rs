//! How late two timers are, and what a wait costs.

use std::env;
use std::io;
use std::time::Duration;

use readback::live::{FineTimer, Meter, now};
use tokio::runtime;

const WAITS: usize = 1_000;
const SPANS: [Duration; 3] =
    [Duration::from_micros(100), Duration::from_millis(1), Duration::from_millis(20)];

enum Timer {
    Alarm(FineTimer),
    Tokio,
}

/// What came of some waits.
struct Waits {
    /// Rising.
    late: Vec<Duration>,
    cpu: Duration,
}

pub fn print_table() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let is_filtered = arguments.iter().any(|argument| !argument.starts_with('-') && argument != "timer");
    if given("--list") || is_filtered {
        return Ok(());
    }
    let waits = if given("--bench") && !given("--test") { WAITS } else { 5 };
    println!(
        "{:>8} {:>6} {:>6} {:>12} {:>12} {:>12} {:>12}",
        "wait", "timer", "waits", "late p50 us", "late p99 us", "late max us", "CPU us/wait"
    );
    // Waiting needs a runtime around it from the first alarm on.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let _inside = runtime.enter();
    for span in SPANS {
        for timer in [Timer::Alarm(FineTimer::new()?), Timer::Tokio] {
            let Waits { late, cpu } = runtime.block_on(timer.wait(span, waits));
            println!(
                "{:>8} {:>6} {waits:>6} {:>12.1} {:>12.1} {:>12.1} {:>12.2}",
                format!("{span:?}"),
                timer.name(),
                micros(quantile(&late, 0.5)),
                micros(quantile(&late, 0.99)),
                micros(quantile(&late, 1.0)),
                micros(cpu) / waits as f64,
            );
        }
    }
    Ok(())
}

impl Timer {
    fn name(&self) -> &'static str {
        match self {
            Timer::Alarm(_) => "alarm",
            Timer::Tokio => "tokio",
        }
    }

    /// Waits for `span` so many times, one after the other.
    async fn wait(&self, span: Duration, times: usize) -> Waits {
        let mut late = Vec::with_capacity(times);
        let meter = Meter::start();
        for _ in 0..times {
            let due = now() + span;
            match self {
                Timer::Alarm(alarm) => alarm.until(Some(due)).await,
                Timer::Tokio => tokio::time::sleep(span).await,
            }
            let woken = now();
            assert!(woken >= due, "a timer is never early");
            late.push(woken - due);
        }
        let cpu = meter.own();
        late.sort_unstable();
        Waits { late, cpu }
    }
}

/// The least of `sorted` that the share `p` of them does not exceed.
fn quantile(sorted: &[Duration], p: f64) -> Duration {
    let rank = (p * sorted.len() as f64).ceil() as usize;
    sorted[rank.saturating_sub(1)]
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}
