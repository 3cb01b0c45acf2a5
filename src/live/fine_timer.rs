//! A timer finer than the runtime's own, which rounds up to a millisecond.
//!
//! On Linux it is a timerfd: late by some tens of microseconds. Elsewhere it is the runtime's timer, with its grain,
//! and injected delays are that much longer.

use std::future::pending;
use std::io;

use crate::model::Time;

/// Waits for a time on the clock of [`super::now`].
pub struct FineTimer {
    #[cfg(target_os = "linux")]
    timer: tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>,
}

impl FineTimer {
    /// A timer of the runtime within which it is called.
    ///
    /// # Errors
    ///
    /// When the process has no file descriptors left.
    #[cfg(target_os = "linux")]
    pub fn new() -> io::Result<FineTimer> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        use tokio::io::{Interest, unix::AsyncFd};
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // SAFETY: the descriptor is owned by the `AsyncFd` alone, which closes it; an `OwnedFd` has one for life.
        let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?;
        Ok(FineTimer { timer })
    }

    #[cfg(not(target_os = "linux"))]
    pub fn new() -> io::Result<FineTimer> {
        Ok(FineTimer {})
    }

    /// Returns at `at`, or at once if that is past; never if there is no such time.
    pub async fn until(&self, at: Option<Time>) {
        match at {
            Some(at) => self.wait(at).await,
            None => pending().await,
        }
    }

    #[cfg(target_os = "linux")]
    async fn wait(&self, at: Time) {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        // Zero would disarm the timer; a nanosecond after the machine's start is past too.
        let at = at.0.max(1);
        let seconds = i64::try_from(at / 1_000_000_000).unwrap_or(i64::MAX);
        let it_value = Timespec { tv_sec: seconds, tv_nsec: (at % 1_000_000_000) as _ };
        let setting = Itimerspec { it_interval: never, it_value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &setting).expect("a timerfd takes any time");
        let mut expirations = [0; 8];
        loop {
            let Ok(mut ready) = self.timer.readable().await else { return };
            // Arming clears earlier expirations, so a read that would block means that it was too early.
            if ready.try_io(|timer| Ok(rustix::io::read(timer, &mut expirations)?)).is_ok() {
                return;
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    async fn wait(&self, at: Time) {
        tokio::time::sleep(at.since(super::clock::now())).await;
    }
}
