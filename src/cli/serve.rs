//! `readback serve`: one branch as a process of its own, or a whole cluster in one process.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;

use super::{CommandOutcome, Status, injection_error, output};
use crate::branch::{Config, Start};
use crate::experiment;
use crate::live::{
    self, BranchHandle, Cluster, ClusterOptions, DataOptions, HostOptions, RecordedBranch, StopReason,
};
use crate::model::BranchId;
use crate::network::{self, InjectionError, Network, PlannedNetwork};

const EXAMPLES: &str = "\
Examples:
  readback serve --branches 3
  readback serve --branches 3 --data bank
  readback serve --branches 3 --network experiments/networks/partition.toml --seed 7
  readback serve --branch 1 --listen 127.0.0.1:7001 --peer 2=127.0.0.1:7002 --peer 3=127.0.0.1:7003";

/// Serve one branch, or a whole cluster in one process.
///
/// Prints a line with its address for each branch and runs until SIGINT or SIGTERM. A single branch serves customers
/// once every peer has confirmed that it knows no earlier life of it. Peers may start in any order, stop and start
/// again. With --data a branch that is started again comes back with all that it acknowledged. Without, it has lost its
/// state, and takes that of a peer over before it serves.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    /// Serve branches 1 to N, all in this process.
    #[arg(long, value_name = "N", required_unless_present = "branch", value_parser = numbered())]
    branches: Option<u32>,

    /// Serve this one branch.
    #[arg(long, value_name = "ID", conflicts_with = "branches", value_parser = numbered())]
    branch: Option<u32>,

    /// Where to listen; with --branches once for each branch, in order [default: loopback, any free port].
    #[arg(long, value_name = "ADDR")]
    listen: Vec<Address>,

    /// Another branch of the cluster and where it listens; once for each. Without any, the branch is a cluster of its
    /// own.
    #[arg(long, value_name = "ID=ADDR", requires = "branch")]
    peer: Vec<PeerAddress>,

    /// The whole cluster is new: serve at once, without asking the peers. Never give it to a branch that ran before.
    #[arg(long, requires = "branch")]
    new_cluster: bool,

    /// Keep each branch's log in a directory of its own, DIR/branch-ID, and come back from it. Nothing is acknowledged
    /// before it is synced. Without it logs are volatile.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Records that one sync of a log covers at most.
    #[arg(long, value_name = "N", default_value_t = 4096, requires = "data", value_parser = numbered())]
    group_max: u32,

    /// Apply the network and the faults of this file (tables `[network]` and `[[fault]]`) to every message, customers'
    /// calls included. Fault windows count from the start of this process.
    #[arg(long, value_name = "FILE")]
    network: Option<PathBuf>,

    /// Seed of the network's draws: the same seed gives the same message the same fate.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "network")]
    seed: u64,

    /// Number of accounts, from 0 on.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    accounts: u32,

    /// What every account holds at the start, in minor units. The same at every branch.
    #[arg(long, value_name = "MONEY", default_value_t = 0, allow_negative_numbers = true)]
    balance: i64,
}

/// Branches are numbered from 1.
fn numbered() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..)
}

/// `host:port`.
#[derive(Debug, Clone, Copy)]
struct Address(SocketAddr);

/// `id=host:port`.
#[derive(Debug, Clone, Copy)]
struct PeerAddress {
    branch: BranchId,
    address: Address,
}

/// Why no cluster can be started.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(
        "--branches {branches} and {addresses} times --listen; give one address for each branch, or none"
    )]
    Addresses { branches: usize, addresses: usize },
    #[error("--peer {0} is given twice; give each peer once")]
    PeerTwice(BranchId),
    #[error("--peer {0} is the branch itself; name the other branches only")]
    PeerIsSelf(BranchId),
    #[error("{0}")]
    Network(String),
    #[error(
        "{0}; what it acknowledged is in its log: mend the disk, and start it again with the same --data"
    )]
    Failed(String),
    #[error("cannot listen on {address}: {source}; choose another address, or leave --listen out")]
    Listen { address: SocketAddr, source: std::io::Error },
}

impl Serve {
    pub(super) fn run(&self, quiet: bool) -> CommandOutcome {
        match (self.branch, self.branches) {
            (Some(branch), _) => self.one(BranchId(branch), quiet),
            (None, branches) => self.all(branches.unwrap_or(1), quiet),
        }
    }

    fn all(&self, branches: u32, quiet: bool) -> CommandOutcome {
        let ids: Vec<BranchId> = (1..=branches).map(BranchId).collect();
        if !self.listen.is_empty() && self.listen.len() != ids.len() {
            return Err(ServeError::Addresses { branches: ids.len(), addresses: self.listen.len() }.into());
        }
        let listen = ids.iter().copied().zip(self.listen.iter().map(|address| address.0)).collect();
        let network = self.network(&ids)?;
        let options = ClusterOptions {
            initial_balances: self.balances(),
            listen,
            data: self.data(),
            ..ClusterOptions::new(ids, 0, carrier(network.as_ref()))
        };
        let cluster = Cluster::start(options)?;
        let branches: Vec<&BranchHandle> = cluster.branches().collect();
        until_the_end(&branches, network.as_deref(), quiet)
    }

    fn one(&self, branch: BranchId, quiet: bool) -> CommandOutcome {
        let mut peers = BTreeMap::new();
        for peer in &self.peer {
            if peer.branch == branch {
                return Err(ServeError::PeerIsSelf(branch).into());
            }
            if peers.insert(peer.branch, peer.address.0).is_some() {
                return Err(ServeError::PeerTwice(peer.branch).into());
            }
        }
        if self.listen.len() > 1 {
            return Err(ServeError::Addresses { branches: 1, addresses: self.listen.len() }.into());
        }
        let address = self.listen.first().map_or(SocketAddr::from(([127, 0, 0, 1], 0)), |address| address.0);
        let listener = TcpListener::bind(address).map_err(|source| ServeError::Listen { address, source })?;
        let members: Vec<BranchId> = peers.keys().copied().chain([branch]).collect();
        let network = self.network(&members)?;
        let handle = BranchHandle::start(HostOptions {
            config: Config::new(branch, members, self.balances()),
            start: if self.new_cluster { Start::NewCluster } else { Start::Unknown },
            listener,
            peers,
            network: carrier(network.as_ref()),
            recorded: RecordedBranch::default(),
            disk: self.data().map(|data| data.of(branch)),
        })?;
        until_the_end(&[&handle], network.as_deref(), quiet)
    }

    /// The network of the file, if one is given.
    fn network(&self, members: &[BranchId]) -> Result<Option<Arc<PlannedNetwork>>, Box<dyn Error>> {
        let Some(path) = &self.network else { return Ok(None) };
        let text = output::read(path)?;
        let plan = experiment::read_network(&text, members);
        let plan = plan.map_err(|error| ServeError::Network(error.in_file(&path.display().to_string())))?;
        Ok(Some(live::start_network(plan, self.seed)?))
    }

    fn data(&self) -> Option<DataOptions> {
        let dir = self.data.clone()?;
        Some(DataOptions { dir, group_max: self.group_max as usize, faults: BTreeMap::new() })
    }

    fn balances(&self) -> Vec<i64> {
        vec![self.balance; self.accounts as usize]
    }
}

fn until_the_end(
    branches: &[&BranchHandle],
    network: Option<&PlannedNetwork>,
    quiet: bool,
) -> CommandOutcome {
    for branch in branches {
        output::print(&format!("branch {} listening on {}\n", branch.id(), branch.address()))?;
    }
    if let Some(network) = network {
        live::keep_pauses(network, branches.iter().copied());
    }
    match live::wait_until_stopped(branches)? {
        StopReason::Signal(signal) => tracing::info!(signal, "shutting down"),
        StopReason::Failure(reason) => return Err(ServeError::Failed(reason).into()),
    }
    if network.is_some() && !quiet {
        let mut errors = InjectionError::new();
        branches.iter().for_each(|branch| errors.merge(&branch.report().injection_error));
        output::report(&injection_error::table(&errors));
    }
    Ok(Status::Valid)
}

/// The planned network, or else one that delivers at once.
fn carrier(planned: Option<&Arc<PlannedNetwork>>) -> Arc<dyn Network> {
    planned.map_or_else(network::perfect, |planned| Arc::clone(planned) as Arc<dyn Network>)
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let mut found = text.to_socket_addrs().map_err(|error| format!("{error}; write it as host:port"))?;
        found.next().map(Address).ok_or_else(|| "no address has this name".to_owned())
    }
}

impl FromStr for PeerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<PeerAddress, String> {
        let (id, address) =
            text.split_once('=').ok_or("write it as ID=HOST:PORT, such as 2=127.0.0.1:7002")?;
        let branch = id.parse().ok().filter(|&id| id > 0).map(BranchId);
        Ok(PeerAddress { branch: branch.ok_or("the id is a positive number")?, address: address.parse()? })
    }
}
