//! A text of the AWS edition's queue, as whoever can write to the queue may make it.
#![no_main]

use election_service::ports::CopyRole;

// The file alone: its crate would bring the whole AWS SDK.
#[path = "../../crates/aws/src/message_text.rs"]
mod message_text;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (role, message) = message_text::parse(text, "an id");
    let (again, same) = message_text::parse(&message_text::format(role, &message), "another id");
    assert!(
        again == role && same == message,
        "a message reads as it was written"
    );
    // What was written otherwise is kept as it came.
    if message_text::format(role, &message) != text {
        assert!(role == CopyRole::Primary && *message.body == *text.as_bytes());
    }
});
