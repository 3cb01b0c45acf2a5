//! The client table, which makes a retry harmless: the last executed write of each session, and its answer
//! (Liskov and Cowling, "Viewstamped Replication Revisited", 2012).
//!
//! The table is bounded. The session that was opened first is forgotten first, and the watermark remembers its id: a
//! write of a session that is not in the table and was opened no later is refused. It may be a copy of one that was
//! executed. All sessions in the table were opened after the watermark.

use std::collections::BTreeMap;

use crate::model::{Dot, Refusal, RequestId, SessionId};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientTable {
    /// The number and answer of the last write; no answer where a checkpoint left out one that was given before.
    sessions: BTreeMap<SessionId, (u64, Option<Result<Dot, Refusal>>)>,
    sessions_max: usize,
    watermark: Option<SessionId>,
}

/// The result of looking up a write that arrives or is about to be executed.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Never executed: the session is new, or its number is higher than any executed.
    New,
    /// Executed before, with this answer.
    Executed(Result<Dot, Refusal>),
    /// A later write of the session was executed.
    Stale { remembered: u64 },
    /// The session was opened no later than one that was forgotten.
    Forgotten,
}

impl ClientTable {
    pub fn new(sessions_max: usize) -> ClientTable {
        ClientTable { sessions: BTreeMap::new(), sessions_max, watermark: None }
    }

    /// Looks up a write that arrives, or is about to be executed.
    pub fn look_up(&self, request: RequestId) -> Lookup {
        match self.sessions.get(&request.session) {
            Some((number, Some(answer))) if *number == request.number => Lookup::Executed(*answer),
            Some((number, _)) if *number >= request.number => Lookup::Stale { remembered: *number },
            Some(_) => Lookup::New,
            None if self.watermark.is_some_and(|mark| request.session <= mark) => Lookup::Forgotten,
            None => Lookup::New,
        }
    }

    /// Remembers an executed write. Returns the session that was forgotten for it, if one was: the new watermark.
    pub fn remember(&mut self, request: RequestId, answer: Result<Dot, Refusal>) -> Option<SessionId> {
        self.sessions.insert(request.session, (request.number, Some(answer)));
        if self.sessions.len() <= self.sessions_max {
            return None;
        }
        let (forgotten, _) =
            self.sessions.pop_first().expect("the table is over its bound, so it is not empty");
        self.forget(forgotten);
        Some(forgotten)
    }

    /// The last write of each session as of the last synced record; `is_unsynced` marks those that came later.
    pub fn synced(
        &self,
        is_unsynced: impl Fn(RequestId) -> bool,
    ) -> Vec<(RequestId, Option<Result<Dot, Refusal>>)> {
        let last = self.sessions.iter().filter_map(|(&session, &(number, answer))| {
            let request = RequestId { session, number };
            if !is_unsynced(request) {
                return Some((request, answer));
            }
            // Whatever it executed before has been answered, or it would not have gone on.
            let before = number.checked_sub(1)?;
            Some((RequestId { session, number: before }, None))
        });
        last.collect()
    }

    /// Replaces the table by that of a checkpoint.
    pub fn restore(
        &mut self,
        answers: impl IntoIterator<Item = (RequestId, Option<Result<Dot, Refusal>>)>,
        watermark: Option<SessionId>,
    ) {
        let entries =
            answers.into_iter().map(|(request, answer)| (request.session, (request.number, answer)));
        self.sessions = entries.collect();
        self.watermark = watermark;
    }

    /// The latest opened of the sessions that were forgotten.
    pub fn watermark(&self) -> Option<SessionId> {
        self.watermark
    }

    /// Raises the watermark, as a log record says.
    pub fn forget(&mut self, up_to: SessionId) {
        self.watermark = self.watermark.max(Some(up_to));
        self.sessions = self.sessions.split_off(&up_to);
        self.sessions.remove(&up_to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(session: u64, number: u64) -> RequestId {
        RequestId { session: SessionId { opened_at: session, nonce: 0 }, number }
    }

    const REFUSED: Result<Dot, Refusal> = Err(Refusal::InsufficientFunds);

    #[test]
    fn the_last_number_is_found_a_lower_one_is_stale_a_higher_one_new() {
        let mut table = ClientTable::new(2);
        table.remember(request(1, 5), REFUSED);
        let rows = [(5, Lookup::Executed(REFUSED)), (4, Lookup::Stale { remembered: 5 }), (6, Lookup::New)];
        for (number, expected) in rows {
            assert_eq!(table.look_up(request(1, number)), expected, "number {number}");
        }
    }

    #[test]
    fn the_session_opened_first_is_forgotten_first_and_stays_refused() {
        let mut table = ClientTable::new(2);
        assert_eq!(table.remember(request(2, 1), REFUSED), None);
        assert_eq!(table.remember(request(3, 1), REFUSED), None);
        assert_eq!(table.remember(request(4, 1), REFUSED), Some(request(2, 1).session));
        assert_eq!(table.look_up(request(2, 1)), Lookup::Forgotten);
        assert_eq!(table.look_up(request(1, 1)), Lookup::Forgotten, "opened even earlier, never seen");
        assert_eq!(table.look_up(request(3, 1)), Lookup::Executed(REFUSED));
        assert_eq!(table.look_up(request(5, 1)), Lookup::New);
    }
}
