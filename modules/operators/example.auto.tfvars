# Read when the module is planned or tested on its own; ignored when another configuration calls it.
account_id = "123456789012"
ballot_secret_key_arns = {
  us-east-1 = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000001"
  us-east-2 = "arn:aws:kms:us-east-2:123456789012:key/mrk-00000000000000000000000000000001"
  us-west-2 = "arn:aws:kms:us-west-2:123456789012:key/mrk-00000000000000000000000000000001"
}
dead_letters_queue_arns = {
  us-east-1 = "arn:aws:sqs:us-east-1:123456789012:election-dead-letters"
  us-east-2 = "arn:aws:sqs:us-east-2:123456789012:election-dead-letters"
  us-west-2 = "arn:aws:sqs:us-west-2:123456789012:election-dead-letters"
}
home_region       = "us-east-1"
milestone_key_arn = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000004"
milestone_topic_arns = {
  certification = "arn:aws:sns:us-east-1:123456789012:election-certification"
  closing       = "arn:aws:sns:us-east-1:123456789012:election-closing"
  opening       = "arn:aws:sns:us-east-1:123456789012:election-opening"
}
name = "election"
records_key_arns = {
  us-east-1 = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000002"
  us-east-2 = "arn:aws:kms:us-east-2:123456789012:key/mrk-00000000000000000000000000000002"
  us-west-2 = "arn:aws:kms:us-west-2:123456789012:key/mrk-00000000000000000000000000000002"
}
replica_regions = ["us-east-1", "us-east-2", "us-west-2"]
storage_key_arns = {
  us-east-1 = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000003"
  us-east-2 = "arn:aws:kms:us-east-2:123456789012:key/mrk-00000000000000000000000000000003"
  us-west-2 = "arn:aws:kms:us-west-2:123456789012:key/mrk-00000000000000000000000000000003"
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
