//! Colours and markers: each strategy has the same ones in every chart.

use plotters::style::RGBColor;

/// Colour and marker of a strategy or a leg. They always come together, so a print without colours still sets them
/// apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chart) struct SeriesStyle {
    pub colour: RGBColor,
    pub marker: Marker,
}

/// The shape of a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::chart) enum Marker {
    Circle,
    Triangle,
    Square,
    Diamond,
    Cross,
    Wedge,
    Bar,
    /// For theory: thin, so that it hides no dot.
    Dash,
}

// The palette of M. Okabe and K. Ito, "Color Universal Design", 2008, which the colour-blind can distinguish. Its
// yellow is left out, since it cannot be seen on white, and its black is for theory.
const VERMILLION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);

pub(in crate::chart) const INK: RGBColor = RGBColor(0x1a, 0x1a, 0x1a);
pub(in crate::chart) const QUIET: RGBColor = RGBColor(0x59, 0x59, 0x59);
pub(in crate::chart) const FRAME: RGBColor = RGBColor(0x8c, 0x8c, 0x8c);
pub(in crate::chart) const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
pub(in crate::chart) const FAINT_GRID: RGBColor = RGBColor(0xee, 0xee, 0xee);
/// Fault windows: pale enough for every line above them.
pub(in crate::chart) const FAULT: RGBColor = RGBColor(0xf6, 0xe3, 0xb4);
/// For what must not happen.
pub(in crate::chart) const VIOLATION: RGBColor = RGBColor(0xb0, 0x1e, 0x00);
/// For the curves of a theory.
pub(in crate::chart) const THEORY: RGBColor = RGBColor(0x00, 0x00, 0x00);

const NONE: SeriesStyle = SeriesStyle { colour: VERMILLION, marker: Marker::Circle };
const WAIT: SeriesStyle = SeriesStyle { colour: BLUE, marker: Marker::Triangle };

/// Styles of all other strategies, in the order in which they come.
const OTHERS: [SeriesStyle; 5] = [
    SeriesStyle { colour: GREEN, marker: Marker::Square },
    SeriesStyle { colour: ORANGE, marker: Marker::Diamond },
    SeriesStyle { colour: PURPLE, marker: Marker::Cross },
    SeriesStyle { colour: SKY, marker: Marker::Wedge },
    SeriesStyle { colour: QUIET, marker: Marker::Bar },
];

/// Styles of requests, replies, batches of writes and acks: colours that neither `none` nor `wait` has.
pub(in crate::chart) const LEGS: [SeriesStyle; 4] = [OTHERS[3], OTHERS[0], OTHERS[1], OTHERS[2]];

impl SeriesStyle {
    /// The style of `strategy` among `all` of the experiment. From the eighth strategy on styles repeat.
    pub fn of(strategy: &str, all: &[String]) -> SeriesStyle {
        match strategy {
            "none" => NONE,
            "wait" => WAIT,
            _ => {
                let mut others = all.iter().filter(|name| !["none", "wait"].contains(&name.as_str()));
                OTHERS[others.position(|name| name == strategy).unwrap_or(0) % OTHERS.len()]
            }
        }
    }

    /// The same style for the `index`-th of `count` things that one strategy does: from pale to dark.
    pub fn shade(self, index: usize, count: usize) -> SeriesStyle {
        if count < 2 {
            return self;
        }
        let along = index as f64 / (count - 1) as f64;
        let colour = match along {
            along if along < 0.5 => mix(self.colour, (255, 255, 255), 0.5 - along),
            along => mix(self.colour, (0, 0, 0), 1.3 * (along - 0.5)),
        };
        SeriesStyle { colour, ..self }
    }
}

/// A tone for what is behind: thin lines of single repetitions.
pub(in crate::chart) fn pale(colour: RGBColor) -> RGBColor {
    mix(colour, (255, 255, 255), 0.6)
}

fn mix(RGBColor(r, g, b): RGBColor, (to_r, to_g, to_b): (u8, u8, u8), share: f64) -> RGBColor {
    let part = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share).round() as u8;
    RGBColor(part(r, to_r), part(g, to_g), part(b, to_b))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn strategies() -> Vec<String> {
        ["fetch", "none", "forward", "wait", "sync", "quorum", "sticky"].map(str::to_owned).to_vec()
    }

    #[test]
    fn seven_strategies_differ_in_colour_and_in_marker() {
        let all = strategies();
        let styles: Vec<SeriesStyle> = all.iter().map(|name| SeriesStyle::of(name, &all)).collect();
        let colours: BTreeSet<_> =
            styles.iter().map(|style| (style.colour.0, style.colour.1, style.colour.2)).collect();
        let markers: BTreeSet<_> = styles.iter().map(|style| style.marker).collect();
        assert_eq!((colours.len(), markers.len()), (7, 7));
    }

    #[test]
    fn none_and_wait_look_the_same_beside_any_others() {
        for all in [vec![], strategies(), vec!["wait".to_owned()]] {
            assert_eq!(SeriesStyle::of("none", &all), NONE);
            assert_eq!(SeriesStyle::of("wait", &all), WAIT);
        }
    }

    #[test]
    fn shades_go_from_pale_to_dark_and_one_alone_is_the_colour_itself() {
        let brightness = |RGBColor(r, g, b): RGBColor| u32::from(r) + u32::from(g) + u32::from(b);
        let shades: Vec<u32> = (0..6).map(|index| brightness(WAIT.shade(index, 6).colour)).collect();
        assert!(shades.is_sorted_by(|pale, dark| pale > dark), "{shades:?}");
        assert_eq!(WAIT.shade(0, 1), WAIT);
        assert_eq!(WAIT.shade(1, 3), WAIT);
    }
}
