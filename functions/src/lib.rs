//! What the AWS edition's Lambda functions share: their settings, their election, and the events that they
//! answer. Composition and the shapes of events only: what is decided, the service decides.

mod absent;
mod destruction;
mod election;
mod failure;
mod invocation;
mod metric_lines;
mod queue_event;
mod regions;
mod rest_event;
mod serving;
mod settings;
mod stream_event;
mod telemetry;

pub use destruction::Destruction;
pub use election::OpenElection;
pub use failure::Failure;
pub use invocation::{Answer, NotAnswered};
pub use metric_lines::Meters;
pub use queue_event::QueueWorker;
pub use regions::{OwnRegion, Parts};
pub use rest_event::HttpApi;
pub use serving::run;
pub use settings::{HEALTH_CHECK, Needs, RESULTS, TALLY, VOTE_ENQUEUER, VOTE_PROCESSOR};
pub use settings::{api_settings, second_copy_delay};
pub use stream_event::StreamFolder;
