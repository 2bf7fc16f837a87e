//! Owns the calls of one DynamoDB table: strongly consistent reads, conditional writes of single items, pages of
//! scans; each retried as far as it may be. Knows nothing of what the items mean.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure, Select,
};
use election_service::ports::{PortError, PortResult};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};

use crate::attributes::Item;
use crate::failure::{Failure, Pauses, despite_conflicts};
use crate::settings::Table;

/// The most keys of one `BatchGetItem`.
const KEYS_AT_ONCE: usize = 100;
const BATCHES_AT_ONCE: usize = 8;
/// The parts in which a table is read at once.
pub(crate) const SEGMENTS: i32 = 16;

/// What a conditional write came to.
pub(crate) enum Written {
    /// It is durable.
    Done,
    /// Its condition isn't met by this item; nothing was written.
    Refused(Item),
}

/// A condition or an update with its names and values, all of them placeholders: many words are reserved.
#[derive(Clone, Default)]
pub(crate) struct Expression {
    text: &'static str,
    names: &'static [(&'static str, &'static str)],
    values: Vec<(&'static str, AttributeValue)>,
}

impl Expression {
    pub(crate) fn new(text: &'static str, names: &'static [(&'static str, &'static str)]) -> Self {
        let values = Vec::new();
        Self { text, names, values }
    }

    pub(crate) fn with(mut self, placeholder: &'static str, value: AttributeValue) -> Self {
        self.values.push((placeholder, value));
        self
    }

    pub(crate) fn text(&self) -> String {
        self.text.to_owned()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = (String, String)> + use<> {
        self.names
            .iter()
            .map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = (String, AttributeValue)> {
        self.values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
    }
}

/// An expression's names or values; none at all where there are none, for DynamoDB refuses empty ones.
pub(crate) fn some<V>(pairs: impl Iterator<Item = (String, V)>) -> Option<HashMap<String, V>> {
    let map: HashMap<_, _> = pairs.collect();
    (!map.is_empty()).then_some(map)
}

/// Some of an item's attributes.
#[derive(Clone, Copy)]
pub(crate) struct Projection(pub(crate) &'static [&'static str]);

impl Projection {
    fn expression(self) -> String {
        let places: Vec<String> = (0..self.0.len()).map(|place| format!("#p{place}")).collect();
        places.join(", ")
    }

    fn names(self) -> impl Iterator<Item = (String, String)> {
        let named = |(place, name): (usize, &&str)| (format!("#p{place}"), (*name).to_owned());
        self.0.iter().enumerate().map(named)
    }
}

/// What a scan reads: attributes of all items, or of those that a filter lets through.
#[derive(Clone, Default)]
pub(crate) struct Scan {
    pub(crate) projection: Option<Projection>,
    pub(crate) filter: Option<Expression>,
    /// Which part of how many.
    pub(crate) segment: Option<(i32, i32)>,
    /// Only the number of items.
    pub(crate) counts: bool,
}

/// A part of a scan.
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    pub(crate) count: u64,
    /// Where the next page starts, if this isn't the last one.
    pub(crate) next: Option<Item>,
}

/// One table in one region.
#[derive(Clone)]
pub(crate) struct TableCalls {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) table: Table,
}

impl TableCalls {
    /// The item under a key.
    pub(crate) async fn get(&self, key: Item, projection: Option<Projection>) -> PortResult<Option<Item>> {
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .consistent_read(true)
            .set_projection_expression(projection.map(Projection::expression))
            .set_expression_attribute_names(projection.and_then(|some_of| some(some_of.names())));
        // The SDK's futures are large, and there are many at once.
        match Box::pin(request.send()).await {
            Ok(answer) => Ok(answer.item),
            Err(error) => Err(Failure::of(self.table, &error).into()),
        }
    }

    /// Puts an item, on a condition if there is one.
    pub(crate) async fn put(&self, item: Item, condition: Option<Expression>) -> PortResult<Written> {
        let mut request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        if let Some(condition) = condition {
            request = request
                .condition_expression(condition.text())
                .set_expression_attribute_names(some(condition.names()))
                .set_expression_attribute_values(some(condition.values()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        }
        let put = || {
            let request = request.clone();
            async move {
                let error = match Box::pin(request.send()).await {
                    Ok(_) => return Ok(Written::Done),
                    Err(error) => error,
                };
                if let Some(PutItemError::ConditionalCheckFailedException(refusal)) = error.as_service_error()
                {
                    return Ok(Written::Refused(refusal.item.clone().unwrap_or_default()));
                }
                Err(Failure::of(self.table, &error))
            }
        };
        Ok(despite_conflicts(put).await?)
    }

    /// Changes an item on a condition.
    pub(crate) async fn update(
        &self,
        key: Item,
        update: &Expression,
        condition: &Expression,
    ) -> PortResult<Written> {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .update_expression(update.text())
            .condition_expression(condition.text())
            .set_expression_attribute_names(some(update.names().chain(condition.names())))
            .set_expression_attribute_values(some(update.values().chain(condition.values())))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = || {
            let request = request.clone();
            async move {
                let error = match Box::pin(request.send()).await {
                    Ok(_) => return Ok(Written::Done),
                    Err(error) => error,
                };
                if let Some(UpdateItemError::ConditionalCheckFailedException(refusal)) =
                    error.as_service_error()
                {
                    return Ok(Written::Refused(refusal.item.clone().unwrap_or_default()));
                }
                Err(Failure::of(self.table, &error))
            }
        };
        Ok(despite_conflicts(update).await?)
    }

    /// Adds one to a number of an item and returns what it is now. Tried again after a lost answer, it may
    /// add twice.
    pub(crate) async fn increment(&self, key: Item, attribute: &str) -> PortResult<Item> {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .update_expression("ADD #n :one")
            .expression_attribute_names("#n", attribute)
            .expression_attribute_values(":one", crate::attributes::number(1))
            .return_values(ReturnValue::UpdatedNew);
        let increment = || {
            let request = request.clone();
            async move {
                match Box::pin(request.send()).await {
                    Ok(answer) => Ok(answer.attributes.unwrap_or_default()),
                    Err(error) => Err(Failure::of(self.table, &error)),
                }
            }
        };
        Ok(despite_conflicts(increment).await?)
    }

    /// Deletes an item if the condition is met, or there is none.
    pub(crate) async fn delete(&self, key: Item, condition: Option<Expression>) -> PortResult<()> {
        let mut request = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key));
        if let Some(condition) = condition {
            request = request
                .condition_expression(condition.text())
                .set_expression_attribute_names(some(condition.names()))
                .set_expression_attribute_values(some(condition.values()));
        }
        let delete = || {
            let request = request.clone();
            async move {
                match Box::pin(request.send()).await {
                    Ok(_) => Ok(()),
                    Err(error) => match Failure::of(self.table, &error) {
                        Failure::ConditionFailed => Ok(()),
                        failure => Err(failure),
                    },
                }
            }
        };
        Ok(despite_conflicts(delete).await?)
    }

    /// The items under these keys, which have to be different ones, in any order.
    pub(crate) async fn batch_get(
        &self,
        keys: Vec<Item>,
        projection: Option<Projection>,
    ) -> PortResult<Vec<Item>> {
        let batches: Vec<_> = keys
            .chunks(KEYS_AT_ONCE)
            .map(|keys| self.get_all(keys.to_vec(), projection))
            .collect();
        stream::iter(batches)
            .buffer_unordered(BATCHES_AT_ONCE)
            .try_concat()
            .await
    }

    async fn get_all(&self, mut keys: Vec<Item>, projection: Option<Projection>) -> PortResult<Vec<Item>> {
        let (mut found, mut pauses) = (Vec::new(), Pauses::default());
        loop {
            let asked = keys.len();
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .set_projection_expression(projection.map(Projection::expression))
                .set_expression_attribute_names(projection.and_then(|some_of| some(some_of.names())))
                .build();
            let wanted = wanted.map_err(|_| crate::failure::unavailable("no keys were asked for"))?;
            let request = self.client.batch_get_item().request_items(&self.name, wanted);
            let answer = Box::pin(request.send()).await;
            let answer = answer.map_err(|error| Failure::of(self.table, &error))?;
            found.extend(
                answer
                    .responses
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, items)| items),
            );
            let left = answer.unprocessed_keys.unwrap_or_default();
            keys = left.into_values().flat_map(|left| left.keys).collect();
            if keys.is_empty() {
                return Ok(found);
            }
            if keys.len() < asked {
                pauses = Pauses::default();
            }
            if !pauses.pause().await {
                return Err(PortError::Overloaded);
            }
        }
    }

    /// A page of a scan. While DynamoDB has too much to do it is asked again, for what was read so far would
    /// be lost otherwise.
    pub(crate) async fn scan(
        &self,
        scan: &Scan,
        after: Option<Item>,
        limit: Option<i32>,
    ) -> PortResult<Page> {
        let projected = scan.projection.into_iter().flat_map(Projection::names);
        let filtered = scan.filter.iter().flat_map(Expression::names);
        let request = self
            .client
            .scan()
            .table_name(&self.name)
            .consistent_read(true)
            .set_projection_expression(scan.projection.map(Projection::expression))
            .set_filter_expression(scan.filter.as_ref().map(Expression::text))
            .set_expression_attribute_names(some(projected.chain(filtered)))
            .set_expression_attribute_values(some(scan.filter.iter().flat_map(Expression::values)))
            .set_segment(scan.segment.map(|(segment, _)| segment))
            .set_total_segments(scan.segment.map(|(_, segments)| segments))
            .set_select(scan.counts.then_some(Select::Count))
            .set_exclusive_start_key(after)
            .set_limit(limit);
        let mut pauses = Pauses::default();
        loop {
            let error = match Box::pin(request.clone().send()).await {
                Ok(answer) => {
                    return Ok(Page {
                        count: u64::try_from(answer.count).unwrap_or_default(),
                        items: answer.items.unwrap_or_default(),
                        next: answer.last_evaluated_key.filter(|key| !key.is_empty()),
                    });
                }
                Err(error) => PortError::from(Failure::of(self.table, &error)),
            };
            if error != PortError::Overloaded || !pauses.pause().await {
                return Err(error);
            }
        }
    }

    /// All pages of a scan, one after the other.
    pub(crate) fn pages(&self, scan: Scan) -> impl Stream<Item = PortResult<Page>> + Send + use<> {
        let start = Some((self.clone(), scan, None));
        stream::try_unfold(start, |place| async move {
            let Some((table, scan, after)) = place else {
                return Ok(None);
            };
            let page = table.scan(&scan, after, None).await?;
            let next = page.next.clone().map(|next| (table, scan, Some(next)));
            Ok(Some((page, next)))
        })
    }

    /// All pages of a scan in [`SEGMENTS`] parts that are read at once. Holds one page of each.
    pub(crate) fn all_pages(&self, scan: &Scan) -> impl Stream<Item = PortResult<Page>> + Send + use<> {
        let part = |segment| {
            let segment = Some((segment, SEGMENTS));
            Box::pin(self.pages(Scan {
                segment,
                ..scan.clone()
            }))
        };
        stream::select_all((0..SEGMENTS).map(part))
    }

    /// How many items there are.
    pub(crate) async fn count(&self) -> PortResult<u64> {
        let counts = true;
        let pages = self.all_pages(&Scan {
            counts,
            ..Scan::default()
        });
        pages.try_fold(0, async |sum, page| Ok(sum + page.count)).await
    }
}
