//! Owns Crockford's base32 and the check symbol that voter ids and receipts end with. Knows
//! nothing of what the symbols mean.

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Reads one symbol: any case, `O` as 0, `I` and `L` as 1; `None` for everything else, `U` included.
pub(crate) fn value(symbol: char) -> Option<u8> {
    let folded = match symbol.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let position = ALPHABET.iter().position(|&letter| char::from(letter) == folded)?;
    u8::try_from(position).ok()
}

/// Reads one symbol exactly as [`symbol`] writes it.
pub(crate) fn printed_value(symbol: u8) -> Option<u8> {
    match symbol {
        b'0'..=b'9' => Some(symbol - b'0'),
        b'A'..=b'H' => Some(symbol - b'A' + 10),
        b'J' | b'K' => Some(symbol - b'J' + 18),
        b'M' | b'N' => Some(symbol - b'M' + 20),
        b'P'..=b'T' => Some(symbol - b'P' + 22),
        b'V'..=b'Z' => Some(symbol - b'V' + 27),
        _ => None,
    }
}

/// Writes the lowest five bits of `value` as a symbol.
pub(crate) fn symbol(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 31)])
}

/// Reads symbols, ignoring hyphens and white space anywhere; `None` if one isn't a symbol or there
/// aren't exactly `N`.
pub(crate) fn values<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut values = [0; N];
    let mut length = 0;
    for character in text
        .chars()
        .filter(|character| *character != '-' && !character.is_whitespace())
    {
        *values.get_mut(length)? = value(character)?;
        length += 1;
    }
    (length == N).then_some(values)
}

/// The check value over GF(32) with x⁵+x²+1: finds every substitution of one symbol and every
/// transposition of two neighbours.
pub(crate) fn check_value(values: &[u8]) -> u8 {
    values.iter().fold(0, |check, value| {
        let doubled = (check ^ value) << 1;
        if doubled & 32 == 0 {
            doubled
        } else {
            doubled ^ 0x25
        }
    })
}

/// Splits bytes into values of five bits, most significant first; the last one is padded with zeros.
/// `N` must be `bytes.len() * 8 / 5`, rounded up.
pub(crate) fn split<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|index| {
        (0..5).fold(0, |value, offset| {
            let bit = index * 5 + offset;
            let set = bytes
                .get(bit / 8)
                .is_some_and(|byte| byte >> (7 - bit % 8) & 1 == 1);
            value << 1 | u8::from(set)
        })
    })
}

/// Joins values of five bits into `N` bytes; `None` if the padding holds a one.
pub(crate) fn join<const N: usize>(values: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let mut rest = bytes.iter_mut();
    let (mut held, mut bits) = (0u16, 0);
    for value in values {
        held = held << 5 | u16::from(*value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *rest.next()? = u8::try_from(held >> bits).ok()?;
            held &= (1 << bits) - 1;
        }
    }
    (held == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn look_alikes_are_read_as_digits_and_u_is_no_symbol() {
        assert_eq!(
            "OoIiLl0".chars().map(value).collect::<Option<Vec<_>>>(),
            Some(vec![0, 0, 1, 1, 1, 1, 0])
        );
        assert_eq!("Uu!é".chars().filter_map(value).count(), 0);
    }

    #[test]
    fn printed_symbols_are_read_in_their_one_form() {
        for byte in 0..=u8::MAX {
            let position = ALPHABET.iter().position(|letter| *letter == byte);
            assert_eq!(printed_value(byte).map(usize::from), position);
        }
    }

    proptest! {
        #[test]
        fn every_substitution_and_neighbouring_transposition_changes_the_check(
            values in prop::array::uniform14(0u8..32), position in 0usize..14, other in 0u8..32,
        ) {
            let check = check_value(&values);
            let mut substituted = values;
            substituted[position] = other;
            prop_assert_eq!(check_value(&substituted) == check, substituted == values);
            let mut swapped = values;
            swapped.swap(position, (position + 1) % 14);
            if position < 13 {
                prop_assert_eq!(check_value(&swapped) == check, swapped == values);
            }
        }

        #[test]
        fn bytes_survive_splitting_and_joining(bytes in prop::array::uniform21(any::<u8>())) {
            let values: [u8; 34] = split(&bytes);
            prop_assert_eq!(join::<21>(&values), Some(bytes));
        }
    }
}
