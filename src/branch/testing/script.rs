//! Golden scripts: one behaviour a file, named by its file, every message and reply in the output.
//!
//! ```text
//! cluster [branches=3] [balance=0] [accounts=1] [durable] [LIMIT=N] [TIMING=SPAN]   start again
//! session NAME [guarantees=ryw,mr,mw,wfr|none]                                      open a session
//! deposit|withdraw NAME AMOUNT at=B [account=0] [number=N] [wait=1s]                ask; number= repeats a request
//! query NAME at=B [account=0] [wait=1s]
//! deliver [from=A] [to=B] [index=I] [twice]     what is on the way now, oldest first; index= one of it
//! settle                                        deliver until nothing is on the way
//! drop [from=A] [to=B] [index=I]                lose what is on the way
//! cut|mend from=A to=B                          a link that loses everything from now on, or no longer
//! advance SPAN                                  time passes, timeouts fire, nothing is delivered
//! run SPAN                                      time passes, timeouts fire, everything is delivered at once
//! sync AT [count=N]                             the log of a durable branch is synced
//! checkpoint AT                                 one record takes the place of all that are synced
//! crash AT | restart AT [lost] | connect AT | disconnect from=A to=B | shutdown AT
//! state                                         what every branch has applied, holds and counts
//! ```
//!
//! Branches of the first incarnation print as `2`, of the second as `2@2.0`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use goldenscript::{ArgumentConsumer, Command, Context};

use super::{Packet, TestCluster, VisibleEvent};
use crate::branch::{Config, Input};
use crate::model::{
    AccountId, Amount, Answer, BranchId, Guarantees, Operation, Record, Reply, SessionId, SessionToken,
    Snapshot, Write, WriteKind,
};

test_each_file::test_each_path! { in "./src/branch/testscripts" as scripts => run }

fn run(path: &std::path::Path) {
    goldenscript::run(&mut BranchScript { cluster: TestCluster::new(Vec::new(), false) }, path)
        .expect("the script runs");
}

struct BranchScript {
    cluster: TestCluster,
}

type ScriptOutcome<T> = Result<T, Box<dyn Error>>;

impl goldenscript::Runner for BranchScript {
    type Command = Command;

    fn run(&mut self, command: &Command, _: &Context) -> ScriptOutcome<String> {
        let mut args = command.consume_args();
        let mut output = String::new();
        match command.name.as_str() {
            "cluster" => self.cluster = new_cluster(&mut args)?,
            "session" => self.open(&mut args)?,
            "deposit" => self.ask(Some(WriteKind::Deposit), &mut args)?,
            "withdraw" => self.ask(Some(WriteKind::Withdraw), &mut args)?,
            "query" => self.ask(None, &mut args)?,
            "deliver" => self.deliver(&mut args)?,
            "settle" => self.cluster.deliver_all(),
            "drop" => output = self.lose(&mut args)?,
            "cut" | "mend" => self.link(&command.name, &mut args)?,
            "advance" => self.cluster.advance(span(args.next_pos().ok_or("advance SPAN")?)?),
            "run" => self.cluster.run(span(args.next_pos().ok_or("run SPAN")?)?),
            "sync" => {
                let count = number(args.take_key("count"))?.map(|count| count as usize);
                self.cluster.sync(at(&mut args)?, count);
            }
            "disk" => {
                let id = at(&mut args)?;
                let is_full = args.next_pos().ok_or("disk N full|free")? == "full";
                self.cluster.handle(id, Input::DiskFull(is_full));
            }
            "checkpoint" => self.cluster.checkpoint(at(&mut args)?),
            "crash" => self.cluster.crash(at(&mut args)?),
            "restart" => {
                let id = at(&mut args)?;
                let lost = args.next_pos().is_some();
                self.cluster.restart(id, lost);
            }
            "connect" => self.cluster.connect(at(&mut args)?),
            "disconnect" => self.cluster.disconnect_one(branch(&mut args, "from")?, branch(&mut args, "to")?),
            "shutdown" => self.cluster.handle(at(&mut args)?, Input::ShutDown),
            "state" => output = self.state(),
            other => return Err(format!("unknown command {other}").into()),
        }
        args.reject_next()?;
        for event in self.cluster.take_events() {
            output.push_str(&self.show(&event));
        }
        Ok(output.replace("@1.0", ""))
    }
}

impl BranchScript {
    fn open(&mut self, args: &mut ArgumentConsumer) -> ScriptOutcome<()> {
        let name = args.next_pos().ok_or("session NAME")?;
        let guarantees = guarantees(args.take_key("guarantees").unwrap_or("ryw"))?;
        let opened_at = match number(args.take_key("opened"))? {
            Some(opened_at) => opened_at,
            None => self.cluster.sessions.len() as u64 + 1,
        };
        let id = SessionId { opened_at, nonce: 0 };
        let session =
            super::cluster::TestSession { id, number: 0, token: SessionToken::default(), guarantees };
        self.cluster.sessions.insert(name.to_owned(), session);
        Ok(())
    }

    fn ask(&mut self, kind: Option<WriteKind>, args: &mut ArgumentConsumer) -> ScriptOutcome<()> {
        let account = AccountId(number(args.take_key("account"))?.unwrap_or(0));
        let wait = args.take_key("wait").map(span).transpose()?.unwrap_or(Duration::from_secs(1));
        let (id, repeated) = (branch(args, "at")?, number(args.take_key("number"))?);
        let name = args.next_pos().ok_or("which session?")?;
        let operation = match kind {
            None => Operation::Query { account },
            Some(kind) => {
                let amount = args.next_pos().ok_or("which amount?")?.parse()?;
                Operation::Write { kind, account, amount: Amount::new(amount).ok_or("no amount")? }
            }
        };
        self.cluster.ask(name, id, operation, repeated, wait);
        Ok(())
    }

    /// Takes out what is on the way now and fits the arguments, oldest first.
    fn take(&mut self, args: &mut ArgumentConsumer) -> ScriptOutcome<Vec<Packet>> {
        let (from, to) = (number(args.take_key("from"))?, number(args.take_key("to"))?);
        let index = number(args.take_key("index"))?;
        let fits = |packet: &Packet| {
            from.is_none_or(|from| u64::from(packet.from.0) == from)
                && to.is_none_or(|to| u64::from(packet.to.0) == to)
        };
        let (mut taken, rest): (Vec<Packet>, Vec<Packet>) = self.cluster.packets.drain(..).partition(fits);
        self.cluster.packets = rest;
        if let Some(index) = index {
            let one = taken.remove(index as usize);
            self.cluster.packets.splice(0..0, taken);
            taken = vec![one];
        }
        Ok(taken)
    }

    fn deliver(&mut self, args: &mut ArgumentConsumer) -> ScriptOutcome<()> {
        let packets = self.take(args)?;
        let copies = if args.next_pos().is_some() { 2 } else { 1 };
        for packet in packets {
            (0..copies).for_each(|_| self.cluster.deliver(packet.clone()));
        }
        Ok(())
    }

    fn lose(&mut self, args: &mut ArgumentConsumer) -> ScriptOutcome<String> {
        let lost = self.take(args)?;
        Ok(lost.iter().map(|packet| format!("lost {}\n", route(packet))).collect())
    }

    fn link(&mut self, verb: &str, args: &mut ArgumentConsumer) -> ScriptOutcome<()> {
        let link = (branch(args, "from")?, branch(args, "to")?);
        if verb == "cut" {
            self.cluster.cut.insert(link);
        } else {
            self.cluster.cut.remove(&link);
        }
        Ok(())
    }

    fn show(&self, event: &VisibleEvent) -> String {
        match event {
            VisibleEvent::Sent { packet, cut } => {
                format!("{}{}\n", route(packet), if *cut { " (cut)" } else { "" })
            }
            VisibleEvent::Logged { branch, record } => format!("{branch} logs {}\n", describe(record)),
            VisibleEvent::Replied { name, request, reply } => {
                let token = &self.cluster.sessions[name].token;
                let number = request.id.number;
                format!("{name}#{number} {}  token {} {}\n", answer(reply), token.writes, token.reads)
            }
        }
    }

    fn state(&self) -> String {
        let mut output = String::new();
        for (id, host) in &self.cluster.hosts {
            let Some(branch) = &host.branch else {
                writeln!(output, "{id} down").expect("a string takes all");
                continue;
            };
            let balances: Vec<String> = (0..host.config.initial_balances.len())
                .map(|account| branch.balance(AccountId(account as u64)).unwrap_or_default().to_string())
                .collect();
            let serving = branch.greeting().err().map(|error| format!(" ({error})")).unwrap_or_default();
            let line = format!(
                "{id} applied {} balance {} retained {} parked {}{serving}",
                branch.applied(),
                balances.join(","),
                branch.retained(),
                branch.parked(),
            );
            writeln!(output, "{line}{}", counted(branch.counters())).expect("a string takes all");
        }
        output
    }
}

fn new_cluster(args: &mut ArgumentConsumer) -> ScriptOutcome<TestCluster> {
    let mut numbers = BTreeMap::new();
    let mut spans = BTreeMap::new();
    while let Some((key, value)) = args.next_key() {
        match value.parse::<i64>() {
            Ok(value) => numbers.insert(key.to_owned(), value),
            Err(_) => spans.insert(key.to_owned(), span(value)?).map(|_| 0),
        };
    }
    let durable = args.next_pos().is_some_and(|word| word == "durable");
    let mut take = |key: &str, default: i64| numbers.remove(key).unwrap_or(default);
    let members: Vec<BranchId> = (1..=take("branches", 3)).map(|id| BranchId(id as u32)).collect();
    let balances = vec![take("balance", 0); take("accounts", 1) as usize];
    let mut limits = crate::branch::Limits::default();
    let mut timing = crate::branch::Timing::default();
    for (key, value) in numbers {
        let limit = match key.as_str() {
            "parked_max" => &mut limits.parked_max,
            "copies_max" => &mut limits.copies_max,
            "retained_max" => &mut limits.retained_max,
            "sessions_max" => &mut limits.sessions_max,
            "window_runs" => &mut limits.window_runs,
            "run_max" => &mut limits.run_max,
            "early_max" => &mut limits.early_max,
            "behind_max" => &mut limits.behind_max,
            "piece_max" => &mut limits.piece_max,
            "snapshots_max" => &mut limits.snapshots_max,
            other => return Err(format!("unknown limit {other}").into()),
        };
        *limit = value as usize;
    }
    for (key, value) in spans {
        match key.as_str() {
            "heartbeat" => timing.heartbeat = value,
            "relay_after" => timing.relay_after = value,
            "max_wait" => limits.max_wait = value,
            other => return Err(format!("unknown span {other}").into()),
        }
    }
    let configs = members.iter().map(|&id| Config {
        limits: limits.clone(),
        timing: timing.clone(),
        ..Config::new(id, members.clone(), balances.clone())
    });
    Ok(TestCluster::new(configs.collect(), durable))
}

fn counted(counters: crate::branch::Counters) -> String {
    let named = [
        ("overdrafts", counters.overdrafts),
        ("retransmitted", counters.batches_retransmitted),
        ("relayed", counters.batches_relayed),
        ("duplicates", counters.batches_duplicated),
        ("early given up", counters.early_given_up),
        ("ignored", counters.ignored_messages),
        ("forgotten", counters.forgotten_sessions),
        ("installed", counters.installed_snapshots),
        ("broken transfers", counters.broken_transfers),
    ];
    named.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!(", {name} {count}")).collect()
}

fn route(packet: &Packet) -> String {
    format!("{} -> {} {}", packet.from, packet.to, packet.message.body)
}

fn describe(record: &Record) -> String {
    match record {
        Record::Write(Write { dot, kind, amount, after, .. }) if after.is_empty() => {
            format!("{dot} {kind} {amount}")
        }
        Record::Write(Write { dot, kind, amount, after, .. }) => {
            format!("{dot} {kind} {amount} after {after}")
        }
        Record::Refused { request, refusal } => format!("{request} refused: {refusal}"),
        Record::Forgotten { up_to } => format!("forgotten up to {up_to}"),
        Record::Joining => "joining".to_owned(),
        Record::Joined => "joined".to_owned(),
        Record::Snapshot(Snapshot { applied, balances, kept }) => {
            let balances = balances.iter().map(|(account, balance)| format!(" {account}={balance}"));
            let kept = kept.iter().map(|write| format!(" keep {}", write.dot));
            format!("snapshot {applied}{}", balances.chain(kept).collect::<String>())
        }
        Record::Checkpoint(_) => "checkpoint".to_owned(),
    }
}

fn answer(reply: &Reply) -> String {
    let answer = match &reply.outcome {
        Ok(Answer::Written { dot }) => format!("written {dot}"),
        Ok(Answer::Refused(refusal)) => format!("refused: {refusal}"),
        Ok(Answer::Balance { balance, witness }) => format!("balance {balance} {witness}"),
        Err(error) => format!("error: {error}"),
    };
    match reply.parked_for {
        Duration::ZERO => answer,
        parked_for => format!("{answer} (parked {parked_for:?})"),
    }
}

fn guarantees(text: &str) -> ScriptOutcome<Guarantees> {
    let mut guarantees = Guarantees::NONE;
    for word in text.split(',') {
        match word {
            "ryw" => guarantees.read_your_writes = true,
            "mr" => guarantees.monotonic_reads = true,
            "mw" => guarantees.monotonic_writes = true,
            "wfr" => guarantees.writes_follow_reads = true,
            "none" => {}
            other => return Err(format!("unknown guarantee {other}").into()),
        }
    }
    Ok(guarantees)
}

fn at(args: &mut ArgumentConsumer) -> ScriptOutcome<BranchId> {
    Ok(BranchId(args.next_pos().ok_or("which branch?")?.parse()?))
}

fn branch(args: &mut ArgumentConsumer, key: &str) -> ScriptOutcome<BranchId> {
    let id = args.take_key(key).ok_or_else(|| format!("{key}= is missing"))?;
    Ok(BranchId(id.parse()?))
}

fn number(text: Option<&str>) -> ScriptOutcome<Option<u64>> {
    Ok(text.map(str::parse).transpose()?)
}

/// `20ms`, `1s`.
fn span(text: &str) -> ScriptOutcome<Duration> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let value: u64 = digits.parse()?;
    match &text[digits.len()..] {
        "us" => Ok(Duration::from_micros(value)),
        "ms" => Ok(Duration::from_millis(value)),
        "s" => Ok(Duration::from_secs(value)),
        unit => Err(format!("unknown unit {unit}").into()),
    }
}
