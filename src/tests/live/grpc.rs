//! What a stranger's gRPC tools see, and the exact error of a request that cannot be answered.

use std::collections::{BTreeMap, BTreeSet};

use readback::live::ClientPool;
use readback::model::{
    AccountId, Answer, BranchId, Dot, Guarantees, Incarnation, Operation, Origin, Request, RequestError,
    VersionVector,
};
use readback::network;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::bank::{Bank, guarded_query, options, query};
use super::customers::{SHARED, deposit};

const HERE: BranchId = BranchId(1);
const STRANGER: BranchId = BranchId(9);

fn bank() -> Bank {
    Bank::start(options(2, 3, 0, network::perfect()))
}

async fn channel(bank: &Bank) -> Channel {
    let address = format!("http://{}", bank.branch(1).address());
    let endpoint = Endpoint::from_shared(address).expect("a socket address makes a URI");
    endpoint.connect().await.expect("the branch listens")
}

#[test]
fn health_says_that_the_bank_serves_and_knows_no_other_service() {
    let bank = bank();
    bank.live(async {
        let mut health = HealthClient::new(channel(&bank).await);
        for service in ["", "readback.v1.Bank"] {
            let request = HealthCheckRequest { service: service.to_owned() };
            let answer = health.check(request).await.expect("a known service").into_inner();
            assert_eq!(answer.status(), ServingStatus::Serving, "service `{service}`");
        }
        let unknown = HealthCheckRequest { service: "readback.v1.Bakery".to_owned() };
        let refused = health.check(unknown).await.expect_err("there is no bakery");
        assert_eq!(refused.code(), tonic::Code::NotFound);
    });
}

#[test]
fn reflection_lists_both_services() {
    let bank = bank();
    let listed = bank.live(async {
        let mut reflection = ServerReflectionClient::new(channel(&bank).await);
        let list = MessageRequest::ListServices(String::new());
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
        let answers = reflection.server_reflection_info(tokio_stream::iter([request])).await;
        let answer = answers.expect("reflection is served").into_inner().message().await;
        match answer.expect("an answer").and_then(|answer| answer.message_response) {
            Some(MessageResponse::ListServicesResponse(services)) => services.service,
            other => panic!("asked for services, and heard {other:?}"),
        }
    });
    let names: BTreeSet<&str> = listed.iter().map(|service| service.name.as_str()).collect();
    for service in ["readback.v1.Bank", "readback.v1.Replication", "grpc.health.v1.Health"] {
        assert!(names.contains(service), "{service} is not among {names:?}");
    }
}

/// The first write of a branch in an incarnation that never was.
fn unheard_of(branch: BranchId) -> Dot {
    Origin { branch, incarnation: Incarnation { started_at: u64::MAX, nonce: 1 } }.dot(1)
}

fn token(dot: Dot) -> VersionVector {
    [(dot.origin, dot.counter)].into_iter().collect()
}

async fn error(branches: &ClientPool, request: Request) -> RequestError {
    let reply = branches.send(request, 0).await.expect("a branch's own answer, not the transport's");
    reply.outcome.expect_err("no branch can answer this")
}

#[test]
fn a_request_that_cannot_be_answered_gets_its_exact_error() {
    let bank = bank();
    let current = bank.branch(1).incarnation();
    let gone = Incarnation { nonce: current.nonce ^ 1, ..current };
    let write = Request { operation: deposit(SHARED, 1), ..query(HERE) };
    let rows = [
        (
            Request { operation: Operation::Query { account: AccountId(3) }, ..query(HERE) },
            RequestError::UnknownAccount { account: 3, last: 2 },
        ),
        (guarded_query(HERE, &token(unheard_of(STRANGER))), RequestError::UnknownBranch { branch: STRANGER }),
        (write.clone(), RequestError::IncarnationMissing),
        (Request { incarnation: Some(gone), ..write }, RequestError::IncarnationGone { current }),
    ];
    bank.live(async {
        for (request, expected) in rows {
            assert_eq!(error(&bank.branches, request.clone()).await, expected, "{request:?}");
        }
        let answered = bank.branches.send(query(HERE), 0).await.map(|reply| reply.outcome);
        assert!(matches!(answered, Some(Ok(Answer::Balance { balance: 0, .. }))), "{answered:?}");
    });
}

#[test]
fn a_token_binds_only_with_the_guarantee_and_its_deadline_names_what_is_missing() {
    let bank = bank();
    let dot = unheard_of(BranchId(2));
    let guarded = Request { max_wait: std::time::Duration::ZERO, ..guarded_query(HERE, &token(dot)) };
    let unbound = Request { guarantees: Guarantees::NONE, ..guarded.clone() };
    bank.live(async {
        let error = error(&bank.branches, guarded).await;
        assert!(matches!(&error, RequestError::Deadline { missing, .. } if *missing == [dot]), "{error}");
        let answered = bank.branches.send(unbound, 0).await.map(|reply| reply.outcome);
        assert!(matches!(answered, Some(Ok(Answer::Balance { .. }))), "{answered:?}");
    });
}

#[test]
fn a_request_that_reaches_another_branch_than_it_means_learns_both() {
    let bank = bank();
    let misled = BTreeMap::from([(BranchId(2), bank.branch(1).address())]);
    bank.live(async {
        let error =
            error(&ClientPool::new(&misled).expect("the process has descriptors left"), query(BranchId(2)))
                .await;
        assert_eq!(error, RequestError::WrongBranch { meant: BranchId(2), actual: HERE });
    });
}
