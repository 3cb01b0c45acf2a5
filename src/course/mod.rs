//! The files of the university course from which this project grew, and a judge for the answers of a run.
//!
//! # Input
//!
//! One JSON array of entries, in any order. A branch entry declares a replica and its starting balance; a
//! customer entry lists what one customer does. All customers share one account and run one after another, in
//! file order:
//!
//! ```json
//! [{"id": 1, "type": "customer", "events": [
//!     {"id": 1, "interface": "deposit", "money": 400, "branch": 1},
//!     {"id": 2, "interface": "query", "branch": 2}]},
//!  {"id": 1, "type": "branch", "balance": 0},
//!  {"id": 2, "type": "branch", "balance": 0}]
//! ```
//!
//! Years and stages of the course differ, and all of them are read:
//!
//! * `dest` means `branch`. Both may be there if they agree.
//! * Where no event of the file names a branch, customer n talks to branch n (the first stage). Where some
//!   do, all must: a forgotten or misspelt `branch` is refused rather than sent to a branch that the file
//!   does not name.
//! * `"type": "bank"` means `branch`.
//! * `customer-requests` means `events`, and `customer-request-id` an event's `id`.
//! * Event ids may be absent and may repeat. They are kept and used for nothing.
//! * A customer may have several entries; they run in file order. Ids need not be contiguous.
//! * Money on a query and unknown keys are ignored, whatever they hold.
//! * A starting balance may be negative, as an overdrawn account is.
//!
//! Money that is zero or negative and an unknown interface are no mistakes of the file: the event runs and is
//! answered `fail`. Anything that leaves open what is meant is one, and the file is refused before anything
//! runs, with all its problems, each with its line, its column and a remedy. Of text that is not JSON, only
//! the first problem is reported.
//!
//! # Results
//!
//! [`render`] writes the course's three [`ResultsFormat`]s; [`parse_results`] reads them, also as other programs
//! write them; [`judge`] holds what they claim against the input.
//!
//! # Invariants
//!
//! A [`CourseInput`] can be run as it is: every event's branch exists, every id and sum fits its type.
//! Balances and sums are integers from the file's digits to the results, and never pass through a float.
//! Only `replay` runs an input, on a live cluster. Nothing here opens a file, prints, reads a clock or draws a random
//! number, and the judge knows no code of the branches that it judges.
//!
//! | file | what it holds |
//! |---|---|
//! | `input` | [`CourseInput`], which can be run |
//! | `entry`, `parse` | the entries as written, each by itself; all of them together |
//! | `results` | the answers of a run, and their three formats |
//! | `claims` | the claims of a results file |
//! | `expected` | the answers of a correct bank |
//! | `judge`, `violation` | the one held against the other |
//! | `replay` | an input run on a live cluster |
//! | `json`, `syntax`, `place`, `problem` | values with their places, and their problems |

mod claims;
mod entry;
mod expected;
mod input;
mod json;
mod judge;
mod parse;
mod place;
mod problem;
mod replay;
mod results;
mod syntax;
mod violation;

pub use claims::{Claim, Claims, parse_results};
pub use expected::{ExpectedAnswer, expected};
pub use input::{CourseAction, CourseCustomer, CourseEvent, CourseInput};
pub use judge::{CourseVerdict, judge};
pub use parse::parse;
pub use place::Place;
pub use problem::{InputError, Problem};
pub use replay::{Replay, ReplayError, ReplayOptions, Timings, Unanswered, replay};
pub use results::{CustomerResults, EventOutcome, EventResult, ResultsFormat, render};
pub use violation::{ClaimViolation, Statement, ViolationKind, ViolationSubject};

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::model::BranchId;

    const SAMPLES: [(&str, &str); 5] = [
        ("cross-branch", include_str!("../../experiments/course/cross-branch.json")),
        ("dest", include_str!("../../experiments/course/dest.json")),
        ("first-stage", include_str!("../../experiments/course/first-stage.json")),
        ("logical-clock", include_str!("../../experiments/course/logical-clock.json")),
        ("repeated-customers", include_str!("../../experiments/course/repeated-customers.json")),
    ];

    #[test]
    fn every_sample_is_read_and_has_the_shape_that_its_name_says() {
        let shapes = [(10, 500, 6, 60), (3, 50, 2, 7), (3, 300, 3, 5), (3, 80, 3, 5), (5, 0, 10, 15)];
        for ((name, text), shape) in SAMPLES.into_iter().zip(shapes) {
            let input = parse(text).unwrap_or_else(|error| panic!("{}", error.in_file(name)));
            let events = input.customers.iter().map(|customer| customer.events.len()).sum();
            assert_eq!(
                (input.branches.len(), input.initial_balance, input.customers.len(), events),
                shape,
                "{name}"
            );
        }
    }

    #[test]
    fn every_customer_of_the_cross_branch_sample_reads_at_another_branch_than_it_wrote() {
        let input = parse(SAMPLES[0].1).unwrap();
        for customer in &input.customers {
            let moves = |pair: &[CourseEvent]| {
                pair[1].action == CourseAction::Query && pair[0].branch != pair[1].branch
            };
            assert!(customer.events.windows(2).any(moves), "customer {}", customer.id);
        }
        let refused =
            |answer: &ExpectedAnswer<'_>| answer.outcome == EventOutcome::Written { success: false };
        assert_eq!(expected(&input).iter().filter(|answer| refused(answer)).count(), 2);
    }

    #[test]
    fn a_damaged_sample_is_read_or_refused_at_a_place_within_it() {
        for (name, text) in &SAMPLES[1..] {
            for (offset, character) in text.char_indices() {
                let (before, after) = (&text[..offset], &text[offset + character.len_utf8()..]);
                for damage in
                    [before.to_string(), format!("{before}{after}"), format!("{before},{character}{after}")]
                {
                    assert_refused_within(&damage, name);
                }
            }
        }
    }

    fn assert_refused_within(text: &str, name: &str) {
        let lines = text.lines().count().max(1);
        for error in [parse(text).err(), parse_results(text).err()].into_iter().flatten() {
            let within = |problem: &Problem| problem.place.line <= lines && problem.place.column > 0;
            assert!(
                !error.problems.is_empty() && error.problems.iter().all(within),
                "{name}: {error}\n{text}"
            );
        }
    }

    /// A customer's id, and events as kind, money and branch.
    type Entry = (u64, Vec<(u8, i64, u32)>);

    fn input(initial_balance: i64, entries: &[Entry]) -> CourseInput {
        let event = |&(kind, money, branch): &(u8, i64, u32)| {
            let action = match kind {
                0 => CourseAction::Deposit(money),
                1 => CourseAction::Withdraw(money),
                2 => CourseAction::Unknown("audit".to_string()),
                _ => CourseAction::Query,
            };
            CourseEvent { id: None, branch: BranchId(branch), action, place: Place { line: 1, column: 1 } }
        };
        let customer =
            |(id, events): &Entry| CourseCustomer { id: *id, events: events.iter().map(event).collect() };
        let customers = entries.iter().map(customer).collect();
        CourseInput { branches: (1..4).map(BranchId).collect(), initial_balance, customers }
    }

    /// The answers of a correct bank, except for the outcome of the event with the number `wrong`.
    fn run(input: &CourseInput, wrong: usize) -> Vec<CustomerResults> {
        let mut answers = expected(input).into_iter();
        let mut run_entry = |customer: &CourseCustomer| {
            let mut entry = CustomerResults::of(customer);
            for answer in answers.by_ref().take(customer.events.len()) {
                let outcome =
                    if answer.number == wrong { wrong_outcome(answer.outcome) } else { answer.outcome };
                entry.results.push(EventResult::of(answer.event, outcome));
            }
            entry
        };
        input.customers.iter().map(&mut run_entry).collect()
    }

    fn wrong_outcome(outcome: EventOutcome) -> EventOutcome {
        match outcome {
            EventOutcome::Written { success } => EventOutcome::Written { success: !success },
            EventOutcome::Balance(balance) => EventOutcome::Balance(balance + 1),
            EventOutcome::Failed => EventOutcome::Written { success: true },
        }
    }

    proptest! {
        #[test]
        fn a_right_run_is_valid_in_every_format_and_one_wrong_outcome_is_one_violation(
            initial_balance in -20i64..100,
            entries in vec((1u64..4, vec((0u8..6, -5i64..60, 1u32..4), 0..5)), 0..6),
        ) {
            let input = input(initial_balance, &entries);
            for format in [ResultsFormat::Events, ResultsFormat::Customers, ResultsFormat::Balances] {
                let claims = parse_results(&render(&run(&input, 0), format)).unwrap();
                if format != ResultsFormat::Balances || matches!(claims, Claims::Balances(_)) {
                    prop_assert_eq!(judge(&input, &claims).violations, []);
                }
            }
            for wrong in 1..=expected(&input).len() {
                let claims = parse_results(&render(&run(&input, wrong), ResultsFormat::Events)).unwrap();
                let violations = judge(&input, &claims).violations;
                prop_assert_eq!(violations.len(), 1);
                let event = format!("event {wrong} ");
                prop_assert!(violations[0].to_string().starts_with(&event));
            }
        }
    }
}
