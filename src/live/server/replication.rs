//! The `Replication` service and its client: one long-lived stream per direction.
//!
//! All messages from one branch to another, batches and acks alike, ride the sender's stream. A stream that breaks is
//! opened again, after a pause that doubles up to a second. The core learns of both events and sends again what was
//! lost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};

use super::driver::BranchDriver;
use crate::live::transport;
use crate::live::wire::{Envelope, proto};
use crate::model::BranchId;

/// Messages that may wait for one peer's stream. Messages beyond that are lost, as on any network, and counted.
const QUEUE: usize = 8192;

/// Bytes of one message at most.
const MESSAGE_MAX: usize = 64 << 20;

const PAUSE_FIRST: Duration = Duration::from_millis(10);
const PAUSE_LONGEST: Duration = Duration::from_secs(1);

/// The receiving end.
pub(super) struct ReplicationService {
    pub driver: Arc<BranchDriver>,
    pub stopping: watch::Receiver<bool>,
}

#[tonic::async_trait]
impl proto::replication_server::Replication for ReplicationService {
    async fn stream(
        &self,
        request: Request<Streaming<proto::PeerMessage>>,
    ) -> Result<Response<proto::StreamSummary>, Status> {
        let mut messages = request.into_inner();
        let mut stopping = self.stopping.clone();
        let mut received = 0;
        loop {
            let message = tokio::select! {
                message = messages.next() => message,
                _ = stopping.wait_for(|&stopping| stopping) => None,
            };
            let Some(message) = message else { break };
            let envelope = Envelope::try_from(message?)?;
            self.driver.receive(envelope);
            received += 1;
        }
        Ok(Response::new(proto::StreamSummary { received }))
    }
}

/// The service, which takes the largest batches: hundreds of writes, each of which may carry a vector.
pub(super) fn service(
    replication: ReplicationService,
) -> proto::replication_server::ReplicationServer<ReplicationService> {
    proto::replication_server::ReplicationServer::new(replication).max_decoding_message_size(MESSAGE_MAX)
}

/// Keeps the stream to one peer up, until the task is dropped.
pub(super) async fn keep_connected(driver: Arc<BranchDriver>, peer: BranchId, address: SocketAddr) {
    let mut pause = PAUSE_FIRST;
    loop {
        match transport::endpoint(address).connect().await {
            Ok(channel) => {
                pause = PAUSE_FIRST;
                let ended = stream(&driver, peer, channel).await;
                tracing::debug!(%peer, %address, ?ended, "stream ended");
            }
            Err(error) => tracing::debug!(%peer, %address, %error, "not connected"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_LONGEST);
    }
}

async fn stream(driver: &Arc<BranchDriver>, peer: BranchId, channel: Channel) -> Result<u64, Status> {
    let mut client = proto::replication_client::ReplicationClient::new(channel);
    let (queue, messages) = mpsc::channel(QUEUE);
    driver.connected(peer, queue);
    tracing::debug!(%peer, "connected");
    let counted = Arc::clone(driver);
    let outgoing = ReceiverStream::new(messages).map(move |envelope| {
        let message = proto::PeerMessage::from(envelope);
        counted.count_sent_bytes(message.encoded_len());
        message
    });
    let ended = client.stream(outgoing).await;
    driver.disconnected(peer);
    ended.map(|summary| summary.into_inner().received)
}
