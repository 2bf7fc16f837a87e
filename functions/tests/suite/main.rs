//! The functions as they run: the real programs, events as AWS sends them, and engines in the place of AWS.

mod settings;
mod support;
