//! The space-time diagram: what is on it, and that no text covers another.

use super::super::space_time;
use crate::results::{Lane, MessageArrow, MessageKind, Moment, SpaceTime, TimedBar, TimedBarKind, Weight};

fn moment(at_ns: u64, lane: Option<usize>, text: &str, weight: Weight) -> Moment {
    Moment { at_ns, lane, text: text.to_owned(), weight }
}

/// A write at branch 1, a batch that is lost, and a stale read at branch 2.
fn diagram() -> SpaceTime {
    let lane = |name: &str, is_branch| Lane { name: name.to_owned(), is_branch };
    let message = |kind, sent, from, to, arrived| MessageArrow { kind, sent, from, to, arrived };
    SpaceTime {
        title: "a read misses an own write".to_owned(),
        subtitle: "session 0's read of account 3 at branch 2 misses n1:1".to_owned(),
        lanes: vec![lane("session 0", false), lane("branch 1", true), lane("branch 2", true)],
        moments: vec![
            moment(0, Some(0), "session 0 deposits 64 to account 3 at branch 1", Weight::Operation),
            moment(1_000_000, None, "partition 1 | 2 begins", Weight::Plain),
            moment(1_500_000, Some(1), "branch 1 applies n1:1; run n1:1 to branch 2 (lost)", Weight::Plain),
            moment(2_000_000, Some(0), "ok, written as n1:1", Weight::Owed),
            moment(2_000_000, None, "partition 1 | 2 ends", Weight::Plain),
            moment(3_000_000, Some(2), &"answers ".repeat(40), Weight::Plain),
            moment(4_000_000, Some(0), "ok, balance 0, witness []", Weight::Guilty),
        ],
        messages: vec![
            message(MessageKind::Call, 0, 0, 1, Some(2)),
            message(MessageKind::Run, 2, 1, 2, None),
            message(MessageKind::Call, 2, 1, 0, Some(3)),
            message(MessageKind::Call, 5, 2, 0, Some(6)),
        ],
        bars: vec![
            TimedBar { kind: TimedBarKind::Fault, lanes: Vec::new(), from: 1, until: 4 },
            TimedBar { kind: TimedBarKind::Parked, lanes: vec![2], from: 4, until: 5 },
            TimedBar { kind: TimedBarKind::Operation, lanes: vec![0], from: 0, until: 3 },
        ],
        notes: vec!["3 messages that matter less are left out".to_owned()],
    }
}

/// Text, where it is anchored, and its place, in the finer units of the drawing.
fn texts(svg: &str) -> Vec<(String, String, f64, f64)> {
    let attribute = |head: &str, name: &str| {
        let value = head.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        value.unwrap_or_default().to_owned()
    };
    let number = |head: &str, name: &str| attribute(head, name).parse::<f64>().unwrap_or(f64::NAN);
    let parts = svg.split("<text ").skip(1);
    parts
        .map(|part| {
            let (head, rest) = part.split_once('>').expect("a tag is closed");
            let text = rest.split('<').next().unwrap_or_default().trim().to_owned();
            (text, attribute(head, "text-anchor"), number(head, "x"), number(head, "y"))
        })
        .collect()
}

#[test]
fn everything_is_drawn_and_the_same_diagram_gives_the_same_bytes() {
    let drawing = space_time(&diagram());
    let drawn: Vec<String> = texts(&drawing.svg).into_iter().map(|(text, ..)| text).collect();
    for expected in
        ["branch 2", "partition 1 | 2 begins", "ok, written as n1:1", "1.500", "lost", "must not be"]
    {
        assert!(drawn.iter().any(|text| text.contains(expected)), "{expected}: {drawn:?}");
    }
    assert_eq!(space_time(&diagram()), drawing);
    let png = &drawing.png;
    assert_eq!(png[1..4], *b"PNG");
}

#[test]
fn no_text_covers_another() {
    let drawn = texts(&space_time(&diagram()).svg);
    // Rows are as far apart as letters are high; so only texts of one row can touch, and those are in columns.
    for (index, (text, anchor, x, y)) in drawn.iter().enumerate() {
        for (other, other_anchor, other_x, other_y) in &drawn[index + 1..] {
            let is_beside = (y - other_y).abs() >= 34.0;
            let is_apart =
                (x - other_x).abs() >= 2.0 && (anchor != other_anchor || (x - other_x).abs() > 60.0);
            assert!(is_beside || is_apart, "`{text}` and `{other}`: {x} {y}, {other_x} {other_y}");
        }
    }
}

#[test]
fn texts_that_do_not_fit_are_shortened() {
    let drawn = texts(&space_time(&diagram()).svg);
    let long = drawn.iter().find(|(text, ..)| text.starts_with("answers answers")).expect("it is there");
    assert!(long.0.len() < 100, "{}", long.0);
}

#[test]
fn a_diagram_of_nothing_is_drawn() {
    assert!(space_time(&SpaceTime::default()).svg.starts_with("<svg"));
}
