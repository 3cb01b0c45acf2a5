//! The `Bank` service: customers' calls, translated and handed to the branch.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tonic::{Request, Response, Status};

use super::driver::{BranchDriver, Called};
use crate::live::status;
use crate::live::wire::{CallReply, GreetAnswer, IncomingCall, Sending, WireError, proto};
use crate::model::Reply;

/// What customers of one branch see.
pub(in crate::live) struct Bank {
    pub shell: Arc<BranchDriver>,
}

/// What an RPC comes to.
type Answering<'f, M> = Pin<Box<dyn Future<Output = Result<Response<M>, Status>> + Send + 'f>>;

impl Bank {
    /// The call is handed over before this returns. What is to be awaited afterwards, if anything is, is small: a large
    /// future is slow to make, to move and to drop.
    fn answer<'f, M>(&'f self, call: Result<IncomingCall, WireError>) -> Answering<'f, M>
    where
        M: TryFrom<CallReply, Error = Status> + Send + 'f,
    {
        match call.map(|call| self.shell.call(call)) {
            Err(malformed) => Box::pin(ready(Err(malformed.into()))),
            Ok(Called::Ended(reply, sending)) => Box::pin(ready(told(reply, sending))),
            Ok(Called::Waits(answer)) => Box::pin(async move {
                let (reply, sending) = answer.await.ok_or_else(lost)?;
                told(reply, sending)
            }),
        }
    }
}

#[tonic::async_trait]
impl proto::bank_server::Bank for Bank {
    fn deposit<'a, 'f>(&'a self, request: Request<proto::DepositRequest>) -> Answering<'f, proto::WriteReply>
    where
        'a: 'f,
        Self: 'f,
    {
        self.answer(request.into_inner().try_into())
    }

    fn withdraw<'a, 'f>(
        &'a self,
        request: Request<proto::WithdrawRequest>,
    ) -> Answering<'f, proto::WriteReply>
    where
        'a: 'f,
        Self: 'f,
    {
        self.answer(request.into_inner().try_into())
    }

    fn query<'a, 'f>(&'a self, request: Request<proto::QueryRequest>) -> Answering<'f, proto::QueryReply>
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
        let (greeting, sending) = self.shell.greet(call).await.ok_or_else(lost)?;
        match greeting {
            Ok(greeting) => Ok(Response::new(GreetAnswer { greeting, sending: Some(sending) }.into())),
            Err(error) => Err(status::error(&error, Duration::ZERO, Some(sending))),
        }
    }
}

fn told<M: TryFrom<CallReply, Error = Status>>(
    reply: Reply,
    sending: Sending,
) -> Result<Response<M>, Status> {
    M::try_from(CallReply { reply, sending: Some(sending) }).map(Response::new)
}

/// The network dropped the request or its reply, and the caller outlasted the silence.
fn lost() -> Status {
    Status::unavailable("the request or its reply was lost by the injected network")
}
