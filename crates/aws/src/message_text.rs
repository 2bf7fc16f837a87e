//! Owns the text that a queue carries for a message: the copy's role, a colon, and the base64 of envelope id ‖
//! ballot key ‖ body. Any text is read as some message, as whoever may write to a queue may write anything:
//! none is lost, and none stops those beside it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use election_core::envelope::{EnvelopeId, Message};
use election_core::keys::BallotKey;
use election_service::ports::CopyRole;
use sha2::{Digest, Sha256};

fn name(role: CopyRole) -> &'static str {
    match role {
        CopyRole::Primary => "first",
        CopyRole::Second => "second",
    }
}

/// The text of a message.
pub fn format(role: CopyRole, message: &Message) -> String {
    let mut bytes = Vec::with_capacity(28 + message.body.len());
    bytes.extend_from_slice(&message.envelope.0);
    bytes.extend_from_slice(&message.ballot_key.0);
    bytes.extend_from_slice(&message.body);
    let mut text = format!("{}:", name(role));
    STANDARD.encode_string(bytes, &mut text);
    text
}

/// Reads a text that SQS delivered under `message_id`. What [`format()`] can't have made becomes a message
/// that no secret opens, with an envelope of its own: always the same for the same message id, however often
/// it is delivered.
pub fn parse(text: &str, message_id: &str) -> (CopyRole, Message) {
    decode(text).unwrap_or_else(|| (CopyRole::Primary, alien(text, message_id)))
}

fn decode(text: &str) -> Option<(CopyRole, Message)> {
    let (role, encoded) = text.split_once(':')?;
    let role = [CopyRole::Primary, CopyRole::Second]
        .into_iter()
        .find(|known| name(*known) == role)?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (envelope, rest) = bytes.split_first_chunk::<16>()?;
    let (ballot_key, body) = rest.split_first_chunk::<12>()?;
    let message = Message {
        envelope: EnvelopeId(*envelope),
        ballot_key: BallotKey(*ballot_key),
        body: body.into(),
    };
    Some((role, message))
}

fn alien(text: &str, message_id: &str) -> Message {
    let hash: [u8; 32] = Sha256::digest(message_id).into();
    Message {
        envelope: EnvelopeId(std::array::from_fn(|index| hash[index])),
        ballot_key: BallotKey([0; 12]),
        body: text.as_bytes().into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "5fea7756-0ea4-451a-a703-a558b933e274";

    fn message(body: &[u8]) -> Message {
        Message {
            envelope: EnvelopeId([1; 16]),
            ballot_key: BallotKey([2; 12]),
            body: body.into(),
        }
    }

    proptest! {
        #[test]
        fn a_message_survives_its_text(
            envelope: [u8; 16],
            ballot_key: [u8; 12],
            body in prop::collection::vec(any::<u8>(), 0..300),
            is_second: bool,
        ) {
            let role = if is_second { CopyRole::Second } else { CopyRole::Primary };
            let sent = Message {
                envelope: EnvelopeId(envelope),
                ballot_key: BallotKey(ballot_key),
                body: body.into(),
            };
            let (read_role, read) = parse(&format(role, &sent), ID);
            prop_assert!(read_role == role && read == sent);
        }

        #[test]
        fn any_other_text_is_an_alien_message_with_the_text_as_its_body(text in "\\PC{0,80}") {
            let (role, message) = parse(&text, ID);
            prop_assert!(role == CopyRole::Primary);
            prop_assert!(&*message.body == text.as_bytes());
            prop_assert!(message.ballot_key == BallotKey([0; 12]));
        }

        #[test]
        fn nothing_but_a_message_s_own_text_is_read_as_that_message(
            body in prop::collection::vec(any::<u8>(), 0..40),
            place: prop::sample::Index,
            replaced in "[ -~]",
        ) {
            let text = format(CopyRole::Primary, &message(&body));
            let at = place.index(text.len());
            let mut changed = text.clone();
            changed.replace_range(at..=at, &replaced);
            let (role, read) = parse(&changed, ID);
            let is_same = role == CopyRole::Primary && read == message(&body);
            prop_assert_eq!(is_same, changed == text);
        }
    }

    #[test]
    fn the_text_is_as_documented() {
        assert_eq!(
            format(CopyRole::Primary, &message(&[3, 4])),
            "first:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgME"
        );
        assert_eq!(
            format(CopyRole::Second, &message(&[])),
            "second:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAg=="
        );
    }

    #[test]
    fn what_is_nearly_a_message_is_alien() {
        let text = format(CopyRole::Primary, &message(&[]));
        for text in [
            "",
            ":",
            "first:",
            "first",
            "third:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAg==",
            "First:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAg==",
            "first:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAg",
            "first:AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgIC",
            &text[1..],
            &format!("{text}\n"),
            &format!(" {text}"),
        ] {
            let (role, message) = parse(text, ID);
            assert!(
                role == CopyRole::Primary && *message.body == *text.as_bytes(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_alien_message_has_an_envelope_by_its_id() {
        let (_, first) = parse("hello", ID);
        let (_, again) = parse("hello", ID);
        let (_, other) = parse("hello", "another id");
        assert!(first == again);
        assert!(first.envelope != other.envelope);
        assert!(first.envelope != EnvelopeId([0; 16]));
    }
}
