//! A server in a process of its own: this program again, which says where it listens and answers on a pipe.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Write as _, stdin, stdout};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use clap::ValueEnum;
use readback::live::{Cluster, Meter};
use readback::model::BranchId;

use crate::bank;
use crate::echo::{EchoServer, Sizes, Tuning};

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    Echo,
    EchoTuned,
    Bank,
}

/// A running server's process. Dropping it ends the process.
pub struct Server {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Of the echo there is one, of the bank one for each branch.
    pub addresses: BTreeMap<BranchId, SocketAddr>,
}

const SETTLE: &str = "settle";
const CPU: &str = "cpu";

impl Server {
    pub fn start(role: Role, sizes: Sizes) -> Result<Server, Box<dyn Error>> {
        let role = role.to_possible_value().expect("every role has a name").get_name().to_owned();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", &role, "--request-bytes", &sizes.request.to_string()])
            .args(["--reply-bytes", &sizes.reply.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut server = Server { child, questions, answers, addresses: BTreeMap::new() };
        server.addresses = serde_json::from_str(&server.answer()?)?;
        Ok(server)
    }

    /// Returns when there is nothing left to replicate.
    pub fn settle(&mut self) -> io::Result<()> {
        self.ask(SETTLE).map(drop)
    }

    /// Processor time since it started.
    pub fn cpu(&mut self) -> io::Result<Duration> {
        let answer = self.ask(CPU)?;
        answer.trim().parse().map(Duration::from_nanos).map_err(io::Error::other)
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        let pipe = self.questions.as_mut().expect("it is open until the server is dropped");
        writeln!(pipe, "{question}")?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err(io::Error::other("a server ended early; what it said stands above")),
            _ => Ok(line),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input ends it.
        drop(self.questions.take());
        if let Err(error) = self.child.wait() {
            eprintln!("a server was not waited for: {error}");
        }
    }
}

/// Is a server, until standard input ends.
pub fn serve(role: Role, sizes: Sizes) -> Result<(), Box<dyn Error>> {
    match role {
        Role::Echo => serve_echo(sizes, Tuning::Plain),
        Role::EchoTuned => serve_echo(sizes, Tuning::Tuned),
        Role::Bank => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let cluster: Cluster = runtime.block_on(bank::start())?;
            answer(&cluster.addresses(), || runtime.block_on(bank::settle(&cluster)))
        }
    }
}

fn serve_echo(sizes: Sizes, tuning: Tuning) -> Result<(), Box<dyn Error>> {
    let echo = EchoServer::start(sizes, tuning)?;
    answer(&BTreeMap::from([(bank::ASKED, echo.address())]), || {})
}

fn answer(addresses: &BTreeMap<BranchId, SocketAddr>, settle: impl Fn()) -> Result<(), Box<dyn Error>> {
    let meter = Meter::start();
    let say = |line: String| writeln!(stdout(), "{line}");
    say(serde_json::to_string(addresses)?)?;
    for question in stdin().lines() {
        match question?.as_str() {
            SETTLE => {
                settle();
                say("settled".to_owned())?;
            }
            CPU => say(meter.own().as_nanos().to_string())?,
            other => return Err(format!("no caller asks a server for {other:?}").into()),
        }
    }
    Ok(())
}
