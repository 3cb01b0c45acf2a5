//! The signals that end a served cluster.

use std::io;

/// Blocks until SIGINT or SIGTERM comes, and returns its name.
///
/// # Errors
///
/// When the system refuses the handlers.
pub fn wait_for_the_end() -> io::Result<&'static str> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(end())
}

#[cfg(unix)]
async fn end() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    })
}

#[cfg(not(unix))]
async fn end() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}
