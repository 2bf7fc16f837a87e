//! Owns what the soak says: a status line on a terminal, plain lines otherwise, a summary at the end.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::state::{Counters, State, read};

/// Says a line.
#[expect(clippy::print_stderr, reason = "a program that people watch")]
pub(crate) fn say(text: &str) {
    let clear = if std::io::stderr().is_terminal() {
        "\r\x1b[K"
    } else {
        ""
    };
    eprintln!("{clear}{text}");
}

/// Shows how a round goes until `done`.
#[expect(clippy::print_stderr, reason = "a program that people watch")]
pub(crate) fn follow(state: &State, title: &str, done: &AtomicBool) {
    let terminal = std::io::stderr().is_terminal();
    let every = Duration::from_secs(if terminal { 1 } else { 10 });
    let (began, mut last) = (Instant::now(), Instant::now());
    while !done.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(100));
        if last.elapsed() < every {
            continue;
        }
        last = Instant::now();
        let counters = &state.counters;
        let line = format!(
            "{title} · {} s · {} sent · {} × 202 · {} lost answers · {} × 503 · {} kills · {} losses",
            began.elapsed().as_secs(),
            read(&counters.sent),
            read(&counters.accepted),
            read(&counters.lost_answers),
            read(&counters.c503),
            read(&counters.kills),
            read(&counters.losses),
        );
        if terminal {
            eprint!("\r\x1b[K{line}");
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }
}

/// The end: for people on standard error, for programs on standard output.
#[expect(clippy::print_stdout, reason = "a program's data")]
pub(crate) fn summarize(
    seed: u64,
    total: &Counters,
    skipped: &[String],
    violations: &[String],
    time: Duration,
) {
    let mut json = Map::new();
    json.insert("seed".to_owned(), seed.into());
    say(&format!("\nsoak with seed {seed}, {} s:", time.as_secs()));
    for (name, what, number) in total.all() {
        say(&format!("{number:>9}  {what}"));
        json.insert(name.to_owned(), number.into());
    }
    for reason in skipped {
        say(&format!("  skipped  {reason}"));
    }
    json.insert("seconds".to_owned(), time.as_secs().into());
    json.insert("skipped".to_owned(), skipped.into());
    json.insert("violations".to_owned(), violations.into());
    println!("{}", Value::Object(json));
}
