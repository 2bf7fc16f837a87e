//! The functions as they run: the real programs, events as AWS sends them, and engines in the place of AWS.

mod faults;
mod permissions;
mod pipeline;
mod queue;
mod rest;
mod secrecy;
mod settings;
mod starting;
mod stream;
mod support;
