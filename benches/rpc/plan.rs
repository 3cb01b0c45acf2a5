//! What was asked for on the command line, and what will run.

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use criterion::Criterion;

use crate::worker::Case;

/// Rounds, by default: the range of six is an interval of 96.9 % for the median, and as many go up the
/// list of cases as down.
const ROUNDS: u64 = 6;
/// Enough for a p99.9 at one in flight.
const OPERATIONS: u64 = 10_000;
/// With 64 in flight an operation takes a fraction of the time, so more of them fill a round.
const OPERATIONS_FACTOR: u64 = 4;
const SESSION_WRITES: u64 = 20_000;
/// Operations of a run that only shows that everything works.
const HANDFUL: u64 = 8;

/// Latency, throughput and CPU time of the bank's calls, beside those of a bare call.
///
/// Without --bench, as `cargo test` starts it, or with --test, a handful of operations shows that everything works.
#[derive(Debug, Parser)]
#[command(name = "rpc")]
pub struct Arguments {
    /// Only the cases whose name contains this; `echo` runs beside any other but `session`
    filter: Option<String>,
    /// How often each case is measured; 6 times by default
    #[arg(long, value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    rounds: Option<u64>,
    /// Operations of a case in a round, 10000 by default; with 64 in flight, four times as many
    #[arg(long, value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    operations: Option<u64>,
    /// Only the table, without criterion
    #[arg(long)]
    table: bool,
    /// Keep criterion's samples under this name
    #[arg(long, value_name = "NAME")]
    save_baseline: Option<String>,
    /// Compare with the samples that were kept under this name, instead of with the last ones
    #[arg(long, value_name = "NAME", conflicts_with = "save_baseline")]
    baseline: Option<String>,
    /// Given by `cargo bench`
    #[arg(long)]
    bench: bool,
    /// A handful of operations
    #[arg(long)]
    test: bool,
}

/// How many operations are under way at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InFlight {
    One,
    Many,
}

/// A row of the table: what takes its turn in every round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    pub in_flight: InFlight,
    pub case: Case,
}

/// What will run.
#[derive(Debug)]
pub struct Plan {
    pub rounds: u64,
    /// In the order of even rounds; odd ones go backwards. Empty, or with the floor of each other turn.
    pub turns: Vec<Turn>,
    /// Of one session, one after another; none if it is zero.
    pub session_writes: u64,
    /// Per turn of one in flight.
    operations: u64,
}

impl Arguments {
    fn measures(&self) -> bool {
        self.bench && !self.test
    }

    /// Criterion as it was asked for; `None` without it.
    pub fn criterion(&self) -> Option<Criterion> {
        let criterion = Criterion::default();
        let criterion = match (&self.save_baseline, &self.baseline) {
            (Some(name), _) => criterion.save_baseline(name.clone()),
            (None, Some(name)) => criterion.retain_baseline(name.clone(), true),
            (None, None) => criterion,
        };
        (self.measures() && !self.table).then_some(criterion)
    }
}

impl Plan {
    /// # Errors
    ///
    /// A filter that no case's name contains.
    pub fn new(arguments: &Arguments) -> Result<Plan, String> {
        let Arguments { filter, rounds, operations, .. } = arguments;
        let measures = arguments.measures();
        let or = |asked: Option<u64>, full, small| asked.unwrap_or(if measures { full } else { small });
        let filter = filter.as_deref().unwrap_or_default();
        let turns = turns(filter);
        let session = "session".contains(filter);
        if turns.is_empty() && !session {
            return Err(format!(
                "no case's name contains {filter:?}; the names: {}, session",
                Case::ALL.map(Case::name).join(", ")
            ));
        }
        Ok(Plan {
            rounds: or(*rounds, ROUNDS, 1),
            turns,
            session_writes: if session { or(None, SESSION_WRITES, HANDFUL) } else { 0 },
            operations: or(*operations, OPERATIONS, HANDFUL),
        })
    }

    /// How many operations of a turn are measured in a round.
    pub fn operations(&self, turn: Turn) -> u64 {
        match turn.in_flight {
            InFlight::One => self.operations,
            InFlight::Many => self.operations * OPERATIONS_FACTOR,
        }
    }

    /// How many operations are made before those, unmeasured.
    pub fn warm_up(&self, turn: Turn) -> u64 {
        self.operations(turn).div_ceil(10)
    }
}

impl InFlight {
    pub fn count(self) -> usize {
        match self {
            InFlight::One => 1,
            InFlight::Many => 64,
        }
    }
}

impl Turn {
    /// The bare call with as many in flight.
    pub fn floor(self) -> Turn {
        Turn { case: Case::Echo, ..self }
    }
}

fn turns(filter: &str) -> Vec<Turn> {
    let mut cases: Vec<Case> = Case::ALL.into_iter().filter(|case| case.name().contains(filter)).collect();
    if !cases.is_empty() && cases[0] != Case::Echo {
        cases.insert(0, Case::Echo);
    }
    let of_all_cases = |in_flight| cases.iter().map(move |&case| Turn { in_flight, case });
    [InFlight::One, InFlight::Many].into_iter().flat_map(of_all_cases).collect()
}
