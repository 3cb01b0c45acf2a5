//! Whose sessions they are, and which of them share a token.

use crate::history::SessionOpened;

/// The customer and the token of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SessionOwner {
    /// The customer's number in the workload: among the sessions that follow no other, from 0.
    pub customer: usize,
    /// The number of its token, from 0. Sessions that kept the token from one to the next have the same: reads of each
    /// are owed the writes of all.
    pub token: usize,
}

/// The owner of each session, by index.
pub(super) fn owners(sessions: &[SessionOpened]) -> Vec<SessionOwner> {
    let mut owners: Vec<SessionOwner> = Vec::with_capacity(sessions.len());
    let (mut customers, mut tokens) = (0, 0);
    let next = |count: &mut usize| std::mem::replace(count, *count + 1);
    for opened in sessions {
        let before = opened.follows.and_then(|follows| Some((owners.get(follows.session.at())?, follows)));
        let owner = match before {
            Some((&owner, follows)) if follows.token_kept => owner,
            Some((&SessionOwner { customer, .. }, _)) => SessionOwner { customer, token: next(&mut tokens) },
            None => SessionOwner { customer: next(&mut customers), token: next(&mut tokens) },
        };
        owners.push(owner);
    }
    owners
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
        let expected: Vec<SessionOwner> =
            rows.iter().map(|&(_, (customer, token))| SessionOwner { customer, token }).collect();
        assert_eq!(owners(&sessions), expected);
    }
}
