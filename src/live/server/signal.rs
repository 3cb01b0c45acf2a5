//! The end of a served cluster: a signal, or a branch that fails.

use std::io;

use futures_util::future::select_all;

use super::host::BranchHandle;

/// Why a served cluster stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// A signal, by its name.
    Signal(&'static str),
    /// A branch could not continue, for this reason.
    Failure(String),
}

/// Blocks until SIGINT or SIGTERM comes, or one of the branches fails.
///
/// # Errors
///
/// When the system refuses the handlers.
pub fn wait_until_stopped(branches: &[&BranchHandle]) -> io::Result<StopReason> {
    let failures = branches.iter().map(|branch| {
        let mut failure = branch.failure();
        Box::pin(async move {
            match failure.wait_for(Option::is_some).await {
                Ok(reason) => reason.clone().unwrap_or_default(),
                Err(_) => std::future::pending().await,
            }
        })
    });
    let failures: Vec<_> = failures.collect();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        tokio::select! {
            signal = signal_name() => signal.map(StopReason::Signal),
            (reason, ..) = select_all(failures) => Ok(StopReason::Failure(reason)),
        }
    })
}

/// Blocks until SIGINT or SIGTERM comes, and returns its name.
///
/// # Errors
///
/// When the system refuses the handlers.
pub fn wait_for_signal() -> io::Result<&'static str> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(signal_name())
}

#[cfg(unix)]
async fn signal_name() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    })
}

#[cfg(not(unix))]
async fn signal_name() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}
