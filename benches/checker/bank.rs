//! A bank of one store, which records what a cluster without delays would.

use std::io;
use std::time::Duration;

use readback::history::{
    self, Apply, Cause, CauseWord, Complete, Event, Final, Header, Invoke, Member, Milestone, OriginIndex,
    OriginNamed, PhaseEvent, RecordedOutcome, RecordedSuccess, SessionIndex, SessionOpened, Substrate,
    Witness, Writer,
};
use readback::model::{
    AccountId, BranchId, Guarantees, Incarnation, Operation, Origin, SessionId, Strategy, Time, WriteKind,
};
use readback::workload::{
    Accounts, Families, Homes, Load, Mix, Queries, Roam, Sequence, Step, ThinkTime, Workload, WorkloadPlan,
    WorkloadPlanError,
};

const BRANCHES: [BranchId; 3] = [BranchId(1), BranchId(2), BranchId(3)];
const SESSIONS: u64 = 64;

pub struct Bank {
    workload: Workload,
    /// Between two events.
    tick_ns: u64,
}

/// What the branches hold, and the history so far.
struct Store {
    writer: Writer<Vec<u8>>,
    now: u64,
    tick_ns: u64,
    balances: Vec<i128>,
    counters: [u64; BRANCHES.len()],
}

impl Bank {
    /// Of about so many operations, with so much time between two events; 0 if all share an instant.
    pub fn new(operations: u64, tick_ns: u64) -> Result<Bank, WorkloadPlanError> {
        let plan = WorkloadPlan {
            branches: BRANCHES.to_vec(),
            sessions: SESSIONS as usize,
            homes: Homes::RoundRobin,
            roam: Roam::Uniform,
            load: Load::Closed {
                think: ThinkTime::Constant(Duration::ZERO),
                operations_per_session: operations.div_ceil(SESSIONS),
            },
            mix: Mix::default(),
            queries: Queries::Written,
            families: Families::default(),
            accounts_max: 10_000_000,
        };
        Ok(Bank { workload: Workload::new(plan, 1)?, tick_ns })
    }

    pub fn accounts(&self) -> &Accounts {
        self.workload.accounts()
    }

    /// The bytes of the history, and how many lines it has.
    pub fn history(&self) -> io::Result<(Vec<u8>, u64)> {
        let initial = self.accounts().initial_balances();
        let mut store = Store {
            writer: Writer::new(Vec::new()),
            now: 0,
            tick_ns: self.tick_ns,
            balances: initial.iter().copied().map(i128::from).collect(),
            counters: [0; BRANCHES.len()],
        };
        store.open(&initial)?;
        let Sequence::Closed(mut sessions) = self.workload.sequence() else {
            unreachable!("the plan is a closed loop")
        };
        let mut number = 0;
        loop {
            number += 1;
            let mut went_on = false;
            for (session, steps) in (0..).zip(&mut sessions) {
                if let Some(step) = steps.next() {
                    store.perform(SessionIndex(session), number, &step)?;
                    went_on = true;
                }
            }
            if !went_on {
                return store.close(&initial);
            }
        }
    }
}

impl Store {
    fn tick(&mut self) -> Time {
        self.now += self.tick_ns;
        Time(self.now)
    }

    fn open(&mut self, initial: &[i64]) -> io::Result<()> {
        let accounts = history::InitialBalances {
            count: initial.len() as u64,
            balance: 0,
            except: (0..).zip(initial.iter().copied()).collect(),
        };
        self.writer.append(&Event::Header(Header {
            version: history::VERSION,
            trial: "bench".to_owned(),
            seed: 1,
            substrate: Substrate::Sim,
            branches: BRANCHES.map(|branch| Member { branch, region: None }).to_vec(),
            accounts,
            strategy: Strategy::Wait,
            guarantees: Guarantees::ALL,
            patience: Some(Duration::from_secs(10)),
            plan: serde_json::Value::Null,
        }))?;
        for (index, branch) in (0..).zip(BRANCHES) {
            let origin = Origin { branch, incarnation: Incarnation { started_at: 1, nonce: 1 } };
            let named = OriginNamed::new(self.tick(), OriginIndex(index), origin);
            self.writer.append(&Event::Origin(named))?;
        }
        for index in 0..SESSIONS as u32 {
            let id = SessionId { opened_at: 1, nonce: index.into() };
            let (t, index) = (self.tick(), SessionIndex(index));
            self.writer.append(&Event::Session(SessionOpened {
                t,
                index,
                id,
                region: None,
                follows: None,
            }))?;
        }
        Ok(())
    }

    fn perform(&mut self, session: SessionIndex, number: u64, step: &Step) -> io::Result<()> {
        let Step { branch, operation, .. } = *step;
        let t = self.tick();
        let (intended, warm_up) = (t, false);
        self.writer.append(&Event::Invoke(Invoke {
            t,
            session,
            number,
            branch,
            operation,
            intended,
            warm_up,
        }))?;
        let outcome = match operation {
            Operation::Query { account } => self.read(account),
            Operation::Write { kind, account, amount } => {
                self.write(branch, account, kind, amount.get().into())?
            }
        };
        let t = self.tick();
        self.writer.append(&Event::Complete(Complete {
            t,
            session,
            number,
            outcome,
            attempts: 1,
            parked: Duration::ZERO,
            answered: None,
        }))
    }

    fn read(&self, account: AccountId) -> RecordedOutcome {
        let balance = i64::try_from(self.balances[account.0 as usize]).expect("balances stay within 64 bits");
        RecordedOutcome::Ok(RecordedSuccess::Balance { balance, witness: self.witness() })
    }

    fn write(
        &mut self,
        branch: BranchId,
        account: AccountId,
        kind: WriteKind,
        amount: i128,
    ) -> io::Result<RecordedOutcome> {
        let balance = &mut self.balances[account.0 as usize];
        match kind {
            WriteKind::Deposit => *balance += amount,
            WriteKind::Withdraw if *balance >= amount => *balance -= amount,
            WriteKind::Withdraw => {
                return Ok(RecordedOutcome::Fail(Cause::new(
                    CauseWord::InsufficientFunds,
                    "the balance is too low",
                )));
            }
        }
        let origin = OriginIndex(branch.0 - 1);
        let counter = &mut self.counters[origin.at()];
        *counter += 1;
        let (first, last) = (*counter, *counter);
        for branch in BRANCHES {
            let t = self.tick();
            self.writer.append(&Event::Apply(Apply { t, branch, origin, first, last }))?;
        }
        Ok(RecordedOutcome::Ok(RecordedSuccess::Written { dot: origin.dot(last) }))
    }

    fn close(mut self, initial: &[i64]) -> io::Result<(Vec<u8>, u64)> {
        let t = self.tick();
        self.writer.append(&Event::Phase(PhaseEvent { t, reached: Milestone::Drained }))?;
        let held = (0..).map(AccountId).zip(self.balances.iter().copied());
        let changed = held.zip(initial).filter(|((_, held), initial)| *held != i128::from(**initial));
        let balances: Vec<(AccountId, i128)> = changed.map(|(held, _)| held).collect();
        for branch in BRANCHES {
            let (applied, balances) = (self.witness(), balances.clone());
            let t = self.tick();
            self.writer.append(&Event::Final(Final { t, branch, applied, balances }))?;
        }
        let (end, events) = (self.tick(), self.writer.lines() + 1);
        Ok((self.writer.end(end)?, events))
    }

    fn witness(&self) -> Witness {
        (0..).map(OriginIndex).zip(self.counters).collect()
    }
}
