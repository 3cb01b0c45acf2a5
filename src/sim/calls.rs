//! Calls of customers that a branch has not yet answered.

use crate::branch::CallId;
use crate::model::RequestId;

/// One attempt of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SimCall {
    /// Its number in the workload.
    pub customer: u32,
    pub request: RequestId,
    pub attempt: u32,
    /// It asks for the branch's incarnation, and nothing else.
    pub is_greeting: bool,
}

/// The open calls of a branch, by the id that it knows each by.
#[derive(Debug, Default)]
pub(super) struct Calls {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Free,
    /// A duplicate is a call without a customer that waits.
    Open(Option<SimCall>),
}

impl Calls {
    pub fn open(&mut self, call: Option<SimCall>) -> CallId {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::Free);
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 calls are open")
        });
        self.slots[slot as usize] = Slot::Open(call);
        CallId(u64::from(slot))
    }

    /// The call is answered. Returns the attempt that waits for it, if one does.
    pub fn close(&mut self, CallId(slot): CallId) -> Option<SimCall> {
        let index = usize::try_from(slot).ok()?;
        match std::mem::replace(self.slots.get_mut(index)?, Slot::Free) {
            Slot::Free => None,
            Slot::Open(call) => {
                self.free.push(u32::try_from(slot).ok()?);
                call
            }
        }
    }

    /// All connections break. Returns the attempts that were waiting.
    pub fn drain(&mut self) -> Vec<SimCall> {
        self.free.clear();
        let open = |slot| match slot {
            Slot::Open(call) => call,
            Slot::Free => None,
        };
        self.slots.drain(..).filter_map(open).collect()
    }
}
