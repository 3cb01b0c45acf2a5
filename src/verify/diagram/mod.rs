//! A trial as a space-time diagram. A `Subject` is the failed trial; a draft holds lanes and items, and its rows are
//! made last, when the order of all items is known.

mod draft;
mod rows;
mod subject;

use crate::results::SpaceTime;

use draft::DiagramDraft;
use rows::{ROWS_MAX, cut};
use subject::Depth;
pub(super) use subject::Subject;

/// The diagram of a failure.
pub(super) fn diagram(subject: Subject, title: String, subtitle: String) -> SpaceTime {
    let depths = [Depth::Everything, Depth::NoAcks, Depth::Narrow, Depth::Bare];
    let mut drawn = SpaceTime::default();
    for depth in depths {
        drawn = DiagramDraft::of(subject, depth).finish();
        if drawn.moments.len() <= ROWS_MAX {
            break;
        }
    }
    cut(&mut drawn);
    SpaceTime { title, subtitle, ..drawn }
}
