# Read when the module is planned or tested on its own; ignored when another configuration calls it.
account_id  = "123456789012"
kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/mrk-00000000000000000000000000000000"
name        = "election"
region      = "us-east-1"
sender_role_arns = [
  "arn:aws:iam::123456789012:role/election-us-east-1-vote-enqueuer",
  "arn:aws:iam::123456789012:role/election-us-east-2-vote-enqueuer",
  "arn:aws:iam::123456789012:role/election-officer",
]
