# Read when the module is planned or tested on its own; ignored when another configuration calls it.
account_id = "123456789012"
environment = {
  ELECTION_LOG            = "info"
  ELECTION_REPLICA_REGION = "us-east-1"
}
logs_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000004"
name                 = "election"
processor_statements = "[{\"Sid\":\"RecordBallots\",\"Effect\":\"Allow\",\"Action\":[\"dynamodb:PutItem\"],\"Resource\":[\"arn:aws:dynamodb:us-east-1:123456789012:table/election-ballots\"]}]"
program = {
  bucket = "election-programs"
  key    = "election-arm64"
  sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
}
region           = "us-east-1"
votes_queue_name = "election-votes"
