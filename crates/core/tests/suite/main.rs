//! The domain's rules, tried from outside.

mod content;
mod fixtures;
mod results;
mod tally;
