//! Owns one election from its definition to its certified result: who runs when, and what is kept.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, bail};
use fastrand::Rng;

use crate::ballots::{JURISDICTIONS, definition};
use crate::chaos::{Chaos, set_clock_file};
use crate::check;
use crate::client::{Cast, Client, Voter};
use crate::place::Place;
use crate::plan::Round;
use crate::server::{Program, clock_library, free_port};
use crate::state::State;
use crate::watch;

/// What doesn't change between rounds.
pub(crate) struct Setting<'a> {
    pub(crate) work: &'a Path,
    pub(crate) binary: &'a Path,
    /// Small disks can be mounted.
    pub(crate) small_disks: bool,
}

/// Holds an election. An error and a violation are both failures; then the data folder is kept.
pub(crate) fn run(setting: &Setting<'_>, round: &Round, state: &State) -> anyhow::Result<()> {
    let small = round.small_disk && setting.small_disks;
    let place = Place::new(setting.work, round.number, small)?;
    let held = hold(setting, &place, round, state);
    if held.is_err() || !state.violations().is_empty() {
        place.keep();
    } else {
        let folder = place.folder().to_owned();
        drop(place);
        std::fs::remove_dir_all(folder)?;
    }
    held
}

fn hold(setting: &Setting<'_>, place: &Place, round: &Round, state: &State) -> anyhow::Result<()> {
    let mut rng = Rng::with_seed(round.seed);
    let clock_file = place.folder().join("clock");
    set_clock_file(&clock_file, 0)?;
    let program = Program {
        binary: setting.binary.to_owned(),
        data: place.data(),
        log: place.folder().join("server.log"),
        port: free_port(&mut Rng::new())?,
        second_copy_delay_ms: round.second_copy_delay_ms,
        clock: clock_library().map(|library| (library, clock_file)),
    };
    let voters = register(&program, place, round)?;
    state
        .counters
        .voters
        .fetch_add(voters.len() as u64, Ordering::SeqCst);
    let mut chaos = Chaos::start(round, state, &program, place)?;
    program.run_until_done(&["open"])?;

    let casts = std::thread::scope(|scope| {
        let seed = rng.u64(..);
        let watcher = scope.spawn({
            let program = &program;
            move || watch::run(state, program, round.voters, seed, program.port)
        });
        let pause = Duration::from_millis(round.load_ms() * round.clients as u64 / round.voters as u64);
        let clients: Vec<_> = (0..round.clients)
            .map(|number| {
                let own: Vec<Voter> = voters
                    .iter()
                    .skip(number)
                    .step_by(round.clients)
                    .cloned()
                    .collect();
                let (seed, port) = (rng.u64(..), program.port);
                scope.spawn(move || Client::new(state, port, seed, pause).map(|client| client.run(own)))
            })
            .collect();
        let struck = strike(&mut chaos);
        state.over.store(true, Ordering::SeqCst);
        let mut casts: Vec<Cast> = Vec::new();
        for client in clients {
            let cast = client
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))??;
            casts.extend(cast);
        }
        watcher
            .join()
            .map_err(|_| anyhow::anyhow!("the watcher panicked"))??;
        struck.map(|()| casts)
    })?;
    if !state.violations().is_empty() {
        return Ok(());
    }
    check::run(&mut chaos, casts)
}

/// From the opening until some time after the close, while clients send.
fn strike(chaos: &mut Chaos<'_>) -> anyhow::Result<()> {
    chaos.run()?;
    // Certification waits by the clock: it is right from here on.
    chaos.set_clock(0)?;
    if chaos.round.last_stand {
        chaos.last_stand()?;
    }
    chaos.state.closing.store(true, Ordering::SeqCst);
    chaos.program.run_until_done(&["close"])?;
    for after_ms in &chaos.round.closing_kills {
        std::thread::sleep(Duration::from_millis(*after_ms));
        chaos.kill();
        chaos.restart()?;
    }
    std::thread::sleep(Duration::from_millis(300));
    Ok(())
}

/// Creates the election and puts its voters on the roll.
fn register(program: &Program, place: &Place, round: &Round) -> anyhow::Result<Vec<Voter>> {
    let path = |name: &str| place.folder().join(name).display().to_string();
    let (definition_file, roll, letters) = (path("definition.toml"), path("roll.csv"), path("letters.csv"));
    std::fs::write(&definition_file, definition(round.number, round.live))?;
    let mut lines = String::from("external_id,name,address,jurisdiction\n");
    for number in 0..round.voters {
        let jurisdiction = JURISDICTIONS[number % JURISDICTIONS.len()];
        lines.push_str(&format!(
            "person-{number},Voter {number},{number} Soak Street,{jurisdiction}\n"
        ));
    }
    std::fs::write(&roll, lines)?;
    for arguments in [
        ["init", "--definition", &definition_file].as_slice(),
        &["voters", "import", "--roll", &roll, "--letters", &letters],
    ] {
        let said = program.run(arguments)?;
        if said.status != Some(0) {
            bail!(
                "election {}: {:?}: {}",
                arguments.join(" "),
                said.status,
                said.err
            );
        }
    }
    let mut voters = Vec::with_capacity(round.voters);
    let mut reader = csv::Reader::from_path(&letters)?;
    let column = |headers: &csv::StringRecord, name: &str| {
        let place = headers.iter().position(|header| header == name);
        place.with_context(|| format!("the letters have no {name}"))
    };
    let headers = reader.headers()?.clone();
    let (id, home) = (column(&headers, "voter_id")?, column(&headers, "jurisdiction")?);
    for letter in reader.records() {
        let letter = letter?;
        let jurisdiction = JURISDICTIONS.into_iter().find(|known| *known == &letter[home]);
        voters.push(Voter {
            id: letter[id].to_owned(),
            jurisdiction: jurisdiction.context("a letter of no jurisdiction")?,
        });
    }
    if voters.len() != round.voters {
        bail!("{} letters for {} voters", voters.len(), round.voters);
    }
    Ok(voters)
}
