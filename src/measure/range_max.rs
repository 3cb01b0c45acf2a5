//! The maximum of any range of a row.

use std::ops::Range;

/// A row of values that finds the maximum of a range in logarithmic time: a segment tree in an array, each node the
/// larger of its children.
#[derive(Debug)]
pub(super) struct RangeMax {
    /// Node i has the children 2 i and 2 i + 1; the second half is the row.
    nodes: Vec<u64>,
}

impl RangeMax {
    pub fn of(row: impl ExactSizeIterator<Item = u64>) -> RangeMax {
        let length = row.len();
        let mut nodes = vec![0; length];
        nodes.extend(row);
        for node in (1..length).rev() {
            nodes[node] = nodes[2 * node].max(nodes[2 * node + 1]);
        }
        RangeMax { nodes }
    }

    /// The maximum of a range; 0 if it is empty.
    pub fn within(&self, range: Range<usize>) -> u64 {
        let length = self.nodes.len() / 2;
        let (mut low, mut high, mut largest) = (range.start + length, range.end + length, 0);
        while low < high {
            if low % 2 == 1 {
                largest = largest.max(self.nodes[low]);
                low += 1;
            }
            if high % 2 == 1 {
                high -= 1;
                largest = largest.max(self.nodes[high]);
            }
            (low, high) = (low / 2, high / 2);
        }
        largest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_of_rows_of_every_small_length_has_its_largest_value() {
        let values = [5, 1, 9, 2, 9, 0, 7, 3, 8];
        for length in 0..=values.len() {
            let tree = RangeMax::of(values[..length].iter().copied());
            for low in 0..=length {
                for high in low..=length {
                    let expected = values[low..high].iter().copied().fold(0, u64::max);
                    assert_eq!(tree.within(low..high), expected, "{low}..{high} of {length}");
                }
            }
        }
    }
}
