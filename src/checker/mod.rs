//! Judges one trial by its history: whether the promise was kept, and whether the bank is whole.
//!
//! ```text
//! History --> Records -+-> read_your_writes: what witnesses say --+-> do they agree? --+-> Judgement
//!                      +-> black_box: what balances say ----------+                    |
//! Accounts ----------------^                                                           |
//!                      +-> convergence, unique_dots -----------------------------------+
//! ```
//!
//! # Rules
//!
//! | kind of violation | what must not be | binds |
//! |---|---|---|
//! | `read_your_writes` | an `ok` read misses an own write that was `ok` before the read was invoked | if promised |
//! | `lie` | balance and witness of one read tell different writes of the account | always |
//! | `corrupt_balance` | a balance that the writes of its account, each once and begun by then, cannot give | always |
//! | `dot_twice` | two acknowledged writes with one name | always |
//! | `divergence` | branches that differ after the drain | always |
//! | `lost_write` | an acknowledged write that no branch has at the end | always |
//! | `conservation` | an account that ends with other money than came and went | always |
//!
//! A guarantee is promised if it is asked for and the strategy keeps it. Without a promise staleness is a measure,
//! and counted all the same.
//!
//! **Two witnesses.** The *white box* is the vector that a reply carries: it is quick, and knows the writes of all
//! accounts, but is the branch's own word. The *black box* is the balance: amounts are chosen so that it decodes to
//! the writes of its account, and no branch is asked. They must agree write by write. So a read that is stale by its
//! balance and not by its witness is a `lie`, for the missing write is named and not shown; and a witness that denies
//! a write which the balance shows is one, too. A read that is stale by its witness alone misses writes of other
//! accounts. (Terry et al. 1994 define the guarantee; that a history be judged by what clients saw is Jepsen's way.)
//!
//! **Unknown stays unknown.** A write that ended `info`, or was open when the history ended, may be there or not, and
//! no rule counts it as either. On an account that several sessions write the balance tells only how many writes of
//! each it includes: where an unknown write may stand for an owed one that is missing, the read is `undecided`.
//! Money may then differ by the unknown amounts.
//!
//! **Sessions.** A session that was opened anew goes on for its customer. If the token was kept, its reads are owed
//! what the old one had written; if not, they are owed its own writes only. The customers are the sessions of the
//! workload, in the order in which the history names those that follow no other.
//!
//! **Verdict.** `violated` if a rule that binds is broken; else `unknown` if the history cannot settle the matter: it
//! was cut off, the drain was given up, a dot's origin was never named, the workload is another's, or the guarantee
//! was promised and nobody read; else `valid`. That a control without stale reads proves nothing is for whoever sees
//! both trials.
//!
//! # Invariants
//!
//! * A violation has the lines of the history that prove it; ten are kept, those whose last line comes first.
//! * Before and after within a customer mean the order of lines.
//! * `decided`, `undecided` and `corrupt` of the black box add up to the reads that were judged.
//! * Time grows with operations times writes of an account, and an account takes few; staleness by witness is one
//!   sweep.
//!
//! # What is absent
//!
//! No branch code and no comparison of vectors but its own: a wrong one must not hide itself from its judge. No clock,
//! no file. No measure: how stale, how long, how often is for `measure`. The other three guarantees are not judged.
//!
//! # Caveats
//!
//! The history is one that [`History::load`] gave. A foreign amount, or a write of a natural account that was
//! applied twice, may by chance give the sum of another set of writes: it then shows as a write that was never asked
//! for, or as a lie. No fault destroys a log yet, so a lost write has no excuse.
//!
//! | file | what |
//! |---|---|
//! | `customers`, `records` | whose sessions they are; writes and answered reads |
//! | `read_your_writes` | the white box |
//! | `black_box`, `look` | the black box, account by account, and what it says of a read |
//! | `private`, `shared` | accounts with one writer, and with several |
//! | `convergence`, `unique_dots` | the cluster at the end; names of writes |
//! | `violations`, `words` | what was found, and how it is said |

mod black_box;
mod convergence;
mod customers;
mod look;
mod private;
mod read_your_writes;
mod records;
mod shared;
#[cfg(test)]
mod testing;
mod unique_dots;
mod violations;
mod words;

use crate::history::History;
use crate::model::Strategy;
use crate::results::{BlackBox, Judgement, Verdict};
use crate::workload::Accounts;

use look::{Look, Sight};
use records::{Read, Records};
use violations::{Kind, Violations};
use words::Words;

/// The verdict on a trial whose workload had these accounts.
pub fn judge(history: &History, accounts: &Accounts) -> Judgement {
    let records = Records::of(history);
    let read_your_writes_binds = promises_read_your_writes(history);
    let stale = read_your_writes::stale(&records);
    let black_box = black_box::look(&records, &history.header.accounts, accounts);
    let mut reads = Reads {
        binds: read_your_writes_binds,
        records: &records,
        words: Words { origins: &history.origins },
        black_box: BlackBox::default(),
        violations: Violations::default(),
    };
    for ((read, &stale), look) in records.reads.iter().zip(&stale).zip(&black_box.looks) {
        reads.judge(read, stale, look);
    }
    let Reads { black_box: counts, mut violations, .. } = reads;
    unique_dots::judge(history, &records, &mut violations);
    let end = convergence::judge(history, &records, &mut violations);

    let reads_judged = records.reads.len() as u64;
    let undecidable = [
        history.ended_at.is_none().then(|| "the history was cut off".to_owned()),
        end.undecidable,
        records.nameless(),
        black_box.undecidable,
        (read_your_writes_binds && reads_judged == 0)
            .then(|| "no read was answered, so nothing was put to the test".to_owned()),
    ];
    let reasons: Vec<String> =
        violations.reason().into_iter().chain(undecidable.into_iter().flatten()).collect();
    Judgement {
        verdict: verdict(&violations, &reasons),
        reasons,
        violations_total: violations.total(),
        violations: violations.into_kept(),
        read_your_writes_binds,
        reads_judged,
        stale_white_box: stale.iter().filter(|&&stale| stale).count() as u64,
        black_box: counts,
        converged: end.converged,
    }
}

fn verdict(violations: &Violations, reasons: &[String]) -> Verdict {
    match (violations.total(), reasons) {
        (0, []) => Verdict::Valid,
        (0, _) => Verdict::Unknown,
        _ => Verdict::Violated,
    }
}

fn promises_read_your_writes(history: &History) -> bool {
    match history.header.strategy {
        Strategy::None => false,
        Strategy::Wait => history.header.guarantees.read_your_writes,
    }
}

/// What both boxes say of the reads, put together.
struct Reads<'a> {
    binds: bool,
    records: &'a Records<'a>,
    words: Words<'a>,
    black_box: BlackBox,
    violations: Violations,
}

impl Reads<'_> {
    fn judge(&mut self, read: &Read, stale: bool, look: &Look) {
        let Reads { records, words, .. } = *self;
        if self.binds && stale {
            self.violations.note(Kind::ReadYourWrites, read.completed.line, || {
                let missing = read_your_writes::missing(records, read).collect::<Vec<_>>();
                words.stale(read, &missing, &look.sight)
            });
        }
        if let Some(contradiction) = &look.contradiction {
            self.black_box.lies += 1;
            self.violations.note(Kind::Lie, read.completed.line, || words.contradiction(read, contradiction));
        }
        match &look.sight {
            Sight::Fresh => self.black_box.decided += 1,
            Sight::Stale => {
                self.black_box.decided += 1;
                self.black_box.stale += 1;
            }
            Sight::Undecided => self.black_box.undecided += 1,
            Sight::Corrupt(corruption) => {
                self.black_box.corrupt += 1;
                let line = read.completed.line;
                self.violations.note(Kind::CorruptBalance, line, || words.corruption(read, corruption));
            }
        }
    }
}
