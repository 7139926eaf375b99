//! Curves as a picture: speed-up against threads, latency against the switch interval, a histogram.

use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 210.0;
const TOP: f64 = 52.0;
const BOTTOM: f64 = 58.0;

/// Colours that differ in brightness too; each curve also has a mark of its own shape.
const COLOURS: [&str; 7] = ["#0b5394", "#d55e00", "#1e8a5f", "#8e5ba6", "#56b4e9", "#e69f00", "#555d66"];

/// A picture with curves.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    /// What it shows.
    pub title: String,
    /// Across.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// The curves.
    pub curves: Vec<Curve>,
    /// Where to draw a line from bottom to top, and what to write at it.
    pub marks: Vec<(f64, String)>,
}

/// An axis.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// What is measured.
    pub label: String,
    /// Whether equal steps are equal factors.
    pub is_logarithmic: bool,
    /// Whether it begins at zero, if it is not logarithmic.
    pub from_zero: bool,
    /// Where to write numbers, and which; nowhere else if there are some.
    pub ticks: Vec<(f64, String)>,
}

/// A curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What the key calls it.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// How it is drawn.
    pub style: Style,
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A line with a mark at each point.
    Marked,
    /// A dashed line with the colour and the mark of the curve before: another figure of the same.
    Dashed,
    /// A dotted line: a limit.
    Dotted,
    /// Bars from the bottom, up to the next point.
    Bars,
}

/// Turns numbers into places.
struct Scale {
    low: f64,
    high: f64,
    is_logarithmic: bool,
    begin: f64,
    end: f64,
}

impl Scale {
    fn new(axis: &Axis, values: impl Iterator<Item = f64> + Clone, begin: f64, end: f64) -> Scale {
        let values = values.filter(|value| value.is_finite() && (!axis.is_logarithmic || *value > 0.0));
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if low > high { (1.0, 2.0) } else { (low, high) };
        let (low, high) = match (axis.is_logarithmic, axis.from_zero) {
            (true, _) => (low / 1.25, high * 1.25),
            (false, true) => (0.0, high * 1.08),
            (false, false) => (low - (high - low) * 0.05, high + (high - low) * 0.05),
        };
        let high = if high > low { high } else { low + 1.0 };
        Scale { low, high, is_logarithmic: axis.is_logarithmic, begin, end }
    }

    fn place(&self, value: f64) -> f64 {
        let part = if self.is_logarithmic {
            (value.max(self.low).ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.begin + part.clamp(0.0, 1.0) * (self.end - self.begin)
    }

    /// Round numbers, not too many.
    fn ticks(&self) -> Vec<(f64, String)> {
        let shown = |value: f64| {
            let text = format!("{value:.3}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        if self.is_logarithmic {
            let first = self.low.log10().floor() as i32;
            let powers = (first..=self.high.log10().ceil() as i32)
                .flat_map(|power| [1.0, 2.0, 5.0].map(|times| times * 10_f64.powi(power)));
            return powers
                .filter(|tick| (self.low..=self.high).contains(tick))
                .map(|tick| (tick, shown(tick)))
                .collect();
        }
        let rough = (self.high - self.low) / 6.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|number| (number as f64 * step, shown(number as f64 * step))).collect()
    }
}

impl Plot {
    /// The picture.
    pub fn svg(&self) -> String {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let x = Scale::new(&self.x, points().map(|point| point.0), LEFT, WIDTH - RIGHT);
        let y = Scale::new(&self.y, points().map(|point| point.1), HEIGHT - BOTTOM, TOP);
        let mut picture = Picture { text: String::new(), x, y };
        picture.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, DejaVu Sans, sans-serif\" font-size=\"13\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
        ));
        picture.label(LEFT, 28.0, "font-size=\"17\" font-weight=\"600\"", &self.title);
        picture.axes(self);
        for (at, text) in &self.marks {
            let x = picture.x.place(*at);
            picture.put(format_args!(
                "<path d=\"M{x:.1} {TOP}V{:.1}\" stroke=\"#8c1d04\" stroke-dasharray=\"2 4\"/>\n",
                HEIGHT - BOTTOM
            ));
            picture.label(x + 4.0, TOP + 12.0, "fill=\"#8c1d04\"", text);
        }
        let mut number = 0;
        for (row, curve) in self.curves.iter().enumerate() {
            number += usize::from(row > 0 && curve.style != Style::Dashed);
            picture.curve(row, number, curve);
        }
        picture.put(format_args!("</svg>\n"));
        picture.text
    }
}

struct Picture {
    text: String,
    x: Scale,
    y: Scale,
}

impl Picture {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A text takes whatever is written to it.
        let _: std::fmt::Result = self.text.write_fmt(text);
    }

    fn label(&mut self, x: f64, y: f64, attributes: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.put(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" {attributes}>{text}</text>\n"));
    }

    fn axes(&mut self, plot: &Plot) {
        let bottom = HEIGHT - BOTTOM;
        let ticks = |axis: &Axis, scale: &Scale| {
            if axis.ticks.is_empty() { scale.ticks() } else { axis.ticks.clone() }
        };
        for (value, text) in ticks(&plot.y, &self.y) {
            let y = self.y.place(value);
            self.put(format_args!("<path d=\"M{LEFT} {y:.1}H{:.1}\" stroke=\"#e3e7eb\"/>\n", WIDTH - RIGHT));
            self.label(LEFT - 8.0, y + 4.5, "text-anchor=\"end\" fill=\"#4a525b\"", &text);
        }
        for (value, text) in ticks(&plot.x, &self.x) {
            let x = self.x.place(value);
            self.put(format_args!("<path d=\"M{x:.1} {bottom:.1}v5\" stroke=\"#8a929b\"/>\n"));
            self.label(x, bottom + 20.0, "text-anchor=\"middle\" fill=\"#4a525b\"", &text);
        }
        self.put(format_args!(
            "<path d=\"M{LEFT} {TOP}V{bottom:.1}H{:.1}\" fill=\"none\" stroke=\"#8a929b\"/>\n",
            WIDTH - RIGHT
        ));
        let middle = (LEFT + WIDTH - RIGHT) / 2.0;
        self.label(middle, HEIGHT - 14.0, "text-anchor=\"middle\"", &plot.x.label);
        let middle = (TOP + bottom) / 2.0;
        let turned = format!("text-anchor=\"middle\" transform=\"rotate(-90 20 {middle:.1})\"");
        self.label(20.0, middle, &turned, &plot.y.label);
    }

    fn curve(&mut self, row: usize, number: usize, curve: &Curve) {
        let colour = if curve.style == Style::Dotted { "#1b1f24" } else { COLOURS[number % COLOURS.len()] };
        let places: Vec<_> = curve.points.iter().map(|(x, y)| (self.x.place(*x), self.y.place(*y))).collect();
        let key = TOP + 14.0 + row as f64 * 24.0;
        let from = WIDTH - RIGHT + 16.0;
        if curve.style == Style::Bars {
            for pair in places.windows(2) {
                let [(x0, y0), (x1, _)] = [pair[0], pair[1]];
                self.put(format_args!(
                    "<rect x=\"{x0:.1}\" y=\"{y0:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\" fill-opacity=\".55\"/>\n",
                    (x1 - x0).max(1.0),
                    (HEIGHT - BOTTOM - y0).max(0.0)
                ));
            }
            self.put(format_args!(
                "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"26\" height=\"12\" fill=\"{colour}\" fill-opacity=\".55\"/>\n",
                key - 6.0
            ));
        } else {
            let dash = match curve.style {
                Style::Dotted => " stroke-dasharray=\"2 5\"",
                Style::Dashed => " stroke-dasharray=\"7 4\"",
                Style::Marked | Style::Bars => "",
            };
            let path: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            let line = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.2\"{dash}");
            self.put(format_args!("<path d=\"M{}\" {line}/>\n", path.join("L")));
            self.put(format_args!("<path d=\"M{from:.1} {key:.1}h26\" {line}/>\n"));
            if curve.style != Style::Dotted {
                for (x, y) in places.into_iter().chain([(from + 13.0, key)]) {
                    self.mark(number, x, y, colour);
                }
            }
        }
        self.label(from + 34.0, key + 4.5, "", &curve.name);
    }

    fn mark(&mut self, number: usize, x: f64, y: f64, colour: &str) {
        let path = match number % 4 {
            0 => format!("M{:.1} {y:.1}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0", x - 4.5),
            1 => format!("M{:.1} {:.1}h8v8h-8z", x - 4.0, y - 4.0),
            2 => format!("M{x:.1} {:.1}l5 9h-10z", y - 5.5),
            _ => format!("M{x:.1} {:.1}l5 5l-5 5l-5 -5z", y - 5.0),
        };
        self.put(format_args!("<path d=\"{path}\" fill=\"{colour}\"/>\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_on_the_picture() {
        for is_logarithmic in [false, true] {
            let axis = Axis { is_logarithmic, from_zero: true, ..Axis::default() };
            let scale = Scale::new(&axis, [1.0, 10.0, 100.0].into_iter(), 0.0, 300.0);
            let places = [1.0, 10.0, 100.0].map(|value| scale.place(value));
            assert!(
                places.is_sorted() && places.iter().all(|place| (0.0..=300.0).contains(place)),
                "{places:?}"
            );
            let ticks = scale.ticks();
            assert!((3..=12).contains(&ticks.len()), "{ticks:?}");
        }
        let nothing = Scale::new(&Axis::default(), [].into_iter(), 0.0, 1.0);
        assert!(nothing.place(1.0).is_finite());
    }

    #[test]
    fn a_curve_has_a_name_and_points() {
        let curve = |style| Curve { name: "a < b".into(), points: vec![(1.0, 1.0), (2.0, 1.5)], style };
        let curves = [Style::Marked, Style::Dashed, Style::Dotted, Style::Bars].map(curve).to_vec();
        let svg =
            Plot { title: "t".into(), curves, marks: vec![(1.5, "here".into())], ..Plot::default() }.svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        assert_eq!(svg.matches("a &lt; b").count(), 4);
        // Lines and marks of two curves and their keys.
        assert_eq!(svg.matches(COLOURS[0]).count(), 10);
        assert_eq!(svg.matches("stroke-dasharray=\"2 5\"").count(), 2);
    }
}
