//! Calls of the `Bank` service. Messages come in bytes: on its way to the socket a request is passed on many times.

use std::net::SocketAddr;

use tonic::Status;
use tonic::codegen::http::uri::PathAndQuery;

use super::transport::Connection;
use super::wire::{Encoded, ProstCodec, proto};

/// One connection's caller; clones share it.
#[derive(Clone)]
pub(super) struct BankClient {
    connection: Connection,
}

impl BankClient {
    /// Connects when first used.
    pub fn new(address: SocketAddr) -> BankClient {
        BankClient { connection: Connection::to(address) }
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
        let codec = ProstCodec::<Encoded<M>, R>::default();
        self.connection.unary(PathAndQuery::from_static(method), codec, message).await
    }
}
