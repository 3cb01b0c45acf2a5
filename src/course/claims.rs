//! The claims of a results file, of this program's or of another.
//!
//! Any of the course's three formats is recognised; the formats with `recv` are one
//! sequence of claims, however they are cut into objects. Also read: objects one after another without an
//! array, as some programs write them; keys in any order; unknown keys; and no `branch`, which the course's
//! programs often leave out. An outcome must be readable, or the file is refused as an input would be.
//! Nothing here judges whether a claim is true.

use serde_json::value::RawValue;

use super::json::{ANY_I64, ANY_U64, Fields, JsonKind, JsonReader, kind, shorten};
use super::place::Place;
use super::problem::InputError;
use super::results::{CustomerResults, EventOutcome};
use crate::model::BranchId;

/// All that a results file claims, in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claims {
    /// One claim per event: the formats `events` and `customers`, and an empty file.
    Events(Vec<Claim>),
    /// One claim per customer, about the last query: the format `balances`.
    Balances(Vec<Claim>),
}

/// The claim about one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who asked.
    pub customer: u64,
    /// As written; `query` in the format `balances`.
    pub interface: String,
    /// `None` if the claim does not say.
    pub branch: Option<BranchId>,
    /// How the event ended.
    pub outcome: EventOutcome,
    /// Its place in the results file; `None` for results that were never written.
    pub place: Option<Place>,
}

/// Reads a results file in any of the three formats.
///
/// # Errors
///
/// Every problem of the file.
pub fn parse_results(text: &str) -> Result<Claims, InputError> {
    let mut reader = JsonReader::open(text)?;
    let mut events = Vec::new();
    let mut balances = Vec::new();
    for value in objects(&mut reader)? {
        let Some(fields) = reader.object(value, "the entry", "write {\"id\":1,\"recv\":[...]}") else {
            continue;
        };
        let remedy = "name the customer, \"id\":1";
        let customer = reader
            .required(&fields, "id", "the entry", remedy)
            .and_then(|id| reader.integer(id, "`id`", ANY_U64))
            .unwrap_or_default();
        match fields.get("recv") {
            Some(recv) => read_recv(&mut reader, customer, recv, &mut events),
            None => balances.extend(read_outcome(&mut reader, &fields, "query").map(|outcome| {
                let place = Some(reader.place_of(value));
                Claim { customer, interface: "query".to_string(), branch: None, outcome, place }
            })),
        }
    }
    if let ([_, ..], [balance, ..]) = (events.as_slice(), balances.as_slice()) {
        let place = balance.place.unwrap_or(Place { line: 1, column: 1 });
        reader.report_at(place, "the entry has no `recv`, as others do", "keep one format in a file");
    }
    reader.finish(if balances.is_empty() { Claims::Events(events) } else { Claims::Balances(balances) })
}

/// The objects of one array, or a sequence of objects without one.
fn objects<'a>(reader: &mut JsonReader<'a>) -> Result<Vec<&'a RawValue>, InputError> {
    let values = reader.values()?;
    match values.as_slice() {
        [file] if kind(file) == JsonKind::Array => Ok(reader.array(file, "the file", "").unwrap_or_default()),
        // The parser's own message for an empty file.
        [] => reader.value().map(|_| values),
        [_, ..] => Ok(values),
    }
}

fn read_recv<'a>(reader: &mut JsonReader<'a>, customer: u64, recv: &'a RawValue, claims: &mut Vec<Claim>) {
    let remedy = "list the results, \"recv\":[...]";
    for value in reader.array(recv, "`recv`", remedy).unwrap_or_default() {
        claims.extend(read_claim(reader, customer, value));
    }
}

fn read_claim<'a>(reader: &mut JsonReader<'a>, customer: u64, value: &'a RawValue) -> Option<Claim> {
    let remedy = r#"write {"interface":"query","branch":1,"balance":0}"#;
    let fields = reader.object(value, "the result", remedy)?;
    let interface = reader
        .required(&fields, "interface", "the result", "name it, \"interface\":\"query\"")
        .and_then(|value| reader.string(value, "`interface`"))?;
    let branch =
        fields.get("branch").and_then(|value| reader.integer(value, "`branch`", 0..=u32::MAX.into()));
    let outcome = read_outcome(reader, &fields, &interface)?;
    let place = Some(reader.place_of(value));
    Some(Claim { customer, interface, branch: branch.map(BranchId), outcome, place })
}

/// A query is known by its balance, unless it says `fail`; anything else by its result. What a write says
/// about the balance counts only if it says nothing else.
fn read_outcome(reader: &mut JsonReader<'_>, fields: &Fields<'_>, interface: &str) -> Option<EventOutcome> {
    let success = match fields.get("result") {
        Some(result) => Some(read_success(reader, result)?),
        None => None,
    };
    let is_write = matches!(interface, "deposit" | "withdraw");
    match (success, fields.get("balance")) {
        (Some(success), _) if is_write => Some(EventOutcome::Written { success }),
        (Some(false), _) => Some(EventOutcome::Failed),
        (Some(true) | None, Some(balance)) => {
            reader.integer(balance, "`balance`", ANY_I64).map(EventOutcome::Balance)
        }
        (Some(true), None) => Some(EventOutcome::Written { success: true }),
        (None, None) => {
            let remedy = "write what came of it, \"balance\":0 or \"result\":\"success\"";
            reader.report(fields.object, "the entry has neither `result` nor `balance`", remedy);
            None
        }
    }
}

fn read_success(reader: &mut JsonReader<'_>, result: &RawValue) -> Option<bool> {
    let word = reader.string(result, "`result`")?;
    match word.as_str() {
        "success" => Some(true),
        "fail" => Some(false),
        _ => {
            let message = format!("`result` is `{}`", shorten(&word));
            reader.report(result, message, "write \"success\" or \"fail\"");
            None
        }
    }
}

impl Claims {
    /// The claims of a run, without a file in between.
    pub fn of(results: &[CustomerResults]) -> Claims {
        let claims = results.iter().flat_map(|customer| {
            customer.results.iter().map(|result| Claim {
                customer: customer.customer,
                interface: result.interface.clone(),
                branch: Some(result.branch),
                outcome: result.outcome,
                place: None,
            })
        });
        Claims::Events(claims.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(customer: u64, interface: &str, branch: Option<u32>, outcome: EventOutcome) -> Claim {
        let branch = branch.map(BranchId);
        Claim { customer, interface: interface.to_string(), branch, outcome, place: None }
    }

    /// The claims of a text, without their places.
    fn claims(text: &str) -> Claims {
        let forget =
            |claims: Vec<Claim>| claims.into_iter().map(|claim| Claim { place: None, ..claim }).collect();
        match parse_results(text).unwrap() {
            Claims::Events(claims) => Claims::Events(forget(claims)),
            Claims::Balances(claims) => Claims::Balances(forget(claims)),
        }
    }

    #[test]
    fn the_same_claims_are_read_from_every_way_of_cutting_them() {
        let deposit = r#"{"interface":"deposit","branch":1,"result":"success"}"#;
        let query = r#"{"balance":0,"note":1,"branch":2,"interface":"query"}"#;
        let expected = Claims::Events(vec![
            claim(1, "deposit", Some(1), EventOutcome::Written { success: true }),
            claim(1, "query", Some(2), EventOutcome::Balance(0)),
        ]);
        let rows = [
            format!(r#"[{{"id":1,"recv":[{deposit}]}},{{"recv":[{query}],"id":1}}]"#),
            format!(r#"[{{"id":1,"recv":[{deposit},{query}]}}]"#),
            format!("{{\"id\":1,\"recv\":[{deposit}]}}\n{{\"id\":1,\"recv\":[{query}]}}\n"),
            format!(r#"{{"id":1,"recv":[{deposit},{query}]}}"#),
        ];
        for text in rows {
            assert_eq!(claims(&text), expected, "{text}");
        }
    }

    #[test]
    fn an_outcome_is_read_by_its_interface() {
        let rows = [
            (r#""interface":"withdraw","result":"fail""#, EventOutcome::Written { success: false }),
            (
                r#""interface":"deposit","result":"success","balance":5"#,
                EventOutcome::Written { success: true },
            ),
            (r#""interface":"query","result":"fail""#, EventOutcome::Failed),
            (r#""interface":"query","result":"success","balance":5"#, EventOutcome::Balance(5)),
            (r#""interface":"query","result":"success""#, EventOutcome::Written { success: true }),
            (r#""interface":"audit","result":"fail""#, EventOutcome::Failed),
        ];
        for (fields, expected) in rows {
            let Claims::Events(claims) = claims(&format!(r#"[{{"id":1,"recv":[{{{fields}}}]}}]"#)) else {
                panic!("read as balances: {fields}");
            };
            assert_eq!(claims[0].outcome, expected, "{fields}");
        }
    }

    #[test]
    fn balances_are_recognised_by_their_missing_recv() {
        let expected = Claims::Balances(vec![
            claim(1, "query", None, EventOutcome::Balance(400)),
            claim(2, "query", None, EventOutcome::Failed),
        ]);
        assert_eq!(claims(r#"[{"id":1,"balance":400},{"result":"fail","id":2}]"#), expected);
        assert_eq!(claims("[]"), Claims::Events(vec![]));
    }

    #[test]
    fn a_results_file_that_cannot_be_read_has_an_error_with_line_and_remedy() {
        let rows = [
            ("", "1:1: the file is empty; write one JSON array"),
            ("[\n{}]", "2:1: the entry has no `id`; name the customer, \"id\":1"),
            ("[\n{\"id\":1,\"recv\":[]},]", "2:19: trailing comma; remove the comma before `]`"),
            (
                "[{\"id\":1,\n\"balance\":0.0}]",
                "2:11: `balance` is 0.0, not an integer; \
                 write an integer from -9223372036854775808 to 9223372036854775807",
            ),
            (
                "[{\"id\":1,\"recv\":[\n{\"interface\":\"deposit\",\"result\":\"ok\"}]}]",
                "2:33: `result` is `ok`; write \"success\" or \"fail\"",
            ),
            (
                "[{\"id\":1,\"recv\":[\n{\"interface\":\"query\",\"balance\":1}]},\n{\"id\":1,\"balance\":1}]",
                "3:1: the entry has no `recv`, as others do; keep one format in a file",
            ),
        ];
        for (text, expected) in rows {
            let error = parse_results(text).unwrap_err().to_string();
            assert_eq!(error.lines().next(), Some(expected), "{text}");
        }
    }
}
