//! Judges one trial by its history: whether the promise was kept, and whether the bank is whole.
//!
//! ```text
//! History --> Records -+-> witness_pass, order: witnesses and applications --+-> do they agree? -+-> Judgement
//!                      +-> black_box: balances ------------------------------+                   |
//! Accounts ----------------^                                                                     |
//!                      +-> convergence, exactly_once, liveness ----------------------------------+
//! ```
//!
//! # Rules
//!
//! | violation, as saved | what must not be | binds |
//! |---|---|---|
//! | `read_your_writes` | an `ok` read misses an own write that was `ok` before the read was invoked | if promised |
//! | `monotonic_reads` | an `ok` read misses what an earlier `ok` read of the session was shown | if promised |
//! | `monotonic_writes` | a write is visible without an own one that was `ok` before it was invoked | if promised |
//! | `writes_follow_reads` | a write is visible without what its session had been shown before | if promised |
//! | `balance_witness_mismatch` | balance and witness of one read include different writes of the account | always |
//! | `corrupt_balance` | a balance that the writes of its account, each once and begun by then, cannot give | always |
//! | `future_read` | a witness that names a write which began only after the read had ended | always |
//! | `dot_twice` | two acknowledged writes with one name | always |
//! | `phantom_write` | a branch with more names of writes than it was asked for writes that did not fail | always |
//! | `applied_before_asked` | a branch that applies an own write before the customer's request for it began | always |
//! | `acknowledged_before_applied` | an own write that its branch applies only after its acknowledgement | always |
//! | `never_completed` | an operation without an end, or in `sim` one that outlasts its session's patience | always |
//! | `not_drained` | in `sim` branches that differ at the end of a drain that was given up without need | always |
//! | `divergence` | branches that differ after the drain | always |
//! | `lost_write` | an acknowledged write that no branch has at the end, without an excuse | always |
//! | `conservation` | an account that ends with other money than came and went | always |
//!
//! A guarantee is promised if it is asked for and the strategy keeps it; `wait` keeps all four. Without a promise the
//! checker counts how often the rule would have been broken, and that violates nothing.
//!
//! **The four guarantees** are those of Terry, Demers, Petersen, Spreitzer, Theimer and Welch, "Session Guarantees
//! for Weakly Consistent Replicated Data" (PDIS 1994), for a session S whose order is that of its operations:
//!
//! * *read your writes*: if read R follows write W in S and R is performed at a server at t, then W is in what that
//!   server has at t;
//! * *monotonic reads*: if R1 occurs before R2 in S and R1 is performed at S1 at t, what is relevant to R1 there at t
//!   is in what S2 has as it performs R2;
//! * *writes follow reads*: if R1 precedes W2 in S and R1 is performed at S1 at t1, then wherever W2 is, each write
//!   that was relevant to R1 there at t1 is too, and before W2;
//! * *monotonic writes*: if W1 precedes W2 in S, then wherever W2 is, W1 is too, and before W2.
//!
//! A reply's witness names all that its branch had, whether it bears on the account or not. A session's token keeps
//! all of it, so the relevant writes are taken to be those that the witness names. A write counts from its
//! acknowledgement on. A withdrawal reads the balance before it writes: the first two bind it as they bind a read, at
//! the branch that accepts it. The last two bind every branch.
//!
//! **Two witnesses.** The *white box* is what branches report: the vector that a reply carries, and what a branch
//! applied in which order. It is quick, and knows the writes of all accounts. The *black box* is the balance: amounts
//! are chosen so that it decodes to the writes of its account, and no branch is asked.
//!
//! Both must agree write by write. A read that is stale by its balance and not by its witness is a `balance_witness_mismatch`: the witness
//! names the missing write, and the balance lacks it. A witness that denies a write in the balance is one, too. So is a
//! balance that falls below an earlier one while the witness does not. A read that is stale by its witness alone misses
//! writes of other accounts. Judging a history by what clients saw is Jepsen's way.
//!
//! | rule | white box | black box |
//! |---|---|---|
//! | `read_your_writes` | witnesses; what is applied as a withdrawal is accepted | private sets, shared counts |
//! | `monotonic_reads` | the same | what balances of one account include, from read to read |
//! | `monotonic_writes` | each branch's applications in their order; witnesses | private sets: a later write alone |
//! | `writes_follow_reads` | the same | private sets: a write without one that its session was shown |
//!
//! What a branch applies at one time counts as one step, since a snapshot becomes visible as a whole. A write of
//! unknown outcome has no known name, so only the black box can show that it came too early; that binds all the same.
//!
//! **Unknown stays unknown.** A write that ended `info`, or was open when the history ended, may be there or not, and
//! no rule counts it as either. On an account that several sessions write, the balance shows only how many writes of
//! each it includes. Where an unknown write may take the place of an owed one that is missing, the read is `undecided`.
//! Money may then differ by the unknown amounts. What such an account holds at the end must still decode to writes of
//! which none is there twice, none had failed, and no acknowledged one is missing.
//!
//! **Lost.** A branch whose log is destroyed begins another life, under a new origin. An acknowledged write that no
//! branch has at the end is *lost*, and counted, under two conditions. An injected fault destroyed the log of its
//! origin: a `fault` line with `loses_state`, between the origin and the branch's next one. And every other life that
//! has ended was ended so, too. Lost money is not due. A session whose token names what is lost gets an error, and
//! opens again without the token: its later reads are owed nothing of it. A read of the same token that misses it
//! violates what was promised.
//!
//! **Sessions.** A session that was opened again goes on for its customer. If the token was kept, its operations are
//! owed what the old one had written and seen; if not, they are owed its own alone. The customers are the sessions of
//! the workload, in the order in which the history names those that follow no other.
//!
//! **Order of events.** All times of a history are of one clock, also where branches are processes: a branch reports
//! what it applies before a reply leaves it. Where times are equal the order of lines counts in virtual time. Of
//! several threads on the live substrate it is unknown, but for the operations of one customer.
//!
//! **Liveness.** A history that was recorded to its end has an end for every operation. In virtual time no machine is
//! ever slow. So there an operation also ends within its session's patience, and branches converge within the drain's
//! bound if they had the chance: every fault window has closed, and what a branch lacks was delivered to it since, or
//! is sent no more. Else the bound is too short for the network, which is `unknown`; so is a drain that was given up
//! although branches ended alike, and any on the live substrate.
//!
//! **Verdict.** `violated` if a rule that binds is broken. Else `unknown` if the history cannot settle the matter: it
//! was cut off, the drain was given up, a dot's origin was never named, the workload is another's, or a guarantee was
//! promised and no read was answered. Else `valid`. A control without stale reads proves nothing; a caller that sees
//! both trials judges that.
//!
//! # Invariants
//!
//! * A violation has the lines of the history that prove it; ten are kept, those whose last line comes first.
//! * Before and after within a customer mean the order of lines.
//! * `decided`, `undecided` and `corrupt` of the black box add up to the reads that were judged.
//! * Time grows with n log n in events, times origins, whatever coincides in time. One pass over the lines serves all
//!   tokens. Each named write is inspected once for each life of a branch, however its applications are divided into
//!   lines. Writes of an account are counted by binary search. `cargo bench --bench checker` measures it.
//! * A caller may break off at any operation of any pass, and gets no judgement then.
//!
//! # What is absent
//!
//! No branch code and no comparison of vectors but its own: a wrong one must not hide itself from its judge. No
//! clock, no file. No measure: how stale, how long, how often is for `measure`.
//!
//! # Caveats
//!
//! The history is one that [`History::load`] returned. A foreign amount, or a write of a natural account that was
//! applied twice, may by chance give the sum of another set of writes: it is then reported as a write that was never
//! asked for, or as a lie. A write that failed and was executed all the same is a surplus only if the branch was not
//! asked for another one of unknown outcome; else its balance alone may show it. If two branches both lost their logs,
//! a write of the first may be excused although the second had it and lost it first.
//!
//! | file | holds |
//! |---|---|
//! | `customers`, `records`, `lives`, `write_index` | whose sessions they are; writes and reads; lives; names |
//! | `witness_pass` | the white box of reads, and what each write comes after |
//! | `order`, `chain`, `vector` | the white box of writes: a growing vector, and what is in it too early |
//! | `black_box`, `balance_evidence` | the black box, account by account, and what it proves of a read |
//! | `private`, `shared`, `write_sums` | accounts with one writer, with several, and with writes outside the plan |
//! | `memory` | what balances have shown a session |
//! | `reads`, `branches` | both boxes put together, for reads and for branches |
//! | `convergence`, `drain` | the cluster at the end, and whether it had the time to come to rest |
//! | `exactly_once`, `own_writes`, `liveness` | names of writes; when they are accepted; operations that end |
//! | `violations`, `violation_text`, `proof` | what was found, and how it is described |

mod balance_evidence;
mod black_box;
mod branches;
mod chain;
mod convergence;
mod customers;
mod drain;
mod exactly_once;
mod liveness;
mod lives;
mod memory;
mod order;
mod own_writes;
mod private;
mod proof;
mod reads;
mod records;
mod shared;
#[cfg(test)]
mod testing;
mod vector;
mod violation_text;
mod violations;
mod witness_pass;
mod write_index;
mod write_sums;

use std::ops::ControlFlow;

use crate::history::History;
use crate::model::{Guarantees, Strategy};
use crate::results::{Judgement, Verdict};
use crate::workload::Accounts;

use black_box::BlackBox;
use branches::BranchTable;
use convergence::EndState;
use proof::Prover;
use reads::ReadTable;
use records::{Gone, Records};
use violation_text::ViolationText;
use violations::{BrokenRule, Violations};
use witness_pass::WitnessPass;
use write_index::WriteIndex;

/// Asked at every step of a long pass whether to go on.
type Watch<'a> = &'a mut dyn FnMut() -> ControlFlow<()>;

/// Judges a trial whose workload had these accounts, and counts what it found.
pub fn judge(history: &History, accounts: &Accounts) -> Judgement {
    match judge_while(history, accounts, &mut || ControlFlow::Continue(())) {
        ControlFlow::Continue(judgement) => judgement,
        ControlFlow::Break(()) => unreachable!("no caller breaks off"),
    }
}

/// Judges a trial, unless `watch` breaks off. It is called for every operation in every pass, so it must be quick.
pub fn judge_while(history: &History, accounts: &Accounts, watch: Watch) -> ControlFlow<(), Judgement> {
    let records = Records::of(history);
    let write_index = WriteIndex::of(&records);
    let binds = promises(history);
    let mut violations = Violations::default();

    // The cluster as a whole.
    liveness::judge(history, &mut violations);
    exactly_once::judge(history, &records, &write_index, &mut violations);
    own_writes::judge(history, &records, &write_index, &mut violations);
    let end = convergence::judge(history, &records, &mut violations);

    // Both boxes.
    let pass = WitnessPass::over(&records, watch)?;
    let own = order::judge(history, &records, &write_index, &pass.own, watch)?;
    let seen = order::judge(history, &records, &write_index, &pass.seen, watch)?;
    let black_box = black_box::inspect(&records, &history.header.accounts, accounts, &end.in_doubt, watch)?;
    at_end(history, &end, &black_box, &mut violations);

    // The four guarantees.
    let prover = Prover { history, records: &records, write_index: &write_index };
    let evidence = black_box.evidence.as_slice();
    let reads = ReadTable { binds, prover, pass: &pass, evidence, own: &own, seen: &seen };
    let mut counts = reads.judge(&mut violations, watch)?;
    let stale_withdrawals = BranchTable { binds, prover }.judge(&own, &seen, &mut counts, &mut violations);

    let undecidable = [
        history.ended_at.is_none().then(|| "the history was cut off".to_owned()),
        end.undecidable,
        records.nameless(),
        black_box.undecidable,
        (binds != Guarantees::NONE && records.reads.is_empty())
            .then(|| "no read was answered, so nothing was put to the test".to_owned()),
    ];
    let reasons: Vec<String> =
        violations.reason().into_iter().chain(undecidable.into_iter().flatten()).collect();
    ControlFlow::Continue(Judgement {
        trial: Some(history.header.trial.clone()),
        verdict: verdict(&violations, &reasons),
        reasons,
        violations_total: violations.total(),
        violations: violations.into_kept(),
        read_your_writes_binds: binds.read_your_writes,
        reads_judged: records.reads.len() as u64,
        stale_white_box: counts.stale,
        stale_withdrawals,
        black_box: counts.black_box,
        monotonic_reads: counts.monotonic_reads,
        monotonic_writes: counts.monotonic_writes,
        writes_follow_reads: counts.writes_follow_reads,
        lost_writes: records.writes.iter().filter(|write| write.gone == Some(Gone::Lost)).count() as u64,
        overdrawn_accounts: convergence::overdrawn(history, &records),
        converged: end.converged,
    })
}

fn verdict(violations: &Violations, reasons: &[String]) -> Verdict {
    match (violations.total(), reasons) {
        (0, []) => Verdict::Valid,
        (0, _) => Verdict::Unknown,
        _ => Verdict::Violated,
    }
}

/// The guarantees that are asked for and that the strategy keeps.
fn promises(history: &History) -> Guarantees {
    match history.header.strategy {
        Strategy::None => Guarantees::NONE,
        Strategy::Wait => history.header.guarantees,
    }
}

/// Notes the accounts in doubt whose balance at the end does not decode as it must.
fn at_end(history: &History, end: &EndState, black_box: &BlackBox, violations: &mut Violations) {
    let Some(final_line) = history.finals.first().map(|at_end| at_end.line) else { return };
    for (account, fault) in &black_box.at_end {
        let balance = end.in_doubt.get(account).copied().unwrap_or_default();
        violations.note(BrokenRule::Conservation, final_line, || {
            ViolationText { origins: &history.origins }.at_end(*account, balance, fault, final_line)
        });
    }
}
