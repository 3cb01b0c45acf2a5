//! The server's router, with a fast path to the bank.
//!
//! tonic's routes look a service up by its name, clone it, and box its future and its body. That takes longer than a
//! branch takes to answer a query. Nearly all calls are for the bank, and go there directly.

use std::convert::Infallible;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::Either;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use tonic::service::Routes;

/// Routes calls to the bank's service `B`, or to one of the others.
#[derive(Clone)]
pub(super) struct FastRouter<B> {
    bank: B,
    others: Routes,
}

impl<B> FastRouter<B> {
    pub fn new(bank: B, others: Routes) -> FastRouter<B> {
        FastRouter { bank, others: others.prepare() }
    }
}

impl<B> Service<http::Request<Body>> for FastRouter<B>
where
    B: NamedService + Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Either<B::Future, <Routes as Service<http::Request<Body>>>::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Neither service makes a caller wait.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if is_for(B::NAME, request.uri().path()) {
            self.bank.call(request).left_future()
        } else {
            self.others.call(request).right_future()
        }
    }
}

/// Whether the path is `/SERVICE/...`.
fn is_for(service: &str, path: &str) -> bool {
    let method = path.strip_prefix('/').and_then(|path| path.strip_prefix(service));
    method.is_some_and(|method| method.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_its_whole_name() {
        let rows = [
            ("/readback.v1.Bank/Query", true),
            ("/readback.v1.Bank/", true),
            ("/readback.v1.Bank", false),
            ("/readback.v1.Banker/Query", false),
            ("/readback.v1.Replication/Stream", false),
            ("readback.v1.Bank/Query", false),
            ("/", false),
        ];
        for (path, expected) in rows {
            assert_eq!(is_for("readback.v1.Bank", path), expected, "{path}");
        }
    }
}
