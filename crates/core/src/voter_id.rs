//! Owns the voter id, the credential in the letter. It has no `Debug` and must never reach a log,
//! an error, an address or a file other than the letters.

use crate::crockford;

/// Fourteen random symbols (70 bits) and a check symbol, as `K7RM2-9XQ4T-0WZ34`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VoterId([u8; 15]);

/// The text isn't a voter id: wrong length, a character that is none of its symbols, or a wrong check symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a voter id: it has 15 letters and digits, as printed on the letter")]
pub struct MalformedVoterId;

impl VoterId {
    /// Reads a voter id: case doesn't matter, hyphens and spaces are ignored, O is 0, I and L are 1.
    pub fn parse(text: &str) -> Result<Self, MalformedVoterId> {
        let values: [u8; 15] = crockford::values(text).ok_or(MalformedVoterId)?;
        let expected = crockford::check_value(&values[..14]);
        if values[14] == expected {
            Ok(Self(values))
        } else {
            Err(MalformedVoterId)
        }
    }

    /// Makes a voter id of fourteen random bytes, of each of which five bits are used.
    pub fn from_random(random: [u8; 14]) -> Self {
        let mut values = [0; 15];
        for (value, byte) in values.iter_mut().zip(random) {
            *value = byte & 31;
        }
        values[14] = crockford::check_value(&values[..14]);
        Self(values)
    }

    /// The fifteen symbols in upper case without hyphens: the form that keys are derived from.
    pub fn canonical(&self) -> [u8; 15] {
        self.0.map(|value| crockford::symbol(value) as u8)
    }

    /// The form printed on the letter: three groups of five.
    pub fn printed(&self) -> String {
        let mut printed = String::with_capacity(17);
        for (place, value) in self.0.iter().enumerate() {
            if place > 0 && place % 5 == 0 {
                printed.push('-');
            }
            printed.push(crockford::symbol(*value));
        }
        printed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_vectors_have_their_check_symbols() {
        for id in ["K7RM29XQ4T0WZ34", "000000000000012", "0123456789ABCDC"] {
            assert!(VoterId::parse(id).is_ok(), "{id}");
        }
    }

    #[test]
    fn case_hyphens_spaces_and_look_alikes_do_not_matter() {
        let printed = VoterId::parse("K7RM2-9XQ4T-0WZ34").unwrap();
        let typed = VoterId::parse("  k7rm 29xq4-tOwz34\t").unwrap();
        assert!(printed == typed);
        assert_eq!(typed.printed(), "K7RM2-9XQ4T-0WZ34");
        assert_eq!(&typed.canonical(), b"K7RM29XQ4T0WZ34");
    }

    #[test]
    fn wrong_lengths_letters_and_check_symbols_are_malformed() {
        for text in [
            "",
            "K7RM29XQ4T0WZ3",
            "K7RM29XQ4T0WZ344",
            "K7RM29XQ4T0WZ35",
            "U7RM29XQ4T0WZ34",
            "K7RM29XQ4T0WZ3é",
        ] {
            assert!(VoterId::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_made_voter_id_reads_back_as_printed(random in prop::array::uniform14(any::<u8>())) {
            let id = VoterId::from_random(random);
            prop_assert!(VoterId::parse(&id.printed()).is_ok_and(|parsed| parsed == id));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".*") {
            let _ = VoterId::parse(&text);
        }
    }
}
