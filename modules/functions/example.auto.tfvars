# Read when the module is planned or tested on its own; ignored when another configuration calls it.
account_id            = "123456789012"
artifacts_directory   = "target/lambda"
ballot_secret_key_arn = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000001"
logs_key_arn          = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000004"
name                  = "election"
records_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000002"
region                = "us-east-1"
regions               = ["us-east-1", "us-east-2", "us-west-2"]
replica_region        = "us-east-1"
stream_arn            = "arn:aws:dynamodb:us-east-1:123456789012:table/election-ballots/stream/2026-01-01T00:00:00.000"
website_origin        = "https://vote.election.example"
storage_key_arns = {
  us-east-1 = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000003"
  us-east-2 = "arn:aws:kms:us-east-2:123456789012:key/mrk-00000000000000000000000000000003"
  us-west-2 = "arn:aws:kms:us-west-2:123456789012:key/mrk-00000000000000000000000000000003"
}
table_arns = {
  ballots   = "arn:aws:dynamodb:us-east-1:123456789012:table/election-ballots"
  conflicts = "arn:aws:dynamodb:us-east-1:123456789012:table/election-conflicts"
  elections = "arn:aws:dynamodb:us-east-1:123456789012:table/election-elections"
  tallies   = "arn:aws:dynamodb:us-east-1:123456789012:table/election-tallies"
  voters    = "arn:aws:dynamodb:us-east-1:123456789012:table/election-voters"
}
table_names = {
  ballots   = "election-ballots"
  conflicts = "election-conflicts"
  elections = "election-elections"
  tallies   = "election-tallies"
  voters    = "election-voters"
}
votes_queue_arns = {
  us-east-1 = "arn:aws:sqs:us-east-1:123456789012:election-votes"
  us-east-2 = "arn:aws:sqs:us-east-2:123456789012:election-votes"
  us-west-2 = "arn:aws:sqs:us-west-2:123456789012:election-votes"
}
votes_queue_urls = {
  us-east-1 = "https://sqs.us-east-1.amazonaws.com/123456789012/election-votes"
  us-east-2 = "https://sqs.us-east-2.amazonaws.com/123456789012/election-votes"
  us-west-2 = "https://sqs.us-west-2.amazonaws.com/123456789012/election-votes"
}
