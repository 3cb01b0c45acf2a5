//! Draws a space-time diagram: time runs downwards, sessions and branches are upright lines, messages are arrows.
//!
//! Each moment has a row: its time at the left, its text at the right, both where nothing else is drawn. So no label
//! can cover another, however close in time things happen. The price: distances along a line show the order of moments,
//! and only the figures at the left show the time between them.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use crate::chart::draw::{
    Canvas, FAULT, FRAME, GRID, INK, LEGS, LabelSide, QUIET, Scene, TextStyle, VIOLATION, WIDTH, Xy, png, svg,
};
use crate::results::{MessageArrow, MessageKind, Moment, SpaceTime, TimedBar, TimedBarKind, Weight};

/// A drawn diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// The picture, for any size.
    pub svg: String,
    /// The same picture, 1200 pixels wide.
    pub png: Vec<u8>,
}

/// Draws a space-time diagram; the same diagram gives the same bytes.
pub fn space_time(diagram: &SpaceTime) -> Drawing {
    let scene = DiagramScene { diagram };
    Drawing { svg: svg(&scene), png: png(&scene) }
}

const EDGE: f64 = 24.0;
const TITLE_EM: f64 = 26.0;
const TEXT_EM: f64 = 16.0;
const LINE: f64 = 24.0;
const ROW: f64 = 25.0;
/// The width of the times.
const TIMES_WIDTH: f64 = 112.0;
const LANES_LEFT: f64 = EDGE + TIMES_WIDTH;
/// The width of a lane, where there is room.
const LANE_WIDTH_MAX: f64 = 130.0;
/// The least width of the texts; one that does not fit is shortened.
const TEXTS_WIDTH_MIN: f64 = 480.0;
const RIGHT: f64 = WIDTH as f64 - EDGE;
const WHOLE_WIDTH: f64 = WIDTH as f64 - 2.0 * EDGE;
const BAR: f64 = 5.0;
const DOT: f64 = 4.0;

struct DiagramScene<'a> {
    diagram: &'a SpaceTime,
}

impl Scene for DiagramScene<'_> {
    fn height(&self) -> u32 {
        let rows = self.diagram.moments.len() as f64;
        (self.top() + rows * ROW + LINE * self.notes().len() as f64 + EDGE) as u32
    }

    fn paint<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) {
        canvas.background((f64::from(WIDTH), f64::from(self.height())));
        self.diagram.bars.iter().for_each(|bar| self.draw_fault(bar, canvas));
        self.draw_grounds(canvas);
        self.draw_head(canvas);
        self.draw_lanes(canvas);
        self.diagram.bars.iter().for_each(|bar| self.draw_bar(bar, canvas));
        self.diagram.messages.iter().for_each(|message| self.draw_message(message, canvas));
        let moments = self.diagram.moments.iter().enumerate();
        moments.for_each(|(row, moment)| self.draw_moment(row, moment, canvas));
        for (line, note) in self.notes().iter().enumerate() {
            let y = self.y(self.diagram.moments.len()) + LINE * line as f64;
            canvas.text(note, (EDGE, y), quiet(LabelSide::Right));
        }
    }
}

impl DiagramScene<'_> {
    fn title(&self) -> Vec<String> {
        title().wrapped(&self.diagram.title, " ", WHOLE_WIDTH)
    }

    fn subtitle(&self) -> Vec<String> {
        quiet(LabelSide::Right).wrapped(&self.diagram.subtitle, " ", WHOLE_WIDTH)
    }

    fn notes(&self) -> Vec<String> {
        let wrapped = |note: &String| quiet(LabelSide::Right).wrapped(note, " ", WHOLE_WIDTH);
        self.diagram.notes.iter().flat_map(wrapped).collect()
    }

    /// Where the first row begins: below title, subtitle, legend and the names of the lanes.
    fn top(&self) -> f64 {
        let title = TITLE_EM * 1.35 * self.title().len() as f64;
        EDGE + title + LINE * self.subtitle().len() as f64 + LINE * 3.0 + 6.0
    }

    /// The middle of a row.
    fn y(&self, row: usize) -> f64 {
        self.top() + ROW * (row as f64 + 0.5)
    }

    /// The middle of a lane; lanes are evenly spread between times and texts.
    fn x(&self, lane: usize) -> f64 {
        LANES_LEFT + 2.0 * self.half_lane() * (lane as f64 + 0.5)
    }

    fn half_lane(&self) -> f64 {
        let count = self.diagram.lanes.len().max(1) as f64;
        ((RIGHT - TEXTS_WIDTH_MIN - LANES_LEFT) / count).min(LANE_WIDTH_MAX) / 2.0
    }

    fn lanes_right(&self) -> f64 {
        LANES_LEFT + 2.0 * self.half_lane() * self.diagram.lanes.len() as f64
    }

    fn draw_head<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) {
        let mut y = EDGE + TITLE_EM / 2.0;
        for line in self.title() {
            canvas.text(&line, (EDGE, y), title());
            y += TITLE_EM * 1.35;
        }
        for line in self.subtitle() {
            canvas.text(&line, (EDGE, y), quiet(LabelSide::Right));
            y += LINE;
        }
        self.draw_legend(y, canvas);
        let names = self.top() - LINE * 0.75;
        let width = 2.0 * self.half_lane() - 8.0;
        for (lane, named) in self.diagram.lanes.iter().enumerate() {
            let style = TextStyle { is_bold: named.is_branch, ..plain(LabelSide::Middle) };
            canvas.text(&style.fitted(&named.name, width), (self.x(lane), names), style);
        }
        canvas.text("ms", (LANES_LEFT - 18.0, names), quiet(LabelSide::Left));
    }

    fn draw_legend<DB: DrawingBackend>(&self, y: f64, canvas: &Canvas<DB>) {
        let mut x = EDGE;
        let mut entry = |text: &str, sample: &dyn Fn(Xy)| {
            sample((x, y));
            canvas.text(text, (x + 44.0, y), plain(LabelSide::Right));
            x += 44.0 + plain(LabelSide::Right).width(text) + 22.0;
        };
        for (kind, text) in
            [(MessageKind::Call, "call"), (MessageKind::Run, "writes"), (MessageKind::Ack, "ack")]
        {
            let colour = colour(kind);
            entry(text, &|(x, y)| arrow((x, y), (x + 36.0, y), colour, thickness(kind), canvas));
        }
        entry("lost", &|(x, y)| cross((x + 18.0, y), canvas));
        entry("parked", &|(x, y)| {
            canvas.rectangle((x, y - BAR), (x + 36.0, y + BAR), bar_colour(TimedBarKind::Parked));
        });
        entry("fault", &|(x, y)| canvas.rectangle((x, y - 9.0), (x + 36.0, y + 9.0), FAULT));
        entry("must not be", &|(x, y)| canvas.rectangle((x, y - 9.0), (x + 36.0, y + 9.0), GUILT));
    }

    fn draw_lanes<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) {
        let (top, bottom) = (self.top(), self.y(self.diagram.moments.len()) - ROW / 2.0);
        for (lane, named) in self.diagram.lanes.iter().enumerate() {
            let (from, to) = ((self.x(lane), top), (self.x(lane), bottom));
            if named.is_branch {
                canvas.polyline(&[from, to], FRAME, 2.0);
            } else {
                canvas.dashes(&[from, to], FRAME, 1.5, (6.0, 5.0));
            }
        }
    }

    /// Fault windows lie below everything.
    fn draw_fault<DB: DrawingBackend>(&self, bar: &TimedBar, canvas: &Canvas<DB>) {
        let (top, bottom) = (self.y(bar.from), self.y(bar.until));
        let half = self.half_lane() - 3.0;
        match bar.kind {
            TimedBarKind::Fault if bar.lanes.is_empty() => {
                canvas.rectangle((LANES_LEFT, top), (self.lanes_right(), bottom), FAULT);
            }
            TimedBarKind::Fault => bar.lanes.iter().for_each(|&lane| {
                canvas.rectangle((self.x(lane) - half, top), (self.x(lane) + half, bottom), FAULT);
            }),
            TimedBarKind::Down | TimedBarKind::Operation | TimedBarKind::Parked => {}
        }
    }

    /// A bar along a lane lies on its line.
    fn draw_bar<DB: DrawingBackend>(&self, bar: &TimedBar, canvas: &Canvas<DB>) {
        let (top, bottom) = (self.y(bar.from), self.y(bar.until));
        let half = match bar.kind {
            TimedBarKind::Fault => return,
            TimedBarKind::Down | TimedBarKind::Operation | TimedBarKind::Parked => BAR,
        };
        for &lane in &bar.lanes {
            let x = self.x(lane);
            canvas.rectangle((x - half, top), (x + half, bottom), bar_colour(bar.kind));
            if bar.kind == TimedBarKind::Down {
                canvas.frame((x - half, top), (x + half, bottom), FRAME);
            }
        }
    }

    /// The rows that matter have a ground of their own, under their texts too.
    fn draw_grounds<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) {
        for (row, moment) in self.diagram.moments.iter().enumerate() {
            let ground = match moment.weight {
                Weight::Plain | Weight::Operation => continue,
                Weight::Owed => OWED,
                Weight::Guilty => GUILT,
            };
            let (top, bottom) = (self.y(row) - ROW / 2.0 + 1.0, self.y(row) + ROW / 2.0 - 1.0);
            canvas.rectangle((EDGE, top), (RIGHT, bottom), ground);
        }
    }

    fn draw_message<DB: DrawingBackend>(&self, message: &MessageArrow, canvas: &Canvas<DB>) {
        let MessageArrow { kind, sent, from, to, arrived } = *message;
        let start = (self.x(from), self.y(sent));
        match arrived {
            Some(row) => {
                arrow(start, (self.x(to), self.y(row)), colour(kind), thickness(kind), canvas);
            }
            None => {
                let end = (start.0 + (self.x(to) - start.0) * 0.55, start.1 + ROW * 0.4);
                canvas.polyline(&[start, end], colour(kind), thickness(kind));
                cross(end, canvas);
            }
        }
    }

    fn draw_moment<DB: DrawingBackend>(&self, row: usize, moment: &Moment, canvas: &Canvas<DB>) {
        let Moment { at_ns, lane, text, weight } = moment;
        let y = self.y(row);
        // A diamond on the lane.
        if let Some(lane) = *lane {
            let (colour, size) = match weight {
                Weight::Plain => (QUIET, 0.7),
                Weight::Operation => (INK, 1.0),
                Weight::Owed => (INK, 1.4),
                Weight::Guilty => (VIOLATION, 1.8),
            };
            canvas.polygon((self.x(lane), y), &diamond(), size, colour);
        }
        // A time that is that of the row above is not repeated.
        let before = row.checked_sub(1).map(|before| self.diagram.moments[before].at_ns);
        if before != Some(*at_ns) {
            canvas.text(
                &format!("{:.3}", *at_ns as f64 / 1e6),
                (LANES_LEFT - 18.0, y),
                quiet(LabelSide::Left),
            );
        }
        let style = match weight {
            Weight::Plain => quiet(LabelSide::Right),
            Weight::Operation => plain(LabelSide::Right),
            Weight::Owed | Weight::Guilty => plain(LabelSide::Right).bold(),
        };
        let left = self.lanes_right() + 8.0;
        if !text.is_empty() {
            canvas.text(&style.fitted(text, RIGHT - left), (left, y), style);
        }
    }
}

/// The ground under a violation, and under what it should have shown.
const GUILT: RGBColor = RGBColor(0xf7, 0xd3, 0xc4);
const OWED: RGBColor = RGBColor(0xd9, 0xea, 0xf5);

fn colour(kind: MessageKind) -> RGBColor {
    match kind {
        MessageKind::Call => LEGS[0].colour,
        MessageKind::Run => LEGS[1].colour,
        MessageKind::Ack => GRID,
    }
}

fn thickness(kind: MessageKind) -> f64 {
    match kind {
        MessageKind::Call | MessageKind::Run => 2.0,
        MessageKind::Ack => 1.5,
    }
}

fn bar_colour(kind: TimedBarKind) -> RGBColor {
    match kind {
        TimedBarKind::Fault => FAULT,
        TimedBarKind::Down => RGBColor(0xff, 0xff, 0xff),
        TimedBarKind::Operation => FRAME,
        TimedBarKind::Parked => LEGS[2].colour,
    }
}

fn arrow<DB: DrawingBackend>(from: Xy, to: Xy, colour: RGBColor, width: f64, canvas: &Canvas<DB>) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = libm::sqrt(dx * dx + dy * dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    // The head ends at the line, and the shaft within the head.
    let tip = (to.0 - ux * DOT, to.1 - uy * DOT);
    let neck = (tip.0 - ux * 9.0, tip.1 - uy * 9.0);
    canvas.polyline(&[from, neck], colour, width);
    let head = [
        (0.0, 0.0),
        (-ux * 11.0 - uy * 5.0, -uy * 11.0 + ux * 5.0),
        (-ux * 11.0 + uy * 5.0, -uy * 11.0 - ux * 5.0),
    ];
    canvas.polygon(tip, &head, 1.0, colour);
}

fn cross<DB: DrawingBackend>((x, y): Xy, canvas: &Canvas<DB>) {
    for (dx, dy) in [(6.0, 6.0), (6.0, -6.0)] {
        canvas.polyline(&[(x - dx, y - dy), (x + dx, y + dy)], VIOLATION, 2.5);
    }
}

fn diamond() -> [Xy; 4] {
    [(0.0, -DOT - 1.0), (DOT + 1.0, 0.0), (0.0, DOT + 1.0), (-DOT - 1.0, 0.0)]
}

fn title() -> TextStyle {
    TextStyle::new(TITLE_EM, LabelSide::Right).bold()
}

fn plain(side: LabelSide) -> TextStyle {
    TextStyle::new(TEXT_EM, side)
}

fn quiet(side: LabelSide) -> TextStyle {
    plain(side).quiet()
}
