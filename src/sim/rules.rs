//! Rules of the protocol that no history shows, held for every input of every branch: the simulator sees all states.
//!
//! They say of an error, an ack and a snapshot that it had its reason. A history shows the outcomes alone, and an
//! outcome without a reason is often a legal one: a read that ends at its deadline, a branch that does not serve.

use std::fmt;

use crate::branch::{Branch, Outbox, PeerBody};
use crate::model::{Answer, BranchId, Dot, RequestError, Time, VersionVector};

/// A rule of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolRule {
    /// A parked request is answered at the last application that it needs.
    Woken,
    /// A request ends with `deadline` only if its branch lacks some of its token.
    DeadlineLacksTheToken,
    /// What a branch acknowledges, to peers and customers, survives its crash.
    AcknowledgedIsSynced,
    /// A branch that serves asks for a snapshot only if it lacks a write.
    SnapshotHasReason,
    /// A branch that came back with its state goes on serving.
    StateGoesOnServing,
    /// A write that is reported lost is at no branch that runs.
    LossIsLoss,
}

/// The first rule that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleBreach {
    /// When.
    pub at: Time,
    /// The rule.
    pub rule: ProtocolRule,
    /// A sentence.
    pub text: String,
}

/// What the rules have to remember of each branch's present life, and of all.
#[derive(Debug, Default)]
pub(super) struct RuleWatch {
    lives: Vec<WatchedLife>,
    /// All that any branch ever applied.
    applied: VersionVector,
}

#[derive(Debug, Default)]
struct WatchedLife {
    /// All that acks, witnesses and replies of this life named.
    acknowledged: VersionVector,
    /// It served as it began.
    began_serving: bool,
    /// The number of the transfer for which it asked last.
    transfer: u64,
}

impl ProtocolRule {
    /// A stable word.
    pub fn word(self) -> &'static str {
        match self {
            ProtocolRule::Woken => "left_waiting",
            ProtocolRule::DeadlineLacksTheToken => "needless_deadline",
            ProtocolRule::AcknowledgedIsSynced => "acknowledged_unsynced",
            ProtocolRule::SnapshotHasReason => "needless_snapshot",
            ProtocolRule::StateGoesOnServing => "stopped_serving",
            ProtocolRule::LossIsLoss => "false_loss",
        }
    }
}

impl fmt::Display for ProtocolRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

type RuleCheck = Result<(), (ProtocolRule, String)>;

impl RuleWatch {
    pub fn new(cores: &[&Branch]) -> RuleWatch {
        let life =
            |core: &&Branch| WatchedLife { began_serving: core.greeting().is_ok(), ..WatchedLife::default() };
        RuleWatch { lives: cores.iter().map(life).collect(), applied: VersionVector::new() }
    }

    /// A branch is up again.
    pub fn restarted(&mut self, place: usize, id: BranchId, core: &Branch, lost_log: bool) -> RuleCheck {
        let began = WatchedLife { began_serving: core.greeting().is_ok(), ..WatchedLife::default() };
        let before = std::mem::replace(&mut self.lives[place], began).acknowledged;
        self.applied.merge(core.applied());
        if lost_log || core.applied().dominates(&before) {
            return Ok(());
        }
        let gone: Vec<String> = before.missing_from(core.applied()).map(|dot| dot.to_string()).collect();
        let text = format!("branch {id} had acknowledged {}, and came back without", gone.join(" "));
        Err((ProtocolRule::AcknowledgedIsSynced, text))
    }

    /// A branch has taken an input, and this is what it lets out. `holder` finds a branch that has a write.
    pub fn check(
        &mut self,
        place: usize,
        id: BranchId,
        core: &Branch,
        outbox: &Outbox,
        holder: impl Fn(Dot) -> Option<BranchId>,
    ) -> RuleCheck {
        self.check_replies(place, id, core, outbox, holder)?;
        self.check_messages(place, id, core, outbox)?;
        if self.lives[place].began_serving && core.greeting().is_err() {
            let text = format!("branch {id} came back with its state, and serves no more");
            return Err((ProtocolRule::StateGoesOnServing, text));
        }
        if outbox.applied.is_empty() {
            return Ok(());
        }
        for range in &outbox.applied {
            self.applied.raise(range.origin, range.last);
        }
        match core.overlooked() {
            None => Ok(()),
            Some(request) => {
                let text = format!("branch {id} has all that {request} waits for, and leaves it parked");
                Err((ProtocolRule::Woken, text))
            }
        }
    }

    fn check_replies(
        &mut self,
        place: usize,
        id: BranchId,
        core: &Branch,
        outbox: &Outbox,
        holder: impl Fn(Dot) -> Option<BranchId>,
    ) -> RuleCheck {
        let acknowledged = &mut self.lives[place].acknowledged;
        for (_, reply) in &outbox.replies {
            match &reply.outcome {
                Ok(Answer::Written { dot }) => {
                    acknowledged.raise(dot.origin, dot.counter);
                }
                Ok(Answer::Balance { witness, .. }) => acknowledged.merge(witness),
                Err(RequestError::Deadline { missing, .. }) => {
                    let has = missing.iter().find(|&&dot| core.applied().contains(dot));
                    if missing.is_empty() || has.is_some() {
                        let dot = has.map_or_else(|| "nothing".to_owned(), Dot::to_string);
                        let text =
                            format!("branch {id} ends a request for lack of {dot}, which it does not lack");
                        return Err((ProtocolRule::DeadlineLacksTheToken, text));
                    }
                }
                Err(RequestError::TokenLost { missing, .. }) => {
                    let held = missing.iter().find_map(|&dot| Some((dot, holder(dot)?)));
                    if let Some((dot, holder)) = held {
                        let text = format!("branch {id} reports {dot} lost, and branch {holder} has it");
                        return Err((ProtocolRule::LossIsLoss, text));
                    }
                }
                Ok(Answer::Refused(_)) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn check_messages(&mut self, place: usize, id: BranchId, core: &Branch, outbox: &Outbox) -> RuleCheck {
        let life = &mut self.lives[place];
        for (to, message) in &outbox.messages {
            match &message.body {
                PeerBody::Ack(ack) => life.acknowledged.merge(&ack.applied),
                PeerBody::Ask(request) => {
                    // What it lacked as it began may come from a helper meanwhile.
                    let begins = std::mem::replace(&mut life.transfer, request.transfer) != request.transfer;
                    if begins && core.greeting().is_ok() && core.applied().dominates(&self.applied) {
                        let text = format!("branch {id} asks branch {to} for a snapshot, and lacks nothing");
                        return Err((ProtocolRule::SnapshotHasReason, text));
                    }
                }
                PeerBody::Run(_) | PeerBody::Piece(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::branch::{Ack, CallId, Config, PeerMessage, SnapshotRequest, Start};
    use crate::model::{Incarnation, Origin, Record, Reply};

    const BRANCH: BranchId = BranchId(1);
    const PEER: BranchId = BranchId(2);

    fn origin() -> Origin {
        Origin { branch: PEER, incarnation: Incarnation { started_at: 1, nonce: 0 } }
    }

    /// A branch that has so many writes of the other.
    fn branch(writes: u64) -> Branch {
        let config = Config::new(BRANCH, [BRANCH, PEER], vec![0]);
        let own = Incarnation { started_at: 1, nonce: 0 };
        let applied = [(origin(), writes)].into_iter().filter(|&(_, writes)| writes > 0).collect();
        let state = crate::model::Snapshot { applied, ..Default::default() };
        let checkpoint = crate::model::Checkpoint { state, ..Default::default() };
        let start = Start::Recovered(vec![Record::Checkpoint(checkpoint)]);
        Branch::new(config, own, start).expect("the configuration is sound")
    }

    fn replies(outcome: Result<Answer, RequestError>) -> Outbox {
        let reply = Reply { outcome, parked_for: Duration::ZERO };
        Outbox { replies: vec![(CallId(1), reply)], ..Outbox::default() }
    }

    fn sends(body: PeerBody) -> Outbox {
        let message = PeerMessage { sender: Incarnation { started_at: 1, nonce: 0 }, body };
        Outbox { messages: vec![(PEER, message)], ..Outbox::default() }
    }

    /// The rule that is broken by a branch with two writes that lets this out.
    fn broken(watch: &mut RuleWatch, outbox: &Outbox, holder: Option<BranchId>) -> Option<ProtocolRule> {
        watch.check(0, BRANCH, &branch(2), outbox, |_| holder).err().map(|(rule, _)| rule)
    }

    #[test]
    fn an_error_names_only_what_is_lacking_or_lost() {
        let mut watch = RuleWatch::new(&[&branch(2)]);
        let waited = Duration::ZERO;
        let deadline = |dots: &[u64]| {
            let missing = dots.iter().map(|&counter| origin().dot(counter)).collect();
            replies(Err(RequestError::Deadline { missing, waited }))
        };
        assert_eq!(broken(&mut watch, &deadline(&[3]), None), None);
        for dots in [&[][..], &[2], &[3, 1]] {
            let found = broken(&mut watch, &deadline(dots), None);
            assert_eq!(found, Some(ProtocolRule::DeadlineLacksTheToken), "{dots:?}");
        }
        let lost = replies(Err(RequestError::TokenLost { missing: vec![origin().dot(9)], waited }));
        assert_eq!(broken(&mut watch, &lost, None), None);
        assert_eq!(broken(&mut watch, &lost, Some(PEER)), Some(ProtocolRule::LossIsLoss));
    }

    #[test]
    fn a_branch_comes_back_with_all_that_it_acknowledged_unless_its_log_is_lost() {
        let named: VersionVector = [(origin(), 2)].into_iter().collect();
        let ack = Ack { number: 1, applied: named.clone(), about: None, first_known: None };
        let rows = [
            sends(PeerBody::Ack(ack)),
            replies(Ok(Answer::Balance { balance: 0, witness: named })),
            replies(Ok(Answer::Written { dot: origin().dot(2) })),
        ];
        for outbox in rows {
            for (writes, lost_log, is_broken) in [(2, false, false), (1, false, true), (0, true, false)] {
                let mut watch = RuleWatch::new(&[&branch(2)]);
                assert_eq!(broken(&mut watch, &outbox, None), None);
                let found = watch.restarted(0, BRANCH, &branch(writes), lost_log).err().map(|(rule, _)| rule);
                assert_eq!(found.is_some(), is_broken, "{writes} {lost_log} {outbox:?}");
                assert_eq!(found.is_some(), found == Some(ProtocolRule::AcknowledgedIsSynced));
            }
        }
    }

    #[test]
    fn a_branch_that_serves_asks_for_a_snapshot_only_if_it_lacks_a_write() {
        let mut watch = RuleWatch::new(&[&branch(2), &branch(3)]);
        let ask = |transfer| sends(PeerBody::Ask(SnapshotRequest { number: 1, transfer, index: 0 }));
        assert_eq!(watch.restarted(0, BRANCH, &branch(2), false), Ok(()));
        assert_eq!(broken(&mut watch, &ask(1), None), Some(ProtocolRule::SnapshotHasReason));
        assert_eq!(broken(&mut watch, &ask(1), None), None, "it goes on with what it has begun");
        assert_eq!(watch.restarted(1, PEER, &branch(3), false), Ok(()));
        assert_eq!(broken(&mut watch, &ask(2), None), None, "another branch has more");
    }
}
