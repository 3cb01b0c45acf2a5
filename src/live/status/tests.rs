use std::collections::BTreeSet;

use proptest::prelude::*;
use tonic::codegen::http::HeaderMap;

use super::*;
use crate::live::wire::proto::DepositRequest;
use crate::live::wire::{IncomingCall, arbitrary};
use crate::model::Time;
use crate::model::{Answer, BranchId, Dot, Incarnation, NotServing, Origin};

/// Through the trailers of a response, as a client gets it.
fn over_the_wire(status: &Status) -> Status {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers).unwrap();
    Status::from_header_map(&trailers).unwrap()
}

fn error_info(status: &Status) -> pb::ErrorInfo {
    let details = pb::Status::decode(status.details()).unwrap().details;
    let info = details.iter().find(|detail| detail.type_url == ERROR_INFO).unwrap();
    pb::ErrorInfo::decode(info.value.as_slice()).unwrap()
}

/// The longest dots that there are.
fn dots(count: u64) -> Vec<Dot> {
    let incarnation = Incarnation { started_at: u64::MAX, nonce: u64::MAX };
    let origin = Origin { branch: BranchId(u32::MAX), incarnation };
    (0..count).map(|index| origin.dot(u64::MAX - index)).collect()
}

const SENDING: Sending = Sending { at: Time(5), delay: Duration::from_nanos(7) };

proptest! {
    #[test]
    fn an_error_survives_the_trailers(
        sent in arbitrary::error(),
        parked_ns: u64,
        sending in proptest::option::of(arbitrary::sending()),
    ) {
        let parked_for = Duration::from_nanos(parked_ns);
        let status = over_the_wire(&error(&sent, parked_for, sending));
        prop_assert_eq!(status.message(), sent.to_string());
        let expected = CallReply { reply: Reply { outcome: Err(sent), parked_for }, sending };
        prop_assert_eq!(reply(&status), Some(expected));
    }
}

#[test]
fn each_error_has_a_code_and_a_reason_of_its_own() {
    let branch = BranchId(1);
    let (missing, waited) = (Vec::new(), Duration::ZERO);
    let current = Incarnation { started_at: 1, nonce: 0 };
    let rows = [
        (
            RequestError::WrongBranch { meant: branch, actual: branch },
            Code::FailedPrecondition,
            "WRONG_BRANCH",
        ),
        (RequestError::UnknownAccount { account: 9, last: 0 }, Code::NotFound, "UNKNOWN_ACCOUNT"),
        (RequestError::UnknownBranch { branch }, Code::InvalidArgument, "UNKNOWN_BRANCH"),
        (RequestError::IncarnationMissing, Code::InvalidArgument, "INCARNATION_MISSING"),
        (RequestError::IncarnationGone { current }, Code::Aborted, "INCARNATION_GONE"),
        (RequestError::Deadline { missing: missing.clone(), waited }, Code::DeadlineExceeded, "DEADLINE"),
        (RequestError::TokenLost { missing, waited }, Code::DataLoss, "TOKEN_LOST"),
        (RequestError::ParkedFull { parked: 1 }, Code::ResourceExhausted, "PARKED_FULL"),
        (RequestError::TooManyCopies { copies: 1 }, Code::ResourceExhausted, "TOO_MANY_COPIES"),
        (RequestError::LogFull { retained: 1 }, Code::ResourceExhausted, "LOG_FULL"),
        (RequestError::DiskFull, Code::ResourceExhausted, "DISK_FULL"),
        (RequestError::StaleNumber { number: 1, remembered: 2 }, Code::FailedPrecondition, "STALE_NUMBER"),
        (RequestError::SessionForgotten, Code::Aborted, "SESSION_FORGOTTEN"),
        (RequestError::BalanceOutOfRange, Code::OutOfRange, "BALANCE_OUT_OF_RANGE"),
        (RequestError::NotServing { reason: NotServing::Joining }, Code::Unavailable, "JOINING"),
        (RequestError::NotServing { reason: NotServing::StateLost }, Code::FailedPrecondition, "STATE_LOST"),
        (RequestError::ShuttingDown, Code::Unavailable, "SHUTTING_DOWN"),
    ];
    let mut reasons = BTreeSet::new();
    for (cause, code, reason) in rows {
        let status = error(&cause, Duration::ZERO, None);
        let info = error_info(&status);
        assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, "readback"));
        assert!(reasons.insert(reason), "{reason} twice");
    }
}

#[test]
fn an_overflow_is_out_of_range_and_comes_back_as_a_refusal() {
    let status = over_the_wire(&overflow(Duration::from_millis(3), Some(SENDING)));
    assert_eq!((status.code(), error_info(&status).reason.as_str()), (Code::OutOfRange, "OVERFLOW"));
    let outcome = Ok(Answer::Refused(Refusal::Overflow));
    let sent = Reply { outcome, parked_for: Duration::from_millis(3) };
    assert_eq!(reply(&status), Some(CallReply { reply: sent, sending: Some(SENDING) }));
}

#[test]
fn a_malformed_message_is_an_invalid_argument_that_names_the_field_and_no_reply() {
    let error = IncomingCall::try_from(DepositRequest { amount: 0, ..Default::default() }).unwrap_err();
    let status = over_the_wire(&error.into());
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "amount is zero"));
    let info = error_info(&status);
    assert_eq!((info.reason.as_str(), info.metadata["field"].as_str()), ("MALFORMED_REQUEST", "amount"));
    assert_eq!(reply(&status), None);
}

#[test]
fn a_status_of_the_transport_is_no_reply() {
    for details in [&b""[..], b"not a message"] {
        assert_eq!(
            reply(&Status::with_details(Code::Unavailable, "broken pipe", details.to_vec().into())),
            None
        );
    }
}

#[test]
fn missing_writes_beyond_the_bound_are_counted_and_not_listed() {
    let waited = Duration::from_secs(1);
    let status = error(&RequestError::Deadline { missing: dots(40), waited }, waited, None);
    assert!(status.message().ends_with(" (8 more are not listed)"), "{}", status.message());
    let missing = dots(32);
    assert_eq!(reply(&status).unwrap().reply.outcome, Err(RequestError::Deadline { missing, waited }));
}

#[test]
fn the_largest_status_fits_the_trailers_that_common_clients_accept() {
    let (missing, longest) = (dots(100), Duration::from_nanos(u64::MAX));
    let status = error(
        &RequestError::TokenLost { missing, waited: longest },
        longest,
        Some(Sending { at: Time(u64::MAX), delay: longest }),
    );
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers).unwrap();
    // RFC 9113, section 6.5.2: the size of a list counts 32 bytes for each header.
    let size: usize = trailers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    assert!(size < 8 * 1024, "{size} bytes");
}
