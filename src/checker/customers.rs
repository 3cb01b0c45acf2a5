//! Whose sessions they are, and which of them owe each other's reads their writes.

use crate::history::SessionOpened;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SessionStanding {
    /// The customer's number in the workload: among the sessions that follow no other, from 0.
    pub customer: usize,
    /// Sessions with the same one kept the token from one to the next: reads of each are owed the writes of all.
    pub promise: usize,
}

/// Where each session stands, by index.
pub(super) fn standings(sessions: &[SessionOpened]) -> Vec<SessionStanding> {
    let mut standings: Vec<SessionStanding> = Vec::with_capacity(sessions.len());
    let (mut customers, mut promises) = (0, 0);
    let next = |count: &mut usize| std::mem::replace(count, *count + 1);
    for opened in sessions {
        let before = opened.follows.and_then(|follows| Some((standings.get(follows.session.at())?, follows)));
        let standing = match before {
            Some((&standing, follows)) if follows.token_kept => standing,
            Some((&SessionStanding { customer, .. }, _)) => {
                SessionStanding { customer, promise: next(&mut promises) }
            }
            None => SessionStanding { customer: next(&mut customers), promise: next(&mut promises) },
        };
        standings.push(standing);
    }
    standings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Follows, SessionIndex};
    use crate::model::{SessionId, Time};

    #[test]
    fn a_session_that_goes_on_is_the_same_customer_s_and_owed_the_same_if_the_token_was_kept() {
        let opened = |index: u32, follows: Option<(u32, bool)>| SessionOpened {
            t: Time(0),
            index: SessionIndex(index),
            id: SessionId { opened_at: 1, nonce: index.into() },
            region: None,
            follows: follows
                .map(|(session, token_kept)| Follows { session: SessionIndex(session), token_kept }),
        };
        let rows = [
            (None, (0, 0)),
            (None, (1, 1)),
            (Some((1, true)), (1, 1)),
            (Some((2, false)), (1, 2)),
            (None, (2, 3)),
            (Some((3, true)), (1, 2)),
        ];
        let sessions: Vec<SessionOpened> =
            rows.iter().zip(0..).map(|(&(follows, _), index)| opened(index, follows)).collect();
        let expected: Vec<SessionStanding> =
            rows.iter().map(|&(_, (customer, promise))| SessionStanding { customer, promise }).collect();
        assert_eq!(standings(&sessions), expected);
    }
}
