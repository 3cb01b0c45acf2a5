//! Whether the operations of a history are those that its workload plans.

use std::fmt;

use crate::history::History;
use crate::model::{BranchId, Operation, Time};
use crate::results::KeyDifference;
use crate::workload::{Sequence, Steps, Workload};

/// What a customer asks, and where; in an open loop also when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    intended: Option<Time>,
    branch: BranchId,
    operation: Operation,
}

/// The first operation, begun or refused, that the workload does not plan for its customer: in an open loop at that
/// time, in a closed one after those that the customer has begun. That one is missing is for figures to show.
pub(super) fn first_unplanned(history: &History, workload: &Workload) -> Option<KeyDifference> {
    let customers = history.customers();
    let begun = history.operations.iter().map(|operation| {
        let invoke = operation.invoke.event;
        (operation.invoke.line, invoke.session, (invoke.intended, invoke.branch, invoke.operation))
    });
    let refused = history.refused.iter().map(|refused| {
        let event = refused.event;
        (refused.line, event.session, (event.intended, event.branch, event.operation))
    });
    let mut planned = PlannedOperations::of(workload);
    begun.chain(refused).find_map(|(line, session, (intended, branch, operation))| {
        let intended = planned.is_timed().then_some(intended);
        let found = Asked { intended, branch, operation };
        let customer = customers[session.at()];
        let expected = planned.expected(customer, &found);
        (expected != Some(found)).then(|| KeyDifference {
            key: format!("line {line}"),
            found: found.to_string(),
            expected: expected.map_or_else(|| "nothing".to_owned(), |expected| expected.to_string()),
        })
    })
}

/// The operations of each customer.
enum PlannedOperations {
    /// All of them, in order of time.
    Open(Vec<Vec<Asked>>),
    /// Those that the history has not begun so far.
    Closed(Vec<Steps>),
}

impl PlannedOperations {
    fn of(workload: &Workload) -> PlannedOperations {
        match workload.sequence() {
            Sequence::Closed(steps) => PlannedOperations::Closed(steps),
            Sequence::Open(schedule) => {
                let mut of_customers = vec![Vec::new(); workload.plan().sessions];
                for arrival in *schedule {
                    let intended = Some(Time(0) + arrival.at);
                    let (branch, operation) = (arrival.branch, arrival.operation);
                    of_customers[arrival.session].push(Asked { intended, branch, operation });
                }
                PlannedOperations::Open(of_customers)
            }
        }
    }

    fn is_timed(&self) -> bool {
        matches!(self, PlannedOperations::Open(_))
    }

    /// What the plan has in the place of an operation; of several at one time the very one, if it is there.
    fn expected(&mut self, customer: usize, found: &Asked) -> Option<Asked> {
        match self {
            PlannedOperations::Open(of_customers) => {
                let planned = of_customers.get(customer)?;
                let at = planned.partition_point(|planned| planned.intended < found.intended);
                let mut together =
                    planned[at..].iter().take_while(|planned| planned.intended == found.intended);
                together.find(|&planned| planned == found).or(planned.get(at)).copied()
            }
            PlannedOperations::Closed(of_customers) => {
                let step = of_customers.get_mut(customer)?.next()?;
                Some(Asked { intended: None, branch: step.branch, operation: step.operation })
            }
        }
    }
}

/// `deposit 5 account=3 at branch 2, due at 12.000 ms`
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Asked { intended, branch, operation } = self;
        write!(f, "{operation} at branch {branch}")?;
        intended.map_or(Ok(()), |intended| write!(f, ", due at {intended}"))
    }
}
