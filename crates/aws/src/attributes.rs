//! Owns the reading and writing of items' attributes. Each has one type: one that is missing, or of another type
//! or length, reads as none, and its reader calls that damage. Knows no table.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use time::OffsetDateTime;

/// An item, or the part of it that was asked for.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Makes an item.
pub(crate) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    let named = attributes.map(|(name, value)| (name.to_owned(), value));
    Item::from(named)
}

pub(crate) fn binary(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(crate) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A time, in nanoseconds since 1970: exactly what was given.
pub(crate) fn instant(at: OffsetDateTime) -> AttributeValue {
    AttributeValue::N(at.unix_timestamp_nanos().to_string())
}

pub(crate) fn read_bytes<'a>(item: &'a Item, name: &str) -> Option<&'a [u8]> {
    Some(item.get(name)?.as_b().ok()?.as_ref())
}

pub(crate) fn read_array<const N: usize>(item: &Item, name: &str) -> Option<[u8; N]> {
    read_bytes(item, name)?.try_into().ok()
}

pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    Some(item.get(name)?.as_s().ok()?)
}

pub(crate) fn read_number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(crate) fn read_instant(item: &Item, name: &str) -> Option<OffsetDateTime> {
    let nanoseconds = item.get(name)?.as_n().ok()?.parse().ok()?;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()
}
