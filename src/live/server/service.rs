//! The services of one branch, on its own thread: bank, replication, health, reflection.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self as std_mpsc, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tonic::service::Routes;

use super::bank::BankService;
use super::driver::BranchDriver;
use super::replication::{self, ReplicationService};
use super::router::FastRouter;
use super::sync_queue::SyncQueue;
use crate::live::fine_timer::FineTimer;
use crate::live::transport;
use crate::live::wire::{self, proto};
use crate::model::BranchId;

/// How often a frozen branch checks whether it is stopped.
const STOP_POLL: Duration = Duration::from_millis(20);

/// How long open connections may take to close after the last answer.
const LINGER: Duration = Duration::from_millis(500);

/// Everything that runs on the branch's thread.
pub(super) struct Service {
    pub id: BranchId,
    pub driver: Arc<BranchDriver>,
    /// The queue of a durable log.
    pub queue: Option<Arc<SyncQueue>>,
    /// Where the other members listen.
    pub peers: BTreeMap<BranchId, SocketAddr>,
    pub stop: watch::Receiver<bool>,
    /// Each request freezes the branch until its sender is dropped.
    pub pause_requests: mpsc::UnboundedReceiver<std_mpsc::Receiver<()>>,
}

impl Service {
    /// Serves until the branch is stopped or fails, and its connections are closed.
    pub async fn run(self, timers: [FineTimer; 3], listener: tokio::net::TcpListener) {
        let Service { id, driver, queue, peers, stop, mut pause_requests } = self;
        // Streams to peers, and the tasks of the driver.
        for (peer, address) in peers {
            tokio::spawn(replication::keep_connected(Arc::clone(&driver), peer, address));
        }
        tokio::spawn({
            let driver = Arc::clone(&driver);
            async move { driver.drive(timers).await }
        });
        tokio::spawn({
            let driver = Arc::clone(&driver);
            async move { driver.sync_volatile().await }
        });
        // Pauses.
        let ending = stop.clone();
        tokio::spawn(async move {
            while let Some(resumed) = pause_requests.recv().await {
                let _no_sync = queue.as_deref().map(SyncQueue::hold_back);
                freeze(&resumed, &ending);
            }
        });
        // The four services on one router.
        let (health, health_service) = tonic_health::server::health_reporter();
        tokio::spawn(report_health(id, health, Arc::clone(&driver)));
        let failure = driver.failure();
        let stopped = ended(stop.clone(), failure.clone());
        let mut others = Routes::new(health_service);
        others = others.add_service(reflection_v1()).add_service(reflection_v1alpha());
        let bank = proto::bank_server::BankServer::new(BankService { driver: Arc::clone(&driver) });
        others =
            others.add_service(replication::service(ReplicationService { driver, stopping: stop.clone() }));
        let incoming = transport::incoming(listener);
        let served = transport::server().serve_with_incoming_shutdown(
            FastRouter::new(bank, others),
            incoming,
            stopped,
        );
        // The end: connections may take a moment to close.
        let lingered = async {
            ended(stop, failure).await;
            tokio::time::sleep(LINGER).await;
        };
        tokio::select! {
            ended = served => {
                if let Err(error) = ended {
                    tracing::error!(branch = %id, %error, "the server ended");
                }
            }
            () = lingered => tracing::debug!(branch = %id, "connections were still open"),
        }
    }
}

/// Returns when the branch is stopped, or cannot continue.
async fn ended(mut stop: watch::Receiver<bool>, mut failure: watch::Receiver<Option<String>>) {
    tokio::select! {
        _ = stop.wait_for(|&stopping| stopping) => {}
        _ = failure.wait_for(Option::is_some) => {}
    }
}

/// Blocks the thread, and so every task of this branch, until the pause is dropped. A branch that is stopped does not
/// wait for that.
fn freeze(resumed: &std_mpsc::Receiver<()>, ending: &watch::Receiver<bool>) {
    while resumed.recv_timeout(STOP_POLL) == Err(RecvTimeoutError::Timeout) && !*ending.borrow() {}
}

/// Keeps the standard health service up to date, for the whole server and for `readback.v1.Bank`.
async fn report_health(
    id: BranchId,
    health: tonic_health::server::HealthReporter,
    driver: Arc<BranchDriver>,
) {
    use tonic_health::ServingStatus;
    let mut serving = driver.serving();
    loop {
        serving.mark_unchanged();
        let greeting = driver.greeting();
        let status = if greeting.is_ok() { ServingStatus::Serving } else { ServingStatus::NotServing };
        health.set_service_status("", status).await;
        health.set_service_status("readback.v1.Bank", status).await;
        match greeting {
            Ok(_) => tracing::info!(branch = %id, "serves"),
            Err(reason) => tracing::info!(branch = %id, %reason, "does not serve"),
        }
        if serving.changed().await.is_err() {
            return;
        }
    }
}

fn reflection_v1()
-> tonic_reflection::server::v1::ServerReflectionServer<impl tonic_reflection::server::v1::ServerReflection> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the descriptors were made by the build")
}

/// The older version, for which most clients still ask.
fn reflection_v1alpha() -> tonic_reflection::server::v1alpha::ServerReflectionServer<
    impl tonic_reflection::server::v1alpha::ServerReflection,
> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1alpha()
        .expect("the descriptors were made by the build")
}
