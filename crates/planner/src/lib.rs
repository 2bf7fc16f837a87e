//! The planner: what an election needs and costs, on paper, and its day simulated. Pure: files, time and randomness are
//! arguments. Counts and money are integers; each formula says where it is from.

pub mod costs;
pub mod curve;
pub mod demand;
pub mod document;
pub mod facts;
pub mod machine;
pub mod money;
pub mod needs;
pub mod plan;
pub mod prices;
pub mod simulation;
