//! How long the packaged functions take from their start as a process to the first event that they ask for, beside
//! an empty function. A measurement, not a test: `scripts/package --starts` runs it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use election_testkit::lambda::Function;

use crate::support::aws::Aws;
use crate::support::programs::{ALL, Variables};

const REGION: &str = "us-east-1";
const ROUNDS: usize = 21;

async fn start_ms(program: &Path, variables: &Variables) -> f64 {
    let began = Instant::now();
    let function = Function::start(program, "measured", variables).await;
    assert!(
        function.started().await,
        "{}: {:#?}",
        program.display(),
        function.lines()
    );
    began.elapsed().as_secs_f64() * 1_000.0
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::test]
#[ignore = "a measurement of the packaged functions, whose folder ELECTION_FUNCTIONS names"]
async fn starts() {
    let folder = PathBuf::from(std::env::var_os("ELECTION_FUNCTIONS").unwrap());
    let aws = Aws::with_voters(1).await.without_proxies();
    let all = aws.variables(REGION);
    let empty_program = folder.join("examples/empty");
    println!("| function | start, ms | empty function, ms | ratio |");
    println!("|---|---|---|---|");
    for program in ALL {
        let (mut own, mut empty, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            own.push(start_ms(&folder.join(program.name), &program.of(&all)).await);
            empty.push(start_ms(&empty_program, &all).await);
            ratios.push(own[own.len() - 1] / empty[empty.len() - 1]);
        }
        println!(
            "| {} | {:.1} | {:.1} | {:.2} |",
            program.name,
            median(&mut own),
            median(&mut empty),
            median(&mut ratios)
        );
    }
}
