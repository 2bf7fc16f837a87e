//! Owns the election's wrapped secrets in the table of the election. Never sees what is inside them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use election_service::ports::{PortError, PortResult};

use crate::service_error::port_error;

const DYNAMODB: &str = "DynamoDB";

/// Where wrapped secrets are kept, by name.
pub(crate) struct WrappedSecrets {
    client: Client,
    table: String,
}

fn id(name: &str) -> AttributeValue {
    AttributeValue::S(format!("secret#{name}"))
}

impl WrappedSecrets {
    /// Those in the table of the election with this name.
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// A secret, if there is one of this name. Strongly consistent.
    pub(crate) async fn get(&self, name: &str) -> PortResult<Option<Vec<u8>>> {
        let call = self.client.get_item().table_name(&self.table).key("id", id(name));
        let answer = call.consistent_read(true).send().await;
        let answer = answer.map_err(|error| port_error(DYNAMODB, &error))?;
        let Some(item) = answer.item else { return Ok(None) };
        match item.get("wrapped") {
            Some(AttributeValue::B(wrapped)) => Ok(Some(wrapped.as_ref().to_vec())),
            _ => Err(PortError::Corrupt("a wrapped secret can't be read".to_owned())),
        }
    }

    /// Keeps a secret unless there is one of this name, and returns the one that is kept.
    pub(crate) async fn put_if_absent(&self, name: &str, wrapped: &[u8]) -> PortResult<Vec<u8>> {
        let call = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("id", id(name));
        let call = call.item("wrapped", AttributeValue::B(Blob::new(wrapped)));
        match call.condition_expression("attribute_not_exists(id)").send().await {
            Ok(_) => Ok(wrapped.to_vec()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                let kept = self.get(name).await?;
                kept.ok_or_else(|| PortError::Unavailable("a secret was deleted at this moment".to_owned()))
            }
            Err(error) => Err(port_error(DYNAMODB, &error)),
        }
    }

    /// Deletes a secret. Idempotent.
    pub(crate) async fn delete(&self, name: &str) -> PortResult<()> {
        let call = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("id", id(name));
        call.send()
            .await
            .map(drop)
            .map_err(|error| port_error(DYNAMODB, &error))
    }
}
