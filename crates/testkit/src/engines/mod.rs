//! The engines that stand in for AWS. They run in the test's process and are reached over HTTP on 127.0.0.1,
//! by the test itself and by the processes it starts.

pub mod dynamodb;
pub mod kms;
mod queues;
mod server;
pub mod sqs;
