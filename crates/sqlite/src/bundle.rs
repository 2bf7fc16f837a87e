//! Owns how the messages that one commit brought are written into one row: a bundle. A message's place in
//! its bundle never changes; what left the queue is written over.
//!
//! Version, number of places (2 bytes), then each place: 0 if its message has gone, else role ‖ receives
//! (4) ‖ visible at (8) ‖ delay (8) ‖ envelope (16) ‖ ballot key (12) ‖ length (4) ‖ body. Numbers are
//! little-endian.

use election_core::envelope::{EnvelopeId, Message};
use election_core::keys::BallotKey;
use election_service::ports::CopyRole;

/// How many messages a bundle has at most.
pub(crate) const MOST_PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 10;

const VERSION: u8 = 1;
const GONE: u8 = 0;
const PRIMARY: u8 = 1;
const SECOND: u8 = 2;

/// A message as the queue's file keeps it.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) role: CopyRole,
    /// How often it was received before it was last released.
    pub(crate) receives: u32,
    /// Milliseconds since 1970 by the machine's clock.
    pub(crate) visible_at: i64,
    /// Milliseconds; the most that can be left of it, whatever the clock says.
    pub(crate) delay: i64,
    pub(crate) message: Message,
}

/// What a place of a bundle holds.
#[derive(Clone)]
pub(crate) enum Place {
    Gone,
    Kept(Kept),
    /// A damaged row: this place and all behind it, or the last one if there is more than the places take.
    Unreadable,
}

/// Which message of which bundle; a queue's messages in the order they were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MessageNumber(pub(crate) i64);

impl MessageNumber {
    pub(crate) fn new(bundle: i64, place: usize) -> Self {
        Self((bundle << PLACE_BITS) + (place % MOST_PLACES) as i64)
    }

    /// The row of its bundle.
    pub(crate) fn bundle(self) -> i64 {
        self.0 >> PLACE_BITS
    }

    /// Where in its bundle it is.
    pub(crate) fn place(self) -> usize {
        self.0 as usize % MOST_PLACES
    }
}

/// Writes at most [`MOST_PLACES`].
pub(crate) fn encode<'a>(places: impl ExactSizeIterator<Item = Option<&'a Kept>>) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&(places.len() as u16).to_le_bytes());
    for place in places {
        let Some(kept) = place else {
            bytes.push(GONE);
            continue;
        };
        bytes.push(match kept.role {
            CopyRole::Primary => PRIMARY,
            CopyRole::Second => SECOND,
        });
        bytes.extend_from_slice(&kept.receives.to_le_bytes());
        bytes.extend_from_slice(&kept.visible_at.to_le_bytes());
        bytes.extend_from_slice(&kept.delay.to_le_bytes());
        bytes.extend_from_slice(&kept.message.envelope.0);
        bytes.extend_from_slice(&kept.message.ballot_key.0);
        bytes.extend_from_slice(&(kept.message.body.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&kept.message.body);
    }
    bytes
}

/// Reads a bundle. Never fails as a whole: as many places as it says it has, at least one, and one more for
/// bytes that belong to none of them.
pub(crate) fn decode(bytes: &[u8]) -> Vec<Place> {
    let mut reader = Reader(bytes);
    let header = (reader.array(), reader.array());
    let (Some([VERSION]), Some(count)) = header else {
        return vec![Place::Unreadable];
    };
    let count = usize::from(u16::from_le_bytes(count)).clamp(1, MOST_PLACES);
    let mut places = Vec::with_capacity(count);
    while places.len() < count {
        match reader.place() {
            Some(place) => places.push(place),
            None => {
                places.resize(count, Place::Unreadable);
                return places;
            }
        }
    }
    if !reader.0.is_empty() {
        places.truncate(MOST_PLACES - 1);
        places.push(Place::Unreadable);
    }
    places
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn place(&mut self) -> Option<Place> {
        let role = match self.array()? {
            [GONE] => return Some(Place::Gone),
            [PRIMARY] => CopyRole::Primary,
            [SECOND] => CopyRole::Second,
            _ => return None,
        };
        let receives = u32::from_le_bytes(self.array()?);
        let (visible_at, delay) = (
            i64::from_le_bytes(self.array()?),
            i64::from_le_bytes(self.array()?),
        );
        let (envelope, ballot_key) = (EnvelopeId(self.array()?), BallotKey(self.array()?));
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let (body, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Place::Kept(Kept {
            role,
            receives,
            visible_at,
            delay,
            message: Message {
                envelope,
                ballot_key,
                body: body.into(),
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(number: u8, body: &[u8]) -> Kept {
        Kept {
            role: if number.is_multiple_of(2) {
                CopyRole::Primary
            } else {
                CopyRole::Second
            },
            receives: u32::from(number),
            visible_at: -i64::from(number),
            delay: i64::MAX,
            message: Message {
                envelope: EnvelopeId([number; 16]),
                ballot_key: BallotKey([number; 12]),
                body: body.into(),
            },
        }
    }

    fn is_same(place: &Place, expected: Option<&Kept>) -> bool {
        match (place, expected) {
            (Place::Gone, None) => true,
            (Place::Kept(kept), Some(expected)) => {
                kept.message == expected.message
                    && kept.role == expected.role
                    && (kept.receives, kept.visible_at, kept.delay)
                        == (expected.receives, expected.visible_at, expected.delay)
            }
            _ => false,
        }
    }

    fn some() -> Vec<Option<Kept>> {
        vec![
            Some(kept(1, b"")),
            None,
            Some(kept(2, &[0; 70_000])),
            Some(kept(3, b"three")),
        ]
    }

    #[test]
    fn a_bundle_is_read_as_it_was_written() {
        let written = some();
        let read = decode(&encode(written.iter().map(Option::as_ref)));
        assert_eq!(read.len(), written.len());
        assert!(
            read.iter()
                .zip(&written)
                .all(|(place, expected)| is_same(place, expected.as_ref()))
        );
    }

    #[test]
    fn a_damaged_bundle_keeps_its_places_and_what_was_before_the_damage() {
        let written = some();
        let bytes = encode(written.iter().map(Option::as_ref));
        for length in 3..bytes.len() {
            let read = decode(&bytes[..length]);
            assert_eq!(read.len(), written.len(), "cut to {length}");
            let readable = read
                .iter()
                .take_while(|place| !matches!(place, Place::Unreadable))
                .count();
            assert!(readable < written.len());
            assert!((0..readable).all(|index| is_same(&read[index], written[index].as_ref())));
        }
        for length in 0..3 {
            assert!(matches!(decode(&bytes[..length])[..], [Place::Unreadable]));
        }
    }

    #[test]
    fn a_bundle_with_more_bytes_than_its_places_take_is_damaged() {
        let written = some();
        let whole = encode(written.iter().map(Option::as_ref));
        let mut longer = whole.clone();
        longer.push(GONE);
        // Its count of places, or a length within, is lower than it was.
        let mut fewer = whole.clone();
        fewer[1] = 2;
        let mut shorter = whole;
        let length = shorter.len() - b"three".len() - 4;
        shorter[length] = 4;
        let mut full = encode((0..MOST_PLACES).map(|_| None));
        full.push(GONE);
        for bytes in [longer, fewer, shorter, full] {
            let read = decode(&bytes);
            assert!(read.len() <= MOST_PLACES);
            assert!(
                read.iter().any(|place| matches!(place, Place::Unreadable)),
                "what is behind is neither hidden nor written over"
            );
        }
    }

    #[test]
    fn a_number_tells_bundle_and_place() {
        for (bundle, place) in [(1, 0), (1, 1_023), (7, 512), (i64::MAX >> 10, 1_023)] {
            let number = MessageNumber::new(bundle, place);
            assert_eq!((number.bundle(), number.place()), (bundle, place));
        }
        assert!(MessageNumber::new(1, 1_023) < MessageNumber::new(2, 0));
    }
}
