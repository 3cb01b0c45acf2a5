//! The entries of an input file as they are written: customers and branches, before they are held together.
//!
//! Each entry is read by itself, so nothing here knows which branches exist or whether other events name
//! theirs; `parse` decides that once all entries are known. A part that cannot be read is reported and left out.

use serde_json::value::RawValue;

use super::input::CourseAction;
use super::json::{ANY_I64, ANY_U64, Fields, JsonReader, POSITIVE_U32, shorten};
use super::place::Place;
use crate::model::BranchId;

/// Events in the largest file that is read.
const MAX_EVENTS: usize = 1_000_000;

const ENTRY: &str =
    r#"write {"id":1,"type":"customer","events":[...]} or {"id":1,"type":"branch","balance":0}"#;

/// All entries of a file, each kind in file order.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) branches: Vec<BranchEntry>,
    pub(super) customers: Vec<CustomerEntry>,
    /// Some entry that may be a branch could not be read, so `branches` may not be all of them.
    pub(super) incomplete: bool,
}

pub(super) struct BranchEntry {
    pub(super) id: BranchId,
    pub(super) place: Place,
    /// The starting balance in minor units, and its place.
    pub(super) balance: Option<(i64, Place)>,
}

pub(super) struct CustomerEntry {
    /// `None` if it could not be read.
    pub(super) id: Option<u64>,
    pub(super) events: Vec<EventEntry>,
}

pub(super) struct EventEntry {
    pub(super) id: Option<u64>,
    pub(super) branch: NamedBranch,
    /// `None` if it could not be read.
    pub(super) action: Option<CourseAction>,
    pub(super) place: Place,
}

/// The branch of an event, as written.
pub(super) enum NamedBranch {
    Named(BranchId, Place),
    /// There is neither `branch` nor `dest`.
    Unnamed,
    /// Reported already.
    Unreadable,
}

/// Reads every entry of the file's array.
pub(super) fn read_entries<'a>(reader: &mut JsonReader<'a>, file: &'a RawValue) -> Entries {
    let mut entries = Entries::default();
    let mut room = MAX_EVENTS;
    let Some(values) = reader.array(file, "the file", "put its entries into one array: [...]") else {
        return Entries { incomplete: true, ..entries };
    };
    for value in values {
        let entry = reader.object(value, "the entry", ENTRY);
        let entry = entry.and_then(|fields| Some((read_type(reader, &fields)?, fields)));
        match entry {
            Some((EntryType::Branch, fields)) => read_branch(reader, &fields, &mut entries),
            Some((EntryType::Customer, fields)) => match read_customer(reader, &fields, &mut room) {
                Ok(customer) => entries.customers.push(customer),
                Err(TooManyEvents) => return Entries { incomplete: true, ..entries },
            },
            None => entries.incomplete = true,
        }
    }
    entries
}

enum EntryType {
    Branch,
    Customer,
}

fn read_type<'a>(reader: &mut JsonReader<'a>, fields: &Fields<'a>) -> Option<EntryType> {
    let remedy = r#"write "type":"customer", "type":"branch" or "type":"bank""#;
    let value = reader.required(fields, "type", "the entry", remedy)?;
    let name = reader.string(value, "`type`")?;
    match name.as_str() {
        "branch" | "bank" => Some(EntryType::Branch),
        "customer" => Some(EntryType::Customer),
        _ => {
            reader.report(value, format!("the entry's type `{}` is unknown", shorten(&name)), remedy);
            None
        }
    }
}

fn read_branch<'a>(reader: &mut JsonReader<'a>, fields: &Fields<'a>, entries: &mut Entries) {
    let id = reader
        .required(fields, "id", "the branch", "give it an id such as \"id\":1")
        .and_then(|value| reader.integer(value, "`id`", POSITIVE_U32));
    let balance = reader
        .required(fields, "balance", "the branch", "add its starting balance, \"balance\":0")
        .and_then(|value| Some((reader.integer(value, "`balance`", ANY_I64)?, reader.place_of(value))));
    let place = reader.place_of(fields.object);
    match id {
        Some(id) => entries.branches.push(BranchEntry { id: BranchId(id), place, balance }),
        None => entries.incomplete = true,
    }
}

struct TooManyEvents;

fn read_customer<'a>(
    reader: &mut JsonReader<'a>,
    fields: &Fields<'a>,
    room: &mut usize,
) -> Result<CustomerEntry, TooManyEvents> {
    let id = reader
        .required(fields, "id", "the customer", "give it an id such as \"id\":1")
        .and_then(|value| reader.integer(value, "`id`", ANY_U64));
    let values = read_event_list(reader, fields).unwrap_or_default();
    if values.len() > *room {
        let message = format!("the file has more than the {MAX_EVENTS} events that are read");
        reader.report(fields.object, message, "split it into several files");
        return Err(TooManyEvents);
    }
    *room -= values.len();
    let events = values.into_iter().filter_map(|value| read_event(reader, value)).collect();
    Ok(CustomerEntry { id, events })
}

fn read_event_list<'a>(reader: &mut JsonReader<'a>, fields: &Fields<'a>) -> Option<Vec<&'a RawValue>> {
    let remedy = "list the customer's events in order, \"events\":[...]";
    match (fields.get("events"), fields.get("customer-requests")) {
        (Some(events), None) => reader.array(events, "`events`", remedy),
        (None, Some(requests)) => reader.array(requests, "`customer-requests`", remedy),
        (Some(_), Some(requests)) => {
            let message = "the customer has `events` and `customer-requests`";
            reader.report(requests, message, "keep one of the two");
            None
        }
        (None, None) => {
            reader.report(fields.object, "the customer has no `events`", remedy);
            None
        }
    }
}

fn read_event<'a>(reader: &mut JsonReader<'a>, value: &'a RawValue) -> Option<EventEntry> {
    let remedy = r#"write {"id":1,"interface":"query","branch":1}"#;
    let fields = reader.object(value, "the event", remedy)?;
    let id = ["id", "customer-request-id"].iter().find_map(|key| Some((key, fields.get(key)?)));
    Some(EventEntry {
        id: id.and_then(|(key, value)| reader.integer(value, &format!("`{key}`"), ANY_U64)),
        branch: read_named_branch(reader, &fields),
        action: read_action(reader, &fields),
        place: reader.place_of(value),
    })
}

fn read_named_branch(reader: &mut JsonReader<'_>, fields: &Fields<'_>) -> NamedBranch {
    let branch = fields.get("branch").map(|value| (value, reader.integer(value, "`branch`", POSITIVE_U32)));
    let dest = fields.get("dest").map(|value| (value, reader.integer(value, "`dest`", POSITIVE_U32)));
    match (branch, dest) {
        (None, None) => NamedBranch::Unnamed,
        (Some((_, Some(branch))), Some((at, Some(dest)))) if branch != dest => {
            let message = format!("`branch` is {branch} and `dest` is {dest}");
            reader.report(at, message, "keep one of the two; they mean the same");
            NamedBranch::Unreadable
        }
        (Some((at, Some(id))), _) | (None, Some((at, Some(id)))) => {
            NamedBranch::Named(BranchId(id), reader.place_of(at))
        }
        (Some((_, None)), _) | (None, Some((_, None))) => NamedBranch::Unreadable,
    }
}

fn read_action<'a>(reader: &mut JsonReader<'a>, fields: &Fields<'a>) -> Option<CourseAction> {
    let remedy = r#"write "interface":"deposit", "withdraw" or "query""#;
    let value = reader.required(fields, "interface", "the event", remedy)?;
    let interface = reader.string(value, "`interface`")?;
    match interface.as_str() {
        "deposit" => read_money(reader, fields, "the deposit").map(CourseAction::Deposit),
        "withdraw" => read_money(reader, fields, "the withdrawal").map(CourseAction::Withdraw),
        "query" => Some(CourseAction::Query),
        _ => Some(CourseAction::Unknown(interface)),
    }
}

fn read_money<'a>(reader: &mut JsonReader<'a>, fields: &Fields<'a>, what: &str) -> Option<i64> {
    let value = reader.required(fields, "money", what, "add the sum as an integer, \"money\":10")?;
    reader.integer(value, "`money`", ANY_I64)
}

#[cfg(test)]
mod tests {
    use crate::course::parse;

    fn refusal(entries: &str) -> String {
        parse(&format!("[{{\"id\":1,\"type\":\"branch\",\"balance\":0}},\n{entries}]"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_entry_that_cannot_be_read_is_reported_with_line_and_remedy() {
        let types = r#"write "type":"customer", "type":"branch" or "type":"bank""#;
        let list = "list the customer's events in order, \"events\":[...]";
        let entry =
            r#"write {"id":1,"type":"customer","events":[...]} or {"id":1,"type":"branch","balance":0}"#;
        let rows = [
            ("null", format!("2:1: the entry is null, not an object; {entry}")),
            ("{\"id\":1}", format!("2:1: the entry has no `type`; {types}")),
            ("{\"type\":1}", "2:9: `type` is a number, not a string; write it in double quotes".to_string()),
            ("{\"type\":\"atm\"}", format!("2:9: the entry's type `atm` is unknown; {types}")),
            (
                r#"{"type":"customer","events":[]}"#,
                "2:1: the customer has no `id`; give it an id such as \"id\":1".to_string(),
            ),
            (
                r#"{"id":-1,"type":"customer","events":[]}"#,
                "2:7: `id` is -1, out of range; write an integer from 0 to 18446744073709551615".to_string(),
            ),
            (r#"{"id":1,"type":"customer"}"#, format!("2:1: the customer has no `events`; {list}")),
            (
                r#"{"id":1,"type":"customer","events":{}}"#,
                format!("2:36: `events` is an object, not an array; {list}"),
            ),
            (
                r#"{"id":1,"type":"customer","events":[],"customer-requests":[]}"#,
                "2:59: the customer has `events` and `customer-requests`; keep one of the two".to_string(),
            ),
            (
                r#"{"id":2,"type":"branch","balance":"0"}"#,
                "2:35: `balance` is a string, not an integer; \
                 write an integer from -9223372036854775808 to 9223372036854775807, without quotes"
                    .to_string(),
            ),
            (
                r#"{"type":"branch","balance":0}"#,
                "2:1: the branch has no `id`; give it an id such as \"id\":1".to_string(),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(refusal(text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_that_is_no_array_or_has_no_branch_is_refused() {
        let rows = [
            ("{}", "1:1: the file is an object, not an array; put its entries into one array: [...]"),
            (
                "\n[]",
                "2:1: no branch is declared; add an entry such as {\"id\":1,\"type\":\"branch\",\"balance\":0}",
            ),
            ("[{},]", "1:4: trailing comma; remove the comma before `]`"),
        ];
        for (text, expected) in rows {
            let refusal = parse(text).unwrap_err().to_string();
            assert_eq!(refusal, expected, "{text}");
        }
    }

    #[test]
    fn an_entry_that_may_be_a_branch_makes_no_other_branch_unknown() {
        let text = r#"[{"id":1,"type":"brnch","balance":0},
{"id":1,"type":"customer","events":[{"interface":"query","branch":1}]}]"#;
        let error = parse(text).unwrap_err();
        assert_eq!(error.problems.len(), 1);
        assert_eq!(error.problems[0].message, "the entry's type `brnch` is unknown");
    }

    #[test]
    fn a_file_with_too_many_events_is_refused_by_name() {
        let events = vec!["0"; super::MAX_EVENTS + 1].join(",");
        let customer = format!("{{\"id\":1,\"type\":\"customer\",\"events\":[{events}]}}");
        let expected =
            "2:1: the file has more than the 1000000 events that are read; split it into several files";
        assert_eq!(refusal(&customer), expected);
    }
}
