//! From items to rows: those of one time and lane share a row.

use std::collections::BTreeMap;

use super::draft::{DiagramDraft, Item};
use crate::results::{MessageArrow, Moment, SpaceTime, TimedBar, Weight};

/// The most rows that a reader can follow; what matters least is left out first.
pub(super) const ROWS_MAX: usize = 70;

/// A row that is longer than this in bytes takes no more text.
const ROW_TEXT_MAX: usize = 1_000;

impl DiagramDraft<'_> {
    /// Items of one time and lane share a row.
    pub fn finish(self) -> SpaceTime {
        // One row for each time and lane.
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by_key(|&item| (self.items[item].at, self.items[item].phase));
        let mut moments: Vec<Moment> = Vec::new();
        let mut row_of = vec![0; self.items.len()];
        let mut rows_now: BTreeMap<Option<usize>, usize> = BTreeMap::new();
        let mut now = None;
        for index in order {
            let Item { at, phase: _, lane, text, weight } = &self.items[index];
            if now != Some(*at) {
                now = Some(*at);
                rows_now.clear();
            }
            // What customers do has rows of its own; the rest of one time and lane shares one.
            let is_taken = |row: &usize| moments[*row].weight > Weight::Plain && *weight > Weight::Plain;
            let row = match rows_now.get(lane).copied().filter(|row| !is_taken(row)) {
                Some(row) => row,
                None => {
                    let weight = Weight::Plain;
                    moments.push(Moment { at_ns: at.0, lane: *lane, text: String::new(), weight });
                    moments.len() - 1
                }
            };
            rows_now.insert(*lane, row);
            row_of[index] = row;
            join(&mut moments[row], text, *weight);
        }
        // Items become rows in messages and bars.
        let messages = self.messages.into_iter().map(|message| MessageArrow {
            sent: row_of[message.sent],
            arrived: message.arrived.map(|item| row_of[item]),
            ..message
        });
        let bars = self.bars.into_iter();
        let bars = bars.map(|stretch| TimedBar {
            from: row_of[stretch.from],
            until: row_of[stretch.until],
            ..stretch
        });
        let notes = match self.left_out {
            0 => Vec::new(),
            count => vec![format!("{count} messages that matter less are left out")],
        };
        SpaceTime {
            lanes: self.lanes,
            moments,
            messages: messages.collect(),
            bars: bars.collect(),
            notes,
            ..SpaceTime::default()
        }
    }
}

/// Adds a text to a moment.
fn join(moment: &mut Moment, text: &str, weight: Weight) {
    moment.weight = moment.weight.max(weight);
    if text.is_empty() || moment.text.len() > ROW_TEXT_MAX || moment.text.contains(text) {
        return;
    }
    if !moment.text.is_empty() {
        moment.text.push_str("; ");
    }
    moment.text.push_str(text);
}

/// Takes the first rows out of a diagram that is too long even so.
pub(super) fn cut(diagram: &mut SpaceTime) {
    let out = diagram.moments.len().saturating_sub(2 * ROWS_MAX);
    if out == 0 {
        return;
    }
    diagram.moments.drain(..out);
    diagram.messages.retain(|message| message.sent >= out);
    for message in &mut diagram.messages {
        message.sent -= out;
        message.arrived = message.arrived.map(|row| row - out);
    }
    diagram.bars.retain(|stretch| stretch.until >= out);
    for stretch in &mut diagram.bars {
        stretch.from = stretch.from.saturating_sub(out);
        stretch.until -= out;
    }
    diagram.notes.push(format!("the first {out} rows are left out"));
}
