//! Owns which file does the work of each command.

use std::path::PathBuf;

use super::{
    Cli, Command, DeadLettersCommand, DefinitionCommand, ExportCommand, KeysCommand, RegionCommand,
    TallyCommand, VotersCommand, WorkArguments,
};
use crate::export::ExportKind;
use crate::failure::Failure;
use crate::operation::{Operation, RegionAction};
use crate::store::StoreUrl;
use crate::{definition, demo, init, operator, output, plan, serve, simulate, verify, voters};

/// The store and the keys that a command works on.
pub(crate) struct Place {
    pub(crate) store: StoreUrl,
    pub(crate) keys: Option<PathBuf>,
    /// The AWS edition's settings.
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "only that edition has any"))]
    pub(crate) config: Option<PathBuf>,
}

/// Does what the command line says.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let store = cli.store.parse().map_err(|error| {
        Failure::Configuration(format!("--store (ELECTION_STORE) {:?}: {error}", cli.store))
    })?;
    let place = Place {
        store,
        keys: cli.keys,
        config: cli.config,
    };
    match cli.command {
        Command::Demo(arguments) => demo::run(arguments, place.keys).await,
        Command::Definition(DefinitionCommand::Check { file, format }) => definition::check(&file, format),
        Command::Init { definition } => init::run(&place, &definition).await,
        Command::Voters(command) => prepare_voters(&place, command).await,
        Command::Serve(arguments) => serve::run(&place, &arguments).await,
        Command::Work(arguments) => work(&place, &arguments).await,
        Command::Open => operator::run(&place, Operation::Open).await.map(drop),
        Command::Close => operator::run(&place, Operation::Close).await.map(drop),
        Command::Certify { yes } => {
            output::confirm(yes, "Certify the election? This can't be undone.")?;
            operator::run(&place, Operation::Certify).await.map(drop)
        }
        Command::Results {
            url: Some(url),
            format,
        } => output::results(&operator::fetch_results(&url).await?, format),
        Command::Results { url: None, format } => {
            output::results(&operator::run(&place, Operation::Results).await?, format)
        }
        Command::Recount { format } => {
            output::recount(&operator::run(&place, Operation::Recount).await?, format)
        }
        Command::Export(command) => {
            let (what, arguments) = match command {
                ExportCommand::Ballots(arguments) => (ExportKind::Ballots, arguments),
                ExportCommand::Receipts(arguments) => (ExportKind::Receipts, arguments),
                ExportCommand::Results(arguments) => (ExportKind::Results, arguments),
            };
            let out = absolute(&arguments.out)?;
            output::data(&operator::run(&place, Operation::Export { what, out }).await?)
        }
        Command::Verify { folder, format } => verify::run(&folder, format),
        Command::Tally(TallyCommand::Rebuild { name }) => {
            output::data(&operator::run(&place, Operation::TallyRebuild { name }).await?)
        }
        Command::Status { format } => {
            output::status(&operator::run(&place, Operation::Status).await?, format)
        }
        Command::Region(command) => region(&place, command).await,
        Command::DeadLetters(DeadLettersCommand::List { format }) => {
            output::dead_letters(&operator::run(&place, Operation::DeadLettersList).await?, format)
        }
        Command::DeadLetters(DeadLettersCommand::Replay) => {
            output::data(&operator::run(&place, Operation::DeadLettersReplay).await?)
        }
        Command::Keys(KeysCommand::Destroy { yes }) => {
            output::confirm(
                yes,
                "Destroy the keys that link voters to ballots? This can't be undone.",
            )?;
            output::data(&operator::run(&place, Operation::KeysDestroy).await?)
        }
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
    }
}

async fn prepare_voters(place: &Place, command: VotersCommand) -> Result<(), Failure> {
    match command {
        VotersCommand::Generate(arguments) => voters::generate::run(&arguments),
        VotersCommand::Import {
            roll,
            letters,
            report,
        } => {
            let operation = Operation::VotersImport {
                roll: absolute(&roll)?,
                letters: absolute(&letters)?,
                report: report.as_deref().map(absolute).transpose()?,
            };
            output::import(&operator::run(place, operation).await?)
        }
        VotersCommand::Letters(arguments) => voters::print::run(&arguments),
        VotersCommand::Reissue { external_id, letters } => {
            let operation = Operation::VotersReissue {
                external_id,
                letters: absolute(&letters)?,
            };
            operator::run(place, operation).await.map(drop)
        }
    }
}

/// Works a region's queue off.
#[cfg(feature = "aws")]
async fn work(place: &Place, arguments: &WorkArguments) -> Result<(), Failure> {
    match &place.store {
        StoreUrl::Aws => crate::aws::work(place, arguments).await,
        StoreUrl::Folder(_) => no_work(),
    }
}

#[cfg(not(feature = "aws"))]
async fn work(_: &Place, _: &WorkArguments) -> Result<(), Failure> {
    no_work()
}

fn no_work() -> Result<(), Failure> {
    let text = "on this machine `election serve` records the votes; `election work` is for --store aws";
    Err(Failure::Usage(text.to_owned()))
}

async fn region(place: &Place, command: RegionCommand) -> Result<(), Failure> {
    let (name, action) = match command {
        RegionCommand::Fail { name } => (name, RegionAction::Fail),
        RegionCommand::Restore { name } => (name, RegionAction::Restore),
        RegionCommand::Lose { name } => (name, RegionAction::Lose),
    };
    operator::run(place, Operation::Region { name, action })
        .await
        .map(drop)
}

/// A path that means the same in the server's working folder.
fn absolute(path: &std::path::Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}
