//! Calls of the `Bank` service.

use std::net::SocketAddr;

use tonic::Status;
use tonic::codegen::http::uri::PathAndQuery;

use crate::live::transport::Connection;
use crate::live::wire::{ProstCodec, proto};

/// A client of one connection, which its clones share.
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
        message: Box<proto::DepositRequest>,
    ) -> Result<proto::WriteReply, Status> {
        self.unary("/readback.v1.Bank/Deposit", message).await
    }

    pub async fn withdraw(
        &mut self,
        message: Box<proto::WithdrawRequest>,
    ) -> Result<proto::WriteReply, Status> {
        self.unary("/readback.v1.Bank/Withdraw", message).await
    }

    pub async fn query(&mut self, message: Box<proto::QueryRequest>) -> Result<proto::QueryReply, Status> {
        self.unary("/readback.v1.Bank/Query", message).await
    }

    pub async fn greet(&mut self, message: proto::GreetRequest) -> Result<proto::GreetReply, Status> {
        self.unary("/readback.v1.Bank/Greet", message).await
    }

    async fn unary<M, R>(&mut self, method: &'static str, message: M) -> Result<R, Status>
    where
        M: prost::Message + 'static,
        R: prost::Message + Default + 'static,
    {
        let codec = ProstCodec::<M, R>::default();
        self.connection.unary(PathAndQuery::from_static(method), codec, message).await
    }
}
