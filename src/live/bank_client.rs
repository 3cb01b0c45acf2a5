//! Calls of the `Bank` service.
//!
//! What tonic generates for a client, but for two things. It notes the method beside each request for interceptors,
//! which takes three allocations, and there are no interceptors. And messages come in bytes: on its way to the socket a
//! request is passed on some twenty times.

use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::wire::{Encoded, ProstCodec, proto};

/// One connection's caller; clones share it.
#[derive(Clone)]
pub(super) struct BankClient {
    grpc: Grpc<Channel>,
}

impl BankClient {
    pub fn new(channel: Channel) -> BankClient {
        BankClient { grpc: Grpc::new(channel) }
    }

    pub async fn deposit(
        &mut self,
        message: Encoded<proto::DepositRequest>,
    ) -> Result<proto::WriteReply, Status> {
        self.unary("/readback.v1.Bank/Deposit", message).await
    }

    pub async fn withdraw(
        &mut self,
        message: Encoded<proto::WithdrawRequest>,
    ) -> Result<proto::WriteReply, Status> {
        self.unary("/readback.v1.Bank/Withdraw", message).await
    }

    pub async fn query(
        &mut self,
        message: Encoded<proto::QueryRequest>,
    ) -> Result<proto::QueryReply, Status> {
        self.unary("/readback.v1.Bank/Query", message).await
    }

    pub async fn greet(&mut self, message: proto::GreetRequest) -> Result<proto::GreetReply, Status> {
        self.unary("/readback.v1.Bank/Greet", message.into()).await
    }

    async fn unary<M, R>(&mut self, method: &'static str, message: Encoded<M>) -> Result<R, Status>
    where
        M: prost::Message + 'static,
        R: prost::Message + Default + 'static,
    {
        let not_ready = |error| Status::unavailable(format!("not connected: {error}"));
        self.grpc.ready().await.map_err(not_ready)?;
        let (path, codec) = (PathAndQuery::from_static(method), ProstCodec::<Encoded<M>, R>::default());
        self.grpc.unary(Request::new(message), path, codec).await.map(tonic::Response::into_inner)
    }
}
