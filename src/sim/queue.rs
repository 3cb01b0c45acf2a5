//! What is to happen, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::Time;

/// Gives things back in order of their times; those of one time in the order in which they were put in.
pub(super) struct EventQueue<T> {
    /// Time, number, and the slot that holds the thing: what is moved about is small.
    order: BinaryHeap<Reverse<(Time, u64, u32)>>,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    pushed: u64,
}

impl<T> EventQueue<T> {
    pub fn new() -> EventQueue<T> {
        EventQueue { order: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), pushed: 0 }
    }

    pub fn push(&mut self, at: Time, thing: T) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(thing);
                slot
            }
            None => {
                self.slots.push(Some(thing));
                u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 things are under way")
            }
        };
        self.pushed += 1;
        self.order.push(Reverse((at, self.pushed, slot)));
    }

    pub fn pop(&mut self) -> Option<(Time, T)> {
        let Reverse((at, _, slot)) = self.order.pop()?;
        self.free.push(slot);
        let thing = self.slots[slot as usize].take().expect("a slot in the order is full");
        Some((at, thing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_first_comes_first_and_of_one_time_what_was_put_in_first() {
        let mut queue = EventQueue::new();
        for (at, thing) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b')] {
            queue.push(Time(at), thing);
        }
        assert_eq!(queue.pop(), Some((Time(1), 'a')));
        queue.push(Time(5), 'e');
        let rest: String = std::iter::from_fn(|| queue.pop()).map(|(_, thing)| thing).collect();
        assert_eq!(rest, "bcde");
    }
}
