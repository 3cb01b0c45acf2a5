//! The floor: a unary call that does nothing, on connections and on a thread like a branch's.
//!
//! As tonic is out of the box, and *tuned* as the bank is: with its codec and its connections, and without tonic's
//! routes.
//!
//! Written by hand, since it needs no schema: one message with a field of bytes. The reply does not depend on the
//! request, so that both can have the sizes of a query and of its reply, which differ.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use prost::Message as _;
use prost::bytes::Bytes;
use readback::live;
use readback::live::transport::{self, CONNECTIONS, Connection};
use tokio::sync::oneshot;
use tonic::body::Body;
use tonic::codec::Codec;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{NamedService, UnaryService};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// How large the two messages are, as encoded.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub request: usize,
    pub reply: usize,
}

/// How a bare call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tuning {
    /// As tonic does by itself.
    Plain,
    /// As the bank does.
    Tuned,
}

/// A running server. Dropping it stops the server and cuts its connections.
pub struct EchoServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// A caller; clones share its connection.
#[derive(Clone)]
pub struct EchoClient {
    request: Payload,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Plain(tonic::client::Grpc<Channel>),
    Tuned(Connection),
}

#[derive(Clone, PartialEq, prost::Message)]
struct Payload {
    #[prost(bytes = "bytes", tag = "1")]
    data: Bytes,
}

impl EchoServer {
    pub fn start(sizes: Sizes, tuning: Tuning) -> io::Result<EchoServer> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) })?;
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let echo = Echo { reply: Payload::of(sizes.reply), tuning };
        let served = async move {
            let (mut server, incoming) = (transport::server(), transport::incoming(listener));
            let served = async move {
                match tuning {
                    Tuning::Plain => server.add_service(echo).serve_with_incoming(incoming).await,
                    Tuning::Tuned => server.serve_with_incoming(echo, incoming).await,
                }
            };
            tokio::select! {
                ended = served => ended.expect("the echo server runs until it is stopped"),
                _ = stopped => {}
            }
        };
        let thread =
            std::thread::Builder::new().name("echo".into()).spawn(move || runtime.block_on(served))?;
        Ok(EchoServer { address, stop: Some(stop), thread: Some(thread) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic of the server has failed the calls already, and said why.
        self.thread.take().map(JoinHandle::join);
    }
}

impl EchoClient {
    /// As many connections as a client has to a branch. Must be called within a runtime, which then drives them.
    pub fn connect(address: SocketAddr, sizes: Sizes, tuning: Tuning) -> [EchoClient; CONNECTIONS] {
        std::array::from_fn(|_| {
            let way = match tuning {
                Tuning::Plain => {
                    Way::Plain(tonic::client::Grpc::new(transport::endpoint(address).connect_lazy()))
                }
                Tuning::Tuned => Way::Tuned(Connection::to(address)),
            };
            EchoClient { request: Payload::of(sizes.request), way }
        })
    }

    pub async fn call(&mut self) -> Result<(), Status> {
        let path = PathAndQuery::from_static("/readback.bench.Echo/Call");
        let request = self.request.clone();
        let _: Payload = match &mut self.way {
            Way::Plain(grpc) => {
                let not_ready = |error| Status::unavailable(format!("not connected: {error}"));
                grpc.ready().await.map_err(not_ready)?;
                grpc.unary(Request::new(request), path, ProstCodec::default()).await?.into_inner()
            }
            Way::Tuned(connection) => connection.unary(path, live::ProstCodec::default(), request).await?,
        };
        Ok(())
    }
}

impl Payload {
    /// Encoded in `size` bytes, or in one less where no length of the field gives that.
    fn of(size: usize) -> Payload {
        let filled = |length| Payload { data: vec![1; length].into() };
        let fits = |payload: &Payload| payload.encoded_len() <= size;
        (0..=size).rev().map(filled).find(fits).unwrap_or_default()
    }
}

/// The service, shaped as the generated ones are.
#[derive(Clone)]
struct Echo {
    reply: Payload,
    tuning: Tuning,
}

/// Its one method.
struct Call {
    reply: Payload,
}

impl NamedService for Echo {
    const NAME: &'static str = "readback.bench.Echo";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = Call { reply: self.reply.clone() };
        match self.tuning {
            Tuning::Plain => Box::pin(answered(ProstCodec::<Payload, Payload>::default(), method, request)),
            Tuning::Tuned => {
                Box::pin(answered(live::ProstCodec::<Payload, Payload>::default(), method, request))
            }
        }
    }
}

async fn answered<C>(
    codec: C,
    method: Call,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, Infallible>
where
    C: Codec<Encode = Payload, Decode = Payload> + Send,
{
    Ok(tonic::server::Grpc::new(codec).unary(method, request).await)
}

impl UnaryService<Payload> for Call {
    type Response = Payload;
    type Future = Ready<Result<Response<Payload>, Status>>;

    fn call(&mut self, _: Request<Payload>) -> Self::Future {
        ready(Ok(Response::new(self.reply.clone())))
    }
}
