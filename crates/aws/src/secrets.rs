//! Owns the election's wrapped secrets in the table of the election. Never sees what is inside them.

use aws_sdk_dynamodb::Client;
use election_service::ports::PortResult;

use crate::attributes::{Item, binary, item, read_bytes, text};
use crate::failure::corrupt;
use crate::settings::Table;
use crate::tables::{Expression, TableCalls, Written};

const ID: &str = "id";
const WRAPPED: &str = "wrapped";

/// Where wrapped secrets are kept, by name.
pub(crate) struct WrappedSecrets(TableCalls);

fn key(name: &str) -> Item {
    item([(ID, text(&format!("secret#{name}")))])
}

fn read(item: &Item) -> PortResult<Vec<u8>> {
    let wrapped = read_bytes(item, WRAPPED).map(<[u8]>::to_vec);
    wrapped.ok_or_else(|| corrupt("a wrapped secret can't be read"))
}

impl WrappedSecrets {
    /// Those in the table of the election with this name.
    pub(crate) fn new(client: Client, name: String) -> Self {
        let table = Table::Elections;
        Self(TableCalls { client, name, table })
    }

    /// A secret, if there is one of this name. Strongly consistent.
    pub(crate) async fn get(&self, name: &str) -> PortResult<Option<Vec<u8>>> {
        self.0.get(key(name), None).await?.as_ref().map(read).transpose()
    }

    /// Keeps a secret unless there is one of this name, and returns the one that is kept: of several at once, all
    /// get the same. Durable on return, and may be repeated.
    pub(crate) async fn put_if_absent(&self, name: &str, wrapped: &[u8]) -> PortResult<Vec<u8>> {
        let mut secret = key(name);
        secret.insert(WRAPPED.to_owned(), binary(wrapped));
        let absent = Expression::new("attribute_not_exists(#id)", &[("#id", ID)]);
        match self.0.put(secret, Some(absent)).await? {
            Written::Done => Ok(wrapped.to_vec()),
            Written::Refused(kept) => read(&kept),
        }
    }

    /// Deletes a secret. Idempotent.
    pub(crate) async fn delete(&self, name: &str) -> PortResult<()> {
        self.0.delete(key(name), None).await
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_sdk_dynamodb::config::Credentials;
    use election_testkit::engines::dynamodb::DynamoDb;

    use super::*;

    async fn secrets(engine: &DynamoDb) -> WrappedSecrets {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(engine.url())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .region(Region::new("test"));
        WrappedSecrets::new(Client::new(&loader.load().await), "elections".to_owned())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_first_of_a_name_is_kept_until_it_is_deleted() {
        let engine = DynamoDb::with_tables(&[]).await;
        let secrets = secrets(&engine).await;
        assert!(secrets.get("mac").await == Ok(None));
        assert!(secrets.put_if_absent("mac", &[1]).await == Ok(vec![1]));
        assert!(secrets.put_if_absent("mac", &[2]).await == Ok(vec![1]));
        assert!(secrets.put_if_absent("roll", &[3]).await == Ok(vec![3]));
        for _ in 0..2 {
            secrets.delete("mac").await.unwrap();
            assert!(secrets.get("mac").await == Ok(None));
        }
        assert!(secrets.get("roll").await == Ok(Some(vec![3])));
    }
}
