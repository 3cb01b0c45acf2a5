//! The damages to lines of a history, and how each ends.

use serde_json::{Value, json};

use super::Damage;
use super::Ends::{Named, Refused, Unnoticed};

fn any(_: &Value) -> bool {
    true
}

fn is_read(line: &Value) -> bool {
    line["op"] == "query"
}

fn is_write(line: &Value) -> bool {
    !is_read(line)
}

fn is_ack(line: &Value) -> bool {
    line["dot"].is_array()
}

/// An answer whose witness rose since the session's last one.
fn has_witness(line: &Value) -> bool {
    line["witness"].as_array().is_some_and(|changes| !changes.is_empty())
}

fn is_parked(line: &Value) -> bool {
    line["balance"] != Value::Null && line["parked"] != Value::Null
}

/// Of a peer's write.
fn from_a_peer(line: &Value) -> bool {
    line["branch"].as_u64() != line["o"].as_u64().map(|origin| origin + 1)
}

pub(super) const DAMAGES: &[Damage] = &[
    // The header.
    (
        "its trial",
        |it| it.lines(|lines| lines.set(0, "/trial", json!("constant_ms=100,wait,r2"))),
        Refused("gz: `trial` is `const"),
    ),
    (
        "its strategy",
        |it| it.lines(|lines| lines.set(0, "/strategy", json!("none"))),
        Refused("gz: `strategy`"),
    ),
    (
        "its guarantees",
        |it| it.lines(|lines| lines.set(0, "/guarantees", json!([]))),
        Refused("gz: `guarantees[0]`"),
    ),
    (
        "its substrate",
        |it| it.lines(|lines| lines.set(0, "/substrate", json!("live"))),
        Refused("gz: `substrate`"),
    ),
    ("its seed", |it| it.lines(|lines| lines.set(0, "/seed", json!(2))), Refused("gz: `seed`")),
    (
        "a branch of it",
        |it| it.lines(|lines| lines.set(0, "/branches/2/branch", json!(4))),
        Refused("branch 3 is not in the header"),
    ),
    (
        "what accounts hold at the start",
        |it| it.lines(|lines| lines.set(0, "/accounts/balance", json!(1))),
        Refused("gz: `accounts.balance`"),
    ),
    (
        "its plan",
        |it| it.lines(|lines| lines.set(0, "/plan/workload/sessions", json!(9))),
        Refused("gz: `plan.workload.sessions`"),
    ),
    ("no header", |it| it.lines(|lines| drop(lines.remove(0))), Refused("does not begin with its header")),
    // Operations.
    (
        "an invocation dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.measured("invoke", is_write)))),
        Refused("ends, and was not begun"),
    ),
    (
        "a completion dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.measured("complete", is_ack)))),
        Refused("begins operation 3 while 2"),
    ),
    (
        "the last operation dropped",
        |it| {
            it.lines(|lines| {
                let at = lines.last("invoke", any);
                let session = lines.remove(at)["s"].clone();
                let end = lines.0.iter().rposition(|line| line["e"] == "complete" && line["s"] == session);
                lines.remove(end.expect("it has ended"));
            });
        },
        Named("measures.json: "),
    ),
    (
        "a completion twice",
        |it| it.lines(|lines| lines.twice(lines.measured("complete", any))),
        Refused("ends, and was not begun or has ended already"),
    ),
    (
        "a request and its answer swapped",
        |it| {
            it.lines(|lines| {
                let at = lines.measured("invoke", is_read);
                let session = lines.0[at]["s"].clone();
                let end =
                    lines.0.iter().skip(at).position(|line| line["e"] == "complete" && line["s"] == session);
                lines.swap(at, at + end.expect("it has ended"));
            });
        },
        Refused("ends, and was not begun"),
    ),
    (
        "a time beyond its neighbours",
        |it| it.lines(|lines| lines.add(lines.measured("invoke", any), "/t", 500_000_000)),
        Refused("the time falls from"),
    ),
    (
        "an amount",
        |it| it.lines(|lines| lines.add(lines.measured("invoke", is_write), "/amount", 1)),
        Refused("deposit 2199 account=3 at branch 2"),
    ),
    (
        "the account of a write",
        |it| it.lines(|lines| lines.add(lines.measured("invoke", is_write), "/account", 1)),
        Refused("deposit 2198 account=4 at branch 2"),
    ),
    (
        "the account of a read",
        |it| it.lines(|lines| lines.add(lines.first("invoke", is_read), "/account", 1)),
        Refused("query account=1 at branch 1"),
    ),
    (
        "the branch of a read",
        |it| it.lines(|lines| lines.set(lines.first("invoke", is_read), "/branch", json!(2))),
        Refused("query account=0 at branch 2"),
    ),
    (
        "the kind of a write",
        |it| it.lines(|lines| lines.set(lines.measured("invoke", is_write), "/op", json!("withdraw"))),
        Refused("withdraw 2198 account=3 at branch 2"),
    ),
    (
        "a session",
        |it| it.lines(|lines| lines.set(lines.measured("invoke", any), "/s", json!(7))),
        Refused("begins operation 4 where 3 is the next"),
    ),
    (
        "an intended start",
        |it| it.lines(|lines| lines.add(lines.measured("invoke", any), "/at", -1)),
        Refused("asks for query account=13 at branch 1, due at 102.696016ms"),
    ),
    (
        "a flag of the warm-up set",
        |it| it.lines(|lines| lines.put(lines.measured("invoke", is_write), "warm_up", json!(true))),
        Named("measures.json: "),
    ),
    (
        "a flag of the warm-up cleared",
        |it| it.lines(|lines| lines.set(lines.first("invoke", is_write), "/warm_up", json!(false))),
        Named("measures.json: "),
    ),
    (
        "the account of a refused arrival",
        |it| it.lines(|lines| lines.add(lines.first("refused", any), "/account", 1)),
        Refused("query account=7 at branch 2"),
    ),
    (
        "a refused arrival dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.first("refused", any)))),
        Named("measures.json: "),
    ),
    // Answers.
    (
        "a balance",
        |it| {
            it.lines(|lines| {
                lines.add(lines.measured("complete", |line| line["balance"].is_i64()), "/balance", 1)
            })
        },
        Named("verdict.json: "),
    ),
    (
        "a witness raised",
        |it| it.lines(|lines| lines.raise(lines.last("complete", has_witness), "witness")),
        Named("verdict.json: "),
    ),
    (
        "a witness lowered",
        |it| it.lines(|lines| lines.add(lines.last("complete", has_witness), "/witness/0/1", -1)),
        Named("verdict.json: "),
    ),
    (
        "a witness emptied",
        |it| it.lines(|lines| lines.set(lines.last("complete", has_witness), "/witness", json!([]))),
        Named("verdict.json: "),
    ),
    (
        "the origin of a write",
        |it| it.lines(|lines| lines.set(lines.measured("complete", is_ack), "/dot/0", json!(2))),
        Named("verdict.json: "),
    ),
    (
        "a counter of a write raised",
        |it| it.lines(|lines| lines.add(lines.measured("complete", is_ack), "/dot/1", 1)),
        Named("verdict.json: "),
    ),
    (
        "a counter of a write that is none",
        |it| it.lines(|lines| lines.set(lines.first("complete", is_ack), "/dot/1", json!(0))),
        Refused("is named 2:0, and counters begin with 1"),
    ),
    (
        "the names of two branches' writes swapped",
        |it| {
            it.lines(|lines| {
                let one = lines.measured("complete", |line| line["dot"][0] == 0);
                let other = lines.measured("complete", |line| line["dot"][0] == 1);
                let dot = lines.0[one]["dot"].take();
                lines.0[one]["dot"] = std::mem::replace(&mut lines.0[other]["dot"], dot);
            });
        },
        Named("verdict.json: "),
    ),
    (
        "an acknowledgement made unknown",
        |it| {
            it.lines(|lines| {
                let at = lines.measured("complete", is_ack);
                let line = lines.0[at].as_object_mut().expect("a line is an object");
                line.remove("dot");
                line.extend([
                    ("outcome".to_owned(), json!("info")),
                    ("cause".to_owned(), json!("given_up")),
                    ("text".to_owned(), json!("given up")),
                ]);
            });
        },
        Named("measures.json: "),
    ),
    (
        "a parked time",
        |it| it.lines(|lines| lines.add(lines.last("complete", is_parked), "/parked", 1_000_000)),
        Named("measures.json: "),
    ),
    (
        "the time of an answer",
        |it| it.lines(|lines| lines.add(lines.measured("complete", is_parked), "/answered", -1)),
        Named("verdict.json: "),
    ),
    (
        "the end of an operation",
        |it| it.lines(|lines| lines.swap(lines.measured("complete", any), lines.last("refused", any))),
        Refused("ends, and was not begun"),
    ),
    // What branches did.
    (
        "an own application dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.measured("apply", |line| !from_a_peer(line))))),
        Refused("where 3 is the next"),
    ),
    (
        "the last application dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.last("apply", any)))),
        Refused("and it applied"),
    ),
    (
        "an application twice",
        |it| it.lines(|lines| lines.twice(lines.measured("apply", any))),
        Refused("on again; "),
    ),
    (
        "an application of one more",
        |it| it.lines(|lines| lines.add(lines.last("apply", any), "/last", 1)),
        Refused("and it applied"),
    ),
    (
        "an application by another branch",
        |it| it.lines(|lines| lines.set(lines.last("apply", from_a_peer), "/branch", json!(2))),
        Refused("on again; "),
    ),
    (
        "an application moved behind a read that shows it",
        |it| it.lines(|lines| lines.move_to(lines.first("apply", any), lines.last("complete", any))),
        Refused("where 1 is the next"),
    ),
    (
        "the delays of messages",
        |it| it.lines(|lines| lines.each("sent", |line| line["delays"] = json!([99_000_000]))),
        Named("measures.json: "),
    ),
    (
        "messages that are lost",
        |it| it.lines(|lines| lines.each("sent", |line| line["delays"] = json!([]))),
        Named("measures.json: "),
    ),
    (
        "messages from another branch",
        |it| it.lines(|lines| lines.each("sent", |line| line["from"] = json!(2))),
        Named("measures.json: "),
    ),
    (
        "messages dropped",
        |it| it.lines(|lines| lines.0.retain(|line| line["e"] != "sent")),
        Named("measures.json: "),
    ),
    // Faults and milestones.
    (
        "a fault without its beginning",
        |it| it.lines(|lines| drop(lines.remove(lines.first("fault", any)))),
        Refused("fault 0 begins twice, or ends without having begun"),
    ),
    (
        "a fault without its end",
        |it| it.lines(|lines| drop(lines.remove(lines.last("fault", any)))),
        Refused("Healed is reached while fault 0 has not ended"),
    ),
    (
        "no fault at all",
        |it| it.lines(|lines| lines.0.retain(|line| line["e"] != "fault")),
        Named("measures.json: `by_fault[0]`"),
    ),
    (
        "a fault's end moved",
        |it| it.lines(|lines| lines.move_to(lines.last("fault", any), lines.last("fault", any) + 4)),
        Named("measures.json: `by_fault[0].measured_s`"),
    ),
    (
        "the kind of a fault",
        |it| it.lines(|lines| lines.set(lines.first("fault", any), "/text", json!("a storm"))),
        Named("measures.json: `by_fault[0].text`"),
    ),
    (
        "the end of the warm-up dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.first("phase", any)))),
        Named("measures.json: "),
    ),
    (
        "the end of the load dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.first("phase", |line| line["phase"] == "load_over")))),
        Named("measures.json: "),
    ),
    (
        "the healing dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.first("phase", |line| line["phase"] == "healed")))),
        Refused("`healed` is missing before it"),
    ),
    (
        "the drain dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.first("phase", |line| line["phase"] == "drained")))),
        Named("verdict.json: `converged`"),
    ),
    (
        "the drain given up",
        |it| {
            it.lines(|lines| lines.set(lines.last("phase", any), "/phase", json!("drain_bound")));
        },
        Named("verdict.json: `converged`"),
    ),
    // The end.
    (
        "a final vector",
        |it| it.lines(|lines| lines.raise(lines.first("final", any), "applied")),
        Refused("the final state of branch 1 has"),
    ),
    (
        "a final balance",
        |it| it.lines(|lines| lines.add(lines.first("final", any), "/balances/0/1", 1)),
        Named("verdict.json: `converged`"),
    ),
    (
        "the same final balance everywhere",
        |it| {
            it.lines(|lines| {
                let first = lines.first("final", any);
                (first..first + 3).for_each(|at| lines.add(at, "/balances/0/1", 1));
            });
        },
        Named("verdict.json: "),
    ),
    (
        "a final state dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.first("final", any)))),
        Named("verdict.json: `converged`"),
    ),
    (
        "the last line dropped",
        |it| it.lines(|lines| drop(lines.0.pop())),
        Refused("the history ends without its end"),
    ),
    (
        "an origin dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.first("origin", any)))),
        Refused("origin 1 is named where 0 is the next"),
    ),
    (
        "the branch of an origin",
        |it| it.lines(|lines| lines.set(lines.first("origin", any), "/branch", json!(2))),
        Named("verdict.json: "),
    ),
    (
        "two sessions of one token",
        |it| {
            it.lines(|lines| {
                lines.put(lines.last("session", any), "follows", json!({ "s": 0, "token_kept": true }))
            });
        },
        Refused("its place asks for query"),
    ),
    // What changes no fact.
    (
        "a remark dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.first("note", any)))),
        Unnoticed("it is for people"),
    ),
    (
        "an incarnation",
        |it| it.lines(|lines| lines.set(lines.first("origin", any), "/incarnation", json!("1.2"))),
        Unnoticed("later lines use the index, and no other line names it"),
    ),
    (
        "a number of attempts",
        |it| it.lines(|lines| lines.add(lines.measured("complete", any), "/attempts", 1)),
        Unnoticed("no rule and no figure counts attempts"),
    ),
    (
        "the last message dropped",
        |it| it.lines(|lines| drop(lines.remove(lines.last("sent", any)))),
        Unnoticed("no read waited for what it brought, and the branches came to rest"),
    ),
    (
        "the copy of a message",
        |it| it.lines(|lines| lines.add(lines.measured("sent", any), "/copy", 1)),
        Unnoticed("the first copy is the earliest, whatever its number"),
    ),
    (
        "a parked time of the warm-up",
        |it| {
            it.lines(|lines| lines.put(lines.first("complete", is_ack), "parked", json!(5)));
        },
        Unnoticed("nothing is measured in the warm-up, and no rule asks how long a write was held"),
    ),
    (
        "a drain at an earlier time",
        |it| it.lines(|lines| lines.add(lines.last("phase", any), "/t", -1)),
        Unnoticed("the final states prove that the branches agree, whenever that was found"),
    ),
];
