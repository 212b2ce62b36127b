//! The roofline: the kernels that memory bounds, and those that the array bounds.

use super::super::theme::{BOUNDS, FAINT, GRID, INK, colour, legend, open_svg};
use crate::display;
use crate::profile::{MemoryLevel, NpuProfile, NpuRow};
use std::fmt::Write;

/// A profile as a roofline: every kernel with weights by its multiply-adds for a byte that it moves and for a cycle,
/// both on logarithmic axes. The roof is what memory, then the array, allow. Larger dots take more cycles.
///
/// ```
/// use autogo::profile::{Npu, MemoryLevel};
/// let profile = Npu::n256().profile(&autogo::families::network("resnet50")?)?;
/// let svg = autogo::report::Roofline::of(&profile, MemoryLevel::Sram).svg();
/// assert!(svg.contains("256 multiply-adds a cycle"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Roofline {
    title: String,
    memory: &'static str,
    /// Multiply-adds a cycle at most, and bytes a cycle.
    roof: (f64, f64),
    dots: Vec<Dot>,
}

#[derive(Clone, Debug)]
struct Dot {
    name: String,
    colour: &'static str,
    /// Multiply-adds for a byte and for a cycle.
    place: (f64, f64),
    share: f64,
}

const SIZE: (f64, f64) = (560.0, 330.0);
const LEFT: f64 = 70.0;
const TOP: f64 = 62.0;

impl Roofline {
    /// The roofline of a profile and one of its memories. Kernels without weights, or that move nothing there, are left
    /// out.
    pub fn of(profile: &NpuProfile, memory: MemoryLevel) -> Self {
        let total = profile.cycles().max(1) as f64;
        let bytes = |row: &NpuRow| match memory {
            MemoryLevel::Sram => row.sram_bytes,
            MemoryLevel::Dram => row.dram_bytes,
        };
        let dot = |row: &NpuRow| Dot {
            name: row.node.clone(),
            colour: colour(row.bound),
            place: (row.multiply_adds as f64 / bytes(row) as f64, row.multiply_adds as f64 / row.cycles as f64),
            share: row.cycles as f64 / total,
        };
        let has_place = |row: &&NpuRow| row.multiply_adds > 0 && row.cycles > 0 && bytes(row) > 0;
        let machine = &profile.machine;
        let (memory, rate) = match memory {
            MemoryLevel::Sram => ("on-chip memory", machine.sram_bytes_per_cycle),
            MemoryLevel::Dram => ("DRAM", machine.dram_bytes_per_cycle),
        };
        Roofline {
            title: format!("{} on {}, against {memory}", profile.network, machine.name),
            memory,
            roof: (machine.units() as f64, rate),
            dots: profile.rows.iter().filter(has_place).map(dot).collect(),
        }
    }

    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let (peak, rate) = self.roof;
        let ridge = peak / rate;
        let along = decades(self.dots.iter().map(|dot| dot.place.0).chain([ridge / 3.0, ridge * 3.0]));
        let up = decades(self.dots.iter().map(|dot| dot.place.1).chain([peak / 10.0, peak * 1.2]));
        let axes = Axes { along, up };
        let (x, y) = (|value: f64| axes.x(value), |value: f64| axes.y(value));
        let mut svg = open_svg(LEFT + SIZE.0 + 24.0, TOP + SIZE.1 + 56.0, &self.title);
        legend(&mut svg, LEFT, 46.0, &BOUNDS.map(|(_, name, colour)| (name, colour)));
        axes.write_grid(&mut svg);
        // The slanted part of the roof begins where it enters the frame.
        let start = (10f64.powf(along.0)).max(10f64.powf(up.0) / rate);
        let _ = write!(
            svg,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}H{:.1}\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.6\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{peak} multiply-adds a cycle</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{FAINT}\">{rate} bytes a cycle</text>",
            x(start),
            y(start * rate),
            x(ridge),
            y(peak),
            LEFT + SIZE.0,
            LEFT + SIZE.0 - 4.0,
            y(peak) - 7.0,
            x(start) + 26.0,
            (y(start * rate) + 22.0).min(TOP + SIZE.1 - 8.0),
        );
        for dot in &self.dots {
            let _ = write!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{:.1}\" fill=\"{}\" fill-opacity=\"0.8\" stroke=\"{INK}\" \
                 stroke-opacity=\"0.5\"><title>{}</title></circle>",
                x(dot.place.0),
                y(dot.place.1),
                3.0 + 26.0 * dot.share.sqrt(),
                dot.colour,
                display::escape(&format!("{}: {:.1} % of all cycles", dot.name, 100.0 * dot.share))
            );
        }
        let _ = write!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">multiply-adds for a byte from or to {}</text>\
             <text x=\"16\" y=\"{:.0}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {:.0})\">multiply-adds a cycle</text>",
            LEFT + SIZE.0 / 2.0,
            TOP + SIZE.1 + 42.0,
            self.memory,
            TOP + SIZE.1 / 2.0,
            TOP + SIZE.1 / 2.0
        );
        svg + "</svg>"
    }

    /// Shows the chart in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.svg());
    }
}

/// Whole decades around these values, as exponents of ten.
fn decades(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value.log10()), high.max(value.log10()))
    });
    (low.floor(), high.ceil().max(low.floor() + 1.0))
}

/// Two logarithmic axes: their first and last exponents of ten.
struct Axes {
    along: (f64, f64),
    up: (f64, f64),
}

impl Axes {
    fn x(&self, value: f64) -> f64 {
        LEFT + SIZE.0 * ((value.log10() - self.along.0) / (self.along.1 - self.along.0)).clamp(0.0, 1.0)
    }

    fn y(&self, value: f64) -> f64 {
        TOP + SIZE.1 * (1.0 - ((value.log10() - self.up.0) / (self.up.1 - self.up.0)).clamp(0.0, 1.0))
    }

    /// A line and a number for every decade.
    fn write_grid(&self, svg: &mut String) {
        for decade in self.along.0 as i32..=self.along.1 as i32 {
            let at = self.x(10f64.powi(decade));
            let _ = write!(
                svg,
                "<path d=\"M{at:.1} {TOP:.0}v{:.0}\" stroke=\"{GRID}\"/>\
                 <text x=\"{at:.1}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"{FAINT}\">{}</text>",
                SIZE.1,
                TOP + SIZE.1 + 18.0,
                power(decade)
            );
        }
        for decade in self.up.0 as i32..=self.up.1 as i32 {
            let at = self.y(10f64.powi(decade));
            let _ = write!(
                svg,
                "<path d=\"M{LEFT:.0} {at:.1}h{:.0}\" stroke=\"{GRID}\"/>\
                 <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{FAINT}\">{}</text>",
                SIZE.0,
                LEFT - 8.0,
                at + 4.0,
                power(decade)
            );
        }
    }
}

/// A power of ten.
fn power(decade: i32) -> String {
    match decade {
        0..=4 => format!("{}", 10u64.pow(decade as u32)),
        -3..0 => format!("{:.*}", -decade as usize, 10f64.powi(decade)),
        _ => format!("1e{decade}"),
    }
}
