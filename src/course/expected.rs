//! The answers of a correct bank to an input: one account, one customer after another.
//!
//! A deposit adds; a withdrawal succeeds if the balance covers it; a query returns the balance. Money of zero
//! or less, a deposit that the balance cannot hold in 64 bits and an unknown interface are answered `fail`
//! and change nothing. Branches play no part: with the guarantee kept, an answer does not depend on who is
//! asked. This is the course's arithmetic written out once more; it shares no code with the branches that it
//! judges.

use super::input::{CourseAction, CourseEvent, CourseInput};
use super::results::EventOutcome;

/// The right answer to one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedAnswer<'a> {
    /// The event's number in file order, counted from 1 over all customers.
    pub number: usize,
    /// Who asks.
    pub customer: u64,
    /// The event.
    pub event: &'a CourseEvent,
    /// The only right outcome.
    pub outcome: EventOutcome,
}

/// The right answer to every event, in file order.
pub fn expected(input: &CourseInput) -> Vec<ExpectedAnswer<'_>> {
    let mut balance = input.initial_balance;
    let mut answers = Vec::new();
    for customer in &input.customers {
        for event in &customer.events {
            let outcome = answer(&mut balance, &event.action);
            answers.push(ExpectedAnswer { number: answers.len() + 1, customer: customer.id, event, outcome });
        }
    }
    answers
}

fn answer(balance: &mut i64, action: &CourseAction) -> EventOutcome {
    let after = match *action {
        CourseAction::Deposit(money) => balance.checked_add(money).filter(|_| money > 0),
        CourseAction::Withdraw(money) => {
            balance.checked_sub(money).filter(|_| money > 0 && money <= *balance)
        }
        CourseAction::Query => return EventOutcome::Balance(*balance),
        CourseAction::Unknown(_) => return EventOutcome::Failed,
    };
    *balance = after.unwrap_or(*balance);
    EventOutcome::Written { success: after.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: EventOutcome = EventOutcome::Written { success: true };
    const REFUSED: EventOutcome = EventOutcome::Written { success: false };

    #[test]
    fn every_action_answers_and_changes_the_balance_as_in_a_bank() {
        let rows = [
            (10, CourseAction::Deposit(5), DONE, 15),
            (10, CourseAction::Deposit(0), REFUSED, 10),
            (10, CourseAction::Deposit(-5), REFUSED, 10),
            (i64::MAX - 1, CourseAction::Deposit(1), DONE, i64::MAX),
            (i64::MAX, CourseAction::Deposit(1), REFUSED, i64::MAX),
            (10, CourseAction::Withdraw(10), DONE, 0),
            (10, CourseAction::Withdraw(11), REFUSED, 10),
            (10, CourseAction::Withdraw(0), REFUSED, 10),
            (10, CourseAction::Withdraw(-1), REFUSED, 10),
            (i64::MIN, CourseAction::Withdraw(1), REFUSED, i64::MIN),
            (-3, CourseAction::Query, EventOutcome::Balance(-3), -3),
            (10, CourseAction::Unknown("audit".to_string()), EventOutcome::Failed, 10),
        ];
        for (before, action, outcome, after) in rows {
            let mut balance = before;
            assert_eq!(answer(&mut balance, &action), outcome, "{before} {action:?}");
            assert_eq!(balance, after, "{before} {action:?}");
        }
    }

    #[test]
    fn customers_run_one_after_another_on_one_account() {
        let text = r#"[{"id":1,"type":"branch","balance":100},{"id":2,"type":"branch","balance":100},
            {"id":2,"type":"customer","events":[{"interface":"withdraw","money":70},{"interface":"query"}]},
            {"id":1,"type":"customer","events":[{"interface":"withdraw","money":70}]}]"#;
        let input = crate::course::parse(text).unwrap();
        let answers: Vec<_> = expected(&input).iter().map(|e| (e.number, e.customer, e.outcome)).collect();
        let balance = EventOutcome::Balance(30);
        assert_eq!(answers, [(1, 2, DONE), (2, 2, balance), (3, 1, REFUSED)]);
    }
}
