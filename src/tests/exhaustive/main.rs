//! Every state that a small cluster can reach, within stated bounds: the real branches and sessions, and a network that
//! loses, duplicates and reorders as it likes.
//!
//! A model checker (`stateright`) walks breadth first over all that may happen next: a message arrives, arrives and
//! stays on the way to arrive again, or is lost; a branch's timeout comes; a customer gives an attempt up; a log is
//! synced; a branch crashes, and comes back. The core is a synchronous state machine without a clock, so a state is the
//! branches, the sessions and what is on the way, and two ways that lead to equal ones are walked on once.
//!
//! **Time.** Each branch and each customer has a clock of its own, which moves only when its next timeout comes; no
//! message carries one that another reads. So a timeout is a choice like any other, and every order of timeouts and
//! messages is tried, those that no network would bring about included.
//!
//! **Bounds.** How often messages are lost and duplicated, timeouts come, attempts are given up and branches crash is
//! bounded in total, and each customer has a script. Within these the walk is exhaustive: it ends when there is
//! nothing new, and the number of states is a golden value. A change of the protocol moves it; its author looks at the
//! new one.
//!
//! **Always.** No read misses its session's own acknowledged writes, by its witness and by its balance; no balance
//! includes a write twice or differs from what its witness names; and from every state in which nothing is on the way,
//! a network that has healed leads to branches that agree, with every acknowledged write and no operation without an
//! end.
//!
//! **Sometimes.** Each bound also lists what must be reached, so that a model in which nothing happens fails.
//!
//! | file | what |
//! |---|---|
//! | `coverage` | the bounds that are walked, and what was found |
//! | `control` | rules taken out are found out, in few steps |
//! | `bank` | the model: what may happen next, and what must hold |
//! | `world` | one state, and how it changes |
//! | `host`, `customer`, `packet` | its parts: a branch with its log, a session with its script, a message |
//! | `heal` | what a state leads to if nothing more goes wrong |
//! | `digits` | amounts whose sum decodes to its parts |
//! | `hashed` | parts of a state that are shared and hashed once |

mod bank;
mod control;
mod coverage;
mod customer;
mod digits;
mod hashed;
mod heal;
mod host;
mod packet;
mod world;
