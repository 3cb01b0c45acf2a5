//! A client's connection: shared by its clones, and replaced when it has ended.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use readback::live::ProstCodec;
use readback::live::transport::{self, Connection};
use tokio::sync::oneshot;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Status};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::bank::{bounded, runtime};

const CALLERS: usize = 8;

/// Answers health checks on a thread of its own, and counts connections. Dropping it cuts them.
struct Server {
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(listener: TcpListener, accepted: Arc<AtomicUsize>) -> Server {
        listener.set_nonblocking(true).expect("a listener");
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let served = async move {
            let (_reporter, health) = tonic_health::server::health_reporter();
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let incoming = TcpListenerStream::new(listener).inspect(|_| {
                accepted.fetch_add(1, Ordering::Relaxed);
            });
            tokio::select! {
                ended = transport::server().add_service(health).serve_with_incoming(incoming) => {
                    ended.expect("the server runs until it is stopped");
                }
                _ = stopped => {}
            }
        };
        let thread = std::thread::spawn(move || runtime().block_on(served));
        Server { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().map(JoinHandle::join);
    }
}

async fn check(connection: &mut Connection) -> Result<HealthCheckResponse, Status> {
    let path = PathAndQuery::from_static("/grpc.health.v1.Health/Check");
    connection.unary(path, ProstCodec::default(), HealthCheckRequest::default()).await
}

async fn check_all(clones: &mut [Connection]) -> Vec<Result<HealthCheckResponse, Status>> {
    join_all(clones.iter_mut().map(check)).await
}

#[test]
fn clones_share_one_connection_and_make_the_next_one_once_it_has_ended() {
    let bind = |address: SocketAddr| TcpListener::bind(address).expect("no other program listens there");
    let listener = bind(([127, 0, 0, 1], 0).into());
    let address = listener.local_addr().expect("a bound listener");
    let accepted = Arc::new(AtomicUsize::new(0));
    let server = Server::start(listener, Arc::clone(&accepted));
    bounded(&runtime(), async {
        let mut clones = vec![Connection::to(address); CALLERS];
        assert!(check_all(&mut clones).await.iter().all(Result::is_ok));
        assert_eq!(accepted.load(Ordering::Relaxed), 1);

        drop(server);
        // What is sent before the end of the connection is noticed is lost with it.
        assert!(check_all(&mut clones).await.iter().all(Result::is_err));
        for answer in check_all(&mut clones).await {
            assert_eq!(answer.expect_err("no server listens").code(), Code::Unavailable);
        }

        let _server = Server::start(bind(address), Arc::clone(&accepted));
        assert!(check_all(&mut clones).await.iter().all(Result::is_ok));
        assert_eq!(accepted.load(Ordering::Relaxed), 2);
    });
}
