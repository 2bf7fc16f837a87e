//! Owns `election demo`: a whole election on one machine, in one command. Started again, it goes on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use election_core::definition::Definition;
use election_core::phase::Phase;
use election_sqlite::{OpenError, SqliteStore};

use crate::cli::{DemoArguments, Place, ServeArguments};
use crate::election::Election;
use crate::failure::Failure;
use crate::local::{self, SECOND_COPY_DELAY};
use crate::operation::{Operation, execute};
use crate::operator::address_file;
use crate::progress::Bar;
use crate::store::StoreUrl;
use crate::{init, output, serve, voters};

/// The demo's definition.
pub(crate) const DEFINITION: &[u8] = include_bytes!("../../../examples/us-president-2020/definition.toml");
/// Where the demo's voters live.
pub(crate) const WEIGHTS: &[u8] = include_bytes!("../../../examples/us-president-2020/weights.csv");

/// Prepares what isn't prepared yet, then serves.
pub(crate) async fn run(arguments: DemoArguments, keys: Option<PathBuf>) -> Result<(), Failure> {
    let folder = &arguments.data;
    let place = Place {
        store: StoreUrl::Folder(folder.clone()),
        config: None,
        keys,
    };
    let definition = Definition::parse(DEFINITION).context("the example's definition")?;
    match SqliteStore::open(folder) {
        Ok(store) => {
            let created = store.elections().load().await?;
            store.close().await;
            drop(store);
            match created {
                None => init::create(&place, &definition, DEFINITION.to_vec()).await?,
                Some(record) if record.definition == DEFINITION => {}
                Some(_) => {
                    let text = format!(
                        "{} holds another election: serve it with `election serve`, or give the demo another \
                         folder with --data",
                        folder.display()
                    );
                    return Err(Failure::Configuration(text));
                }
            }
        }
        Err(OpenError::NotFound { .. }) => init::create(&place, &definition, DEFINITION.to_vec()).await?,
        Err(error) => return Err(local::open_failure(error)),
    }
    let serve_arguments = ServeArguments {
        listen: arguments.listen,
        operator_listen: ([127, 0, 0, 1], 0).into(),
        regions: serve::default_regions(),
        second_copy_delay: SECOND_COPY_DELAY,
        website_origin: None,
        refused_ids_per_minute: None,
    };
    let store = SqliteStore::open(folder).map_err(local::open_failure)?;
    let election = local::open(store, &place, &serve_arguments.regions, SECOND_COPY_DELAY).await?;
    let letters = folder.join("letters.csv");
    if election.operations.elections.phase().await?.phase == Phase::PreElection {
        import(&election, &definition, &arguments, &letters).await?;
        election.operations.open().await?;
    }
    let first = first_voter_ids(&letters)?;
    let token = address_file(folder);
    let folder = folder.clone();
    serve::serve(
        Arc::new(election),
        &arguments.data,
        &serve_arguments,
        move |address, operators| {
            let mut lines = vec![
                format!("Vote             http://{address}/"),
                format!("Results          http://{address}/results"),
                format!("Check a ballot   http://{address}/check"),
                format!(
                    "Operate          {operators}/ with the token in {}",
                    token.display()
                ),
                String::new(),
                format!("Voter ids to try (all are in {}/letters.csv):", folder.display()),
            ];
            lines.extend(first.into_iter().map(|voter_id| format!("  {voter_id}")));
            lines.push(String::new());
            lines.push("Stop with Ctrl-C; started again, the demo goes on.".to_owned());
            if let Err(failure) = output::lines(&lines) {
                failure.report();
            }
        },
    )
    .await
}

/// Makes up the voters and imports them. The roll is removed once everybody has a letter; a demo that was
/// interrupted before imports the rest of the same roll.
async fn import(
    election: &Election,
    definition: &Definition,
    arguments: &DemoArguments,
    letters: &Path,
) -> Result<(), Failure> {
    let roll = arguments.data.join("roll.csv");
    if !roll.exists() {
        let unfinished = arguments.data.join("roll.csv.new");
        let weights = voters::generate::read_weights(definition, WEIGHTS)?;
        let file = std::fs::File::create(&unfinished).context("the made-up roll")?;
        voters::generate::write(definition, Some(&weights), arguments.voters, arguments.seed, file)?;
        std::fs::rename(&unfinished, &roll).context("the made-up roll")?;
    }
    let operation = Operation::VotersImport {
        roll: roll.clone(),
        letters: letters.to_owned(),
        report: None,
    };
    let bar = Bar::new(operation.title());
    execute(election, operation, &|done, total| bar.set(done, total)).await?;
    Ok(std::fs::remove_file(&roll).context("the made-up roll")?)
}

fn first_voter_ids(letters: &Path) -> Result<Vec<String>, Failure> {
    let named = || letters.display().to_string();
    let mut reader = csv::Reader::from_path(letters).with_context(named)?;
    let ids = reader
        .records()
        .take(5)
        .map(|row| row.map(|row| row[0].to_owned()));
    Ok(ids.collect::<Result<_, _>>().with_context(named)?)
}
