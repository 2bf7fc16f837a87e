//! Owns DynamoDB as tests have it: one engine in memory for all regions, as strongly consistent global tables
//! behave as one table. Never asked for what the real service adds: throttling and write conflicts between
//! regions are injected where its answers are read.

use std::net::SocketAddr;

use dynoxide::Database;
use election_core::identifiers::RegionName;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// The tables' names by the variables that tell them. That of the tallies has `{region}` in it, since here one
/// end point serves all regions.
pub const TABLES: [(&str, &str); 5] = [
    ("ELECTION_TABLE_BALLOTS", "ballots"),
    ("ELECTION_TABLE_VOTERS", "voters"),
    ("ELECTION_TABLE_ELECTIONS", "elections"),
    ("ELECTION_TABLE_CONFLICTS", "conflicts"),
    ("ELECTION_TABLE_TALLIES", "tallies-{region}"),
];

/// An engine that serves until it is dropped.
pub struct DynamoDb {
    database: Database,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl DynamoDb {
    /// Starts an engine without tables.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let database = Database::memory().unwrap();
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        Self {
            database,
            address,
            server,
        }
    }

    /// Starts an engine with the tables of an election in these regions.
    pub async fn with_tables(regions: &[RegionName]) -> Self {
        let engine = Self::start().await;
        engine.create_global_tables();
        for region in regions {
            engine.create_tallies(region);
        }
        engine
    }

    /// The end point, for `AWS_ENDPOINT_URL_DYNAMODB`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Creates the tables that all regions share, and the stream of the ballots.
    pub fn create_global_tables(&self) {
        let stream = json!({"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"});
        self.create_table("ballots", &[("ballot_key", "B")], Some(stream));
        self.create_table("voters", &[("id", "B")], None);
        self.create_elections();
        self.create_table("conflicts", &[("ballot_key", "B"), ("envelope", "B")], None);
    }

    /// Creates the table of the election, as it is before there is one.
    pub fn create_elections(&self) {
        self.create_table("elections", &[("id", "S")], None);
    }

    /// Creates a region's table of tallies.
    pub fn create_tallies(&self, region: &RegionName) {
        let name = format!("tallies-{region}");
        self.create_table(&name, &[("generation", "S"), ("item", "S")], None);
    }

    /// Deletes a table with all that is in it, as nobody should.
    pub fn delete_table(&self, name: &str) {
        let request = serde_json::from_value(json!({"TableName": name})).unwrap();
        self.database.delete_table(request).unwrap();
    }

    fn create_table(&self, name: &str, keys: &[(&str, &str)], stream: Option<Value>) {
        let schema = keys.iter().zip(["HASH", "RANGE"]);
        let schema: Vec<Value> = schema
            .map(|((key, _), kind)| json!({"AttributeName": key, "KeyType": kind}))
            .collect();
        let types: Vec<Value> = keys
            .iter()
            .map(|(key, kind)| json!({"AttributeName": key, "AttributeType": kind}))
            .collect();
        let mut request = json!({
            "TableName": name,
            "KeySchema": schema,
            "AttributeDefinitions": types,
            "BillingMode": "PAY_PER_REQUEST",
        });
        if let Some(stream) = stream {
            request["StreamSpecification"] = stream;
        }
        let request = serde_json::from_value(request).unwrap();
        self.database.create_table(request).unwrap();
    }

    /// Puts an item, in DynamoDB's JSON, behind the adapter's back, as somebody could who may write to the table.
    pub fn put(&self, table: &str, item: &Value) {
        let request = serde_json::from_value(json!({"TableName": table, "Item": item})).unwrap();
        self.database.put_item(request).unwrap();
    }

    /// All items of a table, in DynamoDB's JSON.
    pub fn items(&self, table: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut request = json!({"TableName": table});
        loop {
            let page = self
                .database
                .scan(serde_json::from_value(request.clone()).unwrap())
                .unwrap();
            let page = serde_json::to_value(page).unwrap();
            items.extend(page["Items"].as_array().into_iter().flatten().cloned());
            match page.get("LastEvaluatedKey") {
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
                None => return items,
            }
        }
    }

    /// The records of the ballots' stream after a sequence number, oldest first, as an event of Lambda has them
    /// but for its `eventSourceARN`.
    pub fn stream_after(&self, sequence: Option<&str>) -> Vec<Value> {
        let list = serde_json::from_value(json!({"TableName": "ballots"})).unwrap();
        let streams = serde_json::to_value(self.database.list_streams(list).unwrap()).unwrap();
        let stream = &streams["Streams"][0]["StreamArn"];
        let describe = serde_json::from_value(json!({"StreamArn": stream})).unwrap();
        let described = serde_json::to_value(self.database.describe_stream(describe).unwrap()).unwrap();
        let mut start = json!({
            "StreamArn": stream,
            "ShardId": described["StreamDescription"]["Shards"][0]["ShardId"],
            "ShardIteratorType": "TRIM_HORIZON",
        });
        if let Some(sequence) = sequence {
            start["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            start["SequenceNumber"] = sequence.into();
        }
        let start = self
            .database
            .get_shard_iterator(serde_json::from_value(start).unwrap());
        let mut next = serde_json::to_value(start.unwrap()).unwrap()["ShardIterator"].clone();
        let mut records = Vec::new();
        loop {
            let request = serde_json::from_value(json!({"ShardIterator": next})).unwrap();
            let page = serde_json::to_value(self.database.get_records(request).unwrap()).unwrap();
            let found = page["Records"].as_array().cloned().unwrap_or_default();
            next = page["NextShardIterator"].clone();
            if found.is_empty() || next.is_null() {
                records.extend(found);
                return records;
            }
            records.extend(found);
        }
    }
}

impl Drop for DynamoDb {
    fn drop(&mut self) {
        self.server.abort();
    }
}
