//! The bytes of a history: what they are, and that the documentation lists all of them.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::Value;

use super::{SMALL, findings, load, read, small, unzip, write};
use crate::history::{
    CauseWord, Complete, Edge, Event, FaultEvent, OriginIndex, RecordedOutcome, RecordedSuccess,
    SessionIndex, Witness, Writer,
};
use crate::model::{AccountId, BranchId, Time};

#[test]
fn a_history_is_written_as_it_stands_in_the_golden_file() {
    assert_eq!(unzip(&write(&small())), SMALL);
}

#[test]
fn a_line_means_what_the_documentation_says() {
    let events = small();
    let witness: Witness = [(OriginIndex(0), 1), (OriginIndex(1), 1)].into_iter().collect();
    let complete = Complete {
        t: Time(21_400),
        session: SessionIndex(0),
        number: 2,
        outcome: RecordedOutcome::Ok(RecordedSuccess::Balance { balance: 1250, witness }),
        attempts: 1,
        parked: Duration::from_nanos(19_000),
        answered: Some(Time(21_200)),
    };
    assert_eq!(events[16], Event::Complete(complete));
    let Event::Complete(fell) = &events[22] else { panic!("{:?}", events[22]) };
    let witness = [(OriginIndex(0), 1)].into_iter().collect();
    assert_eq!(fell.outcome, RecordedOutcome::Ok(RecordedSuccess::Balance { balance: 1000, witness }));
    let Event::Complete(unknown) = &events[17] else { panic!("{:?}", events[17]) };
    let RecordedOutcome::Info(cause) = &unknown.outcome else { panic!("{unknown:?}") };
    assert_eq!(cause.word, CauseWord::GivenUp);
}

#[test]
fn integers_that_may_lie_beyond_2_to_53_may_be_text() {
    let mut changed = 0;
    let lines = SMALL.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        for pointer in
            ["/seed", "/amount", "/balance", "/accounts/balance", "/accounts/except/0/1", "/balances/0/1"]
        {
            if let Some(number) = line.pointer_mut(pointer).filter(|value| value.is_number()) {
                *number = Value::String(number.to_string());
                changed += 1;
            }
        }
        format!("{line}\n")
    });
    let text: String = lines.collect();
    assert!(
        changed > 8 && text.contains("\"seed\":\"7\"") && text.contains("\"9223372036854775807\""),
        "{text}"
    );
    let (events, error) = read(text.as_bytes());
    assert!(error.is_none(), "{error:?}");
    assert_eq!(events, small());
}

#[test]
fn every_key_is_in_the_table_of_the_documentation() {
    let essay = include_str!("../mod.rs");
    for line in SMALL.lines() {
        let Value::Object(keys) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
        let kind = keys["e"].as_str().unwrap();
        let rows: Vec<&str> =
            essay.lines().filter(|row| row.starts_with(&format!("//! | `{kind}` |"))).collect();
        for key in keys.keys().filter(|key| *key != "e") {
            let named = rows.iter().any(|row| row.split('|').nth(2).unwrap().contains(&format!("`{key}`")));
            assert!(named, "`{key}` of `{kind}`");
        }
    }
}

#[test]
fn a_fault_that_strikes_a_branch_names_it_and_says_if_its_log_is_gone() {
    let fault = |edge, loses_state| {
        let (kind, text) = ("crash".to_owned(), "it is down".to_owned());
        Event::Fault(FaultEvent {
            t: Time(1),
            fault: 2,
            edge,
            kind,
            text,
            branch: Some(BranchId(3)),
            loses_state,
        })
    };
    let lines = unzip(&write(&[fault(Edge::Begin, true), fault(Edge::End, false)]));
    let keys = r#""kind":"crash","text":"it is down","branch":3"#;
    let begin = format!(r#"{{"e":"fault","t":1,"fault":2,"edge":"begin",{keys},"loses_state":true}}"#);
    let end = format!(r#"{{"e":"fault","t":1,"fault":2,"edge":"end",{keys}}}"#);
    assert_eq!(lines.lines().collect::<Vec<_>>(), [begin, end]);
    let essay = include_str!("../mod.rs");
    assert!(["branch", "loses_state"].iter().all(|key| essay.contains(&format!("| `fault` | `{key}` |"))));
}

#[test]
fn equal_events_give_equal_bytes() {
    assert_eq!(write(&small()), write(&small()));
}

#[test]
fn the_valid_history_has_no_finding_and_its_operations_are_paired() {
    assert_eq!(findings(|_| {}), [""; 0]);
    let history = load(SMALL).unwrap();
    let lines: Vec<(u64, Option<u64>)> = history
        .operations
        .iter()
        .map(|operation| (operation.invoke.line, operation.complete.as_ref().map(|complete| complete.line)))
        .collect();
    assert_eq!(
        lines,
        [(6, Some(9)), (11, Some(17)), (12, Some(18)), (20, Some(21)), (22, Some(23)), (26, None)]
    );
    assert_eq!(history.open().count(), 1);
    assert_eq!(history.ended_at, Some(Time(70_000)));
    let counts = [history.applies.len(), history.sent.len(), history.faults.len(), history.phases.len()];
    assert_eq!(counts, [5, 3, 2, 4]);
    assert_eq!([history.finals.len(), history.refused.len(), history.notes.len()], [2, 1, 1]);
}

#[test]
fn accounts_hold_the_common_balance_or_their_own() {
    let accounts = load(SMALL).unwrap().header.accounts;
    let initial = [0, 2, 3].map(|account| accounts.initial(AccountId(account)));
    assert_eq!(initial, [Some(1000), Some(i64::MAX), None]);
}

#[test]
fn an_operation_takes_less_than_two_hundred_bytes() {
    assert!(
        size_of::<crate::history::PairedOperation>() < 200,
        "{}",
        size_of::<crate::history::PairedOperation>()
    );
}

#[test]
fn the_end_has_the_number_of_lines() {
    let mut writer = Writer::new(Vec::new());
    let events = small();
    events[..35].iter().for_each(|event| writer.append(event).unwrap());
    assert_eq!(unzip(&writer.end(Time(70_000)).unwrap()), SMALL);
}

/// Counts what reached the file, and never says more about it.
#[derive(Default)]
struct Counted(Vec<u8>);

impl Write for &mut Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_was_written_a_second_ago_is_readable_while_the_run_goes_on() {
    let mut out = Counted::default();
    let mut writer = Writer::new(&mut out);
    small()[..35].iter().for_each(|event| writer.append(event).unwrap());
    let mut late = small()[34].clone();
    let Event::Note(note) = &mut late else { panic!("{late:?}") };
    note.t = Time(2_000_000_000);
    writer.append(&late).unwrap();
    // A killed process runs no destructor.
    std::mem::forget(writer);
    let (events, error) = read(&out.0);
    assert_eq!(events.len(), 36);
    assert_eq!(error.unwrap().to_string(), "the history is cut off after line 36");
}
