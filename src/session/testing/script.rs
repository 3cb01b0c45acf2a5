//! Scripts that play the branch and the network to one session, and show every output and the token.
//!
//! The customer begins `deposit`, `withdraw` or `query`; `greeting`, `written`, `balance`, `refused`, `error` and
//! `lose` are what comes back, for the latest attempt unless `of=number/attempt` names another; `timeout` goes on to
//! the next timeout and `advance` by some milliseconds. Origins of the incarnation `1.0`, which every branch has
//! at first, are shown without it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use goldenscript::{Block, Context};

use crate::model::{
    AccountId, Amount, Answer, BranchId, Dot, Greeting, Guarantees, Incarnation, NotServing, Operation,
    Origin, Refusal, Reply, Request, RequestError, RequestId, SessionId, Strategy, Time, WriteKind,
};

use crate::session::{Completion, Lost, Outcome, Output, Policy, Session, SessionInput, Success};

test_each_file::test_each_path! { in "./src/session/testscripts" as scripts => play }

fn play(path: &Path) {
    goldenscript::run(&mut SessionScript::new(), path).expect("the script can be read and run");
}

/// One session, the time, and every attempt that it made.
struct SessionScript {
    now: Time,
    session: Session,
    attempts: Vec<Attempt>,
}

#[derive(goldenscript::Command)]
enum ScriptCommand {
    /// Opens the session; without it, one with the default of each argument is open from the start.
    Open {
        /// Any of ryw, mr, mw, wfr; read-your-writes if none is given.
        #[arg(optional)]
        guarantees: Vec<String>,
        #[arg(key)]
        strategy: Option<String>,
        #[arg(key)]
        attempts: Option<u32>,
    },
    Deposit {
        branch: u32,
        amount: u64,
    },
    Withdraw {
        branch: u32,
        amount: u64,
    },
    Query {
        branch: u32,
    },
    /// The branch greets with its incarnation, `1.0` unless another start is given.
    Greeting {
        #[arg(key)]
        started_at: Option<u64>,
        #[arg(key)]
        branch: Option<u32>,
        #[arg(key)]
        of: Option<Of>,
    },
    /// The branch executed the write as its `counter`-th.
    Written {
        counter: u64,
        #[arg(key)]
        of: Option<Of>,
        #[arg(key)]
        parked_ms: Option<u64>,
    },
    /// The branch answers with a balance that includes the writes of `witness`, each as `branch=counter`.
    Balance {
        balance: i64,
        #[arg(key)]
        of: Option<Of>,
        #[arg(key)]
        parked_ms: Option<u64>,
        #[arg(key, many, optional)]
        witness: BTreeMap<u32, u64>,
    },
    /// The branch refuses for good: `insufficient_funds` or `overflow`.
    Refused {
        name: String,
    },
    /// The branch answers with an error, by its name in snake case.
    Error {
        name: String,
        #[arg(key)]
        of: Option<Of>,
        #[arg(key)]
        parked_ms: Option<u64>,
    },
    /// The transport gives the attempt up.
    Lose {
        #[arg(key)]
        of: Option<Of>,
    },
    Timeout,
    Advance {
        ms: u64,
    },
}

impl goldenscript::Runner for SessionScript {
    type Command = ScriptCommand;

    fn run(&mut self, command: &ScriptCommand, _: &Context) -> Result<String, Box<dyn Error>> {
        let input = match command {
            ScriptCommand::Open { guarantees, strategy, attempts } => {
                self.session = open(policy(guarantees, strategy.as_deref(), *attempts)?);
                return Ok(String::new());
            }
            ScriptCommand::Deposit { branch, amount } => write(WriteKind::Deposit, *branch, *amount)?,
            ScriptCommand::Withdraw { branch, amount } => write(WriteKind::Withdraw, *branch, *amount)?,
            ScriptCommand::Query { branch } => SessionInput::Begin {
                branch: BranchId(*branch),
                operation: Operation::Query { account: AccountId(0) },
            },
            ScriptCommand::Greeting { started_at, branch, of } => {
                self.attempt(of)?.greeting(started_at.unwrap_or(1), *branch)
            }
            ScriptCommand::Written { counter, of, parked_ms } => {
                self.attempt(of)?.written(*counter, *parked_ms)
            }
            ScriptCommand::Balance { balance, witness, of, parked_ms } => {
                let entries = witness.iter().map(|(&b, &counter)| (first_origin(BranchId(b)), counter));
                let witness = entries.collect();
                self.attempt(of)?.reply(Ok(Answer::Balance { balance: *balance, witness }), *parked_ms)
            }
            ScriptCommand::Refused { name } => {
                self.attempt(&None)?.reply(Ok(Answer::Refused(refusal(name)?)), None)
            }
            ScriptCommand::Error { name, of, parked_ms } => {
                self.attempt(of)?.reply(Err(error(name)?), *parked_ms)
            }
            ScriptCommand::Lose { of } => self.attempt(of)?.lost(),
            ScriptCommand::Timeout => {
                self.now = self.session.next_timeout().ok_or("no timeout is set")?;
                SessionInput::Timeout
            }
            ScriptCommand::Advance { ms } => {
                self.now = self.now + Duration::from_millis(*ms);
                SessionInput::Timeout
            }
        };
        Ok(self.step(input))
    }

    fn end_block(&mut self, _: &Block) -> Result<String, Box<dyn Error>> {
        let token = self.session.token();
        let mut line = format!("token: writes={} reads={}", token.writes, token.reads);
        if let Some(until) = self.session.next_timeout() {
            write!(line, ", timeout in {:?}", until - self.now)?;
        }
        Ok(brief(&line) + "\n")
    }
}

impl SessionScript {
    fn new() -> SessionScript {
        let policy = policy(&[], None, None).expect("the default policy is sound");
        SessionScript { now: Time(0), session: open(policy), attempts: Vec::new() }
    }

    fn step(&mut self, input: SessionInput) -> String {
        let mut outbox = Vec::new();
        self.session.handle(self.now, input, &mut outbox);
        outbox.iter().map(|output| brief(&self.show(output)) + "\n").collect()
    }

    fn show(&mut self, output: &Output) -> String {
        match output {
            Output::Greet { request, branch, attempt } => {
                self.attempts.push(Attempt {
                    request: *request,
                    number: *attempt,
                    branch: *branch,
                    sent: None,
                });
                format!("to {branch}: {request} attempt {attempt}: greet")
            }
            Output::Send { attempt, request } => {
                let Request { id, branch, .. } = *request;
                self.attempts.push(Attempt {
                    request: id,
                    number: *attempt,
                    branch,
                    sent: Some(request.clone()),
                });
                format!("to {branch}: {id} attempt {attempt}: {}", asked(request))
            }
            Output::Completed(completion) => ended(completion),
        }
    }

    /// The attempt that an answer is for; the latest if none is named.
    fn attempt(&self, of: &Option<Of>) -> Result<&Attempt, String> {
        let fits = |made: &&Attempt| {
            of.is_none_or(|Of(id, number)| (made.request.number, made.number) == (id, number))
        };
        self.attempts.iter().rev().find(fits).ok_or_else(|| "no such attempt was made".into())
    }
}

/// An attempt that the session made.
struct Attempt {
    request: RequestId,
    number: u32,
    branch: BranchId,
    /// `None` for a greeting.
    sent: Option<Request>,
}

impl Attempt {
    fn greeting(&self, started_at: u64, branch: Option<u32>) -> SessionInput {
        let incarnation = Incarnation { started_at, nonce: 0 };
        let greeting = Ok(Greeting { branch: branch.map_or(self.branch, BranchId), incarnation });
        SessionInput::Greeted { request: self.request, attempt: self.number, greeting }
    }

    /// A dot of the incarnation that the request names.
    fn written(&self, counter: u64, parked_ms: Option<u64>) -> SessionInput {
        let named = self.sent.as_ref().and_then(|request| request.incarnation).unwrap_or(FIRST);
        let dot = Origin { branch: self.branch, incarnation: named }.dot(counter);
        self.reply(Ok(Answer::Written { dot }), parked_ms)
    }

    fn reply(&self, outcome: Result<Answer, RequestError>, parked_ms: Option<u64>) -> SessionInput {
        let parked_for = Duration::from_millis(parked_ms.unwrap_or(0));
        SessionInput::Replied {
            request: self.request,
            attempt: self.number,
            reply: Ok(Reply { outcome, parked_for }),
        }
    }

    fn lost(&self) -> SessionInput {
        match self.sent {
            Some(_) => {
                SessionInput::Replied { request: self.request, attempt: self.number, reply: Err(Lost) }
            }
            None => {
                SessionInput::Greeted { request: self.request, attempt: self.number, greeting: Err(Lost) }
            }
        }
    }
}

/// `number/attempt`: an attempt by the number of its operation and its own.
#[derive(Clone, Copy)]
struct Of(u64, u32);

impl FromStr for Of {
    type Err = Box<dyn Error>;

    fn from_str(text: &str) -> Result<Of, Self::Err> {
        let (number, attempt) = text.split_once('/').ok_or("an attempt is number/attempt")?;
        Ok(Of(number.parse()?, attempt.parse()?))
    }
}

const FIRST: Incarnation = Incarnation { started_at: 1, nonce: 0 };

fn open(policy: Policy) -> Session {
    Session::new(SessionId { opened_at: 0xa0, nonce: 7 }, Time(0), policy, 1)
}

fn policy(guarantees: &[String], strategy: Option<&str>, attempts: Option<u32>) -> Result<Policy, String> {
    let ms = Duration::from_millis;
    let policy = Policy {
        strategy: match strategy {
            Some("none") => Strategy::None,
            Some("wait") | None => Strategy::Wait,
            Some(other) => return Err(format!("no strategy {other}")),
        },
        guarantees: Guarantees {
            read_your_writes: guarantees.is_empty() || guarantees.iter().any(|name| name == "ryw"),
            monotonic_reads: guarantees.iter().any(|name| name == "mr"),
            monotonic_writes: guarantees.iter().any(|name| name == "mw"),
            writes_follow_reads: guarantees.iter().any(|name| name == "wfr"),
        },
        max_wait: ms(1000),
        attempt_timeout: ms(500),
        backoff_initial: ms(10),
        backoff_max: ms(40),
        attempts_max: attempts.unwrap_or(3),
        #[cfg(feature = "mutants")]
        mutant: None,
    };
    policy.check().map(|()| policy).map_err(|error| error.to_string())
}

fn write(kind: WriteKind, branch: u32, amount: u64) -> Result<SessionInput, String> {
    let amount = Amount::new(amount).ok_or("zero is no amount")?;
    let operation = Operation::Write { kind, account: AccountId(0), amount };
    Ok(SessionInput::Begin { branch: BranchId(branch), operation })
}

fn first_origin(branch: BranchId) -> Origin {
    Origin { branch, incarnation: FIRST }
}

fn refusal(name: &str) -> Result<Refusal, String> {
    match name {
        "insufficient_funds" => Ok(Refusal::InsufficientFunds),
        "overflow" => Ok(Refusal::Overflow),
        other => Err(format!("no refusal {other}")),
    }
}

fn error(name: &str) -> Result<RequestError, String> {
    let missing: Vec<Dot> = vec![first_origin(BranchId(1)).dot(1)];
    let waited = Duration::from_secs(1);
    match name {
        "wrong_branch" => Ok(RequestError::WrongBranch { meant: BranchId(2), actual: BranchId(3) }),
        "unknown_account" => Ok(RequestError::UnknownAccount { account: 0, last: 0 }),
        "incarnation_gone" => {
            Ok(RequestError::IncarnationGone { current: Incarnation { started_at: 9, nonce: 0 } })
        }
        "deadline" => Ok(RequestError::Deadline { missing, waited }),
        "token_lost" => Ok(RequestError::TokenLost { missing, waited }),
        "parked_full" => Ok(RequestError::ParkedFull { parked: 4096 }),
        "joining" => Ok(RequestError::NotServing { reason: NotServing::Joining }),
        "state_lost" => Ok(RequestError::NotServing { reason: NotServing::StateLost }),
        "session_forgotten" => Ok(RequestError::SessionForgotten),
        "shutting_down" => Ok(RequestError::ShuttingDown),
        other => Err(format!("no error {other} in scripts")),
    }
}

fn asked(request: &Request) -> String {
    let Request { operation, token, guarantees, max_wait, incarnation, .. } = request;
    let named = incarnation.map_or(String::new(), |incarnation| format!(" incarnation={incarnation}"));
    let (writes, reads, promised) = (&token.writes, &token.reads, promised(guarantees));
    format!("{operation}{named}\n  writes={writes} reads={reads} guarantees={promised} max_wait={max_wait:?}")
}

fn promised(guarantees: &Guarantees) -> String {
    let Guarantees { read_your_writes, monotonic_reads, monotonic_writes, writes_follow_reads } = *guarantees;
    let rows = [
        ("ryw", read_your_writes),
        ("mr", monotonic_reads),
        ("mw", monotonic_writes),
        ("wfr", writes_follow_reads),
    ];
    let names: Vec<&str> = rows.iter().filter(|row| row.1).map(|row| row.0).collect();
    if names.is_empty() { "none".into() } else { names.join("+") }
}

fn ended(completion: &Completion) -> String {
    let Completion { request, operation, branch, attempts, parked_for, .. } = completion;
    let outcome = match &completion.outcome {
        Outcome::Ok(Success::Written { dot }) => format!("ok: written {dot}"),
        Outcome::Ok(Success::Balance { balance, witness }) => format!("ok: balance {balance} {witness}"),
        Outcome::Fail(cause) => format!("fail: {cause}"),
        Outcome::Info(cause) => format!("info: {cause}"),
    };
    let took = completion.completed_at - completion.invoked_at;
    let mut text = format!("{request} {operation} at {branch} ends {outcome}");
    write!(text, "\n  attempts={attempts} parked={parked_for:?} took={took:?}").expect("a string takes it");
    if let Some(reopened) = completion.reopened {
        let token = if reopened.token_kept { "with its token" } else { "without its token" };
        write!(text, "\n  goes on as {} {token}", reopened.session).expect("a string takes it");
    }
    text
}

/// Without the incarnation that every branch has at first.
fn brief(text: &str) -> String {
    text.replace("@1.0", "")
}
