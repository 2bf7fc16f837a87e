# Read when the module is planned or tested on its own; ignored when another configuration calls it.
account_id          = "123456789012"
alarm_topic_arn     = "arn:aws:sns:us-east-1:123456789012:election-alarms"
artifacts_directory = "target/lambda"
canary_topic_arn    = "arn:aws:sns:us-east-1:123456789012:election-alarms"
domain              = "election.example"
edge_secret         = "an-example-and-no-secret"
health_check_id     = "00000000-0000-4000-8000-000000000000"
keys = {
  ballot_secret = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000001"
  logs          = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000004"
  records       = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000002"
  storage = {
    us-east-1 = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000003"
    us-east-2 = "arn:aws:kms:us-east-2:123456789012:key/mrk-00000000000000000000000000000003"
    us-west-2 = "arn:aws:kms:us-west-2:123456789012:key/mrk-00000000000000000000000000000003"
  }
}
name = "election"
queues = {
  arns = {
    us-east-1 = "arn:aws:sqs:us-east-1:123456789012:election-votes"
    us-east-2 = "arn:aws:sqs:us-east-2:123456789012:election-votes"
    us-west-2 = "arn:aws:sqs:us-west-2:123456789012:election-votes"
  }
  sender_role_arns = [
    "arn:aws:iam::123456789012:role/election-us-east-1-vote-enqueuer",
    "arn:aws:iam::123456789012:role/election-us-east-2-vote-enqueuer",
    "arn:aws:iam::123456789012:role/election-us-west-2-vote-enqueuer",
  ]
  urls = {
    us-east-1 = "https://sqs.us-east-1.amazonaws.com/123456789012/election-votes"
    us-east-2 = "https://sqs.us-east-2.amazonaws.com/123456789012/election-votes"
    us-west-2 = "https://sqs.us-west-2.amazonaws.com/123456789012/election-votes"
  }
}
region         = "us-east-1"
regions        = ["us-east-1", "us-east-2", "us-west-2"]
replica_region = "us-east-1"
tables = {
  arns = {
    ballots   = "arn:aws:dynamodb:us-east-1:123456789012:table/election-ballots"
    conflicts = "arn:aws:dynamodb:us-east-1:123456789012:table/election-conflicts"
    elections = "arn:aws:dynamodb:us-east-1:123456789012:table/election-elections"
    tallies   = "arn:aws:dynamodb:us-east-1:123456789012:table/election-tallies"
    voters    = "arn:aws:dynamodb:us-east-1:123456789012:table/election-voters"
  }
  names = {
    ballots   = "election-ballots"
    conflicts = "election-conflicts"
    elections = "election-elections"
    tallies   = "election-tallies"
    voters    = "election-voters"
  }
  stream_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/election-ballots/stream/2026-01-01T00:00:00.000"
}
validation_record_fqdns = ["_proof.api.election.example"]
website_origin          = "https://vote.election.example"
zone_id                 = "ZEXAMPLE"
