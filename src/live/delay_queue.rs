//! What is held until it is due: delayed messages, and those who wait for a time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::clock;
use super::fine_timer::FineTimer;
use crate::model::Time;

/// Things held at most; what comes beyond is turned away.
const HELD_MAX: usize = 1 << 20;

/// Holds things until they are due, and hands them over in order of due time, then of arrival.
pub(super) struct DelayQueue<T> {
    queue: Mutex<DueHeap<T>>,
    /// Something is due earlier than the driver knows.
    earlier: Notify,
}

struct DueHeap<T> {
    held: BinaryHeap<Reverse<Held<T>>>,
    arrivals: u64,
    /// Until when the driver sleeps.
    armed: Option<Time>,
}

struct Held<T> {
    due: Time,
    arrival: u64,
    thing: T,
}

impl<T> DelayQueue<T> {
    pub fn new() -> DelayQueue<T> {
        let queue = DueHeap { held: BinaryHeap::new(), arrivals: 0, armed: None };
        DelayQueue { queue: Mutex::new(queue), earlier: Notify::new() }
    }

    /// Holds a thing until `due`. Returns whether there was room for it.
    pub fn hold(&self, due: Time, thing: T) -> bool {
        let mut queue = self.lock();
        if queue.held.len() >= HELD_MAX {
            return false;
        }
        queue.arrivals += 1;
        let arrival = queue.arrivals;
        queue.held.push(Reverse(Held { due, arrival, thing }));
        if queue.armed.is_none_or(|armed| due < armed) {
            queue.armed = Some(due);
            self.earlier.notify_one();
        }
        true
    }

    /// How many things are held.
    pub fn len(&self) -> usize {
        self.lock().held.len()
    }

    /// Hands over each thing when it is due, with how late it is, until the task is dropped.
    pub async fn drive(&self, alarm: FineTimer, mut act: impl FnMut(T, Duration)) {
        loop {
            let next = self.arm();
            tokio::select! {
                () = alarm.until(next) => {}
                () = self.earlier.notified() => {}
            }
            while let Some((thing, late)) = self.take_due() {
                act(thing, late);
            }
        }
    }

    fn arm(&self) -> Option<Time> {
        let mut queue = self.lock();
        queue.armed = queue.held.peek().map(|Reverse(first)| first.due);
        queue.armed
    }

    fn take_due(&self) -> Option<(T, Duration)> {
        let mut queue = self.lock();
        let now = clock::now();
        queue.held.peek().filter(|Reverse(first)| first.due <= now)?;
        let Reverse(Held { due, thing, .. }) = queue.held.pop()?;
        Some((thing, now.since(due)))
    }

    fn lock(&self) -> MutexGuard<'_, DueHeap<T>> {
        self.queue.lock().expect("nothing panics while it holds the queue")
    }
}

impl DelayQueue<oneshot::Sender<Duration>> {
    /// Returns at `due`, with how late it is; at once if that is past or there is no room to wait.
    pub async fn until(&self, due: Time) -> Duration {
        let now = clock::now();
        if due <= now {
            return now.since(due);
        }
        let (sender, receiver) = oneshot::channel();
        self.hold(due, sender);
        receiver.await.unwrap_or_default()
    }

    /// Wakes those who wait. One that has hung up is not missed.
    pub async fn wake(&self, alarm: FineTimer) {
        let wake = |sender: oneshot::Sender<Duration>, late| {
            let _ = sender.send(late);
        };
        self.drive(alarm, wake).await;
    }
}

impl<T> PartialEq for Held<T> {
    fn eq(&self, other: &Held<T>) -> bool {
        (self.due, self.arrival) == (other.due, other.arrival)
    }
}

impl<T> Eq for Held<T> {}

impl<T> PartialOrd for Held<T> {
    fn partial_cmp(&self, other: &Held<T>) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Held<T> {
    fn cmp(&self, other: &Held<T>) -> std::cmp::Ordering {
        (self.due, self.arrival).cmp(&(other.due, other.arrival))
    }
}
