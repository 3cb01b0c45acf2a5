//! A trial as a space-time diagram (Lamport, "Time, clocks, and the ordering of events in a distributed system", CACM
//! 21(7), 1978): who is a line, what happens stands on it, and messages go from one line to another.

/// Everything that the diagram shows. Places and moments are named by their position in `lanes` and `moments`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpaceTime {
    /// A short sentence.
    pub title: String,
    pub subtitle: String,
    /// From left to right.
    pub lanes: Vec<Lane>,
    /// In order of time. Each has a row of its own, so the distance of two rows says nothing about the time between
    /// them.
    pub moments: Vec<Moment>,
    pub messages: Vec<MessageArrow>,
    pub stretches: Vec<TimedBar>,
    /// What a reader must know, such as how much is left out.
    pub notes: Vec<String>,
}

/// Somebody to whom things happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    pub name: String,
    pub is_branch: bool,
}

/// Something that happens at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// From the base.
    pub at_ns: u64,
    /// `None`: it happens to nobody in particular.
    pub lane: Option<usize>,
    /// May be empty.
    pub text: String,
    pub weight: Weight,
}

/// How much a moment matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    Plain,
    /// A customer's operation begins or ends.
    Operation,
    /// What the guilty one should have taken into account.
    Owed,
    /// What must not be.
    Guilty,
}

/// A message, from the moment when it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageArrow {
    pub kind: MessageKind,
    pub sent: usize,
    pub from: usize,
    pub to: usize,
    /// The moment when it arrives; `None`: it is lost.
    pub arrived: Option<usize>,
}

/// What a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageKind {
    /// A customer's question, or its answer.
    Call,
    /// A run of writes.
    Run,
    Ack,
}

/// Something that lasts, from one moment to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedBar {
    pub kind: StretchKind,
    /// Whom it concerns; empty: everybody.
    pub lanes: Vec<usize>,
    pub from: usize,
    pub until: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StretchKind {
    /// The network or a branch is at fault.
    Fault,
    /// The branch is down.
    Down,
    /// An operation is under way.
    Operation,
    /// The branch holds a request.
    Parked,
}
