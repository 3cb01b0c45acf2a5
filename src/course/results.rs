//! The answers of a run, and the course's three ways of writing them.
//!
//! | format | one object per | as in |
//! |---|---|---|
//! | events | event of a customer | `{"id":1,"recv":[{"interface":"query","branch":2,"balance":400}]}` |
//! | customers | customer entry, with all its results | `{"id":1,"recv":[{...},{...}]}` |
//! | balances | customer who asked, with the last answer | `{"id":1,"balance":400}` |
//!
//! Each file is one array with one object on a line. Balances are integers, and 0 is written. Event ids are
//! in none of the formats. A query that failed says `"result":"fail"` in place of its balance, in all three.
//! Nothing here compares an answer with what it should have been.

use serde::Serialize;

use super::input::{CourseCustomer, CourseEvent};
use crate::model::BranchId;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultsFormat {
    /// One object per event: what the course's checker reads.
    Events,
    /// One object per customer entry, also for one without events.
    Customers,
    /// The last query of each customer, in the order in which the customers first appear; several entries of
    /// one customer are one. A customer who never asked is left out.
    Balances,
}

/// The results of one customer entry, in the order of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerResults {
    /// The customer's number.
    pub customer: u64,
    /// One for each event.
    pub results: Vec<EventResult>,
}

/// The result of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventResult {
    /// The event's id as written in the input.
    pub event: Option<u64>,
    /// The interface as written in the input, known or not.
    pub interface: String,
    /// The branch that was asked.
    pub branch: BranchId,
    /// How it ended.
    pub outcome: EventOutcome,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOutcome {
    /// A deposit or withdrawal, done or refused.
    Written {
        /// Done, not refused.
        success: bool,
    },
    /// A query's balance, in minor units.
    Balance(i64),
    /// Anything without an answer, and an unknown interface. The formats have no word for a write whose outcome is
    /// unknown: it says `fail`, like one that was refused.
    Failed,
}

/// The whole results file.
pub fn render(results: &[CustomerResults], format: ResultsFormat) -> String {
    match format {
        ResultsFormat::Events => array(results.iter().flat_map(|customer| {
            let id = customer.customer;
            customer
                .results
                .iter()
                .map(move |result| ReceivedEntry { id, recv: vec![ResultLine::of(result)] })
        })),
        ResultsFormat::Customers => array(results.iter().map(|customer| ReceivedEntry {
            id: customer.customer,
            recv: customer.results.iter().map(ResultLine::of).collect(),
        })),
        ResultsFormat::Balances => array(last_queries(results).into_iter().map(|(id, outcome)| LastQuery {
            id,
            result: outcome.result(),
            balance: outcome.balance(),
        })),
    }
}

/// Each customer's last query, in the order in which the customers first appear.
fn last_queries(results: &[CustomerResults]) -> Vec<(u64, EventOutcome)> {
    let mut order = Vec::new();
    let mut last = std::collections::BTreeMap::new();
    for CustomerResults { customer, results } in results {
        let query = results.iter().rfind(|result| result.interface == "query").map(|result| result.outcome);
        let entry = last.entry(*customer).or_insert_with(|| {
            order.push(*customer);
            None
        });
        *entry = query.or(*entry);
    }
    order.into_iter().filter_map(|customer| Some((customer, last[&customer]?))).collect()
}

#[derive(Serialize)]
struct ReceivedEntry<'a> {
    id: u64,
    recv: Vec<ResultLine<'a>>,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    interface: &'a str,
    branch: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<i64>,
}

#[derive(Serialize)]
struct LastQuery {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<i64>,
}

impl ResultLine<'_> {
    fn of(result: &EventResult) -> ResultLine<'_> {
        let EventResult { event: _, interface, branch, outcome } = result;
        ResultLine { interface, branch: branch.0, result: outcome.result(), balance: outcome.balance() }
    }
}

fn array(objects: impl Iterator<Item = impl Serialize>) -> String {
    let write = |object| serde_json::to_string(&object).expect("strings and integers have a JSON form");
    let lines: Vec<String> = objects.map(write).collect();
    if lines.is_empty() {
        return "[]\n".to_string();
    }
    format!("[\n{}\n]\n", lines.join(",\n"))
}

impl EventOutcome {
    /// Whether both are written alike.
    pub fn reads_as(self, other: EventOutcome) -> bool {
        (self.result(), self.balance()) == (other.result(), other.balance())
    }

    fn result(self) -> Option<&'static str> {
        match self {
            EventOutcome::Written { success: true } => Some("success"),
            EventOutcome::Written { success: false } | EventOutcome::Failed => Some("fail"),
            EventOutcome::Balance(_) => None,
        }
    }

    pub(super) fn balance(self) -> Option<i64> {
        match self {
            EventOutcome::Balance(balance) => Some(balance),
            EventOutcome::Written { .. } | EventOutcome::Failed => None,
        }
    }
}

impl CustomerResults {
    /// The entry of `customer`, still without results.
    pub fn of(customer: &CourseCustomer) -> CustomerResults {
        CustomerResults { customer: customer.id, results: Vec::with_capacity(customer.events.len()) }
    }
}

impl EventResult {
    /// The result of `event`, which ended in `outcome`.
    pub fn of(event: &CourseEvent, outcome: EventOutcome) -> EventResult {
        let interface = event.action.interface().to_string();
        EventResult { event: event.id, interface, branch: event.branch, outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(interface: &str, branch: u32, outcome: EventOutcome) -> EventResult {
        EventResult { event: Some(7), interface: interface.to_string(), branch: BranchId(branch), outcome }
    }

    fn results() -> Vec<CustomerResults> {
        let deposit = result("deposit", 1, EventOutcome::Written { success: true });
        let withdrawal = result("withdraw", 2, EventOutcome::Written { success: false });
        let transfer = result("trans\"fer", 1, EventOutcome::Failed);
        vec![
            CustomerResults {
                customer: 2,
                results: vec![deposit, result("query", 2, EventOutcome::Balance(400))],
            },
            CustomerResults { customer: 1, results: vec![withdrawal, transfer] },
            CustomerResults { customer: 5, results: vec![result("query", 3, EventOutcome::Failed)] },
            CustomerResults { customer: 2, results: vec![result("query", 1, EventOutcome::Balance(0))] },
            CustomerResults { customer: 9, results: vec![] },
        ]
    }

    #[test]
    fn the_events_format_has_one_object_for_each_event_with_its_branch() {
        let expected = r#"[
{"id":2,"recv":[{"interface":"deposit","branch":1,"result":"success"}]},
{"id":2,"recv":[{"interface":"query","branch":2,"balance":400}]},
{"id":1,"recv":[{"interface":"withdraw","branch":2,"result":"fail"}]},
{"id":1,"recv":[{"interface":"trans\"fer","branch":1,"result":"fail"}]},
{"id":5,"recv":[{"interface":"query","branch":3,"result":"fail"}]},
{"id":2,"recv":[{"interface":"query","branch":1,"balance":0}]}
]
"#;
        assert_eq!(render(&results(), ResultsFormat::Events), expected);
    }

    #[test]
    fn the_customers_format_has_one_object_for_each_entry() {
        let rendered = render(&results(), ResultsFormat::Customers);
        let lines: Vec<&str> = rendered.lines().collect();
        let first = [
            r#"{"id":2,"recv":[{"interface":"deposit","branch":1,"result":"success"},"#,
            r#"{"interface":"query","branch":2,"balance":400}]},"#,
        ];
        assert_eq!(lines[1], first.concat());
        assert_eq!(lines[4], r#"{"id":2,"recv":[{"interface":"query","branch":1,"balance":0}]},"#);
        assert_eq!(lines[5], r#"{"id":9,"recv":[]}"#);
    }

    #[test]
    fn the_balances_format_has_the_last_query_of_each_customer_who_asked() {
        let expected = "[\n{\"id\":2,\"balance\":0},\n{\"id\":5,\"result\":\"fail\"}\n]\n";
        assert_eq!(render(&results(), ResultsFormat::Balances), expected);
    }

    #[test]
    fn no_results_are_an_empty_array_in_every_format() {
        for format in [ResultsFormat::Events, ResultsFormat::Customers, ResultsFormat::Balances] {
            assert_eq!(render(&[], format), "[]\n");
        }
    }
}
