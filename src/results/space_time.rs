//! A trial as a space-time diagram (Lamport, "Time, clocks, and the ordering of events in a distributed system", CACM
//! 21(7), 1978): sessions and branches are lines, events are points on them, and messages go from line to line.

/// Everything that the diagram shows. Places and moments are named by their position in `lanes` and `moments`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpaceTime {
    /// A short sentence.
    pub title: String,
    /// The violation, or what else it shows.
    pub subtitle: String,
    /// From left to right.
    pub lanes: Vec<Lane>,
    /// In order of time. Each has a row of its own, so the distance of two rows says nothing about the time between
    /// them.
    pub moments: Vec<Moment>,
    /// Arrows between lanes.
    pub messages: Vec<MessageArrow>,
    /// Bars along lanes.
    pub bars: Vec<TimedBar>,
    /// Remarks for the reader, such as how much is left out.
    pub notes: Vec<String>,
}

/// A session or a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Written above the lane.
    pub name: String,
    /// Whether it is a branch, and not a session.
    pub is_branch: bool,
}

/// Something that happens at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// From the base.
    pub at_ns: u64,
    /// `None`: it happens to the whole cluster.
    pub lane: Option<usize>,
    /// A line of text; may be empty.
    pub text: String,
    /// How it is drawn.
    pub weight: Weight,
}

/// The weight of a moment: how much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// An event of the cluster.
    Plain,
    /// A customer's operation begins or ends.
    Operation,
    /// An event that the violating one should have taken into account.
    Owed,
    /// An event that violates a guarantee.
    Guilty,
}

/// A message, from the moment when it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageArrow {
    /// Its contents.
    pub kind: MessageKind,
    /// The moment when it was sent.
    pub sent: usize,
    /// The lane of its sender.
    pub from: usize,
    /// The lane of its receiver.
    pub to: usize,
    /// The moment when it arrives; `None`: it is lost.
    pub arrived: Option<usize>,
}

/// The contents of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageKind {
    /// A customer's question, or its answer.
    Call,
    /// A batch of writes.
    Run,
    /// The acknowledgement of a batch.
    Ack,
}

/// A bar from one moment to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedBar {
    /// The reason for the bar.
    pub kind: TimedBarKind,
    /// The lanes that it concerns; empty: all.
    pub lanes: Vec<usize>,
    /// The moment when it begins.
    pub from: usize,
    /// The moment when it ends.
    pub until: usize,
}

/// The reason for a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimedBarKind {
    /// The network or a branch is at fault.
    Fault,
    /// The branch is down.
    Down,
    /// An operation is under way.
    Operation,
    /// The branch holds a request.
    Parked,
}
