//! Each mutant of the session changes what it asks for: one short dialogue, with it and without.

use std::time::Duration;

use crate::model::{
    AccountId, Amount, Answer, BranchId, Dot, Greeting, Guarantees, Incarnation, Mutant, Operation, Origin,
    Reply, Request, RequestError, SessionId, SessionToken, Time, VersionVector, WriteKind,
};
use crate::session::{Lost, Output, Policy, Session, SessionInput};

const ONE: BranchId = BranchId(1);
const TWO: BranchId = BranchId(2);
const INCARNATION: Incarnation = Incarnation { started_at: 1, nonce: 0 };

/// A session and the branch that it asks, whose answers the test gives.
struct Dialogue {
    session: Session,
    now: Time,
}

impl Dialogue {
    fn new(guarantees: Guarantees, mutant: Option<Mutant>) -> Dialogue {
        let pause = Duration::from_nanos(1);
        let pauses = Policy { backoff_initial: pause, backoff_max: pause, ..Policy::default() };
        let policy = Policy { guarantees, attempts_max: 2, mutant, ..pauses };
        let id = SessionId { opened_at: 1, nonce: 0 };
        Dialogue { session: Session::new(id, Time(0), policy, 1), now: Time(0) }
    }

    /// Begins an operation and gives what is sent; a greeting is answered.
    fn ask(&mut self, branch: BranchId, operation: Operation) -> Request {
        let outputs = self.handle(SessionInput::Begin { branch, operation });
        self.sent(outputs)
    }

    /// A deposit, acknowledged with this counter.
    fn deposit(&mut self, branch: BranchId, counter: u64) -> Request {
        let amount = Amount::new(1).expect("one is positive");
        let operation = Operation::Write { kind: WriteKind::Deposit, account: AccountId(0), amount };
        let request = self.ask(branch, operation);
        self.answer(&request, Ok(Answer::Written { dot: dot(branch, counter) }));
        request
    }

    /// A query, answered with this witness.
    fn query(&mut self, branch: BranchId, witness: &[Dot]) -> Request {
        let request = self.ask(branch, Operation::Query { account: AccountId(0) });
        let witness: VersionVector = witness.iter().map(|dot| (dot.origin, dot.counter)).collect();
        self.answer(&request, Ok(Answer::Balance { balance: 0, witness }));
        request
    }

    fn answer(&mut self, request: &Request, outcome: Result<Answer, RequestError>) -> Vec<Output> {
        let reply = Ok(Reply { outcome, parked_for: Duration::ZERO });
        self.handle(SessionInput::Replied { request: request.id, attempt: 0, reply })
    }

    fn handle(&mut self, input: SessionInput) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.session.handle(self.now, input, &mut outputs);
        outputs
    }

    /// The outputs of the session once its pause is over.
    fn after_the_pause(&mut self) -> Vec<Output> {
        self.now = self.session.next_timeout().unwrap_or(self.now);
        self.handle(SessionInput::Timeout)
    }

    fn sent(&mut self, mut outputs: Vec<Output>) -> Request {
        match outputs.pop().expect("every input here has an output") {
            Output::Greet { request, branch, attempt } => {
                let greeting = Ok(Greeting { branch, incarnation: INCARNATION });
                let outputs = self.handle(SessionInput::Greeted { request, attempt, greeting });
                self.sent(outputs)
            }
            Output::Send { request, .. } => request,
            Output::Completed(completion) => panic!("the operation is over: {completion:?}"),
        }
    }
}

fn dot(branch: BranchId, counter: u64) -> Dot {
    Origin { branch, incarnation: INCARNATION }.dot(counter)
}

/// How many writes the token names, of its two parts.
fn named(token: &SessionToken) -> (u64, u64) {
    let sum = |vector: &VersionVector| vector.iter().map(|(_, counter)| counter).sum();
    (sum(&token.writes), sum(&token.reads))
}

#[test]
fn one_branch_that_caught_up_ends_the_wait_for_all() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::READ_YOUR_WRITES, mutant);
        dialogue.deposit(ONE, 3);
        dialogue.query(ONE, &[dot(ONE, 3)]);
        named(&dialogue.query(TWO, &[]).token)
    };
    assert_eq!(play(None), (3, 0));
    assert_eq!(play(Some(Mutant::UnstickAtFirst)), (0, 0));
}

#[test]
fn a_read_refused_at_its_deadline_is_sent_again_without_its_token() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::READ_YOUR_WRITES, mutant);
        dialogue.deposit(ONE, 3);
        let request = dialogue.ask(TWO, Operation::Query { account: AccountId(0) });
        let (missing, waited) = (vec![dot(ONE, 3)], Duration::from_secs(1));
        let completed = dialogue.answer(&request, Err(RequestError::Deadline { missing, waited }));
        let again = dialogue.after_the_pause();
        let tokens = again.iter().filter_map(|output| match output {
            Output::Send { request, .. } => Some(named(&request.token)),
            Output::Greet { .. } | Output::Completed(_) => None,
        });
        (completed.len(), tokens.collect::<Vec<_>>())
    };
    assert_eq!(play(None), (1, vec![]));
    assert_eq!(play(Some(Mutant::RetryWithoutToken)), (0, vec![(0, 0)]));
}

#[test]
fn a_new_client_has_no_token() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::READ_YOUR_WRITES, mutant);
        dialogue.deposit(ONE, 3);
        let request = dialogue.ask(TWO, Operation::Query { account: AccountId(0) });
        for attempt in 0..2 {
            dialogue.handle(SessionInput::Replied { request: request.id, attempt, reply: Err(Lost) });
            dialogue.after_the_pause();
        }
        named(&dialogue.query(TWO, &[]).token)
    };
    assert_eq!(play(None), (3, 0));
    assert_eq!(play(Some(Mutant::NewClientWithoutToken)), (0, 0));
}

#[test]
fn after_two_seconds_nothing_that_was_written_is_asked_for() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::READ_YOUR_WRITES, mutant);
        dialogue.deposit(ONE, 3);
        dialogue.now = Time(1_999_999_999);
        let early = named(&dialogue.query(TWO, &[]).token);
        dialogue.now = Time(2_000_000_000);
        (early, named(&dialogue.query(TWO, &[]).token))
    };
    assert_eq!(play(None), ((3, 0), (3, 0)));
    assert_eq!(play(Some(Mutant::FixedWindow)), ((3, 0), (0, 0)));
}

#[test]
fn a_write_carries_nothing_that_it_follows() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::ALL, mutant);
        dialogue.deposit(ONE, 3);
        (named(&dialogue.deposit(TWO, 1).token), named(&dialogue.query(ONE, &[]).token))
    };
    assert_eq!(play(None), ((3, 0), (4, 0)));
    assert_eq!(play(Some(Mutant::NoTokenOnWrites)), ((0, 0), (4, 0)));
}

#[test]
fn a_token_of_three_entries_is_not_sent() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::READ_YOUR_WRITES, mutant);
        dialogue.deposit(ONE, 3);
        dialogue.deposit(TWO, 1);
        let small = named(&dialogue.query(ONE, &[]).token);
        dialogue.deposit(BranchId(3), 1);
        (small, named(&dialogue.query(ONE, &[]).token))
    };
    assert_eq!(play(None), ((4, 0), (5, 0)));
    assert_eq!(play(Some(Mutant::OversizeTokenDropped)), ((4, 0), (0, 0)));
}

#[test]
fn what_was_seen_is_not_asked_for() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::ALL, mutant);
        dialogue.deposit(ONE, 3);
        dialogue.query(ONE, &[dot(ONE, 3), dot(TWO, 2)]);
        named(&dialogue.query(TWO, &[]).token)
    };
    assert_eq!(play(None), (3, 5));
    assert_eq!(play(Some(Mutant::NoMonotonicReads)), (3, 0));
}

#[test]
fn the_latest_write_replaces_the_earlier_ones() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::READ_YOUR_WRITES, mutant);
        dialogue.deposit(ONE, 3);
        dialogue.deposit(TWO, 1);
        named(&dialogue.query(BranchId(3), &[]).token)
    };
    assert_eq!(play(None), (4, 0));
    assert_eq!(play(Some(Mutant::TokenNotMerged)), (1, 0));
}

#[test]
fn what_a_branch_was_seen_to_have_is_not_asked_of_its_next_life() {
    let play = |mutant| {
        let mut dialogue = Dialogue::new(Guarantees::READ_YOUR_WRITES, mutant);
        dialogue.deposit(ONE, 1);
        let first = dialogue.query(TWO, &[dot(ONE, 1)]);
        let second = dialogue.query(TWO, &[]);
        (first.token.writes.len(), second.token.writes.len())
    };
    assert_eq!(play(None), (1, 1));
    assert_eq!(play(Some(Mutant::StaleProgress)), (1, 0));
}
