//! Histories that were damaged by hand, each with exactly what is found.

use super::findings;

/// Replaces a part of a line, which counts from 1.
fn change(line: usize, from: &str, to: &str) -> impl FnOnce(&mut Vec<String>) {
    move |lines| {
        let changed = lines[line - 1].replace(from, to);
        assert_ne!(changed, lines[line - 1], "line {line} does not hold {from}");
        lines[line - 1] = changed;
    }
}

const SPOILED: &str = "the witness of session 0 counts less than nothing of origin 1, or too much; a line before is \
    changed or missing";
const ONE_LESS: &str = "the end has 36 lines: some are missing or were added";

#[test]
fn a_line_that_is_missing_is_found_wherever_it_was() {
    for gone in 0..36 {
        let found = findings(|lines| drop(lines.remove(gone)));
        let last = found.last().map(String::as_str);
        let end = match gone {
            35 => "line 35: the history ends without its end".to_owned(),
            // The session's next witness falls by the change of the missing line, where reading ends.
            16 => format!("line 22: {SPOILED}"),
            _ => format!("line 35: this is line 35, and {ONE_LESS}"),
        };
        assert_eq!(last, Some(&*end), "without line {}: {found:?}", gone + 1);
    }
}

#[test]
fn a_missing_line_is_found_where_it_is_missed() {
    let rows = [
        (1, "line 1: the history does not begin with its header"),
        (2, "line 2: origin 1 is named where 0 is the next"),
        (4, "line 4: session 1 is opened where 0 is the next"),
        (6, "line 8: operation 1 of session 0 ends, and was not begun or has ended already"),
        (7, "line 32: the final state of branch 1 has 1 writes of origin 0, and it applied 0"),
        (9, "line 10: session 0 begins operation 2 while 1, begun in line 6, has not ended"),
        (13, "line 26: branch 2 applies writes of origin 1 from 2 on where 1 is the next"),
        (15, "line 24: fault 0 begins twice, or ends without having begun"),
        (25, "line 28: Healed is reached while fault 0 has not ended"),
        (29, "line 31: Drained is reached, there were faults, and `healed` is missing before it"),
    ];
    for (gone, first) in rows {
        let found = findings(|lines| drop(lines.remove(gone - 1)));
        assert_eq!(found[0], first, "without line {gone}");
    }
}

#[test]
fn a_fault_is_over_before_everything_has_healed() {
    let late = |lines: &mut Vec<String>| {
        let healed = lines[28].replace("50000", "2000");
        lines.remove(28);
        lines.insert(10, healed);
    };
    assert_eq!(findings(late)[0], "line 16: fault 0 begins after everything has healed");
    // A cluster that is at rest as the load ends is drained on that instant.
    let at_once = |lines: &mut Vec<String>| {
        let over = lines.remove(27).replace("50000", "70000");
        lines.remove(27);
        lines.insert(29, over);
        let end = lines.last_mut().expect("there are lines");
        *end = end.replace("36", "35");
    };
    assert_eq!(findings(at_once), [""; 0]);
    // Without a fault `healed` need not be there.
    let without = |lines: &mut Vec<String>| {
        lines.retain(|line| !line.contains(r#""e":"fault""#) && !line.contains("healed"));
        let end = lines.last_mut().expect("there are lines");
        *end = end.replace("36", "33");
    };
    assert_eq!(findings(without), [""; 0]);
}

#[test]
fn a_pair_of_lines_that_is_missing_is_a_number_that_is_skipped() {
    let found = findings(|lines| drop((lines.remove(16), lines.remove(10))));
    let skipped = "line 20: session 0 begins operation 3 where 2 is the next";
    assert!(found.iter().any(|finding| finding == skipped), "{found:?}");
}

#[test]
fn swapped_replies_are_found() {
    let swap = |lines: &mut Vec<String>| {
        let (ok, unknown) = (lines[16].clone(), lines[17].clone());
        lines[16] = ok.replace(r#""s":0,"n":2"#, r#""s":1,"n":1"#);
        lines[17] = unknown.replace(r#""s":1,"n":1"#, r#""s":0,"n":2"#);
    };
    let found = findings(swap);
    let expected =
        "line 17: operation 1 of session 1 is a write and ends with a balance, or a read with a dot";
    assert_eq!(found[0], expected);

    let found = findings(|lines| lines.swap(16, 17));
    assert_eq!(found, ["line 18: the time falls from 30µs to 21.4µs"]);
}

#[test]
fn each_change_is_one_finding_in_its_line() {
    let rows = [
        (
            9,
            r#""n":1"#,
            r#""n":2"#,
            "line 9: operation 2 of session 0 ends while 1, begun in line 6, is in flight",
        ),
        (
            9,
            r#""s":0"#,
            r#""s":1"#,
            "line 9: operation 1 of session 1 ends, and was not begun or has ended already",
        ),
        (9, "1200", "999", "line 9: the branch answered at 999ns, outside of the operation's 1µs to 1.4µs"),
        (9, "[0,1]", "[2,1]", "line 9: origin 2 was not named before"),
        (9, "[0,1]", "[0,0]", "line 9: operation 1 of session 0 is named 0:0, and counters begin with 1"),
        (10, "2000", "1399", "line 10: the time falls from 1.4µs to 1.399µs"),
        (11, r#""s":0"#, r#""s":9"#, "line 11: session 9 was not opened before"),
        (14, r#""to":1"#, r#""to":7"#, "line 14: branch 7 is not in the header"),
        (14, r#""first":1"#, r#""first":2"#, "line 14: writes 2 to 1 are no run"),
        (16, r#""o":0"#, r#""o":2"#, "line 16: origin 2 was not named before"),
        (17, "[1,1]", "[3,1]", "line 17: origin 3 was not named before"),
        (19, r#"{"s":1"#, r#"{"s":3"#, "line 19: session 3 was not opened before"),
        (24, r#""s":0"#, r#""s":3"#, "line 24: session 3 was not opened before"),
        (26, r#""branch":2"#, r#""branch":3"#, "line 26: branch 3 is not in the header"),
        (29, "healed", "load_over", "line 29: LoadOver is reached after LoadOver"),
        (
            31,
            r#""first":1"#,
            r#""first":2"#,
            "line 31: branch 1 applies writes of origin 1 from 2 on where 1 is the next",
        ),
        (
            34,
            "[1,2]",
            "[1,3]",
            "line 34: the final state of branch 2 has 3 writes of origin 1, and it applied 2",
        ),
        (34, r#""branch":2"#, r#""branch":1"#, "line 34: a second final state of branch 1"),
        (
            3,
            r#""branch":2,"incarnation":"a.2"#,
            r#""branch":1,"incarnation":"a.1"#,
            "line 3: origin 1@a.1 has a name already",
        ),
        (
            36,
            "36",
            "37",
            "line 36: this is line 36, and the end has 37 lines: some are missing or were added",
        ),
    ];
    for (line, from, to, expected) in rows {
        let found = findings(change(line, from, to));
        assert_eq!(found[0], expected);
    }
}

#[test]
fn writes_that_are_applied_again_are_found() {
    let found = findings(change(31, r#""o":1,"first":1"#, r#""o":0,"first":1"#));
    assert_eq!(found[0], "line 31: branch 1 applies writes of origin 0 from 1 on again; 2 is the next");
}

#[test]
fn a_second_header_and_what_follows_the_end_are_found() {
    let found = findings(|lines| lines.insert(4, lines[0].clone()));
    assert_eq!(found[0], "line 5: a second header");
    let found = findings(|lines| lines.push(lines[34].clone()));
    assert_eq!(found, ["line 37: something follows the end"]);
}

#[test]
fn a_new_life_of_a_branch_applies_from_the_first_write_again() {
    let on_new_lines = |lines: &mut Vec<String>| {
        lines[34] = r#"{"e":"origin","t":70000,"o":2,"branch":1,"incarnation":"c.3"}"#.into();
        lines.insert(35, r#"{"e":"apply","t":70000,"branch":1,"o":0,"first":1,"last":1}"#.into());
        lines[36] = lines[36].replace("36", "37");
    };
    assert_eq!(findings(on_new_lines), [""; 0]);
}

#[test]
fn a_line_of_another_schema_is_an_error_that_names_line_and_key() {
    let kinds = "`header`, `origin`, `session`, `invoke`, `complete`, `apply`, `sent`, `fault`, `phase`, `final`, \
                 `refused`, `note`, `end`";
    let kinds = format!("unknown variant `remark`, expected one of {kinds}");
    let keys = "unknown field `branches`, expected one of `t`, `branch`, `o`, `first`, `last`";
    let together = "an outcome `ok` goes with `dot`, or with `balance` and `witness`; `fail` and `info` go with \
                    `cause` and `text`";
    let rows = [
        (7, r#""branch""#, r#""branches""#, keys),
        (35, "note", "remark", &kinds),
        (8, r#","copy":0"#, "", "missing field `copy`"),
        (9, r#""dot":[0,1],"#, "", together),
        (6, "250", "0", "a write has an `amount` of at least 1"),
        (11, r#""at""#, r#""amount":1,"at""#, "a query has no `amount`"),
        (2, "a.1", "A.1", "`A.1` is not two hexadecimal numbers with a dot between them"),
        (33, "[0,1],[1,2]", "[1,2],[0,1]", "a vector has rising origins and no counter of 0"),
        (33, "9223372036854775808", "9e18", "`9e18` is no integer, or it is out of range"),
    ];
    for (line, from, to, what) in rows {
        let remedy = "the keys of version 2 are listed in the documentation of `history`";
        assert_eq!(findings(change(line, from, to)), [format!("line {line}: {what}; {remedy}")]);
    }
}

#[test]
fn another_version_is_named_beside_this_one_whatever_its_keys_are() {
    for (found, header) in [(1, r#""version":1"#), (3, r#""version":3"#), (3, r#""version":3,"new":1"#)] {
        let error = format!(
            "line 1: the history has format version {found}, and this program reads version 2; use readback 0.{found}, \
             or run the trial again"
        );
        assert_eq!(findings(change(1, r#""version":2"#, header)), [error]);
    }
}

#[test]
fn a_line_that_is_not_json_is_an_error_with_its_place() {
    let error = "line 5, column 22 is not JSON: key must be a string; each line holds one whole object";
    assert_eq!(findings(change(5, r#""t":0,"#, r#""t":0,,"#)), [error]);
    let empty = "line 5, column 0 is not JSON: EOF while parsing a value; each line holds one whole object";
    assert_eq!(findings(|lines| lines.insert(4, String::new())), [empty]);
}

#[test]
fn a_witness_below_zero_is_found() {
    assert_eq!(findings(change(23, "[1,-1]", "[1,-2]")), [format!("line 23: {SPOILED}")]);
}
