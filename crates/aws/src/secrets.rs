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
