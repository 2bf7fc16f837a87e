//! Owns the calls that only a table of one region allows: transactions, queries of a generation, and writes of many
//! items without a condition. Never used on a global table.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    DeleteRequest, Put as SdkPut, PutRequest, TransactWriteItem, Update as SdkUpdate, WriteRequest,
};
use election_service::ports::{PortError, PortResult};

use crate::attributes::{Item, text};
use crate::failure::{Failure, Pauses, despite_conflicts, unavailable};
use crate::tables::{Expression, TableCalls, some};

/// The most items of one `BatchWriteItem`.
const ITEMS_AT_ONCE: usize = 25;

/// A conditional put of a transaction.
pub(crate) struct Put {
    pub(crate) item: Item,
    pub(crate) condition: Expression,
}

/// Some conditional puts and one conditional update, all of them or none.
pub(crate) struct Transaction {
    pub(crate) puts: Vec<Put>,
    pub(crate) key: Item,
    pub(crate) update: Expression,
    pub(crate) condition: Expression,
}

fn incomplete<E>(_: E) -> PortError {
    unavailable("a request to DynamoDB is incomplete")
}

impl TableCalls {
    fn put_of(&self, Put { item, condition }: Put) -> PortResult<TransactWriteItem> {
        let put = SdkPut::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(condition.text())
            .set_expression_attribute_names(some(condition.names()))
            .set_expression_attribute_values(some(condition.values()));
        Ok(TransactWriteItem::builder()
            .put(put.build().map_err(incomplete)?)
            .build())
    }

    /// Makes the writes of a transaction; false if a condition isn't met. A token makes repeating it harmless: it
    /// is made once, and whoever asks again is told so.
    pub(crate) async fn transact(&self, transaction: Transaction) -> PortResult<bool> {
        let Transaction {
            puts,
            key,
            update,
            condition,
        } = transaction;
        let mut writes = puts
            .into_iter()
            .map(|put| self.put_of(put))
            .collect::<PortResult<Vec<_>>>()?;
        let pointer = SdkUpdate::builder()
            .table_name(&self.name)
            .set_key(Some(key))
            .update_expression(update.text())
            .condition_expression(condition.text())
            .set_expression_attribute_names(some(update.names().chain(condition.names())))
            .set_expression_attribute_values(some(update.values().chain(condition.values())));
        writes.push(
            TransactWriteItem::builder()
                .update(pointer.build().map_err(incomplete)?)
                .build(),
        );
        let (one, other) = getrandom::u64()
            .and_then(|one| Ok((one, getrandom::u64()?)))
            .map_err(|_| unavailable("the operating system has no randomness"))?;
        let request = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .client_request_token(format!("{one:016x}{other:016x}"));
        let transact = || {
            let request = request.clone();
            async move {
                let error = match Box::pin(request.send()).await {
                    Ok(_) => return Ok(true),
                    Err(error) => error,
                };
                if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                    error.as_service_error()
                {
                    let reasons = cancelled.cancellation_reasons().iter();
                    return cancellation(reasons.filter_map(|reason| reason.code()));
                }
                Err(Failure::of(self.table, &error))
            }
        };
        Ok(despite_conflicts(transact).await?)
    }

    /// All items of a hash whose ranges begin with a prefix; with all of them if it is empty.
    pub(crate) async fn query(&self, hash: (&str, &str), range: (&str, &str)) -> PortResult<Vec<Item>> {
        let (mut items, mut after, mut pauses) = (Vec::new(), None, Pauses::default());
        let mut request = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .expression_attribute_names("#hash", hash.0)
            .expression_attribute_values(":hash", text(hash.1));
        request = if range.1.is_empty() {
            request.key_condition_expression("#hash = :hash")
        } else {
            request
                .key_condition_expression("#hash = :hash AND begins_with(#range, :range)")
                .expression_attribute_names("#range", range.0)
                .expression_attribute_values(":range", text(range.1))
        };
        loop {
            let page = request.clone().set_exclusive_start_key(after.clone());
            match Box::pin(page.send()).await {
                Ok(page) => {
                    items.extend(page.items.unwrap_or_default());
                    after = page.last_evaluated_key.filter(|key| !key.is_empty());
                    if after.is_none() {
                        return Ok(items);
                    }
                }
                Err(error) => {
                    let error = PortError::from(Failure::of(self.table, &error));
                    if error != PortError::Overloaded || !pauses.pause().await {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Puts items, whatever is there.
    pub(crate) async fn put_all(&self, items: Vec<Item>) -> PortResult<()> {
        let put = |item| {
            let put = PutRequest::builder()
                .set_item(Some(item))
                .build()
                .map_err(incomplete)?;
            Ok(WriteRequest::builder().put_request(put).build())
        };
        self.write_all(items.into_iter().map(put).collect::<PortResult<_>>()?)
            .await
    }

    /// Deletes the items under these keys.
    pub(crate) async fn delete_all(&self, keys: Vec<Item>) -> PortResult<()> {
        let delete = |key| {
            let delete = DeleteRequest::builder()
                .set_key(Some(key))
                .build()
                .map_err(incomplete)?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        };
        self.write_all(keys.into_iter().map(delete).collect::<PortResult<_>>()?)
            .await
    }

    async fn write_all(&self, writes: Vec<WriteRequest>) -> PortResult<()> {
        for writes in writes.chunks(ITEMS_AT_ONCE) {
            let (mut writes, mut pauses) = (writes.to_vec(), Pauses::default());
            loop {
                let count = writes.len();
                let request = self.client.batch_write_item().request_items(&self.name, writes);
                let answer = Box::pin(request.send()).await;
                let answer = answer.map_err(|error| Failure::of(self.table, &error))?;
                writes = answer
                    .unprocessed_items
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, left)| left)
                    .collect();
                if writes.is_empty() {
                    break;
                }
                if writes.len() < count {
                    pauses = Pauses::default();
                }
                if !pauses.pause().await {
                    return Err(PortError::Overloaded);
                }
            }
        }
        Ok(())
    }
}

/// What a cancelled transaction comes to: refused only if a condition isn't met; conflicts and throttling say nothing
/// of the conditions.
fn cancellation<'a>(reasons: impl Iterator<Item = &'a str>) -> Result<bool, Failure> {
    let mut failure = None;
    for reason in reasons {
        match reason {
            "None" => {}
            "ConditionalCheckFailed" => return Ok(false),
            "TransactionConflict" => {
                failure.get_or_insert(Failure::Conflict);
            }
            "ThrottlingError" | "ProvisionedThroughputExceeded" => {
                failure = Some(Failure::Port(PortError::Overloaded));
            }
            _ => failure = Some(unavailable("DynamoDB cancelled a transaction").into()),
        }
    }
    Err(failure.unwrap_or_else(|| unavailable("DynamoDB cancelled a transaction").into()))
}
