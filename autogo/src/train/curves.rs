//! The curves of a training as a small drawing, for a cell that is running and for a run that is looked at.

use super::log::{FitLog, Measure};
use std::fmt::Write;

const SIZE: (f64, f64) = (330.0, 190.0);
/// The places of the panel's axes.
const PANEL: (f64, f64, f64, f64) = (44.0, 30.0, 320.0, 160.0);
const TRAIN: &str = "#0072b2";
const TEST: &str = "#d55e00";
/// The most points of a line.
const POINTS: usize = 160;

/// Loss and accuracy side by side, over the steps of the training: at most `steps`.
pub(super) fn drawing(log: &FitLog, steps: u64, batch: usize) -> String {
    let losses = thinned(&log.losses);
    let place = |one: &Measure| one.images as f64 / batch.max(1) as f64;
    let measured = |value: fn(&Measure) -> f32| -> Vec<(f64, f64)> {
        log.measures.iter().map(|one| (place(one), f64::from(value(one)))).collect()
    };
    let test = measured(|one| one.test_loss);
    let most = losses.iter().chain(&test).map(|point| point.1).filter(|loss| loss.is_finite()).fold(0.1, f64::max);
    let loss = panel("loss", steps, most, &format!("{most:.2}"), &[(TRAIN, losses), (TEST, test)]);
    let (train, test) = (measured(|one| one.train_accuracy), measured(|one| one.test_accuracy));
    let accuracy = panel("accuracy", steps, 1.0, "100 %", &[(TRAIN, train), (TEST, test)]);
    format!("<div style=\"display:flex;flex-wrap:wrap;gap:8px\">{loss}{accuracy}</div>")
}

/// Means of as many losses as there are to a point.
fn thinned(losses: &[f32]) -> Vec<(f64, f64)> {
    let every = losses.len().div_ceil(POINTS).max(1);
    let mean = |(at, some): (usize, &[f32])| {
        let sum: f64 = some.iter().map(|&loss| f64::from(loss)).sum();
        ((at * every + some.len()) as f64, sum / some.len() as f64)
    };
    losses.chunks(every).enumerate().map(mean).collect()
}

/// Lines over steps, from 0 to `most`.
fn panel(title: &str, steps: u64, most: f64, label: &str, lines: &[(&str, Vec<(f64, f64)>)]) -> String {
    let (left, top, right, bottom) = PANEL;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {h:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" \
         font-family=\"system-ui,sans-serif\" font-size=\"11\" fill=\"#26323f\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\
         <text x=\"{left:.0}\" y=\"18\" font-weight=\"600\">{title}</text>\
         <text x=\"{:.0}\" y=\"18\" text-anchor=\"end\" fill=\"{TRAIN}\">learning</text>\
         <text x=\"{right:.0}\" y=\"18\" text-anchor=\"end\" fill=\"{TEST}\">test</text>\
         <path d=\"M{left:.0} {top:.0}V{bottom:.0}H{right:.0}\" fill=\"none\" stroke=\"#8a949e\"/>\
         <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{label}</text><text x=\"{:.0}\" y=\"{bottom:.0}\" text-anchor=\"end\">0</text>\
         <text x=\"{right:.0}\" y=\"{:.0}\" text-anchor=\"end\">{steps} steps</text>",
        right - 30.0,
        left - 5.0,
        top + 6.0,
        left - 5.0,
        bottom + 16.0,
        w = SIZE.0,
        h = SIZE.1,
    );
    for (colour, points) in lines {
        let mut path = String::new();
        for (step, value) in points.iter().filter(|(_, value)| value.is_finite()) {
            let x = left + (right - left) * (step / steps.max(1) as f64).clamp(0.0, 1.0);
            let y = bottom - (bottom - top) * (value / most).clamp(0.0, 1.0);
            // Writing into a string cannot fail.
            let _ = write!(path, "{x:.1},{y:.1} ");
            if points.len() <= 40 {
                let _ = write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"{colour}\"/>");
            }
        }
        let _ = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
            path.trim_end()
        );
    }
    svg + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_small_and_has_no_strange_numbers() {
        let one = |images| Measure {
            images,
            train_loss: 1.0,
            train_accuracy: 0.5,
            test_loss: 1.5,
            test_accuracy: 0.4,
            speed: 9.0,
        };
        let log = FitLog { losses: [2.0, f32::NAN, 1.0].repeat(5_000), measures: vec![one(100), one(200)] };
        for log in [log, FitLog::default()] {
            let html = drawing(&log, 15_000, 10);
            assert!(html.len() < 12_000 && html.matches("<svg").count() == 2, "{}", html.len());
            assert!(!html.contains("NaN") && !html.contains("inf"));
        }
    }
}
