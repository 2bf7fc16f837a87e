//! Owns money: whole millionths of a dollar, so that parts add up to their sum exactly.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Serialize, Serializer};

/// An amount in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub u64);

impl Money {
    /// The share of `of` in `total`, rounded to the nearest millionth.
    pub(crate) fn share(self, of: u64, total: u64) -> Self {
        Self(divide(
            u128::from(self.0) * u128::from(of),
            u128::from(total.max(1)),
        ))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

/// In dollars and cents, rounded half up.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = divide(u128::from(self.0), 10_000);
        write!(formatter, "${}.{:02}", thousands(cents / 100), cents % 100)
    }
}

/// What a number of units costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Millionths of a dollar for [`Price::per`] units.
    pub micros: u64,
    /// How many units that is for.
    pub per: u64,
    /// Where it was read.
    pub source: String,
}

impl Price {
    /// Rounded half up to a millionth, once for the whole quantity.
    pub fn of(&self, quantity: u64) -> Money {
        Money(divide(
            u128::from(self.micros) * u128::from(quantity),
            u128::from(self.per),
        ))
    }
}

fn divide(dividend: u128, divisor: u128) -> u64 {
    u64::try_from((dividend + divisor / 2) / divisor).unwrap_or(u64::MAX)
}

/// Dollars as "3.50" in millionths; at most six decimals.
pub(crate) fn parse_dollars(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || decimals.len() > 6 || !are_digits(whole) || !are_digits(decimals) {
        return None;
    }
    let millionths: u64 = format!("{decimals:0<6}").parse().ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(1_000_000)?
        .checked_add(millionths)
}

/// 1234567 as 1,234,567.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_cents_and_rounded_half_up() {
        for (micros, text) in [
            (0, "$0.00"),
            (4_999, "$0.00"),
            (5_000, "$0.01"),
            (1_234_567_890_000, "$1,234,567.89"),
        ] {
            assert_eq!(Money(micros).to_string(), text);
        }
    }

    #[test]
    fn dollars_are_read_without_a_float() {
        assert_eq!(parse_dollars("13.3334"), Some(13_333_400));
        assert_eq!(parse_dollars("5"), Some(5_000_000));
        for text in ["", ".5", "-1", "1.2345678", "1e3", "1,5", "18446744073709551615"] {
            assert_eq!(parse_dollars(text), None, "{text}");
        }
    }

    #[test]
    fn a_price_is_rounded_once_for_the_whole_quantity() {
        let price = Price {
            micros: 3,
            per: 2,
            source: String::new(),
        };
        assert_eq!([1, 2, 3].map(|quantity| price.of(quantity).0), [2, 3, 5]);
        assert_eq!(price.of(u64::MAX), Money(u64::MAX));
    }
}
