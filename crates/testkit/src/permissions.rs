//! Owns what a call of AWS needs a role to allow, and the files that tell Terraform's tests: they hold the roles'
//! policies to `modules/functions/permissions.json` and `modules/operators/permissions.json`. Rewritten with
//! `ELECTION_UPDATE_PERMISSIONS=1` and the tests of the functions and of the command on AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};

use crate::proxy::Call;

const UPDATE: &str = "ELECTION_UPDATE_PERMISSIONS";

/// Whose role needs what, each as [`needed`] has it.
pub type Permissions = BTreeMap<&'static str, BTreeSet<String>>;

/// That a file under `modules/` says this very thing.
pub fn assert_written(file: &str, permissions: &Permissions) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../modules")
        .join(file);
    let text = serde_json::to_string_pretty(permissions).unwrap() + "\n";
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        written,
        text,
        "{} is out of date: see permissions.rs of testkit",
        path.display()
    );
}

/// Each as `dynamodb:PutItem ballots`: an action of IAM, and the table, the kind of queue, or the purpose of the secret
/// that it is on; of a key that is asked for no secret, `key`.
pub fn needed(call: &Call) -> Vec<String> {
    let target = call.headers["x-amz-target"].to_str().unwrap();
    let (api, operation) = target.split_once('.').unwrap();
    let input = call.input();
    match api {
        "DynamoDB_20120810" => on_tables(operation, &input),
        "AmazonSQS" => {
            let action = operation.strip_suffix("Batch").unwrap_or(operation);
            let url = input["QueueUrl"].as_str().unwrap();
            vec![format!("sqs:{action} {}", url.rsplit('/').next().unwrap())]
        }
        "TrentService" => {
            let purpose = input["EncryptionContext"]["purpose"].as_str().unwrap_or("key");
            vec![format!("kms:{operation} {purpose}")]
        }
        other => panic!("no permissions are known for {other}"),
    }
}

/// A transaction needs what its parts need.
fn on_tables(operation: &str, input: &Value) -> Vec<String> {
    let needed = |action: &str, table: &str| {
        // Each region has tallies of its own.
        let table = if table.starts_with("tallies") {
            "tallies"
        } else {
            table
        };
        format!("dynamodb:{action} {table}")
    };
    let parts = input["TransactItems"].as_array().into_iter().flatten();
    let parts = parts
        .flat_map(|part| part.as_object().unwrap())
        .map(|(kind, part)| {
            let action = match kind.as_str() {
                "ConditionCheck" => "ConditionCheckItem".to_owned(),
                kind => format!("{kind}Item"),
            };
            needed(&action, part["TableName"].as_str().unwrap())
        });
    let batch = input["RequestItems"].as_object();
    let tables = batch.into_iter().flat_map(Map::keys).map(String::as_str);
    let tables = tables.chain(input["TableName"].as_str());
    parts
        .chain(tables.map(|table| needed(operation, table)))
        .collect()
}
