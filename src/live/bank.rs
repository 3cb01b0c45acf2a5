//! The `Bank` service: customers' calls, translated and handed to the branch.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::shell::Shell;
use super::status;
use super::wire::{Call, CallReply, WireError, proto};
use crate::model::{BranchId, Reply, RequestError};

/// What customers of one branch see.
pub(super) struct Bank {
    pub shell: Arc<Shell>,
    pub branch: BranchId,
}

impl Bank {
    async fn answer(&self, call: Result<Call, WireError>) -> Result<CallReply, Status> {
        let call = call.map_err(|error| status::from_wire(&error))?;
        let reply: Option<Reply> = self.shell.call(call).await;
        let reply = reply.ok_or_else(lost)?;
        status::answered(reply)
    }
}

#[tonic::async_trait]
impl proto::bank_server::Bank for Bank {
    async fn deposit(
        &self,
        request: Request<proto::DepositRequest>,
    ) -> Result<Response<proto::WriteReply>, Status> {
        let reply = self.answer(Call::try_from(request.into_inner())).await?;
        Ok(Response::new(reply.into_write()?))
    }

    async fn withdraw(
        &self,
        request: Request<proto::WithdrawRequest>,
    ) -> Result<Response<proto::WriteReply>, Status> {
        let reply = self.answer(Call::try_from(request.into_inner())).await?;
        Ok(Response::new(reply.into_write()?))
    }

    async fn query(
        &self,
        request: Request<proto::QueryRequest>,
    ) -> Result<Response<proto::QueryReply>, Status> {
        let reply = self.answer(Call::try_from(request.into_inner())).await?;
        Ok(Response::new(reply.into_query()?))
    }

    async fn greet(
        &self,
        request: Request<proto::GreetRequest>,
    ) -> Result<Response<proto::GreetReply>, Status> {
        let meant = BranchId::try_from(request.into_inner()).map_err(|error| status::from_wire(&error))?;
        if meant != self.branch {
            return Err(status::from_error(&RequestError::WrongBranch { meant, actual: self.branch }));
        }
        let greeting = self.shell.greet().await.map_err(|error| status::from_error(&error))?;
        Ok(Response::new(greeting.into()))
    }
}

/// The network dropped the request or its reply, and the caller outlasted the silence.
fn lost() -> Status {
    Status::unavailable("the request or its reply was lost by the injected network")
}
