//! Owns what is told while it goes on: lines on standard error, which is no part of what is measured.

use std::io::Write;

/// Tells what comes next.
pub(crate) fn tell(text: &str) {
    // Nobody has to listen.
    let _ = writeln!(std::io::stderr(), "bench: {text}");
}
