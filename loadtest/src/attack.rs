//! Owns the load itself: goose with the users of a profile, its reports, and the thread that paces them.

use std::sync::Arc;
use std::time::Duration;

use goose::GooseAttack;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::Scenario;

use crate::agenda::Ended;
use crate::casting::Run;
use crate::failure::Failure;
use crate::progress::Bar;

/// How goose is to run.
pub(crate) struct Setting {
    /// The first of the hosts.
    pub(crate) host: String,
    /// Of all types together.
    pub(crate) users: usize,
    /// Users started per second.
    pub(crate) increase_rate: usize,
    /// Goose's reports, by extension.
    pub(crate) report_files: Vec<String>,
    /// Whether goose prints its tables.
    pub(crate) prints_metrics: bool,
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::Internal(anyhow::anyhow!("{error}"))
}

impl Setting {
    fn configuration(&self) -> Result<GooseConfiguration, Failure> {
        let mut arguments = vec![
            "--host".to_owned(),
            // For its reports. Goose sends nothing itself: the users have connections of their own.
            self.host.clone(),
            "--users".to_owned(),
            self.users.to_string(),
            "--increase-rate".to_owned(),
            self.increase_rate.to_string(),
            // A user's one transaction lasts as long as the load; metrics aren't reset then.
            "--iterations".to_owned(),
            "1".to_owned(),
            "--no-telnet".to_owned(),
            "--no-transaction-metrics".to_owned(),
            "--no-scenario-metrics".to_owned(),
            "--co-mitigation".to_owned(),
            "disabled".to_owned(),
            "--quiet".to_owned(),
        ];
        if !self.prints_metrics {
            arguments.push("--no-print-metrics".to_owned());
        }
        for file in &self.report_files {
            arguments.extend(["--report-file".to_owned(), file.clone()]);
        }
        GooseConfiguration::parse_args_default(&arguments).map_err(|error| Failure::Usage(format!("{error}")))
    }
}

/// Lets the users work until the load has ended; answers how long it took.
pub(crate) async fn attack(
    run: &Arc<Run>,
    setting: &Setting,
    scenarios: Vec<Scenario>,
) -> Result<(Ended, Duration), Failure> {
    let mut attack = GooseAttack::initialize_with_config(setting.configuration()?)
        .map_err(|error| failed(&error))?
        // Nobody uses it; without it each user would make one, with certificates.
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())
        .map_err(|error| failed(&error))?;
    for scenario in scenarios {
        attack = attack.register_scenario(scenario);
    }
    let pacer = {
        let run = Arc::clone(run);
        let bar = Bar::new("Voting");
        let seconds = run.agenda.seconds();
        std::thread::spawn(move || {
            run.agenda.pace(goose::is_killswitch_triggered, |now_us| {
                bar.set(now_us / 1_000_000, seconds)
            })
        })
    };
    let attacked = attack.execute().await;
    if attacked.is_err() {
        goose::trigger_killswitch("the load could not run");
    }
    let ended = pacer.join().map_err(|_| failed(&"the pacing thread died"))?;
    goose::reset_killswitch();
    attacked.map_err(|error| failed(&error))?;
    Ok(ended)
}
