//! The `Bank` service: customers' calls, translated and handed to the branch.

use std::sync::Arc;
use std::time::Duration;

use tonic::{Request, Response, Status};

use super::shell::Shell;
use super::status;
use super::wire::{Call, CallReply, GreetAnswer, WireError, proto};

/// What customers of one branch see.
pub(super) struct Bank {
    pub shell: Arc<Shell>,
}

impl Bank {
    async fn answer<M: TryFrom<CallReply, Error = Status>>(
        &self,
        call: Result<Call, WireError>,
    ) -> Result<Response<M>, Status> {
        let (reply, sending) = self.shell.call(call?).await.ok_or_else(lost)?;
        M::try_from(CallReply { reply, sending: Some(sending) }).map(Response::new)
    }
}

#[tonic::async_trait]
impl proto::bank_server::Bank for Bank {
    async fn deposit(
        &self,
        request: Request<proto::DepositRequest>,
    ) -> Result<Response<proto::WriteReply>, Status> {
        self.answer(request.into_inner().try_into()).await
    }

    async fn withdraw(
        &self,
        request: Request<proto::WithdrawRequest>,
    ) -> Result<Response<proto::WriteReply>, Status> {
        self.answer(request.into_inner().try_into()).await
    }

    async fn query(
        &self,
        request: Request<proto::QueryRequest>,
    ) -> Result<Response<proto::QueryReply>, Status> {
        self.answer(request.into_inner().try_into()).await
    }

    async fn greet(
        &self,
        request: Request<proto::GreetRequest>,
    ) -> Result<Response<proto::GreetReply>, Status> {
        let call = request.into_inner().try_into()?;
        let (greeting, sending) = self.shell.greet(call).await.ok_or_else(lost)?;
        match greeting {
            Ok(greeting) => Ok(Response::new(GreetAnswer { greeting, sending: Some(sending) }.into())),
            Err(error) => Err(status::error(&error, Duration::ZERO, Some(sending))),
        }
    }
}

/// The network dropped the request or its reply, and the caller outlasted the silence.
fn lost() -> Status {
    Status::unavailable("the request or its reply was lost by the injected network")
}
