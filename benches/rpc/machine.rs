//! Where the figures come from.

use readback::results::Host;

/// One line: build, cores, processor, kernel.
pub fn facts() -> String {
    let build = if cfg!(debug_assertions) { "unoptimised build, for no comparison" } else { "release build" };
    let Host { cores, processor, kernel, .. } = Host::current();
    format!(
        "readback {}, {build}; cores: {cores}, {}; {} {}",
        env!("CARGO_PKG_VERSION"),
        processor.unwrap_or("processor unknown".to_owned()),
        std::env::consts::OS,
        kernel.unwrap_or_default(),
    )
}

/// What runs this again, word by word.
pub fn command_line(bench: &str) -> Vec<String> {
    let own = ["cargo", "bench", "--bench", bench].map(str::to_owned);
    let quoted = |argument: String| if argument.contains(' ') { format!("{argument:?}") } else { argument };
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").map(quoted).collect();
    let separator = (!asked.is_empty()).then(|| "--".to_owned());
    own.into_iter().chain(separator).chain(asked).collect()
}
