//! The lines of a saved history, to be damaged and packed again.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::Damaged;

/// The lines of a history.
pub(super) struct Lines(pub Vec<Value>);

impl Damaged {
    /// Damages the lines of the guarded trial's history, and packs them again. The last line has their true number: it
    /// is not what betrays the damage.
    pub fn lines(&self, damage: impl FnOnce(&mut Lines)) {
        let name = "WAIT/history.jsonl.gz";
        let packed = fs::read(self.at(name)).expect(name);
        let text = std::io::read_to_string(GzDecoder::new(packed.as_slice())).expect(name);
        let mut lines = Lines(text.lines().map(|line| serde_json::from_str(line).expect(line)).collect());
        let before = lines.0.clone();
        damage(&mut lines);
        assert!(before != lines.0, "nothing is damaged");
        let count = lines.0.len();
        if let Some(end) = lines.0.last_mut().filter(|last| last["e"] == "end") {
            end["lines"] = json!(count);
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        lines.0.iter().for_each(|line| writeln!(packed, "{line}").expect("memory can be written"));
        self.write(name, &packed.finish().expect("memory can be written"));
    }
}

impl Lines {
    /// The place of the first line of a kind after the warm-up, and of no operation that belongs to it.
    pub fn measured(&self, kind: &str, is_wanted: fn(&Value) -> bool) -> usize {
        let warm = self.first("phase", |line| line["phase"] == "warm_up_over");
        let found = self.0[warm..]
            .iter()
            .position(|line| line["e"] == kind && line["warm_up"].is_null() && is_wanted(line));
        warm + found.expect(kind)
    }

    /// The place of the first line of a kind.
    pub fn first(&self, kind: &str, is_wanted: fn(&Value) -> bool) -> usize {
        self.0.iter().position(|line| line["e"] == kind && is_wanted(line)).expect(kind)
    }

    /// The place of the last line of a kind.
    pub fn last(&self, kind: &str, is_wanted: fn(&Value) -> bool) -> usize {
        self.0.iter().rposition(|line| line["e"] == kind && is_wanted(line)).expect(kind)
    }

    /// Changes every line of a kind.
    pub fn each(&mut self, kind: &str, change: fn(&mut Value)) {
        self.0.iter_mut().filter(|line| line["e"] == kind).for_each(change);
    }

    pub fn remove(&mut self, at: usize) -> Value {
        self.0.remove(at)
    }

    pub fn twice(&mut self, at: usize) {
        self.0.insert(at, self.0[at].clone());
    }

    /// Each of two lines in the place of the other, at the time of that.
    pub fn swap(&mut self, one: usize, other: usize) {
        self.0.swap(one, other);
        let t = self.0[one]["t"].take();
        self.0[one]["t"] = std::mem::replace(&mut self.0[other]["t"], t);
    }

    /// A line in the place of another, and at its time.
    pub fn move_to(&mut self, from: usize, to: usize) {
        let t = self.0[to]["t"].clone();
        let mut line = self.0.remove(from);
        line["t"] = t;
        self.0.insert(to, line);
    }

    pub fn set(&mut self, at: usize, pointer: &str, value: Value) {
        let place = self.0[at].pointer_mut(pointer).expect(pointer);
        assert_ne!(*place, value, "{pointer}");
        *place = value;
    }

    pub fn put(&mut self, at: usize, key: &str, value: Value) {
        self.0[at][key] = value;
    }

    pub fn add(&mut self, at: usize, pointer: &str, by: i64) {
        let value = self.0[at].pointer_mut(pointer).expect(pointer);
        *value = json!(value.as_i64().expect(pointer) + by);
    }

    /// One more of the first origin in the vector of an answer or of a final state.
    pub fn raise(&mut self, at: usize, key: &str) {
        self.add(at, &format!("/{key}/0/1"), 1);
    }
}
