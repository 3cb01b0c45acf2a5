//! A customer's session and the network's fates: the parts of a simulation that stand beside the branches.

use std::time::Duration;

use readback::model::{
    AccountId, Amount, Answer, BranchId, Greeting, Incarnation, Operation, Origin, Reply, SessionId, Time,
    VersionVector, WriteKind,
};
use readback::network::{
    Distribution, Endpoint, Identity, Leg, Loss, MessageInfo, NetworkPlan, PlannedNetwork, Probability, Rule,
};
use readback::session::{Outcome, Output, Policy, Session, SessionInput};

const NOW: Time = Time(1_000_000_000);

const QUERY: Operation = Operation::Query { account: AccountId(7) };

/// A customer who is answered at once.
pub struct Customer {
    session: Session,
    outbox: Vec<Output>,
    witness: VersionVector,
}

impl Customer {
    /// One who has written at so many branches, read-your-writes by waiting: so long is the token of a query.
    pub fn of(branches: u32) -> Customer {
        let id = SessionId { opened_at: 1, nonce: 1 };
        let witness = (1..=branches).map(|branch| (origin(BranchId(branch)), 9)).collect();
        let session = Session::new(id, NOW, Policy::default(), 1);
        let mut customer = Customer { session, outbox: Vec::new(), witness };
        for branch in 1..=branches {
            let amount = Amount::new(1).expect("one is no zero");
            let deposit = Operation::Write { kind: WriteKind::Deposit, account: AccountId(7), amount };
            customer.perform(BranchId(branch), deposit);
        }
        assert_eq!(customer.session.token().writes.len(), branches as usize, "every write is in the token");
        customer
    }

    /// A query from its beginning to its end, in one attempt.
    pub fn query(&mut self) {
        self.perform(BranchId(1), QUERY);
    }

    /// The branch has one more write, which the next witness names.
    pub fn hear_of_a_write(&mut self) {
        let origin = origin(BranchId(1));
        self.witness.raise(origin, self.witness.get(origin) + 1);
    }

    /// Whether the last operation ended with an answer.
    pub fn is_answered(&self) -> bool {
        self.session.in_flight().is_none()
    }

    fn perform(&mut self, branch: BranchId, operation: Operation) {
        self.session.handle(NOW, SessionInput::Begin { branch, operation }, &mut self.outbox);
        while let Some(output) = self.outbox.pop() {
            let heard = match output {
                Output::Completed(completion) => {
                    let ended_well = matches!(completion.outcome, Outcome::Ok(_));
                    return assert!(ended_well, "every attempt is answered");
                }
                Output::Greet { request, branch, attempt } => {
                    let greeting = Greeting { branch, incarnation: origin(branch).incarnation };
                    SessionInput::Greeted { request, attempt, greeting: Ok(greeting) }
                }
                Output::Send { request, attempt } => {
                    let answer = match request.operation {
                        Operation::Query { .. } => {
                            Answer::Balance { balance: 5, witness: self.witness.clone() }
                        }
                        Operation::Write { .. } => Answer::Written { dot: origin(branch).dot(9) },
                    };
                    let reply = Reply { outcome: Ok(answer), parked_for: Duration::ZERO };
                    SessionInput::Replied { request: request.id, attempt, reply: Ok(reply) }
                }
            };
            self.session.handle(NOW, heard, &mut self.outbox);
        }
    }
}

/// Loses a hundredth, and delays the rest by a log-normal law.
pub fn lossy_network() -> PlannedNetwork {
    let mut plan = NetworkPlan::new((1..=3).map(BranchId), Duration::from_secs(10));
    let delay = Distribution::log_normal(Duration::from_millis(20), 0.5).expect("a sound law");
    let loss = Loss::Independent(Probability::new(0.01).expect("a probability"));
    plan.rules = vec![Rule { delay: Some(delay), loss: Some(loss), ..Rule::on(&Leg::ALL) }];
    PlannedNetwork::start(plan, 1, Time(0)).expect("a sound plan")
}

/// The `first`-th write of branch 1, on its way to branch 2.
pub fn passage(first: u64) -> MessageInfo {
    MessageInfo {
        from: Endpoint::Branch(BranchId(1)),
        to: Endpoint::Branch(BranchId(2)),
        leg: Leg::Replicate,
        identity: Identity::Run { origin: origin(BranchId(1)), first, copy: 0 },
        sent_at: NOW,
    }
}

fn origin(branch: BranchId) -> Origin {
    Origin { branch, incarnation: Incarnation { started_at: 1, nonce: u64::from(branch.0) } }
}
