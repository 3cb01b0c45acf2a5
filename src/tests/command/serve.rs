//! `readback serve`: one process, several processes, and their end.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::Duration;

use readback::live::BlockingClient;
use readback::model::{AccountId, Amount, BranchId, Operation, WriteKind};
use readback::session::{FailureCause, Outcome, Policy, Success};
use rustix::process::{Pid, Signal, kill_process};

use super::readback;

/// A serving process, killed when the test ends however it ends.
struct Served {
    child: Child,
    addresses: BTreeMap<BranchId, SocketAddr>,
}

impl Served {
    /// Starts the process and reads the line of each branch.
    fn start(arguments: &[String], branches: usize) -> Served {
        let mut command = readback();
        command.arg("serve").args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary starts");
        let lines = BufReader::new(child.stdout.take().expect("standard output is piped")).lines();
        let addresses = lines.take(branches).map(|line| address(&line.expect("a line of text"))).collect();
        Served { child, addresses }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process runs");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Both fail if it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `branch 2 listening on 127.0.0.1:41234`
fn address(line: &str) -> (BranchId, SocketAddr) {
    let words: Vec<&str> = line.split(' ').collect();
    let ["branch", id, "listening", "on", address] = words[..] else {
        panic!("not the line of a branch: {line}")
    };
    (BranchId(id.parse().expect("an id")), address.parse().expect("an address"))
}

/// Patient enough for a branch that does not serve yet.
fn policy() -> Policy {
    Policy { attempts_max: 60, backoff_max: Duration::from_millis(200), ..Policy::default() }
}

/// What account 0 holds, as a new customer sees it.
fn balance(addresses: &BTreeMap<BranchId, SocketAddr>, at: BranchId) -> i64 {
    let reception = BlockingClient::new(addresses.clone()).expect("a runtime");
    let query = Operation::Query { account: AccountId(0) };
    match reception.perform(&mut reception.customer(policy()), at, query).outcome {
        Outcome::Ok(Success::Balance { balance, .. }) => balance,
        other => panic!("no balance: {other:?}"),
    }
}

/// A deposit at `at` is read at `then` by the same customer.
fn deposit_and_read_elsewhere(addresses: &BTreeMap<BranchId, SocketAddr>, at: BranchId, then: BranchId) {
    let reception = BlockingClient::new(addresses.clone()).expect("a runtime");
    let mut customer = reception.customer(policy());
    let account = AccountId(0);
    let amount = Amount::new(400).expect("a positive amount");
    let deposit = Operation::Write { kind: WriteKind::Deposit, account, amount };
    let written = reception.perform(&mut customer, at, deposit);
    assert!(matches!(written.outcome, Outcome::Ok(Success::Written { .. })), "{:?}", written.outcome);
    let read = reception.perform(&mut customer, then, Operation::Query { account });
    assert!(matches!(read.outcome, Outcome::Ok(Success::Balance { balance: 400, .. })), "{:?}", read.outcome);
}

#[test]
fn a_cluster_in_one_process_serves_until_it_is_asked_to_end() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut served = Served::start(&["--branches".to_owned(), "3".to_owned()], 3);
        assert_eq!(served.addresses.keys().map(|id| id.0).collect::<Vec<_>>(), [1, 2, 3]);
        deposit_and_read_elsewhere(&served.addresses, BranchId(1), BranchId(3));
        served.signal(signal);
        let status = served.child.wait().expect("the process ends");
        assert_eq!(status.code(), Some(0), "{signal:?}");
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill_with_a_data_directory_and_not_without() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let data = folder.path().to_str().expect("the path is UTF-8");
    let branches = ["--branches", "2"];
    let durable = [&branches[..], &["--data", data]].concat();
    for (arguments, left) in [(durable, 400), (branches.to_vec(), 0)] {
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let mut served = Served::start(&arguments, 2);
        deposit_and_read_elsewhere(&served.addresses, BranchId(1), BranchId(2));
        served.signal(Signal::KILL);
        served.child.wait().expect("the process ends");
        let again = Served::start(&arguments, 2);
        assert_eq!(balance(&again.addresses, BranchId(1)), left, "{arguments:?}");
        assert_eq!(balance(&again.addresses, BranchId(2)), left, "{arguments:?}");
    }
}

#[test]
fn a_data_directory_that_is_in_use_is_refused() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let data = folder.path().to_str().expect("the path is UTF-8");
    let arguments = ["--branch", "1", "--data", data].map(str::to_owned);
    let _served = Served::start(&arguments, 1);
    let output = readback().arg("serve").args(&arguments).output().expect("the binary starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3));
    assert!(message.contains("belongs to a branch that is running"), "{message}");
}

#[test]
fn branches_of_several_processes_find_each_other_in_any_order() {
    // A loopback address of this test process alone, so that ports can be known before the processes start.
    let pid = std::process::id().to_le_bytes();
    let host = format!("127.{}.{}.{}", 64 + (pid[2] & 63), pid[1], pid[0].max(1));
    let address = |id: u32| format!("{host}:{}", 7000 + id);
    let arguments = |id: u32| {
        let mut arguments = vec![format!("--branch={id}"), format!("--listen={}", address(id))];
        arguments.extend(
            (1..=3).filter(|&peer| peer != id).map(|peer| format!("--peer={peer}={}", address(peer))),
        );
        arguments
    };
    let served: Vec<Served> = [3, 1, 2].into_iter().map(|id| Served::start(&arguments(id), 1)).collect();
    let addresses = served.iter().flat_map(|process| process.addresses.clone()).collect();
    deposit_and_read_elsewhere(&addresses, BranchId(2), BranchId(3));
}

#[test]
fn what_makes_no_cluster_is_refused() {
    let rows: [(&[&str], &str); 5] = [
        (&["--branches", "2", "--listen", "127.0.0.1:0"], "give one address for each branch"),
        (&["--branch", "1", "--peer", "1=127.0.0.1:1"], "is the branch itself"),
        (&["--branch", "1", "--peer", "2=127.0.0.1:1", "--peer", "2=127.0.0.1:2"], "given twice"),
        (&["--branch", "1", "--peer", "127.0.0.1:1"], "ID=HOST:PORT"),
        (&["--branches", "1000"], "one process holds at most"),
    ];
    for (arguments, clue) in rows {
        let output = readback().arg("serve").args(arguments).output().expect("the binary starts");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(message.contains(clue), "{arguments:?}: {message}");
    }
}

/// The same deposit by a customer who soon gives up.
fn deposit_once(addresses: &BTreeMap<BranchId, SocketAddr>) -> Outcome<FailureCause> {
    let reception = BlockingClient::new(addresses.clone()).expect("a runtime");
    let soon = Duration::from_millis(100);
    let policy = Policy { attempts_max: 2, attempt_timeout: soon, max_wait: soon, ..Policy::default() };
    let amount = Amount::new(1).expect("a positive amount");
    let deposit = Operation::Write { kind: WriteKind::Deposit, account: AccountId(0), amount };
    reception.perform(&mut reception.customer(policy), BranchId(1), deposit).outcome
}

#[test]
fn a_network_file_is_applied_to_customers_and_branches() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let path = folder.path().join("network.toml");
    let serve = |content: &str| {
        std::fs::write(&path, content).expect("a file can be written");
        let path = path.to_str().expect("the path is UTF-8");
        Served::start(&["--branches", "2", "--network", path, "--seed", "3"].map(str::to_owned), 2)
    };
    let slow = serve("[network.between_branches]\ndelay = { constant_ms = 30 }\norder = \"fifo\"\n");
    deposit_and_read_elsewhere(&slow.addresses, BranchId(1), BranchId(2));
    let deaf = serve("[network.customer_to_branch]\ndrop = 1.0\n");
    let lost = deposit_once(&deaf.addresses);
    assert!(
        matches!(lost, Outcome::Fail(FailureCause::GivenUp { .. })),
        "the branch cannot be greeted: {lost:?}"
    );
    let hearing = serve("[network.customer_to_branch]\ndrop = 0.0\n");
    let done = deposit_once(&hearing.addresses);
    assert!(matches!(done, Outcome::Ok(Success::Written { .. })), "{done:?}");
}

#[test]
fn what_is_wrong_with_a_network_file_is_said_with_its_place() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let path = folder.path().join("network.toml");
    std::fs::write(&path, "[network.between_branches]\ndelya = 1\n").expect("a file can be written");
    let output = readback().args(["serve", "--branches", "2", "--network"]).arg(&path).output();
    let output = output.expect("the binary starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3));
    assert!(message.contains("network.toml:2:1: ") && message.contains("did you mean `delay`?"), "{message}");
}

#[test]
fn a_branch_stands_still_while_the_network_file_says_so_and_still_ends_when_asked() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let path = folder.path().join("network.toml");
    let pause = "[[fault]]\nkind = \"pause\"\nfrom_s = 0\nuntil_s = 3600\nbranch = 1\n";
    std::fs::write(&path, pause).expect("a file can be written");
    let path = path.to_str().expect("the path is UTF-8");
    let mut served = Served::start(&["--branches", "2", "--network", path].map(str::to_owned), 2);
    // The first tries may come before the pause does.
    let silent =
        (0..50).any(|_| matches!(deposit_once(&served.addresses), Outcome::Fail(_) | Outcome::Info(_)));
    assert!(silent, "branch 1 was to stand still and has answered 50 deposits");
    served.signal(Signal::TERM);
    assert_eq!(served.child.wait().expect("the process ends").code(), Some(0));
}
