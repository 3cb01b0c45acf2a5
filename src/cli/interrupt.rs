//! Ctrl-C: once to end in good order, twice to end at once.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::output;
use super::status::ERROR;
use crate::live;

/// Whether SIGINT or SIGTERM has come.
pub(super) struct Interrupt {
    has_come: Arc<AtomicBool>,
}

impl Interrupt {
    /// From now on a signal does not end the process, unless a second one follows.
    pub fn listen() -> io::Result<Interrupt> {
        let has_come = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&has_come);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            while let Ok(signal) = live::wait_for_signal() {
                if flag.swap(true, Ordering::Relaxed) {
                    std::process::exit(i32::from(ERROR));
                }
                output::report(&format!("{signal}: what is complete is kept; a second signal ends at once"));
            }
        })?;
        Ok(Interrupt { has_come })
    }

    pub fn has_come(&self) -> bool {
        self.has_come.load(Ordering::Relaxed)
    }

    /// Breaks off once it has come.
    pub fn goes_on(&self) -> ControlFlow<()> {
        if self.has_come() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
