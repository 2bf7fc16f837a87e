//! `GET /openapi.json`: the document is the API's, whole.

use crate::support::Election;
use crate::support::client::{CODES, get};

#[tokio::test(start_paused = true)]
async fn the_document_is_openapi_3_1_and_stays_as_reviewed() {
    let election = Election::open().await;
    let document = get(&election.site(), "/openapi.json").await.json();
    let version = document["openapi"].as_str().unwrap();
    assert!(version.starts_with("3.1."), "{version}");
    insta::assert_json_snapshot!(document);
}

#[tokio::test(start_paused = true)]
async fn it_has_every_path_with_its_methods() {
    let election = Election::open().await;
    let document = get(&election.site(), "/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    let mut operations: Vec<String> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| format!("{method} {path}"))
        })
        .collect();
    operations.sort();
    let expected = [
        "get /election",
        "get /health",
        "get /health/deep",
        "get /openapi.json",
        "get /receipts/{receipt}",
        "get /visits",
        "get /votes",
        "post /eligibility",
        "post /visits",
        "post /votes",
    ];
    assert_eq!(operations, expected);
}

#[tokio::test(start_paused = true)]
async fn it_documents_every_problem_code() {
    let election = Election::open().await;
    let document = get(&election.site(), "/openapi.json").await.json().to_string();
    let words: Vec<&str> = document
        .split(|character: char| !character.is_ascii_alphanumeric() && character != '-')
        .collect();
    let missing: Vec<&str> = CODES.into_iter().filter(|code| !words.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
