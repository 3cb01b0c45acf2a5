//! The `Bank` service: customers' calls, converted and handed to the branch.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tonic::{Request, Response, Status};

use super::driver::{BranchDriver, CallOutcome};
use crate::live::status;
use crate::live::wire::{CallReply, GreetAnswer, IncomingCall, Sending, WireError, proto};
use crate::model::Reply;

/// The service that customers of one branch call.
pub(super) struct BankService {
    pub driver: Arc<BranchDriver>,
}

/// The future of an RPC's response.
type ResponseFuture<'f, M> = Pin<Box<dyn Future<Output = Result<Response<M>, Status>> + Send + 'f>>;

impl BankService {
    /// Hands the call over before this returns. The future that remains is small: a large one is slow to make, to
    /// move and to drop.
    fn answer<'f, M>(&'f self, call: Result<IncomingCall, WireError>) -> ResponseFuture<'f, M>
    where
        M: TryFrom<CallReply, Error = Status> + Send + 'f,
    {
        match call.map(|call| self.driver.call(call)) {
            Err(malformed) => Box::pin(ready(Err(malformed.into()))),
            Ok(CallOutcome::Ended(reply, sending)) => Box::pin(ready(response(reply, sending))),
            Ok(CallOutcome::Waiting(answer)) => Box::pin(async move {
                let (reply, sending) = answer.await.ok_or_else(lost)?;
                response(reply, sending)
            }),
        }
    }
}

#[tonic::async_trait]
impl proto::bank_server::Bank for BankService {
    fn deposit<'a, 'f>(
        &'a self,
        request: Request<proto::DepositRequest>,
    ) -> ResponseFuture<'f, proto::WriteReply>
    where
        'a: 'f,
        Self: 'f,
    {
        self.answer(request.into_inner().try_into())
    }

    fn withdraw<'a, 'f>(
        &'a self,
        request: Request<proto::WithdrawRequest>,
    ) -> ResponseFuture<'f, proto::WriteReply>
    where
        'a: 'f,
        Self: 'f,
    {
        self.answer(request.into_inner().try_into())
    }

    fn query<'a, 'f>(&'a self, request: Request<proto::QueryRequest>) -> ResponseFuture<'f, proto::QueryReply>
    where
        'a: 'f,
        Self: 'f,
    {
        self.answer(request.into_inner().try_into())
    }

    async fn greet(
        &self,
        request: Request<proto::GreetRequest>,
    ) -> Result<Response<proto::GreetReply>, Status> {
        let call = request.into_inner().try_into()?;
        let (greeting, sending) = self.driver.greet(call).await.ok_or_else(lost)?;
        match greeting {
            Ok(greeting) => Ok(Response::new(GreetAnswer { greeting, sending: Some(sending) }.into())),
            Err(error) => Err(status::error(&error, Duration::ZERO, Some(sending))),
        }
    }
}

fn response<M: TryFrom<CallReply, Error = Status>>(
    reply: Reply,
    sending: Sending,
) -> Result<Response<M>, Status> {
    M::try_from(CallReply { reply, sending: Some(sending) }).map(Response::new)
}

/// The network dropped the request or its reply, and the caller waited until the call's bound.
fn lost() -> Status {
    Status::unavailable("the request or its reply was lost by the injected network")
}
