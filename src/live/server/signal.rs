//! What ends a served cluster.

use std::io;

use futures_util::future::select_all;

use super::host::BranchHandle;

/// Why served branches end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// A signal, by its name.
    Signal(&'static str),
    /// A branch could go on no longer, for this reason.
    Failure(String),
}

/// Blocks until SIGINT or SIGTERM comes, or one of the branches fails.
///
/// # Errors
///
/// When the system refuses the handlers.
pub fn wait_for_the_end_of(branches: &[&BranchHandle]) -> io::Result<StopReason> {
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
            signal = end() => signal.map(StopReason::Signal),
            (reason, ..) = select_all(failures) => Ok(StopReason::Failure(reason)),
        }
    })
}

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
