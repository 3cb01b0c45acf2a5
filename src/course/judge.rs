//! Judges a results file by its input: every claim against what a correct bank answers.
//!
//! The course's own checker compares neighbouring balances with each other and never sees the input, so it
//! passes files in which every balance is 0, every write failed, or every read misses the customer's last
//! deposit. Here each claim is held against its event. The n-th claim about a customer belongs to the
//! customer's n-th event, over all entries of that customer, so that one claim too few or too many confuses
//! one customer and not the rest. In the format `balances` only each customer's last query is judged;
//! customers then come in the order in which they first appear.
//!
//! Neither branches nor histories are known here: a claim is judged by arithmetic alone. And a file that
//! claims nothing about an input without events is valid with nothing checked, which is no evidence.

use std::collections::{BTreeMap, VecDeque};

use super::claims::{Claim, Claims};
use super::expected::{ExpectedAnswer, expected};
use super::input::{CourseAction, CourseInput};
use super::violation::{ClaimViolation, Statement, ViolationKind, ViolationSubject};

/// The result of a judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseVerdict {
    /// Events about which something was claimed, right or wrong.
    pub checked: usize,
    /// By event in file order, then claims without an event.
    pub violations: Vec<ClaimViolation>,
}

/// Holds what is claimed against what `input` makes a correct bank answer.
pub fn judge(input: &CourseInput, claims: &Claims) -> CourseVerdict {
    let (wanted, claims) = match claims {
        Claims::Events(claims) => (expected(input), claims),
        Claims::Balances(claims) => (last_queries(input), claims),
    };
    let matching = Matching::of(&wanted, claims);
    let mut violations = Vec::new();
    for (expected, found) in wanted.iter().zip(&matching.found) {
        judge_event(expected, found, &mut violations);
    }
    for (index, claim) in matching.surplus {
        violations.push(ClaimViolation {
            kind: ViolationKind::Surplus,
            subject: ViolationSubject::claim(index, claim),
            expected: Statement::Nothing,
            found: Statement::Outcome(claim.outcome),
        });
    }
    CourseVerdict { checked: matching.found.iter().filter(|found| found.claim.is_some()).count(), violations }
}

impl CourseVerdict {
    /// Whether every event is claimed as it should be, and there is no other claim.
    pub fn is_valid(&self) -> bool {
        self.violations.is_empty()
    }

    /// How many violations are of this kind.
    pub fn count(&self, kind: ViolationKind) -> usize {
        self.violations.iter().filter(|violation| violation.kind == kind).count()
    }
}

/// Each customer's last query, in the order in which the customers first appear.
fn last_queries(input: &CourseInput) -> Vec<ExpectedAnswer<'_>> {
    let mut first_seen = BTreeMap::new();
    for (order, customer) in input.customers.iter().enumerate() {
        first_seen.entry(customer.id).or_insert(order);
    }
    let queries = expected(input).into_iter().filter(|expected| expected.event.action == CourseAction::Query);
    let last: BTreeMap<usize, ExpectedAnswer<'_>> =
        queries.map(|query| (first_seen[&query.customer], query)).collect();
    last.into_values().collect()
}

/// Which claim belongs to which event.
struct Matching<'a> {
    /// One for each wanted event, in the same order.
    found: Vec<JudgedEntry<'a>>,
    /// Claims without an event, and their index in the file.
    surplus: Vec<(usize, &'a Claim)>,
}

#[derive(Clone, Default)]
struct JudgedEntry<'a> {
    claim: Option<&'a Claim>,
    /// The number of a later event, if a claim about one precedes this one.
    after: Option<usize>,
}

impl<'a> Matching<'a> {
    fn of(wanted: &[ExpectedAnswer<'_>], claims: &'a [Claim]) -> Matching<'a> {
        let mut open: BTreeMap<u64, VecDeque<usize>> = BTreeMap::new();
        for (index, event) in wanted.iter().enumerate() {
            open.entry(event.customer).or_default().push_back(index);
        }
        let mut matching =
            Matching { found: vec![JudgedEntry::default(); wanted.len()], surplus: Vec::new() };
        let mut furthest = 0;
        for (number, claim) in claims.iter().enumerate() {
            match open.get_mut(&claim.customer).and_then(VecDeque::pop_front) {
                Some(index) => {
                    let after = (index < furthest).then(|| wanted[furthest].number);
                    matching.found[index] = JudgedEntry { claim: Some(claim), after };
                    furthest = furthest.max(index);
                }
                None => matching.surplus.push((number, claim)),
            }
        }
        matching
    }
}

fn judge_event(expected: &ExpectedAnswer<'_>, found: &JudgedEntry<'_>, violations: &mut Vec<ClaimViolation>) {
    let mut violated = |kind, should: Statement, does: Statement| {
        violations.push(ClaimViolation {
            kind,
            subject: ViolationSubject::event(expected),
            expected: should,
            found: does,
        });
    };
    let outcome = Statement::Outcome(expected.outcome);
    let Some(claim) = found.claim else {
        return violated(ViolationKind::Missing, outcome, Statement::Nothing);
    };
    if let Some(later) = found.after {
        violated(ViolationKind::OutOfOrder, Statement::Before(later), Statement::After(later));
    }
    if let Some(branch) = claim.branch.filter(|&branch| branch != expected.event.branch) {
        let should = Statement::Branch(expected.event.branch);
        violated(ViolationKind::WrongBranch, should, Statement::Branch(branch));
    }
    let interface = expected.event.action.interface();
    if claim.interface != interface {
        let should = Statement::Interface(interface.to_string());
        violated(ViolationKind::WrongInterface, should, Statement::Interface(claim.interface.clone()));
    } else if !claim.outcome.reads_as(expected.outcome) {
        violated(wrong_outcome(&expected.event.action), outcome, Statement::Outcome(claim.outcome));
    }
}

fn wrong_outcome(action: &CourseAction) -> ViolationKind {
    match action {
        CourseAction::Query => ViolationKind::WrongRead,
        CourseAction::Deposit(_) | CourseAction::Withdraw(_) => ViolationKind::WrongWrite,
        CourseAction::Unknown(_) => ViolationKind::WrongRefusal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::{
        CustomerResults, EventOutcome, EventResult, ResultsFormat, parse, parse_results, render,
    };

    /// 60 events at 10 branches, all of them starting with 500.
    const CROSS_BRANCH: &str = include_str!("../../experiments/course/cross-branch.json");

    /// Event 1 on line 2, event 4 on line 6.
    const SMALL: &str = r#"[{"id":1,"type":"customer","events":[
{"interface":"deposit","money":40,"branch":1},
{"interface":"query","branch":2}]},
{"id":3,"type":"customer","events":[
{"interface":"withdraw","money":50,"branch":2},
{"interface":"query","branch":1}]},
{"id":1,"type":"branch","balance":0},{"id":2,"type":"branch","balance":0}]"#;

    const SMALL_RIGHT: [&str; 4] = [
        r#"{"id":1,"recv":[{"interface":"deposit","branch":1,"result":"success"}]}"#,
        r#"{"id":1,"recv":[{"interface":"query","branch":2,"balance":40}]}"#,
        r#"{"id":3,"recv":[{"interface":"withdraw","branch":2,"result":"fail"}]}"#,
        r#"{"id":3,"recv":[{"interface":"query","branch":1,"balance":40}]}"#,
    ];

    /// The results of a run whose outcomes `tamper` may replace, given the right one and the event's number.
    fn results(
        input: &CourseInput,
        mut tamper: impl FnMut(&ExpectedAnswer<'_>) -> EventOutcome,
    ) -> Vec<CustomerResults> {
        let mut answers = expected(input).into_iter();
        let mut result =
            |event: &crate::course::CourseEvent| EventResult::of(event, tamper(&answers.next().unwrap()));
        let mut of = |customer: &crate::course::CourseCustomer| {
            let mut results = CustomerResults::of(customer);
            results.results.extend(customer.events.iter().map(&mut result));
            results
        };
        input.customers.iter().map(&mut of).collect()
    }

    /// The verdict on such a run, from the text that it writes.
    fn verdict(
        tamper: impl FnMut(&ExpectedAnswer<'_>) -> EventOutcome,
        format: ResultsFormat,
    ) -> CourseVerdict {
        let input = parse(CROSS_BRANCH).unwrap();
        judge(&input, &parse_results(&render(&results(&input, tamper), format)).unwrap())
    }

    fn kinds(verdict: &CourseVerdict) -> (usize, usize, usize) {
        let of = |kind| verdict.count(kind);
        (of(ViolationKind::WrongRead), of(ViolationKind::WrongWrite), verdict.violations.len())
    }

    /// The violations of these lines as results of the small input.
    fn small(lines: &[&str]) -> Vec<String> {
        let claims = parse_results(&lines.join("\n")).unwrap();
        judge(&parse(SMALL).unwrap(), &claims).violations.iter().map(ClaimViolation::to_string).collect()
    }

    #[test]
    fn right_answers_are_valid_in_every_format_and_unwritten() {
        for (format, checked) in
            [(ResultsFormat::Events, 60), (ResultsFormat::Customers, 60), (ResultsFormat::Balances, 6)]
        {
            let verdict = verdict(|expected| expected.outcome, format);
            assert_eq!(verdict, CourseVerdict { checked, violations: vec![] }, "{format:?}");
        }
        let input = parse(CROSS_BRANCH).unwrap();
        assert!(judge(&input, &Claims::of(&results(&input, |expected| expected.outcome))).is_valid());
    }

    #[test]
    fn balances_that_are_all_zero_are_rejected() {
        let zero = |expected: &ExpectedAnswer<'_>| match expected.outcome {
            EventOutcome::Balance(_) => EventOutcome::Balance(0),
            EventOutcome::Written { .. } | EventOutcome::Failed => expected.outcome,
        };
        let events = verdict(zero, ResultsFormat::Events);
        assert_eq!((events.checked, kinds(&events)), (60, (30, 0, 30)));
        let first = "event 2 (customer 1, query at branch 2, line 4): expected balance 620, found 0";
        assert_eq!(events.violations[0].to_string(), first);
        let balances = verdict(zero, ResultsFormat::Balances);
        assert_eq!((balances.checked, kinds(&balances)), (6, (6, 0, 6)));
        let first = "event 10 (customer 1, query at branch 1, line 12): expected balance 545, found 0";
        assert_eq!(balances.violations[0].to_string(), first);
    }

    #[test]
    fn reads_that_miss_the_last_deposit_are_rejected() {
        let mut last = (0, 0);
        let verdict = verdict(
            |expected| match (&expected.event.action, expected.outcome) {
                (CourseAction::Deposit(money), outcome) => {
                    last = (expected.customer, *money);
                    outcome
                }
                (_, EventOutcome::Balance(balance)) if last.0 == expected.customer => {
                    EventOutcome::Balance(balance - last.1)
                }
                (_, outcome) => outcome,
            },
            ResultsFormat::Events,
        );
        assert_eq!(kinds(&verdict), (26, 0, 26));
        let first = "event 2 (customer 1, query at branch 2, line 4): expected balance 620, found 500";
        assert_eq!(verdict.violations[0].to_string(), first);
    }

    #[test]
    fn writes_that_all_fail_are_rejected() {
        let verdict = verdict(
            |expected| match expected.outcome {
                EventOutcome::Written { .. } => EventOutcome::Written { success: false },
                EventOutcome::Balance(_) => EventOutcome::Balance(500),
                EventOutcome::Failed => EventOutcome::Failed,
            },
            ResultsFormat::Events,
        );
        // Two withdrawals are right to fail, and two queries find 500 after 200 in and 200 out.
        assert_eq!(kinds(&verdict), (31, 25, 56));
        let first = "event 1 (customer 1, deposit at branch 1, line 3): expected success, found fail";
        assert_eq!(verdict.violations[0].to_string(), first);
    }

    #[test]
    fn each_wrong_claim_is_one_violation_that_says_what_stands_there() {
        let [deposit, query, withdrawal, last] = SMALL_RIGHT;
        let second = "event 2 (customer 1, query at branch 2, line 3)";
        let third = "event 3 (customer 3, withdraw at branch 2, line 5)";
        let rows = [
            (
                r#"{"id":1,"recv":[{"interface":"query","branch":2,"balance":41}]}"#,
                "expected balance 40, found 41",
            ),
            (
                r#"{"id":1,"recv":[{"interface":"query","branch":2,"result":"fail"}]}"#,
                "expected balance 40, found fail",
            ),
            (
                r#"{"id":1,"recv":[{"interface":"query","branch":1,"balance":40}]}"#,
                "expected branch 2, found branch 1",
            ),
            (
                r#"{"id":1,"recv":[{"interface":"deposit","branch":2,"result":"fail"}]}"#,
                "expected query, found deposit",
            ),
            (r#"{"id":1,"recv":[]}"#, "expected balance 40, found nothing"),
        ];
        assert_eq!(small(&SMALL_RIGHT), Vec::<String>::new());
        for (wrong, violation) in rows {
            assert_eq!(
                small(&[deposit, wrong, withdrawal, last]),
                [format!("{second}: {violation}")],
                "{wrong}"
            );
        }
        let overdraft = r#"{"id":3,"recv":[{"interface":"withdraw","branch":2,"result":"success"}]}"#;
        assert_eq!(
            small(&[deposit, query, overdraft, last]),
            [format!("{third}: expected fail, found success")]
        );
        let unbranched = r#"{"id":1,"recv":[{"interface":"query","balance":40}]}"#;
        assert_eq!(small(&[deposit, unbranched, withdrawal, last]), Vec::<String>::new());
    }

    #[test]
    fn claims_that_are_too_few_too_many_or_out_of_order_are_violations() {
        let [deposit, query, withdrawal, last] = SMALL_RIGHT;
        let foreign = r#"{"id":9,"recv":[{"interface":"query","branch":1,"balance":0}]}"#;
        let missing = "event 4 (customer 3, query at branch 1, line 6): expected balance 40, found nothing";
        let surplus =
            "result 5 (customer 9, query, line 5 of the results): expected nothing, found balance 0";
        assert_eq!(small(&[deposit, query, withdrawal]), [missing]);
        assert_eq!(small(&[deposit, query, withdrawal, last, foreign]), [surplus]);
        let late = [
            "event 1 (customer 1, deposit at branch 1, line 2): expected before event 4, found after event 4",
            "event 2 (customer 1, query at branch 2, line 3): expected before event 4, found after event 4",
        ];
        assert_eq!(small(&[withdrawal, last, deposit, query]), late);
        assert_eq!(small(&["[]"]).len(), 4);
    }

    #[test]
    fn balances_are_judged_by_the_last_query_of_each_customer() {
        let rows: [(&str, &[&str]); 5] = [
            (r#"[{"id":1,"balance":40},{"id":3,"balance":40}]"#, &[]),
            (
                r#"[{"id":1,"balance":40},{"id":3,"balance":-10}]"#,
                &["event 4 (customer 3, query at branch 1, line 6): expected balance 40, found -10"],
            ),
            (
                r#"[{"id":3,"balance":40}]"#,
                &["event 2 (customer 1, query at branch 2, line 3): expected balance 40, found nothing"],
            ),
            (
                r#"[{"id":3,"balance":40},{"id":1,"balance":40}]"#,
                &[
                    "event 2 (customer 1, query at branch 2, line 3): expected before event 4, found after event 4",
                ],
            ),
            (
                r#"[{"id":1,"balance":40},{"id":3,"balance":40},{"id":3,"balance":40}]"#,
                &["result 3 (customer 3, query, line 1 of the results): expected nothing, found balance 40"],
            ),
        ];
        for (text, violations) in rows {
            assert_eq!(small(&[text]), violations, "{text}");
        }
    }

    #[test]
    fn an_unknown_interface_must_be_answered_fail() {
        let text = r#"[{"id":1,"type":"branch","balance":0},
{"id":1,"type":"customer","events":[{"interface":"audit"}]}]"#;
        let input = parse(text).unwrap();
        let judged = |result| {
            let text =
                format!(r#"{{"id":1,"recv":[{{"interface":"audit","branch":1,"result":"{result}"}}]}}"#);
            judge(&input, &parse_results(&text).unwrap())
        };
        assert_eq!(judged("fail"), CourseVerdict { checked: 1, violations: vec![] });
        assert_eq!(judged("success").count(ViolationKind::WrongRefusal), 1);
    }
}
