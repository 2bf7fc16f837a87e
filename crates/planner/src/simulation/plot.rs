//! Owns the plot of a simulated day: four panels over the same time, as one SVG file without anything from elsewhere.

use std::fmt::Write;

use super::report::{Minute, NOTICE, Report};
use crate::money::thousands;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 90.0;
const PANEL: f64 = 110.0;
const GAP: f64 = 44.0;
const TOP: f64 = 76.0;
/// More points than this can't be told apart.
const POINTS: usize = 240;

struct Panel {
    title: &'static str,
    lines: Vec<(&'static str, &'static str, Vec<f64>)>,
}

/// Draws a report.
pub fn plot(report: &Report) -> String {
    let step = report.minutes.len().div_ceil(POINTS).max(1);
    // The highest value of each step: no peak is hidden.
    let series = |value: fn(&Minute) -> u64, scale: f64| -> Vec<f64> {
        let highest = |minutes: &[Minute]| minutes.iter().map(value).max().unwrap_or(0) as f64 / scale;
        report.minutes.chunks(step).map(highest).collect()
    };
    let panels = [
        Panel {
            title: "votes/s",
            lines: vec![
                ("coming", "#767676", series(|minute| minute.arrived, 60.0)),
                ("refused", "#b8501c", series(|minute| minute.refused, 60.0)),
                ("recorded", "#1d5fa8", series(|minute| minute.recorded, 60.0)),
            ],
        },
        Panel {
            title: "messages",
            lines: vec![
                (
                    "second copies that aren't due",
                    "#767676",
                    series(|minute| minute.delayed, 1.0),
                ),
                ("waiting", "#1d5fa8", series(|minute| minute.backlog, 1.0)),
            ],
        },
        Panel {
            title: "longest time from 202 to recorded, s",
            lines: vec![("", "#1d5fa8", series(|minute| minute.longest_wait_ms, 1_000.0))],
        },
        Panel {
            title: "cost so far, US dollars",
            lines: vec![("", "#1d5fa8", series(|minute| minute.cost.0, 1e6))],
        },
    ];
    let height = TOP + panels.len() as f64 * (PANEL + GAP);
    let title = format!("{NOTICE}. {}", report.title());
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"14\" font-weight=\"bold\" fill=\"#a00\">{NOTICE}</text>\n\
         <text x=\"{LEFT}\" y=\"42\">{}</text>\n",
        report.title()
    );
    for (place, panel) in panels.iter().enumerate() {
        draw(
            &mut svg,
            panel,
            TOP + place as f64 * (PANEL + GAP),
            report.minutes.len(),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, panel: &Panel, top: f64, minutes: usize) {
    let (right, bottom) = (WIDTH - 20.0, top + PANEL);
    let values = panel.lines.iter().flat_map(|(_, _, values)| values).copied();
    let highest = values.fold(0.0, f64::max);
    let scale = if highest > 0.0 { PANEL / highest } else { 0.0 };
    let label = if highest < 10.0 {
        format!("{highest:.1}")
    } else {
        thousands(highest as u64)
    };
    let mut text = format!(
        "<text x=\"{LEFT}\" y=\"{}\" font-weight=\"bold\">{}</text>\n",
        top - 8.0,
        panel.title
    );
    let mut legend_at = LEFT + 70.0;
    for (name, colour, _) in panel.lines.iter().filter(|(name, ..)| !name.is_empty()) {
        _ = writeln!(
            text,
            "<text x=\"{legend_at}\" y=\"{}\" fill=\"{colour}\">{name}</text>",
            top - 8.0
        );
        legend_at += 16.0 + 7.0 * name.chars().count() as f64;
    }
    _ = write!(
        text,
        "<path d=\"M{LEFT} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#999\"/>\n\
         <text x=\"{0}\" y=\"{1}\" text-anchor=\"end\">{label}</text>\n\
         <text x=\"{0}\" y=\"{bottom}\" text-anchor=\"end\">0</text>\n",
        LEFT - 6.0,
        top + 10.0,
    );
    let x = |share: f64| LEFT + share * (right - LEFT);
    let hours = (minutes / 60).max(1);
    for hour in (0..=hours).step_by(hours.div_ceil(12)) {
        let at = x(hour as f64 * 60.0 / minutes.max(1) as f64);
        if at <= right {
            _ = writeln!(
                text,
                "<text x=\"{at:.0}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555\">{hour} h</text>",
                bottom + 14.0
            );
        }
    }
    for (_, colour, values) in &panel.lines {
        let last = (values.len().max(2) - 1) as f64;
        let points = values.iter().enumerate();
        let points = points
            .map(|(place, value)| format!("{:.1},{:.1}", x(place as f64 / last), bottom - value * scale));
        let points: Vec<String> = points.collect();
        _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
            points.join(" ")
        );
    }
    svg.push_str(&text);
}
