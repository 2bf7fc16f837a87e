//! Owns times on the command line: `30s`, `2m`, `1h30m`, `500ms`, `80us`, and bare seconds.

use std::time::Duration;

/// Parses a time; several units may follow each other, the largest first.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} isn't a time such as 30s, 2m, 1h30m or 500ms");
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let (mut rest, mut total, mut smallest) = (text, Duration::ZERO, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.len()
            - rest
                .trim_start_matches(|digit: char| digit.is_ascii_digit())
                .len();
        let number: u32 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.len()
            - rest
                .trim_start_matches(|letter: char| letter.is_ascii_alphabetic())
                .len();
        let unit_us = match &rest[..letters] {
            "us" => 1,
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            _ => return Err(wrong()),
        };
        if unit_us >= smallest {
            return Err(wrong());
        }
        smallest = unit_us;
        total += Duration::from_micros(unit_us) * number;
        rest = &rest[letters..];
    }
    if smallest == u64::MAX {
        Err(wrong())
    } else {
        Ok(total)
    }
}

/// Writes a time in the unit that suits it, with three digits or so.
pub(crate) fn print(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        0.0 => "0 ms".to_owned(),
        0.0..0.001 => format!("{:.0} us", seconds * 1e6),
        0.001..0.01 => format!("{:.2} ms", seconds * 1e3),
        0.01..0.1 => format!("{:.1} ms", seconds * 1e3),
        0.1..1.0 => format!("{:.0} ms", seconds * 1e3),
        1.0..100.0 => format!("{seconds:.2} s"),
        _ => format!("{seconds:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        for (text, milliseconds) in [
            ("30s", 30_000),
            ("2m", 120_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            ("7", 7_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!(parse("80us"), Ok(Duration::from_micros(80)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "1.5s",
            "3 s",
            "5s5s",
            "1s2m",
            "4d",
            "99999999999s",
            "1é",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
