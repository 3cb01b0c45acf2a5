//! Connections and their settings, in one place: no two measurements may differ in them.
//!
//! Public, so that a benchmark can measure a floor over the same connections as a branch.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::TryFutureExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codec::Codec;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{Service, http};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic::{Request, Response, Status};

/// Connections of a client to each server. With one alone, many calls at once move through client and server in step,
/// and one of the two always waits for the other.
pub const CONNECTIONS: usize = 2;

/// A connection that is idle for this long gets a ping...
const KEEPALIVE: Duration = Duration::from_millis(500);
/// ...and is closed if it does not answer within this time.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Cancelled calls are part of the experiments. h2's own limits, meant against floods of resets, would close the
/// connection: a fault that is not injected.
const RESETS: usize = 1 << 20;

/// A client's end, as tonic makes it, for a branch's own address.
pub fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint::from_shared(format!("http://{address}"))
        .expect("a socket address makes a URI")
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .http2_max_local_error_reset_streams(RESETS)
}

/// A server's end; [`incoming`] makes its sockets.
pub fn server() -> Server {
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .http2_max_pending_accept_reset_streams(Some(RESETS))
        .http2_max_local_error_reset_streams(Some(RESETS))
}

/// A server's sockets. Without `TCP_NODELAY` a small message waits for the ack of the one before it; the builder's
/// own setting is ignored when connections come from outside.
pub fn incoming(listener: tokio::net::TcpListener) -> TcpIncoming {
    TcpIncoming::from(listener).with_nodelay(Some(true))
}

/// A client's end for many short calls. Connects when it is first used, and again when the connection has ended; a call
/// in flight is lost with its connection.
///
/// tonic's own channel passes a request through a queue and half a dozen boxed services to a task, which passes it on
/// to the connection's task. A call to a known address needs only the last step.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<SharedConnection>,
    /// The connection that this clone has used last.
    grpc: Option<Grpc<RequestSender>>,
}

/// The state that clones share.
struct SharedConnection {
    address: SocketAddr,
    /// The sender of the latest connection. A call that finds it ended makes the next one, and other calls wait for it.
    sender: Mutex<Option<RequestSender>>,
}

/// Sends requests over one connection.
#[derive(Clone)]
struct RequestSender(http2::SendRequest<Body>);

type Responding = Pin<Box<dyn Future<Output = hyper::Result<http::Response<Incoming>>> + Send>>;

impl Connection {
    /// Without connecting yet.
    pub fn to(address: SocketAddr) -> Connection {
        Connection { shared: Arc::new(SharedConnection { address, sender: Mutex::new(None) }), grpc: None }
    }

    /// Calls the method of this path.
    ///
    /// # Errors
    ///
    /// The server's status; `UNAVAILABLE` without a connection.
    pub async fn unary<M, R>(
        &mut self,
        path: PathAndQuery,
        codec: impl Codec<Encode = M, Decode = R>,
        message: M,
    ) -> Result<R, Status>
    where
        M: Send + Sync + 'static,
        R: Send + Sync + 'static,
    {
        if let Some(grpc) = &mut self.grpc
            && grpc.ready().await.is_err()
        {
            self.grpc = None;
        }
        let grpc = match &mut self.grpc {
            Some(grpc) => grpc,
            none => none.insert(self.shared.connected().await?),
        };
        grpc.unary(Request::new(message), path, codec).await.map(Response::into_inner)
    }
}

impl SharedConnection {
    async fn connected(&self) -> Result<Grpc<RequestSender>, Status> {
        let mut sender = self.sender.lock().await;
        let sender = match sender.as_ref().filter(|sender| !sender.0.is_closed()) {
            Some(sender) => sender.clone(),
            None => {
                let not_connected = |error| Status::unavailable(format!("not connected: {error}"));
                sender.insert(connect(self.address).await.map_err(not_connected)?).clone()
            }
        };
        let origin = http::Uri::try_from(format!("http://{}", self.address));
        Ok(Grpc::with_origin(sender, origin.expect("a socket address makes a URI")))
    }
}

async fn connect(address: SocketAddr) -> io::Result<RequestSender> {
    let handshake = async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .max_local_error_reset_streams(RESETS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)
    };
    let (sender, connection) = tokio::time::timeout(CONNECT_TIMEOUT, handshake).await??;
    // A call that waits for its reply fails when the connection ends; no other task needs to know.
    tokio::spawn(connection.unwrap_or_else(|error| tracing::debug!(%error, "a connection ended")));
    Ok(RequestSender(sender))
}

impl Service<http::Request<Body>> for RequestSender {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = Responding;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Responding {
        Box::pin(self.0.send_request(request))
    }
}
