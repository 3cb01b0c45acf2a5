//! A queue of things that are held until they are due: delayed messages, and tasks that wait for a time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::clock;
use super::fine_timer::FineTimer;
use crate::model::Time;

/// Things held at most; the queue takes no more.
const HELD_MAX: usize = 1 << 20;

/// Holds things until they are due, and hands them over in order of due time, then of arrival.
pub(super) struct DelayQueue<T> {
    queue: Mutex<Held<T>>,
    /// Something is due earlier than the driving task knows.
    earlier: Notify,
}

struct Held<T> {
    /// By due time, then by number of arrival.
    things: BTreeMap<(Time, u64), T>,
    arrivals: u64,
    /// Until when the driving task sleeps.
    armed: Option<Time>,
}

impl<T> DelayQueue<T> {
    pub fn new() -> DelayQueue<T> {
        let queue = Held { things: BTreeMap::new(), arrivals: 0, armed: None };
        DelayQueue { queue: Mutex::new(queue), earlier: Notify::new() }
    }

    /// Holds a thing until `due`. Returns whether there was room for it.
    pub fn hold(&self, due: Time, thing: T) -> bool {
        let mut queue = self.lock();
        if queue.things.len() >= HELD_MAX {
            return false;
        }
        queue.arrivals += 1;
        let arrival = queue.arrivals;
        queue.things.insert((due, arrival), thing);
        if queue.armed.is_none_or(|armed| due < armed) {
            queue.armed = Some(due);
            self.earlier.notify_one();
        }
        true
    }

    /// How many things are held.
    pub fn len(&self) -> usize {
        self.lock().things.len()
    }

    /// Hands over each thing when it is due, with how late it is, until the task is dropped.
    pub async fn drive(&self, timer: FineTimer, mut act: impl FnMut(T, Duration)) {
        loop {
            let next = self.arm();
            tokio::select! {
                () = timer.until(next) => {}
                () = self.earlier.notified() => {}
            }
            while let Some((thing, late)) = self.take_due() {
                act(thing, late);
            }
        }
    }

    fn arm(&self) -> Option<Time> {
        let mut queue = self.lock();
        queue.armed = queue.things.first_key_value().map(|(&(due, _), _)| due);
        queue.armed
    }

    fn take_due(&self) -> Option<(T, Duration)> {
        let mut queue = self.lock();
        let now = clock::now();
        let first = queue.things.first_entry().filter(|first| first.key().0 <= now)?;
        let ((due, _), thing) = first.remove_entry();
        Some((thing, now.since(due)))
    }

    fn lock(&self) -> MutexGuard<'_, Held<T>> {
        self.queue.lock().expect("nothing panics while it holds the queue")
    }
}

impl DelayQueue<oneshot::Sender<Duration>> {
    /// Returns at `due`, with how late it is then; at once if that is past or there is no room to wait.
    pub async fn until(&self, due: Time) -> Duration {
        let now = clock::now();
        if due <= now {
            return now.since(due);
        }
        let (sender, receiver) = oneshot::channel();
        self.hold(due, sender);
        receiver.await.unwrap_or_default()
    }

    /// Wakes the tasks that wait, until this task is dropped. A task may end before it is woken.
    pub async fn wake(&self, timer: FineTimer) {
        let wake = |sender: oneshot::Sender<Duration>, late| {
            let _ = sender.send(late);
        };
        self.drive(timer, wake).await;
    }
}
