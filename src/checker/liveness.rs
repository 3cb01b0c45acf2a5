//! Whether every operation has come to an end, and in time.

use crate::history::{History, PairedOperation, Substrate};

use super::violations::{BrokenRule, Violations};

/// Finds operations of a history that was recorded to its end which have none, and in virtual time those that took
/// longer than a session's own timers let them.
pub(super) fn judge(history: &History, violations: &mut Violations) {
    let patience = match history.header.substrate {
        // The machine may have been too slow.
        Substrate::Live => None,
        Substrate::Sim => history.header.patience,
    };
    let is_whole = history.ended_at.is_some();
    for operation in &history.operations {
        let invoked = &operation.invoke;
        let (line, how) = match &operation.complete {
            None if is_whole => (invoked.line, "has no end".to_owned()),
            None => continue,
            Some(completed) => {
                let took = completed.event.t.since(invoked.event.t);
                let Some(patience) = patience.filter(|&patience| took > patience) else { continue };
                (completed.line, format!("took {took:?}, and was to be given up after {patience:?}"))
            }
        };
        violations
            .note(BrokenRule::NeverCompleted, line, || (vec![invoked.line, line], describe(operation, &how)));
    }
}

fn describe(PairedOperation { invoke, .. }: &PairedOperation, how: &str) -> String {
    let (session, number, branch) = (invoke.event.session, invoke.event.number, invoke.event.branch);
    format!("session {session}'s operation {number}, {}, at branch {branch} {how}", invoke.event.operation)
}
