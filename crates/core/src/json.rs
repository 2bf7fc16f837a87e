//! Owns the strict reading of JSON from outside: what serde lets pass for convenience (an object's
//! key twice, an array in an object's place) is an error here.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON document whose objects have distinct keys, in the order written. No `Debug`: it may hold a vote.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// `null`, a boolean or a number: no request of this API holds one, so its value isn't kept.
    Other,
    /// A text.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Vec<(String, Json)>),
}

/// The bytes aren't one JSON document in UTF-8 with distinct keys and at most 128 levels. Carries nothing
/// of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON document in UTF-8 whose objects have distinct keys")]
pub struct MalformedJson;

impl Json {
    /// Reads one document and nothing after it.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedJson> {
        serde_json::from_slice(bytes).map_err(|_| MalformedJson)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut keys = std::collections::HashSet::new();
        let mut object = Vec::new();
        while let Some((key, value)) = entries.next_entry::<String, Json>()? {
            if !keys.insert(key.clone()) {
                return Err(A::Error::custom("a key twice"));
            }
            object.push((key, value));
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn documents_with_repeated_keys_trailing_text_or_absurd_depth_are_malformed() {
        let deep = "[".repeat(30_000) + &"]".repeat(30_000);
        let unclosed = "[".repeat(30_000);
        for text in [
            "",
            "{",
            r#"{"a":1,"a":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            "{} {}",
            &deep,
            &unclosed,
        ] {
            assert!(Json::parse(text.as_bytes()).is_err());
        }
        assert!(Json::parse(b"{\"a\":\"\xff\"}").is_err());
    }

    #[test]
    fn keys_keep_their_order() {
        let Ok(Json::Object(entries)) = Json::parse(br#"{"b":"1","a":[]}"#) else {
            panic!("an object")
        };
        assert_eq!(
            entries.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            ["b", "a"]
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_parsing_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Json::parse(&bytes);
        }
    }
}
