//! How connections are made, in one place: the settings that a measurement must not differ in.
//!
//! Public, so that a floor can be measured over the same connections as a branch.

use std::net::SocketAddr;
use std::time::Duration;

use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};

/// Connections of a client to each server. With one alone, many calls at once move through client and server in step,
/// and one of the two always waits for the other.
pub const CHANNELS: usize = 2;

/// A connection that is silent for this long is asked whether it lives...
const KEEPALIVE: Duration = Duration::from_millis(500);
/// ...and cut if it does not answer within this time.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Cancelled calls are part of the experiments. h2's own limits, made against floods of resets, would close the
/// connection: a fault that nobody injected.
const RESETS: usize = 1 << 20;

/// A client's end. Never queried by name: the address is the branch's own.
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

/// A server's end; its sockets are made by [`incoming`].
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
