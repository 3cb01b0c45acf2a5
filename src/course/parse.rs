//! From entries to an input. All entries are held together: all branches, so that an event can be refused whose branch
//! does not exist, and all events, which distinguish a first-stage file from one in which a branch was forgotten.

use std::collections::BTreeMap;
use std::fmt;

use super::entry::{BranchEntry, CustomerEntry, Entries, EventEntry, NamedBranch, read_entries};
use super::input::{CourseCustomer, CourseEvent, CourseInput};
use super::json::JsonReader;
use super::place::Place;
use super::problem::InputError;
use crate::model::BranchId;

/// How many branches a message lists.
const LISTED_BRANCHES: usize = 20;

/// Reads an input file in any of the course's variants.
///
/// # Errors
///
/// Every problem of the file.
pub fn parse(text: &str) -> Result<CourseInput, InputError> {
    let mut reader = JsonReader::open(text)?;
    let file = reader.value()?;
    let entries = read_entries(&mut reader, file);
    if entries.branches.is_empty() && !entries.incomplete {
        let remedy = r#"add an entry such as {"id":1,"type":"branch","balance":0}"#;
        reader.report(file, "no branch is declared", remedy);
    }
    check_branch_ids(&mut reader, &entries.branches);
    let initial_balance = common_balance(&mut reader, &entries.branches);
    let addressing = Addressing::of(&entries);
    let branches = entries.branches.iter().map(|branch| branch.id).collect();
    let customers = entries
        .customers
        .into_iter()
        .map(|customer| resolve_customer(&mut reader, customer, &addressing))
        .collect();
    reader.finish(CourseInput { branches, initial_balance, customers })
}

fn check_branch_ids(reader: &mut JsonReader<'_>, branches: &[BranchEntry]) {
    let mut seen = BTreeMap::new();
    for branch in branches {
        let first = *seen.entry(branch.id).or_insert(branch.place);
        if first != branch.place {
            let message = format!("branch {} is declared twice, first on line {}", branch.id, first.line);
            reader.report_at(branch.place, message, "give it another id or remove it");
        }
    }
}

/// The balance with which every branch starts; 0 if none could be read.
fn common_balance(reader: &mut JsonReader<'_>, branches: &[BranchEntry]) -> i64 {
    let mut readable = branches.iter().filter_map(|branch| Some((branch, branch.balance?)));
    let Some((first, (balance, _))) = readable.next() else { return 0 };
    for (branch, (other, place)) in readable {
        if other != balance {
            let (id, line) = (first.id, first.place.line);
            let message =
                format!("branch {} starts with {other}, branch {id} (line {line}) with {balance}", branch.id);
            let remedy = "give all branches one starting balance; they share one account";
            reader.report_at(place, message, remedy);
        }
    }
    balance
}

/// The branch to which an event goes.
struct Addressing {
    /// Empty if the branches are not known, so that nothing can be said about an event's branch.
    known: Vec<BranchId>,
    list: String,
    /// The first event that names its branch, if any does. Without one the file is of the first stage.
    first_named: Option<Place>,
}

impl Addressing {
    fn of(entries: &Entries) -> Addressing {
        let mut known: Vec<BranchId> = entries.branches.iter().map(|branch| branch.id).collect();
        if entries.incomplete {
            known.clear();
        }
        let list = list(&known);
        known.sort_unstable();
        let events = entries.customers.iter().flat_map(|customer| &customer.events);
        let named = |event: &EventEntry| match event.branch {
            NamedBranch::Named(..) | NamedBranch::Unreadable => Some(event.place),
            NamedBranch::Unnamed => None,
        };
        Addressing { known, list, first_named: events.filter_map(named).next() }
    }

    fn exists(&self, branch: BranchId) -> bool {
        self.known.is_empty() || self.known.binary_search(&branch).is_ok()
    }

    fn remedy(&self, branch: impl fmt::Display) -> String {
        format!("name a branch that exists ({}) or declare branch {branch}", self.list)
    }
}

/// Events that cannot be resolved are reported and left out; the file is then refused as a whole.
fn resolve_customer(
    reader: &mut JsonReader<'_>,
    customer: CustomerEntry,
    addressing: &Addressing,
) -> CourseCustomer {
    let mut events = Vec::with_capacity(customer.events.len());
    for event in customer.events {
        let branch = resolve_branch(reader, &event, customer.id, addressing);
        if let (Some(branch), Some(action)) = (branch, event.action) {
            events.push(CourseEvent { id: event.id, branch, action, place: event.place });
        }
    }
    CourseCustomer { id: customer.id.unwrap_or_default(), events }
}

fn resolve_branch(
    reader: &mut JsonReader<'_>,
    event: &EventEntry,
    customer: Option<u64>,
    addressing: &Addressing,
) -> Option<BranchId> {
    match (&event.branch, addressing.first_named) {
        (NamedBranch::Named(branch, place), _) => {
            if !addressing.exists(*branch) {
                let message = format!("the event is for branch {branch}, which does not exist");
                reader.report_at(*place, message, addressing.remedy(*branch));
            }
            Some(*branch)
        }
        (NamedBranch::Unnamed, None) => own_branch(reader, event, customer?, addressing),
        (NamedBranch::Unnamed, Some(first)) => {
            let message =
                format!("the event names no branch, as others do (the first on line {})", first.line);
            reader.report_at(event.place, message, "add its branch, such as \"branch\":1");
            None
        }
        (NamedBranch::Unreadable, _) => None,
    }
}

/// The branch of an event of the first stage: the one with the customer's number.
fn own_branch(
    reader: &mut JsonReader<'_>,
    event: &EventEntry,
    customer: u64,
    addressing: &Addressing,
) -> Option<BranchId> {
    let branch = u32::try_from(customer).ok().map(BranchId).filter(|&branch| addressing.exists(branch));
    if branch.is_none() {
        let message =
            format!("the event of customer {customer} names no branch, and branch {customer} does not exist");
        reader.report_at(event.place, message, addressing.remedy(customer));
    }
    branch
}

fn list(branches: &[BranchId]) -> String {
    let listed: Vec<String> = branches.iter().take(LISTED_BRANCHES).map(BranchId::to_string).collect();
    match branches.len().saturating_sub(LISTED_BRANCHES) {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::CourseAction;

    const BRANCHES: &str = r#"{"id":1,"type":"branch","balance":0},{"id":2,"type":"bank","balance":0}"#;

    /// A file of customer 1 with these events, each on its own line from line 2 on, and branches 1 and 2.
    fn file(events: &[&str]) -> String {
        format!("[{{\"id\":1,\"type\":\"customer\",\"events\":[\n{}\n]}},{BRANCHES}]", events.join(",\n"))
    }

    fn events(text: &str) -> Vec<(u64, Option<u64>, u32, CourseAction)> {
        let input = parse(text).unwrap();
        let of = |customer: CourseCustomer| {
            customer
                .events
                .into_iter()
                .map(move |e| (customer.id, e.id, e.branch.0, e.action))
                .collect::<Vec<_>>()
        };
        input.customers.into_iter().flat_map(of).collect()
    }

    fn refusal(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_variant_of_an_event_is_read() {
        let rows = [
            (
                r#"{"id":3,"interface":"deposit","money":400,"branch":2}"#,
                (1, Some(3), 2, CourseAction::Deposit(400)),
            ),
            (r#"{"interface":"withdraw","money":5,"dest":2}"#, (1, None, 2, CourseAction::Withdraw(5))),
            (r#"{"interface":"query","money":"none","branch":2}"#, (1, None, 2, CourseAction::Query)),
            (r#"{"interface":"query"}"#, (1, None, 1, CourseAction::Query)),
            (r#"{"interface":"query","branch":2,"dest":2}"#, (1, None, 2, CourseAction::Query)),
            (r#"{"customer-request-id":8,"interface":"query"}"#, (1, Some(8), 1, CourseAction::Query)),
            (r#"{"interface":"deposit","money":0}"#, (1, None, 1, CourseAction::Deposit(0))),
            (r#"{"interface":"withdraw","money":-5}"#, (1, None, 1, CourseAction::Withdraw(-5))),
            (
                r#"{"interface":"audit","note":[{}]}"#,
                (1, None, 1, CourseAction::Unknown("audit".to_string())),
            ),
        ];
        for (event, expected) in rows {
            assert_eq!(events(&file(&[event])), [expected], "{event}");
        }
    }

    #[test]
    fn customers_keep_their_order_and_may_come_twice_and_event_ids_may_repeat() {
        let text = r#"[{"id":1,"type":"bank","balance":7,"events":[]},
            {"id":2,"type":"customer","events":[{"id":5,"interface":"query"},{"id":5,"interface":"query"}]},
            {"id":1,"type":"customer","customer-requests":[{"customer-request-id":1,"interface":"query"}]},
            {"id":2,"type":"branch","balance":7},
            {"id":2,"type":"customer","events":[]}]"#;
        let query = |customer: u64, id| (customer, Some(id), customer as u32, CourseAction::Query);
        assert_eq!(events(text), [query(2, 5), query(2, 5), query(1, 1)]);
        let input = parse(text).unwrap();
        assert_eq!(input.customers.iter().map(|customer| customer.id).collect::<Vec<_>>(), [2, 1, 2]);
        assert_eq!((input.initial_balance, input.branches), (7, vec![BranchId(1), BranchId(2)]));
        assert_eq!(input.customers[0].events[1].place, Place { line: 2, column: 78 });
    }

    #[test]
    fn every_event_that_cannot_run_is_reported_with_line_and_remedy() {
        let integer = "write an integer from -9223372036854775808 to 9223372036854775807";
        let rows = [
            (
                r#"{"interface":"deposit"}"#,
                "2:1: the deposit has no `money`; add the sum as an integer, \"money\":10".into(),
            ),
            (
                r#"{"interface":"withdraw","money":1.5}"#,
                format!("2:33: `money` is 1.5, not an integer; {integer}"),
            ),
            (
                r#"{"interface":"deposit","money":"4"}"#,
                format!("2:32: `money` is a string, not an integer; {integer}, without quotes"),
            ),
            (
                r#"{"interface":"deposit","money":9223372036854775808}"#,
                format!("2:32: `money` is 9223372036854775808, out of range; {integer}"),
            ),
            (
                r#"{"id":1}"#,
                r#"2:1: the event has no `interface`; write "interface":"deposit", "withdraw" or "query""#
                    .into(),
            ),
            (
                r#"{"interface":4}"#,
                "2:14: `interface` is a number, not a string; write it in double quotes".into(),
            ),
            (
                r#"{"interface":"query","branch":3}"#,
                "2:31: the event is for branch 3, which does not exist; \
                 name a branch that exists (1, 2) or declare branch 3"
                    .into(),
            ),
            (
                r#"{"interface":"query","branch":0}"#,
                "2:31: `branch` is 0, out of range; write an integer from 1 to 4294967295".into(),
            ),
            (
                r#"{"interface":"query","branch":1,"dest":2}"#,
                "2:40: `branch` is 1 and `dest` is 2; keep one of the two; they mean the same".into(),
            ),
            (
                r#"{"id":"a","interface":"query"}"#,
                "2:7: `id` is a string, not an integer; \
                 write an integer from 0 to 18446744073709551615, without quotes"
                    .into(),
            ),
            (
                r#"{"interface":"query","interface":"query"}"#,
                "2:22: the key `interface` occurs twice; keep one of the two".into(),
            ),
            (
                "7",
                r#"2:1: the event is a number, not an object; write {"id":1,"interface":"query","branch":1}"#
                    .into(),
            ),
        ];
        for (event, expected) in rows {
            let expected: String = expected;
            assert_eq!(refusal(&file(&[event])), expected, "{event}");
        }
    }

    #[test]
    fn an_event_without_a_branch_is_refused_where_others_name_theirs() {
        let events = [r#"{"interface":"query"}"#, r#"{"interface":"query","branch":1}"#];
        let expected = "2:1: the event names no branch, as others do (the first on line 3); \
                        add its branch, such as \"branch\":1";
        assert_eq!(refusal(&file(&events)), expected);
    }

    #[test]
    fn a_first_stage_customer_without_a_branch_of_that_number_is_refused() {
        let text = format!(
            "[{BRANCHES},\n{{\"id\":9,\"type\":\"customer\",\"events\":[\n{{\"interface\":\"query\"}}]}}]"
        );
        let expected = "3:1: the event of customer 9 names no branch, and branch 9 does not exist; \
                        name a branch that exists (1, 2) or declare branch 9";
        assert_eq!(refusal(&text), expected);
    }

    #[test]
    fn branches_that_disagree_are_all_reported_at_once() {
        let text = r#"[{"id":1,"type":"branch","balance":5},
{"id":2,"type":"branch","balance":6},
{"id":1,"type":"branch","balance":5},
{"id":4,"type":"branch"}]"#;
        let expected = "2:35: branch 2 starts with 6, branch 1 (line 1) with 5; \
             give all branches one starting balance; they share one account\n\
             3:1: branch 1 is declared twice, first on line 1; give it another id or remove it\n\
             4:1: the branch has no `balance`; add its starting balance, \"balance\":0";
        assert_eq!(refusal(text), expected);
    }

    #[test]
    fn an_unreadable_branch_id_does_not_make_other_branches_unknown() {
        let text = r#"[{"id":"2","type":"branch","balance":0},{"id":1,"type":"branch","balance":0},
{"id":1,"type":"customer","events":[{"interface":"query","branch":2}]}]"#;
        let expected =
            "1:8: `id` is a string, not an integer; write an integer from 1 to 4294967295, without quotes";
        assert_eq!(refusal(text), expected);
    }
}
