//! Any events come back as they were, whether or not they make a well-formed history.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{read, write};
use crate::history::well_formed::WellFormed;
use crate::history::{
    Apply, Cause, CauseWord, Complete, Edge, Event, FaultEvent, Final, Follows, Header, HistoryEnd,
    InitialBalances, Invoke, Member, Milestone, Note, OriginIndex, OriginNamed, PhaseEvent, RecordedOutcome,
    RecordedSuccess, Refused, Sent, SessionIndex, SessionOpened, Substrate, VERSION, Witness,
};
use crate::model::{
    AccountId, Amount, BranchId, Guarantees, Incarnation, Operation, SessionId, Strategy as Kept, Time,
    WriteKind,
};

fn time() -> impl Strategy<Value = Time> {
    prop_oneof![0..1000u64, any::<u64>()].prop_map(Time)
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(0), any::<u64>()].prop_map(Duration::from_nanos)
}

fn branch() -> impl Strategy<Value = BranchId> {
    any::<u32>().prop_map(BranchId)
}

fn origin() -> impl Strategy<Value = OriginIndex> {
    prop_oneof![0..4u32, any::<u32>()].prop_map(OriginIndex)
}

fn session() -> impl Strategy<Value = SessionIndex> {
    prop_oneof![0..3u32, any::<u32>()].prop_map(SessionIndex)
}

fn witness() -> impl Strategy<Value = Witness> {
    let counter = prop_oneof![0..5u64, 0..=i64::MAX as u64];
    vec((origin(), counter), 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn operation() -> impl Strategy<Value = Operation> {
    let kind = prop_oneof![Just(WriteKind::Deposit), Just(WriteKind::Withdraw)];
    let write = (kind, any::<u64>(), 1..=u64::MAX).prop_map(|(kind, account, amount)| Operation::Write {
        kind,
        account: AccountId(account),
        amount: Amount::new(amount).expect("from 1 on"),
    });
    let query = any::<u64>().prop_map(|account| Operation::Query { account: AccountId(account) });
    prop_oneof![write, query]
}

fn plan() -> impl Strategy<Value = Value> {
    (any::<f64>(), any::<u64>(), ".*", any::<bool>())
        .prop_map(|(number, whole, text, flag)| json!({ "a": [number, whole, null], "b": { text: flag } }))
}

fn header() -> impl Strategy<Value = Event> {
    let member = (branch(), option::of(".*")).prop_map(|(branch, region)| Member { branch, region });
    let accounts = (any::<u64>(), any::<i64>(), vec(any::<(u64, i64)>(), 0..3))
        .prop_map(|(count, balance, except)| InitialBalances { count, balance, except });
    let guarantees = any::<[bool; 4]>().prop_map(|[first, second, third, fourth]| Guarantees {
        read_your_writes: first,
        monotonic_reads: second,
        monotonic_writes: third,
        writes_follow_reads: fourth,
    });
    let substrate = prop_oneof![Just(Substrate::Live), Just(Substrate::Sim)];
    let strategy = prop_oneof![Just(Kept::None), Just(Kept::Wait)];
    let kept = (strategy, guarantees, option::of(span()));
    let parts = (".*", any::<u64>(), substrate, vec(member, 0..3), accounts, kept, plan());
    parts.prop_map(|(trial, seed, substrate, branches, accounts, kept, plan)| {
        let (strategy, guarantees, patience) = kept;
        let version = VERSION;
        Event::Header(Header {
            version,
            trial,
            seed,
            substrate,
            branches,
            accounts,
            strategy,
            guarantees,
            patience,
            plan,
        })
    })
}

fn names() -> impl Strategy<Value = Event> {
    let named = (time(), origin(), branch(), any::<(u64, u64)>()).prop_map(
        |(t, index, branch, (started_at, nonce))| {
            Event::Origin(OriginNamed { t, index, branch, incarnation: Incarnation { started_at, nonce } })
        },
    );
    let follows = option::of(
        (session(), any::<bool>()).prop_map(|(session, token_kept)| Follows { session, token_kept }),
    );
    let opened = (time(), session(), any::<(u64, u64)>(), option::of(".*"), follows).prop_map(
        |(t, index, (opened_at, nonce), region, follows)| {
            Event::Session(SessionOpened { t, index, id: SessionId { opened_at, nonce }, region, follows })
        },
    );
    prop_oneof![named, opened]
}

fn begins() -> impl Strategy<Value = Event> {
    let parts =
        (time(), session(), any::<u64>(), branch(), operation(), time(), any::<bool>(), any::<bool>());
    parts.prop_map(|(t, session, number, branch, operation, intended, warm_up, refused)| match refused {
        true => Event::Refused(Refused { t, session, branch, operation, intended, warm_up }),
        false => Event::Invoke(Invoke { t, session, number, branch, operation, intended, warm_up }),
    })
}

fn ends() -> impl Strategy<Value = Event> {
    let cause = || ".*".prop_map(|text| Cause::new(CauseWord::Deadline, text));
    let outcome = prop_oneof![
        (origin(), any::<u64>()).prop_map(|(origin, counter)| RecordedOutcome::Ok(
            RecordedSuccess::Written { dot: origin.dot(counter) }
        )),
        (any::<i64>(), witness()).prop_map(|(balance, witness)| RecordedOutcome::Ok(
            RecordedSuccess::Balance { balance, witness }
        )),
        cause().prop_map(RecordedOutcome::Fail),
        cause().prop_map(RecordedOutcome::Info),
    ];
    let parts = (time(), session(), any::<u64>(), outcome, any::<u32>(), span(), option::of(time()));
    parts.prop_map(|(t, session, number, outcome, attempts, parked, answered)| {
        Event::Complete(Complete { t, session, number, outcome, attempts, parked, answered })
    })
}

fn replication() -> impl Strategy<Value = Event> {
    let apply =
        (time(), branch(), origin(), any::<(u64, u64)>()).prop_map(|(t, branch, origin, (first, last))| {
            Event::Apply(Apply { t, branch, origin, first, last })
        });
    let sent = (time(), (branch(), branch()), origin(), any::<(u64, u64)>(), any::<u32>(), vec(span(), 0..3))
        .prop_map(|(t, (from, to), origin, (first, last), copy, delays)| {
            Event::Sent(Sent { t, from, to, origin, first, last, copy, delays: delays.into() })
        });
    let balances = vec((any::<u64>().prop_map(AccountId), any::<i128>()), 0..3);
    let at_end = (time(), branch(), witness(), balances)
        .prop_map(|(t, branch, applied, balances)| Event::Final(Final { t, branch, applied, balances }));
    prop_oneof![apply, sent, at_end]
}

fn marks() -> impl Strategy<Value = Event> {
    let edge = prop_oneof![Just(Edge::Begin), Just(Edge::End)];
    let whom = (option::of(branch()), any::<bool>());
    let fault = (time(), any::<u32>(), edge, ".*", ".*", whom).prop_map(
        |(t, fault, edge, kind, text, (branch, loses_state))| {
            Event::Fault(FaultEvent { t, fault, edge, kind, text, branch, loses_state })
        },
    );
    let milestone = prop_oneof![
        Just(Milestone::WarmUpOver),
        Just(Milestone::LoadOver),
        Just(Milestone::Healed),
        Just(Milestone::Drained),
        Just(Milestone::DrainBound),
    ];
    let phase = (time(), milestone).prop_map(|(t, reached)| Event::Phase(PhaseEvent { t, reached }));
    let note = (time(), ".*").prop_map(|(t, text)| Event::Note(Note { t, text }));
    let end = (time(), any::<u64>()).prop_map(|(t, lines)| Event::End(HistoryEnd { t, lines }));
    prop_oneof![fault, phase, note, end]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![1 => header(), 1 => names(), 3 => begins(), 6 => ends(), 3 => replication(), 1 => marks()];
    vec(event, 1..40)
}

proptest! {
    #[test]
    fn events_come_back_as_they_were(events in events()) {
        let (back, error) = read(&write(&events));
        prop_assert!(error.is_none(), "{:?}", error);
        prop_assert_eq!(back, events);
    }

    #[test]
    fn no_events_in_any_order_make_the_check_panic(events in events()) {
        let mut well_formed = WellFormed::default();
        for (event, line) in events.iter().zip(1..) {
            well_formed.see(line, event);
        }
        prop_assert!(well_formed.finish().len() <= 100);
    }
}
