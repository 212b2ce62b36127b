//! Charts of points, lines and bars, drawn by plotters as SVG.

use super::axis::Axis;
use crate::display;
use crate::error::Error;
use plotters::prelude::*;

/// Colours of the series in turn: dark enough for lines on white, told apart by people with any common colour vision.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 140, 105),
    RGBColor(130, 90, 180),
    RGBColor(180, 140, 0),
    RGBColor(90, 100, 110),
];
const FAINT: RGBColor = RGBColor(185, 193, 201);
const INK: RGBColor = RGBColor(38, 50, 63);

/// The most numbers that are marked on the axes.
const TICKS: (usize, usize) = (8, 7);
/// Parts into which the way from one point of a line to the next is divided to see whether a legend covers it.
const ALONG: u32 = 12;

/// A point: x and y.
type Point = (f64, f64);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Dots,
    FaintDots,
    Line,
    Bars,
    Star,
}

/// A chart: a title, two labelled axes, and series of points.
///
/// ```
/// use autogo::report::Chart;
/// let svg = Chart::new("Squares", "x", "x²").line("exact", &[(1.0, 1.0), (2.0, 4.0), (3.0, 9.0)]).svg()?;
/// assert!(svg.contains("Squares") && svg.contains("<polyline"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Chart {
    title: String,
    axes: (String, String),
    size: (u32, u32),
    series: Vec<(String, Mark, Vec<Point>)>,
}

impl Chart {
    /// An empty chart with its title and the labels of its axes, units included.
    pub fn new(title: &str, x: &str, y: &str) -> Self {
        Chart { title: title.into(), axes: (x.into(), y.into()), size: (720, 420), series: Vec::new() }
    }

    /// Width and height in pixels.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width.max(200), height.max(150));
        self
    }

    fn series(mut self, name: &str, mark: Mark, points: &[(f64, f64)]) -> Self {
        self.series.push((name.into(), mark, points.to_vec()));
        self
    }

    /// Dots.
    pub fn dots(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.series(name, Mark::Dots, points)
    }

    /// Grey dots, for what stands in the background.
    pub fn background(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.series(name, Mark::FaintDots, points)
    }

    /// Dots joined by a line.
    pub fn line(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.series(name, Mark::Line, points)
    }

    /// Bars from zero, each as wide as four fifths of the smallest step between them.
    pub fn bars(self, name: &str, points: &[(f64, f64)]) -> Self {
        self.series(name, Mark::Bars, points)
    }

    /// One point to be seen at once.
    pub fn star(self, name: &str, point: (f64, f64)) -> Self {
        self.series(name, Mark::Star, &[point])
    }

    /// The chart as SVG. Points that are not finite are left out.
    ///
    /// # Errors
    /// The chart has no finite point, or plotters cannot draw it.
    pub fn svg(&self) -> Result<String, Error> {
        let failed = |reason: String| Error::Chart { title: self.title.clone(), reason };
        let finite = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
            points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
        };
        let all: Vec<(f64, f64)> = self.series.iter().flat_map(|(_, _, points)| finite(points)).collect();
        if all.is_empty() {
            return Err(failed("no finite point to draw".into()));
        }
        let values = |of: fn(&Point) -> f64| all.iter().map(of).collect::<Vec<f64>>();
        let is_from_zero = self.series.iter().any(|(_, mark, _)| *mark == Mark::Bars);
        let x = Axis::over(&values(|point| point.0), false, TICKS.0);
        let mut y = Axis::over(&values(|point| point.1), is_from_zero, TICKS.1);
        if self.series.len() > 1 && self.free_corner(&x, &y).0 > 0 {
            // No corner is free, so room is made above everything.
            y = y.with_room_above(self.legend_size().1, TICKS.1);
        }
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, self.size).into_drawing_area();
            root.fill(&WHITE).map_err(|error| failed(error.to_string()))?;
            self.draw(&root, &x, &y, &finite).map_err(failed)?;
            root.present().map_err(|error| failed(error.to_string()))?;
        }
        Ok(svg)
    }

    fn draw(
        &self,
        root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
        x: &Axis,
        y: &Axis,
        finite: &dyn Fn(&[Point]) -> Vec<Point>,
    ) -> Result<(), String> {
        let said = |error: &dyn std::error::Error| error.to_string();
        let (_, corner) = self.free_corner(x, y);
        let mut chart = ChartBuilder::on(root)
            .caption(&self.title, ("sans-serif", 19).into_font().color(&INK))
            .margin(14)
            .x_label_area_size(46)
            .y_label_area_size(74)
            .build_cartesian_2d(x.clone(), y.clone())
            .map_err(|error| said(&error))?;
        chart
            .configure_mesh()
            .x_desc(&self.axes.0)
            .y_desc(&self.axes.1)
            .x_label_formatter(&|value| x.label(*value))
            .y_label_formatter(&|value| y.label(*value))
            .light_line_style(WHITE)
            .bold_line_style(RGBColor(228, 232, 236))
            .axis_style(RGBColor(120, 130, 140))
            .label_style(("sans-serif", 13).into_font().color(&INK))
            .axis_desc_style(("sans-serif", 14).into_font().color(&INK))
            .draw()
            .map_err(|error| said(&error))?;
        let mut colours = COLOURS.iter().cycle();
        for (name, mark, points) in &self.series {
            let points = finite(points);
            let colour = if *mark == Mark::FaintDots { FAINT } else { *colours.next().unwrap_or(&INK) };
            let size = if *mark == Mark::FaintDots { 2 } else { 4 };
            let drawn = match mark {
                Mark::Star => chart
                    .draw_series(points.iter().map(|&point| TriangleMarker::new(point, 8, colour.filled())))
                    .map_err(|error| said(&error))?,
                Mark::Bars => {
                    let half = 0.4 * smallest_step(&points);
                    let bars =
                        points.iter().map(|&(x, y)| Rectangle::new([(x - half, 0.0), (x + half, y)], colour.filled()));
                    chart.draw_series(bars).map_err(|error| said(&error))?
                }
                _ => {
                    if *mark == Mark::Line {
                        let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
                        chart.draw_series(line).map_err(|error| said(&error))?;
                    }
                    let dots = points.iter().map(|&point| Circle::new(point, size, colour.filled()));
                    chart.draw_series(dots).map_err(|error| said(&error))?
                }
            };
            let is_star = *mark == Mark::Star;
            drawn.label(name).legend(move |(x, y)| {
                if is_star {
                    TriangleMarker::new((x + 8, y), 6, colour.filled()).into_dyn()
                } else {
                    Circle::new((x + 8, y), 4, colour.filled()).into_dyn()
                }
            });
        }
        if self.series.len() > 1 {
            chart
                .configure_series_labels()
                .position(corner)
                .background_style(WHITE.mix(0.85))
                .border_style(RGBColor(228, 232, 236))
                .label_font(("sans-serif", 13).into_font().color(&INK))
                .draw()
                .map_err(|error| said(&error))?;
        }
        Ok(())
    }

    /// About the shares of the plot's width and height that the legend covers, with some air.
    fn legend_size(&self) -> (f64, f64) {
        let longest = self.series.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        let (wide, high) = (7.5 * longest as f64 + 60.0, 19.0 * self.series.len() as f64 + 28.0);
        let plot = (f64::from(self.size.0) - 102.0, f64::from(self.size.1) - 104.0);
        ((wide / plot.0.max(1.0)).min(1.0), (high / plot.1.max(1.0)).min(0.6))
    }

    /// The corner in which the legend covers least, with the number of points there; on ties the first of lower right,
    /// upper left, upper right, lower left. Lines count as points along them.
    fn free_corner(&self, x: &Axis, y: &Axis) -> (usize, SeriesLabelPosition) {
        let (wide, high) = self.legend_size();
        let count = |is_right: bool, is_upper: bool| {
            let inside = |&(px, py): &Point| {
                let (px, py) = (x.place(px), y.place(py));
                (if is_right { px > 1.0 - wide } else { px < wide })
                    && (if is_upper { py > 1.0 - high } else { py < high })
            };
            // What stands out must not be hidden: a star weighs as much as a cloud.
            let points = |(_, mark, points): &(String, Mark, Vec<Point>)| {
                let weight = if *mark == Mark::Star { 1_000_000 } else { 1 };
                let along = |pair: &[Point]| -> Vec<Point> {
                    let between = |share: f64| {
                        let of = |a: f64, b: f64| a * (1.0 - share) + b * share;
                        (of(pair[0].0, pair[1].0), of(pair[0].1, pair[1].1))
                    };
                    (1..ALONG).map(|step| between(f64::from(step) / f64::from(ALONG))).collect()
                };
                let lines = if *mark == Mark::Line { points.windows(2).flat_map(along).collect() } else { Vec::new() };
                weight * points.iter().chain(&lines).filter(|point| inside(point)).count()
            };
            self.series.iter().map(points).sum::<usize>()
        };
        let corners = [
            (count(true, false), SeriesLabelPosition::LowerRight),
            (count(false, true), SeriesLabelPosition::UpperLeft),
            (count(true, true), SeriesLabelPosition::UpperRight),
            (count(false, false), SeriesLabelPosition::LowerLeft),
        ];
        let fewest = corners.iter().map(|(count, _)| *count).min();
        let corner = corners.into_iter().find(|(count, _)| Some(*count) == fewest);
        corner.unwrap_or((0, SeriesLabelPosition::LowerRight))
    }

    /// Shows the chart in a notebook; what is wrong with it, if it cannot be drawn.
    pub fn evcxr_display(&self) {
        match self.svg() {
            Ok(svg) => display::show_html(&svg),
            Err(error) => display::show_html(&format!("error: {}", display::escape(&error.to_string()))),
        }
    }
}

/// The smallest distance between neighbours on the x axis; 1 where there is none.
fn smallest_step(points: &[Point]) -> f64 {
    let mut places: Vec<f64> = points.iter().map(|point| point.0).collect();
    places.sort_by(f64::total_cmp);
    let steps = places.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0);
    let smallest = steps.fold(f64::INFINITY, f64::min);
    if smallest.is_finite() { smallest } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_without_points_is_an_error_and_nan_is_left_out() {
        let chart = Chart::new("Empty", "x", "y").dots("none", &[(f64::NAN, 1.0)]);
        assert_eq!(chart.svg().unwrap_err().to_string(), "chart `Empty`: no finite point to draw");
        assert!(chart.star("one", (1.0, 2.0)).svg().is_ok());
    }

    #[test]
    fn a_legend_covers_nothing() {
        let axes = |points: &[Point]| {
            let values = |of: fn(&Point) -> f64| points.iter().map(of).collect::<Vec<f64>>();
            (Axis::over(&values(|point| point.0), false, 8), Axis::over(&values(|point| point.1), false, 7))
        };
        // Of a line from corner to corner the other two are free; of a square none is.
        let line = [(0.0, 0.0), (1.0, 1.0)];
        let (x, y) = axes(&line);
        assert_eq!(Chart::new("t", "x", "y").line("a", &line).line("b", &line).free_corner(&x, &y).0, 0);
        let square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        let chart = Chart::new("t", "x", "y").dots("a", &square).dots("b", &square);
        assert!(chart.free_corner(&x, &y).0 > 0);
        assert_eq!(chart.free_corner(&x, &y.with_room_above(chart.legend_size().1, 7)).0, 0);
    }

    #[test]
    fn numbers_of_any_size_make_a_chart_that_ends() {
        for (a, b) in [(-1e308, 1e308), (f64::MIN, f64::MAX), (0.0, 5e-324), (1e16, 1e16 + 2.0), (1e308, 1e308)] {
            let points = [(a, b), (b, a)];
            let chart =
                Chart::new("Wide", "x", "y").line("line", &points).bars("bars", &points).background("", &points);
            let svg = chart.star("star", (a, a)).svg().unwrap();
            assert!(svg.len() < 100_000 && !svg.contains("inf") && !svg.contains("NaN"), "{a} {b}: {}", svg.len());
        }
    }
}
