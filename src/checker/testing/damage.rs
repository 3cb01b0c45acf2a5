//! A sound history that is damaged by hand is refused as malformed or found violated, each with the line.

use serde_json::{Value, json};

use super::history_builder::HistoryBuilder;
use super::properties::sequential;
use super::{WORKLOAD, assert_valid, judge, judged};
use crate::history::{
    Complete, Event, History, Note, OriginIndex, Reader, RecordedOutcome, RecordedSuccess, Refused, Sent,
    SessionIndex, Unfit,
};
use crate::model::{AccountId, BranchId, Operation, Time};
use crate::results::{Judgement, Verdict};

/// A bank that keeps everything, and lines of every kind.
fn sound() -> HistoryBuilder {
    sequential(HistoryBuilder::all_promised(), 90, |builder| {
        builder.strikes(0, 1, false);
        builder.relents(0, 1);
        builder.happens(|t| Event::Note(Note { t, text: "nothing".to_owned() }));
        builder.happens(|t| Event::Refused(refused(t)));
        builder.happens(|t| Event::Sent(sent(t)));
    })
}

fn refused(t: Time) -> Refused {
    let (session, branch) = (SessionIndex(0), BranchId(1));
    let operation = Operation::Query { account: AccountId(0) };
    Refused { t, session, branch, operation, intended: t, warm_up: false }
}

fn sent(t: Time) -> Sent {
    let (from, to, origin) = (BranchId(1), BranchId(2), OriginIndex(0));
    Sent { t, from, to, origin, first: 1, last: 1, copy: 0, delays: Default::default() }
}

/// What becomes of a history with these lines.
fn outcome(lines: &[String]) -> Result<Judgement, Unfit> {
    let text = lines.join("\n") + "\n";
    let reader = Reader::new(text.as_bytes()).expect("memory can be read");
    History::load(reader).map(|history| judge(&history, WORKLOAD.accounts()))
}

/// Fails unless something that must not be is found, with one of these lines.
#[track_caller]
fn assert_found_at(judgement: &Judgement, lines: &[usize]) {
    assert_eq!(judgement.verdict, Verdict::Violated, "{lines:?}: {judgement:#?}");
    let mut lines_named = judgement.violations.iter().flat_map(|violation| &violation.lines);
    assert!(lines_named.any(|&line| lines.contains(&(line as usize))), "{lines:?}: {judgement:#?}");
}

#[test]
fn the_history_is_sound_and_has_many_reads() {
    let judgement = judged(&sound());
    assert_valid(&judgement);
    assert!(judgement.reads_judged > 30, "{judgement:#?}");
    assert!(outcome(&sound().lines()).is_ok_and(|judgement| judgement.verdict == Verdict::Valid));
}

#[test]
fn a_history_from_which_a_line_was_removed_is_malformed_whichever_it_is() {
    let lines = sound().lines();
    for gone in 0..lines.len() {
        let mut less = lines.clone();
        less.remove(gone);
        let error = outcome(&less).expect_err("the end has the number of lines").to_string();
        assert!(error.contains("line "), "without line {}: {error}", gone + 1);
    }
}

/// Lines that leave no trace when they are removed: what was sent, refused or noted, and milestones that no rule needs.
fn leaves_no_trace(line: &Value) -> bool {
    match line["e"].as_str().expect("every line has a kind") {
        "sent" | "refused" | "note" => true,
        "phase" => line["phase"] != "drained" && line["phase"] != "healed",
        _ => false,
    }
}

#[test]
fn even_if_the_end_was_mended_a_removed_line_is_missed_unless_it_leaves_no_trace() {
    let lines = sound().lines();
    for (gone, line) in lines.iter().enumerate().take(lines.len() - 1) {
        let mut less = lines.clone();
        less.remove(gone);
        let end = less.last_mut().expect("there are more lines");
        *end = end.replace(&format!("\"lines\":{}", lines.len()), &format!("\"lines\":{}", lines.len() - 1));
        let value: Value = serde_json::from_str(line).unwrap();
        let is_sound = outcome(&less).is_ok_and(|judgement| judgement.verdict == Verdict::Valid);
        assert_eq!(is_sound, leaves_no_trace(&value), "without line {}: {line}", gone + 1);
    }
}

#[test]
fn a_balance_that_was_changed_is_found_in_its_line() {
    let lines = sound().lines();
    let mut changed = 0;
    for (at, line) in lines.iter().enumerate() {
        let mut value: Value = serde_json::from_str(line).unwrap();
        let Some(balance) = value.get("balance").and_then(Value::as_i64).filter(|_| value["e"] == "complete")
        else {
            continue;
        };
        // By one unit, by the least amounts of digit accounts, and by the radix of the shared ones.
        for by in [1, -1, 4, -4, 16, 234, -234] {
            value["balance"] = json!(balance + by);
            let mut other = lines.clone();
            other[at] = value.to_string();
            assert_found_at(&outcome(&other).expect("it is well-formed"), &[at + 1]);
            changed += 1;
        }
    }
    assert!(changed > 200, "{changed}");
}

/// The reads that were answered, by their place among the events.
fn answers(events: &[Event]) -> Vec<usize> {
    let is_answer = |&at: &usize| {
        let Event::Complete(Complete { outcome, .. }) = &events[at] else { return false };
        matches!(outcome, RecordedOutcome::Ok(RecordedSuccess::Balance { .. }))
    };
    (0..events.len()).filter(is_answer).collect()
}

fn reply(events: &mut [Event], at: usize) -> &mut RecordedOutcome {
    match &mut events[at] {
        Event::Complete(complete) => &mut complete.outcome,
        other => panic!("{other:?} is no completion"),
    }
}

#[test]
fn replies_that_were_swapped_are_found_in_one_of_their_lines_unless_they_are_equal() {
    let sound = sound();
    let answers = answers(sound.clone().events());
    let (mut swapped, mut equal) = (0, 0);
    for (nth, &one) in answers.iter().enumerate() {
        for &two in answers.iter().skip(nth + 1).take(6) {
            let mut builder = sound.clone();
            let events = builder.events();
            let (first, second) = (reply(events, one).clone(), reply(events, two).clone());
            if first == second {
                equal += 1;
                continue;
            }
            *reply(events, one) = second;
            *reply(events, two) = first;
            assert_found_at(&judged(&builder), &[one + 1, two + 1]);
            swapped += 1;
        }
    }
    assert!(swapped > 100, "{swapped} were swapped, and {equal} are equal");
}
