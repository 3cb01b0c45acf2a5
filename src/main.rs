//! The `readback` command; see the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    readback::cli::run()
}
