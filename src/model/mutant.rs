//! The mutants: each a real bug of a real system, as a switch that takes one rule out of the protocol.
//!
//! A checker that has never found anything proves nothing, so each is shown bugs of its kind. The switches
//! exist under the feature `mutants` alone. At each rule the core asks [`mutated!`], which without the
//! feature is the literal `false`, so that nothing is left of it in a build for use.
//!
//! `branch::Config` and `session::Policy` carry the mutant, and a trial has at most one: both sides have the same,
//! and each acts on its own.

/// Whether this mutant is switched on, by the field `mutant` of a configuration.
#[cfg(feature = "mutants")]
macro_rules! mutated {
    ($of:expr, $mutant:ident) => {
        $of.mutant == Some(crate::model::Mutant::$mutant)
    };
}

/// No mutant exists in this build.
#[cfg(not(feature = "mutants"))]
macro_rules! mutated {
    ($of:expr, $mutant:ident) => {
        false
    };
}

pub(crate) use mutated;

#[cfg(feature = "mutants")]
pub use switches::{Mutant, MutantInfo};

#[cfg(feature = "mutants")]
mod switches {
    use std::fmt;
    use std::str::FromStr;

    /// One rule taken out. Bugs of other systems are described in the terms of this one.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Mutant {
        /// The session forgets its `writes` as soon as one branch has answered a read that needed them: that branch
        /// had caught up, and the next one asked may not have.
        UnstickAtFirst,
        /// A read that a branch refused at its deadline is tried again, and like every later attempt at any
        /// operation it carries no token.
        RetryWithoutToken,
        /// After an operation that was given up the customer makes a new client, which knows nothing of the old one's
        /// token.
        NewClientWithoutToken,
        /// Two seconds after the session's last acknowledged write, requests no longer carry what it wrote.
        FixedWindow,
        /// A branch takes a dot of an incarnation that has ended for one that it has, though a peer may have the write
        /// and be about to bring it.
        LostIncarnationAccepted,
        /// Writes carry no token, so a session that goes on at another branch is not held back there. Its write is
        /// applied anywhere before the ones that it follows.
        NoTokenOnWrites,
        /// A token with more than two entries, of writes and reads together, is too large to be sent, and is
        /// left out without an error.
        OversizeTokenDropped,
        /// A session leaves out of a read's token what the branch was seen to have. It believes so still after the
        /// branch has lost its state and come back with that of a peer that lags.
        StaleProgress,
        /// Requests never carry what the session has seen, only what it wrote.
        NoMonotonicReads,
        /// Requests are parked for an hour whatever they accept, each on a connection, and a branch has four: while
        /// they are taken, messages of peers are lost, among them the writes that would wake the waiters.
        WaitersExhaust,
        /// Branches send each other the balance that a write led to, and set theirs to it.
        AbsoluteBalances,
        /// Names of writes have room for 1,000 numbers of an origin. From the next on they are equal to earlier ones,
        /// and a peer takes the write for one that it has executed: it counts it and leaves the balance as it is.
        IdsCollide,
        /// A branch that recovers does not read from its log which requests it executed.
        ForgottenDeduplication,
        /// A write is sent to the peers as it is accepted. If a crash takes it from the log before it is synced, its
        /// counter is given to another write, which those peers take for a duplicate.
        CountersUsedTwice,
        /// A write is acknowledged as it is accepted, and a crash may take it.
        AcknowledgedBeforeSynced,
        /// A run is applied though what comes before it has not arrived, and all up to its end counts as applied.
        AppliedOverGap,
        /// Requests that wait for a peer's write are woken after it was counted and before it is executed.
        WakeBeforeApply,
        /// Writes of several origins become visible with one sync, and only the readers of the last origin are woken.
        LastOriginWakes,
        /// A branch acknowledges to its peers what it has received, though a crash may take it.
        ReceivedAcknowledged,
        /// A branch that recovers from a checkpoint does not know that it took a peer's state over, and takes it over
        /// once more.
        TookOverForgotten,
        /// A token counts as lost though a peer that can be reached has its write.
        LostThoughHeld,
        /// The dot of an acknowledged write replaces the session's `writes` instead of being merged into them.
        TokenNotMerged,
    }

    /// The description of a mutant.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct MutantInfo {
        /// Stable, for command lines and tables.
        pub name: &'static str,
        /// The rule that no longer holds.
        pub breaks: &'static str,
        /// The system in which it happened.
        pub bug: &'static str,
        /// The kinds of violation of which at least one should appear.
        pub caught_by: &'static [&'static str],
    }

    impl Mutant {
        /// Every mutant.
        pub const ALL: [Mutant; 22] = [
            Mutant::UnstickAtFirst,
            Mutant::RetryWithoutToken,
            Mutant::NewClientWithoutToken,
            Mutant::FixedWindow,
            Mutant::LostIncarnationAccepted,
            Mutant::NoTokenOnWrites,
            Mutant::OversizeTokenDropped,
            Mutant::StaleProgress,
            Mutant::NoMonotonicReads,
            Mutant::WaitersExhaust,
            Mutant::AbsoluteBalances,
            Mutant::IdsCollide,
            Mutant::ForgottenDeduplication,
            Mutant::CountersUsedTwice,
            Mutant::AcknowledgedBeforeSynced,
            Mutant::AppliedOverGap,
            Mutant::WakeBeforeApply,
            Mutant::LastOriginWakes,
            Mutant::ReceivedAcknowledged,
            Mutant::TookOverForgotten,
            Mutant::LostThoughHeld,
            Mutant::TokenNotMerged,
        ];

        /// The name of the mutant, as [`MutantInfo::name`].
        pub fn name(self) -> &'static str {
            self.info().name
        }

        /// The description of the mutant.
        pub fn info(self) -> MutantInfo {
            match self {
                Mutant::UnstickAtFirst => MutantInfo {
                    name: "unstick-at-first",
                    breaks: "the token is forgotten once a single branch has satisfied it",
                    bug: "GitLab #413203: one replica that caught up ended sticking for all replicas",
                    caught_by: &["read_your_writes"],
                },
                Mutant::RetryWithoutToken => MutantInfo {
                    name: "retry-without-token",
                    breaks: "a read that was refused is tried again without its token",
                    bug: "Azure SDK for JavaScript #17034: Cosmos DB's last retry drops the session token",
                    caught_by: &["read_your_writes"],
                },
                Mutant::NewClientWithoutToken => MutantInfo {
                    name: "new-client-without-token",
                    breaks: "a new client after a failure reads without the old one's token",
                    bug: "Azure Cosmos DB's documentation: session consistency ends with the client instance",
                    caught_by: &["read_your_writes"],
                },
                Mutant::FixedWindow => MutantInfo {
                    name: "fixed-window",
                    breaks: "a fixed time after a write replaces the knowledge that it has arrived",
                    bug: "Rails: two seconds after a write reads leave the primary; Makara #99: five seconds",
                    caught_by: &["read_your_writes"],
                },
                Mutant::LostIncarnationAccepted => MutantInfo {
                    name: "lost-incarnation-accepted",
                    breaks: "dots of an incarnation that has ended count as applied",
                    bug: "LiteFS #159: a position of a lost history is compared with one of the new",
                    caught_by: &["read_your_writes"],
                },
                Mutant::NoTokenOnWrites => MutantInfo {
                    name: "no-token-on-writes",
                    breaks: "writes carry no token, so none waits for the session's earlier writes and reads",
                    bug: "MongoDB JAVA-6179: no afterClusterTime on writes, which shows over a failover",
                    caught_by: &["monotonic_writes", "writes_follow_reads"],
                },
                Mutant::OversizeTokenDropped => MutantInfo {
                    name: "oversize-token-dropped",
                    breaks: "a token beyond a size is not sent, and the guarantee silently with it",
                    bug: "MaxScale causal_reads: a position that is too long is left out of the query",
                    caught_by: &["read_your_writes", "monotonic_reads"],
                },
                Mutant::StaleProgress => MutantInfo {
                    name: "stale-progress",
                    breaks: "what a branch had before it lost its state is believed of it afterwards",
                    bug: "ProxySQL #1469: routing by a stale snapshot of a server's progress",
                    caught_by: &["read_your_writes", "monotonic_reads"],
                },
                Mutant::NoMonotonicReads => MutantInfo {
                    name: "no-monotonic-reads",
                    breaks: "what a session has seen is never asked for",
                    bug: "WeScale, by design: read-your-writes without monotonic reads",
                    caught_by: &["monotonic_reads"],
                },
                Mutant::WaitersExhaust => MutantInfo {
                    name: "waiters-exhaust",
                    breaks: "requests that wait hold what the writes they wait for would need",
                    bug: "Vitess #4718: queries that wait for a GTID exhaust the connections",
                    caught_by: &["liveness", "divergence", "lost_write"],
                },
                Mutant::AbsoluteBalances => MutantInfo {
                    name: "absolute-balances",
                    breaks: "balances are replicated instead of deltas, so concurrent writes undo each other",
                    bug: "a course project: 800 deposits acknowledged, 133 left",
                    caught_by: &["corrupt_balance", "balance_witness_mismatch", "divergence"],
                },
                Mutant::IdsCollide => MutantInfo {
                    name: "ids-collide",
                    breaks: "the names of an origin's writes repeat after 1,000, and repeated ones are skipped",
                    bug: "a course project: write ids collide after 1,000 writes",
                    caught_by: &["balance_witness_mismatch", "corrupt_balance", "divergence"],
                },
                Mutant::ForgottenDeduplication => MutantInfo {
                    name: "forgotten-deduplication",
                    breaks: "after a restart a retry of an executed write is executed again",
                    bug: "a course project: the retry after a crash doubles a deposit",
                    caught_by: &["corrupt_balance", "conservation"],
                },
                Mutant::CountersUsedTwice => MutantInfo {
                    name: "counters-used-twice",
                    breaks: "a counter that peers have seen names another write after a crash",
                    bug: "a classic of logs that are replicated before they are synced",
                    caught_by: &["corrupt_balance", "balance_witness_mismatch", "divergence", "lost_write"],
                },
                Mutant::AcknowledgedBeforeSynced => MutantInfo {
                    name: "acknowledged-before-synced",
                    breaks: "a crash takes writes that were acknowledged",
                    bug: "a classic of databases that answer before fsync",
                    caught_by: &["lost_write", "dot_twice", "read_your_writes"],
                },
                Mutant::AppliedOverGap => MutantInfo {
                    name: "applied-over-gap",
                    breaks: "a vector names writes that never arrived",
                    bug: "a classic of replicas that skip what they miss",
                    caught_by: &["balance_witness_mismatch", "corrupt_balance", "divergence"],
                },
                Mutant::WakeBeforeApply => MutantInfo {
                    name: "wake-before-apply",
                    breaks: "a read is woken when the write is known and before it is executed",
                    bug: "a classic of positions that are published before the data",
                    caught_by: &["balance_witness_mismatch", "corrupt_balance"],
                },
                Mutant::LastOriginWakes => MutantInfo {
                    name: "last-origin-wakes",
                    breaks: "of several origins that become visible at once, only the last one's waiters are woken",
                    bug: "a classic of condition variables: one signal for several conditions",
                    caught_by: &["left_waiting"],
                },
                Mutant::ReceivedAcknowledged => MutantInfo {
                    name: "received-acknowledged",
                    breaks: "a branch acknowledges to its peers what a crash may take",
                    bug: "a classic of replicas that acknowledge what is in memory",
                    caught_by: &["acknowledged_unsynced"],
                },
                Mutant::TookOverForgotten => MutantInfo {
                    name: "took-over-forgotten",
                    breaks: "a branch whose state is sound stops serving and takes a snapshot",
                    bug: "a classic of flags that a checkpoint leaves out",
                    caught_by: &["stopped_serving", "needless_snapshot"],
                },
                Mutant::LostThoughHeld => MutantInfo {
                    name: "lost-though-held",
                    breaks: "a write is reported lost while a peer has it",
                    bug: "a classic of failure detectors that do not ask",
                    caught_by: &["false_loss"],
                },
                Mutant::TokenNotMerged => MutantInfo {
                    name: "token-not-merged",
                    breaks: "the latest write replaces those that were accepted at other branches",
                    bug: "a classic of tokens that are kept as one position",
                    caught_by: &["read_your_writes"],
                },
            }
        }
    }

    impl fmt::Display for Mutant {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.name())
        }
    }

    /// Finds a mutant by its name.
    impl FromStr for Mutant {
        type Err = String;

        fn from_str(name: &str) -> Result<Mutant, String> {
            let found = Mutant::ALL.into_iter().find(|mutant| mutant.name() == name);
            found.ok_or_else(|| format!("there is no mutant {name:?}"))
        }
    }

    #[cfg(test)]
    mod tests {
        use std::collections::BTreeSet;

        use super::*;

        #[test]
        fn every_mutant_has_a_name_of_its_own_and_is_found_by_it() {
            let names: BTreeSet<&str> = Mutant::ALL.iter().map(|mutant| mutant.name()).collect();
            assert_eq!(names.len(), Mutant::ALL.len());
            for mutant in Mutant::ALL {
                assert_eq!(mutant.to_string().parse(), Ok(mutant));
            }
            assert!("none-such".parse::<Mutant>().is_err());
        }
    }
}
