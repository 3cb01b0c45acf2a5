//! Where the figures come from.

use readback::results::Machine;

/// One line: build, cores, processor, kernel.
pub fn facts() -> String {
    let build = if cfg!(debug_assertions) { "unoptimised build, for no comparison" } else { "release build" };
    let Machine { cores, processor, kernel, .. } = Machine::here();
    format!(
        "readback {}, {build}; cores: {cores}, {}; {} {}",
        env!("CARGO_PKG_VERSION"),
        processor.unwrap_or("processor unknown".to_owned()),
        std::env::consts::OS,
        kernel.unwrap_or_default(),
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
