//! Waiting for a condition of another thread or process.

use std::time::Duration;

use super::clock;

const PAUSE: Duration = Duration::from_millis(5);

/// Asks every few milliseconds until there is an answer. `None` if there is none after `most`.
pub(super) fn poll<T>(most: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let until = clock::now() + most;
    loop {
        let answer = ask();
        if answer.is_some() || clock::now() >= until {
            return answer;
        }
        std::thread::sleep(PAUSE);
    }
}
