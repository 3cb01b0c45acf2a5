//! Axes: where a value lies, and which values are written.
//!
//! The axes of plotters leave a range within one decade bare. Here a logarithmic axis has ticks at 1, 2 and 5 times
//! each power of ten, so every range has figures.

use super::labels;

/// A range of values along one side of a panel.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Axis {
    /// The quantity, with its unit.
    pub label: String,
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<Tick>,
}

/// How values are spread along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chart) enum Scale {
    Linear,
    Log,
}

/// A value with a grid line.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::chart) struct Tick {
    pub at: f64,
    pub text: String,
    /// Whether it is written first, and the others only if all of them have room.
    pub is_main: bool,
}

/// Ticks of an axis of percentiles: the share of samples below, and 1 over the share above.
const NINES: [(&str, f64); 5] =
    [("0 %", 1.0), ("90 %", 10.0), ("99 %", 100.0), ("99.9 %", 1e3), ("99.99 %", 1e4)];

/// How many decades a logarithmic axis shows at most; below them it is cut.
const DECADES_MAX: f64 = 9.0;

impl Axis {
    /// From the smallest to the largest value, both rounded outwards to a tick.
    pub fn linear(label: &str, values: impl IntoIterator<Item = f64>) -> Axis {
        let (low, high) = range(values).unwrap_or((0.0, 1.0));
        let high = if high > low { high } else { low + low.abs().max(1.0) };
        let step = step(high - low);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        let tick = |at: f64| Tick { at, text: labels::figure(at), is_main: true };
        let ticks: Vec<Tick> =
            (0..=(last - first) as i32).map(|n| tick(clean((first + f64::from(n)) * step))).collect();
        Axis { label: label.to_owned(), scale: Scale::Linear, low: first * step, high: last * step, ticks }
    }

    /// A linear axis that includes 0.
    pub fn from_zero(label: &str, values: impl IntoIterator<Item = f64>) -> Axis {
        Axis::linear(label, values.into_iter().chain([0.0]))
    }

    /// As [`Axis::from_zero`], with shares written in percent, up to 100 %.
    pub fn shares(label: &str, values: impl IntoIterator<Item = f64>) -> Axis {
        let mut axis = Axis::from_zero(label, values);
        let top = axis.high.min(1.0);
        axis.high = top;
        axis.ticks.retain(|tick| tick.at <= top + 1e-9);
        axis.ticks.iter_mut().for_each(|tick| tick.text = labels::percent(tick.at));
        axis
    }

    /// From the smallest to the largest positive value, both rounded outwards to a tick. Others have no place on it.
    pub fn log(label: &str, values: impl IntoIterator<Item = f64>) -> Axis {
        let positive = values.into_iter().filter(|&value| value > 0.0);
        let (low, high) = range(positive).unwrap_or((1.0, 10.0));
        let low = low.max(high * libm::pow(10.0, -DECADES_MAX));
        let (low, high) = (tick_below(low), tick_above(high));
        let (low, high) =
            if high > low * 1.01 { (low, high) } else { (tick_below(low * 0.6), tick_above(high * 1.5)) };
        Axis { label: label.to_owned(), scale: Scale::Log, low, high, ticks: log_ticks(low, high) }
    }

    /// Percentiles, each nine as wide as the one before.
    pub fn nines(label: &str) -> Axis {
        let tick = |&(text, at): &(&str, f64)| Tick { at, text: text.to_owned(), is_main: true };
        let ends = NINES.map(|(_, at)| at);
        let axis = Axis { ticks: NINES.iter().map(tick).collect(), ..Axis::log(label, ends) };
        // The last figure needs room on both sides.
        axis.with_ends(ends[0], 2.0 * ends[NINES.len() - 1])
    }

    /// The value of a share of samples, from 0 to below 1, on an axis of percentiles.
    pub fn nines_at(share: f64) -> f64 {
        1.0 / (1.0 - share)
    }

    /// One place for each name, the `index`-th at that value.
    pub fn categories(label: &str, names: &[String]) -> Axis {
        let tick =
            |(index, name): (usize, &String)| Tick { at: index as f64, text: name.clone(), is_main: true };
        Axis {
            label: label.to_owned(),
            scale: Scale::Linear,
            low: -0.5,
            high: names.len().max(1) as f64 - 0.5,
            ticks: names.iter().enumerate().map(tick).collect(),
        }
    }

    /// Free ends, so that nothing is drawn on the frame: a share of the length at either end.
    pub fn with_margin(mut self, share: f64) -> Axis {
        match self.scale {
            Scale::Linear => {
                let more = share * (self.high - self.low);
                (self.low, self.high) = (self.low - more, self.high + more);
            }
            Scale::Log => {
                let more = libm::pow(self.high / self.low, share);
                (self.low, self.high) = (self.low / more, self.high * more);
            }
        }
        self
    }

    /// With exactly these ends.
    pub fn with_ends(mut self, low: f64, high: f64) -> Axis {
        (self.low, self.high) = (low, high);
        self
    }

    /// With figures at these values instead of round ones.
    pub fn with_ticks_at(mut self, values: &[f64]) -> Axis {
        let tick = |&at: &f64| Tick { at, text: labels::figure(at), is_main: true };
        self.ticks = values.iter().map(tick).collect();
        self
    }

    /// Where a value lies: 0 at the lower end, 1 at the upper one; `None` if it has no place, such as 0 on a
    /// logarithmic axis. A value outside of the range has a place outside of 0 to 1.
    pub fn place(&self, value: f64) -> Option<f64> {
        let place = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log if value <= 0.0 => return None,
            Scale::Log => libm::log(value / self.low) / libm::log(self.high / self.low),
        };
        place.is_finite().then_some(place)
    }
}

/// Smallest and largest of the finite values; `None` if there is none.
pub(in crate::chart) fn range(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

/// 1, 2 or 5 times a power of ten, so that four to nine steps fill the length.
fn step(length: f64) -> f64 {
    let rough = length / 5.0;
    let decade = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * decade >= rough * 0.999);
    factor.unwrap_or(10.0) * decade
}

/// Removes the last digits that sums of steps gather.
fn clean(value: f64) -> f64 {
    format!("{value:.12}").parse().unwrap_or(value)
}

/// 1, 2 and 5 times each power of ten from `low` to `high`; powers of ten are the main ones if there are two of them.
fn log_ticks(low: f64, high: f64) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = steps_of(low, high).map(|(at, factor)| tick_at(at, factor)).collect();
    if ticks.iter().filter(|tick| tick.is_main).count() < 2 {
        ticks.iter_mut().for_each(|tick| tick.is_main = true);
    }
    ticks
}

fn tick_at(at: f64, factor: u8) -> Tick {
    Tick { at, text: labels::figure(at), is_main: factor == 1 }
}

fn steps_of(low: f64, high: f64) -> impl Iterator<Item = (f64, u8)> {
    let (first, last) = (decade_of(low), decade_of(high));
    let all = (first..=last).flat_map(|exponent| [1, 2, 5].map(|factor| (scaled(factor, exponent), factor)));
    all.filter(move |&(at, _)| at >= low * 0.999_999 && at <= high * 1.000_001)
}

fn tick_below(value: f64) -> f64 {
    let exponent = decade_of(value);
    let steps = [1, 2, 5].map(|factor| scaled(factor, exponent));
    steps.into_iter().rev().find(|&at| at <= value * 1.000_001).unwrap_or(steps[0])
}

fn tick_above(value: f64) -> f64 {
    let exponent = decade_of(value);
    let steps = [scaled(1, exponent), scaled(2, exponent), scaled(5, exponent), scaled(1, exponent + 1)];
    steps.into_iter().find(|&at| at >= value * 0.999_999).unwrap_or(steps[3])
}

fn decade_of(value: f64) -> i32 {
    libm::floor(libm::log10(value) + 1e-9) as i32
}

/// By way of text, so that 2 times 10^-3 is the number that is written 0.002.
fn scaled(factor: u8, exponent: i32) -> f64 {
    format!("{factor}e{exponent}").parse().expect("a number in scientific notation")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.text.as_str()).collect()
    }

    #[test]
    fn a_logarithmic_axis_has_its_1_2_5_ticks_within_a_decade_too() {
        let rows: [(&[f64], &[&str]); 5] = [
            (&[3.0, 7.0], &["2", "5", "10"]),
            (&[0.3, 40.0], &["0.2", "0.5", "1", "2", "5", "10", "20", "50"]),
            (&[5.0, 5.0], &["2", "5", "10"]),
            (&[0.0, -1.0, f64::NAN, 2000.0, f64::INFINITY], &["1,000", "2,000", "5,000"]),
            (&[], &["1", "2", "5", "10"]),
        ];
        for (values, expected) in rows {
            assert_eq!(texts(&Axis::log("x", values.iter().copied())), expected, "{values:?}");
        }
    }

    #[test]
    fn powers_of_ten_are_the_main_ticks_unless_there_is_only_one() {
        let main = |low, high| {
            let ticks = log_ticks(low, high);
            ticks.iter().filter(|tick| tick.is_main).map(|tick| tick.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(main(0.5, 20.0), ["1", "10"]);
        assert_eq!(main(0.5, 5.0), ["0.5", "1", "2", "5"]);
    }

    #[test]
    fn a_linear_axis_ends_on_round_figures() {
        let rows: [(&[f64], &[&str]); 5] = [
            (&[0.0, 97.0], &["0", "20", "40", "60", "80", "100"]),
            (&[0.0, 0.3], &["0", "0.1", "0.2", "0.3"]),
            (&[2.0, 2.0], &["2", "2.5", "3", "3.5", "4"]),
            (&[-3.0, 4.0], &["-4", "-2", "0", "2", "4"]),
            (&[f64::NAN], &["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ];
        for (values, expected) in rows {
            assert_eq!(texts(&Axis::linear("x", values.iter().copied())), expected, "{values:?}");
        }
    }

    #[test]
    fn shares_never_pass_one() {
        let axis = Axis::shares("stale", [0.93]);
        assert_eq!((axis.high, texts(&axis).last().copied()), (1.0, Some("100 %")));
        assert_eq!(
            texts(&Axis::shares("stale", [0.001, 0.004])),
            ["0 %", "0.1 %", "0.2 %", "0.3 %", "0.4 %"]
        );
    }

    #[test]
    fn a_value_has_its_place_by_the_scale() {
        let linear = Axis::linear("x", [0.0, 10.0]);
        let log = Axis::log("x", [1.0, 100.0]);
        let near = |place: Option<f64>, expected: f64| (place.unwrap() - expected).abs() < 1e-9;
        assert!(near(linear.place(2.5), 0.25) && near(linear.place(20.0), 2.0));
        assert!(near(log.place(10.0), 0.5) && near(log.place(0.1), -0.5));
        assert_eq!([log.place(0.0), log.place(f64::NAN), linear.place(f64::INFINITY)], [None; 3]);
    }

    #[test]
    fn a_margin_leaves_the_ticks_and_moves_the_ends() {
        let axis = Axis::log("x", [1.0, 100.0]).with_margin(0.5);
        assert!((axis.low - 0.1).abs() < 1e-12 && (axis.high - 1000.0).abs() < 1e-9);
        assert_eq!(axis.ticks, Axis::log("x", [1.0, 100.0]).ticks);
    }
}
