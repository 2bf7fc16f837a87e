//! The body of `POST /votes`, which anybody on the internet may send.
#![no_main]

use election_service::http::VoteRequest;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = VoteRequest::parse(bytes);
});
