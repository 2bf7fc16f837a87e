//! Owns the check that `modules/api/openapi.json`, which API Gateway imports, is this service's document.
//! The service's is OpenAPI 3.1, API Gateway reads 3.0 and ignores or refuses what it doesn't know: the file is
//! the same document, converted down. Rewritten with:
//! `ELECTION_UPDATE_OPENAPI=1 cargo test -p election-service --test suite gateway`

use std::path::{Path, PathBuf};

use election_service::http::openapi_document;
use serde_json::{Map, Value, json};

const UPDATE: &str = "ELECTION_UPDATE_OPENAPI";

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../modules/api/openapi.json")
}

/// The document in OpenAPI 3.0.
fn converted(mut document: Value) -> Value {
    convert(&mut document);
    document["openapi"] = json!("3.0.3");
    if let Some(license) = document["info"]["license"].as_object_mut() {
        license.remove("identifier");
    }
    for operation in operations(&mut document) {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
            continue;
        };
        for (status, response) in responses {
            if let Some(response) = response.as_object_mut() {
                response.entry("description").or_insert(json!(status));
            }
        }
    }
    document
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter();
    let items = paths.flat_map(|paths| paths.values_mut().filter_map(Value::as_object_mut));
    items.flat_map(|item| item.values_mut().filter_map(Value::as_object_mut))
}

/// What 3.0 says otherwise than 3.1, wherever it stands.
fn convert(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(convert),
        Value::Object(object) => {
            // A reference stands alone.
            if object.contains_key("$ref") {
                object.retain(|key, _| key == "$ref");
            }
            if let Some(Value::Array(types)) = object.get("type") {
                let named: Vec<&Value> = types.iter().filter(|name| *name != "null").collect();
                assert!(
                    named.len() == 1 && types.len() == 2,
                    "only a type or null can be said in 3.0, not {types:?}"
                );
                let name = named[0].clone();
                object.insert("type".to_owned(), name);
                object.insert("nullable".to_owned(), json!(true));
            }
            // A JSON key is a string anyway.
            object.remove("propertyNames");
            for unknown in ["const", "examples", "prefixItems", "contentEncoding", "$schema"] {
                assert!(
                    !object.contains_key(unknown),
                    "3.0 has no `{unknown}`: say here how to convert it"
                );
            }
            object.values_mut().for_each(convert);
        }
        _ => {}
    }
}

#[test]
fn the_gateway_imports_this_service_s_document() {
    let document = serde_json::to_value(openapi_document()).unwrap();
    let text = serde_json::to_string_pretty(&converted(document)).unwrap() + "\n";
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(file(), &text).unwrap();
    }
    let kept = std::fs::read_to_string(file()).unwrap_or_default();
    assert!(
        kept == text,
        "modules/api/openapi.json is out of date: run\n\
         {UPDATE}=1 cargo test -p election-service --test suite gateway"
    );
}

#[test]
fn a_type_or_null_becomes_nullable_and_a_reference_stands_alone() {
    let document = json!({
        "openapi": "3.1.0",
        "info": {"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "paths": {"/a": {"get": {"responses": {"200": {}, "404": {"description": "no"}}}}},
        "components": {"schemas": {"A": {"properties": {
            "b": {"type": ["string", "null"]},
            "c": {"$ref": "#/components/schemas/C", "description": "beside"},
            "d": {"type": "object", "propertyNames": {"type": "string"}},
        }}}},
    });
    let expected = json!({
        "openapi": "3.0.3",
        "info": {"license": {"name": "Apache-2.0"}},
        "paths": {"/a": {"get": {"responses": {"200": {"description": "200"}, "404": {"description": "no"}}}}},
        "components": {"schemas": {"A": {"properties": {
            "b": {"type": "string", "nullable": true},
            "c": {"$ref": "#/components/schemas/C"},
            "d": {"type": "object"},
        }}}},
    });
    assert_eq!(converted(document), expected);
}
