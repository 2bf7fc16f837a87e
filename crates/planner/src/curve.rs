//! Owns the shape of a day: how many vote when, as a rate that goes in straight lines from point to point.

/// A point of a curve; from here to the next the rate goes in a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    /// Share of the whole time.
    at: f64,
    /// Votes per time, in any unit.
    rate: f64,
}

/// A rate over a time of any length. Two points at one time are a jump.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    points: Vec<Point>,
    /// The area up to each point.
    areas: Vec<f64>,
}

/// What is wrong with a curve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurveError {
    /// The first line isn't the header.
    #[error("line 1: a curve begins with the line minute,weight")]
    Header,
    /// A line isn't two numbers.
    #[error("line {0}: a line is a minute and a weight, as 90,1.5, both from 0 to 1000000")]
    Line(usize),
    /// The first time isn't 0.
    #[error("line {0}: the first minute is 0")]
    Start(usize),
    /// Times go back.
    #[error("line {0}: minutes don't go back")]
    Order(usize),
    /// There is no time or nobody votes.
    #[error("a curve has at least two points, some time between them and some weight")]
    Empty,
}

const HEADER: &str = "minute,weight";
const MOST: f64 = 1e6;

/// A day of 960 minutes: the doors open on a queue (10 times the mean for 1 % of the day), waves in the morning, at
/// noon and in the evening, and a last sixteenth at 4.45 times the mean, as in Estonia's busiest hour of 2023. The waves
/// take what those two leave, so that the mean is 1.
const ELECTION_DAY: [(f64, f64); 13] = [
    (0.0, 10.0),
    (9.6, 10.0),
    (9.6, 0.5093),
    (96.0, 1.1035),
    (211.2, 0.4244),
    (364.8, 0.9337),
    (480.0, 0.3395),
    (652.8, 0.5093),
    (768.0, 1.0186),
    (864.0, 0.5942),
    (900.0, 0.6791),
    (900.0, 4.45),
    (960.0, 4.45),
];
/// Ten times as much for a tenth of the time, in the middle.
const SPIKE: [(f64, f64); 6] = [
    (0.0, 1.0),
    (0.45, 1.0),
    (0.45, 10.0),
    (0.55, 10.0),
    (0.55, 1.0),
    (1.0, 1.0),
];

impl Curve {
    /// The same all the time.
    pub fn steady() -> Self {
        Self::through(&[(0.0, 1.0), (1.0, 1.0)])
    }

    /// Ten times as much for a tenth of the time, in the middle.
    pub fn spike() -> Self {
        Self::through(&SPIKE)
    }

    /// An opening burst of ten times the mean, waves, and a last sixteenth of 4.45 times the mean.
    pub fn election_day() -> Self {
        Self::through(&ELECTION_DAY)
    }

    /// Reads lines of a minute and a weight after the header. Weights are in any unit, and the last minute is the
    /// end of the day, however long that is.
    pub fn parse(text: &str) -> Result<Self, CurveError> {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()));
        if lines.next().map(|(_, line)| line) != Some(HEADER) {
            return Err(CurveError::Header);
        }
        let number = |text: &str| {
            text.trim()
                .parse()
                .ok()
                .filter(|number| (0.0..=MOST).contains(number))
        };
        let mut points: Vec<(f64, f64)> = Vec::new();
        for (line, text) in lines.filter(|(_, text)| !text.is_empty()) {
            let pair = text
                .split_once(',')
                .and_then(|(at, rate)| Some((number(at)?, number(rate)?)));
            let (at, rate) = pair.ok_or(CurveError::Line(line))?;
            match points.last() {
                None if at > 0.0 => return Err(CurveError::Start(line)),
                Some((before, _)) if at < *before => return Err(CurveError::Order(line)),
                _ => points.push((at, rate)),
            }
        }
        let is_something = |pair: &[(f64, f64)]| pair[1].0 > pair[0].0 && pair[0].1 + pair[1].1 > 0.0;
        if points.windows(2).any(is_something) {
            Ok(Self::through(&points))
        } else {
            Err(CurveError::Empty)
        }
    }

    /// A curve through points of time and rate, both in any unit, from the time 0.
    fn through(points: &[(f64, f64)]) -> Self {
        let end = points.last().map_or(0.0, |(at, _)| *at);
        let share = |(at, rate): &(f64, f64)| Point {
            at: at / end,
            rate: *rate,
        };
        let points: Vec<Point> = points.iter().map(share).collect();
        let mut area = 0.0;
        let mut areas = vec![0.0];
        for pair in points.windows(2) {
            area += (pair[1].at - pair[0].at) * f64::midpoint(pair[0].rate, pair[1].rate);
            areas.push(area);
        }
        Self { points, areas }
    }

    /// The share of the time by which this share of all has voted. Shares have to be asked in order: `from` is where
    /// the last answer was found, at first 0.
    pub fn time_of(&self, share: f64, from: &mut usize) -> f64 {
        let area = share * self.areas[self.areas.len() - 1];
        while *from + 2 < self.points.len() && self.areas[*from + 1] < area {
            *from += 1;
        }
        let (start, end) = (self.points[*from], self.points[*from + 1]);
        start.at + within(start, end, area - self.areas[*from])
    }
}

/// How far into a piece its area reaches `area`: the root of a quadratic, in the form that is stable for
/// nearly constant rates.
fn within(from: Point, to: Point, area: f64) -> f64 {
    let width = to.at - from.at;
    if width <= 0.0 {
        return 0.0;
    }
    let slope = (to.rate - from.rate) / width;
    let root = (from.rate * from.rate + 2.0 * slope * area).max(0.0).sqrt();
    if from.rate + root <= 0.0 {
        return 0.0;
    }
    (2.0 * area / (from.rate + root)).clamp(0.0, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share that votes between two shares of the time, relative to the mean.
    fn rate(curve: &Curve, from: f64, to: f64) -> f64 {
        let mut piece = 0;
        let times = (0..100_000).map(|vote| curve.time_of((f64::from(vote) + 0.5) / 100_000.0, &mut piece));
        times.filter(|at| (from..to).contains(at)).count() as f64 / 100_000.0 / (to - from)
    }

    #[test]
    fn election_day_opens_with_ten_times_the_mean_and_ends_with_4_45_times() {
        let day = Curve::election_day();
        assert!((rate(&day, 0.0, 0.01) - 10.0).abs() < 0.1);
        assert!((rate(&day, 15.0 / 16.0, 1.0) - 4.45).abs() < 0.05);
        let [morning, lull, noon] =
            [(0.08, 0.12), (0.2, 0.24), (0.36, 0.4)].map(|(from, to)| rate(&day, from, to));
        assert!(morning > lull && noon > lull);
    }

    #[test]
    fn a_spike_is_ten_times_its_surroundings_and_steady_is_steady() {
        let ratio = rate(&Curve::spike(), 0.46, 0.54) / rate(&Curve::spike(), 0.1, 0.4);
        assert!((ratio - 10.0).abs() < 0.1, "{ratio}");
        assert!((rate(&Curve::steady(), 0.2, 0.3) - 1.0).abs() < 0.01);
    }

    #[test]
    fn what_is_wrong_with_a_curve_is_told_with_its_line() {
        let cases = [
            ("", CurveError::Header),
            ("0,1\n1,1", CurveError::Header),
            ("minute,weight\n0,1\n1,x", CurveError::Line(3)),
            ("minute,weight\n0,1\n1,-1", CurveError::Line(3)),
            ("minute,weight\n0,NaN\n1,1", CurveError::Line(2)),
            ("minute,weight\n0,1\n1e9,1", CurveError::Line(3)),
            ("minute,weight\n0,1,1\n1,1", CurveError::Line(2)),
            ("minute,weight\n1,1\n2,1", CurveError::Start(2)),
            ("minute,weight\n0,1\n2,1\n\n1,1", CurveError::Order(5)),
            ("minute,weight\n0,1", CurveError::Empty),
            ("minute,weight\n0,1\n0,5", CurveError::Empty),
            ("minute,weight\n0,0\n9,0", CurveError::Empty),
        ];
        for (text, error) in cases {
            assert_eq!(Curve::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_curve_may_begin_and_end_with_nobody() {
        let curve = Curve::parse("minute,weight\n0,0\n30,2\n60,0\n").unwrap();
        assert!((rate(&curve, 0.4, 0.6) - 1.8).abs() < 0.01);
        assert!(rate(&curve, 0.0, 0.1) < 0.21);
    }
}
